/** Everything a journal holds, as rows: one transaction that sees one moment, read table by table through a cursor. */
import { Client } from 'pg';
import {
  DUMP_FORMAT,
  DUMP_TABLES,
  encodeRows,
  PasserelleError,
  type DumpBatch,
  type DumpRow,
  type DumpTable,
  type JournalDump,
} from '../../core/contract/index.ts';
import { parseAddress, type Address } from './address.ts';
import { queryOn, settingsOf, unavailable, type Query } from './connection.ts';
import { DUMP_PART_ROWS, DUMP_ROWS } from './limits.ts';

/** A connection for long work: a journal is read or filled for as long as it takes. */
export async function connectLong(address: Address): Promise<Client> {
  const client = new Client(settingsOf(address, 'read'));
  client.on('error', () => undefined);
  await client.connect();
  await client.query('SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0');
  return client;
}

const POINT = `
  SELECT (SELECT tag FROM meta) AS tag, to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at,
    coalesce((SELECT max(id) FROM message), 0) AS message, coalesce((SELECT max(id) FROM event), 0) AS event,
    coalesce((SELECT max(id) FROM delivery), 0) AS delivery, coalesce((SELECT max(revision) FROM revision), 0) AS revision`;

/** A node that runs, or that vanished less than a lease ago. */
const LIVE = `SELECT lane FROM lease WHERE node <> '' AND until > extract(epoch from clock_timestamp()) * 1000 LIMIT 1`;

/** Of a stopped journal: the lock that writers take is held meanwhile, so that an engine that starts waits. */
export const dumpStopped = (text: string): Promise<JournalDump> => dump(parseAddress(text), true, () => undefined);

/** Of a journal in use: the moment the transaction began is the point of consistency. */
export const dumpRunning = (address: Address, ended: () => void): Promise<JournalDump> => dump(address, false, ended);

async function dump(address: Address, isLocked: boolean, ended: () => void): Promise<JournalDump> {
  let client: Client | undefined;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= (client?.end() ?? Promise.resolve()).catch(() => undefined).finally(ended));
  try {
    client = await connectLong(address);
    const query = queryOn(client);
    const [found] = await query({ text: 'SELECT to_regclass($1)::text AS meta', values: [`${address.schema}.meta`] });
    if (!found!['meta']) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'a journal', found: address.description });
    if (isLocked) {
      await query({ text: 'SELECT pg_advisory_lock($1)', values: [address.lock] });
      const [live] = await query({ text: LIVE });
      if (live) throw new PasserelleError('ERR_JOURNAL_LOCKED', { found: 'lanes that a node works' });
    }
    await query({ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' });
    const [head] = await query({ text: POINT });
    const { tag, ...point } = head as unknown as { tag: string } & JournalDump['point'];
    return { format: DUMP_FORMAT, tag, store: 'postgres', point, batches: read(query, close), close };
  } catch (error) {
    await close();
    throw error instanceof PasserelleError ? error : unavailable(error);
  }
}

async function* read(query: Query, close: () => Promise<void>): AsyncGenerator<DumpBatch> {
  try {
    yield* batchesOf(query);
  } catch (error) {
    throw error instanceof PasserelleError ? error : unavailable(error);
  } finally {
    await close();
  }
}

/** Rows of every table, in the order of the dump format; inside a transaction. */
export async function* batchesOf(query: Query): AsyncGenerator<DumpBatch> {
  for (const table of DUMP_TABLES) yield* tableBatches(query, table);
}

/** Tables that are ordered by text, and its columns. */
const TEXT_TABLES = ['pause', 'lane_order', 'fact'];
const TEXTS = ['lane', 'kind', 'name'];

async function* tableBatches(query: Query, { name, columns, ordered }: DumpTable): AsyncGenerator<DumpBatch> {
  // Text by its bytes, whatever the collation of the database.
  const order = columns.slice(0, ordered).map((column) => (TEXTS.includes(column) && TEXT_TABLES.includes(name) ? `${column} COLLATE "C"` : column));
  await query({ text: `DECLARE dumped NO SCROLL CURSOR FOR SELECT ${columns.join(', ')} FROM ${name} ORDER BY ${order.join(', ')}` });
  for (;;) {
    const rows = await query({ text: `FETCH ${name === 'part' ? DUMP_PART_ROWS : DUMP_ROWS} FROM dumped` });
    if (rows.length === 0) break;
    yield { table: name, rows: rows.length, lines: encodeRows(rows.map((row) => columns.map((column) => row[column]) as DumpRow)) };
  }
  await query({ text: 'CLOSE dumped' });
}
