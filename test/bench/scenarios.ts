/** The scenarios: what is sent, over how many connections, on which disk; and the ones of the bars that are more than a load. */
import { runFloor } from './floor.ts';
import { runLoad, type Shape } from './load.ts';
import type { Store } from './engine.ts';
import { queued, ready } from './queue.ts';
import { replay } from './replay.ts';
import type { Row } from './row.ts';
import { stall } from './stall.ts';

export interface Context {
  readonly store: Store;
  /** Of the engine's data; another one for each run. */
  readonly folder: string;
  /** Instead of what the scenario says. */
  readonly messages?: number;
  /** Everything at the size of the bars. */
  readonly full: boolean;
}

export interface Scenario {
  readonly name: string;
  /** In the set that is run when nothing is chosen. */
  readonly short?: boolean;
  /** A load that another engine can be given too. */
  readonly shape?: Shape;
  readonly run: (context: Context) => Promise<Row>;
}

const ADT = { kind: 'adt', bytes: 1000, messages: 20_000, warmUp: 1000 } as const;
const SLOW_US = 3000;
const load = (name: string, shape: Shape, short = false): Scenario => ({ name, shape, short, run: (context) => runLoad(name, shape, context) });

const floor = (name: string, shape: Shape): Scenario => ({ name, run: (context) => runFloor(name, shape, context) });

export const SCENARIOS: readonly Scenario[] = [
  load('adt-8', { ...ADT, connections: 8 }, true),
  load('adt-32', { ...ADT, connections: 32 }, true),
  load('adt-1', { ...ADT, connections: 1 }),
  floor('floor-8', { ...ADT, connections: 8 }),
  floor('floor-32', { ...ADT, connections: 32 }),
  load('adt-8-slow-disk', { ...ADT, connections: 8, slowDiskUs: SLOW_US }),
  load('adt-32-slow-disk', { ...ADT, connections: 32, slowDiskUs: SLOW_US }),
  load('mdm-200k-8', { kind: 'mdm', bytes: 200_000, messages: 2000, warmUp: 100, connections: 8 }, true),
  load('mdm-5m-2', { kind: 'mdm', bytes: 5_000_000, messages: 100, warmUp: 10, connections: 2 }),
  { name: 'queued-1m', run: (context) => queued(context, context.messages ?? (context.full ? 1_000_000 : 100_000)) },
  { name: 'ready-100k', run: (context) => ready(context, context.messages ?? 100_000) },
  { name: 'replay-100k', run: (context) => replay(context, context.messages ?? (context.full ? 100_000 : 5000)) },
  { name: 'stall', short: true, run: stall },
];
