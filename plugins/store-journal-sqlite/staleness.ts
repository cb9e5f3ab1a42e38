/** Does a newer delivery of the same patient or document exist? Then replaying a message would overtake it (ARCHITECTURE section 3). */
import type { StatementSync } from 'node:sqlite';
import { codeOf, DELIVERY_CODES } from './codes.ts';
import { bytesOf, unpackHashes } from './hashes.ts';
import type { Journal } from './journal.ts';
import { SCAN_ROWS } from './limits.ts';

interface Hashes {
  readonly keys: Uint8Array | null;
  readonly series: Uint8Array | null;
}

export function staleness({ db }: Journal): (message: number) => boolean {
  const ownEvents = db.prepare('SELECT keys, series FROM event WHERE message = ?');
  const ownTerms = db.prepare('SELECT terms FROM message WHERE id = ?');
  const lastDelivery = db.prepare('SELECT max(id) AS id FROM delivery WHERE message = ?');
  const sharing = (condition: string): StatementSync =>
    db.prepare(`
      SELECT e.keys, e.series FROM term t JOIN delivery d ON d.message = t.message JOIN event e ON e.id = d.event
      WHERE t.term = ? AND ${condition} AND d.state <> ${codeOf(DELIVERY_CODES, 'discarded')} ORDER BY t.message DESC`);
  // Newer: made after our last delivery; without any, made for a later message.
  const madeAfter = sharing('d.id > ?');
  const ofLater = sharing('t.message > ?');

  return (message) => {
    const events = ownEvents.all(message) as unknown as Hashes[];
    // A message that never had an event is known by its terms only.
    const known = events.length > 0 ? events.flatMap(hashesOf) : unpackHashes((ownTerms.get(message) as { terms: Uint8Array | null }).terms);
    const shared = new Set(known);
    const last = (lastDelivery.get(message) as { id: number | null }).id;
    let looked = 0;
    for (const term of shared)
      for (const row of last === null ? ofLater.iterate(bytesOf(term), message) : madeAfter.iterate(bytesOf(term), last)) {
        if (hashesOf(row as unknown as Hashes).some((hash) => shared.has(hash))) return true;
        // Too many to look at: take it for stale, a person can still give a reason.
        if (++looked === SCAN_ROWS) return true;
      }
    return false;
  };
}

function hashesOf({ keys, series }: Hashes): string[] {
  return series === null ? unpackHashes(keys) : [...unpackHashes(keys), Buffer.from(series).toString('hex')];
}
