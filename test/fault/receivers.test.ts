/** Receivers that misbehave, each in its own way, on a lane that may send again and on one where a person decides: one engine lives through all of it. */
import { expect } from 'chai';
import { until } from '../flow/region.ts';
import { describeJournals } from './journals.ts';
import { SEED, trials } from './random.ts';
import type { Behaviour } from './receiver.ts';
import { Stand } from './stand.ts';

const ACK_TIMEOUT_MS = 300;
const ROUNDS = trials(1);
/** What it does, and why a delivery is then in doubt (nothing: it is not). */
const DOUBTFUL: readonly (readonly [string, Behaviour, string?])[] = [
  ['says nothing', { how: 'silent' }, 'ERR_ACK_TIMEOUT'],
  ['answers after the time is over', { how: 'slow', ms: 2 * ACK_TIMEOUT_MS }, 'ERR_ACK_TIMEOUT'],
  ['is slow', { how: 'slow', ms: ACK_TIMEOUT_MS / 3 }],
  ['takes the message and cuts before it answers', { how: 'cut' }, 'ERR_CONNECTION_LOST_AFTER_SEND'],
  ['acknowledges another control id', { how: 'wrong-id' }, 'ERR_ACK_UNREADABLE'],
  ['answers with the acknowledgement of the message before', { how: 'stray' }, 'ERR_ACK_UNREADABLE'],
  ['answers what is no acknowledgement', { how: 'nonsense' }, 'ERR_ACK_UNREADABLE'],
  ['acknowledges twice', { how: 'twice' }],
];

describeJournals(`receivers that misbehave: ${ROUNDS} rounds, seed ${SEED}`, (journal) => {
  let stand: Stand;
  before(async () => {
    stand = await new Stand({ journal, ackTimeoutMs: ACK_TIMEOUT_MS }).open();
    await stand.start();
  });
  after(() => stand.close());

  /** Does it to the first messages of each receiver for which it `fits`; answers how often it was done. */
  function misbehave(does: Behaviour, fits: (text: string) => boolean = () => true): () => number {
    const done = [stand.receiver, stand.archive].map((receiver) => {
      const ids = new Set<string>();
      receiver.script = (id, text) => {
        if (ids.size >= 3 || ids.has(id) || !fits(text)) return undefined;
        ids.add(id);
        return does;
      };
      return ids;
    });
    return () => Math.min(...done.map((ids) => ids.size));
  }
  const play = (count: number): Promise<unknown> => Promise.all(stand.senders.map((s) => s.play(count)));

  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [title, does, doubt] of DOUBTFUL)
      it(`that ${title} (round ${round})`, async () => {
        const done = misbehave(does);
        await until('it was done to both', 60_000, async () => {
          await play(2);
          return done() > 0;
        });
        const seen = await stand.drained();
        // Documents of the archive are the ones that a person sees.
        expect(new Set(seen)).to.deep.equal(new Set(doubt === undefined ? [] : [doubt]));
      });

    it(`that takes connections and reads nothing (round ${round})`, async () => {
      for (const receiver of [stand.receiver, stand.archive]) receiver.breakOff(true);
      try {
        // Only what it is sent makes a lane say so, and not every message is for both.
        await until('the lanes say so', 60_000, async () => {
          await play(2);
          return (await stand.lanes())
            .filter((l) => ['receiver-out', 'archive-out'].includes(l.lane))
            .every((l) => l.status === 'tripped' && l.error !== undefined);
        });
      } finally {
        for (const receiver of [stand.receiver, stand.archive]) receiver.breakOff(false);
      }
      const seen = await stand.drained();
      expect(seen).to.include('ERR_ACK_TIMEOUT');
      // The last one may still have been waited for when the connections were cut.
      expect(seen.filter((code) => code !== 'ERR_ACK_TIMEOUT' && code !== 'ERR_CONNECTION_LOST_AFTER_SEND')).to.deep.equal([]);
    });

    for (const how of ['AE', 'AR'] as const)
      it(`that refuses with ${how}: dead with its reason, and nothing of that patient's identity goes past it (round ${round})`, async () => {
        const done = misbehave({ how }, (text) => /\|(ADT\^A(28|31)\^|ORU|MDM)/.test(text));
        await until('it was done to both', 60_000, async () => {
          await play(2);
          return done() > 0;
        });
        const dead = async (): Promise<readonly { id: string; error?: { code: string } }[]> => stand.deliveries('state=dead&lane=receiver-out');
        const refused = await dead();
        expect(refused.map((d) => d.error?.code)).to.deep.equal(refused.map(() => 'ERR_ACK_REFUSED'));
        await play(3);
        for (const { id } of await dead()) await stand.call('POST', `deliveries/${id}:resend`, { why: 'put right there' });
        await stand.drained();
        const documents = await stand.deliveries('state=dead&lane=archive-out');
        expect(new Set(documents.map((d) => d.error?.code))).to.deep.equal(new Set(['ERR_ACK_REFUSED']));
      });
  }

  it('and no law is broken', async () => {
    expect(await stand.breaches(true)).to.deep.equal([]);
    console.log(`      ${stand.acknowledged} messages, ${stand.receiver.receipts.all.length + stand.archive.receipts.all.length} receipts`);
  });
});
