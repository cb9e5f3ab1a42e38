/** kill -9 at random moments of full traffic: after each, what was acknowledged is there; at the end the law holds, order and doubles included. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { until } from '../flow/region.ts';
import { describeJournals } from './journals.ts';
import { SEED, trials } from './random.ts';
import { Stand } from './stand.ts';

const KILLS = trials(12);

describeJournals(`kill -9 in the middle of traffic: ${KILLS} kills, seed ${SEED}`, (journal) => {
  let stand: Stand;
  before(async () => {
    stand = await new Stand({ journal, paceMs: 5 }).open();
  });
  after(() => stand.close());

  it('breaks no law', async function () {
    this.timeout(60_000 + KILLS * 20_000);
    for (const sender of stand.senders) void sender.play();
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await stand.start();
      const before = stand.acknowledged;
      // In traffic, however fast the journal is.
      await until('messages are under fire', 60_000, () => stand.acknowledged > before + 5);
      await wait(stand.random.between(10, 500));
      await stand.kill();
      expect(await stand.breaches(false), `after kill ${kill}, ${stand.acknowledged - before} messages`).to.deep.equal([]);
    }
    await stand.start();
    await Promise.all(stand.senders.map((s) => s.stop()));
    await stand.drained();
    expect(await stand.breaches(true)).to.deep.equal([]);
    expect(stand.acknowledged, 'messages under fire').to.be.above(KILLS * 5);
    console.log(
      `      ${stand.acknowledged} messages acknowledged, ${stand.receiver.receipts.all.length} + ${stand.record.receipts.all.length} + ${stand.archive.receipts.all.length} received`,
    );
  });
});
