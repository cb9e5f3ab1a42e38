/** Makes a journal of the rows of another one, in one transaction: whole or not at all. */
import {
  DUMP_FORMAT,
  DUMP_TABLES,
  decodeRows,
  PasserelleError,
  type DumpBatch,
  type DumpRow,
  type JournalDump,
  type LoadCheck,
} from '../../core/contract/index.ts';
import { BUCKET_MESSAGES, bytesOf, msOf, unpackHashes } from '../../core/journal-format/index.ts';
import { parseAddress } from './address.ts';
import { byteas, int4s, int8s } from './arrays.ts';
import { endOf, isOfCommand, queryOn, unavailable, type Query } from './connection.ts';
import { fitCounters, movedSchema, openingError, prepareSchema } from './database.ts';
import { batchesOf, connectLong } from './dump.ts';
import { makePartitions, monthOfPart } from './partitions.ts';

/** Throws ERR_NOT_EMPTY, ERR_JOURNAL_VERSION, ERR_BACKUP_DAMAGED, ERR_JOURNAL_UNAVAILABLE, or what `check` throws. */
export async function loadJournal(text: string, dump: JournalDump, check: LoadCheck): Promise<void> {
  const address = parseAddress(text);
  if (dump.format > DUMP_FORMAT)
    throw new PasserelleError('ERR_JOURNAL_VERSION', { expected: `format ${DUMP_FORMAT} at most`, found: `format ${dump.format}` });
  try {
    const client = await connectLong(address);
    try {
      const query = queryOn(client);
      await query({ text: 'BEGIN' });
      await query({ text: 'SELECT pg_advisory_xact_lock($1)', values: [address.lock] });
      const [found] = await query({ text: 'SELECT to_regclass($1)::text AS meta', values: [`${address.schema}.meta`] });
      if (found!['meta']) throw new PasserelleError('ERR_NOT_EMPTY', { found: address.description });
      await prepareSchema(query, address.schema);
      await fill(query, dump, check);
      await query({ text: 'COMMIT' });
    } finally {
      await endOf(client); // what was not committed is gone
    }
  } catch (error) {
    throw openingError(error);
  }
}

async function fill(query: Query, dump: JournalDump, check: LoadCheck): Promise<void> {
  await query({ text: 'UPDATE meta SET tag = $1', values: [dump.tag] });
  for await (const batch of dump.batches) await insert(query, batch);
  await query({ text: 'INSERT INTO tally SELECT lane, 0, state, count(*) FROM message GROUP BY lane, state' });
  await query({ text: 'INSERT INTO tally SELECT lane, 1, state, count(*) FROM delivery GROUP BY lane, state' });
  const { paused, at } = await check(batchesOf(query));
  const hold = 'INSERT INTO pause (lane, at) VALUES ($1, $2) ON CONFLICT DO NOTHING';
  for (const lane of paused) await query({ text: hold, values: [lane, msOf(at)] });
  await fitCounters(query);
}

async function insert(query: Query, { table, lines }: DumpBatch): Promise<void> {
  const columns = DUMP_TABLES.find(({ name }) => name === table)?.columns;
  if (!columns) throw new PasserelleError('ERR_BACKUP_DAMAGED', { expected: 'a table of a journal', found: 'another one' });
  const rows = decodeRows(lines);
  // Ids of another PostgreSQL journal name the month they were written in.
  if (table === 'part')
    for (const month of new Set(rows.map(([id]) => monthOfPart(Number(id))))) if (month > 0) await makePartitions(query, month, 1);
  const places = rows.map((_, r) => `(${columns.map((__, c) => `$${r * columns.length + c + 1}`).join(', ')})`);
  try {
    await query({ text: `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${places.join(', ')}`, values: rows.flat() });
  } catch (cause) {
    if (!isOfCommand(cause)) throw cause;
    throw new PasserelleError('ERR_BACKUP_DAMAGED', { location: { path: table }, expected: 'rows of this table, each once', cause });
  }
  if (table === 'message') await insertTerms(query, rows, columns);
}

/** Index terms come from the messages that have them. */
async function insertTerms(query: Query, rows: readonly DumpRow[], columns: readonly string[]): Promise<void> {
  const at = columns.indexOf('terms');
  const terms = rows.flatMap((row) => unpackHashes(row[at] as Uint8Array | null).map((term) => ({ term, message: Number(row[0]) })));
  await query({
    text: 'INSERT INTO term (bucket, term, message) SELECT * FROM unnest($1::int4[], $2::bytea[], $3::int8[]) ON CONFLICT DO NOTHING',
    values: [
      int4s(terms.map((t) => Math.floor(t.message / BUCKET_MESSAGES))),
      byteas(terms.map((t) => bytesOf(t.term))),
      int8s(terms.map((t) => t.message)),
    ],
  });
}

/** After a move. The name says what it was; no engine opens it, nor another one in its place. */
export async function retireJournal(text: string, to: string): Promise<string> {
  const address = parseAddress(text);
  const moved = movedSchema(address.schema);
  let kept = moved;
  const client = await connectLong(address);
  try {
    const { rows } = await client.query<{ name: string }>('SELECT nspname AS name FROM pg_namespace WHERE starts_with(nspname, $1)', [moved]);
    // It may have moved away and come back before.
    for (let n = 2; rows.some(({ name }) => name === kept); n += 1) kept = `${moved}_${n}`;
    await client.query(`BEGIN; ALTER SCHEMA ${address.schema} RENAME TO ${kept}; COMMENT ON SCHEMA ${moved} IS ${client.escapeLiteral(to)}; COMMIT`);
  } catch (error) {
    throw unavailable(error);
  } finally {
    await endOf(client);
  }
  return `${address.description.slice(0, -address.schema.length)}${kept}`;
}
