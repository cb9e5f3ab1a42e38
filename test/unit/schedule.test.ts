import { expect } from 'chai';
import * as fc from 'fast-check';
import type { QueuedDelivery } from 'passerelle/contract';
import { Schedule } from '../../core/lanes/schedule.ts';

const item = (delivery: number, keys: string[], extra: Partial<QueuedDelivery> = {}): QueuedDelivery => ({
  delivery,
  message: delivery,
  lane: 'x',
  state: 'queued',
  kind: 'identity',
  keys,
  attempts: 0,
  ...extra,
});
const take = (s: Schedule): number | undefined => s.take()?.delivery;

describe('the schedule of a delivery lane', () => {
  it('lets different patients leave side by side and one patient one by one', () => {
    const s = new Schedule('patient');
    for (const [n, key] of [
      [1, 'a'],
      [2, 'a'],
      [3, 'b'],
    ] as const)
      s.add(item(n, [key]));
    expect([take(s), take(s), take(s)]).to.deep.equal([1, 3, undefined]);
    s.remove(1);
    expect(take(s)).to.equal(2);
  });

  it('makes a merge wait for both of its patients and hold both', () => {
    const s = new Schedule('patient');
    s.add(item(1, ['a']));
    s.add(item(2, ['b']));
    s.add(item(3, ['a', 'b']));
    s.add(item(4, ['a']));
    s.add(item(5, ['b']));
    expect([take(s), take(s), take(s)]).to.deep.equal([1, 2, undefined]);
    s.remove(1);
    expect(take(s)).to.equal(undefined);
    s.remove(2);
    expect([take(s), take(s)]).to.deep.equal([3, undefined]);
    s.remove(3);
    expect([take(s), take(s)]).to.deep.equal([4, 5]);
  });

  it('keeps a patient behind a parked identity, and only the versions of a document behind a parked document', () => {
    const s = new Schedule('patient');
    s.add(item(1, ['a'], { kind: 'document', series: 'd' }));
    s.add(item(2, ['a'], { kind: 'document', series: 'e' }));
    s.add(item(3, ['a'], { kind: 'document', series: 'd' }));
    expect(take(s)).to.equal(1);
    s.remove(1);
    s.add(item(1, ['a'], { kind: 'document', series: 'd' }), 'parked', true);
    expect(take(s)).to.equal(2);
    s.remove(2);
    expect(take(s)).to.equal(undefined);
    expect(s.blocker(3)?.delivery).to.equal(1);
    s.remove(1);
    expect(take(s)).to.equal(3);
  });

  it('B3: what waits behind a dead version holds back nothing else of its patients, whatever it is, and has its place again once that is ended', () => {
    const s = new Schedule('patient');
    const versionOf = (delivery: number, ...keys: string[]): QueuedDelivery => item(delivery, keys, { kind: 'document', series: 'd' });
    s.add(versionOf(1, 'a'), 'parked', true);
    s.add(versionOf(2, 'a', 'b'));
    s.add(versionOf(3, 'a'));
    for (const [n, key] of [
      [4, 'b'],
      [5, 'a'],
      [6, 'a'],
    ] as const)
      s.add(item(n, [key]));
    expect([take(s), take(s), take(s)], 'one of each patient').to.deep.equal([4, 5, undefined]);
    expect([2, 3].map((delivery) => s.blocker(delivery)?.delivery)).to.deep.equal([1, 1]);
    for (const delivery of [1, 4, 5]) s.remove(delivery);
    expect([take(s), take(s)], 'in the order they came in').to.deep.equal([2, undefined]);
    s.remove(2);
    expect(take(s)).to.equal(3);
    s.remove(3);
    expect(take(s)).to.equal(6);
  });

  it('B3: it waits with its patients behind a version that is tried again, and where it is tried again itself', () => {
    const s = new Schedule('patient');
    const versionOf = (delivery: number): QueuedDelivery => item(delivery, ['a'], { kind: 'document', series: 'd' });
    s.add(versionOf(1), 'parked', true);
    s.add(versionOf(2));
    s.add(item(3, ['a']), 'parked');
    s.remove(1);
    s.add(versionOf(1));
    expect([take(s), take(s)], 'sent again').to.deep.equal([1, undefined]);
    s.remove(1);
    s.add(versionOf(1), 'parked', true);
    s.remove(2);
    s.add(versionOf(2), 'parked');
    s.reopen(3);
    expect(take(s), 'in doubt').to.equal(undefined);
    s.reopen(2);
    expect(take(s), 'waiting again').to.equal(3);
  });

  it('says what a delivery waits for in the end, through others and other patients', () => {
    const s = new Schedule('patient');
    s.add(item(1, ['a']), 'parked');
    s.add(item(2, ['a', 'b']));
    s.add(item(3, ['b', 'c']));
    s.add(item(4, ['d']));
    s.add(item(5, ['c', 'd']));
    expect([1, 2, 3, 4].map((delivery) => s.blocker(delivery)?.delivery)).to.deep.equal([undefined, 1, 1, undefined]);
    expect(s.blocker(5)?.delivery).to.be.oneOf([1, 4]);
    s.remove(4);
    expect(s.blocker(5)?.delivery).to.equal(1);
  });

  it('gives a retried delivery its old place back', () => {
    const s = new Schedule('patient');
    s.add(item(1, ['a']));
    s.add(item(2, ['a']));
    expect(take(s)).to.equal(1);
    s.remove(1);
    s.add(item(1, ['a']), 'parked');
    expect(take(s)).to.equal(undefined);
    s.reopen(1);
    expect(take(s)).to.equal(1);
  });

  it('sends one at a time when the endpoint asks for the order of the lane', () => {
    const s = new Schedule('lane');
    s.add(item(1, ['a']));
    s.add(item(2, ['b']));
    expect([take(s), take(s)]).to.deep.equal([1, undefined]);
  });

  it('B3: whatever dies, is ended or sent again: nothing waits for another patient’s dead document, nor passes what waits for nobody', () => {
    const rows = fc.array(fc.tuple(fc.subarray(['a', 'b', 'c'], { minLength: 1 }), fc.option(fc.constantFrom('d', 'e'), { nil: undefined })), {
      minLength: 2,
      maxLength: 25,
    });
    fc.assert(
      fc.property(rows, fc.array(fc.nat(), { minLength: 150, maxLength: 150 }), (all, draws) => {
        const s = new Schedule('patient');
        const items = all.map(([keys, series], i) => item(i + 1, keys, { kind: 'document', ...(series && { series }) }));
        const [there, busy, dead] = [new Map<number, QueuedDelivery>(), new Set<number>(), new Set<number>()];
        const isAfter = (one: QueuedDelivery, other: QueuedDelivery): boolean => other.delivery < one.delivery;
        const stops = (one: QueuedDelivery): boolean =>
          [...dead].some((each) => isAfter(one, there.get(each)!) && one.series !== undefined && there.get(each)!.series === one.series);
        const holdsBack = (one: QueuedDelivery, other: QueuedDelivery): boolean =>
          isAfter(one, other) &&
          ((one.series !== undefined && one.series === other.series) ||
            (!dead.has(other.delivery) && !stops(other) && other.keys.some((key) => one.keys.includes(key))));
        const end = (delivery: number): void => {
          for (const set of [busy, dead]) set.delete(delivery);
          there.delete(delivery);
          s.remove(delivery);
        };
        const takeOne = (): boolean => {
          const free = [...there.values()].filter((one) => !busy.has(one.delivery) && !dead.has(one.delivery));
          const may = free.filter((one) => ![...there.values()].some((other) => holdsBack(one, other))).map((one) => one.delivery);
          const entry = s.take();
          if (may.length > 0 && busy.size === 0) expect(entry?.delivery).to.equal(Math.min(...may));
          if (entry) expect(may).to.include(entry.delivery);
          if (entry) busy.add(entry.delivery);
          return entry !== undefined;
        };
        for (const draw of draws) {
          const one = [...busy, ...dead][Math.floor(draw / 4) % Math.max(1, busy.size + dead.size)];
          if (draw % 4 === 0 && items.length > 0) {
            const next = items.shift()!;
            there.set(next.delivery, next);
            s.add(next);
          } else if (draw % 4 === 1) takeOne();
          else if (one !== undefined && draw % 4 === 2) end(one);
          else if (one !== undefined) {
            const again = there.get(one)!;
            const isDying = busy.has(one);
            end(one);
            there.set(one, again);
            s.add(again, isDying ? 'parked' : 'open', isDying);
            if (isDying) dead.add(one);
          }
        }
        for (const one of [...busy, ...dead]) end(one);
        while (takeOne()) end([...busy][0]!);
        expect(s.size).to.equal(0);
      }),
    );
  });

  it('never sends two deliveries of one key at once nor out of order, and sends everything, whatever happens', () => {
    const keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(keys, { minLength: 1, maxLength: 30 }), fc.array(fc.nat(), { minLength: 200, maxLength: 200 }), (all, draws) => {
        const s = new Schedule('patient');
        const busy = new Map<number, string[]>();
        const done: number[] = [];
        const last = new Map<string, number>();
        let next = 0;
        for (const draw of [...draws, ...Array.from({ length: 400 }, (_, i) => i)]) {
          if (draw % 3 === 0 && next < all.length) s.add(item(++next, all[next - 1] as string[]));
          else if (draw % 3 === 1) {
            const entry = s.take();
            if (!entry) continue;
            for (const key of entry.item.keys) {
              expect([...busy.values()].flat()).not.to.include(key);
              expect(last.get(key) ?? 0).to.be.below(entry.delivery);
            }
            busy.set(entry.delivery, [...entry.item.keys]);
          } else {
            const [delivery] = [...busy.keys()].slice(draw % Math.max(1, busy.size));
            if (delivery === undefined) continue;
            if (draw % 2 === 0) {
              busy.delete(delivery);
              s.reopen(delivery);
              continue;
            }
            for (const key of busy.get(delivery) ?? []) last.set(key, delivery);
            busy.delete(delivery);
            s.remove(delivery);
            done.push(delivery);
          }
        }
        while (next < all.length) s.add(item(++next, all[next - 1] as string[]));
        for (const delivery of busy.keys()) s.remove(delivery);
        for (let entry = s.take(); entry; entry = s.take()) s.remove(entry.delivery);
        expect(s.size).to.equal(0);
      }),
    );
  });
});
