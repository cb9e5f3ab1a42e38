/** Rows of one table as arrays, one per column: `INSERT ... SELECT ... FROM unnest(...)` takes them all in one prepared statement. */
import { blobOf, bytesOf, CHUNK_BYTES, eventPart, RAW_PART } from '../../core/journal-format/index.ts';
import { byteas, int2s, int4s, int8s, texts, type Bound } from './arrays.ts';
import type { Transaction } from './transaction.ts';

const ENCODERS = { int2: int2s, int4: int4s, int8: int8s, bytea: byteas, text: texts };
type Type = keyof typeof ENCODERS;
type Value = number | string | Uint8Array | null | undefined;

export class Batch {
  readonly names: readonly string[];
  readonly #types: readonly Type[];

  /** `id:int8 bytes:bytea` */
  constructor(spec: string) {
    const columns = spec.split(' ').map((column) => column.split(':') as [string, Type]);
    this.names = columns.map(([name]) => name);
    this.#types = columns.map(([, type]) => type);
  }

  /** Its rows in SQL, from parameter `first` on. */
  source(first: number, alias = 'v'): string {
    return `unnest(${this.#types.map((type, i) => `$${first + i}::${type}[]`).join(', ')}) AS ${alias}(${this.names.map((n) => `"${n}"`).join(', ')})`;
  }

  insert(table: string, first: number, guard: string): string {
    const columns = this.names.join(', ');
    return `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${this.source(first)} ${guard}`;
  }

  values(rows: readonly (readonly Value[])[]): Bound[] {
    return this.#types.map((type, i) => ENCODERS[type](rows.map((row) => row[i]) as never));
  }
}

export const PARTS = new Batch('id:int8 message:int8 part:int8 chunk:int4 bytes:bytea');
export const EVENTS = new Batch('id:int8 message:int8 run:int4 uid:text type:int4 kind:int2 keys:bytea series:bytea data:int8');
export const DELIVERIES = new Batch('id:int8 message:int8 event:int8 lane:int4 run:int4 state:int2 attempts:int4 queued_at:int8 error:bytea');
export const FRESH = new Batch('message:int8 terms:bytea');
export const NOTES = new Batch('kind:int4 key:bytea value:bytea changed_at:int8');
const TALLY = new Batch('lane:int4 side:int2 state:int2 n:int8');

/** Replaces what is known, whatever selects (kind, key, value, changed_at). */
export const noteSql = (first: number, guard: string): string =>
  `${NOTES.insert('note', first, guard || 'WHERE true')} ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at`;

/** Adds moves to the counts, whatever selects (lane, side, state, n). */
export const tallySql = (select: string): string =>
  `INSERT INTO tally AS t (lane, side, state, n) ${select} ON CONFLICT (lane, side, state) DO UPDATE SET n = t.n + excluded.n`;

export const MESSAGES = 0;
export const DELIVERY_SIDE = 1;

/** Rows that a decision writes, collected over a batch: payloads, events, deliveries, waiting terms, notes, counts. */
export class Rows {
  readonly #parts: Value[][] = [];
  readonly #events: Value[][] = [];
  readonly #deliveries: Value[][] = [];
  readonly #fresh: Value[][] = [];
  readonly #notes = new Map<string, Value[]>();
  readonly #tally = new Map<string, [number, number, number, number]>();
  readonly #tx: Transaction;

  constructor(tx: Transaction) {
    this.#tx = tx;
  }

  /** A payload in chunks with consecutive ids; the first one, which its owner keeps. */
  part(message: number, part: number, bytes: Uint8Array): number {
    const chunks = Math.max(1, Math.ceil(bytes.length / CHUNK_BYTES));
    const first = this.#tx.givePart(chunks);
    for (let chunk = 0; chunk < chunks; chunk++)
      this.#parts.push([first + chunk, message, part, chunk, bytes.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES)]);
    return first;
  }

  raw(message: number, bytes: Uint8Array): number {
    return this.part(message, RAW_PART, bytes);
  }

  event(row: { message: number; run: number; uid: string; type: number; kind: number; keys: Value; series: Value; json: string }): number {
    const id = this.#tx.give('event');
    const data = this.part(row.message, eventPart(id), Buffer.from(row.json));
    this.#events.push([id, row.message, row.run, row.uid, row.type, row.kind, row.keys, row.series, data]);
    return id;
  }

  delivery(row: { message: number; event: number; lane: number; run: number; state: number; at: number; error: Value }): number {
    const id = this.#tx.give('delivery');
    this.#deliveries.push([id, row.message, row.event, row.lane, row.run, row.state, 0, row.at, row.error]);
    this.count(row.lane, DELIVERY_SIDE, row.state, 1);
    return id;
  }

  fresh(message: number, terms: Uint8Array | null): void {
    if (terms !== null) this.#fresh.push([message, terms]);
  }

  note(kind: number, key: string, value: string, at: number): void {
    this.#notes.set(`${kind}.${key}`, [kind, bytesOf(key), blobOf(value), at]);
  }

  count(lane: number, side: number, state: number, n: number): void {
    const key = `${lane}.${side}.${state}`;
    const [, , , before] = this.#tally.get(key) ?? [0, 0, 0, 0];
    this.#tally.set(key, [lane, side, state, before + n]);
  }

  /** Parameters of `Rows.sql`. */
  values(): Bound[] {
    // In one order on every node, and without rows that do not change.
    const tally = [...this.#tally.values()].filter(([, , , n]) => n !== 0);
    return [
      ...PARTS.values(this.#parts),
      ...EVENTS.values(this.#events),
      ...DELIVERIES.values(this.#deliveries),
      ...FRESH.values(this.#fresh),
      // In one order on every node, as below.
      ...NOTES.values([...this.#notes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)),
      ...TALLY.values(tally),
    ];
  }

  /** Common table expressions that write them, from parameter `first` on; `guard` is a WHERE clause or nothing. */
  static sql(first: number, guard: string): { readonly text: string; readonly next: number } {
    let next = first;
    const take = (batch: Batch): number => {
      const at = next;
      next += batch.names.length;
      return at;
    };
    const text = [
      `rp AS (${PARTS.insert('part', take(PARTS), guard)})`,
      `re AS (${EVENTS.insert('event', take(EVENTS), guard)})`,
      `rd AS (${DELIVERIES.insert('delivery', take(DELIVERIES), guard)})`,
      `rf AS (${FRESH.insert('fresh', take(FRESH), guard)})`,
      `rn AS (${noteSql(take(NOTES), guard)})`,
      `rt AS (${tallySql(`SELECT lane, side, state, n FROM ${TALLY.source(take(TALLY))} ${guard || 'WHERE true'}`)})`,
    ].join(',\n');
    return { text, next };
  }
}
