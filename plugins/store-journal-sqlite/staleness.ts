/** Does a newer delivery of the same patient or document exist? Then replaying a message would overtake it (ARCHITECTURE section 3). */
import { DELIVERY_CODES, SCAN_ROWS, codeOf, unpackHashes } from '../../core/journal-format/index.ts';
import type { Journal } from './journal.ts';

interface Hashes {
  readonly keys: Uint8Array | null;
  readonly series: Uint8Array | null;
}

export function staleness({ db, terms }: Journal): (message: number) => boolean {
  const ownEvents = db.prepare('SELECT keys, series FROM event WHERE message = ?');
  const ownTerms = db.prepare('SELECT terms FROM message WHERE id = ?');
  const lastDelivery = db.prepare('SELECT max(id) AS id FROM delivery WHERE message = ?');
  const deliveries = db.prepare(`
    SELECT e.keys, e.series FROM delivery d JOIN event e ON e.id = d.event
    WHERE d.message = ? AND d.id > ? AND d.state <> ${codeOf(DELIVERY_CODES, 'discarded')}`);

  return (message) => {
    const events = ownEvents.all(message) as unknown as Hashes[];
    // A message that never had an event is known by its terms only.
    const known = events.length > 0 ? events.flatMap(hashesOf) : unpackHashes((ownTerms.get(message) as { terms: Uint8Array | null }).terms);
    const shared = new Set(known);
    const last = (lastDelivery.get(message) as { id: number | null }).id;
    let looked = 0;
    for (const term of shared)
      for (const other of terms.find(term)) {
        // Newer: made after our last delivery; without any, made for a later message.
        if (last === null && other.id <= message) break;
        const newer = deliveries.all(other.id, last ?? 0) as unknown as Hashes[];
        if (newer.some((row) => hashesOf(row).some((hash) => shared.has(hash)))) return true;
        // Too many to look at: take it for stale, a person can still give a reason.
        if (++looked === SCAN_ROWS) return true;
      }
    return false;
  };
}

function hashesOf({ keys, series }: Hashes): string[] {
  return series === null ? unpackHashes(keys) : [...unpackHashes(keys), Buffer.from(series).toString('hex')];
}
