/** Links that were used twice in the last day, as a condition of each site (SAFETY C3): it ends by itself, a day after the last one. */
import type { Condition } from '../alerts/index.ts';
import { REUSE, type Reuse } from '../call/index.ts';
import type { JournalStore } from '../contract/index.ts';

const DAY_MS = 24 * 3600_000;
/** More than that in a day is one alert as well. */
const LOOKED_AT = 200;

export async function reusedLinks(journal: Pick<JournalStore, 'notesOf'>, now: number): Promise<readonly Condition[]> {
  const { items } = await journal.notesOf(REUSE, { limit: LOOKED_AT });
  const recent = items.map(({ value }) => JSON.parse(value) as Reuse).filter(({ at }) => now - Date.parse(at) < DAY_MS);
  return [...Map.groupBy(recent, ({ site }) => site)].map(([site, uses]) => ({
    code: 'ALERT_CALL_LINK_REUSED',
    since: Math.min(...uses.map(({ at }) => Date.parse(at))),
    count: uses.length,
    ...(site && { site }),
  }));
}
