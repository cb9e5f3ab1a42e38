/** Makes a journal of the rows of another one. It grows in a folder aside and takes its place by a rename, so that it is there whole or not at all. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import {
  decodeRows,
  DUMP_FORMAT,
  DUMP_TABLES,
  PasserelleError,
  type DumpBatch,
  type JournalDump,
  type LoadCheck,
} from '../../core/contract/index.ts';
import { BUCKET_MESSAGES, bytesOf, msOf, unpackHashes } from '../../core/journal-format/index.ts';
import { FILE_NAME, MOVED_NAME, MOVED_TO_NAME, openDatabase, unavailable } from './database.ts';
import { batchesOf } from './dump-rows.ts';
import { DELIVERIES, MESSAGES } from './tally.ts';

const LOAD_FOLDER = 'restoring';

export async function loadJournal(folder: string, dump: JournalDump, check: LoadCheck): Promise<void> {
  const place = join(folder, FILE_NAME);
  if (existsSync(place)) throw new PasserelleError('ERR_NOT_EMPTY', { location: { file: place } });
  if (dump.format > DUMP_FORMAT)
    throw new PasserelleError('ERR_JOURNAL_VERSION', { expected: `format ${DUMP_FORMAT} at most`, found: `format ${dump.format}` });
  const aside = join(folder, LOAD_FOLDER);
  try {
    rmSync(aside, { recursive: true, force: true });
    mkdirSync(aside, { recursive: true, mode: 0o700 });
    await fill(aside, dump, check);
    renameSync(join(aside, FILE_NAME), place);
    syncFolder(folder);
  } catch (error) {
    throw error instanceof PasserelleError ? error : unavailable(error);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

async function fill(folder: string, dump: JournalDump, check: LoadCheck): Promise<void> {
  const { db } = openDatabase(folder);
  try {
    // Nothing of it counts before the rename: one fsync at the end is enough.
    db.exec('PRAGMA synchronous = OFF; BEGIN');
    db.prepare('UPDATE meta SET tag = ?').run(dump.tag);
    const insert = inserter(db);
    for await (const batch of dump.batches) insert(batch);
    makeTerms(db);
    makeTally(db);
    const { paused, at } = await check(stored(db));
    for (const lane of paused) db.prepare('INSERT OR REPLACE INTO pause (lane, at) VALUES (?, ?)').run(lane, msOf(at));
    db.exec('COMMIT; PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
  const file = openSync(join(folder, FILE_NAME), 'r');
  fsyncSync(file);
  closeSync(file);
}

/** A column that an older format does not have is left to its default. */
function inserter(db: DatabaseSync): (batch: DumpBatch) => void {
  const statements = new Map(
    DUMP_TABLES.map(({ name, columns }) => [
      name,
      db.prepare(`INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`),
    ]),
  );
  return ({ table, lines }) => {
    const statement = statements.get(table);
    if (!statement) throw new PasserelleError('ERR_BACKUP_DAMAGED', { expected: 'a table of a journal', found: 'another one' });
    try {
      for (const row of decodeRows(lines) as (string | number | null | Uint8Array)[][]) statement.run(...row);
    } catch (cause) {
      throw new PasserelleError('ERR_BACKUP_DAMAGED', { location: { path: table }, expected: 'rows of this table, each once', cause });
    }
  };
}

async function* stored(db: DatabaseSync): AsyncGenerator<DumpBatch> {
  yield* batchesOf(db);
}

/** Index terms come from the messages that have them; in order of the tree, so that it is written once through. */
function makeTerms(db: DatabaseSync): void {
  const insert = db.prepare('INSERT OR IGNORE INTO term (bucket, term, message) VALUES (?, ?, ?)');
  for (const row of db.prepare('SELECT id, terms FROM message WHERE terms IS NOT NULL ORDER BY id').iterate()) {
    const { id, terms } = row as unknown as { id: number; terms: Uint8Array };
    for (const term of unpackHashes(terms)) insert.run(Math.floor(id / BUCKET_MESSAGES), bytesOf(term), id);
  }
}

const makeTally = (db: DatabaseSync): void =>
  db.exec(`
    INSERT INTO tally SELECT lane, ${MESSAGES}, state, count(*) FROM message GROUP BY lane, state;
    INSERT INTO tally SELECT lane, ${DELIVERIES}, state, count(*) FROM delivery GROUP BY lane, state`);

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/** After a move. The name says what it was; no engine opens it, nor another one in its place. */
export async function retireJournal(folder: string, to: string): Promise<string> {
  const { db } = openDatabase(folder);
  db.close();
  // It may have moved away and come back before.
  let kept = join(folder, MOVED_NAME);
  for (let n = 2; existsSync(kept); n += 1) kept = join(folder, `${MOVED_NAME}-${n}`);
  writeFileSync(join(folder, MOVED_TO_NAME), to, { mode: 0o600, flush: true });
  renameSync(join(folder, FILE_NAME), kept);
  syncFolder(folder);
  return kept;
}
