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
});
