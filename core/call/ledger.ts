/** The ledger of calls: what became of each, by a reference that a person can read out. Nothing in it names anybody. */
import { createHash, randomBytes } from 'node:crypto';
import {
  PasserelleError,
  type CallCount,
  type CallEntry,
  type CallFilter,
  type CallOutcome,
  type ErrorCode,
  type ErrorData,
  type JournalStore,
  type NoteChange,
  type Page,
  type PageRequest,
} from '../contract/index.ts';
import { explainAt } from './trail.ts';

export const LEDGER = 'call';
/** Pages looked at for one page of a filter, and rows read at once. */
const MAX_PAGES = 20;
const ROWS = 500;
/** Rows that statistics look at: some months of a region. */
const MAX_COUNTED = 500_000;
/** More of one call is a loop. */
const MAX_STEPS = 40;
const TRIES = 8;
/** Without letters that are read for one another. */
const LETTERS = 'ABCDEFGHJKMNPQRSTVWXYZ0123456789';

export type KeptEntry = Omit<CallEntry, 'error'> & { readonly error?: ErrorData };

export const newReference = (): string => `AC-${[...randomBytes(8)].map((byte) => LETTERS[byte % LETTERS.length]).join('')}`;

const keyOf = (reference: string): string => createHash('sha256').update(`call ${reference}`).digest('hex');

/** A new entry, for the commit that decides the call. */
export const entryChange = (entry: KeptEntry): NoteChange => ({ kind: LEDGER, key: keyOf(entry.reference), value: JSON.stringify(entry) });

export class Ledger {
  readonly #journal: Pick<JournalStore, 'notes' | 'notesOf' | 'swap' | 'keep'>;

  constructor(journal: Pick<JournalStore, 'notes' | 'notesOf' | 'swap' | 'keep'>) {
    this.#journal = journal;
  }

  async add(entry: KeptEntry): Promise<void> {
    await this.#journal.keep([entryChange(entry)], entry.at);
  }

  /** Throws ERR_CALL_NOT_FOUND. */
  async entry(reference: string): Promise<CallEntry> {
    const [text] = await this.#journal.notes(LEDGER, [keyOf(reference)]);
    if (!text) throw new PasserelleError('ERR_CALL_NOT_FOUND', { ...(/^AC-\w{8}$/.test(reference) && { found: reference }) });
    return viewOf(text);
  }

  /** What a change of the entry replaces; undefined when it is gone. A call that opened stays one: what is refused after that (an answer that comes twice) is a step. */
  async step(
    reference: string,
    at: string,
    step: { readonly what: string; readonly code?: ErrorCode },
    outcome?: CallOutcome,
  ): Promise<NoteChange | undefined> {
    const key = keyOf(reference);
    const [before] = await this.#journal.notes(LEDGER, [key]);
    if (!before) return undefined;
    const entry = JSON.parse(before) as KeptEntry;
    const steps = [...entry.steps, { at, ...step }].slice(-MAX_STEPS);
    const isOpen = entry.outcome === 'opened' || entry.outcome === 'created';
    return { kind: LEDGER, key, before, value: JSON.stringify({ ...entry, steps, ...(outcome && !isOpen && { outcome }) }) };
  }

  /** A call that nobody knows any more is not noted. */
  async note(reference: string, at: string, step: { readonly what: string; readonly code?: ErrorCode }, outcome?: CallOutcome): Promise<void> {
    for (let n = 0; n < TRIES; n += 1) {
      const change = await this.step(reference, at, step, outcome);
      if (!change || (await this.#journal.swap([change], at))) return;
    }
    throw new PasserelleError('ERR_INVARIANT', { expected: 'a call that one browser changes at a time' });
  }

  /** The last changed first. */
  async page(filter: CallFilter, { limit, after }: PageRequest): Promise<Page<CallEntry>> {
    let next = after;
    for (let n = 0; n < MAX_PAGES; n += 1) {
      const page = await this.#journal.notesOf(LEDGER, { limit, ...(next !== undefined && { after: next }) });
      const items = page.items.map(({ value }) => viewOf(value)).filter((entry) => matches(entry, filter));
      next = page.next;
      const isOver = next === undefined || (filter.since !== undefined && page.items.some(({ changedAt }) => changedAt < filter.since!));
      if (items.length > 0 || isOver) return { items, ...(!isOver && { next: next! }) };
    }
    return { items: [], ...(next !== undefined && { next }) };
  }

  async counts(since: string): Promise<readonly CallCount[]> {
    const counts = new Map<string, CallCount>();
    let seen = 0;
    for (let after: string | undefined; seen < MAX_COUNTED;) {
      const page = await this.#journal.notesOf(LEDGER, { limit: ROWS, ...(after !== undefined && { after }) });
      for (const { value } of page.items) {
        const { at, site = '-', profile = '-', action = '-', outcome } = JSON.parse(value) as KeptEntry;
        if (at < since || outcome === 'rotated') continue;
        const day = at.slice(0, 10);
        const key = JSON.stringify([day, site, profile, action, outcome]);
        counts.set(key, { day, site, profile, action, outcome, calls: (counts.get(key)?.calls ?? 0) + 1 });
      }
      seen += page.items.length;
      // Changed before = made before.
      if (page.next === undefined || page.items.at(-1)!.changedAt < since) break;
      after = page.next;
    }
    return [...counts.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
  }
}

function viewOf(text: string): CallEntry {
  const { error, ...entry } = JSON.parse(text) as KeptEntry;
  return { ...entry, ...(error && { error: explainAt(entry.check, error, entry.keyId) }) };
}

const matches = (entry: CallEntry, { site, outcome, since }: CallFilter): boolean =>
  (site === undefined || entry.site === site) && (outcome === undefined || entry.outcome === outcome) && (since === undefined || entry.at >= since);
