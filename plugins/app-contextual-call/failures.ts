/** Who tries links that nobody gave (SAFETY C3): past a few wrong ones an address waits, whatever it brings. Behind one address may be a whole hospital. */

const WINDOW_MS = 60_000;
const MOST = 300;
/** Addresses remembered; protects memory. The oldest are forgotten. */
const ADDRESSES = 10_000;

export class Failures {
  readonly #now: () => number;
  readonly #of = new Map<string, { since: number; count: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Seconds to wait; undefined = go on. */
  waits(address: string): number | undefined {
    const found = this.#of.get(address);
    if (!found || found.count < MOST) return undefined;
    const left = found.since + WINDOW_MS - this.#now();
    return left > 0 ? Math.ceil(left / 1000) : undefined;
  }

  add(address: string): void {
    const found = this.#of.get(address);
    const isOld = !found || this.#now() - found.since >= WINDOW_MS;
    this.#of.delete(address);
    this.#of.set(address, isOld ? { since: this.#now(), count: 1 } : { since: found.since, count: found.count + 1 });
    for (const oldest of this.#of.keys()) {
      if (this.#of.size <= ADDRESSES) return;
      this.#of.delete(oldest);
    }
  }
}
