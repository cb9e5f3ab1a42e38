/** Payloads read back: their chunks have consecutive ids from the first one on. */
import { PasserelleError } from '../../core/contract/index.ts';
import { CHUNK_BYTES } from '../../core/journal-format/index.ts';
import { int8s } from './arrays.ts';
import type { Query } from './connection.ts';

interface Chunk {
  readonly id: number;
  readonly message: number;
  readonly part: number;
  readonly size: number;
  readonly text: string;
}

/** As text, which is half of what bytes are on the wire. A chunk may end inside a character: those of several chunks come as bytes. */
const FIRST = `
  SELECT id, message, part, length(bytes) AS size, CASE WHEN length(bytes) < ${CHUNK_BYTES} THEN convert_from(bytes, 'UTF8') ELSE '' END AS text
  FROM part WHERE id = ANY($1::int8[])`;
const NEXT = 'SELECT bytes FROM part WHERE id = $1 AND message = $2 AND part = $3';

/** Texts by the id of their first chunk. */
export async function readTexts(query: Query, firsts: readonly number[]): Promise<ReadonlyMap<number, string>> {
  if (firsts.length === 0) return new Map();
  const rows = (await query({ name: 'texts', text: FIRST, values: [int8s(firsts)] })) as unknown as Chunk[];
  const texts = new Map(rows.map(({ id, text }) => [id, text]));
  for (const row of rows) if (row.size === CHUNK_BYTES) texts.set(row.id, await readLong(query, row));
  for (const first of firsts)
    if (!texts.has(first)) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { expected: 'a chunk of the payload', found: 'none' });
  return texts;
}

/** A chunk that is not full is the last one; a full one may be. */
async function readLong(query: Query, { id, message, part }: Chunk): Promise<string> {
  const chunks: Buffer[] = [];
  do {
    const [row] = await query({ name: 'chunk', text: NEXT, values: [id + chunks.length, message, part] });
    if (!row) break;
    chunks.push(row['bytes'] as Buffer);
  } while (chunks.at(-1)!.length === CHUNK_BYTES);
  return Buffer.concat(chunks).toString();
}

const RANGE = 'SELECT substring(bytes FROM $2::int4 FOR $3::int4) AS piece FROM part WHERE id = $1';

/** Bytes `[from, to)` of the payload that begins at that chunk; of a chunk only what is asked for is read. */
export async function readRange(query: Query, first: number, from: number, to: number): Promise<Uint8Array> {
  const out = new Uint8Array(Math.max(0, to - from));
  for (let at = from; at < to;) {
    const chunk = Math.floor(at / CHUNK_BYTES);
    const start = at - chunk * CHUNK_BYTES;
    const length = Math.min(to - at, CHUNK_BYTES - start);
    const [row] = await query({ name: 'range', text: RANGE, values: [first + chunk, start + 1, length] });
    const piece = row?.['piece'] as Buffer | undefined;
    if (piece?.length !== length) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { expected: 'a chunk of the payload', found: 'none' });
    out.set(piece, at - from);
    at += length;
  }
  return out;
}
