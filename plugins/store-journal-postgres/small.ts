/** The small writes: what people order of lanes, settings revisions. */
import type { LaneOrder, Note, NoteChange } from '../../core/contract/index.ts';
import { blobOf, bytesOf, textOf } from '../../core/journal-format/index.ts';
import { byteas, int4s } from './arrays.ts';
import { NOTES, noteSql } from './batch.ts';
import type { Transaction } from './transaction.ts';

export async function pause(tx: Transaction, lane: string, paused: boolean, at: number): Promise<void> {
  const add = 'INSERT INTO pause (lane, at) VALUES ($1, $2) ON CONFLICT (lane) DO UPDATE SET at = excluded.at';
  if (paused) await tx.query({ text: add, values: [lane, at] });
  else await tx.query({ text: 'DELETE FROM pause WHERE lane = $1', values: [lane] });
  tx.touched.add(lane);
}

/** The first value stays. */
export async function fact(tx: Transaction, name: string, value: string): Promise<string> {
  await tx.query({ text: 'INSERT INTO fact (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING', values: [name, value] });
  const [row] = await tx.query({ text: 'SELECT value FROM fact WHERE name = $1', values: [name] });
  return String(row!['value']);
}

export async function order(tx: Transaction, given: LaneOrder): Promise<void> {
  const text = 'INSERT INTO lane_order (lane, kind, terms) VALUES ($1, $2, $3) ON CONFLICT (lane, kind) DO UPDATE SET terms = excluded.terms';
  await tx.query({ text, values: [given.lane, given.kind, blobOf(JSON.stringify(given))] });
  tx.touched.add(given.lane);
}

export async function withdraw(tx: Transaction, lane: string, kind: LaneOrder['kind']): Promise<void> {
  await tx.query({ text: 'DELETE FROM lane_order WHERE lane = $1 AND kind = $2', values: [lane, kind] });
  tx.touched.add(lane);
}

/** A note, and when it was said. */
export type Kept = Note & { readonly at: number };

/** Of two notes of one kind and key the last one stays; an empty one is gone. */
export async function keep(tx: Transaction, notes: readonly Kept[]): Promise<void> {
  const last = [...new Map(notes.map((note) => [`${note.kind} ${note.key}`, note])).values()];
  const rows = last.filter(({ value }) => value !== '').map(({ kind, key, value, at }) => [tx.nameId(kind), bytesOf(key), blobOf(value), at]);
  const gone = last.filter(({ value }) => value === '').map(({ kind, key }) => [tx.nameId(kind), bytesOf(key)] as const);
  const drop = 'DELETE FROM note WHERE (kind, key) IN (SELECT * FROM unnest($1::int4[], $2::bytea[]))';
  await Promise.all([
    tx.storeNames(),
    rows.length > 0 && tx.query({ text: noteSql(1, ''), values: NOTES.values(rows) }),
    gone.length > 0 && tx.query({ name: 'drop-notes', text: drop, values: [int4s(gone.map(([kind]) => kind)), byteas(gone.map(([, key]) => key))] }),
  ]);
}

/** Compares and writes under the lock of the journal: no other writer comes between. */
export async function swap(tx: Transaction, changes: readonly NoteChange[], at: number): Promise<boolean> {
  const ids = changes.map(({ kind }) => tx.nameId(kind));
  const text = 'SELECT kind, key, value FROM note WHERE kind = ANY($1::int4[]) AND key = ANY($2::bytea[])';
  const [rows] = await Promise.all([
    tx.query({ name: 'swap', text, values: [int4s(ids), byteas(changes.map(({ key }) => bytesOf(key)))] }),
    tx.storeNames(),
  ]);
  const known = new Map(
    rows.map(({ kind, key, value }) => [`${Number(kind)} ${Buffer.from(key as Uint8Array).toString('hex')}`, textOf(value as Uint8Array)]),
  );
  const isCurrent = changes.every(({ key, before = '' }, index) => (known.get(`${ids[index]} ${key}`) ?? '') === before);
  if (isCurrent)
    await keep(
      tx,
      changes.map((change) => ({ ...change, at })),
    );
  return isCurrent;
}

export async function forget(tx: Transaction, kind: string, before: number, limit: number): Promise<number> {
  const text = `DELETE FROM note WHERE (kind, key) IN (
      SELECT kind, key FROM note WHERE kind = (SELECT id FROM name WHERE name = $1) AND value > '' AND changed_at < $2::int8
      ORDER BY changed_at LIMIT $3) RETURNING 1`;
  return (await tx.query({ text, values: [kind, before, limit] })).length;
}

/** Each revision is added, none is ever changed. */
export async function saveSettings(tx: Transaction, at: number, who: string, why: string | undefined, documents: string): Promise<number> {
  const text = `INSERT INTO revision (revision, at, who, why, documents)
    SELECT coalesce(max(revision), 0) + 1, $1::int8, $2::bytea, $3::bytea, $4::bytea FROM revision RETURNING revision`;
  const [row] = await tx.query({ text, values: [at, blobOf(who), blobOf(why), blobOf(documents)] });
  return Number(row!['revision']);
}
