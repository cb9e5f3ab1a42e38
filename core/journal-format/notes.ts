/** Rows of notes as pages of the contract. */
import type { Page, StoredNote } from '../contract/index.ts';
import { isoOf } from './codes.ts';
import { writeKeyCursor } from './cursor.ts';
import { TERM_BYTES } from './limits.ts';
import { textOf } from './values.ts';

export const NOTE_CURSOR = 'n';
/** Above every key. */
export const LAST_KEY = 'ff'.repeat(TERM_BYTES);

export interface NoteRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly changed_at: number;
}

/** `rows`: one more than the limit when there are more. */
export function notePage(tag: string, kind: string, rows: readonly NoteRow[], limit: number): Page<StoredNote> {
  const items = rows
    .slice(0, limit)
    .map((row) => ({ kind, key: Buffer.from(row.key).toString('hex'), value: textOf(row.value) ?? '', changedAt: isoOf(row.changed_at) }));
  const last = rows[items.length - 1];
  if (rows.length <= limit || !last) return { items };
  return { items, next: writeKeyCursor(tag, NOTE_CURSOR, last.changed_at, Buffer.from(last.key).toString('hex')) };
}
