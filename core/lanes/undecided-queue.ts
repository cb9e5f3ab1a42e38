/**
 * What an inbound lane has still to decide, first in first out. Messages that the journal holds come first; of these a window is in memory and the
 * rest is read again when its turn comes (bounded whatever the backlog). Arrivals not stored yet come after: they are as many as there are senders waiting.
 */
import type { Prepared } from './assess.ts';
import type { DecidedMessage, OpenedIncoming, StoredMessage } from './decide.ts';

/** A message whose sender waits, until it is decided. */
export interface Arrival {
  readonly incoming: OpenedIncoming;
  /** Reserved as it came, so that ids are the order of arrival however it is stored; absent where each is stored as it comes. */
  readonly id?: Promise<number>;
  readonly outcome: PromiseWithResolvers<DecidedMessage>;
  /** Once the journal has it without a decision. */
  stored?: StoredMessage;
  /** Its decision is made and being committed with it: it is no longer stored by itself. */
  isAdmitting?: boolean;
  /** It is being stored by itself: it is no longer admitted. */
  isStoring?: boolean;
  /** Its sender is answered as soon as it is stored. */
  isLate?: boolean;
}

/** One that is not stored: it is decoded from its arrival on, and only judged when its turn comes. */
export interface DecodingArrival extends Arrival {
  readonly decoding: Promise<Prepared>;
}

export type Batch = { readonly stored: readonly StoredMessage[] } | { readonly arrivals: readonly DecodingArrival[] };

/** Messages decoded together, and their bytes, which are all in memory then; a batch is one call to the connector and one commit. */
const BATCH_COUNT = 64;
const BATCH_BYTES = 8 * 1024 * 1024;
/** Of those that are stored, which wait for nobody: what is made of a batch lives until its commit, and more of it outlives the heap of short-lived objects (64: a seventh more time for documents of 20 KB). */
const STORED_COUNT = 16;
/** Stored messages kept in memory, and their bytes; past them bytes are read again, past the window everything is. */
const WINDOW = 1000;
const WINDOW_BYTES = 64 * 1024 * 1024;
const PAGE = 200;

export class UndecidedQueue {
  readonly #read: (after: number, limit: number) => Promise<readonly StoredMessage[]>;
  readonly #isShared: boolean;
  /** In the order of the journal. */
  #stored: StoredMessage[] = [];
  #storedBytes = 0;
  /** Messages in memory, waiting or being decided, with their run: a page may show them again. */
  readonly #known = new Map<number, number>();
  #arrivals: DecodingArrival[] = [];
  /** The journal may hold messages above `#after` that are not in memory. */
  #overflowed = true;
  #after = 0;
  /** Lowest message that was left to the journal since the last page was asked for: the page may be older than it. */
  #leftFrom = Infinity;

  /** @param isShared other nodes store messages of this lane too. */
  constructor(read: (after: number, limit: number) => Promise<readonly StoredMessage[]>, isShared = false) {
    this.#read = read;
    this.#isShared = isShared;
  }

  /** More is stored than one batch takes: what arrives now would wait long, and is stored behind it. */
  get isLong(): boolean {
    return this.#known.size > BATCH_COUNT || this.#overflowed;
  }

  get isEmpty(): boolean {
    return this.#stored.length === 0 && this.#arrivals.length === 0 && !this.#overflowed;
  }

  push(arrival: DecodingArrival): void {
    this.#arrivals.push(arrival);
  }

  /** Those are next: what stood before them in their batch has to be stored before they are judged. */
  unshift(arrivals: readonly DecodingArrival[]): void {
    this.#arrivals.unshift(...arrivals);
  }

