/**
 * The lane of one source endpoint (ARCHITECTURE sections 3 and 4): store, answer, decode, route, strictly first in, first out. Nothing
 * positive is said before the journal has the message (D2); what is stored is decoded even if the sender is gone.
 */
import {
  PasserelleError,
  type AckCode,
  type ErrorData,
  type OutgoingEnvelope,
  type Peek,
  type QueuedDelivery,
  type Received,
  type Reception,
  type Reply,
} from '../contract/index.ts';
import { decideBatch, type DecidedMessage, type UndecidedMessage } from './decide.ts';
import { openMessage } from './open.ts';
import { iso, type LaneIdentity, type LanePorts } from './ports.ts';
import { backoffMs } from './retry.ts';
import type { Destination } from '../routing/index.ts';

export interface InboundEndpoint extends LaneIdentity {
  /** When the sender is answered: once stored, once decoded (and then at the latest after `replyWithinMs`), or once delivered. */
  readonly reply: 'stored' | 'decoded' | 'delivered';
  readonly replyWithinMs: number;
  readonly address: string;
}

export interface InboundPorts extends LanePorts {
  readonly destinations: () => readonly Destination[];
  /** Deliveries just committed; the engine hands them to their lanes. `follow` asks that `deliveredOf` can wait for them. */
  readonly queued: (deliveries: readonly QueuedDelivery[], follow: boolean) => void;
  /** Patients that this establishment just spoke of as identities. */
  readonly identified: (site: string, keys: ReadonlySet<string>) => void;
  /** Resolves when every delivery of the message is settled. */
  readonly deliveredOf: (message: number) => Promise<void>;
}

/** Messages decoded together; a batch is one call to the connector and one commit. */
const BATCH_COUNT = 64;
const BATCH_BYTES = 8 * 1024 * 1024;
/** Messages stored and not yet decoded that are kept in memory; more are read again from the journal when their turn comes. */
const MEMORY_COUNT = 1000;
const MEMORY_BYTES = 64 * 1024 * 1024;
const PAGE = 200;
/** A connector that takes longer to write an acknowledgement is away: the plainest one is sent instead. */
const CONNECTOR_ANSWER_MS = 1000;

export class InboundLane {
  readonly endpoint: InboundEndpoint;
  readonly #ports: InboundPorts;
  /** In order of message id. Entries past the memory bound have no bytes. */
  #waiting: UndecidedMessage[] = [];
  #waitingBytes = 0;
  readonly #deciding = new Map<number, { readonly item: UndecidedMessage; readonly outcome: PromiseWithResolvers<DecidedMessage> }>();
  #running: Promise<void> | undefined;
  #stopped = false;
  #failures = 0;

  constructor(endpoint: InboundEndpoint, ports: InboundPorts) {
    this.endpoint = endpoint;
    this.#ports = ports;
  }

  /**
   * Takes up what was stored and not decoded when the engine last stopped. Nobody knows whether their senders were told AA before it stopped
   * (an answer that could not wait for the decision leaves no row): they may be quarantined, and no longer refused.
   */
  async start(): Promise<void> {
    for (let after = 0; ;) {
      const page = await this.#ports.journal.undecided(this.endpoint.name, after, PAGE);
      for (const m of page)
        this.#push({ message: m.message, run: m.run, receivedAt: m.receivedAt, answered: m.ack ?? 'AA', ...(m.http && { http: m.http }) });
      if (page.length === 0) break; // a short page says nothing: a store may give less than it was asked for
      after = page.at(-1)?.message ?? after;
    }
    this.#run();
  }

  /** A replay: the message is `received` again. */
  again(message: number, run: number, receivedAt: string): void {
    this.#push({ message, run, receivedAt, answered: 'AA' });
    this.#run();
  }

