/** One write transaction, under the lock of the journal: counters, names, leases, and what other nodes are to be told. */
import { int4s, int8s, texts } from './arrays.ts';
import type { Query, Row } from './connection.ts';
import type { Names } from './names.ts';
import { firstPart } from './partitions.ts';

/** Row of `head`: the last number given in each table. */
export interface Head {
  part: number;
  event: number;
  delivery: number;
  act: number;
  name: number;
  indexed: number;
  leases: number;
}

export const headOf = (row: Row): Head => ({
  part: Number(row['part']),
  event: Number(row['event']),
  delivery: Number(row['delivery']),
  act: Number(row['act']),
  name: Number(row['name']),
  indexed: Number(row['indexed']),
  leases: Number(row['leases']),
});

/** Part of a statement that keeps the counters: takes `tx.counters()`. Absolute values, so that any later statement may write them again. */
export const headSql = (parameter: string): string => {
  const c = (n: number): string => `(${parameter}::int8[])[${n}]`;
  return `UPDATE head SET part = ${c(1)}, event = ${c(2)}, delivery = ${c(3)}, act = ${c(4)}, name = ${c(5)}::int4, indexed = ${c(6)}, leases = ${c(7)}`;
};

export class Transaction {
  readonly query: Query;
  readonly head: Head;
  readonly names: Names;
  readonly month: number;
  /** Lanes that have something new for their owner, wherever it is. */
  readonly touched = new Set<string>();
  /** Names that this transaction stores: known to others once it is committed. */
  readonly fresh = new Map<string, number>();
  readonly #unstored: string[] = [];

  constructor(query: Query, head: Head, names: Names, month: number) {
    this.query = query;
    this.head = { ...head };
    this.names = names;
    this.month = month;
  }

  /** Consecutive numbers; the first one. */
  give(table: 'event' | 'delivery' | 'act', count = 1): number {
    const first = this.head[table] + 1;
    this.head[table] += count;
    return first;
  }

  givePart(chunks: number): number {
    const first = Math.max(this.head.part + 1, firstPart(this.month));
    this.head.part = first + chunks - 1;
    return first;
  }

  /** Number of a name; one that is new is stored by the same transaction, see `storeNames`. */
  nameId(name: string): number {
    const known = this.names.known(name) ?? this.fresh.get(name);
    if (known !== undefined) return known;
    const id = ++this.head.name;
    this.fresh.set(name, id);
    this.#unstored.push(name);
    return id;
  }

  /** Before the statement that refers to them. */
  async storeNames(): Promise<void> {
    const list = this.#unstored.splice(0);
    if (list.length > 0)
      await this.query({
        text: 'WITH h AS (UPDATE head SET name = $3) INSERT INTO name (id, name) SELECT * FROM unnest($1::int4[], $2::text[])',
        values: [int4s(list.map((name) => this.fresh.get(name))), texts(list), this.head.name],
      });
  }

  /** After a rollback to a savepoint: what its command brought is not stored. */
  forgetNames(before: ReadonlySet<string>): void {
    for (const name of this.fresh.keys()) if (!before.has(name)) this.fresh.delete(name);
    this.#unstored.length = 0;
  }

  counters(): Buffer {
    const { part, event, delivery, act, name, indexed, leases } = this.head;
    return int8s([part, event, delivery, act, name, indexed, leases]);
  }
}
