/**
 * Keyed hashes of what may be searched (SAFETY D4): the key lives outside the database, so that rows name nobody. A patient key of
 * lanes is the same hash as the search term of its identifier.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ClearKey, IndexTerm } from '../contract/index.ts';

const TERM_BYTES = 16;

export class BlindIndex {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** Hex of 128 bits. */
  patient(key: ClearKey): string {
    return this.#hash('patient', `${key.domain}:${key.value}`);
  }

  series(site: string, setId: string): string {
    return this.#hash(`series ${site}`, setId);
  }

  term(term: IndexTerm): string {
    return this.#hash(term.field === 'ipp' || term.field === 'ins' ? 'patient' : term.field, term.value);
  }

  #hash(field: string, value: string): string {
    return createHmac('sha256', this.#key).update(field).update('\0').update(value).digest().subarray(0, TERM_BYTES).toString('hex');
  }
}

/** Reads `index.key` of the data directory, made at the first start; losing it loses searches and patient order across a restart, so back it up. */
export function loadIndexKey(dataDirectory: string): Buffer {
  const file = path.join(dataDirectory, 'index.key');
  if (!existsSync(file)) {
    mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(32), { mode: 0o600, flag: 'wx' });
  }
  return readFileSync(file);
}
