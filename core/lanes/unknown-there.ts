/**
 * What a lane holds because of who its patient is. The receiver does not know that one: by patient, looked at again at each identity event of that patient
 * (SAFETY B6). Or nobody does (decision 0033): looked at again when a person has answered.
 */
import { PasserelleError, RELEASED_BY, type DeliverySummary, type JournalStore, type QueuedDelivery } from '../contract/index.ts';
import { kindOf } from '../model/index.ts';

/** Held deliveries that are read at a time. */
const PAGE = 500;

export const isUnknownThere = ({ state, error }: Pick<QueuedDelivery, 'state' | 'error'>): boolean =>
  state === 'held' && error?.code === 'ERR_DESTINATION_UNKNOWN_PATIENT';

export const isInDoubt = ({ state, error }: Pick<QueuedDelivery, 'state' | 'error'>): boolean =>
  state === 'held' && error?.code === 'ERR_IDENTITY_IN_DOUBT';

export class UnknownThere {
  /** Held until a person has answered. */
  readonly #doubtful = new Map<number, QueuedDelivery>();
  readonly #unknown = new Map<number, QueuedDelivery>();
  readonly #held = new Map<string, Set<number>>();
  /** Being tried now: an identity that comes meanwhile finds nothing held yet. */
  readonly #trying = new Map<number, { readonly keys: readonly string[]; isOvertaken: boolean }>();

  #isLoaded = false;
  #isLoading = false;
  /** Changed before all was read: a page may be older. */
  readonly #seen = new Set<number>();

