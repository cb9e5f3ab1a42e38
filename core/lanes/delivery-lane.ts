/**
 * The lane of one destination endpoint: takes deliveries in the order the schedule allows, never more at once than the endpoint has
 * connections, and turns what happened into a durable outcome. Memory is bounded: past `WINDOW` the backlog stays in the journal.
 */
import {
  PasserelleError,
  type ErrorCode,
  type ErrorData,
  type LaneOrder,
  type QueuedDelivery,
  type Settlement,
  type Sink,
} from '../contract/index.ts';
import { Backlog } from './backlog.ts';
import { deliveryNow } from './delivery-now.ts';
import { attempt, type AttemptResult, type Dispatcher, type Leaving, type Material } from './dispatch.ts';
import { keysTold } from './events.ts';
import { Gate } from './gate.ts';
import { blocked, heads, type Head } from './heads.ts';
import { Held, tells } from './held.ts';
import { iso, type FreshDelivery, type LaneIdentity, type LanePorts, type OwnedLease } from './ports.ts';
import { afterDoubt, afterFailure, afterReply, backoffMs, longestWaitMs, type AfterAttempt, type DeliveryPolicy } from './retry.ts';
import { Room } from './room.ts';
import { Schedule, type OrderRule } from './schedule.ts';
import { isInDoubt } from './unknown-there.ts';
import { WarmMaterial } from './warm-material.ts';

export interface DeliveryEndpoint extends LaneIdentity {
  readonly policy: DeliveryPolicy;
  readonly order: OrderRule;
  /** What a dead delivery does to what follows it: `block` by SAFETY rules, `continue` by the site's choice. */
  readonly onDead: 'block' | 'continue';
  readonly ackTimeoutMs: number;
  readonly address: string;
  /** What the receiver is not capable of as this event is written for it. */
  readonly lacking?: Dispatcher['lacking'];
}

/** Deliveries of a lane known in memory; the rest waits in the journal. About 300 bytes each. */
const WINDOW = 5000;
/** Deliveries in work for each connection: one being sent, and outcomes on their way to the journal (with two in all, 32 senders were faster than 16 connections). */
const IN_WORK = 4;
/** The journal could not be read: asked again after this. */
const RELOAD_MS = 1000;
/** When the engine stops while the journal cannot take outcomes: what is not settled by then is an interrupted attempt at the next start. */
const STOP_WAIT_MS = 5000;
const FIRST_TRIP_MS = 1000;
const LAST_TRIP_MS = 60_000;
/** Of a document that is held for it, nothing later waits. */
const HELD_ALONE: ReadonlySet<ErrorCode> = new Set(['ERR_DOCUMENT_VERSION_CONFLICT', 'ERR_DOCUMENT_ID_TAKEN']);

export class DeliveryLane {
  readonly endpoint: DeliveryEndpoint;
  readonly #ports: LanePorts;
  readonly #sink: Sink;
  readonly #schedule: Schedule;
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #settled: (item: QueuedDelivery, to: string) => void;
  /** Deliveries that have one of the endpoint's connections, or are about to. */
  #inFlight = 0;
  /** Those, and the ones whose outcome is being stored. */
  #inWork = 0;
  /** Of those, what may be with the receiver. */
  readonly #sent = new Set<QueuedDelivery>();
  /** What people are deciding now: of which deliveries, and when that is over. */
  readonly #decisions = new Set<{ readonly isIt: (item: QueuedDelivery) => boolean; readonly over: Promise<void> }>();
  #status: 'open' | 'paused' | 'tripped' = 'paused';
  #error: ErrorData | undefined;
  #failing: { readonly since: number; readonly code?: ErrorCode } | undefined;
  #trips = 0;
  #tripTimer: NodeJS.Timeout | undefined;
  readonly #backlog: Backlog;
  readonly #warm: WarmMaterial;
  readonly #gate: Gate;
  readonly #room = new Room();
  readonly #held: Held;
  #lease: OwnedLease | undefined;
  #reloadTimer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** By somebody, since this lane was made. */
  #isPaused = false;
  #isLoading = false;
  #stopBy = Infinity;
  #idle: (() => void)[] = [];

