/** Which store holds the journal, told from its address. */
import path from 'node:path';

export interface JournalAddress {
  /** Id of a store plugin. */
  readonly store: string;
  readonly address: string;
}

/** A `postgres://` address is a database; anything else a folder for SQLite, from the data directory on; nothing is the data directory itself. */
export function journalAddress(journal: string | undefined, data: string): JournalAddress {
  if (journal && /^postgres(ql)?:\/\//.test(journal)) return { store: 'postgres', address: journal };
  return { store: 'sqlite', address: path.resolve(data, journal ?? '') };
}
