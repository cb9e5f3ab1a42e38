/** Starts the relay: `node relais.mjs [relais.json]`; `--verifier` looks only. Ends with 3 when the settings are wrong, 1 when a check fails. */
import path from 'node:path';
import { PasserelleCallError } from '../clients/javascript/passerelle.ts';
import { dialectOf } from './dialect.ts';
import { startRelay } from './relay.ts';
import { relaySettings } from './settings.ts';
import { verifyRelay } from './verify.ts';

const isCheck = process.argv[2] === '--verifier';
const file = path.resolve(process.argv[isCheck ? 3 : 2] ?? 'relais.json');

async function start(): Promise<void> {
  const settings = relaySettings(file);
  const { server } = startRelay(settings, await dialectOf(path.dirname(file)));
  server.on('listening', () => console.log(`relais : ${settings.listen.address}:${(server.address() as { port: number }).port}`));
  server.on('error', (error) => {
    console.error(`relais : ${error.message}`);
    process.exitCode = 3;
  });
}

// Whoever reads may have heard enough (`| head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  if (isCheck) process.exitCode = (await verifyRelay(file, (line) => console.log(line))) ? 0 : 1;
  else await start();
} catch (error) {
  console.error(`relais : ${error instanceof PasserelleCallError ? error.detail : (error as Error).message}`);
  process.exitCode = 3;
}
