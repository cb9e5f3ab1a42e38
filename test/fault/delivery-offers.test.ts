/** Deliveries that are offered to their lane later than the journal shows them, or in another order than their ids: each leaves once, none is forgotten. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { PasserelleError, type QueuedDelivery } from '../../core/contract/index.ts';
import { at, routed } from '../contract/journal/samples.ts';
import { until } from '../flow/region.ts';
import { InboundBench, identityOf } from './inbound-bench.ts';
import { LaneBench, patient } from './lane-bench.ts';

const answer = { bytes: new TextEncoder().encode('AA') };
const IDEMPOTENT = { idempotent: true, duplicates: 'review', resendAfterMs: 1, attempts: 3, firstMs: 5, maxMs: 10 } as const;

describe('what is offered to a delivery lane', () => {
  let bench: LaneBench;
  beforeEach(async () => {
    bench = new LaneBench();
    await bench.open();
  });
  afterEach(() => bench.close());

  const offer = (...rows: readonly QueuedDelivery[]): void =>
    bench.lane.offer(rows.map((item) => ({ item, format: 'plain', event: routed().event, parts: [], queuedAt: at(0) })));
  const delivered = (count: number): Promise<void> =>
    until(`${count} are delivered`, 10_000, async () => (await bench.states())['delivered'] === count);

  it('is not sent again when it was read from the journal, sent and settled before', async () => {
    const rows = await bench.queue([{ keys: patient('a') }]);
    await bench.make({ policy: IDEMPOTENT }).start();
    await delivered(1);
    offer(...rows);
    offer(...(await bench.queue([{ keys: patient('a') }])));
    await delivered(2);
    expect(bench.sent).to.have.length(2);
  });

  it('is not forgotten when offers of two senders come in another order than their ids and fill the window', async () => {
    const blocked = Promise.withResolvers<void>();
    bench.send = () => blocked.promise.then(() => answer);
    await bench.make({}, 3).start();
    const [one, two, three, four] = await bench.queue(['a', 'b', 'c', 'd'].map((name) => ({ keys: patient(name) })));
    for (const each of [one!, two!, four!, three!]) offer(each);
    blocked.resolve();
    await delivered(4);
  });

  it('is tried again as it was first sent, when its offer comes during that attempt and the receiver is away for a moment', async () => {
    let isAway = true;
    bench.send = async () => {
      if (!isAway) return answer;
      await wait(50);
      throw new PasserelleError('ERR_CONNECTION_REFUSED');
    };
    const rows = await bench.queue([{ keys: patient('a') }]);
    await bench.make().start();
    await until('it is being sent', 5000, () => bench.sent.length === 1);
    offer(...rows);
    await until('the lane tripped', 5000, () => bench.lane.status === 'tripped');
    isAway = false;
    await delivered(1);
  });

  it('comes as soon as it is stored, whatever of its inbound lane is being stored by itself meanwhile', async () => {
    const inbound = new InboundBench();
    inbound.decode = identityOf;
    await inbound.open();
    try {
      await inbound.lane.stop();
      const { journal } = inbound;
      let [committing, storing] = [Promise.resolve(), Promise.resolve()];
      let isAdmitted = false;
      inbound.journal = {
        ...journal,
        admit: async (...args) => {
          isAdmitted = true;
          await committing;
          return journal.admit(...args);
        },
        receive: async (...args) => {
          await storing;
          return journal.receive(...args);
        },
      };
      await inbound.make().start();
      let n = 0;
      await until('messages are stored with their decisions', 5000, async () => {
        await inbound.say(`warm ${(n += 1)}`);
        return isAdmitted;
      });
      const [commit, store] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      committing = commit.promise;
      const slow = inbound.say('slow');
      await wait(50);
      storing = store.promise;
      const behind = inbound.say('behind');
      // Past the time after which what waits is stored by itself.
      await wait(400);
      commit.resolve();
      await until('it is offered', 5000, () => inbound.offered.includes('slow'));
      store.resolve();
      expect(await Promise.all([slow, behind])).to.deep.equal(['AA', 'AA']);
    } finally {
      await inbound.close();
    }
  });
});
