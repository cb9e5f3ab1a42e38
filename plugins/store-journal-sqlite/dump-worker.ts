/** Reads a whole journal that nobody else uses, in a thread of its own (entry of the thread): copies it first when it is in use, then gives rows when asked. */
import { closeSync, openSync, readSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { PasserelleError, type DumpBatch, type DumpPoint, type ErrorData } from '../../core/contract/index.ts';
import type { Frozen } from './calls.ts';
import { FILE_NAME, openDatabase, unavailable } from './database.ts';
import { batchesOf } from './dump-rows.ts';
import { COPY_BYTES, COPY_SPARE_BYTES } from './limits.ts';

export interface DumpOrder {
  readonly folder: string;
  /** The file to copy into the folder first; absent = the journal is there. */
  readonly frozen?: Frozen;
}

/** What the thread says: `copied`, then once open `head`, then a batch for each `next`, then `end`; `failed` ends it at any time. */
export type DumpSaying =
  | { readonly copied: true }
  | { readonly head: { readonly tag: string; readonly point: Omit<DumpPoint, 'at'> } }
  | { readonly batch: DumpBatch }
  | { readonly end: true }
  | { readonly failed: ErrorData };

function copy({ file, bytes }: Frozen, folder: string): void {
  const to = join(folder, FILE_NAME);
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < bytes + COPY_SPARE_BYTES)
    throw new PasserelleError('ERR_BACKUP_UNWRITABLE', {
      location: { file: folder },
      expected: `${bytes + COPY_SPARE_BYTES} bytes free`,
      found: String(bavail * bsize),
    });
  const target = openSync(to, 'wx', 0o600);
  try {
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    for (let at = 0; at < bytes;) {
      const read = readSync(file, buffer, 0, Math.min(buffer.length, bytes - at), at);
      if (read === 0) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { found: 'a file that became shorter' });
      for (let from = 0; from < read;) from += writeSync(target, buffer, from, read - from);
      at += read;
    }
  } catch (error) {
    if (error instanceof PasserelleError) throw error;
    throw new PasserelleError('ERR_BACKUP_UNWRITABLE', {
      location: { file: to },
      found: (error as NodeJS.ErrnoException).code ?? 'an error',
      cause: error,
    });
  } finally {
    closeSync(target);
  }
}

function pointOf(db: DatabaseSync): Omit<DumpPoint, 'at'> {
  const last = (table: string, id = 'id'): number => Number(db.prepare(`SELECT coalesce(max(${id}), 0) AS id FROM ${table}`).get()!['id']);
  return { message: last('message'), event: last('event'), delivery: last('delivery'), revision: last('revision', 'revision') };
}

function run(port: NonNullable<typeof parentPort>, { folder, frozen }: DumpOrder): void {
  const say = (saying: DumpSaying, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(saying, transfer);
  const orFail = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      say({ failed: (error instanceof PasserelleError ? error : unavailable(error)).toData() });
      port.close();
    }
  };
  orFail(() => {
    if (frozen) {
      copy(frozen, folder);
      say({ copied: true });
    }
    const { db, tag } = openDatabase(folder);
    const batches = batchesOf(db);
    port.on('message', () =>
      orFail(() => {
        const { value } = batches.next();
        if (value) return say({ batch: value as DumpBatch });
        db.close();
        say({ end: true });
        port.close();
      }),
    );
    say({ head: { tag, point: pointOf(db) } });
  });
}

if (parentPort) run(parentPort, workerData as DumpOrder);
