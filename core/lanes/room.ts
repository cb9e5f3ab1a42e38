/**
 * How many bytes of documents a lane may have on their way out at once: without it, its connections times the largest document. What does not fit waits
 * for those before it, in order, and keeps its connection meanwhile; one alone leaves whatever its size. Each lane has its own: a receiver that takes minutes
 * over a scan keeps no other waiting.
 */
import type { PartRef } from '../contract/index.ts';

/** Measured: sixteen documents of 50 MB at once were 750 MB of memory. */
const MOST_BYTES = 64 * 1024 * 1024;

export class Room {
  readonly #most: number;
  #taken = 0;
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];

  constructor(most = MOST_BYTES) {
    this.#most = most;
  }

  async within<T>(parts: readonly PartRef[], work: () => Promise<T>): Promise<T> {
    const bytes = parts.reduce((sum, { from, to }) => sum + to - from, 0);
    // What carries no document waits for nobody.
    if (bytes > 0 && (this.#waiting.length > 0 || !this.#fits(bytes))) await new Promise<void>((enter) => this.#waiting.push({ bytes, enter }));
    else this.#taken += bytes;
    try {
      return await work();
    } finally {
      this.#taken -= bytes;
      this.#admit();
    }
  }

  #fits(bytes: number): boolean {
    return this.#taken === 0 || this.#taken + bytes <= this.#most;
  }

  #admit(): void {
    for (let [next] = this.#waiting; next && this.#fits(next.bytes); [next] = this.#waiting) {
      this.#waiting.shift();
      this.#taken += next.bytes;
      next.enter();
    }
  }
}
