/**
 * What successive counts of one lane tell: since when something stands in it for a person, when it last received, whether all it gets is
 * refused. Counts come from the journal, so another node's messages are seen as well. What began before the first look is read there once.
 */
import type { JournalStore, LaneCounts, MessageState } from '../contract/index.ts';

export type Counts = LaneCounts['counts'];
export type Looks = Pick<JournalStore, 'messages' | 'deliveries'>;

/** States that a person ends. */
export const STANDING = { in: ['quarantined', 'dead'], out: ['dead', 'review', 'held'] } as const;
export type Standing = 'quarantined' | 'dead' | 'review' | 'held';

/** Everything that a lane ever received is in one of these. */
const RECEIVED: readonly MessageState[] = ['received', 'decoded', 'filtered', 'quarantined', 'rejected', 'dead', 'discarded'];
/** An error of its sender is told for so long after the last one: nobody can end it here. */
const DAY_MS = 24 * 3600_000;
/** Messages or deliveries that one look reads: with more, `since` is of the oldest among them. */
const PAGE = 500;

export interface Refusals {
  /** First and last refusal since something else was received, and how many (ms since 1970). */
  readonly since: number;
  readonly last: number;
  readonly count: number;
}

export class LaneMemory {
  readonly #lane: string;
  readonly #direction: 'in' | 'out';
  readonly #begun: number;
  readonly #standing = new Map<Standing, number>();
  #counts: Counts | undefined;
  #received: number | undefined;
  #refusals: Refusals | undefined;
  /** When documents of another patient than their message were refused, within a day (ms since 1970). */
  #mismatches: readonly number[] = [];
  /** When it, or the way back to who sends here, was last seen in a planned downtime: what waited then is no news. */
  downAt: number;

  constructor(lane: string, direction: 'in' | 'out', now: number, downAt: number) {
    this.#lane = lane;
    this.#direction = direction;
    this.#begun = now;
    this.downAt = downAt;
  }

  get refusals(): Refusals | undefined {
    return this.#refusals;
  }

  /** Of the last day. */
  get mismatches(): readonly number[] {
    return this.#mismatches;
  }

  since(state: Standing): number | undefined {
    return this.#standing.get(state);
  }

  async follow(counts: Counts, now: number, journal: Looks): Promise<void> {
    for (const state of STANDING[this.#direction]) {
      if (!counts[state]) this.#standing.delete(state);
      else if (!this.#standing.has(state)) this.#standing.set(state, this.#counts ? now : await this.#beganBefore(state, now, journal));
    }
    const before = this.#counts;
    this.#counts = counts;
    const isMore = this.#direction === 'in' && (counts.rejected ?? 0) > (before?.rejected ?? 0);
    this.#mismatches = (isMore ? await this.#mismatched(now, journal) : this.#mismatches).filter((at) => now - at < DAY_MS);
    if (!before) return;
    const [rejected, other] = [(counts.rejected ?? 0) - (before.rejected ?? 0), receivedOf(counts) - receivedOf(before)];
    if (other > 0) this.#received = now;
    if (other > rejected) this.#refusals = undefined;
    else if (rejected > 0) this.#refusals = { since: this.#refusals?.since ?? now, last: now, count: (this.#refusals?.count ?? 0) + rejected };
  }

  /** When the lane last received (ms since 1970); before the first look, no further back than twice `within`. The beginning of the watch when it never did. */
  async lastReceived(within: number, now: number, journal: Looks): Promise<number> {
    if (this.#received === undefined && receivedOf(this.#counts ?? {}) > 0) this.#received = await this.#newest(now - 2 * within, journal);
    return this.#received ?? this.#begun;
  }

  async #newest(since: number, journal: Looks): Promise<number> {
    for (let after: string | undefined; ;) {
      const page = await journal.messages(
        { lane: this.#lane, since: new Date(since).toISOString() },
        { limit: 1, ...(after !== undefined && { after }) },
      );
      if (page.items[0]) return Date.parse(page.items[0].receivedAt);
      if (page.next === undefined) return since;
      after = page.next;
    }
  }

  async #mismatched(now: number, journal: Looks): Promise<readonly number[]> {
    const since = new Date(now - DAY_MS).toISOString();
    const { items } = await journal.messages({ lane: this.#lane, states: ['rejected'], since }, { limit: PAGE });
    return items.filter(({ error }) => error?.code === 'ERR_PATIENT_MISMATCH').map(({ receivedAt }) => Date.parse(receivedAt));
  }

  async #beganBefore(state: Standing, now: number, journal: Looks): Promise<number> {
    const lane = this.#lane;
    if (this.#direction === 'in') {
      const { items } = await journal.messages({ lane, states: [state as MessageState], oldestFirst: true }, { limit: 1 });
      return items[0] ? Date.parse(items[0].receivedAt) : now;
    }
    const { items } = await journal.deliveries({ lane, states: [state as Exclude<Standing, 'quarantined'>] }, { limit: PAGE });
    return Math.min(now, ...items.map(({ settledAt, queuedAt }) => Date.parse(settledAt ?? queuedAt)));
  }
}

const receivedOf = (counts: Counts): number => RECEIVED.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
