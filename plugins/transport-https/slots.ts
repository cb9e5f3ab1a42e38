/** How many requests of one endpoint are in work; the rest waits unread, in order, which is back-pressure on their senders. */
import { once, type EventEmitter } from 'node:events';

export class Slots {
  readonly #limit: number;
  readonly #maxWaiting: number;
  readonly #waiting: ((answer: 'granted' | 'full') => void)[] = [];
  #used = 0;
  #closed = false;
  #drained: (() => void) | undefined;

  constructor(limit: number, maxWaiting: number) {
    this.#limit = limit;
    this.#maxWaiting = maxWaiting;
  }

  /** `gone` when the client left before its turn. */
  async enter(client: EventEmitter): Promise<'granted' | 'full' | 'gone'> {
    if (this.#closed) return 'full';
    if (this.#used < this.#limit) {
      this.#used += 1;
      return 'granted';
    }
    if (this.#waiting.length >= this.#maxWaiting) return 'full';
    const { promise, resolve } = Promise.withResolvers<'granted' | 'full'>();
    this.#waiting.push(resolve);
    const listening = new AbortController();
    const left = once(client, 'close', { signal: listening.signal }).then(
      () => 'gone' as const,
      () => promise,
    );
    const answer = await Promise.race([promise, left]);
    listening.abort();
    const place = this.#waiting.indexOf(resolve);
    if (answer === 'gone') {
      if (place >= 0) this.#waiting.splice(place, 1);
      else if ((await promise) === 'granted') this.leave();
    }
    return answer;
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) return next('granted');
    this.#used -= 1;
    if (this.#used === 0) this.#drained?.();
  }

  /** Lets nobody in any more; resolves when the last one has left. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const refuse of this.#waiting.splice(0)) refuse('full');
    if (this.#used > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
  }
}
