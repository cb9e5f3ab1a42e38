/** Preloaded into the engine by `stall.ts`: makes the thread of the ci-sis connector spend a second on each message whose control id begins with LOOP. */
import { parentPort, workerData } from 'node:worker_threads';

const LOOP_MS = 1000;
const { module } = (workerData ?? {}) as { readonly module?: string };

/** A slow message may be decoded again once it is stored: it loops the first time only. */
const looped = new Set<string>();

/** However calls cross to the host: the text of the message is somewhere in them. */
function asksToLoop(batch: unknown): boolean {
  const text = typeof batch === 'string' ? batch : JSON.stringify(batch);
  const [, id] = text.includes('"operation":"decode"') ? (/\|(LOOP\d+)/.exec(text) ?? []) : [];
  if (!id || looped.has(id)) return false;
  looped.add(id);
  return true;
}

if (module && /[\\/]connectors[\\/]ci-sis[\\/]/.test(module))
  // First to listen, so it runs before the host's own listener in the same thread.
  parentPort?.on('message', (batch: unknown) => {
    if (!asksToLoop(batch)) return;
    for (const end = performance.now() + LOOP_MS; performance.now() < end;) continue;
  });
