/** The token of PROTOCOL section 2: JWS RS256 inside JWE, both profiles, with node:crypto only. */
import {
  constants,
  createCipheriv,
  createHash,
  createHmac,
  createPublicKey,
  publicEncrypt,
  randomBytes,
  sign,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';

/** `legacy` where the platform of a client has no AES-GCM or no OAEP with SHA-256; a site has to be allowed it. */
export type Profile = 'default' | 'legacy';
const ALGORITHMS = {
  default: { alg: 'RSA-OAEP-256', enc: 'A256GCM', oaepHash: 'sha256' },
  legacy: { alg: 'RSA-OAEP', enc: 'A256CBC-HS512', oaepHash: 'sha1' },
} as const;

const b64 = (bytes: string | Uint8Array): string => Buffer.from(bytes as Uint8Array).toString('base64url');

/** RFC 7638 thumbprint: what a key is called. */
export function thumbprint(key: JsonWebKey): string {
  return createHash('sha256')
    .update(JSON.stringify({ e: key.e, kty: 'RSA', n: key.n }))
    .digest('base64url');
}

export const jwkOf = (key: KeyObject): JsonWebKey => (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });

/** Any JWS of the protocol: contexts, and the proofs of enrolment. */
export function signed(typ: string, payload: string, key: KeyObject): string {
  const input = `${b64(JSON.stringify({ alg: 'RS256', kid: thumbprint(jwkOf(key)), typ }))}.${b64(payload)}`;
  return `${input}.${b64(sign('sha256', Buffer.from(input), key))}`;
}

export const signedContext = (context: string, key: KeyObject): string => signed('contexte-appel+jws', context, key);

/** The token for the engine whose public key this is. */
export function encrypted(jws: string, key: JsonWebKey, profile: Profile): string {
  const { alg, enc, oaepHash } = ALGORITHMS[profile];
  const header = b64(JSON.stringify({ alg, enc, kid: thumbprint(key), cty: 'JWT' }));
  const contentKey = randomBytes(profile === 'default' ? 32 : 64);
  const wrapped = publicEncrypt({ key: createPublicKey({ key, format: 'jwk' }), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, contentKey);
  const { iv, content, tag } = (profile === 'default' ? gcm : cbc)(contentKey, header, jws);
  return [header, b64(wrapped), b64(iv), b64(content), b64(tag)].join('.');
}

interface Sealed {
  readonly iv: Buffer;
  readonly content: Buffer;
  readonly tag: Buffer;
}

function gcm(key: Buffer, header: string, text: string): Sealed {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(header));
  return { iv, content: Buffer.concat([cipher.update(text), cipher.final()]), tag: cipher.getAuthTag() };
}

/** RFC 7518 section 5.2: the first half of the key authenticates, the second encrypts. */
function cbc(key: Buffer, header: string, text: string): Sealed {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', key.subarray(32), iv);
  const content = Buffer.concat([cipher.update(text), cipher.final()]);
  const bits = Buffer.alloc(8);
  bits.writeBigUInt64BE(BigInt(Buffer.byteLength(header)) * 8n);
  const mac = createHmac('sha512', key.subarray(0, 32)).update(header).update(iv).update(content).update(bits).digest();
  return { iv, content, tag: mac.subarray(0, 32) };
}
