/** What every scenario does: send, wait until all is delivered, judge. The law: each message once, in its patient's order, documents whole. */
import type { BenchEngine } from './engine.ts';
import type { Generator, Receiver } from './ends.ts';
import type { LoadResult } from './generator.ts';
import type { Judgement } from './receiver.ts';
import type { Row } from './row.ts';

/** Without a new message for that long, the rest is lost. */
export const PATIENCE_MS = 30_000;
/** What comes twice comes soon after. */
const AFTERMATH_MS = 300;

export interface Measured {
  readonly load: LoadResult;
  readonly seconds: number;
  readonly cpu: { readonly engine: number; readonly database: number };
  readonly receiverCpuMs: number;
}

/** One run from quiet to quiet; `before` is what was generated already. Without engine: another one, whose processes are not ours. */
export async function measure(generator: Generator, receiver: Receiver, messages: number, before: number, engine?: BenchEngine): Promise<Measured> {
  const from = { cpu: engine?.cpu(), receiver: (await judged(receiver, 0)).cpuMs };
  const load = await generator.load({ messages });
  const judgement = await judged(receiver, before + load.generated);
  if (judgement.distinct === before + load.generated) await engine?.settled();
  const to = engine?.cpu();
  return {
    load,
    seconds: (judgement.lastAt - load.startedAt) / 1000,
    cpu: { engine: (to?.engine ?? 0) - (from.cpu?.engine ?? 0), database: (to?.database ?? 0) - (from.cpu?.database ?? 0) },
    receiverCpuMs: judgement.cpuMs - from.receiver,
  };
}

export const judged = (receiver: Receiver, expect: number, reset = false): Promise<Judgement> =>
  receiver.judge({ expect, patienceMs: PATIENCE_MS, reset });

/** The verdict over everything generated since the receiver began, once nothing more can come. */
export async function verdict(receiver: Receiver, loads: readonly LoadResult[]): Promise<Pick<Row, 'verdict'> & Record<string, string | number>> {
  const generated = loads.reduce((sum, { generated }) => sum + generated, 0);
  const unacknowledged = generated - loads.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  await judged(receiver, generated);
  await new Promise((resolve) => setTimeout(resolve, AFTERMATH_MS));
  const { distinct, doubled, outOfOrder, wrong, problem } = await judged(receiver, 0);
  const lost = generated - distinct;
  const law = { lost, doubled, out_of_order: outOfOrder, wrong, unacknowledged };
  const said = loads.find((load) => load.problem)?.problem ?? problem;
  return { verdict: Object.values(law).every((n) => n === 0) ? 'ok' : 'broken', ...law, ...(said && { problem: said }) };
}

/** The fields of a timed load. */
export function figures({ load, seconds, receiverCpuMs }: Measured): Partial<Row> {
  const each = (ms: number): number => ms / load.generated;
  return {
    delivered_per_s: load.generated / seconds,
    ack_p50_ms: load.p50Ms,
    ack_p99_ms: load.p99Ms,
    messages: load.generated,
    bytes_per_message: Math.round(load.bytes / load.generated),
    generator_cpu_ms: each(load.cpuMs),
    receiver_cpu_ms: each(receiverCpuMs),
  };
}

export const engineFigures = ({ load, cpu }: Measured): Partial<Row> => ({
  cpu_ms_per_message: (cpu.engine + cpu.database) / load.generated,
  engine_cpu_ms: cpu.engine / load.generated,
  database_cpu_ms: cpu.database / load.generated,
});
