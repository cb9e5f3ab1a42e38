/**
 * What an inbound lane has decided and not stored yet. Commits follow one another; what is decided during one is stored by the next, all of it. And on a slow
 * disk a commit waits for company: senders whom the last two commits answered are about to send again, and two small commits that take turns keep each
 * of them waiting for both (eight senders, 3 ms a sync: 16 ms a message with three commits that take turns, 11 with two, 9 with one).
 */
interface Weight {
  readonly messages: number;
  readonly bytes: number;
}

interface Parts<T> {
  /** Stores them in one commit. Never rejects. */
  readonly commit: (items: readonly T[]) => Promise<void>;
  readonly weigh: (item: T) => Weight;
  /** Milliseconds of a clock that never goes back. */
  readonly clock?: () => number;
}

/** Past this a commit of its own costs little more, and what waits is in memory. */
const MOST: Weight = { messages: 64, bytes: 1024 * 1024 };
/** Part of the last commit's time that one waits for company; below the resolution of a timer it waits for nobody. */
const PART = 0.5;
const LEAST_MS = 1;
const MOST_MS = 10;

export class SharedCommits<T> {
  readonly #parts: Required<Parts<T>>;
  #waiting: T[] = [];
  #begun: PromiseWithResolvers<void> = Promise.withResolvers();
  #ended: Promise<void> = Promise.resolve();
  /** Messages of the last two commits, and how long the last one took. */
  #counts: readonly [number, number] = [0, 0];
  #lastMs = 0;
  #isCommitting = false;
  #look: (() => void) | undefined;

  constructor(parts: Parts<T>) {
    this.#parts = { clock: () => performance.now(), ...parts };
  }

  /** Those whose commit has not begun. */
  get waiting(): readonly T[] {
    return this.#waiting;
  }

  /** Nothing waits, and nothing is being committed. */
  get isIdle(): boolean {
    return this.#waiting.length === 0 && !this.#isCommitting;
  }

  /** When everything pushed so far is stored, or refused. Never rejects. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Resolves when more may be decided: at once, or when the commit of what waits begins. */
  async push(item: T): Promise<void> {
    this.#waiting.push(item);
    if (this.#waiting.length === 1) {
      this.#begun = Promise.withResolvers();
      this.#ended = this.#ended.then(() => this.#commit());
    }
    this.#look?.();
    if (this.#isFull) await this.#begun.promise;
  }

  get #messages(): number {
    return this.#waiting.reduce((sum, item) => sum + this.#parts.weigh(item).messages, 0);
  }

  get #isFull(): boolean {
    return this.#messages >= MOST.messages || this.#waiting.reduce((sum, item) => sum + this.#parts.weigh(item).bytes, 0) >= MOST.bytes;
  }

  async #commit(): Promise<void> {
    await this.#gather();
    this.#counts = [this.#counts[1], this.#messages];
    const begun = this.#parts.clock();
    this.#begun.resolve();
    this.#isCommitting = true;
    await this.#parts.commit(this.#waiting.splice(0)).finally(() => (this.#isCommitting = false));
    this.#lastMs = this.#parts.clock() - begun;
  }

  async #gather(): Promise<void> {
    const patience = Math.min(this.#lastMs * PART, MOST_MS);
    const [before, last] = this.#counts;
    const isEnough = (): boolean => this.#messages * 2 >= before + last || this.#isFull;
    if (patience < LEAST_MS || isEnough()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patience);
    this.#look = () => isEnough() && resolve();
    await promise;
    clearTimeout(timer);
    this.#look = undefined;
  }
}
