/**
 * Which node works a journal that several nodes have open (decision 0016): the one that holds the leases of all its lanes. The others accept
 * and store, and take over when the leases are over. A node knows by its own clock when its leases end: from then on it sends nothing.
 */
import type { JournalStore } from '../contract/index.ts';
import type { OwnedLease } from '../lanes/index.ts';

export interface OwnershipOptions {
  readonly journal: Pick<JournalStore, 'lease' | 'release'>;
  readonly node: string;
  readonly lanes: readonly string[];
  readonly ttlMs: number;
  /** Longest time that a send of the owner before us can still be on the wire. */
  readonly graceMs: number;
  /** Called when the leases are ours, and when they no longer are; one after the other. Must not reject. */
  readonly taken: (leases: ReadonlyMap<string, OwnedLease>) => Promise<void>;
  readonly lost: () => Promise<void>;
}

/** Renewals in one lease: two may fail. */
const RENEWALS = 3;

export class Ownership {
  readonly #options: OwnershipOptions;
  #held: ReadonlyMap<string, OwnedLease> | undefined;
  /** By `performance.now()`, which goes on while the process is frozen. */
  #validUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  get isOwner(): boolean {
    return this.#held !== undefined && performance.now() < this.#validUntil;
  }

  /** Asks once, then again and again. Resolves after the first answer. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => (this.#turn = this.#turn.then(() => this.#renew())), this.#options.ttlMs / RENEWALS);
    this.#turn = this.#renew();
    await this.#turn;
  }

  /** Gives the lanes back, once nothing works on them any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#turn;
    const held = this.#held;
    this.#held = undefined;
    if (held) await this.#options.journal.release([...held.values()]).catch(() => undefined); // they end by themselves
  }

  async #renew(): Promise<void> {
    if (this.#stopped) return;
    const { journal, node, lanes, ttlMs, graceMs } = this.#options;
    const asked = performance.now();
    const granted = await journal.lease({ node, lanes, ttlMs, graceMs }).catch(() => undefined);
    if (!granted) {
      if (this.#held && !this.isOwner) await this.#lose();
      return;
    }
    if (granted.length < new Set(lanes).size) {
      // Another node works the rest: all or nothing.
      await journal.release(granted).catch(() => undefined);
      if (this.#held) await this.#lose();
      return;
    }
    const isSame = this.#held && granted.every(({ lane, token }) => this.#held?.get(lane)?.token === token);
    if (this.#held && !isSame) await this.#lose();
    this.#validUntil = asked + ttlMs;
    if (isSame) return;
    this.#held = new Map(granted.map((lease) => [lease.lane, { ...lease, isValid: () => this.isOwner }]));
    await this.#options.taken(this.#held);
  }

  async #lose(): Promise<void> {
    this.#held = undefined;
    await this.#options.lost();
  }
}
