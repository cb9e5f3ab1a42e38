/**
 * Blind index: which messages have a term (SAFETY D4). Terms are hashes, so each would be written to a random page of one large
 * tree; measured, that was half of what a message wrote and, past some 100,000 messages, most of what the disk did. So:
 * the terms of a message first go as one row to the end of `fresh`; every FRESH_MESSAGES of them are moved into `term`, which is cut in
 * buckets of consecutive messages, so that what is being written stays small. A search looks at `fresh` and once into each bucket.
 */
import { BUCKET_MESSAGES, FRESH_MESSAGES, bytesOf, unpackHashes } from '../../core/journal-format/index.ts';
import type { DatabaseSync } from 'node:sqlite';
import { merge } from './merge.ts';

export interface Terms {
  /** `terms` as packHashes gives them. */
  readonly write: (message: number, terms: Uint8Array | null) => void;
  /** Messages that have the term, below `before`, newest first. */
  readonly find: (term: string, before?: number) => Iterable<{ readonly id: number }>;
  /** The same above `after`, oldest first. */
  readonly findFromOldest: (term: string, after: number) => Iterable<{ readonly id: number }>;
}

const NEWEST = 'message < ? ORDER BY message DESC';
const OLDEST = 'message > ? ORDER BY message';
const bucketOf = (message: number): number => Math.floor(message / BUCKET_MESSAGES);

export function openTerms(db: DatabaseSync): Terms {
  const stage = db.prepare('INSERT INTO fresh (message, terms) VALUES (?, ?)');
  const staged = db.prepare('SELECT message, terms FROM fresh');
  const clear = db.prepare('DELETE FROM fresh');
  const insert = db.prepare('INSERT OR IGNORE INTO term (bucket, term, message) VALUES (?, ?, ?)');
  const newest = db.prepare('SELECT max(bucket) AS bucket FROM term');
  const count = db.prepare('SELECT count(*) AS n FROM fresh');
  // A rollback may leave it wrong: then the next move comes early or late, nothing else.
  let waiting = Number(count.get()!['n']);

  const moveToBuckets = (): void => {
    for (const { message, terms } of staged.all() as unknown as { message: number; terms: Uint8Array }[])
      for (const term of unpackHashes(terms)) insert.run(bucketOf(message), bytesOf(term), message);
    clear.run();
    waiting = 0;
  };

  const inFresh = (term: string, from: number, further = NEWEST): Iterable<{ id: number }> => {
    const sql = `SELECT message AS id, terms FROM fresh WHERE instr(terms, ?) > 0 AND ${further}`;
    const rows = db.prepare(sql).all(bytesOf(term), from) as unknown as { id: number; terms: Uint8Array }[];
    // Bytes of two neighbours may look like the term.
    return rows.filter((row) => unpackHashes(row.terms).includes(term));
  };
  const inBuckets = function* (term: string, before: number): Generator<{ id: number }> {
    const bytes = bytesOf(term);
    const rows = db.prepare(`SELECT message AS id FROM term WHERE bucket = ? AND term = ? AND ${NEWEST}`);
    const last = (newest.get() as { bucket: number | null }).bucket ?? -1;
    for (let bucket = Math.min(last, bucketOf(before)); bucket >= 0; bucket--)
      yield* rows.iterate(bucket, bytes, before) as unknown as Iterable<{ id: number }>;
  };

  const inBucketsFromOldest = function* (term: string, after: number): Generator<{ id: number }> {
    const bytes = bytesOf(term);
    const rows = db.prepare(`SELECT message AS id FROM term WHERE bucket = ? AND term = ? AND ${OLDEST}`);
    const last = (newest.get() as { bucket: number | null }).bucket ?? -1;
    for (let bucket = bucketOf(after); bucket <= last; bucket++) yield* rows.iterate(bucket, bytes, after) as unknown as Iterable<{ id: number }>;
  };

  return {
    write: (message, terms) => {
      if (terms === null) return;
      stage.run(message, terms);
      if (++waiting >= FRESH_MESSAGES) moveToBuckets();
    },
    find: (term, before = Number.MAX_SAFE_INTEGER) => merge([inFresh(term, before), inBuckets(term, before)], (a, b) => a.id > b.id),
    findFromOldest: (term, after) => merge([inFresh(term, after, OLDEST), inBucketsFromOldest(term, after)], (a, b) => a.id < b.id),
  };
}
