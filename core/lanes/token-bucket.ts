/** A rate without bursts: leave to do one more thing is earned evenly over time, and at most `capacity` leaves are kept. */
export class TokenBucket {
  readonly perMinute: number;
  readonly #capacity: number;
  #tokens = 1;
  #filledAt: number;

  /** @param now milliseconds of one clock; when it goes back nothing is earned, and nothing lost. */
  constructor(perMinute: number, capacity: number, now: number) {
    this.perMinute = perMinute;
    this.#capacity = Math.max(1, capacity);
    this.#filledAt = now;
  }

  /** Takes one leave and answers 0, or answers after how many ms there will be one. */
  take(now: number): number {
    this.#tokens = Math.min(this.#capacity, this.#tokens + (Math.max(0, now - this.#filledAt) * this.perMinute) / 60_000);
    this.#filledAt = now;
    if (this.#tokens < 1) return Math.ceil(((1 - this.#tokens) * 60_000) / this.perMinute);
    this.#tokens -= 1;
    return 0;
  }
}
