/** What no engine of ours can cost less than on this machine: the steps of a message without any work (`floor-engine.ts`), under the same load. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { freePorts } from '../flow/region.ts';
import { Unavailable } from './engine.ts';
import type { FloorPlan } from './floor-engine.ts';
import { runBeside, type Shape } from './load.ts';
import { peakRssMb } from './processes.ts';
import type { Row } from './row.ts';
import type { Context } from './scenarios.ts';

export async function runFloor(scenario: string, shape: Shape, { store, folder, messages = shape.messages }: Context): Promise<Row> {
  if (store !== 'sqlite') throw new Unavailable('the floor is of SQLite only');
  mkdirSync(folder, { recursive: true });
  const [port = 0, receiverPort = 0] = await freePorts(2);
  const plan: FloorPlan = { port, receiverPort, folder };
  const child = fork(path.join(import.meta.dirname, 'floor-engine.js'), [JSON.stringify(plan)], {
    execArgv: ['--max-semi-space-size=4', '--no-parallel-scavenge', '--initial-old-space-size=80', '--v8-pool-size=1'],
  });
  try {
    await once(child, 'message');
    const line = await runBeside(scenario, 'none', shape, messages, { host: '127.0.0.1', port, receiverPort, pids: [child.pid!], first: 0 });
    return { ...line, rss_mb: peakRssMb(child.pid!) };
  } finally {
    child.kill();
    await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}
