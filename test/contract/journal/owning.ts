/** Contract of `lease`, `release`, writes that name a lease, and `watch`: for a store that several nodes open at once. */
import { expect } from 'chai';
import type { JournalStore, LaneLease } from '../../../core/contract/index.ts';
import type { Fixture, StoreUnderTest } from './fixture.ts';
import { refused } from './fixture.ts';
import { at, decided, encoded, incoming } from './samples.ts';

const LONG_MS = 600_000;
const IN = 'chx-adt-in';
const OUT = 'dcc-out';

export function owning(journal: Fixture, under: StoreUnderTest): void {
  const lease = (store: JournalStore, node: string, lanes: readonly string[], ttlMs = LONG_MS, graceMs = 0): Promise<readonly LaneLease[]> =>
    store.lease({ node, lanes, ttlMs, graceMs });

  describe('a lease', () => {
    it('is given for a free lane and renewed for its owner, whose writes pass', async () => {
      const leases = await lease(journal.store, 'a', [IN, OUT]);
      expect(leases.map((l) => l.lane)).to.have.members([IN, OUT]);
      expect(await lease(journal.store, 'a', [IN, OUT])).to.deep.equal(leases);
      const of = (lane: string): LaneLease => leases.find((l) => l.lane === lane)!;
      const [id] = (await journal.store.reserve(1)) as [number];
      const [admitted] = await journal.store.admit([{ message: incoming(), decision: decided(id) }], of(IN));
      const { delivery } = admitted!.deliveries![0]!;
      await journal.store.begin([{ delivery, startedAt: at(1), encoded: encoded() }], of(OUT));
      await journal.store.settle([{ delivery, from: 'sending', to: 'delivered', at: at(2), counted: true }], of(OUT));
      const second = await journal.receive();
      await journal.store.decide([decided(second)], of(IN));
      await journal.store.release(leases);
    });
  });

  if (!under.shared) return;

  describe('of two nodes', () => {
    let other: JournalStore;
    beforeEach(async () => (other = await under.plugin.open(journal.address)));
    afterEach(() => other.close());

    it('one owns a lane at a time; given back it is free at once, with a greater token', async () => {
      const [mine] = (await lease(journal.store, 'a', [IN])) as [LaneLease];
      expect(await lease(other, 'b', [IN])).to.deep.equal([]);
      expect((await lease(other, 'b', [IN, OUT])).map((l) => l.lane)).to.deep.equal([OUT]);
      await journal.store.release([mine]);
      const [theirs] = (await lease(other, 'b', [IN], LONG_MS, LONG_MS)) as [LaneLease];
      expect(theirs.token).to.be.above(mine.token);
      expect(await lease(journal.store, 'a', [IN])).to.deep.equal([]);
      // An old lease gives nothing back.
      await journal.store.release([mine]);
      expect(await lease(journal.store, 'a', [IN])).to.deep.equal([]);
    });

    it('a lane is taken over when its lease and the time of its last sends are over, not before', async () => {
      const [mine] = (await lease(journal.store, 'a', [IN], 1)) as [LaneLease];
      expect(await lease(other, 'b', [IN], LONG_MS, LONG_MS)).to.deep.equal([]);
      let theirs: readonly LaneLease[] = [];
      while (theirs.length === 0) theirs = await lease(other, 'b', [IN], LONG_MS, 1);
      expect(theirs[0]!.token).to.be.above(mine.token);
    });

    it('a write under a lease that is no longer current stores nothing, and nothing happens to its neighbours', async () => {
      const [mine] = (await lease(journal.store, 'a', [IN])) as [LaneLease];
      const waiting = await journal.receive();
      const { delivery } = await journal.queued();
      await journal.store.release([mine]);
      const [theirs] = (await lease(other, 'b', [IN])) as [LaneLease];
      const [id] = (await journal.store.reserve(1)) as [number];
      const lost = [
        journal.store.admit([{ message: incoming(), decision: decided(id) }], mine),
        journal.store.decide([decided(waiting)], mine),
        journal.store.begin([{ delivery, startedAt: at(1), encoded: encoded() }], mine),
        journal.store.settle([{ delivery, from: 'queued', to: 'held', at: at(1), counted: false }], mine),
        journal.store.keep([{ kind: 'person', key: 'aa', value: '1' }], at(1), mine),
      ];
      const beside = journal.store.receive([incoming()]);
      for (const write of lost) await refused(write, 'ERR_LANE_LOST');
      expect(await beside).to.have.length(1);
      expect(await journal.store.message(id)).to.equal(undefined);
      expect((await journal.store.message(waiting))?.message.state).to.equal('received');
      expect(await journal.stateOf(delivery)).to.equal('queued');
      expect(await journal.store.notes('person', ['aa'])).to.deep.equal([undefined]);
      await refused(journal.store.decide([decided(waiting)], { lane: 'never-leased', token: 1 }), 'ERR_LANE_LOST');
      await other.decide([decided(waiting)], theirs);
      await other.begin([{ delivery, startedAt: at(1), encoded: encoded() }], theirs);
      // What the new owner has done since is not held against it: it learns that the lane is lost, and nothing else.
      await refused(journal.store.decide([decided(waiting)], mine), 'ERR_LANE_LOST');
      await refused(journal.store.begin([{ delivery, startedAt: at(1), encoded: encoded() }], mine), 'ERR_LANE_LOST');
    });

    it('a lease that ran out is not current, though nobody took it', async () => {
      const [mine] = (await lease(journal.store, 'a', [IN], 1)) as [LaneLease];
      const message = await journal.receive();
      let isOver = false;
      while (!isOver)
        isOver = await journal.store.admit([], mine).then(
          () => false,
          () => true,
        );
      await refused(journal.store.decide([decided(message)], mine), 'ERR_LANE_LOST');
    });

    it('each sees what the other stores, and numbers never meet', async () => {
      const ids = new Set<number>();
      const admit = async (store: JournalStore): Promise<void> => {
        for (let i = 0; i < 10; i++) {
          const [id] = (await store.reserve(1)) as [number];
          const lane = store === other ? 'other-in' : IN;
          const [result] = await store.admit([{ message: incoming({ lane, site: `${lane}-${i}` }), decision: decided(id) }]);
          ids.add(result!.deliveries![0]!.delivery);
        }
      };
      await Promise.all([admit(journal.store), admit(other), admit(journal.store), admit(other)]);
      expect(ids.size).to.equal(40);
      const [mine, theirs] = [await journal.store.messages({}, { limit: 100 }), await other.messages({}, { limit: 100 })];
      expect(mine.items).to.have.length(40);
      expect(mine).to.deep.equal(theirs);
      expect(await journal.store.lanes()).to.deep.equal(await other.lanes());
    });

    it('each is told of what the other stored for a lane, and of decisions', async () => {
      const told: string[] = [];
      let wake: () => void = () => undefined;
      const stop = journal.store.watch!((lane) => {
        told.push(lane);
        wake();
      });
      const hear = async (lane: string): Promise<void> => {
        while (!told.includes(lane)) await new Promise<void>((resolve) => (wake = resolve));
        told.length = 0;
      };
      // Until it listens nothing is promised: repeated until the first one is heard.
      const listening = hear('first-in');
      const state = { isHeard: false };
      void listening.then(() => (state.isHeard = true));
      while (!state.isHeard) await other.receive([incoming({ lane: 'first-in' })]);
      const [result] = await other.receive([incoming({ lane: 'second-in' })]);
      await hear('second-in');
      const decision = decided(result!.message, { events: [{ ...decided(0).events[0]!, destinations: [{ lane: 'third-out' }] }] });
      await other.decide([decision]);
      await hear('third-out');
      stop();
    });
  });
}
