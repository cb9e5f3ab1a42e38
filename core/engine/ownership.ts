/**
 * Which node works a journal that several nodes have open (decision 0016): the one that holds the leases of all its lanes. The others accept
 * and store, and take over when the leases are over. A node knows by its own clock when its leases end: from then on it sends nothing.
 * Lanes are worked with the active settings only: a node whose settings are older asks for nothing more, and is told so.
 */
import type { JournalStore, LaneLease } from '../contract/index.ts';
import type { OwnedLease } from '../lanes/index.ts';

export interface OwnershipOptions {
  readonly journal: Pick<JournalStore, 'lease' | 'release' | 'settings'>;
  readonly node: string;
  readonly lanes: readonly string[];
  /** Settings revision that the lanes are made from. */
  readonly revision: number;
  readonly ttlMs: number;
  /** Longest time that a send of the owner before us can still be on the wire. */
  readonly graceMs: number;
  /** Called once, when the leases are ours. Must not reject. */
  readonly taken: (leases: ReadonlyMap<string, OwnedLease>) => Promise<void>;
  /** Called once, when another node has the lanes that were ours, or newer settings are active: nothing more is asked for. */
  readonly ended: (why: 'lost' | 'settings') => void;
}

/** The journal as the owner writes what belongs to no lane: each write proves that the lanes are still its own. */
export const fenced = (journal: JournalStore, lease: () => LaneLease | undefined): JournalStore => ({
  ...journal,
  keep: (notes, at) => journal.keep(notes, at, lease()),
  admit: (batch) => journal.admit(batch, lease()),
});

/** Renewals in one lease: two may fail. */
const RENEWALS = 3;

export class Ownership {
  readonly #options: OwnershipOptions;
  #held: ReadonlyMap<string, OwnedLease> | undefined;
  /** By `performance.now()`, which goes on while the process is frozen. */
  #validUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  /** What follows from having the lanes. Not part of a turn: the leases are renewed meanwhile, however long a backlog is. */
  #taking: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  get isOwner(): boolean {
    return this.#held !== undefined && performance.now() < this.#validUntil;
  }

  /** Asks once, then again and again. Resolves after the first answer, and what follows from it. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => (this.#turn = this.#turn.then(() => this.#renew())), this.#options.ttlMs / RENEWALS);
    this.#turn = this.#renew();
    await this.#turn;
    await this.#taking;
  }

  /**
   * Once nothing works on the lanes any more. Gives them back, unless they are for the next one of this node: then no other node gets them in
   * between.
   */
  async stop(keep = false): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#timer);
    await this.#turn;
    await this.#taking;
    const held = this.#held;
    this.#held = undefined;
    if (held && !keep) await this.#release([...held.values()]);
  }

  async #renew(): Promise<void> {
    if (this.#isOver) return;
    const { journal, node, lanes, ttlMs, graceMs } = this.#options;
    const asked = performance.now();
    const granted = await journal.lease({ node, lanes, ttlMs, graceMs }).catch(() => undefined);
    if (!granted) {
      if (this.#held && !this.isOwner) this.#end('lost');
      return;
    }
    const isWhole = granted.length === new Set(lanes).size;
    const isHeld = isWhole && this.#held !== undefined && granted.every(({ lane, token }) => this.#held?.get(lane)?.token === token);
    if (isHeld) this.#validUntil = asked + ttlMs;
    // After the leases: from then on no other node that works these lanes changes settings.
    const active = await journal.settings().then(
      (revision) => revision?.revision ?? 0,
      () => undefined,
    );
    const isOld = active !== undefined && active > this.#options.revision;
    // All or nothing; and nothing with settings that are not known to be the active ones.
    if (!isWhole || (!this.#held && (isOld || active === undefined))) await this.#release(granted);
    if (isOld) this.#end('settings');
    else if (this.#held && !isHeld) this.#end('lost');
    else if (isWhole && !isHeld && active !== undefined) {
      this.#validUntil = asked + ttlMs;
      this.#held = new Map(granted.map((lease) => [lease.lane, { ...lease, isValid: () => this.isOwner }]));
      this.#taking = this.#options.taken(this.#held);
    }
  }

  /** From now on nothing is sent, and nothing asked for. */
  #end(why: 'lost' | 'settings'): void {
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#held = undefined;
    this.#options.ended(why);
  }

  async #release(leases: readonly LaneLease[]): Promise<void> {
    if (leases.length > 0) await this.#options.journal.release(leases).catch(() => undefined); // they end by themselves
  }
}
