/** Program of the site's administrator: `node enrolement.mjs enroler|renouveler|empreinte [passerelle.json]`. Ends with 1 when it is refused, 2 for a wrong command. */
import { existsSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { enrol, EnrolmentError, fingerprint, makeKey, readKey, rotate, type EnrolmentSettings } from './enrol.ts';

const [command = '', file = 'passerelle.json'] = process.argv.slice(2);
const now = (): number => Math.floor(Date.now() / 1000);

function settingsOf(): EnrolmentSettings & { readonly keyFile: string } {
  const said = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')) as EnrolmentSettings & { keyFile: string };
  // In clear on this machine only, and in test: an engine that somebody tries out.
  const isTried = said.environment === 'test' && /^http:\/\/(localhost|127\.0\.0\.1)[:/]/.test(said.url);
  if (!said.url.startsWith('https://') && !isTried) throw new EnrolmentError("L'adresse du moteur doit être en https.");
  return { ...said, keyFile: path.resolve(path.dirname(file), said.keyFile) };
}

/** On standard input: neither in the history of a shell nor in a list of processes. */
async function codeOf(): Promise<string> {
  const input = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await input.question("Code d'enrôlement reçu du référent : ")).trim().toUpperCase();
  } finally {
    input.close();
  }
}

const tell = (print: string): void =>
  console.log(`Empreinte de la clé : ${print}\nLisez-la au téléphone au référent, qui la compare et confirme. La clé ne quitte pas cette machine.`);

try {
  const settings = settingsOf();
  if (command === 'empreinte') tell(fingerprint(readKey(settings.keyFile)));
  else if (command === 'enroler') {
    // A first attempt that was refused left its key: it serves again.
    const key = existsSync(settings.keyFile) ? readKey(settings.keyFile) : makeKey(settings.keyFile);
    tell(await enrol(settings, key, await codeOf(), now()));
  } else if (command === 'renouveler') {
    const next = `${settings.keyFile}.suivante`;
    const key = existsSync(next) ? readKey(next) : makeKey(next);
    const print = await rotate(settings, readKey(settings.keyFile), key, now());
    renameSync(settings.keyFile, `${settings.keyFile}.${new Date().toISOString().slice(0, 10)}`);
    renameSync(next, settings.keyFile);
    console.log(`Nouvelle clé en service : ${print}. Relancez le relais ; l'ancienne clé est à détruire.`);
  } else {
    console.error('node enrolement.mjs enroler|renouveler|empreinte [passerelle.json]');
    process.exitCode = 2;
  }
} catch (error) {
  console.error(error instanceof EnrolmentError ? error.message : `${file} : ${(error as Error).message}`);
  process.exitCode = 1;
}
