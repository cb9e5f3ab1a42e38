/** Whether an archive is whole, and by whose key it is signed. */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { PasserelleError } from '../contract/index.ts';
import { readArchive, sumsOf, type Files } from './archive.ts';
import { fingerprintOf, KEY_FILE, SIGNATURE_FILE, SUMS_FILE } from './signing.ts';

export interface KitVerdict {
  readonly folder: string;
  readonly files: number;
  /** Of the key that signed: to compare with the one that the referent reads out. Anybody can sign with a key of their own. */
  readonly fingerprint: string;
  /** `kit.json`. */
  readonly kit: Readonly<Record<string, unknown>>;
}

/** @param expected fingerprint that it has to be. Throws ERR_KIT_INVALID, which says what is wrong. */
export function verifyKit(bytes: Uint8Array, expected?: string): KitVerdict {
  const { folder, files } = readArchive(bytes);
  const [sums, signature, pem] = [SUMS_FILE, SIGNATURE_FILE, KEY_FILE].map((name) => fileOf(files, name));
  const others = new Map([...files].filter(([name]) => ![SUMS_FILE, SIGNATURE_FILE, KEY_FILE].includes(name)));
  if (sumsOf(others) !== Buffer.from(sums!).toString())
    throw new PasserelleError('ERR_KIT_INVALID', { location: { file: SUMS_FILE }, expected: 'the sums of exactly these files' });
  const key = publicKey(pem!);
  if (!verify(null, sums!, key, signature!))
    throw new PasserelleError('ERR_KIT_INVALID', { location: { file: SIGNATURE_FILE }, expected: 'the signature of the sums' });
  const fingerprint = fingerprintOf(key);
  if (expected !== undefined && plain(expected) !== plain(fingerprint))
    throw new PasserelleError('ERR_KIT_INVALID', {
      location: { file: KEY_FILE },
      expected: 'the key with the fingerprint that was given',
      found: fingerprint,
    });
  return { folder, files: files.size, fingerprint, kit: JSON.parse(Buffer.from(fileOf(files, 'kit.json')).toString()) as Record<string, unknown> };
}

const plain = (fingerprint: string): string => fingerprint.replaceAll(/[^0-9a-f]/gi, '').toLowerCase();

function fileOf(files: Files, name: string): Uint8Array {
  const found = files.get(name);
  if (!found) throw new PasserelleError('ERR_KIT_INVALID', { location: { file: name }, expected: 'this file' });
  return found;
}

function publicKey(pem: Uint8Array): KeyObject {
  try {
    const key = createPublicKey(Buffer.from(pem));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below.
  }
  throw new PasserelleError('ERR_KIT_INVALID', { location: { file: KEY_FILE }, expected: 'an Ed25519 public key' });
}
