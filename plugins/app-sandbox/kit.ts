/** The kit of a site as a product uses it: through the relay, which this starts as the site's service would, or by the client inside its own server. */
import { spawn } from 'node:child_process';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PeerCall, PeerCallAnswer } from '../../core/contract/index.ts';

export interface OpenedKit {
  readonly call: (call: PeerCall, login: string) => Promise<PeerCallAnswer>;
  readonly stop: () => Promise<void>;
}

/** Known to the relay and to the server of the product, when its pages post to the relay. */
export const SECRET_FILE = 'localSecret.secret';
const START_MS = 10_000;
/** A working day. */
const SESSION_MS = 12 * 3600_000;

/** @param folder the unpacked archive, enrolled. Rejects when its relay does not start. */
export const openKit = (folder: string): Promise<OpenedKit> =>
  existsSync(path.join(folder, 'relais', 'relais.mjs')) ? openRelay(path.join(folder, 'relais')) : openClient(folder);

async function openRelay(folder: string): Promise<OpenedKit> {
  const sessions = logIn(folder);
  const relay = spawn(process.execPath, ['relais.mjs', 'relais.json'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const late = setTimeout(() => reject(new Error('the relay did not start')), START_MS);
  relay.stdout.setEncoding('utf8').on('data', (text: string) => {
    const address = /^relais : (\S+)/m.exec(text)?.[1];
    if (address) resolve(address);
  });
  relay.once('exit', () => reject(new Error('the relay ended')));
  const address = await promise
    .finally(() => clearTimeout(late))
    .catch((error: unknown) => {
      relay.kill();
      throw error;
    });
  return {
    call: async (call, login) => {
      if ('form' in call) return { ...call, relay: `http://${address}/kit/v1/appel`, proof: proofOf(folder, login) };
      const headers = {
        'content-type': 'program' in call ? 'application/vnd.passerelle.appel' : 'application/vnd.passerelle.champs+json',
        'passerelle-session': sessions.get(login) ?? '',
      };
      const body = 'program' in call ? new Uint8Array(call.program) : JSON.stringify(call.fields);
      const answer = await fetch(`http://${address}/kit/v1/appel`, { method: 'POST', headers, body });
      return (await answer.json()) as PeerCallAnswer;
    },
    stop: async () => {
      const gone = new Promise((ended) => relay.once('exit', ended));
      if (relay.exitCode === null && relay.kill()) await gone;
    },
  };
}

/** As the server of the product does, for the user of its session: what a page gives to the relay (relais.fr.md). */
const proofOf = (folder: string, login: string): string =>
  createHmac('sha256', readFileSync(path.join(folder, SECRET_FILE), 'utf8').trim())
    .update(`${login}\n${Math.floor(Date.now() / 60_000)}`)
    .digest('hex');

/** As the login script of the site does: a secret for each account, whose hash names the file that says who it is. */
function logIn(folder: string): ReadonlyMap<string, string> {
  const accounts = JSON.parse(readFileSync(path.join(folder, 'comptes.json'), 'utf8')) as Record<string, { readonly login?: string }>;
  mkdirSync(path.join(folder, 'sessions'), { recursive: true, mode: 0o700 });
  const [since, until] = [new Date(), new Date(Date.now() + SESSION_MS)];
  return new Map(
    Object.entries(accounts).map(([account, { login = account }]) => {
      const secret = randomBytes(32).toString('base64url');
      const file = path.join(folder, 'sessions', `${createHash('sha256').update(secret).digest('hex')}.json`);
      writeFileSync(file, JSON.stringify({ account, since: since.toISOString(), until: until.toISOString() }), { mode: 0o600 });
      return [login, secret];
    }),
  );
}

interface Client {
  readonly open: (call: object) => Promise<{ readonly link: string }>;
}

async function openClient(folder: string): Promise<OpenedKit> {
  const module = pathToFileURL(path.join(folder, 'clients/javascript/passerelle.js')).href;
  const { Passerelle } = (await import(module)) as { Passerelle: { fromFile: (file: string) => Client } };
  const client = Passerelle.fromFile(path.join(folder, 'reglages/passerelle.json'));
  return {
    call: async (call) => {
      if (!('fields' in call)) throw new Error('this kit has no program: its client takes fields');
      try {
        return { link: (await client.open(call.fields)).link };
      } catch (error) {
        const { detail, reference } = error as { readonly detail?: string; readonly reference?: string };
        if (detail === undefined) throw error;
        return { detail, reference: reference ?? '' };
      }
    },
    stop: async () => undefined,
  };
}