  constructor(
    endpoint: DeliveryEndpoint,
    sink: Sink,
    ports: LanePorts,
    settled: (item: QueuedDelivery, to: string) => void = () => undefined,
    window = WINDOW,
  ) {
    this.endpoint = endpoint;
    this.#sink = sink;
    this.#ports = ports;
    this.#settled = settled;
    this.#schedule = new Schedule(endpoint.order, (item) => this.#blocks(item) === 'series');
    this.#warm = new WarmMaterial();
    this.#held = new Held(this.#schedule, {
      lane: endpoint,
      ports,
      follow: (item) => (item.state === 'discarded' ? this.forget(item.delivery) : this.update(item)),
      surely: (work, what) => this.#surely(work, what),
      isStopped: () => this.#stopped,
    });
    this.#gate = new Gate({ concurrency: sink.concurrency, now: ports.now, wake: () => this.#pump() });
    this.#backlog = new Backlog(this.#schedule, window, {
      read: (after, limit) => ports.journal.backlog(endpoint.name, after, limit),
      admit: (item) => (item.state === 'sending' ? this.#interrupted(item) : this.#admit(item)),
      // Each waits for its next attempt with a timer of its own.
      isFull: () => this.#timers.size >= window,
    });
  }

  /** `downtime`: planned, over by itself; what else is wrong meanwhile is no news. */
  get status(): 'open' | 'paused' | 'tripped' | 'downtime' {
    return this.#status !== 'paused' && this.#gate.isDown ? 'downtime' : this.#status;
  }

  /** What a person ordered: the downtime that is now or to come, the rate. */
  get orders(): Pick<Gate, 'downtime' | 'perMinute'> {
    return this.#gate;
  }

  get error(): ErrorData | undefined {
    return this.#error;
  }

  /** Since when (ms since 1970) the endpoint was out of reach or put off what it got, with nothing delivered in between, and the last reason. */
  get failing(): { readonly since: number; readonly code?: ErrorCode } | undefined {
    return this.#failing;
  }

  /** What has to be over before this one may leave. */
  blockerOf(delivery: number): QueuedDelivery | undefined {
    return this.#schedule.blocker(delivery);
  }

  /** Who blocks whom, of what is in memory (`partial`: there is more). */
  blocked(): { readonly heads: number; readonly waiting: number } {
    return blocked(this.#schedule);
  }

  heads(limit: number): { readonly heads: readonly Head[]; readonly partial: boolean } {
    return { heads: heads(this.#schedule, limit), partial: this.#backlog.isPartial };
  }

  /** All the orders of this lane, as the journal has them now. */
  obey(orders: readonly LaneOrder[]): void {
    this.#gate.obey(orders);
    this.#pump();
  }

  /** Reads the backlog; what was on the wire when the engine stopped is ambiguous. Then opens, unless a person had paused it. */
  async start(paused = false, lease?: OwnedLease): Promise<void> {
    this.#lease = lease;
    await this.#load();
    // Meanwhile a person may have paused it, or new settings ended it.
    if (paused || this.#isPaused || this.#stopped) return;
    this.#status = 'open';
    this.#pump();
  }

  /** Deliveries just committed, in order. */
  offer(fresh: readonly FreshDelivery[]): void {
    for (const one of fresh) {
      this.#warm.keep(one);
      if (this.#backlog.isRead(one.item)) this.#warm.forget(one.item.delivery);
    }
    this.#backlog.offer(fresh.map(({ item }) => item));
    this.#pump();
  }

  /**
   * While a person decides about these none of them leaves, those neither that are in the journal only; to be called when that is decided. Throws
   * ERR_TRANSITION when one of them may be with its receiver: where that recognises doubles, the journal does not say so before the end of the attempt.
   */
  still(isIt: (item: QueuedDelivery) => boolean): () => void {
    for (const item of this.#sent) if (isIt(item)) throw new PasserelleError('ERR_TRANSITION', { expected: 'no delivery in sending' });
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const decision = { isIt, over };
    this.#decisions.add(decision);
    return () => {
      this.#decisions.delete(decision);
      resolve();
    };
  }

  pause(): void {
    clearTimeout(this.#tripTimer);
    this.#isPaused = true;
    this.#status = 'paused';
  }

  resume(): void {
    if (this.#stopped) return;
    clearTimeout(this.#tripTimer);
    this.#isPaused = false;
    this.#status = 'open';
    this.#error = undefined;
    this.#failing = undefined;
    this.#trips = 0;
    this.#pump();
  }

  /** A person or an event changed a delivery in the journal: follow. */
  update(item: QueuedDelivery): void {
    if (item.state === 'sending') return; // our own attempt: its end will say more
    this.#clearTimer(item.delivery);
    this.#warm.forget(item.delivery);
    this.#held.see(item);
    this.#backlog.update(item);
    void this.#held.moved(item);
    if (tells(item.kind) && item.state === 'delivered') void this.#held.left(item, true);
    // A person saw that it arrived.
    if (item.kind === 'document' && item.state === 'delivered') void this.#endBeside(item);
    this.#pump();
  }

  forget(delivery: number): void {
    const { item } = this.#schedule.get(delivery) ?? {};
    this.#clearTimer(delivery);
    this.#held.forget(delivery);
    this.#warm.forget(delivery);
    this.#backlog.forget(delivery);
    if (item) void this.#held.moved(item);
    if (item && tells(item.kind)) void this.#held.left(item, false);
    this.#pump();
  }

  /** SAFETY B6: an identity of these patients was received, or sent by this lane (`isTaken`). Never rejects. */
  lookAgain(keys: ReadonlySet<string>, isTaken = false): Promise<void> {
    return this.#held.lookAgain(keys, isTaken);
  }

  /** A person said who a patient is (decision 0033). Never rejects. */
  answered(): Promise<void> {
    return this.#held.answered();
  }

  /** Stops taking, waits for what is on the wire. */
  async stop(): Promise<void> {
    this.pause();
    this.#stopped = true;
    this.#stopBy = performance.now() + STOP_WAIT_MS;
    clearTimeout(this.#reloadTimer);
    this.#gate.stop();
    await this.#backlog.stop();
    if (this.#inWork > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await this.#held.stop();
    for (const delivery of this.#timers.keys()) this.#clearTimer(delivery);
    await this.#sink.stop();
  }

  #admit(item: QueuedDelivery): void {
    if (item.state === 'delivered' || item.state === 'discarded') return;
    if (this.#blocks(item) === 'nothing') return;
    const waiting = item.notBefore === undefined ? 0 : Math.min(Date.parse(item.notBefore) - this.#ports.now(), longestWaitMs(this.endpoint.policy));
    this.#schedule.add(item, item.state === 'queued' && waiting <= 0 ? 'open' : 'parked');
    if (item.state === 'queued' && waiting > 0) this.#reopenIn(item.delivery, waiting);
    if (item.kind === 'identity') void this.#held.moved(item);
  }

  /** What a delivery in this state stands before (ARCHITECTURE section 4, "What blocks"). */
  #blocks(item: Pick<QueuedDelivery, 'state' | 'kind' | 'error'>): 'keys' | 'series' | 'nothing' {
    // What took its place was sent there, or it has no id to leave with: there is nothing of it that a later version has to wait for.
    if (item.state === 'held' && item.error && HELD_ALONE.has(item.error.code)) return 'nothing';
    // Of its patient nothing may pass it: what waits there would come in another order than it was said.
    if (isInDoubt(item) && item.kind !== 'document') return 'keys';
    if (item.state === 'held') return item.kind === 'identity' ? 'keys' : 'series';
    if (item.state !== 'dead') return 'keys';
    if (this.endpoint.onDead === 'continue') return 'nothing';
    return item.kind === 'identity' ? 'keys' : 'series';
  }

  /** False when the journal cannot be read now: it is asked again later. */
  #load(): Promise<boolean> {
    return Promise.all([this.#held.load(), this.#backlog.load()]).then(
      ([found]) => {
        void this.#held.catchUp(found);
        return true;
      },
      (thrown: unknown) => {
        this.#ports.log('error', 'backlog cannot be read', { lane: this.endpoint.name, code: PasserelleError.from(thrown).code });
        clearTimeout(this.#reloadTimer);
        if (!this.#stopped) this.#reloadTimer = setTimeout(() => this.#pump(), RELOAD_MS);
        return false;
      },
    );
  }

  /** It was on the wire when the engine stopped: ambiguous (ARCHITECTURE section 4). */
  async #interrupted(item: QueuedDelivery): Promise<void> {
    this.#admit(await this.#doubt(item));
  }

  /** Stores that nobody knows what became of it; what it is then. */
  async #doubt(item: QueuedDelivery): Promise<QueuedDelivery> {
    const interrupted = new PasserelleError('ERR_INTERRUPTED').toData();
    const after = afterDoubt(interrupted, item, this.endpoint.policy, this.#ports.random());
    const settlement = this.#settlement(item, 'sending', after);
    await this.#ports.journal.settle([settlement], this.#lease);
    const { notBefore } = settlement;
    return { ...item, state: after.to, attempts: item.attempts + 1, error: interrupted, ...(notBefore && { notBefore }) };
  }

  #pump(): void {
    if (this.#stopped) return;
    while (this.#status === 'open' && this.#isFree && this.#schedule.readyCount > 0 && this.#gate.take()) {
      const entry = this.#schedule.take();
      if (!entry) break;
      this.#inFlight += 1;
      this.#inWork += 1;
      void this.#deliver(entry.item)
        .catch((thrown: unknown) => this.#followJournal(entry.item, thrown))
        .finally(() => {
          this.#inWork -= 1;
          if (this.#inWork === 0) for (const done of this.#idle.splice(0)) done();
          this.#pump();
        });
    }
    if (!this.#backlog.isWanted || this.#status === 'paused' || this.#isLoading) return;
    this.#isLoading = true;
    void this.#load().then((read) => {
      this.#isLoading = false;
      if (read && ((this.#schedule.readyCount > 0 && this.#isFree) || this.#backlog.isWanted)) this.#pump();
    });
  }

  /** A connection is free, and the journal keeps up with outcomes, which wait for the commit of others. */
  get #isFree(): boolean {
    const { concurrency } = this.#sink;
    return this.#inFlight < concurrency && this.#inWork < IN_WORK * concurrency;
  }

  async #deliver(item: QueuedDelivery): Promise<void> {
    this.#held.begin(item);
    let leaving: Leaving;
    try {
      const [material] = (await (this.#warm.take(item) ?? this.#ports.journal.material([item.delivery]))) as readonly (Material | undefined)[];
      if (!material) throw new PasserelleError('ERR_INVARIANT', { found: 'a delivery without material' });
      leaving = { ...material, keys: item.keys };
    } catch (thrown) {
      const error = PasserelleError.from(thrown);
      if (error.entry.disposition === 'transient') return this.#putBack(item, error.toData());
      // Only this one: a lane that stopped for it would stop for everybody.
      return this.#conclude(item, { kind: 'encode', outcome: 'refuse', error: error.toData() }, new Set(item.keys));
    }
    await this.#room.within(item.kind === 'document' ? leaving.parts : [], () => this.#leave(item, leaving));
  }

  async #leave(item: QueuedDelivery, leaving: Leaving): Promise<void> {
    for (let decision = this.#decisionOn(item); decision; decision = this.#decisionOn(item)) await decision.over;
    // While it waited a person may have decided about it, or stopped the lane.
    if (!this.#isAsTaken(item) || this.#status !== 'open' || this.#gate.isDown) return this.#putBack(item);
    this.#sent.add(item);
    try {
      await this.#send(item, leaving);
    } finally {
      this.#sent.delete(item);
    }
  }

  #decisionOn(item: QueuedDelivery): { readonly over: Promise<void> } | undefined {
    for (const decision of this.#decisions) if (decision.isIt(item)) return decision;
    return undefined;
  }

  async #send(item: QueuedDelivery, leaving: Leaving): Promise<void> {
    let result: AttemptResult;
    let told: readonly string[] = [];
    try {
      if (tells(item.kind)) told = keysTold(leaving.event, item.keys, this.#ports.index);
      result = this.#held.endOf(item) ?? (await this.#attempt(leaving));
    } catch (thrown) {
      result = { kind: 'unavailable', error: PasserelleError.from(thrown).toData() };
    }
    if (result.kind === 'unavailable') return this.#putBack(item, result.error);
    const { raw: _, ...kept } = leaving;
    await this.#conclude(item, result, new Set(told), item.kind === 'document' ? kept : undefined);
  }

  /** Nothing was sent: it leaves at its old place. With what the engine itself lacks, the lane waits for that. */
  #putBack(item: QueuedDelivery, lacks?: ErrorData): void {
    this.#inFlight -= 1;
    this.#held.end(item.delivery);
    if (lacks) this.#trip(lacks);
    // Whoever decided about it meanwhile has put it where it belongs.
    if (this.#isAsTaken(item)) this.#schedule.reopen(item.delivery);
  }

  #isAsTaken(item: QueuedDelivery): boolean {
    return this.#schedule.get(item.delivery)?.item === item;
  }

  #attempt(leaving: Leaving): Promise<AttemptResult> {
    return attempt(leaving, {
      lane: this.endpoint,
      ports: this.#ports,
      sink: this.#sink,
      ackTimeoutMs: this.endpoint.ackTimeoutMs,
      idempotent: this.endpoint.policy.idempotent,
      ...(this.endpoint.lacking && { lacking: this.endpoint.lacking }),
      ...(this.#lease && { lease: this.#lease }),
    });
  }

  /** `told`: whom its receiver knows once it took this identity. `brought`: the document that it has then. */
  async #conclude(
    item: QueuedDelivery,
    result: Exclude<AttemptResult, { kind: 'unavailable' }>,
    told: ReadonlySet<string>,
    brought?: Leaving,
  ): Promise<void> {
    const after = this.#after(item, result);
    this.#inFlight -= 1;
    // As it is now: by the time the outcome is stored the lane may have changed.
    if (after.to === 'delivered') this.#failing = undefined;
    else if (after.to === 'queued') this.#fails(after.error);
    if (after.trips) this.#trip(after.error);
    else if (result.kind !== 'encode') this.#closeCircuit();
    // It was taken: the next one need not wait until that is stored.
    if (after.to === 'delivered') this.#pump();
    const from = result.kind === 'encode' || result.begun ? 'queued' : 'sending';
    const settlement = this.#settlement(item, from, after, result);
    const isTaken = tells(item.kind) && after.to === 'delivered';
    // It is held no more: it does not overtake itself.
    if (isTaken) this.#held.end(item.delivery);
    // Before it is over: should the engine stop in between, the identity is sent again, and nothing stays held for one that passed.
    if (isTaken) await this.lookAgain(told, true);
    if (!(await this.#settleSurely(settlement))) return;
    this.#sent.delete(item);
    this.#ports.count('deliveries_settled_total', { lane: this.endpoint.name, state: after.to });
    this.#follow(item, after, settlement);
    await this.#held.tried(item, after.to, told);
    if (brought && after.to === 'delivered') await this.#endBeside(item, brought);
    this.#settled(item, after.to);
  }

  /** What died beside this document before it came is tried again, to end as what need not leave (decision 0038). Never rejects: a person sees what is dead. */
  async #endBeside({ delivery: of, keys }: QueuedDelivery, brought?: Leaving): Promise<void> {
    const { legs, log, now, journal } = this.#ports;
    const { name, settings } = this.endpoint;
    try {
      const [arrived] = brought ? [brought] : await journal.material([of]);
      for (const delivery of (arrived && (await legs?.diedBeside({ ...arrived, keys }, { name, site: settings.site }))) ?? []) {
        const action = { verb: 'resend', delivery, who: 'passerelle', why: 'son N1 est arrivé / its N1 arrived', at: iso(now()) } as const;
        for (const { deliveries } of await journal.act([action])) for (const item of deliveries) this.update(item);
      }
    } catch (thrown) {
      log('warn', 'what died beside a document could not be tried again', { lane: name, code: PasserelleError.from(thrown).code });
    }
  }

  #after(item: QueuedDelivery, result: Exclude<AttemptResult, { kind: 'unavailable' }>): AfterAttempt {
    const { policy } = this.endpoint;
    const counted = { ...item, attempts: item.attempts + 1 };
    if (result.kind === 'reply') return afterReply(result.reply, counted, policy, this.#ports.random());
    if (result.kind === 'failure') return afterFailure(result.error, counted, policy, this.#ports.random());
    return { to: ({ hold: 'held', refuse: 'dead', discard: 'discarded' } as const)[result.outcome], counted: false, error: result.error };
  }

  #settlement(item: QueuedDelivery, from: Settlement['from'], after: AfterAttempt, result?: AttemptResult): Settlement {
    const now = this.#ports.now();
    const ack = result?.kind === 'reply' ? result.reply.ack : undefined;
    return {
      delivery: item.delivery,
      from,
      to: after.to,
      at: iso(now),
      counted: after.counted,
      ...(ack && { ack }),
      ...(result && 'begun' in result && result.begun && { begun: result.begun }),
      ...(after.error && { error: after.error }),
      ...(after.waitMs !== undefined && { notBefore: iso(now + after.waitMs) }),
    };
  }

  /** An outcome must not be lost because the journal is away for a while: it is offered until it is taken. */
  async #settleSurely(settlement: Settlement): Promise<boolean> {
    try {
      await this.#surely(() => this.#ports.journal.settle([settlement], this.#lease), 'outcome cannot be stored yet');
      return true;
    } catch (thrown) {
      const { code, entry } = PasserelleError.from(thrown);
      // The new owner of the lane found it as it was, and decides what the doubt means.
      if (code === 'ERR_LANE_LOST' || entry.disposition === 'transient') return false;
      throw thrown;
    }
  }

  /** The journal takes no outcome of this one: what it says itself counts, and nobody waits for ever. Never rejects. */
  async #followJournal(item: QueuedDelivery, cause: unknown): Promise<void> {
    const { log, journal } = this.#ports;
    const { name: lane } = this.endpoint;
    const { delivery } = item;
    log('error', 'delivery stopped', { lane, delivery, code: PasserelleError.from(cause).code });
    this.#held.end(delivery);
    try {
      const now = await this.#surely(() => deliveryNow(journal, lane, item), 'a delivery cannot be read yet');
      // Whoever decided about it meanwhile has put it where it belongs.
      if (this.#stopped || !this.#isAsTaken(item)) return;
      if (!now || now.state === 'discarded') return this.forget(delivery);
      // It keeps its place until that is stored.
      if (now.state === 'sending') return this.#backlog.update(await this.#surely(() => this.#doubt(now), 'outcome cannot be stored yet'));
      // As it was taken: sent again at once, it would be refused again at once.
      const notBefore = iso(this.#ports.now() + this.endpoint.policy.maxMs);
      this.update(now.state === 'queued' ? { ...now, notBefore } : now);
    } catch (thrown) {
      log('error', 'a delivery could not be followed', { lane, delivery, code: PasserelleError.from(thrown).code });
    }
  }

  /** Tries until the journal is there; once the lane has stopped, no longer than that waits. */
  async #surely<T>(work: () => Promise<T>, what: string): Promise<T> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await work();
      } catch (thrown) {
        const error = PasserelleError.from(thrown);
        if (error.code === 'ERR_LANE_LOST' || error.entry.disposition !== 'transient') throw error;
        if (tries === 0) this.#ports.log('error', what, { lane: this.endpoint.name, code: error.code });
        if (this.#stopped && performance.now() > this.#stopBy) throw error;
        await new Promise((resolve) =>
          setTimeout(resolve, backoffMs(tries, { firstMs: 200, maxMs: this.#stopped ? 500 : 10_000 }, this.#ports.random())),
        );
      }
    }
  }

  #follow(item: QueuedDelivery, after: AfterAttempt, settlement: Settlement): void {
    const { error: _, notBefore: __, ...rest } = item;
    const next: QueuedDelivery = {
      ...rest,
      state: after.to,
      attempts: item.attempts + (after.counted ? 1 : 0),
      ...(after.error && { error: after.error }),
      ...(settlement.notBefore && { notBefore: settlement.notBefore }),
    };
    this.#held.see(next);
    this.#backlog.update(next);
    void this.#held.moved(next);
  }

  #trip(error: ErrorData | undefined): void {
    if (this.#status !== 'open') return;
    this.#status = 'tripped';
    this.#error = error;
    this.#fails(error);
    const wait = backoffMs(this.#trips, { firstMs: FIRST_TRIP_MS, maxMs: LAST_TRIP_MS }, this.#ports.random());
    this.#trips += 1;
    this.#ports.count('lane_trips_total', { lane: this.endpoint.name });
    if (this.#trips === 1) this.#ports.log('warn', 'lane tripped', { lane: this.endpoint.name, code: error?.code ?? 'ERR_CONNECTION_REFUSED' });
    this.#tripTimer = setTimeout(() => void this.#probe(), wait);
  }

  #fails(error: ErrorData | undefined): void {
    this.#failing = { since: this.#failing?.since ?? this.#ports.now(), ...(error && { code: error.code }) };
  }

  /** Half-open: asks the endpoint before a delivery is risked. */
  async #probe(): Promise<void> {
    const error = await this.#sink.probe().then(
      () => undefined,
      (thrown: unknown) => PasserelleError.from(thrown).toData(),
    );
    if (this.#status !== 'tripped') return; // paused or resumed meanwhile
    this.#status = 'open';
    if (error) this.#trip(error);
    else this.#pump();
  }

  #closeCircuit(): void {
    if (this.#status === 'tripped') return; // what was on its way then says nothing of the next one
    if (this.#trips > 0) this.#ports.log('info', 'lane works again', { lane: this.endpoint.name });
    this.#trips = 0;
    this.#error = undefined;
  }

  #reopenIn(delivery: number, ms: number): void {
    if (this.#stopped) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(delivery);
        this.#schedule.reopen(delivery);
        this.#pump();
      },
      Math.min(ms, 2 ** 31 - 1),
    );
    this.#timers.set(delivery, timer);
  }

  #clearTimer(delivery: number): void {
    clearTimeout(this.#timers.get(delivery));
    this.#timers.delete(delivery);
  }
}
