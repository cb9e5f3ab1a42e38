/**
 * Who blocks whom in a delivery lane, for people: the deliveries that stand first, do not leave by themselves now, and have others behind them. Only
 * what is in memory is looked at, each queue once.
 */
import type { Entry, Schedule } from './schedule.ts';

export interface Head {
  readonly delivery: number;
  /** Deliveries that share a patient or a document with it and came after it. */
  readonly directly: number;
  /** Those, and all that stand behind them. */
  readonly inAll: number;
}

/** Entries looked at for one head: past it `inAll` says at least. */
const MAX_LOOKED = 20_000;

/** The heads with most behind them, at most `limit`. */
export function heads(schedule: Schedule, limit: number): readonly Head[] {
  const found = [...headsOf(schedule)].map((entry) => ({ entry, length: entry.queues.reduce((sum, name) => sum + schedule.queue(name).length, 0) }));
  return found
    .toSorted((a, b) => b.length - a.length || a.entry.delivery - b.entry.delivery)
    .slice(0, limit)
    .map(({ entry }) => ({
      delivery: entry.delivery,
      directly: new Set(entry.queues.flatMap((name) => schedule.queue(name).slice(1))).size,
      inAll: behind(schedule, [entry], MAX_LOOKED),
    }));
}

/** How many heads there are, and how many deliveries wait behind them. */
export function blocked(schedule: Schedule): { readonly heads: number; readonly waiting: number } {
  const all = [...headsOf(schedule)];
  return { heads: all.length, waiting: behind(schedule, all, Infinity) };
}

function* headsOf(schedule: Schedule): Generator<Entry> {
  for (const entry of schedule)
    if (entry.status === 'parked' && entry.behind === 0 && entry.queues.some((name) => schedule.queue(name).length > 1)) yield entry;
}

/** Distinct entries behind these, through any number of others. */
function behind(schedule: Schedule, from: readonly Entry[], most: number): number {
  const reached = new Set<Entry>();
  /** Of each queue, from where on everything is reached. */
  const reachedFrom = new Map<string, number>();
  const open = [...from];
  for (let entry = open.pop(); entry && reached.size < most; entry = open.pop())
    for (const name of entry.queues) {
      const queue = schedule.queue(name);
      const end = reachedFrom.get(name) ?? queue.length;
      const at = queue.lastIndexOf(entry, end - 1);
      if (at < 0) continue; // behind another one that was reached in this queue
      reachedFrom.set(name, at + 1);
      for (const next of queue.slice(at + 1, end)) {
        if (reached.has(next)) continue;
        reached.add(next);
        open.push(next);
      }
    }
  return Math.min(reached.size, most);
}
