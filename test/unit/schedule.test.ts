import { expect } from 'chai';
import * as fc from 'fast-check';
import type { QueuedDelivery } from 'passerelle/contract';
import { Backlog } from '../../core/lanes/backlog.ts';
import { Schedule } from '../../core/lanes/schedule.ts';

const item = (delivery: number, keys: string[], extra: Partial<QueuedDelivery> = {}): QueuedDelivery => ({
  delivery,
  message: delivery,
  lane: 'x',
  state: 'queued',
  kind: 'identity',
  keys,
  attempts: 0,
  ...extra,
});
const document = (delivery: number, keys: string[], series: string, state: QueuedDelivery['state'] = 'queued'): QueuedDelivery =>
  item(delivery, keys, { kind: 'document', series, state });
/** What the lane says: a document that is dead or held. */
const holdsNoPatient = ({ kind, state }: QueuedDelivery): boolean => kind === 'document' && (state === 'dead' || state === 'held');
const take = (s: Schedule): number | undefined => s.take()?.delivery;
const takeAll = (s: Schedule): number[] => Array.from({ length: s.readyCount }, () => take(s)!);
/** It ended so, and is not over. */
const ends = (s: Schedule, ended: QueuedDelivery): void => {
  s.remove(ended.delivery);
  s.add(ended, ended.state === 'queued' ? 'open' : 'parked');
};

