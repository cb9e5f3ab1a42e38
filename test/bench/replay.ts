/**
 * Documents of 20 KB are delivered, then all of them are replayed, decoded and delivered again, as after a correction at the record. Each has its own
 * patient: the acts of the API are one by one and several at a time here, so no order among them is promised.
 */
import type { MessageView, Page } from '../../core/contract/index.ts';
import { BenchEngine } from './engine.ts';
import { Generator, Receiver } from './ends.ts';
import { loadPlan } from './load.ts';
import { judged, measure, verdict } from './measure.ts';
import { row, type Row } from './row.ts';
import type { Context } from './scenarios.ts';

const SHAPE = { kind: 'mdm', bytes: 20_000, connections: 8, messages: 0, warmUp: 0 } as const;
const PAGE = 500;
const ACTS_AT_ONCE = 16;

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

/** Page by page, newest first. */
async function replayAll(engine: BenchEngine): Promise<void> {
  for (let after: string | undefined = '', page: Page<MessageView>; after !== undefined; after = page.next) {
    page = await engine.api('GET', `messages?limit=${PAGE}${after && `&after=${encodeURIComponent(after)}`}`);
    const left = [...page.items];
    const act = async (): Promise<void> => {
      for (let message = left.pop(); message; message = left.pop()) await engine.api('POST', `messages/${message.id}:replay`, { why: 'bench' });
    };
    await Promise.all(Array.from({ length: ACTS_AT_ONCE }, act));
  }
}
