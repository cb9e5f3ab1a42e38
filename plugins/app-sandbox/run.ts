/** Runs one peer as a program of its own: `node dist/plugins/app-sandbox/run.js --connector ID --listen URL --sends-to URL --control HOST:PORT --state DIR`. */
import { parseArgs } from 'node:util';
import { loadPeer } from './load.ts';
import { startPeer } from './peer-host.ts';

const { values } = parseArgs({
  options: {
    connector: { type: 'string' },
    listen: { type: 'string' },
    'sends-to': { type: 'string' },
    pages: { type: 'string' },
    kit: { type: 'string' },
    control: { type: 'string' },
    state: { type: 'string' },
    seed: { type: 'string' },
  },
});

/** Secrets stay off the command line. */
const token = process.env['PASSERELLE_PEER_TOKEN'];

try {
  const peer = await startPeer(await loadPeer(values.connector ?? ''), {
    ...(values.listen && { listen: values.listen }),
    ...(values['sends-to'] && { sendsTo: values['sends-to'] }),
    ...(values.pages && { pages: values.pages }),
    ...(values.kit && { kit: values.kit }),
    ...(values.control && { control: values.control }),
    ...(values.state && { state: values.state }),
    ...(values.seed && { seed: Number(values.seed) }),
    ...(token && { token }),
    end: () => void end(),
  });
  for (const address of peer.addresses) console.log(`${peer.id} ${address}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());
  async function end(): Promise<void> {
    await peer.stop();
    process.exit(0);
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
