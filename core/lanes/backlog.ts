/**
 * What of a lane's backlog is in memory (ARCHITECTURE section 4: bounded whatever the backlog). The journal is read in order, a window at a
 * time. When the window is full of deliveries that cannot leave, reading goes on past it and keeps only what stands behind nothing, or holds no
 * patient: the rest is *deferred*, by the names of its queues, and read again once a queue that it waits for is empty. Nothing is skipped and
 * nothing overtakes.
 */
import type { QueuedDelivery } from '../contract/index.ts';
import { seriesOf, type Schedule } from './schedule.ts';

const PAGE = 1000;

export interface BacklogPorts {
  /** Deliveries of the lane that still matter, above an id, in order. */
  readonly read: (after: number, limit: number) => Promise<readonly QueuedDelivery[]>;
  /** Takes a delivery into the schedule. */
  readonly admit: (item: QueuedDelivery) => void | Promise<void>;
  /** Enough in memory becomes ready by itself: nothing more is read for want of something ready. */
  readonly isFull?: () => boolean;
}

export class Backlog {
  readonly #schedule: Schedule;
  readonly #ports: BacklogPorts;
  readonly #window: number;
  /** Highest delivery id taken from the journal or from an offer. */
  #seen = 0;
  /** Highest that a page showed: the journal gives ids in the order of its commits, so all up to it were read. */
  #read = 0;
  /** Highest delivery id offered so far. */
  #offered = 0;
  /** The window was full, or nothing was read yet: offers are not taken, the journal is read instead. */
  #overflowed = true;
  readonly #deferred = new Set<string>();
  #firstDeferred = Infinity;
  /** Set when what was deferred has to be read again, from above this id. */
  #rewind: number | undefined;
  /** A second reading goes at least to where the first one was. */
  #rereadTo = 0;
  #loading: Promise<void> | undefined;
  #taking: Promise<void> | undefined;
  #isStopped = false;
  /** What became of deliveries while a page was on its way: the page may be older. */
  readonly #changed = new Map<number, QueuedDelivery | 'gone'>();

  constructor(schedule: Schedule, window: number, ports: BacklogPorts) {
    this.#schedule = schedule;
    this.#window = window;
    this.#ports = ports;
  }

