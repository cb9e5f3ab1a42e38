/** Notes: what decisions leave behind for later ones, one value for each kind and key. */
import type { Note, NoteChange } from '../../core/contract/index.ts';
import { LAST_KEY, NOTE_CURSOR, blobOf, bytesOf, notePage, pageSize, readKeyCursor, textOf, type NoteRow } from '../../core/journal-format/index.ts';
import type { Reads, Writes } from './calls.ts';
import type { Journal } from './journal.ts';

export function noteWriter({ db, names }: Journal): (notes: readonly Note[], at: number) => void {
  const put = db.prepare(`
    INSERT INTO note (kind, key, value, changed_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at`);
  const drop = db.prepare('DELETE FROM note WHERE kind = ? AND key = ?');
  return (notes, at) => {
    for (const { kind, key, value } of notes)
      if (value === '') drop.run(names.known(kind) ?? 0, bytesOf(key));
      else put.run(names.of(kind), bytesOf(key), blobOf(value), at);
  };
}

/** Compares and writes in the transaction of its group: no other writer comes between. */
export function noteSwapper(journal: Journal): (changes: readonly NoteChange[], at: number) => boolean {
  const { db, names } = journal;
  const one = db.prepare('SELECT value FROM note WHERE kind = ? AND key = ?');
  const put = noteWriter(journal);
  return (changes, at) => {
    const isCurrent = changes.every(({ kind, key, before = '' }) => {
      const found = one.get(names.known(kind) ?? 0, bytesOf(key)) as { value: Uint8Array } | undefined;
      return (textOf(found?.value ?? null) ?? '') === before;
    });
    if (isCurrent) put(changes, at);
    return isCurrent;
  };
}

export function noteForgetter({ db, names }: Journal): Writes['forget'] {
  const drop = db.prepare(`
    DELETE FROM note WHERE (kind, key) IN (
      SELECT kind, key FROM note WHERE kind = ? AND value > x'' AND changed_at < ? ORDER BY changed_at LIMIT ?)`);
  return (kind, before, limit) => Number(drop.run(names.known(kind) ?? 0, before, limit).changes);
}

export function noteReaders({ db, names, tag }: Journal): Pick<Reads, 'notes' | 'notesOf'> {
  const one = db.prepare('SELECT value FROM note WHERE kind = ? AND key = ?');
  const list = db.prepare(`
    SELECT key, value, changed_at FROM note WHERE kind = ? AND value > x'' AND (changed_at, key) < (?, ?) ORDER BY changed_at DESC, key DESC LIMIT ?`);
  return {
    notes: (kind, keys) => {
      const id = names.known(kind) ?? 0;
      return keys.map((key) => textOf((one.get(id, bytesOf(key)) as { value: Uint8Array } | undefined)?.value ?? null) || undefined);
    },
    notesOf: (kind, page) => {
      const { at, key } = readKeyCursor(tag, NOTE_CURSOR, page.after) ?? { at: Number.MAX_SAFE_INTEGER, key: LAST_KEY };
      const limit = pageSize(page.limit);
      const rows = list.all(names.known(kind) ?? 0, at, bytesOf(key), limit + 1) as unknown as NoteRow[];
      return notePage(tag, kind, rows, limit);
    },
  };
}
