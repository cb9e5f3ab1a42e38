/** The queue a product keeps towards the engine: one message at a time, the same bytes again until an answer to it came. */
import type { PeerDefinition, PeerMessage } from '../../core/contract/index.ts';
import type { Line } from './wire.ts';

/** A message of the outbox, as kept in the peer's file. */
export interface Waiting extends Omit<PeerMessage, 'bytes'> {
  readonly base64: string;
  attempts: number;
}

export interface Sent {
  readonly controlId: string;
  readonly type: string;
  readonly attempts: number;
  readonly verdict: 'taken' | 'refused' | 'waiting';
  /** `AA`, `AE 207/904`, `201`; absent while it waits. */
  readonly ack?: string;
}

export interface Pace {
  readonly ackTimeoutMs: number;
  readonly retryMs: number;
}

type Judge = PeerDefinition['judge'];
const LONGEST_PAUSE_MS = 4000;

export class Outbox {
  readonly #judge: Judge;
  readonly #line: Line;
  readonly #pace: Pace;
  readonly #queue: Waiting[];
  readonly #changed: () => void;
  readonly #listeners = new Map<string, (sent: Sent) => void>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(queue: Waiting[], line: Line, judge: Judge, pace: Pace, changed: () => void) {
    this.#queue = queue;
    this.#line = line;
    this.#judge = judge;
    this.#pace = pace;
    this.#changed = changed;
    this.#run();
  }

  /** Queues messages; resolves with what became of each, or `waiting` for those still unanswered after `waitMs`. */
  async send(messages: readonly PeerMessage[], waitMs: number): Promise<readonly Sent[]> {
    const answers = messages.map(({ bytes, ...message }) => {
      const { promise, resolve } = Promise.withResolvers<Sent>();
      const waiting: Waiting = { ...message, base64: Buffer.from(bytes).toString('base64'), attempts: 0 };
      this.#queue.push(waiting);
      this.#listeners.set(message.controlId, resolve);
      const timer = setTimeout(
        () => resolve({ controlId: message.controlId, type: message.type, attempts: waiting.attempts, verdict: 'waiting' }),
        waitMs,
      );
      return promise.finally(() => {
        clearTimeout(timer);
        this.#listeners.delete(message.controlId);
      });
    });
    this.#changed();
    this.#run();
    return Promise.all(answers);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#line.close();
    await this.#running;
  }

  #run(): void {
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined;
      if (this.#queue.length > 0 && !this.#stopping.signal.aborted) this.#run();
    });
  }

  async #drain(): Promise<void> {
    for (let head = this.#queue[0]; head && !this.#stopping.signal.aborted; head = this.#queue[0]) {
      const sent = await this.#attempt(head);
      if (!sent) {
        await pause(Math.min(this.#pace.retryMs * 2 ** Math.min(head.attempts - 1, 10), LONGEST_PAUSE_MS), this.#stopping.signal);
        continue;
      }
      this.#queue.shift();
      this.#changed();
      this.#listeners.get(head.controlId)?.(sent);
    }
  }

  async #attempt(waiting: Waiting): Promise<Sent | undefined> {
    const { base64, attempts: _attempts, ...rest } = waiting;
    const message: PeerMessage = { ...rest, bytes: Buffer.from(base64, 'base64') };
    waiting.attempts += 1;
    try {
      const reply = await this.#line.exchange(message, (answer) => this.#judge(answer, message).verdict !== 'not-mine', this.#pace.ackTimeoutMs);
      const { verdict, ack } = this.#judge(reply, message);
      if (verdict === 'taken' || verdict === 'refused') {
        return { controlId: message.controlId, type: message.type, attempts: waiting.attempts, verdict, ack };
      }
    } catch {
      // No answer: a product sends again, and so do we.
    }
    return undefined;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const wake = (): void => {
    clearTimeout(timer);
    resolve();
  };
  signal.addEventListener('abort', wake, { once: true });
  return promise.finally(() => signal.removeEventListener('abort', wake));
}
