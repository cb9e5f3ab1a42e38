/** Finds a message in bytes and reads its MSH segment, without looking at the rest. */
import { PasserelleError } from '../../core/contract/index.ts';

export const CR = 0x0d;
export const LF = 0x0a;
export const VT = 0x0b;
export const FS = 0x1c;
const SPACE = 0x20;
const TAB = 0x09;

/** Bytes in front of MSH that are searched: a relay's banner is short, and a message that is none must not be searched to its end. */
const PREFIX_LIMIT_BYTES = 64 * 1024;
/** Bytes of MSH that are read: protects from a first segment that never ends. */
const HEADER_LIMIT_BYTES = 8 * 1024;

export const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB || byte === CR || byte === LF || byte === VT;

export const view = (bytes: Uint8Array): Buffer => (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));

export interface Start {
  /** Offset of MSH. */
  readonly at: number;
  /** Something else than blanks and a byte order mark stands before. */
  readonly hasText: boolean;
  readonly hasMark: boolean;
}

/** Where MSH is: first thing, else first at the start of a line, else the first `MSH|^~\&`. */
export function findStart(bytes: Buffer): Start | undefined {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  let at = hasMark ? 3 : 0;
  while (isBlank(bytes[at])) at++;
  if (isHeaderAt(bytes, at)) return { at, hasText: false, hasMark };
  const head = bytes.subarray(0, PREFIX_LIMIT_BYTES);
  for (let hit = head.indexOf('MSH', at); hit >= 0; hit = head.indexOf('MSH', hit + 3))
    if (isLineStart(bytes, hit) && isHeaderAt(bytes, hit)) return { at: hit, hasText: true, hasMark };
  const anywhere = head.indexOf('MSH|^~\\&', at);
  return anywhere < 0 ? undefined : { at: anywhere, hasText: true, hasMark };
}

/** Only blanks of the same line stand between a line end (or the start of the bytes) and this offset. */
export function isLineStart(bytes: Buffer, offset: number): boolean {
  let before = offset - 1;
  while (bytes[before] === SPACE || bytes[before] === TAB) before--;
  return before < 0 || bytes[before] === CR || bytes[before] === LF || bytes[before] === VT;
}

/** `MSH` and then something that can be a separator: not a letter, a digit, a blank or a control. */
function isHeaderAt(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x4d && bytes[at + 1] === 0x53 && bytes[at + 2] === 0x48 && isSeparator(bytes[at + 3]);
}

/** ASCII punctuation. */
export const isSeparator = (byte: number | undefined): boolean =>
  byte !== undefined && byte > SPACE && byte < 0x7f && !(byte >= 0x30 && byte <= 0x39) && !isLetter(byte);
const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;

export interface Header {
  /** Offset just after the MSH segment. */
  readonly end: number;
  /** The segment, one character a byte. */
  readonly raw: string;
  /** Fields by their number: `fields[10]` is MSH-10, raw, one character a byte. */
  readonly fields: readonly string[];
}

/** Reads MSH at `at`. Does not judge its delimiters. */
export function readHeader(bytes: Buffer, at: number): Header {
  let end = at;
  const limit = Math.min(bytes.length, at + HEADER_LIMIT_BYTES);
  while (end < limit && bytes[end] !== CR && bytes[end] !== LF) end++;
  const raw = bytes.toString('latin1', at, end);
  const separator = raw.charAt(3);
  const pieces = raw.split(separator);
  return { end, raw, fields: ['MSH', separator, ...pieces.slice(1)] };
}

/** Refuses UTF-16, whose every second byte is zero: no offset of ours would hold. */
export function refuseWideText(bytes: Buffer): void {
  const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff) || (bytes[0] === 0x4d && bytes[1] === 0);
  if (isWide) throw new PasserelleError('ERR_CODEC_UNREADABLE', { expected: 'UTF-8 or an 8-bit charset', found: 'UTF-16' });
}
