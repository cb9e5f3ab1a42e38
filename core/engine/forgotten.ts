/** How long notes live that do not live for good (decision 0030), and closed tasks, which go one by one: open ones stay however old they are. */
import { CALL_KEPT_MS, LEDGER } from '../call/index.ts';
import { CHECK } from '../checks/index.ts';
import type { JournalStore } from '../contract/index.ts';
import { SENT } from '../documents/index.ts';
import { TASK, readTask } from '../identity/index.ts';
import type { Knowledge } from '../knowledge/index.ts';

const DAY_MS = 86_400_000;
const PAGE = 500;
/** Tasks of one commit: a KB or two each. */
const AT_ONCE = 50;

/** Milliseconds, by kind. */
export const keptMs = (traceDays: number): Readonly<Record<string, number>> => ({
  ...CALL_KEPT_MS,
  ...Object.fromEntries([LEDGER, CHECK, SENT].map((kind) => [kind, traceDays * DAY_MS])),
});

/** Drops tasks that were closed so many days before `now` (ms since 1970). Answers how many. */
export async function forgetClosedTasks(
  { journal, knowledge }: { readonly journal: Pick<JournalStore, 'notesOf' | 'keep'>; readonly knowledge: Pick<Knowledge, 'change'> },
  traceDays: number,
  now: number,
  signal: AbortSignal,
): Promise<number> {
  const [before, at] = [now - traceDays * DAY_MS, now].map((time) => new Date(time).toISOString()) as [string, string];
  let forgotten = 0;
  for (let after: string | undefined; !signal.aborted;) {
    const page = await journal.notesOf(TASK, { limit: PAGE, ...(after !== undefined && { after }) });
    const keys = page.items.filter(({ value, changedAt }) => changedAt < before && readTask(value).state !== 'open').map(({ key }) => key);
    for (let from = 0; from < keys.length; from += AT_ONCE)
      forgotten += await knowledge.change(
        keys.slice(from, from + AT_ONCE).map((key) => ({ kind: TASK, key })),
        (known) => {
          // As it is now: a message that is decided again may have asked since.
          const closed = keys.slice(from, from + AT_ONCE).filter((key) => {
            const value = known(TASK, key);
            return value !== undefined && readTask(value).state !== 'open';
          });
          return { notes: closed.map((key) => ({ kind: TASK, key, value: '' })), result: closed.length };
        },
        (notes) => journal.keep(notes, at),
      );
    after = page.next;
    if (after === undefined) break;
  }
  return forgotten;
}
