/** Links that were used twice in the last day, and users who proved to be somebody else, as conditions of each site (SAFETY C3): each ends by itself, a day after the last one. */
import type { Condition } from '../alerts/index.ts';
import { OTHER_USER, REUSE, type Suspect } from '../call/index.ts';
import type { JournalStore } from '../contract/index.ts';

const DAY_MS = 24 * 3600_000;
/** More than that in a day is one alert as well. */
const LOOKED_AT = 200;
const CODES = { [REUSE]: 'ALERT_CALL_LINK_REUSED', [OTHER_USER]: 'ALERT_CALL_OTHER_USER' } as const;

export async function suspectCalls(journal: Pick<JournalStore, 'notesOf'>, now: number): Promise<readonly Condition[]> {
  const conditions = Object.entries(CODES).map(async ([kind, code]): Promise<readonly Condition[]> => {
    const { items } = await journal.notesOf(kind, { limit: LOOKED_AT });
    const recent = items.map(({ value }) => JSON.parse(value) as Suspect).filter(({ at }) => now - Date.parse(at) < DAY_MS);
    return [...Map.groupBy(recent, ({ site }) => site)].map(([site, calls]) => ({
      code,
      since: Math.min(...calls.map(({ at }) => Date.parse(at))),
      count: calls.length,
      ...(site && { site }),
    }));
  });
  return (await Promise.all(conditions)).flat();
}
