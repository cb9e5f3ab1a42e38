/**
 * Takes apart what holds several messages: an MLLP capture, a batch file (HL7 v2.5 section 2.10.3), messages joined one after another. Nothing is
 * thrown away but framing, envelope segments and blanks: a piece that is no message comes out too, to be refused by name.
 */
import { CR, FS, LF, VT, isBlank, isSeparator, view } from './header.ts';
import { LineEnds } from './lines.ts';

/** Frames, then messages, taken out of one byte sequence; what follows is not cut further. Protects memory from millions of tiny ones. */
const PIECES_LIMIT = 100_000;

/** Each message's bytes, in order. One message, or bytes in which none is found, comes back as it came. */
export function split(bytes: Uint8Array): readonly Uint8Array[] {
  const buffer = view(bytes);
  const pieces: Buffer[] = [];
  for (const frame of unframe(buffer) ?? [buffer]) cut(frame, pieces);
  return pieces.length > 0 ? pieces : [bytes];
}

/** End of a frame and start of the next. */
const BETWEEN_FRAMES = Buffer.of(FS, CR, VT);

/** Contents of the frames of an MLLP capture; nothing when the bytes are not one. */
function unframe(bytes: Buffer): Buffer[] | undefined {
  const isCapture = bytes[skipBlanks(bytes, 0, false)] === VT || bytes.includes(BETWEEN_FRAMES);
  if (!isCapture) return undefined;
  const frames: Buffer[] = [];
  // The next end block is kept: searching it again from each start would be quadratic where none is left.
  let fs = -1;
  for (let at = 0; at < bytes.length;) {
    const start = skipBlanks(bytes, at, true);
    if (fs < start) fs = endBlock(bytes, start);
    const end = frames.length < PIECES_LIMIT ? beforeNextStart(bytes, start, fs) : bytes.length;
    if (skipBlanks(bytes, start, true) < end) frames.push(bytes.subarray(start, end));
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

/** Cuts at each MSH that starts a line, and takes the envelope segments of a batch out. */
function cut(bytes: Buffer, pieces: Buffer[]): void {
  const keep = (from: number, to: number): void => {
    if (skipBlanks(bytes, from, true) < to) pieces.push(bytes.subarray(from, to));
  };
  const ends = new LineEnds(bytes, CR, LF, VT);
  let from = 0;
  let isFirst = true;
  for (let at = skipBlanks(bytes, 0, true); at < bytes.length && pieces.length < PIECES_LIMIT - 1; at = skipBlanks(bytes, ends.after(at), true)) {
    const name = edgeAt(bytes, at);
    if (!name) continue;
    // Text before the very first MSH stays with it: `open` drops it with a warning.
    if (!(isFirst && name === 'MSH')) {
      keep(from, at);
      from = name === 'MSH' ? at : lineEnd(bytes, at);
    }
    isFirst = false;
  }
  keep(from, bytes.length);
}

const code = (a = 0, b = 0, c = 0): number => (a << 16) | (b << 8) | c;
/** Where a message begins, and the envelope of a batch. */
const EDGES = new Map(['MSH', 'FHS', 'BHS', 'BTS', 'FTS'].map((name) => [code(...Buffer.from(name)), name] as const));

/** The edge that stands here: its name, and a separator. */
const edgeAt = (bytes: Buffer, at: number): string | undefined =>
  isSeparator(bytes[at + 3]) ? EDGES.get(code(bytes[at], bytes[at + 1], bytes[at + 2])) : undefined;

function lineEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== CR && bytes[at] !== LF) at++;
  while (bytes[at] === CR || bytes[at] === LF) at++;
  return at;
}