describe('the schedule of a delivery lane', () => {
  it('lets different patients leave side by side and one patient one by one', () => {
    const s = new Schedule('patient');
    for (const [n, key] of [
      [1, 'a'],
      [2, 'a'],
      [3, 'b'],
    ] as const)
      s.add(item(n, [key]));
    expect([take(s), take(s), take(s)]).to.deep.equal([1, 3, undefined]);
    s.remove(1);
    expect(take(s)).to.equal(2);
  });

  it('makes a merge wait for both of its patients and hold both', () => {
    const s = new Schedule('patient');
    s.add(item(1, ['a']));
    s.add(item(2, ['b']));
    s.add(item(3, ['a', 'b']));
    s.add(item(4, ['a']));
    s.add(item(5, ['b']));
    expect([take(s), take(s), take(s)]).to.deep.equal([1, 2, undefined]);
    s.remove(1);
    expect(take(s)).to.equal(undefined);
    s.remove(2);
    expect([take(s), take(s)]).to.deep.equal([3, undefined]);
    s.remove(3);
    expect([take(s), take(s)]).to.deep.equal([4, 5]);
  });

  it('keeps a patient behind a parked identity, and only the versions of a document behind a parked document', () => {
    const s = new Schedule('patient', holdsNoPatient);
    s.add(document(1, ['a'], 'd'));
    s.add(document(2, ['a'], 'e'));
    s.add(document(3, ['a'], 'd'));
    expect(take(s)).to.equal(1);
    ends(s, document(1, ['a'], 'd', 'dead'));
    expect(take(s)).to.equal(2);
    s.remove(2);
    expect(take(s)).to.equal(undefined);
    expect(s.blocker(3)?.delivery).to.equal(1);
    s.remove(1);
    expect(take(s)).to.equal(3);
  });

  for (const rule of ['patient', 'lane'] as const)
    for (const state of ['held', 'dead'] as const)
      it(`B6: lets an identity, and other documents, pass what waits for a document that is ${state}, by the order of the ${rule}; what waited keeps its place`, () => {
        const s = new Schedule(rule, holdsNoPatient);
        for (const n of [1, 2, 3]) s.add(document(n, ['a'], 'd'));
        expect(takeAll(s)).to.deep.equal([1]);
        ends(s, document(1, ['a'], 'd', state));
        expect(s.readyCount, 'of its series nothing leaves').to.equal(0);
        s.add(item(4, ['a']));
        s.add(document(5, ['a'], 'e'));
        s.add(document(6, ['a'], 'd'));
        expect(takeAll(s)).to.deep.equal([4]);
        s.remove(4);
        expect(takeAll(s)).to.deep.equal([5]);
        s.remove(5);
        expect([2, 3, 6].map((n) => s.blocker(n)?.delivery)).to.deep.equal([1, 1, 1]);
        s.add(item(7, ['a', 'b']));
        s.add(document(8, ['b'], 'f'));
        ends(s, document(1, ['a'], 'd'));
        for (const next of [1, 2, 3, 6, 7, 8]) {
          expect(takeAll(s)).to.deep.equal([next]);
          s.remove(next);
        }
      });

  it('sends nothing of a patient beside what is being sent of it, though it was released to a place before', () => {
    const s = new Schedule('patient', holdsNoPatient);
    s.add(document(1, ['a'], 'd', 'held'), 'parked');
    s.add(document(2, ['a'], 'd'));
    s.add(item(3, ['a']));
    expect(takeAll(s)).to.deep.equal([3]);
    ends(s, document(1, ['a'], 'd'));
    expect(take(s)).to.equal(undefined);
    expect([s.blocker(1)?.delivery, s.blocker(3)]).to.deep.equal([3, undefined]);
    s.reopen(3);
    expect(takeAll(s), 'it could not be sent: the older one is first').to.deep.equal([1]);
    for (const next of [2, 3]) {
      s.remove(next - 1);
      expect(takeAll(s)).to.deep.equal([next]);
    }
  });

  it('keeps a patient behind what is in doubt, whatever that waits for in its series', () => {
    const s = new Schedule('patient', holdsNoPatient);
    s.add(document(2, ['a'], 'd', 'review'), 'parked');
    s.add(document(1, ['a'], 'd', 'held'), 'parked');
    s.add(item(3, ['a']));
    expect(take(s)).to.equal(undefined);
    s.remove(2);
    expect(take(s)).to.equal(3);
  });

  it('says what a delivery waits for in the end, through others and other patients', () => {
    const s = new Schedule('patient');
    s.add(item(1, ['a']), 'parked');
    s.add(item(2, ['a', 'b']));
    s.add(item(3, ['b', 'c']));
    s.add(item(4, ['d']));
    s.add(item(5, ['c', 'd']));
    expect([1, 2, 3, 4].map((delivery) => s.blocker(delivery)?.delivery)).to.deep.equal([undefined, 1, 1, undefined]);
    expect(s.blocker(5)?.delivery).to.be.oneOf([1, 4]);
    s.remove(4);
    expect(s.blocker(5)?.delivery).to.equal(1);
  });

  it('gives a retried delivery its old place back', () => {
    const s = new Schedule('patient');
    s.add(item(1, ['a']));
    s.add(item(2, ['a']));
    expect(take(s)).to.equal(1);
    s.remove(1);
    s.add(item(1, ['a']), 'parked');
    expect(take(s)).to.equal(undefined);
    s.reopen(1);
    expect(take(s)).to.equal(1);
  });

  it('sends one at a time when the endpoint asks for the order of the lane', () => {
    const s = new Schedule('lane');
    s.add(item(1, ['a']));
    s.add(item(2, ['b']));
    expect([take(s), take(s)]).to.deep.equal([1, undefined]);
  });

  it('never sends two deliveries of one key at once nor out of order, and sends everything, whatever happens', () => {
    const keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(keys, { minLength: 1, maxLength: 30 }), fc.array(fc.nat(), { minLength: 200, maxLength: 200 }), (all, draws) => {
        const s = new Schedule('patient');
        const busy = new Map<number, string[]>();
        const done: number[] = [];
        const last = new Map<string, number>();
        let next = 0;
        for (const draw of [...draws, ...Array.from({ length: 400 }, (_, i) => i)]) {
          if (draw % 3 === 0 && next < all.length) s.add(item(++next, all[next - 1] as string[]));
          else if (draw % 3 === 1) {
            const entry = s.take();
            if (!entry) continue;
            for (const key of entry.item.keys) {
              expect([...busy.values()].flat()).not.to.include(key);
              expect(last.get(key) ?? 0).to.be.below(entry.delivery);
            }
            busy.set(entry.delivery, [...entry.item.keys]);
          } else {
            const [delivery] = [...busy.keys()].slice(draw % Math.max(1, busy.size));
            if (delivery === undefined) continue;
            if (draw % 2 === 0) {
              busy.delete(delivery);
              s.reopen(delivery);
              continue;
            }
            for (const key of busy.get(delivery) ?? []) last.set(key, delivery);
            busy.delete(delivery);
            s.remove(delivery);
            done.push(delivery);
          }
        }
        while (next < all.length) s.add(item(++next, all[next - 1] as string[]));
        for (const delivery of busy.keys()) s.remove(delivery);
        for (let entry = s.take(); entry; entry = s.take()) s.remove(entry.delivery);
        expect(s.size).to.equal(0);
      }),
    );
  });

  describe('whatever becomes of documents and identities, in any order', () => {
    interface Row {
      item: QueuedDelivery;
      isBusy: boolean;
    }
    const KEYS = ['a', 'b', 'c'];
    const rows = fc.array(
      fc.record({
        keys: fc.uniqueArray(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 2 }),
        series: fc.option(fc.constantFrom('d', 'e', 'f')),
      }),
      { minLength: 1, maxLength: 20 },
    );
    const steps = fc.constantFrom('add', 'add', 'take', 'take', 'end', 'end', 'act', 'restart');
    const draws = fc.array(fc.record({ step: steps, pick: fc.nat(), how: fc.nat() }), { minLength: 40, maxLength: 120 });
    const isOfOnePatient = (a: Row, b: Row): boolean => a.item.keys.some((key) => b.item.keys.includes(key));
    const isBehind = (a: Row, b: Row): boolean => a.item.series !== undefined && a.item.series === b.item.series && a.item.delivery > b.item.delivery;

    /** Said without queues: waits in its series for one that holds no patient. */
    const isSetApart = (one: Row, all: readonly Row[]): boolean =>
      one.item.state === 'queued' && !one.isBusy && all.some((other) => isBehind(one, other) && holdsNoPatient(other.item));
    /** What may leave, of all that is in the journal. */
    function mayLeave(all: readonly Row[]): readonly number[] {
      const waitsFor = (one: Row, other: Row): boolean =>
        isBehind(one, other) ||
        ((other.isBusy || other.item.delivery < one.item.delivery) &&
          isOfOnePatient(one, other) &&
          !holdsNoPatient(other.item) &&
          !isSetApart(other, all));
      const isFree = (one: Row): boolean => !all.some((other) => other !== one && waitsFor(one, other));
      return all.filter((one) => one.item.state === 'queued' && !one.isBusy && isFree(one)).map(({ item: { delivery } }) => delivery);
    }

    /** A lane without a wire: the record takes documents of whom it knows. */
    class World {
      readonly journal = new Map<number, Row>();
      readonly #known = new Set<string>();
      readonly #window: number;
      schedule!: Schedule;
      #backlog!: Backlog;

      constructor(window: number) {
        this.#window = window;
      }

      get all(): readonly Row[] {
        return [...this.journal.values()];
      }

      get ready(): readonly number[] {
        return [...this.schedule].flatMap((entry) => (entry.ready ? [entry.delivery] : [])).toSorted((a, b) => a - b);
      }

      async start(): Promise<void> {
        const schedule = new Schedule('patient', holdsNoPatient);
        this.schedule = schedule;
        this.#backlog = new Backlog(schedule, this.#window, {
          read: async (after) => this.all.flatMap(({ item: one }) => (one.delivery > after ? [one] : [])).slice(0, 3),
          admit: (one) => {
            if (one.state !== 'delivered') schedule.add(one, one.state === 'queued' ? 'open' : 'parked');
          },
        });
        await this.#backlog.load();
      }

      add(one: QueuedDelivery): void {
        this.journal.set(one.delivery, { item: one, isBusy: false });
        this.#backlog.offer([one]);
      }

      async take(): Promise<Row | undefined> {
        if (this.#backlog.isWanted) await this.#backlog.load();
        const delivery = take(this.schedule);
        if (delivery === undefined) return undefined;
        expect(mayLeave(this.all), 'nothing stands before it').to.include(delivery);
        const row = this.journal.get(delivery)!;
        row.isBusy = true;
        return row;
      }

      comesBack(row: Row): void {
        row.isBusy = false;
        this.schedule.reopen(row.item.delivery);
      }

      isTaken({ item: { kind, keys, delivery } }: Row): void {
        const row = this.journal.get(delivery)!;
        this.becomes(row, kind === 'document' && !keys.some((key) => this.#known.has(key)) ? 'held' : 'delivered');
      }

      becomes(row: Row, state: QueuedDelivery['state'], byPerson = false): void {
        row.isBusy = false;
        row.item = { ...row.item, state };
        const { delivery, kind, keys } = row.item;
        if (state === 'delivered') this.journal.delete(delivery);
        if (state === 'delivered' && byPerson) this.#backlog.forget(delivery);
        else this.#backlog.update(row.item);
        if (state !== 'delivered' || kind !== 'identity' || byPerson) return;
        for (const key of keys) this.#known.add(key);
        for (const held of this.all) if (held.item.state === 'held' && isOfOnePatient(held, row)) this.becomes(held, 'queued');
      }
    }

    for (const window of [Infinity, 3])
      it(`sends what nothing of its patients or its series stands before, the same after a restart, and in the end all that waits for no person${window === 3 ? ', past its window' : ''}`, async () => {
        let stories = 0;
        const story = fc.asyncProperty(rows, draws, async (given, drawn) => {
          const world = new World(window);
          await world.start();
          let isSomeApart = false;
          const look = (): void => {
            if (window === Infinity) expect(world.ready).to.deep.equal(mayLeave(world.all));
            isSomeApart ||= world.all.some((row) => isSetApart(row, world.all));
          };
          const made = given.map(({ keys, series }, n) => (series === null ? item(n + 1, keys) : document(n + 1, keys, series)));
          const toCome = [...made, ...KEYS.map((key, n) => item(made.length + n + 1, [key]))];
          for (const { step, pick, how } of drawn) {
            const isOneOf = ({ item: { state }, isBusy }: Row): boolean => (step === 'end' ? isBusy : state === 'dead' || state === 'review');
            const some = world.all.filter(isOneOf);
            const row = some[pick % Math.max(1, some.length)];
            if (step === 'add' && toCome.length > KEYS.length) world.add(toCome.shift()!);
            else if (step === 'take') await world.take();
            else if (step === 'restart' && how % 3 === 0 && !world.all.some(({ isBusy }) => isBusy)) await world.start();
            else if (step === 'end' && row) {
              if (how % 7 === 0) world.comesBack(row);
              else if (how % 7 === 1) world.becomes(row, 'dead');
              else if (how % 7 === 2) world.becomes(row, 'review');
              else world.isTaken(row);
            } else if (step === 'act' && row) world.becomes(row, how % 2 === 0 ? 'queued' : 'delivered', true);
            look();
          }
          // A person looks at what is in doubt and at identities; documents that are dead stay, until the last of them is put away.
          for (const row of world.all)
            if (row.isBusy || row.item.state === 'review' || (row.item.state === 'dead' && row.item.kind === 'identity'))
              world.becomes(row, 'queued', true);
          for (const one of toCome) world.add(one);
          for (let row = await world.take(); row; row = await world.take()) {
            world.isTaken(row);
            look();
          }
          const waits = (row: Row): boolean =>
            row.item.state !== 'dead' && !world.all.some((other) => isBehind(row, other) && other.item.state === 'dead');
          expect(world.all.filter(waits), 'nothing waits but for a person').to.deep.equal([]);
          for (const row of world.all) if (row.item.state === 'dead') world.becomes(row, 'delivered', true);
          for (let row = await world.take(); row; row = await world.take()) world.isTaken(row);
          expect(world.all).to.deep.equal([]);
          if (isSomeApart) stories += 1;
        });
        await fc.assert(story, { numRuns: 1000 });
        expect(stories, 'stories in which something waits for a document that holds no patient').to.be.above(50);
      });
  });
});
