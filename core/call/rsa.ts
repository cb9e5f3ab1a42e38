/** RSA off the ingress thread: Web Crypto does it in the thread pool of the platform. */
import { webcrypto, type KeyObject } from 'node:crypto';
import type { CryptoProfile, Jwe, Jws, RsaJwk } from './jose.ts';

const { subtle } = webcrypto;
export type VerifyKey = webcrypto.CryptoKey;

export interface UnwrapKey {
  readonly default: webcrypto.CryptoKey;
  readonly legacy: webcrypto.CryptoKey;
}

const HASHES: Readonly<Record<CryptoProfile, string>> = { default: 'SHA-256', legacy: 'SHA-1' };

export async function unwrapKeyOf(key: KeyObject): Promise<UnwrapKey> {
  const der = key.export({ format: 'der', type: 'pkcs8' });
  const as = (profile: CryptoProfile): Promise<webcrypto.CryptoKey> =>
    subtle.importKey('pkcs8', der, { name: 'RSA-OAEP', hash: HASHES[profile] }, false, ['decrypt']);
  return { default: await as('default'), legacy: await as('legacy') };
}

/** Undefined when the padding is not right: the caller goes on with a key of chance. */
export async function unwrap(jwe: Jwe, key: UnwrapKey): Promise<Buffer | undefined> {
  try {
    return Buffer.from(await subtle.decrypt({ name: 'RSA-OAEP' }, key[jwe.profile], jwe.wrappedKey));
  } catch {
    return undefined;
  }
}

export const verifyKeyOf = ({ kty, n, e }: RsaJwk): Promise<VerifyKey> =>
  subtle.importKey('jwk', { kty, n, e, alg: 'RS256', ext: true }, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['verify']);

export async function isSignedBy({ signature, input }: Jws, key: VerifyKey): Promise<boolean> {
  return subtle.verify('RSASSA-PKCS1-v1_5', key, signature, input);
}

/** Of nobody: a signature by an unknown key takes as long as a wrong one. Its private half was never kept. */
export const nobody: Promise<VerifyKey> = subtle
  .generateKey({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 3072, publicExponent: new Uint8Array([1, 0, 1]) }, false, [
    'sign',
    'verify',
  ])
  .then(({ publicKey }) => publicKey);
