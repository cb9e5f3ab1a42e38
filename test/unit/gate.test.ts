import { expect } from 'chai';
import { useFakeTimers, type SinonFakeTimers } from 'sinon';
import type { LaneOrder } from 'passerelle/contract';
import { Gate } from '../../core/lanes/gate.ts';
import { TokenBucket } from '../../core/lanes/token-bucket.ts';

const T0 = Date.parse('2026-10-12T08:00:00.000Z');
const HOUR = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();
const said = { lane: 'x', at: iso(T0), who: 'test' };
const downtime = (from: number, until: number): LaneOrder => ({ ...said, kind: 'downtime', from: iso(from), until: iso(until) });
const rate = (perMinute: number): LaneOrder => ({ ...said, kind: 'rate', perMinute });

describe('a token bucket', () => {
  it('gives the rate evenly, and after a rest no more than it may keep', () => {
    const bucket = new TokenBucket(60, 3, 0);
    expect([bucket.take(0), bucket.take(0), bucket.take(400), bucket.take(1000)]).to.deep.equal([0, 1000, 600, 0]);
    expect([1, 2, 3, 4].map(() => bucket.take(HOUR))).to.deep.equal([0, 0, 0, 1000]);
  });
});

describe('a token bucket of a clock that is set back', () => {
  it('earns nothing by it, and loses nothing', () => {
    const bucket = new TokenBucket(60, 3, HOUR);
    expect([bucket.take(HOUR), bucket.take(0), bucket.take(1000), bucket.take(1000)]).to.deep.equal([0, 1000, 0, 1000]);
  });
});

describe('the gate of a lane', () => {
  let time: SinonFakeTimers;
  let woken: number;
  let gate: Gate;
  beforeEach(() => {
    time = useFakeTimers({ now: T0 });
    woken = 0;
    gate = new Gate({ concurrency: 4, now: Date.now, clock: () => Date.now() - T0, wake: () => void (woken += 1) });
  });
  afterEach(() => {
    gate.stop();
    time.restore();
  });

  const tickUntilWoken = (ms: number): void => {
    const before = woken;
    do time.tick(ms);
    while (isAsleep(before));
  };
  const isAsleep = (before: number): boolean => woken === before;

  it('is open without orders', () => {
    expect([gate.take(), gate.isDown, gate.downtime, gate.perMinute]).to.deep.equal([true, false, undefined, undefined]);
  });

  it('lets nothing through in a downtime, and calls when it is over', () => {
    gate.obey([downtime(T0, T0 + 2 * HOUR)]);
    expect([gate.take(), gate.isDown]).to.deep.equal([false, true]);
    while (!gate.take()) {
      expect(gate.isDown).to.equal(true);
      tickUntilWoken(1000);
    }
    expect(Date.now()).to.equal(T0 + 2 * HOUR);
    expect([gate.isDown, gate.downtime]).to.deep.equal([false, undefined]);
  });

  it('closes when a downtime to come begins, not before', () => {
    gate.obey([downtime(T0 + HOUR, T0 + 2 * HOUR)]);
    expect([gate.take(), gate.isDown, gate.downtime?.from]).to.deep.equal([true, false, iso(T0 + HOUR)]);
    time.setSystemTime(T0 + HOUR);
    expect([gate.take(), gate.isDown]).to.deep.equal([false, true]);
  });

  it('opens at once when its downtime is withdrawn', () => {
    gate.obey([downtime(T0, T0 + HOUR)]);
    expect(gate.take()).to.equal(false);
    gate.obey([]);
    expect(gate.take()).to.equal(true);
  });

  it('keeps the rate, whatever else is ordered meanwhile, and calls for each send', () => {
    gate.obey([rate(60)]);
    let sent = 0;
    const pump = (): void => {
      while (gate.take()) sent += 1;
    };
    pump();
    expect(sent).to.equal(1);
    for (let second = 0; second < 59; second += 1) {
      gate.obey([rate(60), downtime(T0 - 2, T0 - 1)]);
      pump();
      tickUntilWoken(10);
      pump();
    }
    expect(sent).to.equal(60);
  });
});
