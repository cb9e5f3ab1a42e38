/**
 * Keyed hashes of what may be searched (SAFETY D4): the key lives outside the database, so that rows name nobody. A patient key of
 * lanes is the same hash as the search term of its identifier.
 */
import { hash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PasserelleError, type ClearKey, type IndexTerm } from '../contract/index.ts';

const TERM_BYTES = 16;
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Hashes remembered: one message says the same patient several times, and the next ones of a stay say it again. About 200 bytes each. */
const RECENT = 10_000;

/** HMAC-SHA-256 (RFC 2104) by its definition: one-shot hashes cost a fifth of a keyed object per call, and there are several per message. */
export class BlindIndex {
  readonly #recent = new Map<string, string>();
  readonly #inner: Buffer;
  /** The padded key, then room for a digest. */
  readonly #outer: Buffer;

  constructor(key: Buffer) {
    if (key.length > BLOCK_BYTES) throw new RangeError('an index key of at most 64 bytes');
    const pad = (byte: number): Buffer => Buffer.from(Array.from({ length: BLOCK_BYTES }, (_, i) => (key[i] ?? 0) ^ byte));
    this.#inner = pad(0x36);
    this.#outer = Buffer.concat([pad(0x5c), Buffer.alloc(DIGEST_BYTES)]);
  }

  /** Tells one key from another, and gives neither away. */
  get fingerprint(): string {
    return this.#hmac('fingerprint');
  }

  /** Hex of 128 bits. */
  patient(key: ClearKey): string {
    return this.#hash('patient', `${key.domain}:${key.value}`);
  }

  series(site: string, setId: string): string {
    return this.#hash(`series ${site}`, setId);
  }

  /** Of the contextual call: a nonce of a site, a user, a browser that is sent away. Not remembered: most are asked once. */
  call(what: 'nonce' | 'user' | 'departure', value: string): string {
    return this.#hmac(`call ${what}\0${value}`);
  }

  term(term: IndexTerm): string {
    return this.#hash(term.field === 'ipp' || term.field === 'ins' ? 'patient' : term.field, term.value);
  }

  #hash(field: string, value: string): string {
    const name = `${field}\0${value}`;
    const known = this.#recent.get(name);
    if (known !== undefined) return known;
    const hashed = this.#hmac(name);
    if (this.#recent.size >= RECENT) this.#recent.clear();
    this.#recent.set(name, hashed);
    return hashed;
  }

  #hmac(name: string): string {
    // Digests as text: in a buffer of its own each costs three times its hash.
    this.#outer.write(hash('sha256', Buffer.concat([this.#inner, Buffer.from(name, 'utf8')]), 'binary'), BLOCK_BYTES, 'latin1');
    return hash('sha256', this.#outer, 'hex').slice(0, 2 * TERM_BYTES);
  }
}

const KEY_BYTES = 32;

/**
 * Reads `index.key` of the data directory, made at the first start; losing it loses searches and patient order across a restart, so back it up.
 * Made whole or not at all. Throws ERR_SECRET_MISSING for a key that was cut: with another one every patient would be a new one.
 */
export function loadIndexKey(dataDirectory: string): Buffer {
  const file = path.join(dataDirectory, 'index.key');
  if (!existsSync(file)) {
    mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
    const made = `${file}.new`;
    writeFileSync(made, randomBytes(KEY_BYTES), { mode: 0o600, flush: true });
    renameSync(made, file);
  }
  const key = readFileSync(file);
  if (key.length !== KEY_BYTES)
    throw new PasserelleError('ERR_SECRET_MISSING', { location: { file }, expected: `${KEY_BYTES} bytes`, found: `${key.length} bytes` });
  return key;
}
