/** Public keys of sites (SAFETY C8): notes of the journal, kept in memory and read again every 15 seconds, so that a revocation reaches every node. */
import { createHash, createPublicKey } from 'node:crypto';
import { PasserelleError, type CallKey, type JournalStore, type NoteChange } from '../contract/index.ts';
import { strictJson } from './strict-json.ts';
import { thumbprint, type RsaJwk } from './jose.ts';
import { verifyKeyOf, type VerifyKey } from './rsa.ts';

export const KEY = 'call-key';
export const REFRESH_MS = 15_000;
const PAGE = 500;
const LEAST_BITS = 2048;
/** The key of the published vectors: everybody has its private half. */
const PUBLIC_SECRET = new Set(['i9p1hQ580FnktfBqfi6mGnlCVohscesU-MbghaHB8vg']);

export type StoredKey = CallKey & { readonly jwk: RsaJwk };
export interface Held {
  readonly key: StoredKey;
  readonly text: string;
  readonly verify: Promise<VerifyKey>;
}

export const noteKeyOf = (kid: string): string => createHash('sha256').update(`call key ${kid}`).digest('hex');
export const changeOf = (key: StoredKey, before?: string): NoteChange => ({
  kind: KEY,
  key: noteKeyOf(key.kid),
  value: JSON.stringify(key),
  ...(before !== undefined && { before }),
});

export class SiteKeys {
  readonly #journal: Pick<JournalStore, 'notesOf' | 'notes' | 'swap'>;
  #held = new Map<string, Held>();

  constructor(journal: Pick<JournalStore, 'notesOf' | 'notes' | 'swap'>) {
    this.#journal = journal;
  }

  async refresh(): Promise<void> {
    const held = new Map<string, Held>();
    for (let after: string | undefined; ;) {
      const page = await this.#journal.notesOf(KEY, { limit: PAGE, ...(after !== undefined && { after }) });
      for (const { value } of page.items) {
        const key = JSON.parse(value) as StoredKey;
        const known = this.#held.get(key.kid);
        held.set(key.kid, known?.text === value ? known : { key, text: value, verify: known?.verify ?? verifyKeyOf(key.jwk) });
      }
      if (page.next === undefined) break;
      after = page.next;
    }
    this.#held = held;
  }

  /** One that may sign now. */
  active(kid: string, now: number): Held | undefined {
    const found = this.#held.get(kid);
    return found && isActive(found.key, now) ? found : undefined;
  }

  /** Whatever its state: only to say why one that signed is not good. */
  get(kid: string): Held | undefined {
    return this.#held.get(kid);
  }

  /** Those that this key signed for. */
  followersOf(kid: string): readonly StoredKey[] {
    return this.all().filter(({ follows }) => follows === kid);
  }

  all(site?: string): readonly StoredKey[] {
    return [...this.#held.values()].map(({ key }) => key).filter((key) => site === undefined || key.site === site);
  }

  /** Changes a key as it stands in the journal, whatever this node remembers. Throws ERR_NOT_FOUND; ERR_CALL_KEY when somebody was faster. */
  async change(kid: string, at: string, make: (key: StoredKey) => StoredKey): Promise<StoredKey> {
    const [text] = await this.#journal.notes(KEY, [noteKeyOf(kid)]);
    if (!text) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'the whole id of a key (passerelle call key list)' });
    const changed = make(JSON.parse(text) as StoredKey);
    if (!(await this.#journal.swap([changeOf(changed, text)], at)))
      throw new PasserelleError('ERR_CALL_KEY', { expected: 'a key that nobody changes meanwhile' });
    await this.refresh();
    return changed;
  }
}

export const isActive = ({ state, notAfter }: StoredKey, now: number): boolean =>
  state === 'active' && (notAfter === undefined || now < Date.parse(notAfter));

/** A public key as a site sends it, with what people know it by. Throws ERR_CALL_KEY. */
export function checkedJwk(value: unknown): { readonly jwk: RsaJwk; readonly kid: string; readonly fingerprint: string; readonly bits: number } {
  const { kty, n, e } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (kty !== 'RSA' || typeof n !== 'string' || e !== 'AQAB' || !/^[A-Za-z0-9_-]{300,1400}$/.test(n))
    throw new PasserelleError('ERR_CALL_KEY', { expected: 'an RSA public key with e = AQAB' });
  const jwk = { kty, n, e } as const;
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  const kid = thumbprint(jwk);
  if (bits < LEAST_BITS || key.export({ format: 'jwk' }).n !== n || PUBLIC_SECRET.has(kid))
    throw new PasserelleError('ERR_CALL_KEY', { expected: `an RSA key of ${LEAST_BITS} bits or more, of this site alone`, found: `${bits} bits` });
  return { jwk, kid, bits, fingerprint: fingerprintOf(key.export({ format: 'der', type: 'spki' })) };
}

/** Half of SHA-256, as people read it out: `1A2B 3C4D ...`, eight groups of four. */
const fingerprintOf = (spki: Buffer): string =>
  createHash('sha256')
    .update(spki)
    .digest('hex')
    .slice(0, 32)
    .toUpperCase()
    .replaceAll(/(.{4})(?=.)/g, '$1 ');

export const parseObject = (bytes: Uint8Array): Readonly<Record<string, unknown>> => {
  const value = strictJson(bytes);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
};
