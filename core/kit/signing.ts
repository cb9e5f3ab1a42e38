/** The engine's key that signs kits: Ed25519, `kit.key` of the data directory (0600), made at the first kit. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PasserelleError } from '../contract/index.ts';

export const SUMS_FILE = 'SHA256SUMS';
export const SIGNATURE_FILE = 'SHA256SUMS.sig';
export const KEY_FILE = 'cle-du-moteur.pem';

/** Throws ERR_SECRET_MISSING for a key file that cannot be read. */
export async function kitKey(data: string): Promise<KeyObject> {
  const file = path.join(data, 'kit.key');
  try {
    return createPrivateKey(await readFile(file));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw new PasserelleError('ERR_SECRET_MISSING', { location: { file: 'kit.key' }, cause });
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(`${file}.new`, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return privateKey;
}

/** SHA-256 of the public key, eight groups of four: what is read out on the telephone. */
export function fingerprintOf(key: KeyObject): string {
  const der = (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
  return (createHash('sha256').update(der).digest('hex').slice(0, 32).match(/.{4}/g) ?? []).join(' ');
}

export const signatureOf = (sums: string, key: KeyObject): Uint8Array => sign(null, Buffer.from(sums), key);
export const publicPem = (key: KeyObject): string => createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
