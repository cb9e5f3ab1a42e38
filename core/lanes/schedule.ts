/**
 * Order inside a delivery lane (ARCHITECTURE section 4): a delivery may leave when it is first in the queue of *every* key it
 * names. A merge names two patients, so it waits for both and holds both: the barrier needs no code of its own. A document also queues
 * behind the versions of its own series. One that holds no patient (dead, held) stands there alone, and so does what waits for it there: the
 * identity that it may itself wait for has to pass both. Where each stands follows from what is here now: a restart finds the same order.
 * Pure data structure: no clock, no I/O.
 */
import type { QueuedDelivery } from '../contract/index.ts';

export interface Entry {
  readonly delivery: number;
  readonly item: QueuedDelivery;
  /** Queue names it stands in; without those of its patients when it is set apart. */
  queues: readonly string[];
  /** In how many of them something stands before it. */
  behind: number;
  /** `open` waits or may leave; `busy` is being sent; `parked` stays in its queues and does not leave (review, dead, held, a retry's pause). */
  status: 'open' | 'busy' | 'parked';
  /** Stands in the list of those that may leave. */
  ready: boolean;
}

export type OrderRule = 'patient' | 'lane';

export class Schedule {
  readonly #entries = new Map<number, Entry>();
  readonly #queues = new Map<string, Entry[]>();
  /** Entries that may leave now, kept in order of delivery id. */
  readonly #ready: Entry[] = [];
  readonly #rule: OrderRule;
  readonly #holdsNoPatient: (item: QueuedDelivery) => boolean;

  constructor(rule: OrderRule, holdsNoPatient: (item: QueuedDelivery) => boolean = () => false) {
    this.#rule = rule;
    this.#holdsNoPatient = holdsNoPatient;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(delivery: number): Entry | undefined {
    return this.#entries.get(delivery);
  }

