/** MLLP, as little of it as a bench needs: frames out of a stream of chunks, wherever they were cut. */

const START = 0x0b;
const FIRST_BYTES = 16 * 1024;

/** Hands over the bytes between start and end of each frame: good until `take` returns, since the same memory serves the next one. */
export function frameReader(take: (frame: Buffer) => void): (chunk: Buffer) => void {
  let bytes = Buffer.alloc(FIRST_BYTES);
  let length = 0;
  return (chunk) => {
    if (length + chunk.length > bytes.length) bytes = Buffer.concat([bytes.subarray(0, length)], 2 * (length + chunk.length));
    // An end may have been cut in two.
    let from = Math.max(0, length - 1);
    length += chunk.copy(bytes, length);
    let begin = 0;
    for (let end = endOf(bytes, from, length); end >= 0; end = endOf(bytes, from, length)) {
      take(bytes.subarray(bytes.indexOf(START, begin) + 1, end));
      begin = from = end + 2;
    }
    bytes.copyWithin(0, begin, length);
    length -= begin;
  };
}

const endOf = (bytes: Buffer, from: number, length: number): number => bytes.subarray(0, length).indexOf('\x1c\r', from, 'latin1');

/** The first segment of this name as fields, by HL7 number but for MSH, where field n is at n - 1. Delimiters are the usual ones. */
export function segment(text: string, name: string): readonly string[] {
  const at = text.startsWith(name) ? 0 : text.indexOf(`\r${name}|`) + 1;
  if (at === 0 && !text.startsWith(name)) return [];
  const end = text.indexOf('\r', at);
  return text.slice(at, end < 0 ? text.length : end).split('|');
}
