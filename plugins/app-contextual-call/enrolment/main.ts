/** Program of the site's administrator: `node enrolement.mjs enroler|renouveler|empreinte [passerelle.json]`. Ends with 1 when it is refused, 2 for a wrong command. */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
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

const tell = (print: string, next: string): void => console.log(`Empreinte de la clé : ${print}\n${next}`);

/** After a revocation the key that is there is of no use, whatever the code. The engine tells nobody which keys it knows: this is what the program knows. */
const putAside = (keyFile: string): string => {
  const [name, next] = [path.basename(keyFile), `${path.basename(keyFile)}.suivante`];
  const moves = [name, ...(existsSync(`${keyFile}.suivante`) ? [next] : [])].map((one) => `mv ${one} ${one}.revoquee`).join(' && ');
  return `mettez-la de côté (dans ${path.dirname(keyFile)} : ${moves})`;
};

/** Adds to a refusal of the engine what to do about the keys that are here. */
async function explained<T>(work: Promise<T>, advice: () => string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof EnrolmentError && error.code === 'ERR_CALL_ENROLMENT') throw new EnrolmentError(`${error.message}\n${advice()}`);
    throw error;
  }
}

try {
  const settings = settingsOf();
  const { keyFile } = settings;
  const name = path.basename(keyFile);
  if (command === 'empreinte')
    tell(
      fingerprint(readKey(keyFile)),
      'Une clé neuve (`enroler`) attend que le référent compare cette empreinte et confirme ; après `renouveler`, elle est déjà en service.',
    );
  else if (command === 'enroler') {
    // A first attempt that was refused left its key: it serves again.
    const wasHere = existsSync(keyFile);
    const key = wasHere ? readKey(keyFile) : makeKey(keyFile);
    const advice = (): string =>
      wasHere
        ? [
            `La clé ${name} était déjà là (empreinte ${fingerprint(key)}) : demandez au référent s'il la voit à confirmer ou en service. Si oui, gardez-la, il n'y a rien à relancer.`,
            `Révoquée, elle ne s'enrôle plus, quel que soit le code : ${putAside(keyFile)}, puis relancez \`enroler\` avec le même code, qu'elle n'a pas usé, ou un nouveau.`,
          ].join('\n')
        : 'La clé faite à cet instant est gardée : elle servira avec le bon code.';
    tell(
      await explained(enrol(settings, key, await codeOf(), now()), advice),
      'Lisez-la au téléphone au référent, qui la compare et confirme. La clé ne quitte pas cette machine.',
    );
  } else if (command === 'renouveler') {
    const next = `${keyFile}.suivante`;
    const old = readKey(keyFile);
    const wasHere = existsSync(next);
    const key = wasHere ? readKey(next) : makeKey(next);
    const print = await explained(rotate(settings, old, key, now()), () => {
      // What was made now was refused: nothing knows it. One that was there may have been taken, its answer lost.
      if (!wasHere) rmSync(next);
      return [
        `Aucun code n'est en cause : ${name} n'est pas en service (révoquée, pas encore confirmée, échue), a déjà signé sa suivante, ou les appels du site sont suspendus.`,
        ...(wasHere
          ? [
              `${name}.suivante (empreinte ${fingerprint(key)}) vient d'un essai précédent : demandez au référent si elle est en service ; si oui, elle remplace ${name}.`,
            ]
          : []),
        `Révoquée, elle ne peut ni s'enrôler ni en signer une autre : ${putAside(keyFile)}, demandez un nouveau code au référent, lancez \`enroler\`.`,
      ].join('\n');
    });
    const aside = `${keyFile}.${new Date().toISOString().slice(0, 10)}`;
    renameSync(keyFile, aside);
    renameSync(next, keyFile);
    console.log(`Nouvelle clé en service : ${print}. Relancez le relais, puis détruisez l'ancienne : ${aside}`);
  } else {
    console.error('node enrolement.mjs enroler|renouveler|empreinte [passerelle.json]');
    process.exitCode = 2;
  }
} catch (error) {
  console.error(error instanceof EnrolmentError ? error.message : `${file} : ${(error as Error).message}`);
  process.exitCode = 1;
}
