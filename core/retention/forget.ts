/** Old notes go in steps of a few milliseconds of the journal's writer, with a rest after each: whoever stores meanwhile waits for one step at most. */
import { setTimeout as pause } from 'node:timers/promises';
import type { JournalStore } from '../contract/index.ts';

/** Notes of one step. */
export const STEP = 200;
const LEAST_REST_MS = 20;

/**
 * Drops notes of a kind that last changed before this (ISO), the oldest first, in no more than half of the time. Answers how many; what is left when `signal`
 * says so goes another time. Rejects when the journal is away.
 */
export async function forgetSlowly(journal: Pick<JournalStore, 'forget'>, kind: string, before: string, signal?: AbortSignal): Promise<number> {
  for (let all = 0; ;) {
    const start = performance.now();
    const count = await journal.forget(kind, before, STEP);
    all += count;
    if (count < STEP || signal?.aborted) return all;
    await rest(Math.max(LEAST_REST_MS, performance.now() - start), signal);
  }
}

const rest = (ms: number, signal: AbortSignal | undefined): Promise<unknown> =>
  pause(ms, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined);
