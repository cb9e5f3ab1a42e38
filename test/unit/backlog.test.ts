import { expect } from 'chai';
import type { QueuedDelivery } from 'passerelle/contract';
import { Backlog } from '../../core/lanes/backlog.ts';
import { Schedule } from '../../core/lanes/schedule.ts';

describe('the backlog of a delivery lane', () => {
  it('B3: of a patient whom a version lets go of, because the one before it died, what was left in the journal has its turn', async () => {
    const one = { message: 1, lane: 'x', state: 'queued', kind: 'document', attempts: 0 } as const;
    const rows: readonly QueuedDelivery[] = [
      { ...one, delivery: 1, keys: ['a'], series: 'd' },
      { ...one, delivery: 2, keys: ['a', 'b'], series: 'd' },
      { ...one, delivery: 3, keys: ['b'] },
    ];
    const schedule = new Schedule('patient', ({ state }) => state === 'dead');
    const backlog = new Backlog(schedule, 2, {
      read: async (after) => rows.filter(({ delivery }) => delivery > after),
      admit: (item) => schedule.add(item, item.state === 'queued' ? 'open' : 'parked'),
    });
    await backlog.load();
    expect([schedule.take()?.delivery, schedule.take()?.delivery]).to.deep.equal([1, undefined]);
    backlog.update({ ...rows[0]!, state: 'dead' });
    await backlog.load();
    expect(schedule.take()?.delivery).to.equal(3);
  });

  describe('to which offers come in another order than their ids', () => {
    /** What the journal has still to send. */
    let rows: Map<number, QueuedDelivery>;
    let schedule: Schedule;
    let backlog: Backlog;
    let sent: number[];
    const row = (delivery: number, key: string): QueuedDelivery => ({
      message: delivery,
      delivery,
      lane: 'x',
      state: 'queued',
      kind: 'identity',
      attempts: 0,
      keys: [key],
    });
    const begin = (window: number, ...all: readonly QueuedDelivery[]): void => {
      rows = new Map(all.map((one) => [one.delivery, one]));
      sent = [];
      schedule = new Schedule('patient');
      backlog = new Backlog(schedule, window, {
        read: async (after) => [...rows.values()].filter(({ delivery }) => delivery > after).sort((a, b) => a.delivery - b.delivery),
        admit: (item) => schedule.add(item),
      });
    };
    const commit = (...all: readonly QueuedDelivery[]): void => all.forEach((one) => rows.set(one.delivery, one));
    const read = async (): Promise<void> => {
      while (backlog.isWanted) await backlog.load();
    };
    const ends = (delivery: number): void => {
      sent.push(delivery);
      rows.delete(delivery);
      backlog.forget(delivery);
    };
    const drained = async (): Promise<void> => {
      for (await read(); ; await read()) {
        const next = schedule.take();
        if (!next) return;
        ends(next.delivery);
      }
    };

    it('takes one that is offered after those that filled the window, whatever was read behind them', async () => {
      begin(2);
      await backlog.load();
      const all = [row(1, 'a'), row(2, 'b'), row(3, 'c'), row(4, 'd')] as const;
      commit(...all);
      for (const one of all.slice(1)) backlog.offer([one]);
      await drained();
      backlog.offer([all[0]]);
      await drained();
      expect([sent.toSorted((a, b) => a - b), rows.size]).to.deep.equal([[1, 2, 3, 4], 0]);
    });

    for (const isReadMeanwhile of [true, false])
      it(`forgets nothing of what is deferred when it reads again for one of them (${isReadMeanwhile ? 'at once' : 'later'})`, async () => {
        begin(2, row(1, 'a'), row(2, 'b'), row(3, 'a'));
        await read();
        expect([schedule.take()?.delivery, schedule.take()?.delivery]).to.deep.equal([1, 2]);
        rows.delete(2);
        backlog.forget(2);
        await read();
        commit(row(4, 'c'), row(5, 'd'));
        backlog.offer([row(5, 'd')]);
        backlog.offer([row(4, 'c')]);
        if (isReadMeanwhile) await read();
        ends(1);
        await drained();
        commit(row(6, 'a'));
        backlog.offer([row(6, 'a')]);
        await drained();
        expect([sent.filter((one) => [1, 3, 6].includes(one)), rows.size]).to.deep.equal([[1, 3, 6], 0]);
      });
  });
});
