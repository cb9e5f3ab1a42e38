/** The engine's public encryption key: fetched from `v1/keys`, kept for at most 24 hours (PROTOCOL section 2). */
import { randomBytes, type JsonWebKey } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { PasserelleCallError } from './context.ts';
import { request } from './request.ts';
import { thumbprint } from './token.ts';

interface Kept {
  readonly url: string;
  readonly at: number;
  readonly key: JsonWebKey;
}
const memory = new Map<string, Kept>();
const DAY = 24 * 3600;

/** @throws PasserelleCallError ERR_KIT_UNREACHABLE, ERR_KIT_KEYS */
export async function keptKey(
  settings: { readonly url: string; readonly keysCache?: string; readonly timeoutSeconds?: number },
  now: () => number,
): Promise<JsonWebKey> {
  const kept = memory.get(settings.url) ?? fromFile(settings.keysCache);
  if (kept?.url === settings.url && now() >= kept.at && now() - kept.at < DAY && bits(kept.key) >= 2048) return kept.key;
  let answer = await request(settings, 'v1/keys');
  if (answer.status === 0) answer = await request(settings, 'v1/keys');
  if (answer.unreached)
    throw new PasserelleCallError(
      'ERR_KIT_UNREACHABLE',
      'Le dossier communicant de cancérologie ne répond pas. Réessayez, puis prévenez votre service informatique.',
      answer.unreached,
    );
  const keys = answer.status === 200 && Array.isArray(answer.json?.['keys']) ? (answer.json['keys'] as JsonWebKey[]) : [];
  const key = keys.find(usable);
  if (!key)
    throw new PasserelleCallError('ERR_KIT_KEYS', 'Clés du dossier communicant de cancérologie inutilisables. Prévenez votre service informatique.');
  const fresh: Kept = { url: settings.url, at: now(), key: { kty: 'RSA', n: key.n, e: key.e } };
  memory.set(settings.url, fresh);
  if (settings.keysCache) keep(settings.keysCache, fresh);
  return fresh.key;
}

/** An RSA key for encryption, of at least 2048 bits, that is called by its own thumbprint. */
function usable(key: JsonWebKey): boolean {
  return bits(key) >= 2048 && key['use'] === 'enc' && key['kid'] === thumbprint(key);
}

const bits = (key: JsonWebKey | undefined): number =>
  key?.kty === 'RSA' && typeof key.n === 'string' && typeof key.e === 'string' ? Buffer.from(key.n, 'base64url').length * 8 : 0;

function fromFile(file: string | undefined): Kept | undefined {
  if (file === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept;
  } catch {
    return undefined;
  }
}

/** Other programs may read at the same time: written beside, then renamed. A cache that cannot be written costs a request, no more. */
function keep(file: string, kept: Kept): void {
  const beside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(beside, JSON.stringify(kept), { mode: 0o600, flag: 'wx' });
    renameSync(beside, file);
  } catch {}
}
