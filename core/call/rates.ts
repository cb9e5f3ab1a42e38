/** How often an address, and a site, may call: in memory, a burst of a tenth of a minute's worth at least. */
import { TokenBucket } from '../lanes/index.ts';

/** Protects memory from as many addresses as a network has; the oldest are forgotten. */
const MAX_BUCKETS = 20_000;
const LEAST_BURST = 10;

export class Rates {
  readonly #buckets = new Map<string, TokenBucket>();

  /** 0 = go on; else ms until the next one may come. */
  take(name: string, perMinute: number, now: number): number {
    let bucket = this.#buckets.get(name);
    if (bucket?.perMinute !== perMinute) {
      bucket = new TokenBucket(perMinute, Math.max(LEAST_BURST, perMinute / 10), now - 60_000);
      this.#buckets.delete(name);
      if (this.#buckets.size >= MAX_BUCKETS) this.#buckets.delete(this.#buckets.keys().next().value!);
      this.#buckets.set(name, bucket);
    }
    return bucket.take(now);
  }
}