  /** Adds a delivery at its place. One that is known already is left as it is. */
  add(item: QueuedDelivery, status: Entry['status'] = 'open'): void {
    if (this.#entries.has(item.delivery)) return;
    const entry: Entry = { delivery: item.delivery, item, queues: [], behind: 0, status, ready: false };
    this.#entries.set(item.delivery, entry);
    this.#place(entry);
    this.#placeSeries(item);
  }

  /** Takes the first that may leave, and marks it busy. */
  take(): Entry | undefined {
    const entry = this.#ready.shift();
    if (!entry) return undefined;
    entry.status = 'busy';
    entry.ready = false;
    return entry;
  }

  get readyCount(): number {
    return this.#ready.length;
  }

  /** It is over (delivered, discarded): what stood behind it moves up. */
  remove(delivery: number): void {
    const entry = this.#entries.get(delivery);
    if (!entry) return;
    this.#entries.delete(delivery);
    this.#unready(entry);
    for (const name of entry.queues) this.#dequeue(name, entry);
    this.#placeSeries(entry.item);
  }

  /** A parked or busy delivery may leave again, at its old place. */
  reopen(delivery: number): void {
    const entry = this.#entries.get(delivery);
    if (!entry || entry.status === 'open') return;
    this.remove(delivery);
    this.add(entry.item);
  }

  /** Names of the queues that a delivery stands in when it is not set apart. */
  namesOf(item: QueuedDelivery): readonly string[] {
    return [...(this.#rule === 'lane' ? ['*'] : new Set(item.keys)), ...seriesOf(item)];
  }

  /** It holds no patient, or waits in its series for one that holds none. What was tried and is in doubt (review) holds its patients all the same. */
  isApart(item: QueuedDelivery): boolean {
    if (this.#holdsNoPatient(item)) return true;
    const isBefore = (one: Entry): boolean => one.delivery < item.delivery && this.#holdsNoPatient(one.item);
    return item.state === 'queued' && seriesOf(item).some((name) => this.queue(name).some(isBefore));
  }

  /** Something stands in this queue. */
  holds(name: string): boolean {
    return this.#queues.has(name);
  }

  /** What stands in this queue, in order. */
  queue(name: string): readonly Entry[] {
    return this.#queues.get(name) ?? [];
  }

  /** What this one waits for in the end, through any number of others: it stands behind nothing itself. */
  blocker(delivery: number): QueuedDelivery | undefined {
    const entry = this.#entries.get(delivery);
    let head = entry;
    // Each is older than the one before, or is being sent and waits for nothing.
    while (head && head.behind > 0) head = this.#firstBefore(head);
    return head === entry ? undefined : head?.item;
  }

  #firstBefore(entry: Entry): Entry | undefined {
    return entry.queues.map((name) => this.queue(name)[0]).find((first) => first !== undefined && first !== entry);
  }

  *[Symbol.iterator](): IterableIterator<Entry> {
    yield* this.#entries.values();
  }

  #place(entry: Entry, isApart = this.isApart(entry.item)): void {
    const { queues: before, item } = entry;
    entry.queues = isApart ? seriesOf(item) : this.namesOf(item);
    this.#unready(entry);
    for (const name of before) if (!entry.queues.includes(name)) this.#dequeue(name, entry);
    for (const name of entry.queues) if (!before.includes(name)) this.#enqueue(name, entry);
    this.#consider(entry);
  }

  /** One that holds no patient came or went: what waits for it lets go of its own ones too, or takes its place there again. */
  #placeSeries(item: QueuedDelivery): void {
    if (!this.#holdsNoPatient(item)) return;
    for (const name of seriesOf(item)) {
      const queue = this.queue(name);
      // The others wait for an older one all the same.
      if (queue.some((one) => one.delivery < item.delivery && this.#holdsNoPatient(one.item))) continue;
      let isBehind = false;
      for (const entry of queue) {
        const holdsNone = this.#holdsNoPatient(entry.item);
        if (entry.status !== 'busy') this.#place(entry, holdsNone || (isBehind && entry.item.state === 'queued'));
        isBehind ||= holdsNone;
      }
    }
  }

  #enqueue(name: string, entry: Entry): void {
    const queue = this.#queues.get(name);
    if (!queue) {
      this.#queues.set(name, [entry]);
      return;
    }
    let at = queue.length;
    // What is being sent has its turn.
    const isAfter = (one: Entry | undefined): boolean => one !== undefined && one.delivery > entry.delivery && one.status !== 'busy';
    while (isAfter(queue[at - 1])) at -= 1;
    queue.splice(at, 0, entry);
    if (at > 0) entry.behind += 1;
    else if (queue[1]) this.#pushBack(queue[1]);
  }

  #pushBack(entry: Entry): void {
    entry.behind += 1;
    this.#unready(entry);
  }

  #dequeue(name: string, entry: Entry): void {
    const queue = this.#queues.get(name);
    const at = queue?.indexOf(entry) ?? -1;
    if (!queue || at < 0) return;
    queue.splice(at, 1);
    if (queue.length === 0) this.#queues.delete(name);
    if (at > 0) entry.behind -= 1;
    else if (queue[0]) {
      queue[0].behind -= 1;
      this.#consider(queue[0]);
    }
  }

  #consider(entry: Entry): void {
    if (entry.status !== 'open' || entry.behind > 0 || entry.ready) return;
    entry.ready = true;
    let at = this.#ready.length;
    while (at > 0 && (this.#ready[at - 1]?.delivery ?? 0) > entry.delivery) at -= 1;
    this.#ready.splice(at, 0, entry);
  }

  #unready(entry: Entry): void {
    if (!entry.ready) return;
    entry.ready = false;
    this.#ready.splice(this.#ready.indexOf(entry), 1);
  }
}

/** Name of the queue of its series, when it is of one. */
export const seriesOf = ({ series }: QueuedDelivery): readonly string[] => (series ? [`s:${series}`] : []);