  /** Corrected bytes of an earlier message, sent in by a person: a new message, linked to it. Answers its id. */
  async resubmit(bytes: Uint8Array, link: number, who: string): Promise<number> {
    const { endpoint } = this;
    const peek = this.#ports.codec(endpoint.format).peek(bytes);
    const receivedAt = iso(this.#ports.now());
    const [result] = await this.#ports.journal.receive([
      {
        ...laneFields(endpoint),
        receivedAt,
        peer: `resubmitted by ${who}`,
        fingerprint: peek.fingerprint,
        raw: bytes,
        link,
        ack: 'AA',
        ...peekFields(peek),
      },
    ]);
    if (!result || result.duplicate)
      throw new PasserelleError('ERR_TRANSITION', { expected: 'corrected bytes', found: 'the bytes of a message that is here already' });
    this.#push({ message: result.message, run: 1, receivedAt, bytes, answered: 'AA' });
    this.#run();
    return result.message;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /**
   * From bytes to reply; never rejects. Several messages in one frame are messages like others: each is stored, decided and answered, the
   * answers travel in one frame, in order.
   */
  async receive(received: Received): Promise<Reply> {
    const messages = this.#ports.codec(this.endpoint.format).split(received.bytes);
    if (messages.length <= 1) return this.#receiveOne(received);
    const replies = await Promise.all(messages.map((bytes) => this.#receiveOne({ ...received, bytes })));
    return { bytes: Buffer.concat(replies.flatMap((r) => (r.bytes ? [r.bytes] : []))), ...(replies.some((r) => r.close) && { close: true }) };
  }

  async #receiveOne(received: Received): Promise<Reply> {
    const { endpoint, ports } = { endpoint: this.endpoint, ports: this.#ports };
    const codec = ports.codec(endpoint.format);
    const peek = codec.peek(received.bytes);
    ports.count('messages_received_total', { lane: endpoint.name });
    let result;
    try {
      [result] = await ports.journal.receive([
        {
          ...laneFields(endpoint),
          receivedAt: iso(ports.now()),
          peer: received.peer,
          fingerprint: peek.fingerprint,
          raw: received.bytes,
          ...peekFields(peek),
          ...(received.http && { http: received.http }),
          ...(endpoint.reply === 'stored' && { ack: 'AA' as const }),
        },
      ]);
    } catch (thrown) {
      return this.#answer(received, 'AR', 'reject', PasserelleError.from(thrown).toData());
    }
    if (!result) return this.#answer(received, 'AR', 'reject', new PasserelleError('ERR_JOURNAL_UNAVAILABLE').toData());
    if (result.duplicate) return this.#repeat(received, result.message);
    const item: UndecidedMessage = {
      message: result.message,
      run: 1,
      receivedAt: iso(ports.now()),
      bytes: received.bytes,
      ...(received.http && { http: received.http }),
      ...(endpoint.reply === 'stored' && { answered: 'AA' as const }),
      ...(result.controlIdReused && { controlIdReused: true }),
    };
    const outcome = Promise.withResolvers<DecidedMessage>();
    this.#deciding.set(result.message, { item, outcome });
    this.#push(item);
    this.#run();
    return endpoint.reply === 'stored' ? this.#answer(received, 'AA', 'stored') : this.#answerDecided(received, result.message, outcome.promise);
  }

  /** A retransmission of something we hold: the same positive answer, and nothing new. */
  async #repeat(received: Received, message: number): Promise<Reply> {
    this.#ports.count('retransmissions_total', { lane: this.endpoint.name });
    const pending = this.#deciding.get(message);
    if (!pending) return this.#answer(received, 'AA', 'duplicate');
    return this.#answerDecided(received, message, pending.outcome.promise);
  }

  async #answerDecided(received: Received, message: number, decided: Promise<DecidedMessage>): Promise<Reply> {
    const late = Symbol('late');
    const timer = Promise.withResolvers<typeof late>();
    const timeout = setTimeout(() => timer.resolve(late), this.endpoint.replyWithinMs);
    const outcome = await Promise.race([this.endpoint.reply === 'delivered' ? this.#untilDelivered(message, decided) : decided, timer.promise]);
    clearTimeout(timeout);
    if (outcome !== late) return outcome.reply ?? this.#answer(received, outcome.ack, outcome.decision, outcome.error);
    const deciding = this.#deciding.get(message);
    if (deciding?.item.assessed) {
      const settled = await decided; // its decision is being committed: an AA now could contradict it
      return settled.reply ?? this.#answer(received, settled.ack, settled.decision, settled.error);
    }
    // It is stored, hence ours; from now on it can only be accepted or quarantined.
    if (deciding) deciding.item.answered = 'AA';
    return this.#answer(received, 'AA', 'stored');
  }

  async #untilDelivered(message: number, decided: Promise<DecidedMessage>): Promise<DecidedMessage> {
    const outcome = await decided;
    if (outcome.state === 'decoded') await this.#ports.deliveredOf(message);
    return outcome;
  }

  async #answer(received: Received, ack: AckCode, decision: Reception['decision'], error?: ErrorData): Promise<Reply> {
    const { endpoint, ports } = { endpoint: this.endpoint, ports: this.#ports };
    const codec = ports.codec(endpoint.format);
    try {
      const { envelope } = openMessage(received.bytes, codec, [], endpoint.settings.charsetFallback, received.http);
      const call = ports.connectors.call<OutgoingEnvelope | null>(endpoint.connector, endpoint.connectorVersion, {
        operation: 'acknowledge',
        reception: { decision, ack, warnings: [], ...(error && { error }) },
        envelope,
        settings: endpoint.settings,
        now: iso(ports.now()),
        seed: `${endpoint.name}/${iso(ports.now())}/${ports.random()}`,
      });
      const reply = await withinMs(call, CONNECTOR_ANSWER_MS);
      return reply ? { bytes: codec.build(reply, noParts), ...(reply.http && { http: reply.http }) } : { bytes: null };
    } catch (thrown) {
      ports.log('warn', 'answered without the connector', { lane: endpoint.name, code: PasserelleError.from(thrown).code });
      const now = iso(ports.now());
      const plain = codec.plainReply(received.bytes, { ack, now, id: `P${now.replaceAll(/\D/g, '').slice(2, 17)}`, ...(error && { error }) });
      return plain ?? { bytes: null, close: true }; // no answer: the sender keeps its message and sends again
    }
  }

  #push(item: UndecidedMessage): void {
    const size = item.bytes?.length ?? 0;
    if (this.#waiting.length >= MEMORY_COUNT || this.#waitingBytes + size > MEMORY_BYTES) delete item.bytes;
    else this.#waitingBytes += size;
    this.#waiting.push(item);
  }

  #run(): void {
    if (this.#stopped) return;
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined;
      if (this.#waiting.length > 0 && !this.#stopped)
        setTimeout(() => this.#run(), backoffMs(this.#failures, { firstMs: 100, maxMs: 10_000 }, this.#ports.random())).unref();
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#stopped) {
      const batch = this.#nextBatch();
      try {
        const decided = await decideBatch(batch, this.endpoint, this.#ports);
        this.#failures = 0;
        this.#finish(batch, decided);
      } catch (thrown) {
        // Connector, mesh or journal away: everything stays `received`, in order, and is tried again.
        for (const item of batch) item.assessed = false;
        this.#waiting.unshift(...batch);
        this.#waitingBytes += bytesOf(batch);
        this.#failures += 1;
        this.#ports.log('warn', 'decoding waits', { lane: this.endpoint.name, code: PasserelleError.from(thrown).code });
        return;
      }
    }
  }

  #nextBatch(): UndecidedMessage[] {
    let bytes = 0;
    let count = 0;
    while (count < Math.min(BATCH_COUNT, this.#waiting.length) && (count === 0 || bytes < BATCH_BYTES))
      bytes += this.#waiting[count++]?.bytes?.length ?? BATCH_BYTES / BATCH_COUNT;
    const batch = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#waitingBytes -= bytesOf(batch);
    return batch;
  }

  #finish(batch: readonly UndecidedMessage[], decided: readonly DecidedMessage[]): void {
    batch.forEach((item, i) => {
      const outcome = decided[i];
      if (!outcome) return;
      this.#ports.count('messages_decided_total', { lane: this.endpoint.name, state: outcome.state });
      if (outcome.deliveries.length > 0) this.#ports.queued(outcome.deliveries, this.endpoint.reply === 'delivered');
      if (outcome.identities.size > 0) this.#ports.identified(this.endpoint.settings.site, outcome.identities);
      this.#deciding.get(item.message)?.outcome.resolve(outcome);
      this.#deciding.delete(item.message);
    });
  }
}

const laneFields = (e: InboundEndpoint) => ({
  lane: e.name,
  site: e.settings.site,
  connector: e.connector,
  connectorVersion: e.connectorVersion,
  format: e.format,
});
const peekFields = (p: Peek) => ({ ...(p.type && { type: p.type }), ...(p.controlId && { controlId: p.controlId }) });
const bytesOf = (batch: readonly UndecidedMessage[]): number => batch.reduce((sum, m) => sum + (m.bytes?.length ?? 0), 0);
async function withinMs<T>(promise: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new PasserelleError('ERR_HOST_UNAVAILABLE')), ms);
  return Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}
const noParts = (name: string): never => {
  throw new PasserelleError('ERR_INVARIANT', { found: `an acknowledgement that places part ${name}` });
};