  /** All that the journal holds, once: more than the lane keeps in memory. Answers what is unknown there, in order. Throws ERR_JOURNAL_UNAVAILABLE. */
  async load(journal: Pick<JournalStore, 'deliveries'>, lane: string): Promise<readonly DeliverySummary[]> {
    if (this.#isLoaded) return [];
    this.#isLoaded = this.#isLoading = true;
    const found: DeliverySummary[] = [];
    try {
      for (let after: string | undefined; ;) {
        const page = await journal.deliveries({ lane, states: ['held'] }, { limit: PAGE, ...(after !== undefined && { after }) });
        for (const item of page.items.filter(({ delivery }) => !this.#seen.has(delivery))) {
          this.#keep(item);
          if (isUnknownThere(item)) found.push(item);
        }
        after = page.next;
        if (after === undefined) break;
      }
    } catch (thrown) {
      this.#isLoaded = false;
      throw thrown;
    } finally {
      this.#isLoading = false;
    }
    this.#seen.clear();
    return found.reverse();
  }

  /** What the journal says of a delivery now. */
  see(item: QueuedDelivery): void {
    this.forget(item.delivery);
    this.#keep(item);
  }

  #keep(item: QueuedDelivery): void {
    if (isInDoubt(item)) this.#doubtful.set(item.delivery, item);
    if (!isUnknownThere(item)) return;
    this.#unknown.set(item.delivery, item);
    for (const key of item.keys) this.#held.set(key, (this.#held.get(key) ?? new Set()).add(item.delivery));
  }

  forget(delivery: number): void {
    if (!this.#isLoaded || this.#isLoading) this.#seen.add(delivery);
    this.#doubtful.delete(delivery);
    for (const key of this.#unknown.get(delivery)?.keys ?? []) {
      const held = this.#held.get(key);
      held?.delete(delivery);
      if (held?.size === 0) this.#held.delete(key);
    }
    this.#unknown.delete(delivery);
  }

  begin({ delivery, keys }: QueuedDelivery): void {
    this.#trying.set(delivery, { keys, isOvertaken: false });
  }

  /** True when an identity of its patient came since it began. */
  end(delivery: number): boolean {
    const { isOvertaken = false } = this.#trying.get(delivery) ?? {};
    this.#trying.delete(delivery);
    return isOvertaken;
  }

  /** `undefined`: of whomever they are. */
  overtake(keys?: ReadonlySet<string>): void {
    for (const one of this.#trying.values()) one.isOvertaken ||= !keys || one.keys.some((key) => keys.has(key));
  }

  /** False when nothing is held as unknown there, most of the time. */
  get mayHold(): boolean {
    return !this.#isLoaded || this.#isLoading || this.#unknown.size > 0;
  }

  /** Something of one of these patients is being tried now. */
  isTried(keys: ReadonlySet<string>): boolean {
    for (const one of this.#trying.values()) if (one.keys.some((key) => keys.has(key))) return true;
    return false;
  }

  get hasDoubts(): boolean {
    return this.#doubtful.size > 0;
  }

  /** What waits for answers. */
  get doubtful(): readonly QueuedDelivery[] {
    return [...this.#doubtful.values()];
  }

  of(keys: Iterable<string>): readonly QueuedDelivery[] {
    const held = new Set([...keys].flatMap((key) => [...(this.#held.get(key) ?? [])]));
    return [...held].flatMap((delivery) => this.#unknown.get(delivery) ?? []);
  }

  isHeld(delivery: number): boolean {
    return this.#unknown.has(delivery);
  }
}

/** Newest messages of a patient that are looked at. */
const NEWEST = 20;
/** A decision is dated when it is made, and committed, then followed by lanes, a little later. */
const FOLLOWED_MS = 60_000;

/**
 * An identity of its patient was decided since it was held, or so shortly before that a stop may have come between the commit and the look at it. `tryMs`: the longest
 * that it was being tried then. Throws ERR_JOURNAL_UNAVAILABLE.
 */
export async function heardSince(
  journal: Pick<JournalStore, 'messages' | 'message'>,
  { message: own, keys, settledAt, queuedAt }: DeliverySummary,
  tryMs: number,
): Promise<boolean> {
  const since = Date.parse(settledAt ?? queuedAt) - tryMs - FOLLOWED_MS;
  const { items } = await journal.messages({ terms: keys, states: ['decoded'] }, { limit: NEWEST });
  for (const { message } of items.filter((one) => one.message !== own)) {
    const { decidedAt = '', events = [] } = (await journal.message(message)) ?? {};
    if (Date.parse(decidedAt) >= since && events.some(({ event }) => kindOf(event.type) === 'identity')) return true;
  }
  return false;
}

const STATES: ReadonlySet<string> = new Set(['updated', 'created', 'qualified', 'dequalified'].map((what) => `dcc.identity.${what}`));

/**
 * Both say who one patient is as known by then, whole, and the later one by every number of the earlier: nothing is lost with that one. A merge or a link is said by no other.
 * Throws ERR_JOURNAL_UNAVAILABLE.
 */
export async function isSaidAnew(journal: Pick<JournalStore, 'material'>, earlier: QueuedDelivery, later: QueuedDelivery): Promise<boolean> {
  if (!earlier.keys.every((key) => later.keys.includes(key))) return false;
  const both = (await journal.material([earlier.delivery, later.delivery])).map(({ event }) => event);
  return both.length === 2 && both.every(({ type, subject }) => STATES.has(type) && subject === both[0]!.subject);
}

/** In their order. Each may have been decided by a person meanwhile; answers those that were released, as they are now. `surely`: while the journal is away for a moment. */
export async function release(
  journal: Pick<JournalStore, 'act'>,
  deliveries: readonly number[],
  at: string,
  failed: (delivery: number, code: string) => void,
  surely: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<readonly QueuedDelivery[]> {
  const released: QueuedDelivery[] = [];
  for (const delivery of [...new Set(deliveries)].sort((a, b) => a - b))
    try {
      const action = { verb: 'release', delivery, who: RELEASED_BY.identity, why: 'identity of the patient received', at } as const;
      const changes = await surely(() => journal.act([action]));
      released.push(...changes.flatMap((change) => change.deliveries));
    } catch (thrown) {
      failed(delivery, PasserelleError.from(thrown).code);
    }
  return released;
}