  /** A message with a newer run takes the place of an older one. */
  pushStored(item: StoredMessage): void {
    if (!this.#isNews(item)) return;
    const at = this.#known.has(item.message) ? this.#stored.findIndex(({ message }) => message === item.message) : -1;
    if (at >= 0) {
      this.#storedBytes -= bytesOf(this.#stored.splice(at, 1, item)) - bytesOf([item]);
      this.#known.set(item.message, item.run);
    } else if (this.#stored.length >= WINDOW || (this.#overflowed && item.message > Math.min(this.#after, this.#leftFrom - 1))) {
      this.#leftFrom = Math.min(this.#leftFrom, item.message);
      this.#overflowed = true;
    } else this.#keep(item);
  }

  /** Everything in the journal is read again: this node has just become the owner, or another node stored something. */
  reread(): void {
    this.#leftFrom = 0;
    this.#overflowed = true;
  }

  /** They are stored by themselves, or never. */
  forgetArrivals(): void {
    this.#arrivals = [];
  }

  /** The next batch; undefined when nothing waits. Rejects when the journal cannot be read. */
  async next(): Promise<Batch | undefined> {
    // Until the journal has no more, while its senders wait: with one page a batch, steady traffic would never be found to be all there is.
    while (this.#stored.length < PAGE && this.#overflowed) {
      this.#after = Math.min(this.#after, this.#leftFrom - 1);
      this.#leftFrom = Infinity;
      const page = await this.#read(this.#after, PAGE);
      for (const item of page) {
        this.#after = Math.max(this.#after, item.message);
        if (this.#isNews(item)) this.#keep(item);
      }
      // A short page says nothing: a store may give less than it was asked for. Nor does one that was asked for before something was left to it.
      if (page.length === 0 && this.#leftFrom === Infinity) this.#overflowed = false;
    }
    if (this.#stored.length > 0) return { stored: this.#cut(this.#isShared ? await this.#hear() : Infinity) };
    return this.#arrivals.length > 0 ? { arrivals: cutOff(this.#arrivals, ({ incoming }) => incoming.raw.length, BATCH_COUNT) } : undefined;
  }

  /** These were decided. */
  done(batch: readonly StoredMessage[]): void {
    for (const { message, run } of batch) if (this.#known.get(message) === run) this.#known.delete(message);
  }

  /** These could not be decided: they keep their place. */
  putBack(batch: readonly StoredMessage[]): void {
    this.#stored = [...batch, ...this.#stored].sort((a, b) => a.message - b.message);
    this.#storedBytes += bytesOf(batch);
  }

  /**
   * What another node stored before the next batch and nobody has told of yet: its notice is late, or was lost with a connection. Its sender may have come
   * to this node with the next message of the same patient. From the oldest on: a node that was frozen stores under an id that it reserved long before. Up
   * to the message that it answers nothing is missing.
   */
  async #hear(): Promise<number> {
    const page = await this.#read(0, BATCH_COUNT);
    for (const item of page) if (!this.#known.has(item.message)) this.#keep(item);
    return page.at(-1)?.message ?? Infinity;
  }

  #isNews({ message, run }: StoredMessage): boolean {
    return (this.#known.get(message) ?? 0) < run;
  }

  #keep(item: StoredMessage): void {
    const size = item.bytes?.length ?? 0;
    if (this.#storedBytes + size > WINDOW_BYTES) delete item.bytes;
    else this.#storedBytes += size;
    this.#known.set(item.message, item.run);
    this.#stored.splice(this.#stored.findLastIndex(({ message }) => message < item.message) + 1, 0, item);
  }

  /** Of the messages up to this one; the first one whatever it is. */
  #cut(last: number): StoredMessage[] {
    const end = this.#stored.findIndex(({ message }, index) => message > last && index > 0);
    const batch = cutOff(this.#stored, ({ size }) => size, end < 0 ? STORED_COUNT : Math.min(end, STORED_COUNT));
    this.#storedBytes -= bytesOf(batch);
    return batch;
  }
}

/** Takes a batch off the front: one item at least. */
function cutOff<T>(items: T[], weight: (item: T) => number, most: number): T[] {
  let bytes = 0;
  let count = 0;
  while (count < Math.min(most, items.length) && (count === 0 || bytes < BATCH_BYTES)) bytes += weight(items[count++] as T);
  return items.splice(0, count);
}

const bytesOf = (batch: readonly StoredMessage[]): number => batch.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
