/** The rounds by which one node forgets what no later message needs; kinds that nobody names here are kept for good. */
import { PasserelleError, type JournalStore } from '../contract/index.ts';
import { forgetSlowly } from './forget.ts';

const ROUND_MS = 60_000;
/** `more` reads all of its kind: the first round, then one an hour. */
const ROUNDS = 60;

export interface RetentionPorts {
  readonly journal: Pick<JournalStore, 'forget'>;
  /** How long (ms) notes of these kinds are kept after their last change; undefined while another node does this, or nothing runs. */
  readonly kept: () => Readonly<Record<string, number>> | undefined;
  /** A kind of which some go by more than their age; answers how many. */
  readonly more: { readonly kind: string; readonly forget: (signal: AbortSignal) => Promise<number> };
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly count: (kind: string, forgotten: number) => void;
  readonly log: (what: string, fields: Readonly<Record<string, string>>) => void;
}

export class Retention {
  readonly #ports: RetentionPorts;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #rounds = 0;

  constructor(ports: RetentionPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.round(), ROUND_MS).unref();
  }

  /** Never rejects. One at a time: a round that lasts is the next one too. */
  round(): Promise<void> {
    this.#running ??= this.#forgetAll()
      .catch((thrown: unknown) => this.#ports.log('old notes are forgotten later', { code: PasserelleError.from(thrown).code }))
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Legal twice. What is left goes after the next start. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#running;
  }

  async #forgetAll(): Promise<void> {
    const { journal, kept, more, now, count } = this.#ports;
    const { signal } = this.#stopping;
    const ages = kept();
    if (!ages) return;
    for (const [kind, ms] of Object.entries(ages)) {
      const forgotten = await forgetSlowly(journal, kind, new Date(now() - ms).toISOString(), signal);
      if (forgotten > 0) count(kind, forgotten);
    }
    if (this.#rounds++ % ROUNDS > 0) return;
    const forgotten = await more.forget(signal);
    if (forgotten > 0) count(more.kind, forgotten);
  }
}
