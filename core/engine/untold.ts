/** Receivers that were told of a merge which a person undid: an alert of each until a person says that it was called (SAFETY A6). */
import type { Condition } from '../alerts/index.ts';
import type { JournalStore } from '../contract/index.ts';
import { UNTOLD } from '../identity/index.ts';

/** More than that is one alert of each receiver as well. */
const LOOKED_AT = 200;

export async function untoldReceivers(journal: Pick<JournalStore, 'notesOf'>): Promise<readonly Condition[]> {
  const { items } = await journal.notesOf(UNTOLD, { limit: LOOKED_AT });
  const open = items.map(({ value }) => JSON.parse(value) as { readonly site: string; readonly lane: string; readonly at: string });
  return [...Map.groupBy(open, ({ site, lane }) => `${lane} ${site}`).values()].map((merges) => ({
    code: 'ALERT_MERGE_UNDONE_TOLD',
    since: Math.min(...merges.map(({ at }) => Date.parse(at))),
    count: merges.length,
    lane: merges[0]!.lane,
    site: merges[0]!.site,
  }));
}
