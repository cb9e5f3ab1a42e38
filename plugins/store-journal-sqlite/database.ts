/**
 * Opens the file: one owner, durable commits, schema up to date. Runs in the worker only.
 *
 * Ownership is SQLite's exclusive locking mode: the lock belongs to the process, so that the kernel frees it on `kill -9`, and the
 * write-ahead index stays in memory. No other process can read the file meanwhile, not even the sqlite3 command.
 */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PasserelleError } from '../../core/contract/index.ts';
import { BUSY_MS, CACHE_KIB, LOG_LIMIT_BYTES, PAGE_BYTES } from './limits.ts';
import { MIGRATIONS } from './migrations.ts';

export const FILE_NAME = 'journal.sqlite';
/** A journal that moved elsewhere, and the words where to. */
export const MOVED_NAME = `${FILE_NAME}.moved`;
export const MOVED_TO_NAME = `${FILE_NAME}.moved-to`;
/** "PSRL": tells our file from any other SQLite file. */
const APPLICATION_ID = 0x5053524c;
/** Consonants only: no tag is a word. */
const TAG_LETTERS = 'bcdfghjklmnpqrstvwxz';

/** Primary result codes of SQLite that this store tells apart (https://sqlite.org/rescode.html). */
export const SQLITE = { ERROR: 1, BUSY: 5, LOCKED: 6, CORRUPT: 11, TOOBIG: 18, CONSTRAINT: 19, MISMATCH: 20, RANGE: 25, NOTADB: 26 } as const;

/** Primary result code of an error thrown by node:sqlite, undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: number };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}

export interface Database {
  readonly db: DatabaseSync;
  readonly tag: string;
}

function refuseMoved(folder: string): void {
  const file = join(folder, MOVED_NAME);
  if (!existsSync(file)) return;
  const to = join(folder, MOVED_TO_NAME);
  throw new PasserelleError('ERR_JOURNAL_MOVED', { location: { file }, ...(existsSync(to) && { expected: readFileSync(to, 'utf8') }) });
}

/** Throws ERR_JOURNAL_LOCKED, ERR_JOURNAL_MOVED, ERR_JOURNAL_VERSION, ERR_JOURNAL_UNREADABLE or ERR_JOURNAL_UNAVAILABLE. */
export function openDatabase(folder: string): Database {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, FILE_NAME);
    if (!existsSync(file)) refuseMoved(folder);
    // Made by us and not by SQLite, for its mode; the log takes the mode of the file.
    closeSync(openSync(file, 'a', 0o600));
    db = new DatabaseSync(file, { timeout: BUSY_MS, enableForeignKeyConstraints: false, enableDoubleQuotedStringLiterals: false });
    prepareFile(db);
    const { tag } = db.prepare('SELECT tag FROM meta').get() as { tag: string };
    return { db, tag };
  } catch (error) {
    db?.close();
    throw openingError(error);
  }
}

function prepareFile(db: DatabaseSync): void {
  // Order matters: the lock before the first read; page size and auto_vacuum before the first write; both before WAL.
  db.exec('PRAGMA locking_mode = EXCLUSIVE');
  const version = numberOf(db, 'user_version');
  const isNew = version === 0 && numberOf(db, 'schema_version') === 0;
  if (!isNew && numberOf(db, 'application_id') !== APPLICATION_ID) throw new PasserelleError('ERR_JOURNAL_UNREADABLE', { expected: 'a journal' });
  if (version > MIGRATIONS.length)
    throw new PasserelleError('ERR_JOURNAL_VERSION', { expected: `version ${MIGRATIONS.length} at most`, found: `version ${version}` });
  if (isNew) db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL`);
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -${CACHE_KIB};
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = ${LOG_LIMIT_BYTES};
    BEGIN EXCLUSIVE`);
  if (isNew) db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  for (const sql of MIGRATIONS.slice(version)) db.exec(sql);
  if (isNew) db.prepare('INSERT INTO meta (tag) VALUES (?)').run(newTag());
  db.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
}

const numberOf = (db: DatabaseSync, pragma: string): number => Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);

const newTag = (): string => Array.from({ length: 4 }, () => TAG_LETTERS[randomInt(TAG_LETTERS.length)]).join('');

function openingError(error: unknown): PasserelleError {
  if (error instanceof PasserelleError) return error;
  const code = sqliteCode(error);
  if (code === SQLITE.BUSY || code === SQLITE.LOCKED) return new PasserelleError('ERR_JOURNAL_LOCKED', { cause: error });
  if (code === SQLITE.CORRUPT || code === SQLITE.NOTADB)
    return new PasserelleError('ERR_JOURNAL_UNREADABLE', { cause: error, found: `SQLite ${code}` });
  return unavailable(error);
}

/** Anything the disk or SQLite did to us. Names the code only: an SQLite text may quote a value. */
export function unavailable(error: unknown): PasserelleError {
  const code = sqliteCode(error);
  const found = code === undefined ? ((error as NodeJS.ErrnoException | undefined)?.code ?? 'an unknown error') : `SQLite ${code}`;
  return new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { cause: error, found });
}
