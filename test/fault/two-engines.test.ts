/** Two engines started on one data directory: it has one owner, and the one that came first stays it, wherever the journal is. */
import { once } from 'node:events';
import { expect } from 'chai';
import { describeJournals } from './journals.ts';
import { Stand } from './stand.ts';

describeJournals('two engines on one data directory', (journal) => {
  let stand: Stand;
  before(async () => (stand = await new Stand({ journal }).open()));
  after(() => stand.close());

  it('the second is refused with ERR_JOURNAL_LOCKED before it takes a lane, and the first is not disturbed', async () => {
    await stand.start();
    for (const sender of stand.senders) void sender.play();
    for (let again = 0; again < 2; again += 1) {
      const second = stand.spawn(stand.data);
      let said = '';
      second.stderr?.on('data', (text: string) => (said += text));
      const [code] = (await once(second, 'exit')) as [number];
      expect([code, /ERR_\w+/.exec(said)?.[0]]).to.deep.equal([1, 'ERR_JOURNAL_LOCKED']);
    }
    await stand.lanes();
    await Promise.all(stand.senders.map((s) => s.stop()));
    await stand.drained();
    expect(await stand.breaches(true)).to.deep.equal([]);
  });
});
