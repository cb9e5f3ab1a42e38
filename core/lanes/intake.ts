/**
 * What all senders together may have in work, from receipt to answer: past it, or when the heap is nearly full, a new message is not taken (its
 * sender keeps it and sends again). A sender has one message in work per connection, since its connection is not read meanwhile.
 */
import { getHeapStatistics } from 'node:v8';

export interface IntakeLimits {
  readonly messages: number;
  readonly bytes: number;
  /** Part of the heap in use, from 0 to 1, past which nothing is taken. */
  readonly heap: number;
}

const LIMITS: IntakeLimits = { messages: 5000, bytes: 160 * 1024 * 1024, heap: 0.9 };
/** Looking at the heap costs more than a small message. */
const LOOK_MS = 1000;

export class Intake {
  readonly #limits: IntakeLimits;
  readonly #heapInUse: () => number;
  #messages = 0;
  #bytes = 0;
  #isShort = false;
  #lookedAt = -Infinity;

  constructor(limits: IntakeLimits = LIMITS, heapInUse: () => number = ownHeap) {
    this.#limits = limits;
    this.#heapInUse = heapInUse;
  }

  /** Does the work, or answers undefined when there is no room for it. A message alone is taken whatever its size. */
  async within<T>(bytes: number, work: () => Promise<T>): Promise<T | undefined> {
    const { messages, bytes: most } = this.#limits;
    if (this.#messages > 0 && (this.#messages >= messages || this.#bytes + bytes > most || this.#heapIsShort())) return undefined;
    this.#messages += 1;
    this.#bytes += bytes;
    try {
      return await work();
    } finally {
      this.#messages -= 1;
      this.#bytes -= bytes;
    }
  }

  #heapIsShort(): boolean {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_MS) return this.#isShort;
    this.#lookedAt = now;
    this.#isShort = this.#heapInUse() > this.#limits.heap;
    return this.#isShort;
  }
}

function ownHeap(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used / limit;
}
