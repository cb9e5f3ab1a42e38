import { expect } from 'chai';
import * as fc from 'fast-check';
import type { QueuedDelivery } from 'passerelle/contract';
import { blocked, heads } from '../../core/lanes/heads.ts';
import { Schedule } from '../../core/lanes/schedule.ts';

const item = (delivery: number, keys: readonly string[], extra: Partial<QueuedDelivery> = {}): QueuedDelivery => ({
  delivery,
  message: delivery,
  lane: 'x',
  state: 'queued',
  kind: 'identity',
  keys,
  attempts: 0,
  ...extra,
});

describe('the heads of a blocked lane', () => {
  it('are those that do not leave and have others behind them; a merge carries the wait over to another patient', () => {
    const s = new Schedule('patient');
    s.add(item(1, ['a']), 'parked');
    s.add(item(2, ['a']));
    s.add(item(3, ['a', 'b']));
    s.add(item(4, ['b']));
    s.add(item(5, ['c']), 'parked');
    s.add(item(6, ['d']));
    expect(heads(s, 20)).to.deep.equal([{ delivery: 1, directly: 2, inAll: 3 }]);
    expect(blocked(s)).to.deep.equal({ heads: 1, waiting: 3 });
  });

  it('of a parked document are counted by its versions only', () => {
    const s = new Schedule('patient', ({ state }) => state === 'held');
    s.add(item(1, ['a'], { kind: 'document', series: 's', state: 'held' }), 'parked');
    s.add(item(2, ['a'], { kind: 'document', series: 's' }));
    s.add(item(3, ['a']));
    expect(heads(s, 20)).to.deep.equal([{ delivery: 1, directly: 1, inAll: 1 }]);
    expect(blocked(s)).to.deep.equal({ heads: 1, waiting: 1 });
  });

  it('are as many as one asks for, those with most behind them first', () => {
    const s = new Schedule('lane');
    s.add(item(1, ['a']), 'parked');
    for (let n = 2; n <= 2001; n += 1) s.add(item(n, [`p${n}`]));
    expect(heads(s, 20)).to.deep.equal([{ delivery: 1, directly: 2000, inAll: 2000 }]);
    const t = new Schedule('patient');
    for (let n = 1; n <= 60; n += 1) t.add(item(n, [`p${n}`]), 'parked');
    for (let n = 61; n <= 120; n += 1) t.add(item(n, [`p${n - 60}`]));
    t.add(item(121, ['p7']));
    const found = heads(t, 20);
    expect(found).to.have.length(20);
    expect(found[0]).to.deep.equal({ delivery: 7, directly: 2, inAll: 2 });
    expect(blocked(t)).to.deep.equal({ heads: 60, waiting: 61 });
  });

  it('have behind them exactly what cannot leave when everything else has left', () => {
    const keysOf = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 });
    const lanes = fc.array(fc.tuple(keysOf, fc.boolean(), fc.option(fc.constantFrom('d', 'e'))), { maxLength: 40 });
    fc.assert(
      fc.property(lanes, (rows) => {
        const s = new Schedule('patient', ({ state }) => state === 'held');
        rows.forEach(([keys, parked, series], n) => {
          const document = series === null ? {} : ({ kind: 'document', series, state: parked ? 'held' : 'queued' } as const);
          s.add(item(n + 1, [...new Set(keys.map(String))], document), parked ? 'parked' : 'open');
        });
        for (let entry = s.take(); entry; entry = s.take()) s.remove(entry.delivery);
        const all = blocked(s);
        const first = [...s].filter((entry) => entry.behind === 0);
        expect(all.heads).to.equal(first.filter((entry) => entry.queues.some((name) => s.queue(name).length > 1)).length);
        expect(all.waiting).to.equal(s.size - first.length);
      }),
    );
  });
});
