/** Settings revisions and facts: each is added, none is ever changed. */
import type { SettingsRevision } from '../../core/contract/index.ts';
import { blobOf, isoOf, present, textOf } from '../../core/journal-format/index.ts';
import type { Reads, Writes } from './calls.ts';
import { type Journal } from './journal.ts';

export function settingsWriter({ db }: Journal): Writes['saveSettings'] {
  const insert = db.prepare('INSERT INTO revision (at, who, why, documents) VALUES (?, ?, ?, ?)');
  return (at, who, why, documents) => Number(insert.run(at, blobOf(who), blobOf(why), blobOf(documents)).lastInsertRowid);
}

export function factKeeper({ db }: Journal): (name: string, value: string) => string {
  const keep = db.prepare('INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const read = db.prepare('SELECT value FROM fact WHERE name = ?');
  return (name, value) => {
    keep.run(name, value);
    return (read.get(name) as { value: string }).value;
  };
}

interface RevisionRow {
  readonly revision: number;
  readonly at: number;
  readonly who: Uint8Array;
  readonly why: Uint8Array | null;
  readonly documents: Uint8Array;
}

const revisionOf = (row: Omit<RevisionRow, 'documents'>): Omit<SettingsRevision, 'documents'> =>
  present<Omit<SettingsRevision, 'documents'>>({ revision: row.revision, at: isoOf(row.at), who: textOf(row.who) ?? '', why: textOf(row.why) });

export function settingsReaders({ db }: Journal): Pick<Reads, 'settings' | 'settingsHistory'> {
  const one = db.prepare('SELECT * FROM revision WHERE revision = coalesce(?, (SELECT max(revision) FROM revision))');
  const all = db.prepare('SELECT revision, at, who, why FROM revision ORDER BY revision');
  return {
    settings: (revision) => {
      const row = one.get(revision ?? null) as RevisionRow | undefined;
      return row && { ...revisionOf(row), documents: textOf(row.documents) ?? '[]' };
    },
    settingsHistory: () => (all.all() as unknown as RevisionRow[]).map(revisionOf),
  };
}
