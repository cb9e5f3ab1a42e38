/** `saveSettings`: one more revision; none is ever changed. */
import type { Writes } from './calls.ts';
import { blobOf, type Journal } from './journal.ts';

export function settingsWriter({ db }: Journal): Writes['saveSettings'] {
  const insert = db.prepare('INSERT INTO revision (at, who, why, documents) VALUES (?, ?, ?, ?)');
  return (at, who, why, documents) => Number(insert.run(at, blobOf(who), blobOf(why), blobOf(documents)).lastInsertRowid);
}
