/**
 * Takes apart what holds several messages: an MLLP capture, a batch file (HL7 v2.5 section 2.10.3), messages joined one after another. Nothing is
 * thrown away but framing, envelope segments and blanks: a piece that is no message comes out too, to be refused by name.
 */
import { CR, FS, LF, VT, isBlank, isLineStart, isSeparator, view } from './header.ts';

/** Frames, then messages, taken out of one byte sequence; what follows is not cut further. Protects memory from millions of tiny ones. */
const PIECES_LIMIT = 100_000;

/** Each message's bytes, in order. One message, or bytes in which none is found, comes back as it came. */
export function split(bytes: Uint8Array): readonly Uint8Array[] {
  const buffer = view(bytes);
  const pieces: Buffer[] = [];
  for (const frame of unframe(buffer) ?? [buffer]) cut(frame, pieces);
  return pieces.length > 0 ? pieces : [bytes];
}

/** Contents of the frames of an MLLP capture; nothing when the bytes are not one. */
function unframe(bytes: Buffer): Buffer[] | undefined {
  const isCapture = bytes[skipBlanks(bytes, 0, false)] === VT || bytes.includes(Buffer.of(FS, CR, VT));
  if (!isCapture) return undefined;
  const frames: Buffer[] = [];
  // The next end block is kept: searching it again from each start would be quadratic where none is left.
  let fs = -1;
  for (let at = 0; at < bytes.length;) {
    const start = skipBlanks(bytes, at, true);
    if (fs < start) fs = endBlock(bytes, start);
    const end = frames.length < PIECES_LIMIT ? beforeNextStart(bytes, start, fs) : bytes.length;
    if (!isAllBlank(bytes.subarray(start, end))) frames.push(bytes.subarray(start, end));
    at = bytes[end] === FS ? end + 1 : end;
  }
  return frames;
}

/** The next FS that ends a frame, or the end: FS is data when neither CR, LF, VT nor the end follows it. */
function endBlock(bytes: Buffer, from: number): number {
  let end = bytes.indexOf(FS, from);
  while (end >= 0 && !isFrameEdge(bytes[end + 1])) end = bytes.indexOf(FS, end + 1);
  return end < 0 ? bytes.length : end;
}

/** A frame that was cut ends where the next one starts. */
function beforeNextStart(bytes: Buffer, from: number, end: number): number {
  const next = bytes.subarray(from, end).indexOf('\x0bMSH', 1);
  return next < 0 ? end : from + next;
}

const isFrameEdge = (byte: number | undefined): boolean => byte === undefined || byte === CR || byte === LF || byte === VT;

function skipBlanks(bytes: Buffer, from: number, andStarts: boolean): number {
  for (let at = from; ; at++) if (!isBlank(bytes[at]) || (bytes[at] === VT && !andStarts)) return at;
}

function isAllBlank(bytes: Buffer): boolean {
  return skipBlanks(bytes, 0, true) >= bytes.length;
}

const ENVELOPE = ['FHS', 'BHS', 'BTS', 'FTS'] as const;

/** Cuts at each MSH that starts a line, and takes the envelope segments of a batch out. */
function cut(bytes: Buffer, pieces: Buffer[]): void {
  const messages = lineStarts(bytes, 'MSH', PIECES_LIMIT - pieces.length);
  const envelope = ENVELOPE.flatMap((name) => lineStarts(bytes, name, PIECES_LIMIT - pieces.length));
  const edges = [...messages.map((at) => ({ at, isMessage: true })), ...envelope.map((at) => ({ at, isMessage: false }))].sort((a, b) => a.at - b.at);
  const keep = (from: number, to: number): void => {
    if (!isAllBlank(bytes.subarray(from, to))) pieces.push(bytes.subarray(from, to));
  };
  let from = 0;
  for (const [index, { at, isMessage }] of edges.entries()) {
    // Text before the very first MSH stays with it: `open` drops it with a warning.
    if (index === 0 && isMessage) continue;
    keep(from, at);
    from = isMessage ? at : lineEnd(bytes, at);
  }
  keep(from, bytes.length);
}

/** Offsets of the segments of this name: at the start of a line, followed by a separator. */
function lineStarts(bytes: Buffer, name: string, limit: number): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(name); at >= 0 && found.length < limit; at = bytes.indexOf(name, at + 3))
    if (isSeparator(bytes[at + 3]) && isLineStart(bytes, at)) found.push(at);
  return found;
}

function lineEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== CR && bytes[at] !== LF) at++;
  while (bytes[at] === CR || bytes[at] === LF) at++;
  return at;
}
