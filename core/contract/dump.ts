/**
 * A journal as rows that any store can write and read (decision 0015): what a backup holds, and what moves from one store to another.
 * Rows travel as lines of JSON, so that a file of them can be read without us; the hash of a table is that of its lines.
 */

/** Grows when a table or a column is added: a load refuses a format above its own, and fills what an older one does not have. */
export const DUMP_FORMAT = 2;

export interface DumpTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** How many of the first columns order the rows, ascending; text by its bytes. */
  readonly ordered: number;
}

/**
 * Every table of a journal but those that can be made from them again (index terms, counts). Columns and codes are those of the
 * SQLite schema (`plugins/store-journal-sqlite/migrations.ts`); times are ms since 1970. Names first: the others refer to them.
 */
export const DUMP_TABLES: readonly DumpTable[] = [
  { name: 'name', columns: ['id', 'name'], ordered: 1 },
  { name: 'revision', columns: ['revision', 'at', 'who', 'why', 'documents'], ordered: 1 },
  { name: 'pause', columns: ['lane', 'at'], ordered: 1 },
  { name: 'lane_order', columns: ['lane', 'kind', 'terms'], ordered: 2 },
  { name: 'fact', columns: ['name', 'value'], ordered: 1 },
  { name: 'part', columns: ['id', 'message', 'part', 'chunk', 'bytes'], ordered: 1 },
  {
    name: 'message',
    columns: [
      'id',
      'lane',
      'site',
      'connector',
      'version',
      'format',
      'received_at',
      'state',
      'run',
      'ack',
      'retransmissions',
      'bytes',
      'raw',
      'link',
      'type',
      'control',
      'print',
      'decided_at',
      'terms',
      'head',
      'outcome',
    ],
    ordered: 1,
  },
  { name: 'earlier', columns: ['message', 'run', 'state', 'decided_at', 'outcome'], ordered: 2 },
  { name: 'event', columns: ['id', 'message', 'run', 'uid', 'type', 'kind', 'keys', 'series', 'data'], ordered: 1 },
  {
    name: 'delivery',
    columns: [
      'id',
      'message',
      'event',
      'lane',
      'run',
      'state',
      'attempts',
      'queued_at',
      'not_before',
      'settled_at',
      'encoded',
      'control',
      'ack',
      'error',
    ],
    ordered: 1,
  },
  { name: 'attempt', columns: ['delivery', 'ordinal', 'started_at', 'ended_at', 'outcome', 'ack', 'error'], ordered: 2 },
  { name: 'act', columns: ['id', 'verb', 'message', 'delivery', 'at', 'who', 'why'], ordered: 1 },
  { name: 'note', columns: ['kind', 'key', 'value', 'changed_at'], ordered: 2 },
];

export type DumpValue = null | number | string | Uint8Array;
export type DumpRow = readonly DumpValue[];

/** Some rows of one table, in order: one line of JSON each, a list of values in which bytes are `{"b": base64}`. */
export interface DumpBatch {
  readonly table: string;
  readonly rows: number;
  readonly lines: Uint8Array;
}

/** What a dump holds: all that was committed before `at`, nothing that was committed after. */
export interface DumpPoint {
  /** ISO 8601, by the clock of the machine that holds the journal. */
  readonly at: string;
  /** Highest ids; 0 = none. */
  readonly message: number;
  readonly event: number;
  readonly delivery: number;
  /** Active settings; 0 = none. */
  readonly revision: number;
}

export interface JournalDump {
  readonly format: number;
  readonly tag: string;
  /** Plugin id of the store it comes from. */
  readonly store: string;
  readonly point: DumpPoint;
  /** Tables in the order of `DUMP_TABLES`, to be read once. Throws ERR_JOURNAL_UNAVAILABLE. */
  readonly batches: AsyncIterable<DumpBatch>;
  /** Gives back what the dump holds, read or not. Legal twice. */
  readonly close: () => Promise<void>;
}

export function encodeRows(rows: readonly DumpRow[]): Uint8Array {
  const lines = rows.map((row) =>
    JSON.stringify(row.map((value) => (value instanceof Uint8Array ? { b: bufferOf(value).toString('base64') } : value))),
  );
  return Buffer.from(lines.length === 0 ? '' : `${lines.join('\n')}\n`);
}

export function decodeRows(lines: Uint8Array): DumpRow[] {
  const text = bufferOf(lines).toString();
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => (JSON.parse(line) as (DumpValue | { b: string })[]).map(decodeValue));
}

const decodeValue = (value: DumpValue | { b: string }): DumpValue =>
  value !== null && typeof value === 'object' && 'b' in value ? Buffer.from(value.b, 'base64') : value;
const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
