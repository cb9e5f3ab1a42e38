/**
 * Short lives of a delivery lane by chance: a receiver and a journal that fail, a person who pauses, resends and puts away, restarts. Nothing leaves before
 * what came before it of its patient, its series or its lane, nothing twice once it was taken, nothing is stuck, and a lane that stopped uses the journal no more.
 */
import { hash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { PasserelleError, type JournalStore, type QueuedDelivery, type RoutedEvent } from '../../core/contract/index.ts';
import type { OrderRule } from '../../core/lanes/schedule.ts';
import { at, routed } from '../contract/journal/samples.ts';
import { LANE, LaneBench, patient } from './lane-bench.ts';
import { SEED, chance, trials } from './random.ts';

const STEPS = 40;
const SETTLED_WITHIN_MS = 30_000;

/** One lane after the other on one journal, and what became of each delivery. */
class Lives {
  readonly bench = new LaneBench();
  readonly faults: string[] = [];
  readonly #draw: ReturnType<typeof chance>;
  readonly #order: OrderRule;
  readonly #policy: object;
  readonly #window: number;
  /** By the id of its event. */
  readonly #rows = new Map<string, QueuedDelivery>();
  /** Taken, or put away by a person. */
  readonly #over = new Set<string>();
  /** Refused, and no identity: others of its patient pass it (decision 0004). */
  readonly #passed = new Set<string>();
  /** Chances that a call fails. */
  #failing = { journal: 0.1, receiver: 0.35 };
  #store!: JournalStore;
  #reviving: NodeJS.Timeout | undefined;

  constructor(seed: number, order: OrderRule, idempotent: boolean) {
    this.#draw = chance(seed);
    this.#order = order;
    this.#policy = { idempotent, duplicates: 'tolerated', resendAfterMs: 5, attempts: 1000, firstMs: 1, maxMs: 8 };
    this.#window = this.#draw.pick([2, 5, 20]);
  }

  async live(): Promise<Readonly<Record<string, number>>> {
    const { bench } = this;
    await bench.open();
    this.#store = bench.journal;
    bench.concurrency = this.#draw.between(1, 4);
    bench.send = (id) => this.#send(id);
    bench.interpret = (id) => this.#interpret(id);
    try {
      await this.#begin();
      for (let step = 0; step < STEPS; step += 1) await this.#step();
      this.#failing = { journal: 0, receiver: 0 };
      return await this.#settled();
    } finally {
      clearInterval(this.#reviving);
      await bench.close();
    }
  }

  async #step(): Promise<void> {
    const { lane } = this.bench;
    const lot = this.#draw.next();
    if (lot < 0.5) await this.#more();
    else if (lot < 0.6) {
      lane.pause();
      await wait(this.#draw.between(0, 10));
      lane.resume();
    } else if (lot < 0.68) {
      await lane.stop();
      await this.#begin();
    } else if (lot < 0.85) await this.#decide();
    else await wait(this.#draw.between(0, 30));
  }

  /** A lane, whose journal fails now and then. */
  async #begin(): Promise<void> {
    clearInterval(this.#reviving);
    let isOver = false;
    const flaky =
      <A extends unknown[], T>(name: string, work: (...args: A) => Promise<T>) =>
      async (...args: A): Promise<T> => {
        if (isOver) this.faults.push(`${name} of a lane that has stopped`);
        if (this.#draw.next() < this.#failing.journal) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE');
        if (this.#draw.next() < 0.2) await wait(this.#draw.between(0, 15));
        return work(...args);
      };
    const { begin, settle, backlog, material } = this.#store;
    this.bench.journal = {
      ...this.#store,
      begin: flaky('begin', begin),
      settle: flaky('settle', settle),
      backlog: flaky('backlog', backlog),
      material: flaky('material', material),
    };
    const lane = this.bench.make({ policy: this.#policy as never, order: this.#order }, this.#window);
    // It would wait a second each time.
    this.#reviving = setInterval(() => lane.status === 'tripped' && lane.resume(), 5);
    const stop = lane.stop.bind(lane);
    lane.stop = async () => {
      await stop();
      isOver = true;
    };
    await lane.start();
  }

  async #more(): Promise<void> {
    const draw = this.#draw;
    const event = (): Partial<RoutedEvent> => {
      const kind = draw.pick(['identity', 'document', 'document', 'visit'] as const);
      const names = new Set(Array.from({ length: draw.pick([1, 1, 1, 2, 3]) }, () => draw.pick(['a', 'b', 'c', 'd'])));
      const isInSeries = kind === 'document' && draw.next() < 0.5;
      return { ...routed(), kind, keys: [...names].flatMap(patient), ...(isInSeries && { series: hash('sha256', draw.pick(['s', 't'])) }) };
    };
    const events = Array.from({ length: draw.between(1, 6) }, event);
    const made = await this.bench.queue(events);
    const fresh = made.map((item, i) => ({ item, format: 'plain', event: events[i]!.event!, parts: [], queuedAt: at(0) }));
    for (const { item, event: of } of fresh) this.#rows.set(of.id, item);
    this.bench.lane.offer(fresh);
  }

  /** What a person does about one that is dead or in doubt. Answers whether there was one. */
  async #decide(): Promise<boolean> {
    const { items } = await this.#store.deliveries({ lane: LANE, states: ['dead', 'review'] }, { limit: 50 });
    if (items.length === 0) return false;
    const { delivery } = this.#draw.pick(items);
    const verb = this.#draw.pick(['resend', 'discard'] as const);
    const [id] = [...this.#rows].find(([, item]) => item.delivery === delivery)!;
    if (verb === 'discard') this.#over.add(id);
    const { lane } = this.bench;
    for (const { deliveries } of await this.#store.act([{ verb, delivery, who: 'camille', why: 'essai', at: at(1) }]))
      for (const item of deliveries) {
        if (item.state === 'discarded') lane.forget(item.delivery);
        else lane.update(item);
      }
    return true;
  }

  async #send(id: string): Promise<{ bytes: Uint8Array }> {
    // Read in the journal before its offer was made.
    while (!this.#rows.has(id)) await wait(1);
    const item = this.#rows.get(id)!;
    if (this.#over.has(id)) this.faults.push(`${item.delivery} again once it was over`);
    for (const [other, older] of this.#rows)
      if (older.delivery < item.delivery && !this.#over.has(other) && this.#isBefore(other, older, item))
        this.faults.push(`${item.delivery} (${item.kind}) before ${older.delivery} (${older.kind})`);
    await wait(this.#draw.between(0, 8));
    const lot = this.#draw.next();
    if (lot < this.#failing.receiver * 0.3) throw new PasserelleError('ERR_CONNECTION_REFUSED');
    if (lot < this.#failing.receiver * 0.5) throw new PasserelleError('ERR_ACK_TIMEOUT');
    return { bytes: Buffer.from(id) };
  }

  #isBefore(id: string, older: QueuedDelivery, item: QueuedDelivery): boolean {
    const isSeries = ({ series }: QueuedDelivery): boolean => series !== undefined && series === older.series;
    // What waits in its series for one that is refused lets its patients go, too.
    const isPassed =
      this.#passed.has(id) || [...this.#passed].some((one) => isSeries(this.#rows.get(one)!) && this.#rows.get(one)!.delivery < older.delivery);
    return !isPassed && (this.#order === 'lane' || isSeries(item) || older.keys.some((key) => item.keys.includes(key)));
  }

  #interpret(id: string): object {
    const lot = this.#draw.next();
    if (lot < this.#failing.receiver * 0.15) return { outcome: 'later' };
    if (lot < this.#failing.receiver * 0.2) return { outcome: 'unavailable' };
    if (lot < this.#failing.receiver * 0.3) {
      if (this.#rows.get(id)!.kind !== 'identity') this.#passed.add(id);
      return { outcome: 'refused' };
    }
    this.#over.add(id);
    return { outcome: 'delivered' };
  }

  async #settled(): Promise<Readonly<Record<string, number>>> {
    const until = performance.now() + SETTLED_WITHIN_MS;
    for (;;) {
      while (await this.#decide());
      const states = await this.bench.states();
      const isSettled = Object.keys(states).every((state) => state === 'delivered' || state === 'discarded');
      if (isSettled || performance.now() > until) return states;
      await wait(20);
    }
  }
}

describe('lives of a delivery lane', function () {
  this.timeout(120_000);
  for (const order of ['patient', 'lane'] as const)
    for (const idempotent of [false, true])
      for (let trial = 0; trial < trials(5); trial += 1)
        it(`in the order of the ${order}, to a receiver that ${idempotent ? 'recognises doubles' : 'does not'} (seed ${SEED + trial})`, async () => {
          const lives = new Lives((SEED + trial) * 1000, order, idempotent);
          const states = await lives.live();
          expect(lives.faults).to.deep.equal([]);
          expect(states, lives.bench.logged.join('\n')).to.have.all.keys(
            ...Object.keys(states).filter((s) => s === 'delivered' || s === 'discarded'),
          );
        });
});
