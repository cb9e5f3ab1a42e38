/** A backlog: the receiver's lane is paused while messages come in. What it costs in memory, and how soon an engine that was killed takes messages again. */
import { BenchEngine } from './engine.ts';
import { Generator, Receiver } from './ends.ts';
import type { LoadResult } from './generator.ts';
import { loadPlan } from './load.ts';
import { judged, verdict } from './measure.ts';
import { row, type Row } from './row.ts';
import type { Context } from './scenarios.ts';

const SHAPE = { kind: 'adt', bytes: 1000, connections: 32, messages: 0, warmUp: 0 } as const;
const LANE = 'bench-out';

interface Backlog {
  readonly engine: BenchEngine;
  readonly receiver: Receiver;
  readonly load: LoadResult;
}

async function withBacklog<T>({ store, folder }: Context, messages: number, work: (backlog: Backlog) => Promise<T>): Promise<T> {
  const engine = await BenchEngine.start({ store, folder });
  const receiver = await Receiver.start(engine.ports.get(LANE)!);
  const generator = new Generator(loadPlan(SHAPE, messages, engine.ports.get('bench-in')!));
  try {
    await engine.lane(LANE, 'pause');
    const load = await generator.load({ messages });
    generator.stop();
    return await work({ engine, receiver, load });
  } finally {
    generator.stop();
    receiver.stop();
    await engine.stop();
  }
}

/** Lets the lane go on; messages delivered per second until none is left. */
async function drain({ engine, receiver }: Backlog, messages: number): Promise<number> {
  const begun = Date.now();
  await engine.lane(LANE, 'resume');
  const { distinct, lastAt } = await judged(receiver, messages);
  if (distinct === messages) await engine.settled();
  return (distinct * 1000) / (lastAt - begun);
}

/** `rss_mb`: most memory while everything was queued; `drained_rss_mb`: most memory up to the end. */
export const queued = (context: Context, messages: number): Promise<Row> =>
  withBacklog(context, messages, async (backlog) => {
    const { engine, receiver, load } = backlog;
    const rss = engine.peakRssMb();
    const delivered = await drain(backlog, messages);
    const law = await verdict(receiver, [load]);
    const drained = engine.peakRssMb();
    return row('queued-1m', context.store, {
      connections: SHAPE.connections,
      delivered_per_s: delivered,
      ack_p50_ms: load.p50Ms,
      ack_p99_ms: load.p99Ms,
      rss_mb: rss,
      growth_ratio: (await engine.growth()) / load.bytes,
      messages,
      accepted_per_s: load.generated / load.seconds,
      drained_rss_mb: drained,
      ...law,
    });
  });

/** `ready_ms`: from the start of the process until its addresses are printed and a message is acknowledged; `addresses_ms`: the first alone; `ready_cpu_ms`: its CPU time. */
export const ready = (context: Context, messages: number): Promise<Row> =>
  withBacklog(context, messages, async (backlog) => {
    const { engine, receiver, load } = backlog;
    const probe = new Generator(
      loadPlan({ ...SHAPE, connections: 1 }, 1, engine.ports.get('bench-in')!, { firstPatient: 500_000, firstNumber: messages + 1 }),
    );
    try {
      await engine.kill();
      const begun = performance.now();
      const [addresses, first] = await Promise.all([engine.startChild().then(() => performance.now() - begun), probe.load({ messages: 1 })]);
      const readyMs = performance.now() - begun;
      const cpu = engine.cpu().engine;
      const delivered = await drain(backlog, messages + 1);
      const law = await verdict(receiver, [load, first]);
      return row('ready-100k', context.store, {
        connections: SHAPE.connections,
        delivered_per_s: delivered,
        rss_mb: engine.peakRssMb(),
        messages,
        ready_ms: readyMs,
        addresses_ms: addresses,
        ready_cpu_ms: cpu,
        ...law,
      });
    } finally {
      probe.stop();
    }
  });
