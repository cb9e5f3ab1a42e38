/** When a lane may send, by what a person ordered: nothing in a planned downtime, nothing faster than a rate. It calls back when there is leave again. */
import type { LaneOrder } from '../contract/index.ts';
import { TokenBucket } from './token-bucket.ts';

/** A long wait is looked at again after this: the clock may have been set. */
const STEP_MS = 60_000;
/** Leaves that may be kept: what the rate gives in one second, and never more than the endpoint has connections. */
const BURST_PER_MINUTE = 60;

type Downtime = Extract<LaneOrder, { kind: 'downtime' }>;

export interface GateParts {
  readonly concurrency: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly wake: () => void;
  /** Milliseconds of a clock that never goes back. */
  readonly clock?: () => number;
}

export class Gate {
  readonly #parts: Required<GateParts>;
  #downtime: Downtime | undefined;
  #bucket: TokenBucket | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: GateParts) {
    this.#parts = { clock: () => performance.now(), ...parts };
  }

  /** All the orders of this lane: what is not among them is over. */
  obey(orders: readonly LaneOrder[]): void {
    const { concurrency, clock } = this.#parts;
    this.#downtime = orders.find((order) => order.kind === 'downtime');
    const rate = orders.find((order) => order.kind === 'rate');
    if (rate?.perMinute !== this.#bucket?.perMinute)
      this.#bucket = rate && new TokenBucket(rate.perMinute, Math.min(concurrency, rate.perMinute / BURST_PER_MINUTE), clock());
    this.stop();
  }

  /** The downtime that is now or to come. */
  get downtime(): Downtime | undefined {
    return this.#downtime && Date.parse(this.#downtime.until) > this.#parts.now() ? this.#downtime : undefined;
  }

  get isDown(): boolean {
    return this.downtime !== undefined && Date.parse(this.downtime.from) <= this.#parts.now();
  }

  get perMinute(): number | undefined {
    return this.#bucket?.perMinute;
  }

  /** Leave to send one delivery now. Without it, `wake` is called when it is time to ask again. */
  take(): boolean {
    const { downtime } = this;
    const wait = downtime && this.isDown ? Date.parse(downtime.until) - this.#parts.now() : (this.#bucket?.take(this.#parts.clock()) ?? 0);
    if (wait <= 0) return true;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#parts.wake();
      },
      Math.min(wait, STEP_MS),
    );
    return false;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
