/** Compact JWS and JWE of the protocol, read strictly: two profiles, headers with exactly their members, canonical base64url. RSA is done elsewhere (rsa.ts). */
import { createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { PasserelleError } from '../contract/index.ts';
import { strictJson } from './strict-json.ts';

export const TOKEN_BYTES = 16 * 1024;
export const JWS_TYPES = { context: 'contexte-appel+jws', enrolment: 'enrolement+jws', rotation: 'rotation+jws' } as const;

export type CryptoProfile = 'default' | 'legacy';
const PROFILES = {
  'RSA-OAEP-256 A256GCM': 'default',
  'RSA-OAEP A256CBC-HS512': 'legacy',
} as const;
const SIZES = { default: { key: 32, iv: 12, tag: 16 }, legacy: { key: 64, iv: 16, tag: 32 } } as const;
const HEADER_BYTES = 1024;
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

export interface Jws {
  readonly kid: string;
  readonly payload: Buffer;
  readonly signature: Buffer;
  /** What the signature is over. */
  readonly input: Buffer;
}

export interface Jwe {
  readonly kid: string;
  readonly profile: CryptoProfile;
  readonly wrappedKey: Buffer;
  readonly iv: Buffer;
  readonly content: Buffer;
  readonly tag: Buffer;
  readonly header: string;
}

/** Throws ERR_CALL_REFUSED: five parts, one of the two profiles. */
export function readJwe(token: string): Jwe {
  const [header = '', wrappedKey, iv, content, tag] = partsOf(token, 5);
  const { alg, enc, kid } = headerOf(header, ['alg', 'enc', 'kid', 'cty'], { cty: 'JWT' });
  const name = `${alg} ${enc}`;
  if (!Object.hasOwn(PROFILES, name)) throw refused('RSA-OAEP-256 with A256GCM, or the legacy profile');
  const profile = PROFILES[name as keyof typeof PROFILES];
  const read = { iv: bytesOf(iv), tag: bytesOf(tag) };
  if (read.iv.length !== SIZES[profile].iv || read.tag.length !== SIZES[profile].tag) throw refused('iv and tag of their full length');
  return { kid: kid!, profile, wrappedKey: bytesOf(wrappedKey), content: bytesOf(content), header, ...read };
}

/** Throws ERR_CALL_REFUSED: three parts, RS256, a thumbprint for key id, this `typ`. */
export function readJws(token: string, typ: string): Jws {
  const [header = '', payload = '', signature] = partsOf(token, 3);
  const { kid } = headerOf(header, ['alg', 'kid', 'typ'], { alg: 'RS256', typ });
  return { kid: kid!, payload: bytesOf(payload), signature: bytesOf(signature), input: Buffer.from(`${header}.${payload}`) };
}

/** A key of the right length, whatever the padding said: what follows fails in the same way (RFC 7516, section 11.5). */
export const contentKey = (unwrapped: Buffer | undefined, { profile }: Jwe): Buffer =>
  unwrapped?.length === SIZES[profile].key ? unwrapped : randomBytes(SIZES[profile].key);

/** Throws ERR_CALL_REFUSED when it was altered, or the key is not its own. */
export function decryptContent(jwe: Jwe, key: Buffer): string {
  try {
    return (jwe.profile === 'default' ? gcm(jwe, key) : cbc(jwe, key)).toString('latin1');
  } catch (cause) {
    throw new PasserelleError('ERR_CALL_REFUSED', { expected: 'a token encrypted to a key of this engine, unaltered', cause });
  }
}

function gcm({ header, iv, content, tag }: Jwe, key: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 }).setAAD(Buffer.from(header)).setAuthTag(tag);
  return Buffer.concat([decipher.update(content), decipher.final()]);
}

/** RFC 7518 section 5.2: authenticated before anything is decrypted. */
function cbc({ header, iv, content, tag }: Jwe, key: Buffer): Buffer {
  const bits = Buffer.alloc(8);
  bits.writeBigUInt64BE(BigInt(header.length) * 8n);
  const mac = createHmac('sha512', key.subarray(0, 32)).update(header).update(iv).update(content).update(bits).digest().subarray(0, 32);
  if (!timingSafeEqual(mac, tag)) throw new RangeError('tag');
  const decipher = createDecipheriv('aes-256-cbc', key.subarray(32), iv);
  return Buffer.concat([decipher.update(content), decipher.final()]);
}

export interface RsaJwk {
  readonly kty: 'RSA';
  readonly n: string;
  readonly e: string;
}

/** RFC 7638. */
export const thumbprint = ({ e, n }: RsaJwk): string =>
  createHash('sha256')
    .update(JSON.stringify({ e, kty: 'RSA', n }))
    .digest('base64url');

function partsOf(token: string, count: number): readonly string[] {
  const parts = token.split('.');
  if (parts.length !== count || !/^[A-Za-z0-9_.-]+$/.test(token)) throw refused(`${count} parts of base64url`);
  return parts;
}

function headerOf(text: string, members: readonly string[], fixed: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const bytes = bytesOf(text);
  if (bytes.length > HEADER_BYTES) throw refused('a short header');
  const header = headerJson(bytes) as Readonly<Record<string, unknown>> | null;
  const isExact =
    typeof header === 'object' &&
    header !== null &&
    Object.keys(header).length === members.length &&
    members.every((name) => Object.hasOwn(header, name) && typeof header[name] === 'string') &&
    Object.entries(fixed).every(([name, value]) => header[name] === value) &&
    THUMBPRINT.test(String(header['kid']));
  if (!isExact) throw refused(`a header of exactly ${members.join(', ')}`);
  return header as Readonly<Record<string, string>>;
}

/** Of the token, which its sender does not write by hand: no field of a context is wrong. */
function headerJson(bytes: Uint8Array): unknown {
  try {
    return strictJson(bytes);
  } catch (cause) {
    throw new PasserelleError('ERR_CALL_REFUSED', { expected: 'a header in JSON', found: 'an altered or cut header', cause });
  }
}

/** One text for each bytes: what differs only in unused bits is another token. */
function bytesOf(text = ''): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === 0 || bytes.toString('base64url') !== text) throw refused('canonical base64url');
  return bytes;
}

const refused = (expected: string): PasserelleError => new PasserelleError('ERR_CALL_REFUSED', { expected });
