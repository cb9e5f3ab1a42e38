/** A token as a client makes it (PROTOCOL section 2): for `passerelle call sign` and `open`. */
import {
  constants,
  createCipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  publicEncrypt,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { PasserelleError } from '../contract/index.ts';
import { CALL_LIFETIME_SECONDS } from '../model/index.ts';
import { JWS_TYPES, thumbprint, type CryptoProfile, type RsaJwk } from './jose.ts';

const b64 = (bytes: string | Uint8Array): string => Buffer.from(bytes as Uint8Array).toString('base64url');

/** What a client adds to a context when it is not said: when, for how long, and what is used once. */
export function completed(context: Readonly<Record<string, unknown>>, now: number, environment = 'test'): Readonly<Record<string, unknown>> {
  const iat = Math.floor(now / 1000);
  const made = { version: '1.0', typ: 'contexte-appel', aud: `urn:dcc:${environment}`, action: 'open', jti: randomBytes(16).toString('base64url') };
  return { ...made, iat, exp: iat + CALL_LIFETIME_SECONDS, ...context };
}

/** Throws ERR_CALL_KEY for a key that is none. */
export function makeToken(context: object, sitePem: string, engineKey: unknown, profile: CryptoProfile): string {
  try {
    const key = createPrivateKey(sitePem);
    return encrypt(signJws(context, key), engineKey as RsaJwk, profile);
  } catch (cause) {
    throw new PasserelleError('ERR_CALL_KEY', { expected: 'an RSA private key of the site in PEM, and a public JWK of the engine', cause });
  }
}

function signJws(payload: object, key: KeyObject): string {
  const { n = '', e = '' } = createPublicKey(key).export({ format: 'jwk' });
  const header = { alg: 'RS256', kid: thumbprint({ kty: 'RSA', n, e }), typ: JWS_TYPES.context };
  const input = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(payload))}`;
  return `${input}.${b64(sign('sha256', Buffer.from(input), key))}`;
}

function encrypt(jws: string, { n, e }: RsaJwk, profile: CryptoProfile): string {
  const isDefault = profile === 'default';
  const [alg, enc] = isDefault ? ['RSA-OAEP-256', 'A256GCM'] : ['RSA-OAEP', 'A256CBC-HS512'];
  const header = b64(JSON.stringify({ alg, enc, kid: thumbprint({ kty: 'RSA', n, e }), cty: 'JWT' }));
  const contentKey = randomBytes(isDefault ? 32 : 64);
  const key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
  const wrapped = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: isDefault ? 'sha256' : 'sha1' }, contentKey);
  const iv = randomBytes(isDefault ? 12 : 16);
  if (isDefault) {
    const cipher = createCipheriv('aes-256-gcm', contentKey, iv).setAAD(Buffer.from(header));
    const content = Buffer.concat([cipher.update(jws), cipher.final()]);
    return [header, b64(wrapped), b64(iv), b64(content), b64(cipher.getAuthTag())].join('.');
  }
  const cipher = createCipheriv('aes-256-cbc', contentKey.subarray(32), iv);
  const content = Buffer.concat([cipher.update(jws), cipher.final()]);
  const bits = Buffer.alloc(8);
  bits.writeBigUInt64BE(BigInt(header.length) * 8n);
  const tag = createHmac('sha512', contentKey.subarray(0, 32)).update(header).update(iv).update(content).update(bits).digest().subarray(0, 32);
  return [header, b64(wrapped), b64(iv), b64(content), b64(tag)].join('.');
}
