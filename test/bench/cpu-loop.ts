/** Preloaded into the engine by `stall.ts`: makes the thread of the ci-sis connector spend a second on each message whose control id begins with LOOP. */
import { parentPort, workerData } from 'node:worker_threads';

const LOOP_MS = 1000;

interface Batch {
  readonly calls?: readonly { readonly operation: string; readonly envelope?: { readonly text: string } }[];
}

const { module } = (workerData ?? {}) as { readonly module?: string };
if (module && /[\\/]connectors[\\/]ci-sis[\\/]/.test(module))
  // First to listen, so it runs before the host's own listener in the same thread.
  parentPort?.on('message', ({ calls = [] }: Batch) => {
    if (!calls.some(({ operation, envelope }) => operation === 'decode' && envelope?.text.split('|', 10)[9]?.startsWith('LOOP'))) return;
    for (const end = performance.now() + LOOP_MS; performance.now() < end;) continue;
  });
