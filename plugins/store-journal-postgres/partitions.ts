/**
 * Time partitions of `part`, which holds nearly all bytes of a journal: one per month, made ahead. The month stands in the id of a row, so a lookup by id
 * looks into one partition, and a month whose messages are all purged is given back to the disk by dropping one table.
 */
import type { Query } from './connection.ts';

/** Numbers of one month: no month has so many chunks. */
const PART_IDS = 2 ** 40;
/** Months made ahead of the current one: a server whose clock is ahead, a node that runs for weeks. */
const AHEAD = 2;

/** Months since 1970 in UTC. */
export function monthOf(ms: number): number {
  const date = new Date(ms);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

/** The month that a part was written in, 0 for one that was copied from another store. */
export const monthOfPart = (part: number): number => Math.floor(part / PART_IDS);
/** First id of a month. */
export const firstPart = (month: number): number => month * PART_IDS;

/** Makes the partitions that lack from `month` on, and answers the last one there is. Attached and not created in place: readers go on meanwhile. */
export async function makePartitions(query: Query, month: number, count = AHEAD + 1): Promise<number> {
  for (let each = month; each < month + count; each++) {
    const table = `part_m${each}`;
    const [found] = await query({ text: 'SELECT to_regclass($1)::text AS name', values: [table] });
    if (found?.['name']) continue;
    await query({ text: `CREATE TABLE ${table} (LIKE part INCLUDING ALL)` });
    await query({ text: `ALTER TABLE ${table} ALTER COLUMN bytes SET STORAGE EXTERNAL` });
    await query({ text: `ALTER TABLE part ATTACH PARTITION ${table} FOR VALUES FROM (${firstPart(each)}) TO (${firstPart(each + 1)})` });
  }
  return month + count - 1;
}
