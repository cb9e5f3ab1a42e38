/** A codec thread that does to itself what a message says: `end` ends it, `hang` never comes back, anything else is answered. */
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', ({ bytes }: { bytes: Uint8Array }) => {
  const text = Buffer.from(bytes.subarray(0, 4)).toString().trim();
  if (text === 'end') process.exit(1);
  if (text === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  parentPort?.postMessage({ value: { envelope: { format: 'plain', text, parts: [], charset: 'utf-8', warnings: [] }, refs: [] } });
});
parentPort?.postMessage('ready');
