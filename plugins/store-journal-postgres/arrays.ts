/**
 * Arrays in the binary form of PostgreSQL (array_send), so that one prepared statement takes any number of rows and no byte is written as text.
 * The driver sends a Buffer as it is; the statement says the type: `unnest($1::int8[], $2::bytea[])`.
 */
const HEADER_BYTES = 20;
const OIDS = { bytea: 17, int8: 20, int2: 21, int4: 23, text: 25 } as const;
const NULL_LENGTH = -1;
/** From here on bytes are sent from where they are: to copy a message for that, and once more in the driver, costs more than to send it. */
const PIECE_BYTES = 64 * 1024;

/** A value whose bytes follow each other; it goes beside Buffers only (`bindInPieces` of connection.ts). */
export class Pieces {
  readonly list: readonly Uint8Array[];
  readonly length: number;

  constructor(list: readonly Uint8Array[], length: number) {
    this.list = list;
    this.length = length;
  }
}

export type Bound = Buffer | Pieces;

type Value<T> = T | null | undefined;

function header(buffer: Buffer, oid: number, count: number, hasNull: boolean): void {
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(hasNull ? 1 : 0, 4);
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16);
}

function fixed(oid: number, width: number, write: (buffer: Buffer, value: number, at: number) => void) {
  return (list: readonly Value<number>[]): Buffer => {
    const buffer = Buffer.allocUnsafe(HEADER_BYTES + list.length * (4 + width));
    let at = HEADER_BYTES;
    for (const value of list) {
      const isNull = value === null || value === undefined;
      at = buffer.writeInt32BE(isNull ? NULL_LENGTH : width, at);
      if (isNull) continue;
      write(buffer, value, at);
      at += width;
    }
    header(buffer, oid, list.length, at < buffer.length);
    return buffer.subarray(0, at);
  };
}

const HIGH = 2 ** 32;

export const int2s = fixed(OIDS.int2, 2, (buffer, value, at) => buffer.writeInt16BE(value, at));
export const int4s = fixed(OIDS.int4, 4, (buffer, value, at) => buffer.writeInt32BE(value, at));
/** Safe integers. */
export const int8s = fixed(OIDS.int8, 8, (buffer, value, at) => {
  const high = Math.floor(value / HIGH);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * HIGH, at + 4);
});

export function byteas(list: readonly Value<Uint8Array>[], oid: number = OIDS.bytea): Bound {
  const total = list.reduce((sum, bytes) => sum + 4 + (bytes?.length ?? 0), HEADER_BYTES);
  const buffer = Buffer.allocUnsafe(list.reduce((sum, bytes) => sum - (isLarge(bytes) ? bytes!.length : 0), total));
  const pieces: Uint8Array[] = [];
  let at = HEADER_BYTES;
  let cut = 0;
  let hasNull = false;
  for (const bytes of list) {
    at = buffer.writeInt32BE(bytes ? bytes.length : NULL_LENGTH, at);
    if (isLarge(bytes)) {
      pieces.push(buffer.subarray(cut, at), bytes!);
      cut = at;
    } else if (bytes) {
      buffer.set(bytes, at);
      at += bytes.length;
    } else hasNull = true;
  }
  header(buffer, oid, list.length, hasNull);
  return cut === 0 ? buffer : new Pieces([...pieces, buffer.subarray(cut)], total);
}

const isLarge = (bytes: Value<Uint8Array>): boolean => (bytes?.length ?? 0) >= PIECE_BYTES;

export const texts = (list: readonly Value<string>[]): Bound =>
  byteas(
    list.map((text) => (text === null || text === undefined ? null : Buffer.from(text))),
    OIDS.text,
  );
