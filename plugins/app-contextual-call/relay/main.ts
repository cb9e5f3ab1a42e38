/** Starts the relay: `node relais.mjs [relais.json]`. Ends with 3 when the settings are wrong. */
import path from 'node:path';
import { PasserelleCallError } from '../clients/javascript/passerelle.ts';
import { dialectOf } from './dialect.ts';
import { startRelay } from './relay.ts';
import { relaySettings } from './settings.ts';

const file = path.resolve(process.argv[2] ?? 'relais.json');
try {
  const settings = relaySettings(file);
  const { server } = startRelay(settings, await dialectOf(path.dirname(file)));
  server.on('listening', () => console.log(`relais : ${settings.listen.address}:${(server.address() as { port: number }).port}`));
  server.on('error', (error) => {
    console.error(`relais : ${error.message}`);
    process.exitCode = 3;
  });
} catch (error) {
  console.error(`relais : ${error instanceof PasserelleCallError ? error.detail : (error as Error).message}`);
  process.exitCode = 3;
}
