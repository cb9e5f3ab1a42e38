/** A codec thread that does to itself what a message says: `end` ends it, `hang` loops for ever, anything else is answered. */
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', ({ bytes }: { bytes: Uint8Array }) => {
  const text = Buffer.from(bytes.subarray(0, 4)).toString().trim();
  if (text === 'end') process.exit(1);
  while (text === 'hang');
  parentPort?.postMessage({ value: { envelope: { format: 'plain', text, parts: [], charset: 'utf-8', warnings: [] }, refs: [] } });
});
parentPort?.postMessage('ready');
