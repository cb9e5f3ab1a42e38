/** Documents of 20 KB, each of its own patient, are delivered, then all of them are replayed, decoded and delivered again, as after a correction at the record. */
import { setTimeout as wait } from 'node:timers/promises';
import type { ReplayPage } from '../../core/contract/index.ts';
import { BenchEngine } from './engine.ts';
import { Generator, Receiver } from './ends.ts';
import { loadPlan } from './load.ts';
import { judged, measure, verdict } from './measure.ts';
import { row, type Row } from './row.ts';
import type { Context } from './scenarios.ts';

const SHAPE = { kind: 'mdm', bytes: 20_000, connections: 8, messages: 0, warmUp: 0 } as const;
/** Messages of one commit. */
const PAGE = 250;
/** Earlier pages are still being decided: asked again after this. */
const BUSY_MS = 20;

export async function replay({ store, folder }: Context, documents: number): Promise<Row> {
  const engine = await BenchEngine.start({ store, folder });
  const receiver = await Receiver.start(engine.ports.get('bench-out')!);
  const generator = new Generator(loadPlan(SHAPE, documents, engine.ports.get('bench-in')!, { patients: documents }));
  try {
    const first = await measure(generator, receiver, documents, 0, engine);
    const before = await verdict(receiver, [first.load]);
    if (before.verdict !== 'ok') return row('replay-100k', store, { ...before, connections: SHAPE.connections });
    await judged(receiver, 0, true);
    const cpu = engine.cpu();
    const begun = Date.now();
    await replayAll(engine);
    const { distinct, lastAt } = await judged(receiver, documents);
    if (distinct === documents) await engine.settled();
    const spent = engine.cpu();
    const law = await verdict(receiver, [first.load]);
    return row('replay-100k', store, {
      connections: SHAPE.connections,
      cpu_ms_per_message: (spent.engine - cpu.engine + spent.database - cpu.database) / documents,
      rss_mb: engine.peakRssMb(),
      messages: documents,
      replayed_per_s: (distinct * 1000) / (lastAt - begun),
      ...law,
    });
  } finally {
    generator.stop();
    receiver.stop();
    await engine.stop();
  }
}

/** By the act of an operator: page by page, oldest first, as fast as the engine takes them. */
async function replayAll(engine: BenchEngine): Promise<void> {
  for (let after: string | undefined = ''; after !== undefined;) {
    const request: object = { limit: PAGE, why: 'bench', ...(after && { after }) };
    const page: ReplayPage | undefined = await engine.api<ReplayPage>('POST', 'messages:replay', request).catch((thrown: Error) => {
      if (thrown.message.includes('ERR_BACKPRESSURE')) return undefined;
      throw thrown;
    });
    if (!page) {
      await wait(BUSY_MS);
      continue;
    }
    if (page.refused.length > 0) throw new Error(`${page.refused.length} were not replayed: ${page.refused[0]?.error.code}`);
    after = page.next;
  }
}
