/** What a running engine leaves in its data directory for the commands: `admin.token` (owner only) and `admin.url`. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PasserelleError } from '../contract/index.ts';
import { isLoopback } from '../settings/index.ts';

export const DEFAULT_DATA = './passerelle-data';
const TOKEN_FILE = 'admin.token';
const URL_FILE = 'admin.url';
const TOKEN_BYTES = 32;

/** The token of this directory, made at the first start and kept; the directory is made for its owner alone. */
export async function prepareToken(data: string): Promise<string> {
  await mkdir(data, { recursive: true, mode: 0o700 });
  const file = path.join(data, TOKEN_FILE);
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (kept.length >= TOKEN_BYTES) {
    await chmod(file, 0o600);
    return kept;
  }
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  await rm(file, { force: true });
  await writeFile(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
  return token;
}

/** Says where the admin listener is, once it listens. */
export async function publishUrl(data: string, url: string): Promise<void> {
  await writeFile(path.join(data, URL_FILE), `${url}\n`, { mode: 0o600 });
}

/** At the end of a clean stop: a stale address would be asked by the next command. */
export async function withdrawUrl(data: string): Promise<void> {
  await rm(path.join(data, URL_FILE), { force: true });
}

export interface Access {
  readonly url: string;
  readonly token: string;
}

/**
 * How to reach the engine of a data directory; `url` and `tokenFile` win. Throws ERR_ENGINE_UNREACHABLE when the files are not there,
 * ERR_CONFIG_UNSAFE for an address that would carry the token in clear over a network.
 */
export async function readAccess(options: { readonly data: string; readonly url?: string; readonly tokenFile?: string }): Promise<Access> {
  const read = (file: string): Promise<string> =>
    readFile(file, 'utf8').then(
      (text) => text.trim(),
      (cause: unknown) => {
        throw new PasserelleError('ERR_ENGINE_UNREACHABLE', { location: { file }, cause });
      },
    );
  const token = await read(options.tokenFile ?? path.join(options.data, TOKEN_FILE));
  const url = options.url ?? (await read(path.join(options.data, URL_FILE)));
  const parsed = URL.parse(url);
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol))
    throw new PasserelleError('ERR_REQUEST_INVALID', { location: { path: '--url' }, expected: 'http://HOST:PORT' });
  if (parsed.protocol === 'http:' && !isLoopback(parsed.hostname)) {
    throw new PasserelleError('ERR_CONFIG_UNSAFE', { location: { path: '--url' }, expected: 'https, or an address of this machine' });
  }
  return { url: url.replace(/\/$/, ''), token };
}
