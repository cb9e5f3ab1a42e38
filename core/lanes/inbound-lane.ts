/**
 * The lane of one source endpoint (ARCHITECTURE sections 3 and 4): store, answer, decode, route, strictly first in, first out. Nothing
 * positive is said before the journal has the message (D2). A message is decided first and stored with its decision, in one commit; when the
 * connector is slow or away it is stored by itself, and what is stored is decoded even if the sender is gone.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Examined, OpenedMessage } from '../codecs/index.ts';
import {
  PasserelleError,
  joined,
  type AckCode,
  type Acted,
  type DraftEvent,
  type ErrorData,
  type IncomingMessage,
  type LaneLease,
  type OutgoingEnvelope,
  type Received,
  type Reception,
  type Reply,
  type Warning,
} from '../contract/index.ts';
import {
  admitArrivals,
  decideArrivals,
  decideStored,
  decodeArrival,
  storedOf,
  together,
  type Admitted,
  type DecidedArrivals,
  type DecidedMessage,
  type OpenedIncoming,
  type StoredMessage,
} from './decide.ts';
import { iso, type FreshDelivery, type LaneIdentity, type LanePorts } from './ports.ts';
import { alsoRead, beginReading, endReading } from './readers.ts';
import { backoffMs } from './retry.ts';
import { SharedCommits } from './shared-commits.ts';
import { UndecidedQueue, type Arrival, type DecodingArrival } from './undecided-queue.ts';
import type { DocumentTypes } from '../documents/index.ts';
import type { Case, Knowledge } from '../knowledge/index.ts';
import type { Destination } from '../routing/index.ts';

export interface InboundEndpoint extends LaneIdentity {
  /** When the sender is answered: once stored, once decoded (and then at the latest after `replyWithinMs`), or once delivered. */
  readonly reply: 'stored' | 'decoded' | 'delivered';
  readonly replyWithinMs: number;
  readonly address: string;
}

export interface InboundPorts extends LanePorts {
  readonly knowledge: Knowledge;
  /** What people decided of codes of documents; absent where nobody can. */
  readonly types?: Pick<DocumentTypes, 'settingsFor'>;
  /** Holds documents to official rules before their message is decided, where the site asks for it. */
  readonly checkBefore?: (message: number, opened: OpenedMessage, raw: Uint8Array) => Promise<readonly Warning[]>;
  /** Of each event, whom the datamatrix of its document names instead of its patient, where the site asks for it before the decision. */
  readonly markedBefore?: (
    events: readonly DraftEvent[],
    message: number,
    opened: OpenedMessage,
    raw: Uint8Array,
  ) => Promise<readonly (Case['misnamed'] | undefined)[]>;
  readonly destinations: () => readonly Destination[];
  /** Deliveries just committed; the engine hands them to their lanes. `follow` asks that `deliveredOf` can wait for them. */
  readonly queued: (deliveries: readonly FreshDelivery[], follow: boolean) => void;
  /** Patients that were just spoken of as identities, once their deliveries are queued. */
  readonly identified: (keys: ReadonlySet<string>) => void;
  /** A message was decided again: a question about its patient may be over. */
  readonly answered: () => void;
  /** A person's act made these deliveries, which is the decision about others that are dead: of an earlier message, and by themselves. */
  readonly replaced: (by: DecidedMessage, earlier: number | undefined) => void;
  /** Resolves when every delivery of the message is settled. */
  readonly deliveredOf: (message: number) => Promise<void>;
}

/** Arrivals that were decided together. */
interface DecidedBatch {
  readonly arrivals: readonly DecodingArrival[];
  readonly decided: DecidedArrivals;
}

/** A message as it arrived, taken out of its frame. */
type Arrived = Received & Examined;

/** A message that is not decided after this is stored by itself: what waits longer must survive a crash, and its sender can be answered. */
const STORE_AFTER_MS = 250;
/** A connector that takes longer to write an acknowledgement is away: the plainest one is sent instead. */
const CONNECTOR_ANSWER_MS = 1000;

