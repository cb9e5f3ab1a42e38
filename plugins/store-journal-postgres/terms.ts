/**
 * Blind index: which messages have a term (SAFETY D4). As in the SQLite store, terms come to their index in batches and into buckets of consecutive
 * messages. Until then they are found in `message.terms`: only those of a message at or below `head.indexed` need a row of `fresh`.
 */
import { BUCKET_MESSAGES, bytesOf, FRESH_MESSAGES, unpackHashes } from '../../core/journal-format/index.ts';
import { byteas, int4s, int8s } from './arrays.ts';
import type { Query } from './connection.ts';
import { headSql, type Transaction } from './transaction.ts';

const bucketOf = (message: number): number => Math.floor(message / BUCKET_MESSAGES);

const TAKE = `
  WITH gone AS (DELETE FROM fresh RETURNING message, terms)
  SELECT message, terms FROM gone UNION ALL SELECT id, terms FROM message WHERE id > $1 AND id <= $2 AND terms IS NOT NULL`;
const INSERT = `
  WITH h AS (${headSql('$4')})
  INSERT INTO term (bucket, term, message) SELECT * FROM unnest($1::int4[], $2::bytea[], $3::int8[]) ON CONFLICT DO NOTHING`;

/** After messages up to `message` were written: moves what waits into the index, when enough does. */
export async function indexTerms(tx: Transaction, message: number): Promise<void> {
  if (message < tx.head.indexed + FRESH_MESSAGES) return;
  const rows = (await tx.query({ name: 'terms-take', text: TAKE, values: [tx.head.indexed, message] })) as { message: number; terms: Uint8Array }[];
  const terms = rows.flatMap((row) => unpackHashes(row.terms).map((term) => ({ term, message: row.message })));
  // Neighbours of the tree together: each page is touched once.
  terms.sort((a, b) => bucketOf(a.message) - bucketOf(b.message) || (a.term < b.term ? -1 : a.term > b.term ? 1 : 0));
  tx.head.indexed = message;
  const values = [
    int4s(terms.map((t) => bucketOf(t.message))),
    byteas(terms.map((t) => bytesOf(t.term))),
    int8s(terms.map((t) => t.message)),
    tx.counters(),
  ];
  await tx.query({ name: 'terms-index', text: INSERT, values });
}

const waitingSql = (further: string): string => `
  SELECT message, terms FROM fresh WHERE position($1::bytea in terms) > 0 AND message ${further} $2
  UNION ALL SELECT id, terms FROM message WHERE id > (SELECT indexed FROM head) AND id ${further} $2 AND position($1::bytea in terms) > 0`;
const indexedSql = (further: string, order: string): string => `
  SELECT t.message FROM generate_series(0, (SELECT coalesce(max(bucket), -1) FROM term)) AS b(bucket)
  JOIN LATERAL (SELECT message FROM term WHERE bucket = b.bucket AND term = $1::bytea AND message ${further} $2) t ON true
  ORDER BY t.message ${order} LIMIT $3`;
const NEWEST_FIRST = { name: 'newest', waiting: waitingSql('<'), indexed: indexedSql('<', 'DESC'), order: (a: number, b: number) => b - a };
const OLDEST_FIRST = { name: 'oldest', waiting: waitingSql('>'), indexed: indexedSql('>', 'ASC'), order: (a: number, b: number) => a - b };

/** Messages that have the term, `limit` at most: below `from`, newest first, or above it, oldest first. In a transaction of one snapshot: a move may happen meanwhile. */
export async function findTerm(query: Query, term: string, from: number, limit: number, isOldestFirst = false): Promise<number[]> {
  const bytes = bytesOf(term);
  const way = isOldestFirst ? OLDEST_FIRST : NEWEST_FIRST;
  const waiting = await query({ name: `terms-waiting-${way.name}`, text: way.waiting, values: [bytes, from] });
  const indexed = (await query({ name: `terms-indexed-${way.name}`, text: way.indexed, values: [bytes, from, limit] })) as { message: number }[];
  // Bytes of two neighbours may look like the term.
  const exact = (waiting as { message: number; terms: Uint8Array }[]).filter((row) => unpackHashes(row.terms).includes(term));
  return [...new Set([...exact, ...indexed].map((row) => row.message))].sort(way.order).slice(0, limit);
}
