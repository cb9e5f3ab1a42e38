/**
 * Order inside a delivery lane (ARCHITECTURE section 4): a delivery may leave when it is first in the queue of *every* key it
 * names. A merge names two patients, so it waits for both and holds both: the barrier needs no code of its own. A document also queues
 * behind the versions of its own series. Pure data structure: no clock, no I/O.
 */
import type { QueuedDelivery } from '../contract/index.ts';

export interface Entry {
  readonly delivery: number;
  readonly item: QueuedDelivery;
  /** Queue names it stands in; fewer once it only blocks its series. */
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

  constructor(rule: OrderRule) {
    this.#rule = rule;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(delivery: number): Entry | undefined {
    return this.#entries.get(delivery);
  }

  /** Adds a delivery at its place. One that is known already is left as it is. */
  add(item: QueuedDelivery, status: Entry['status'] = 'open', onlySeries = false): void {
    if (this.#entries.has(item.delivery)) return;
    const entry: Entry = { delivery: item.delivery, item, queues: this.#queueNames(item, onlySeries), behind: 0, status, ready: false };
    this.#entries.set(item.delivery, entry);
    for (const name of entry.queues) this.#enqueue(name, entry);
    this.#consider(entry);
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
  }

  /** It stays, and does not leave by itself. With `series`, it lets go of its patients and blocks only later versions of its document. */
  park(delivery: number, blocks: 'keys' | 'series' = 'keys'): void {
    const entry = this.#entries.get(delivery);
    if (!entry) return;
    entry.status = 'parked';
    this.#unready(entry);
    if (blocks === 'keys') return;
    const kept = this.#queueNames(entry.item, true);
    for (const name of entry.queues) if (!kept.includes(name)) this.#dequeue(name, entry);
    entry.queues = kept;
  }

  /** A parked or busy delivery may leave again, at its old place. */
  reopen(delivery: number): void {
    const entry = this.#entries.get(delivery);
    if (!entry || entry.status === 'open') return;
    entry.status = 'open';
    this.#consider(entry);
  }

  /** Names of the queues that a delivery stands in. */
  namesOf(item: QueuedDelivery): readonly string[] {
    return this.#queueNames(item, false);
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
    // Each is older than the one before.
    while (head && head.behind > 0) head = this.#firstBefore(head);
    return head === entry ? undefined : head?.item;
  }

  #firstBefore(entry: Entry): Entry | undefined {
    return entry.queues.map((name) => this.queue(name)[0]).find((first) => first !== undefined && first !== entry);
  }

  *[Symbol.iterator](): IterableIterator<Entry> {
    yield* this.#entries.values();
  }

  #queueNames(item: QueuedDelivery, onlySeries: boolean): readonly string[] {
    const series = item.series ? [`s:${item.series}`] : [];
    if (onlySeries) return series;
    return this.#rule === 'lane' ? ['*', ...series] : [...new Set(item.keys), ...series];
  }

  #enqueue(name: string, entry: Entry): void {
    const queue = this.#queues.get(name);
    if (!queue) {
      this.#queues.set(name, [entry]);
      return;
    }
    let at = queue.length;
    while (at > 0 && (queue[at - 1]?.delivery ?? 0) > entry.delivery) at -= 1;
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
