/** A load from end to end: through our engine, through another one, or straight from the generator to the receiver to know what the rig itself can do. */
import { BenchEngine } from './engine.ts';
import { Generator, Receiver } from './ends.ts';
import type { LoadPlan } from './generator.ts';
import { engineFigures, figures, judged, measure, verdict } from './measure.ts';
import { cpuMs } from './processes.ts';
import { row, type Row } from './row.ts';
import type { Context } from './scenarios.ts';

export interface Shape {
  readonly kind: 'adt' | 'mdm';
  /** Of a message, about; an adt has its own size. */
  readonly bytes: number;
  readonly connections: number;
  readonly messages: number;
  /** Messages before the figures begin; judged like the others. */
  readonly warmUp: number;
  readonly slowDiskUs?: number;
}

const MOST_PATIENTS = 4000;
/** Below, a life is an A28 and hardly more. */
const MESSAGES_PER_PATIENT = 5;

export function loadPlan(shape: Shape, messages: number, port: number, over: Partial<LoadPlan> = {}): LoadPlan {
  const { kind, bytes, connections } = shape;
  const patients = Math.max(connections * 4, Math.min(MOST_PATIENTS, Math.ceil(messages / MESSAGES_PER_PATIENT)));
  return { host: '127.0.0.1', port, kind, bytes, connections, patients, firstPatient: 0, firstNumber: 1, prefix: 'B', ...over };
}

const counts = (shape: Shape, messages: number): readonly [warmUp: number, messages: number] => [
  Math.min(shape.warmUp, Math.ceil(messages / 4)),
  messages,
];

export async function runLoad(scenario: string, shape: Shape, { store, folder, messages = shape.messages }: Context): Promise<Row> {
  const engine = await BenchEngine.start({ store, folder, ...(shape.slowDiskUs && { slowDiskUs: shape.slowDiskUs }) });
  const receiver = await Receiver.start(engine.ports.get('bench-out')!);
  const generator = new Generator(loadPlan(shape, messages, engine.ports.get('bench-in')!));
  try {
    const [warmUp, timed] = counts(shape, messages);
    const warm = await measure(generator, receiver, warmUp, 0, engine);
    const measured = await measure(generator, receiver, timed, warmUp, engine);
    const law = await verdict(receiver, [warm.load, measured.load]);
    const rss = engine.peakRssMb();
    const growth = (await engine.growth()) / (warm.load.bytes + measured.load.bytes);
    const of = { connections: shape.connections, rss_mb: rss, growth_ratio: growth };
    return row(scenario, store, { ...of, ...figures(measured), ...engineFigures(measured), ...law });
  } finally {
    generator.stop();
    receiver.stop();
    await engine.stop();
  }
}

export interface Other {
  readonly host: string;
  readonly port: number;
  /** Where it delivers. */
  readonly receiverPort: number;
  /** Its processes on this machine and those of its database, when their CPU time is wanted. */
  readonly pids: readonly number[];
  /** Numbers of the patients and messages that it was not given yet. */
  readonly first: number;
}

/** The same load through another engine, or (`receiverPort` = `port`) through none: the ceiling of the rig on this machine. */
export async function runBeside(scenario: string, store: 'other' | 'none', shape: Shape, messages: number, other: Other): Promise<Row> {
  const { host, port, first } = other;
  const receiver = await Receiver.start(other.receiverPort);
  const generator = new Generator(loadPlan(shape, messages, port, { host, firstPatient: first, firstNumber: first + 1, prefix: `B${first}.` }));
  try {
    const [warmUp, timed] = counts(shape, messages);
    const warm = await generator.load({ messages: warmUp });
    await judged(receiver, warmUp);
    const cpu = cpuMs(other.pids);
    const measured = await measure(generator, receiver, timed, warmUp);
    const spent = (cpuMs(other.pids) - cpu) / measured.load.generated;
    const law = await verdict(receiver, [warm, measured.load]);
    return row(scenario, store, {
      connections: shape.connections,
      ...(other.pids.length > 0 && { cpu_ms_per_message: spent }),
      ...figures(measured),
      ...law,
    });
  } finally {
    generator.stop();
    receiver.stop();
  }
}
