/** Rows of every table of an open journal, in batches, in the order of the dump format. */
import type { DatabaseSync } from 'node:sqlite';
import { DUMP_TABLES, encodeRows, type DumpBatch, type DumpRow, type DumpTable } from '../../core/contract/index.ts';
import { ALL_ATTEMPTS } from './attempts.ts';
import { BATCH_BYTES, BATCH_ROWS } from './limits.ts';

export function* batchesOf(db: DatabaseSync): Generator<DumpBatch> {
  for (const table of DUMP_TABLES) yield* tableBatches(db, table);
}

function* tableBatches(db: DatabaseSync, { name, columns, ordered }: DumpTable): Generator<DumpBatch> {
  const rowsOf = `SELECT ${columns.join(', ')} FROM ${name} ORDER BY ${columns.slice(0, ordered).join(', ')}`;
  const statement = db.prepare(name === 'attempt' ? ALL_ATTEMPTS : rowsOf);
  statement.setReturnArrays(true);
  let rows: DumpRow[] = [];
  let bytes = 0;
  for (const row of statement.iterate() as Iterable<unknown> as Iterable<DumpRow>) {
    rows.push(row);
    for (const value of row) if (value instanceof Uint8Array) bytes += value.length;
    if (rows.length < BATCH_ROWS && bytes < BATCH_BYTES) continue;
    yield { table: name, rows: rows.length, lines: encodeRows(rows) };
    rows = [];
    bytes = 0;
  }
  if (rows.length > 0) yield { table: name, rows: rows.length, lines: encodeRows(rows) };
}
