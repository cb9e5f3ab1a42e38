/** What a DSI does with the kit of its site, done for the demonstration: unpack, say who is who, make the key, have it confirmed. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { unzipSync } from 'fflate';
import type { EngineFace } from '../../core/contract/index.ts';
import { SECRET_FILE } from './kit.ts';

export interface WantedKit {
  readonly site: string;
  /** `comptes.json` of the relay. */
  readonly accounts?: Readonly<Record<string, object>>;
  /** Port of the relay, on this machine. */
  readonly port?: number;
}

const WHO = 'demonstration';

/** Legal again on the same folder: the key that was made stays. Throws what the engine refuses, Error when the enrolment fails. */
export async function setUpKit(engine: EngineFace, connector: string, wanted: WantedKit, folder: string): Promise<void> {
  const { bytes } = await engine.kits.build({ connector, site: wanted.site, who: WHO });
  for (const [name, content] of Object.entries(unzipSync(bytes))) {
    const file = path.join(folder, ...name.split('/').slice(1));
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, content, { mode: 0o600 });
    chmodSync(file, 0o600);
  }
  const relay = path.join(folder, 'relais', 'relais.json');
  if (wanted.accounts && wanted.port !== undefined) {
    const settings = JSON.parse(readFileSync(relay, 'utf8')) as { listen: object; forms?: object };
    const listening = { ...settings, listen: { ...settings.listen, port: wanted.port }, hosts: [`127.0.0.1:${wanted.port}`] };
    writeFileSync(relay, JSON.stringify(listening), { mode: 0o600 });
    writeFileSync(path.join(folder, 'relais', 'comptes.json'), JSON.stringify(wanted.accounts), { mode: 0o600 });
    const secret = path.join(folder, 'relais', SECRET_FILE);
    if (settings.forms && !existsSync(secret)) writeFileSync(secret, randomBytes(32).toString('base64url'), { mode: 0o600 });
  }
  await enrol(engine, wanted.site, folder);
}

async function enrol(engine: EngineFace, site: string, folder: string): Promise<void> {
  const settings = ['relais', 'reglages'].map((name) => path.join(folder, name, 'passerelle.json')).find((file) => existsSync(file)) ?? '';
  const isKnown = async (state: 'active' | 'requested', fingerprint: string) =>
    (await engine.calls.keys(site)).find((key) => key.state === state && plain(key.fingerprint) === plain(fingerprint));
  if (existsSync(path.join(path.dirname(settings), 'cle-du-site.pem')) && (await isKnown('active', await run(folder, 'empreinte', settings)))) return;
  const { code } = await engine.calls.invite(site, WHO);
  const fingerprint = await run(folder, 'enroler', settings, code);
  const key = await isKnown('requested', fingerprint);
  if (!key) throw new Error('the key that was enrolled is not known to the engine');
  await engine.calls.confirmKey(key.kid, key.fingerprint, WHO);
}

const plain = (fingerprint: string): string => fingerprint.replaceAll(/[^0-9a-f]/gi, '').toLowerCase();

/** Answers the fingerprint that the program tells. The code goes by standard input. */
async function run(folder: string, command: string, settings: string, code = ''): Promise<string> {
  const child = spawn(process.execPath, [path.join(folder, 'enrolement', 'enrolement.mjs'), command, settings], { stdio: 'pipe' });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const told = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (told.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (told.err += text));
  child.stdin.on('error', () => undefined).end(`${code}\n`);
  const exit = await ended;
  const fingerprint = /Empreinte de la clé : ([0-9A-Fa-f ]+)/.exec(told.out)?.[1];
  if (exit !== 0 || !fingerprint) throw new Error(`enrolment: ${told.err.trim()}`);
  return fingerprint.trim();
}
