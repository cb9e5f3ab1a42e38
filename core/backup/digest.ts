/** Counts and hashes of the rows of a dump, table by table, as they pass. */
import { createHash } from 'node:crypto';
import { DUMP_TABLES, type DumpBatch } from '../contract/index.ts';
import type { Digest } from './manifest.ts';

export class Digests {
  readonly #tables = new Map(DUMP_TABLES.map(({ name }) => [name, { rows: 0, hash: createHash('sha256') }]));

  add({ table, rows, lines }: DumpBatch): void {
    const kept = this.#tables.get(table);
    if (!kept) throw new RangeError('a table of the dump format');
    kept.rows += rows;
    kept.hash.update(lines);
  }

  all(): Readonly<Record<string, Digest>> {
    return Object.fromEntries([...this.#tables].map(([name, { rows, hash }]) => [name, { rows, sha256: hash.copy().digest('hex') }]));
  }
}

export async function digestsOf(batches: AsyncIterable<DumpBatch>): Promise<Readonly<Record<string, Digest>>> {
  const digests = new Digests();
  for await (const batch of batches) digests.add(batch);
  return digests.all();
}

/** Name of the first table that differs. */
export const firstDifference = (a: Readonly<Record<string, Digest>>, b: Readonly<Record<string, Digest>>): string | undefined =>
  DUMP_TABLES.map(({ name }) => name).find((name) => a[name]?.rows !== b[name]?.rows || a[name]?.sha256 !== b[name]?.sha256);
