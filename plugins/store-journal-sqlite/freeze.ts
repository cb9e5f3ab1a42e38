/**
 * Holds the file still while it is copied (decision 0015). The write-ahead log is brought into the file, then kept out of it: the file is the
 * journal at that moment, and commits go on in the log, which grows until `thaw`.
 *
 * The file is opened once and never closed: closing any handle of a file gives up the locks of the whole process. The end of the thread closes it.
 */
import { fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { PasserelleError } from '../../core/contract/index.ts';
import type { FileCalls } from './calls.ts';
import { FILE_NAME, unavailable } from './database.ts';
import type { Journal } from './journal.ts';
import { CHECKPOINT_PAGES } from './limits.ts';

export function freezer({ db }: Journal, folder: string): FileCalls {
  let file: number | undefined;
  let isFrozen = false;
  const bringIn = (): void => {
    const { busy, log, checkpointed } = db.prepare('PRAGMA wal_checkpoint(FULL)').get() as { busy: number; log: number; checkpointed: number };
    if (busy !== 0 || log !== checkpointed) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { expected: 'a log that is all in the file' });
  };
  const pragma = (name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  return {
    pragmas: () => ({ journalMode: String(pragma('journal_mode')), synchronous: Number(pragma('synchronous')) }),
    freeze: () => {
      if (isFrozen) throw new PasserelleError('ERR_BACKUP_RUNS');
      try {
        bringIn();
        db.exec('PRAGMA wal_autocheckpoint = 0');
        isFrozen = true;
        file ??= openSync(join(folder, FILE_NAME), 'r');
        return { file, bytes: fstatSync(file).size, at: Date.now() };
      } catch (error) {
        throw error instanceof PasserelleError ? error : unavailable(error);
      }
    },
    thaw: () => {
      db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      isFrozen = false;
    },
  };
}
