import { expect } from 'chai';
import { createMetrics } from '../../../core/telemetry/index.ts';

describe('the metrics registry', () => {
  it('adds by labels whatever their order and shows what EngineFace shows', () => {
    const metrics = createMetrics();
    const received = metrics.counter('messages_received_total', 'Messages received');
    received.add({ lane: 'a', state: 'x' });
    received.add({ state: 'x', lane: 'a' }, 2);
    metrics.gauge('open', 'Open').set(4);
    metrics.observe('depth', 'Depth', () => [{ labels: { lane: 'a' }, value: 7 }]);
    expect(metrics.snapshot()).to.deep.equal([
      { name: 'messages_received_total', help: 'Messages received', type: 'counter', values: [{ labels: { lane: 'a', state: 'x' }, value: 3 }] },
      { name: 'open', help: 'Open', type: 'gauge', values: [{ labels: {}, value: 4 }] },
      { name: 'depth', help: 'Depth', type: 'gauge', values: [{ labels: { lane: 'a' }, value: 7 }] },
    ]);
  });

  it('refuses a counter that shrinks and one name of two kinds', () => {
    const metrics = createMetrics();
    expect(() => metrics.counter('a', '').add({}, -1)).to.throw('counter that grows');
    expect(() => metrics.gauge('a', '')).to.throw('expected counter, found gauge a');
  });

  it('stays bounded when a label is not', () => {
    const metrics = createMetrics();
    const counter = metrics.counter('a', '');
    for (let i = 0; i < 6_000; i++) counter.add({ id: String(i) });
    const { values } = metrics.snapshot()[0]!;
    expect(values.length).to.equal(5_001);
    expect(values.at(-1)).to.deep.equal({ labels: { overflow: 'true' }, value: 1_000 });
  });
});
