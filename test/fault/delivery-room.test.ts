/** What waits for room on a delivery lane: nothing else waits with it, and nothing of it leaves once somebody decided otherwise. */
import { expect } from 'chai';
import type { QueuedDelivery, SendResult } from '../../core/contract/index.ts';
import { until } from '../flow/region.ts';
import { LANE, LaneBench, patient } from './lane-bench.ts';
import { at, hashed, routed } from '../contract/journal/samples.ts';

describe('a delivery lane with more documents than it has room for', () => {
  let bench: LaneBench;
  const large = {
    part: 'p1',
    from: 0,
    to: 40_000_000,
    encoding: 'base64',
    bytes: 30_000_000,
    mime: 'application/pdf',
    sha256: hashed('p1'),
  } as const;
  let answer: PromiseWithResolvers<SendResult>;
  let rows: readonly QueuedDelivery[];
  const delivered = (count: number): Promise<void> =>
    until(`${count} are delivered`, 5000, async () => (await bench.states())['delivered'] === count);

  /** Four documents of 40 MB, of which one is on the wire. */
  beforeEach(async () => {
    bench = new LaneBench();
    await bench.open();
    bench.concurrency = 8;
    answer = Promise.withResolvers();
    bench.send = () => answer.promise;
    const lane = bench.make({ policy: { idempotent: true, duplicates: 'review', resendAfterMs: 60_000, attempts: 3, firstMs: 5, maxMs: 10 } });
    await lane.start(true);
    rows = await bench.queue(Array.from({ length: 4 }, (_, n) => ({ keys: patient(`p${n}`), kind: 'document' as const })));
    lane.offer(rows.map((item) => ({ item, format: 'plain', event: routed().event, parts: [large], queuedAt: at(0) })));
    lane.resume();
    await until('one is sent', 5000, async () => bench.sent.length > 0);
  });
  afterEach(() => bench.close());
  const goOn = (): void => answer.resolve({ bytes: Buffer.from('AA') });

  it('sends identities meanwhile, with whatever document they came', async () => {
    bench.send = async () => ({ bytes: Buffer.from('AA') });
    const [item] = await bench.queue([{ keys: patient('other') }]);
    bench.lane.offer([{ item: item!, format: 'plain', event: routed().event, parts: [large], queuedAt: at(0) }]);
    await delivered(1);
    expect(bench.sent).to.have.length(2);
    goOn();
    await delivered(5);
  });

  it('puts back what waits when a person pauses it', async () => {
    bench.lane.pause();
    goOn();
    await delivered(1);
    expect(await bench.states()).to.deep.equal({ delivered: 1, queued: 3 });
    expect(bench.sent).to.have.length(1);
    bench.lane.resume();
    await delivered(4);
  });

  it('sends nothing more once a downtime begins, and the rest after it', async () => {
    const order = { lane: LANE, kind: 'downtime', from: new Date(Date.now() - 1000).toISOString(), at: at(0), who: 'test' } as const;
    bench.lane.obey([{ ...order, until: new Date(Date.now() + 3_600_000).toISOString() }]);
    goOn();
    await delivered(1);
    expect(bench.sent).to.have.length(1);
    bench.lane.obey([]);
    await delivered(4);
  });

  it('does not send what a person discards while it waits', async () => {
    const { delivery } = rows[2]!;
    await bench.journal.act([{ verb: 'discard', delivery, who: 'test', why: 'another patient', at: at(1) }]);
    bench.lane.forget(delivery);
    goOn();
    await until('the others are over', 5000, async () => (await bench.states())['queued'] === undefined);
    expect(await bench.states()).to.deep.equal({ delivered: 3, discarded: 1 });
    expect(bench.sent).to.have.length(3);
  });
});
