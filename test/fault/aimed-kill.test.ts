/**
 * kill -9 just before, amid and just after every durable step of a message's path, and while the engine takes up what an earlier death left.
 * One journal lives through all of it, under traffic.
 */
import { expect } from 'chai';
import { describeJournals } from './journals.ts';
import { SEED, trials } from './random.ts';
import { Stand } from './stand.ts';

const STEPS = ['receive', 'admit', 'decide', 'begin', 'settle'].flatMap((step) => ['before', 'amid', 'after'].map((moment) => `${step}:${moment}`));
/** Accepted and decided, not yet told; nothing sent yet; answered, not yet known to the journal. */
const POINTS = [...STEPS, 'reply:after', 'send:before', 'send:after'];
const ROUNDS = trials(1);

describeJournals(`kill -9 at every step: ${ROUNDS} rounds, seed ${SEED}`, (journal) => {
  let stand: Stand;
  before(async () => {
    stand = await new Stand({ journal, paceMs: 2 }).open();
    for (const sender of stand.senders) void sender.play();
  });
  after(() => stand.close());

  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const point of POINTS)
      it(`${point} (round ${round})`, async () => {
        await stand.life({ PASSERELLE_FAULT_DIE: `${point}:${stand.random.between(1, point.startsWith('begin') ? 4 : 15)}` }, ['die']);
        expect(await stand.breaches(false)).to.deep.equal([]);
      });

    for (const [name, receipts] of [
      ['receiver', () => stand.receiver],
      ['archive', () => stand.archive],
      ['record', () => stand.record],
    ] as const)
      it(`sent to the ${name}, not answered (round ${round})`, async () => {
        const at = stand.random.between(1, 5);
        let seen = 0;
        // In the very turn in which the receiver has the message, before its answer leaves.
        receipts().receipts.next(
          () => (seen += 1) === at,
          () => stand.engine?.kill('SIGKILL'),
        );
        await stand.life();
        expect(await stand.breaches(false)).to.deep.equal([]);
      });

    it(`while it takes up what was interrupted (round ${round})`, async () => {
      stand.receiver.receipts.next(
        () => true,
        () => stand.engine?.kill('SIGKILL'),
      );
      await stand.life();
      // The first outcome of the next life is that of the interrupted attempt, written before it is ready.
      await stand.life({ PASSERELLE_FAULT_DIE: stand.random.pick(['settle:before:1', 'settle:amid:1', 'settle:after:1']) }, ['die']);
      expect(await stand.breaches(false)).to.deep.equal([]);
    });
  }

  it('breaks no law in the end', async () => {
    await stand.start();
    await Promise.all(stand.senders.map((s) => s.stop()));
    await stand.drained();
    expect(await stand.breaches(true)).to.deep.equal([]);
    console.log(
      `      ${stand.acknowledged} messages, ${stand.receiver.receipts.all.length + stand.record.receipts.all.length + stand.archive.receipts.all.length} receipts`,
    );
  });
});