  /** Something waits in the journal, and there is room for it or nothing else to do. */
  get isWanted(): boolean {
    if (this.#rewind !== undefined) return true;
    if (!this.#overflowed) return false;
    const isIdle = this.#schedule.readyCount === 0 && !this.#ports.isFull?.();
    return this.#schedule.size < this.#window / 2 || isIdle || this.#seen < this.#rereadTo;
  }

  /** Some deliveries of the lane are in the journal only. */
  get isPartial(): boolean {
    return this.#overflowed || this.#deferred.size > 0;
  }

  /** It was read before its offer came, and may be over by now. */
  isRead({ delivery }: QueuedDelivery): boolean {
    return delivery <= this.#read;
  }

  /** Deliveries just committed, those of one commit in order. */
  offer(items: readonly QueuedDelivery[]): void {
    for (const item of items) {
      if (this.isRead(item)) continue;
      this.#offered = Math.max(this.#offered, item.delivery);
      if (!this.#overflowed && this.#schedule.size >= this.#window) {
        this.#overflowed = true;
        // Offers may have passed over what comes to be offered later: pages go on where pages ended.
        this.#rewindTo(this.#read);
      }
      if (this.#overflowed) {
        if (item.delivery <= this.#seen) this.#rewindTo(item.delivery - 1);
        continue;
      }
      this.#seen = Math.max(this.#seen, item.delivery);
      if (this.#isDeferred(item)) this.#defer(item);
      else void this.#ports.admit(item);
    }
  }

  /** The journal says this of a delivery now. One that was not read yet is not taken before its turn. */
  update(item: QueuedDelivery): void {
    const known = this.#schedule.get(item.delivery) !== undefined;
    if (this.#loading) this.#changed.set(item.delivery, item);
    this.#schedule.remove(item.delivery);
    if (known || !((this.#overflowed && item.delivery > this.#seen) || this.#isDeferred(item))) void this.#ports.admit(item);
    else if (item.delivery <= this.#seen) this.#defer(item);
    this.#look(item);
  }

  forget(delivery: number): void {
    const entry = this.#schedule.get(delivery);
    if (this.#loading) this.#changed.set(delivery, 'gone');
    this.#schedule.remove(delivery);
    if (entry) this.#look(entry.item);
  }

  /** Reads what `isWanted`. Rejects when the journal cannot be read: what was taken until then is taken. */
  load(): Promise<void> {
    this.#loading ??= this.#loadPages().finally(() => {
      this.#loading = undefined;
      this.#changed.clear();
    });
    return this.#loading;
  }

  /** Nothing more is taken; what is being taken is. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#taking?.catch(() => undefined);
  }

  async #loadPages(): Promise<void> {
    for (;;) {
      this.#goBack();
      if (this.#isStopped || !this.#overflowed || !(this.#schedule.size < this.#window || this.isWanted)) return;
      const offered = this.#offered;
      const page = await this.#ports.read(this.#seen, PAGE);
      for (const row of page) {
        if (this.#isStopped) return;
        this.#seen = Math.max(this.#seen, row.delivery);
        try {
          await (this.#taking = this.#take(row));
          this.#read = Math.max(this.#read, row.delivery);
        } catch (thrown) {
          // It was not taken: it is read again, before everything behind it.
          this.#seen = row.delivery - 1;
          throw thrown;
        }
      }
      // An offer follows its commit, so an empty page shows every delivery offered before it was asked for. A short one says nothing: a
      // store may give less than it was asked for.
      if (page.length === 0 && offered === this.#offered) this.#overflowed = false;
    }
  }

  #rewindTo(delivery: number): void {
    this.#rewind = Math.min(this.#rewind ?? Infinity, delivery);
  }

  #goBack(): void {
    if (this.#rewind === undefined) return;
    this.#rereadTo = Math.max(this.#rereadTo, this.#seen);
    // What is deferred is read again too: nobody knows of it any more.
    this.#seen = Math.min(this.#rewind, this.#firstDeferred - 1);
    this.#rewind = undefined;
    this.#deferred.clear();
    this.#firstDeferred = Infinity;
    this.#overflowed = true;
  }

  async #take(row: QueuedDelivery): Promise<void> {
    const item = this.#changed.get(row.delivery) ?? row;
    if (item === 'gone' || this.#schedule.get(row.delivery)) return;
    // What is set apart is taken: deferred, it would keep back its patients.
    const hasNoRoom = this.#schedule.size >= this.#window && !this.#schedule.isApart(item);
    if (this.#isDeferred(item) || (hasNoRoom && this.#schedule.namesOf(item).some((name) => this.#schedule.holds(name)))) this.#defer(item);
    else await this.#ports.admit(item);
  }

  #isDeferred(item: QueuedDelivery): boolean {
    return this.#deferred.size > 0 && this.#schedule.namesOf(item).some((name) => this.#deferred.has(name));
  }

  /** All its queues: what names any of them later must not overtake it. */
  #defer(item: QueuedDelivery): void {
    for (const name of this.#schedule.namesOf(item)) this.#deferred.add(name);
    this.#firstDeferred = Math.min(this.#firstDeferred, item.delivery);
  }

  /**
   * Something left its queues: when one of them is empty now, what was deferred for it may have its turn. What holds no patient took what waits
   * for it out of its queues too, and what was deferred behind it waits for no patient any more.
   */
  #look(item: QueuedDelivery): void {
    if (this.#deferred.size === 0) return;
    const apart = this.#schedule.isApart(item) ? seriesOf(item) : [];
    const left = [item, ...apart.flatMap((name) => this.#schedule.queue(name).map((entry) => entry.item))];
    const isEmpty = (name: string): boolean => this.#deferred.has(name) && !this.#schedule.holds(name);
    if (apart.some((name) => this.#deferred.has(name)) || left.some((one) => this.#schedule.namesOf(one).some(isEmpty)))
      this.#rewindTo(this.#firstDeferred - 1);
  }
}
