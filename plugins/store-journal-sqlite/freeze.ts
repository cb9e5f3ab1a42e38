/**
 * When the write-ahead log is brought into the file: once it is long, between two groups of commits and not inside one, whose callers would wait for
 * it. The file is held still while it is copied (decision 0015): the log is brought into it, then kept out: the file is the journal at that moment,
 * and commits go on in the log, which grows until `thaw`.
 *
 * The file is opened once and never closed: closing any handle of a file gives up the locks of the whole process. The end of the thread closes it.
 */
import { fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { PasserelleError } from '../../core/contract/index.ts';
import type { FileCalls } from './calls.ts';
import { FILE_NAME, unavailable } from './database.ts';
import type { Journal } from './journal.ts';
import { CHECKPOINT_BYTES } from './limits.ts';

interface Log {
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

export function freezer({ db }: Journal, folder: string): { readonly calls: FileCalls; readonly shorten: () => void } {
  const look = db.prepare('PRAGMA wal_checkpoint(NOOP)');
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  const pragma = (name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  // Of this file: those made before have pages of their own size.
  const pageBytes = Number(pragma('page_size'));
  let file: number | undefined;
  let isFrozen = false;
  const bringIn = (): void => {
    const { busy, log, checkpointed } = db.prepare('PRAGMA wal_checkpoint(FULL)').get() as unknown as Log;
    if (busy !== 0 || log !== checkpointed) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { expected: 'a log that is all in the file' });
  };
  const shorten = (): void => {
    if (isFrozen) return;
    try {
      const { log, checkpointed } = look.get() as unknown as Log;
      if ((log - checkpointed) * pageBytes >= CHECKPOINT_BYTES) checkpoint.get();
    } catch {
      // What is committed is safe in the log, which is tried again after the next group.
    }
  };
  const calls: FileCalls = {
    pragmas: () => ({ journalMode: String(pragma('journal_mode')), synchronous: Number(pragma('synchronous')) }),
    freeze: () => {
      if (isFrozen) throw new PasserelleError('ERR_BACKUP_RUNS');
      try {
        bringIn();
        isFrozen = true;
        file ??= openSync(join(folder, FILE_NAME), 'r');
        return { file, bytes: fstatSync(file).size, at: Date.now() };
      } catch (error) {
        throw error instanceof PasserelleError ? error : unavailable(error);
      }
    },
    thaw: () => {
      isFrozen = false;
    },
  };
  return { calls, shorten };
}