export class InboundLane {
  readonly endpoint: InboundEndpoint;
  readonly #ports: InboundPorts;
  readonly #queue: UndecidedQueue;
  /** Arrivals that were stored by themselves and wait for their decision, by message. */
  readonly #deciding = new Map<number, Arrival>();
  /** By a message that a person sent in, the one that it corrects; until it is decided. */
  readonly #corrects = new Map<number, number>();
  #lease: LaneLease | undefined;
  #running: Promise<void> | undefined;
  /** Arrivals that the journal does not have, in the order in which they came: none of them is stored by itself before those that came before it. */
  readonly #unstored = new Set<Arrival>();
  /** Those that are decided, until they are stored with that. */
  readonly #commits = new SharedCommits<DecidedBatch>({
    commit: (batches) => this.#commit(batches),
    weigh: ({ arrivals }) => ({ messages: arrivals.length, bytes: arrivals.reduce((sum, { incoming }) => sum + incoming.raw.length, 0) }),
  });
  /** Batches in work that take long: what comes meanwhile is stored by itself. */
  #slow = 0;
  #stopped = false;
  #isOwner = false;
  #failures = 0;

  constructor(endpoint: InboundEndpoint, ports: InboundPorts) {
    this.endpoint = endpoint;
    this.#ports = ports;
    this.#queue = new UndecidedQueue(
      async (after, limit) =>
        // Nobody knows whether senders were told AA before the engine stopped (an answer that could not wait for the decision leaves no row):
        // these may be quarantined, and no longer refused.
        (await ports.journal.undecided(endpoint.name, after, limit)).map(
          (m) =>
            this.#deciding.get(m.message)?.stored ?? {
              message: m.message,
              run: m.run,
              receivedAt: m.receivedAt,
              size: m.bytes,
              ...(m.controlId !== undefined && { controlId: m.controlId }),
              answered: m.ack ?? 'AA',
              ...(m.http && { http: m.http }),
            },
        ),
      ports.journal.watch !== undefined,
    );
  }

  /**
   * Takes up what was stored and not decoded when the engine last stopped. With a lease, every write of the lane proves it. A lane that was not started
   * belongs to another node: it stores what comes, and that node decides it.
   */
  async start(lease?: LaneLease): Promise<void> {
    this.#lease = lease;
    this.#isOwner = true;
    this.#queue.reread();
    this.#run();
  }

  /** A replay: the message is `received` again. */
  again(message: number, { run, receivedAt, bytes: size, controlId }: Omit<NonNullable<Acted['again']>, 'lane'>): void {
    this.#queue.pushStored({ message, run, receivedAt, size, ...(controlId !== undefined && { controlId }), answered: 'AA' });
    this.#run();
  }

  /** Corrected bytes of an earlier message, sent in by a person: a new message, linked to it. Answers its id. */
  async resubmit(bytes: Uint8Array, link: number, who: string): Promise<number> {
    const peek = this.#ports.codec(this.endpoint.format).peek(bytes);
    const incoming: IncomingMessage = { ...this.#incoming({ bytes, peek, peer: `resubmitted by ${who}` }), link, ack: 'AA' };
    const [result] = await this.#ports.journal.receive([incoming]);
    if (!result || result.duplicate)
      throw new PasserelleError('ERR_TRANSITION', { expected: 'corrected bytes', found: 'the bytes of a message that is here already' });
    this.#corrects.set(result.message, link);
    this.#queue.pushStored({ ...storedOf(incoming, result), answered: 'AA' });
    this.#run();
    return result.message;
  }

  /** Another node stored something. */
  look(): void {
    this.#queue.reread();
    this.#run();
  }

  /** What is not stored by now is not ours. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await this.#commits.ended;
    this.#queue.forgetArrivals();
    for (const arrival of this.#deciding.values()) {
      arrival.isLate = true;
      this.#answerLate(arrival);
    }
    for (const arrival of this.#unstored)
      if (!arrival.isStoring) this.#reject(arrival, new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { found: 'a lane that ends' }));
  }

  /**
   * From bytes to reply; never rejects. Several messages in one frame are messages like others: each is stored, decided and answered, the
   * answers travel in one frame, in order.
   */
  async receive(received: Received): Promise<Reply> {
    beginReading(received.bytes);
    const reply = await this.#receiveFrame(received);
    endReading(received.bytes);
    return reply;
  }

  async #receiveFrame(received: Received): Promise<Reply> {
    const { format, reply, settings } = this.endpoint;
    const { http } = received;
    const open = { charsetFallback: settings.charsetFallback, ...(http && { http }) };
    const messages = await this.#ports.codecs.examine(format, received.bytes, reply === 'stored' ? undefined : open);
    const [only] = messages;
    if (only && messages.length === 1) return this.#receiveOne({ ...received, ...only });
    const replies = await Promise.all(messages.map((message) => this.#receiveOne({ ...received, ...message })));
    return { bytes: Buffer.concat(replies.flatMap((r) => (r.bytes ? [r.bytes] : []))), ...(replies.some((r) => r.close) && { close: true }) };
  }

  async #receiveOne(received: Arrived): Promise<Reply> {
    const { endpoint } = this;
    this.#ports.count('messages_received_total', { lane: endpoint.name });
    const isStored = endpoint.reply === 'stored' || !this.#isOwner;
    alsoRead(received.bytes); // for its decision
    const arrival: Arrival = {
      incoming: { ...this.#incoming(received), ...(isStored && { ack: 'AA' }) },
      ...(!isStored && { id: this.#reserve() }),
      outcome: Promise.withResolvers(),
    };
    if (isStored || this.#slow > 0 || this.#stopped || this.#failures > 0 || this.#queue.isLong) {
      void this.#storeAll();
      try {
        const first = await this.#store(arrival);
        if (first !== undefined) return await this.#repeat(received, first);
      } catch (thrown) {
        return this.#answer(received, 'AR', 'reject', PasserelleError.from(thrown).toData());
      }
      if (isStored) return await this.#answer(received, 'AA', 'stored');
    } else {
      this.#unstored.add(arrival);
      this.#queue.push(this.#decoding(arrival));
      this.#run();
    }
    return this.#answerDecided(received, arrival);
  }

  #reserve(): Promise<number> {
    const reserved = this.#ports.journal.reserve(1).then(([id]) => {
      if (id === undefined) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE');
      return id;
    });
    reserved.catch(() => undefined); // met when it is decoded, or stored
    return reserved;
  }

  #decoding(arrival: Arrival): DecodingArrival {
    const decoding = arrival.id!.then((id) => decodeArrival(arrival.incoming, id, this.endpoint, this.#ports));
    decoding.catch(() => undefined); // met when its turn comes
    return Object.assign(arrival, { decoding });
  }

  #incoming({ bytes, peer, http, peek, opened, spare }: Arrived): OpenedIncoming {
    const { name, settings, connector, connectorVersion, format } = this.endpoint;
    return {
      lane: name,
      site: settings.site,
      connector,
      connectorVersion,
      format,
      receivedAt: iso(this.#ports.now()),
      peer,
      fingerprint: peek.fingerprint,
      raw: bytes,
      ...(peek.type && { type: peek.type }),
      ...(peek.controlId && { controlId: peek.controlId }),
      ...(http && { http }),
      ...(opened && { opened }),
      ...(spare && { spare }),
    };
  }

  /** Stores an arrival by itself; its turn comes. Answers the message that it repeats, when it does. */
  async #store(arrival: Arrival): Promise<number | undefined> {
    const id = await arrival.id;
    const [result] = await this.#ports.journal.receive([{ ...arrival.incoming, ...(id !== undefined && { id }) }]);
    if (!result) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE');
    if (result.duplicate) return result.message;
    if (!this.#isOwner) return undefined;
    this.#wait(arrival, storedOf(arrival.incoming, result));
    return undefined;
  }

  #wait(arrival: Arrival, stored: StoredMessage): void {
    const { ack } = arrival.incoming;
    arrival.stored = { ...stored, ...(ack && { answered: ack }) };
    arrival.isLate ||= this.#stopped;
    // Whoever was answered waits for nothing: its bytes need not stay in memory until a connector that is away comes back.
    if (!ack) this.#deciding.set(stored.message, arrival);
    this.#answerLate(arrival);
    this.#queue.pushStored(arrival.stored);
    this.#run();
  }

  /** A retransmission of something we hold: the same positive answer, and nothing new. */
  async #repeat(received: Arrived, message: number): Promise<Reply> {
    this.#ports.count('retransmissions_total', { lane: this.endpoint.name });
    const pending = this.#deciding.get(message);
    return pending ? this.#answerDecided(received, pending) : this.#answer(received, 'AA', 'duplicate');
  }

  async #answerDecided(received: Arrived, arrival: Arrival): Promise<Reply> {
    const late = Symbol('late');
    const timer = Promise.withResolvers<typeof late>();
    const timeout = setTimeout(() => timer.resolve(late), this.endpoint.replyWithinMs);
    try {
      const decided = arrival.outcome.promise;
      let outcome = await Promise.race([this.endpoint.reply === 'delivered' ? this.#untilDelivered(decided) : decided, timer.promise]);
      if (outcome === late) {
        arrival.isLate = true;
        this.#answerLate(arrival);
        outcome = await decided;
      }
      return outcome.reply ?? (await this.#answer(received, outcome.ack, outcome.decision, outcome.error));
    } catch (thrown) {
      if (thrown instanceof Repeated) return this.#repeat(received, thrown.message);
      if (thrown instanceof Answered) return this.#answer(received, 'AA', 'stored');
      return this.#answer(received, 'AR', 'reject', PasserelleError.from(thrown).toData());
    } finally {
      clearTimeout(timeout);
    }
  }

  /** It is stored, hence ours; from now on it can only be accepted or quarantined. While its decision is being committed an AA could contradict that. */
  #answerLate(arrival: Arrival | undefined): void {
    const { isLate, stored } = arrival ?? {};
    if (!arrival || !isLate || !stored || stored.assessed) return;
    stored.answered = 'AA';
    this.#deciding.delete(stored.message);
    arrival.outcome.reject(new Answered());
  }

  async #untilDelivered(decided: Promise<DecidedMessage>): Promise<DecidedMessage> {
    const outcome = await decided;
    if (outcome.state === 'decoded') await this.#ports.deliveredOf(outcome.message);
    return outcome;
  }

  async #answer(received: Arrived, ack: AckCode, decision: Reception['decision'], error?: ErrorData): Promise<Reply> {
    const { endpoint, ports } = { endpoint: this.endpoint, ports: this.#ports };
    const codec = ports.codec(endpoint.format);
    try {
      const { envelope } =
        received.opened ?? (await ports.codecs.open(endpoint.format, received.bytes, endpoint.settings.charsetFallback, received.http));
      const call = ports.connectors.call<OutgoingEnvelope | null>(endpoint.connector, endpoint.connectorVersion, {
        operation: 'acknowledge',
        reception: { decision, ack, warnings: [], ...(error && { error }) },
        envelope,
        settings: endpoint.settings,
        now: iso(ports.now()),
        seed: `${endpoint.name}/${iso(ports.now())}/${ports.random()}`,
      });
      const reply = await withinMs(call, CONNECTOR_ANSWER_MS);
      return reply ? { bytes: joined(codec.build(reply, noParts)), ...(reply.http && { http: reply.http }) } : { bytes: null };
    } catch (thrown) {
      ports.log('warn', 'answered without the connector', { lane: endpoint.name, code: PasserelleError.from(thrown).code });
      const now = iso(ports.now());
      const plain = codec.plainReply(received.bytes, { ack, now, id: `P${now.replaceAll(/\D/g, '').slice(2, 17)}`, ...(error && { error }) });
      return plain ?? { bytes: null, close: true }; // no answer: the sender keeps its message and sends again
    }
  }

  #run(): void {
    if (this.#stopped || !this.#isOwner) return;
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined;
      if (!this.#queue.isEmpty && !this.#stopped)
        setTimeout(() => this.#run(), backoffMs(this.#failures, { firstMs: 100, maxMs: 10_000 }, this.#ports.random())).unref();
    });
  }

  async #drain(): Promise<void> {
    let storedBefore = false;
    while (!this.#stopped) {
      await nextTurn(); // what has arrived on all connections makes one batch
      try {
        const batch = await this.#queue.next();
        if (!batch) return;
        if ('stored' in batch && !this.#commits.isIdle) {
          // What they leave undecided came before these.
          await this.#commits.ended;
          this.#queue.putBack(batch.stored);
          continue;
        }
        if ('stored' in batch) {
          // What arrived waits in memory behind one batch that is stored, not behind several.
          if (storedBefore) await this.#storeAll();
          await this.#decide(batch.stored);
        } else await this.#admit(batch.arrivals);
        storedBefore = 'stored' in batch;
        this.#failures = 0;
      } catch (thrown) {
        await this.#fail(thrown);
        return;
      }
    }
  }

  /** Connector, mesh or journal away: what is stored stays `received`, in order, and is tried again. */
  async #fail(thrown: unknown): Promise<void> {
    this.#failures += 1;
    this.#ports.log('warn', 'decoding waits', { lane: this.endpoint.name, code: PasserelleError.from(thrown).code });
    await this.#storeAll();
  }

  /** Bounds how long messages are in memory only: when the work takes long, all that are not being committed are stored by themselves. */
  async #inTime<T>(work: () => Promise<T>): Promise<T> {
    let storing: Promise<unknown> | undefined;
    const timer = setTimeout(() => {
      this.#slow += 1;
      storing = this.#storeAll();
    }, STORE_AFTER_MS);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      if (storing) {
        await storing;
        this.#slow -= 1;
      }
    }
  }

  async #decide(batch: readonly StoredMessage[]): Promise<void> {
    // What was decided goes on at once, whatever is being stored by itself meanwhile: its lanes may read it in the journal before.
    await this.#inTime(async () => {
      let ended: readonly DecidedMessage[] = [];
      try {
        const result = await decideStored(batch, this.endpoint, this.#ports, this.#lease);
        ended = result.ended;
        if (result.failure) throw result.failure;
      } finally {
        this.#queue.done(batch.slice(0, ended.length));
        this.#putBack(batch.slice(ended.length));
        for (const outcome of ended) this.#finish(outcome, this.#deciding.get(outcome.message));
      }
    });
  }

  /** Not decided yet: they keep their place. */
  #putBack(batch: readonly StoredMessage[]): void {
    for (const item of batch) {
      item.assessed = false;
      this.#answerLate(this.#deciding.get(item.message));
    }
    this.#queue.putBack(batch);
  }

  /** Decides while those before are being committed. Commits follow one another, so that none overtakes and failures are met in order. */
  async #admit(arrivals: readonly DecodingArrival[]): Promise<void> {
    const decided = await this.#inTime(() => decideArrivals(arrivals, this.endpoint, this.#ports));
    if (this.#slow > 0) await this.#storeAll(); // the commit before theirs takes long
    if (isStoring({ arrivals })) return decided.release(false);
    const end = decided.made.length;
    this.#queue.unshift(arrivals.slice(end));
    await this.#commits.push({ arrivals: arrivals.slice(0, end), decided });
  }

  /** Never rejects. */
  async #commit(batches: readonly DecidedBatch[]): Promise<void> {
    for (const { decided } of batches.filter(isStoring)) decided.release(false);
    const free = batches.filter((one) => !isStoring(one));
    const arrivals = free.flatMap((one) => one.arrivals);
    if (arrivals.length === 0) return;
    for (const arrival of arrivals) arrival.isAdmitting = true;
    // As in `#decide`.
    await this.#inTime(async () => {
      try {
        const { ended, failure } = await admitArrivals(together(free.map((one) => one.decided)), this.#ports, this.#lease);
        ended.forEach((result, i) => this.#admitted(arrivals[i]!, result));
        const rest = arrivals.slice(ended.length);
        if (failure) return await this.#refuse(rest, failure);
        for (const arrival of rest) arrival.isAdmitting = false;
        // Before anything that comes behind them, which was decided without them.
        if (rest.length > 0 || ended.some((result) => 'stored' in result)) await this.#storeAll();
      } catch (thrown) {
        await this.#refuse(arrivals, thrown);
      }
    });
  }

  /** By the journal: their senders keep them. */
  async #refuse(arrivals: readonly Arrival[], thrown: unknown): Promise<void> {
    const error = PasserelleError.from(thrown);
    for (const arrival of arrivals) this.#reject(arrival, error);
    await this.#fail(thrown);
  }

  #reject(arrival: Arrival, error: Error): void {
    this.#unstored.delete(arrival);
    arrival.outcome.reject(error);
  }

  /** All that are not being stored one way or the other, in their order. */
  async #storeAll(): Promise<void> {
    this.#queue.forgetArrivals();
    const free = [...this.#unstored].filter(({ isAdmitting, isStoring }) => !isAdmitting && !isStoring);
    await Promise.all(free.map((arrival) => this.#storeAlone(arrival)));
  }

  #admitted(arrival: Arrival, result: Admitted): void {
    this.#unstored.delete(arrival);
    if ('decided' in result) {
      this.#finish(result.decided, arrival);
      endReading(arrival.incoming.raw);
    } else if ('stored' in result) this.#wait(arrival, result.stored);
    else arrival.outcome.reject(new Repeated(result.duplicateOf));
  }

  async #storeAlone(arrival: Arrival): Promise<void> {
    arrival.isStoring = true;
    try {
      const first = await this.#store(arrival);
      this.#unstored.delete(arrival);
      if (first !== undefined) arrival.outcome.reject(new Repeated(first));
    } catch (thrown) {
      this.#reject(arrival, PasserelleError.from(thrown));
    }
  }

  #finish(outcome: DecidedMessage, arrival: Arrival | undefined): void {
    const { endpoint } = this;
    this.#ports.count('messages_decided_total', { lane: endpoint.name, state: outcome.state });
    if (outcome.deliveries.length > 0) this.#ports.queued(outcome.deliveries, endpoint.reply === 'delivered');
    const corrected = this.#corrects.get(outcome.message);
    this.#corrects.delete(outcome.message);
    if (outcome.isReplay || corrected !== undefined) this.#ports.replaced(outcome, corrected);
    if (outcome.identities.size > 0) this.#ports.identified(outcome.identities);
    if (outcome.isReplay) this.#ports.answered();
    this.#deciding.delete(outcome.message);
    arrival?.outcome.resolve(outcome);
  }
}

/** They took too long: all of them are stored by themselves, or are being so. */
const isStoring = ({ arrivals }: Pick<DecidedBatch, 'arrivals'>): boolean => arrivals.some((one) => one.isStoring);

/** How an arrival ends that was received before: its answer is that of the first one. */
class Repeated {
  readonly message: number;

  constructor(message: number) {
    this.message = message;
  }
}

/** How an arrival ends whose sender could not be kept waiting: a retransmission that waits with it is answered the same. */
class Answered extends Error {}

async function withinMs<T>(promise: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new PasserelleError('ERR_HOST_UNAVAILABLE')), ms);
  return Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}
const noParts = (name: string): never => {
  throw new PasserelleError('ERR_INVARIANT', { found: `an acknowledgement that places part ${name}` });
};
