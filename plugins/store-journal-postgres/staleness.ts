/** Does a newer delivery of the same patient or document exist? Then replaying a message would overtake it (ARCHITECTURE section 3). */
import { codeOf, DELIVERY_CODES, SCAN_ROWS, unpackHashes } from '../../core/journal-format/index.ts';
import { int8s } from './arrays.ts';
import type { Query } from './connection.ts';
import { findTerm } from './terms.ts';

interface Hashes {
  readonly keys: Uint8Array | null;
  readonly series: Uint8Array | null;
}

const DELIVERED = `
  SELECT e.keys, e.series FROM delivery d JOIN event e ON e.id = d.event
  WHERE d.message = ANY($1::int8[]) AND d.id > $2 AND d.state <> ${codeOf(DELIVERY_CODES, 'discarded')}`;

export async function isStale(query: Query, message: number): Promise<boolean> {
  const events = (await query({ text: 'SELECT keys, series FROM event WHERE message = $1', values: [message] })) as unknown as Hashes[];
  const [own] = await query({
    text: 'SELECT terms, (SELECT max(id) FROM delivery WHERE message = $1) AS last FROM message WHERE id = $1',
    values: [message],
  });
  // A message that never had an event is known by its terms only.
  const shared = new Set(events.length > 0 ? events.flatMap(hashesOf) : unpackHashes(own!['terms'] as Uint8Array | null));
  const last = own!['last'] as number | null;
  for (const term of shared) {
    const others = await findTerm(query, term, Number.MAX_SAFE_INTEGER, SCAN_ROWS);
    // Newer: made after our last delivery; without any, made for a later message.
    const later = last === null ? others.filter((id) => id > message) : others;
    const newer = (await query({ text: DELIVERED, values: [int8s(later), last ?? 0] })) as unknown as Hashes[];
    if (newer.some((row) => hashesOf(row).some((hash) => shared.has(hash)))) return true;
    // Too many to look at: take it for stale, a person can still give a reason.
    if (others.length === SCAN_ROWS) return true;
  }
  return false;
}

function hashesOf({ keys, series }: Hashes): string[] {
  return series === null ? unpackHashes(keys) : [...unpackHashes(keys), Buffer.from(series).toString('hex')];
}
