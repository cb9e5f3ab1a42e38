/**
 * Order inside a delivery lane (ARCHITECTURE section 4): a delivery may leave when it is first in the queue of *every* key it
 * names. A merge names two patients, so it waits for both and holds both: the barrier needs no code of its own. A document also queues
 * behind the versions of its own series; what waits there for a person holds back nothing else. Pure data structure: no clock, no I/O.
 */
import type { QueuedDelivery } from '../contract/index.ts';

export interface Entry {
  readonly delivery: number;
  readonly item: QueuedDelivery;
  /** Queue names it stands in; fewer while it only blocks its series. */
  queues: readonly string[];
  /** It blocks only its series, until a person ends it. */
  readonly onlySeries: boolean;
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

  /** Adds a delivery at its place. One that is known already is left as it is. With `onlySeries` it blocks nothing but later versions of its document. */
  add(item: QueuedDelivery, status: Entry['status'] = 'open', onlySeries = false): void {
    if (this.#entries.has(item.delivery)) return;
    const entry: Entry = { delivery: item.delivery, item, queues: [], onlySeries, behind: 0, status, ready: false };
    this.#entries.set(item.delivery, entry);
    this.#stand(entry, this.#queueNames(item, onlySeries));
    this.#consider(entry);
    this.#line(item);
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
    this.#stand(entry, []);
    this.#line(entry.item);
  }

  /** A parked or busy delivery may leave again, at its old place. */
  reopen(delivery: number): void {
    const entry = this.#entries.get(delivery);
    if (!entry || entry.status === 'open') return;
    entry.status = 'open';
    this.#consider(entry);
    this.#line(entry.item);
  }

  /** What waits for the same as this one: it, and all of its series. */
  lineOf(item: QueuedDelivery): readonly QueuedDelivery[] {
    return [item, ...(item.series === undefined ? [] : this.queue(seriesName(item.series)).map((entry) => entry.item))];
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
    const series = item.series ? [seriesName(item.series)] : [];
    if (onlySeries) return series;
    return this.#rule === 'lane' ? ['*', ...series] : [...new Set(item.keys), ...series];
  }

  /** What stands behind something of its series that a person has to end waits for that alone: it lets go of its patients until then, at the place that it has. */
  #line({ series }: QueuedDelivery): void {
    if (!series) return;
    let isStopped = false;
    for (const entry of this.queue(seriesName(series))) {
      if (entry.status === 'open' && !entry.onlySeries) this.#stand(entry, this.#queueNames(entry.item, isStopped));
      isStopped ||= entry.onlySeries;
    }
  }

  /** In these queues and no others. */
  #stand(entry: Entry, names: readonly string[]): void {
    const before = entry.queues;
    entry.queues = names;
    for (const name of before) if (!names.includes(name)) this.#dequeue(name, entry);
    for (const name of names) if (!before.includes(name)) this.#enqueue(name, entry);
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
    const later = at > 0 ? entry : queue[1];
    if (later) this.#pushBack(later);
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

const seriesName = (series: string): string => `s:${series}`;
