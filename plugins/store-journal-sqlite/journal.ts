/** What the commands of the worker share: the open file and the things kept in memory beside it. */
import type { DatabaseSync } from 'node:sqlite';
import type { Database } from './database.ts';
import { openNames, type Names } from './names.ts';
import { openParts, type Parts } from './parts.ts';
import { openTerms, type Terms } from './terms.ts';
import { openTally, type Tally } from './tally.ts';

export interface Journal {
  readonly db: DatabaseSync;
  readonly tag: string;
  readonly names: Names;
  readonly parts: Parts;
  readonly tally: Tally;
  readonly terms: Terms;
  /** Next id of a table. A command that is rolled back leaves a gap. Whoever purges must leave the newest row: ids are never used twice. */
  readonly nextId: (table: 'event' | 'delivery' | 'act') => number;
  /** Message ids are given on the other side of the channel (store.ts), after this one. */
  readonly lastMessage: number;
}

export function openJournal({ db, tag }: Database): Journal {
  const last = (table: string): number => Number(db.prepare(`SELECT coalesce(max(id), 0) AS id FROM ${table}`).get()!['id']);
  const ids = { event: last('event'), delivery: last('delivery'), act: last('act') };
  return {
    db,
    tag,
    names: openNames(db),
    parts: openParts(db),
    tally: openTally(db),
    terms: openTerms(db),
    nextId: (table) => ++ids[table],
    lastMessage: last('message'),
  };
}
