/** One receiver that keeps its lane busy or full harms no other lane: not by its slowness, not by what waits for it. */
import { expect } from 'chai';
import type { LaneView, StoredEvent } from '../../core/contract/index.ts';
import { decided, hashed, incoming } from '../contract/journal/samples.ts';
import { openJournal } from '../fault/journals.ts';
import { Stand } from '../fault/stand.ts';
import { until } from './region.ts';

/** Longer than any test: nothing is given up. */
const ACK_TIMEOUT_MS = 600_000;
/** More than the lane keeps in memory (three lanes share 60,000). */
const BACKLOG = 21_000;
const EACH = 15;

describe('fairness between lanes', () => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await new Stand({ ackTimeoutMs: ACK_TIMEOUT_MS }).open();
    await stand.start();
  });
  afterEach(() => stand.close());

  const counts = async (name: string): Promise<LaneView['counts']> => (await stand.lanes()).find(({ lane }) => lane === name)?.counts ?? {};
  const waiting = ({ queued = 0, sending = 0 }: LaneView['counts']): number => queued + sending;

  /** Every sender is answered for all of it, and all of it reaches the record and the archive. */
  async function passes(): Promise<void> {
    const before = stand.acknowledged;
    await Promise.all(stand.senders.map((sender) => sender.play(EACH)));
    expect(stand.acknowledged - before, 'acknowledged').to.be.at.least(stand.senders.length * EACH);
    await until('the other lanes have nothing left', 120_000, async () => {
      const lanes = await Promise.all(['hospital-in', 'emergency-in', 'record-out', 'archive-out'].map(counts));
      return lanes.every((lane) => !lane.received && waiting(lane) === 0);
    });
    for (const lane of ['record-out', 'archive-out']) expect((await counts(lane)).delivered, lane).to.be.above(0);
  }

  it('a receiver that answers nothing for ever keeps its own lane waiting, senders and other lanes go on', async () => {
    stand.receiver.script = () => ({ how: 'silent' });
    await passes();
    const held = await counts('receiver-out');
    expect([held.delivered, waiting(held) > 0]).to.deep.equal([undefined, true]);
    expect(stand.receiver.receipts.all.length, 'one on each of its connections').to.be.within(1, 4);
  });

  it('a slow receiver with a backlog beyond memory is served at its pace, senders and other lanes go on', async () => {
    await stand.senders[0]?.play(4);
    await stand.drained();
    await stand.kill('SIGTERM');
    const journal = await openJournal(stand.journal, stand.data);
    const { items } = await journal.events({ limit: 100 });
    const identity = items.find(({ event }) => event.type.startsWith('dcc.identity.')) as StoredEvent;
    for (let n = 0; n < BACKLOG; n += 500) {
      const received = await journal.receive(Array.from({ length: 500 }, () => incoming({ lane: 'hospital-in' })));
      const routed = (k: number) =>
        ({
          event: { ...identity.event, id: `backlog-${n + k}` },
          keys: [hashed(`backlog ${n + k}`)],
          kind: 'identity',
          destinations: [{ lane: 'receiver-out' }],
        }) as const;
      await journal.decide(received.map(({ message }, k) => decided(message, { events: [routed(k)] })));
    }
    await journal.close();
    stand.receiver.script = () => ({ how: 'slow', ms: 40 });
    const before = stand.receiver.receipts.all.length;
    await stand.start();
    await passes();
    expect(waiting(await counts('receiver-out')), 'still something to go').to.be.above(0);
    await until('the slow one is served', 60_000, () => stand.receiver.receipts.all.length > before + 8);
    expect((await stand.lanes()).find(({ lane }) => lane === 'receiver-out')?.status).to.equal('open');
  });
});
