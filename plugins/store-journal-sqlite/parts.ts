/** Payload rows: raw messages, event data, encoded envelopes, in chunks with consecutive ids (schema: migrations.ts). */
import type { DatabaseSync } from 'node:sqlite';
import { PasserelleError } from '../../core/contract/index.ts';
import { CHUNK_BYTES } from '../../core/journal-format/index.ts';

export interface Parts {
  /** Writes a payload; returns the id of its first chunk, which the owner keeps. */
  readonly write: (message: number, part: number, bytes: Uint8Array) => number;
  /** The whole payload that begins at that chunk. */
  readonly text: (first: number) => string;
  /** Bytes `[from, to)` of the payload that begins at that chunk. */
  readonly range: (first: number, from: number, to: number) => Uint8Array;
}

interface ChunkRow {
  readonly message: number;
  readonly part: number;
  readonly bytes: Uint8Array;
}

export function openParts(db: DatabaseSync): Parts {
  const insert = db.prepare('INSERT INTO part (id, message, part, chunk, bytes) VALUES (?, ?, ?, ?, ?)');
  const one = db.prepare('SELECT message, part, bytes FROM part WHERE id = ?');
  let next = ((db.prepare('SELECT max(id) AS id FROM part').get() as { id: number | null }).id ?? 0) + 1;
  return {
    write: (message, part, bytes) => {
      const first = next;
      // One chunk at least: an empty payload is a row too.
      const chunks = Math.max(1, Math.ceil(bytes.length / CHUNK_BYTES));
      for (let chunk = 0; chunk < chunks; chunk++)
        insert.run(next++, message, part, chunk, bytes.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES));
      return first;
    },
    text: (first) => {
      const head = one.get(first) as unknown as ChunkRow;
      const chunks = [head.bytes];
      // A chunk that is not full is the last one; a full one may be.
      for (let id = first + 1; chunks.at(-1)!.length === CHUNK_BYTES; id++) {
        const row = one.get(id) as unknown as ChunkRow | undefined;
        if (row?.part !== head.part || row.message !== head.message) break;
        chunks.push(row.bytes);
      }
      return (chunks.length === 1 ? asBuffer(head.bytes) : Buffer.concat(chunks)).toString();
    },
    range: (first, from, to) => {
      const out = new Uint8Array(Math.max(0, to - from));
      for (let at = from; at < to;) {
        const chunk = Math.floor(at / CHUNK_BYTES);
        const row = one.get(first + chunk) as unknown as ChunkRow | undefined;
        const piece = row?.bytes.subarray(at - chunk * CHUNK_BYTES, to - chunk * CHUNK_BYTES);
        if (!piece?.length) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { expected: 'a chunk of the payload', found: 'none' });
        out.set(piece, at - from);
        at += piece.length;
      }
      return out;
    },
  };
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
