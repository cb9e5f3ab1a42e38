/**
 * The segments of a message in its raw bytes, and what has to be repaired between them: line ends that are not CR, blanks before a name, line
 * ends inside a field. Only offsets: a document of 100 MB is walked over, never copied.
 */
import { PasserelleError, type Warning } from '../../core/contract/index.ts';
import { CR, FS, LF, VT } from './header.ts';
import { LineEnds } from './lines.ts';

export interface RawSegment {
  readonly name: string;
  /** 1-based among the segments of the same name. */
  readonly occurrence: number;
  readonly from: number;
  /** End of the content; the terminator follows. */
  to: number;
  /** A line end stands inside: to be written as `\.br\`. */
  isBroken: boolean;
}

/** Segments of one message: protects memory from millions of three-letter lines; 512 KB of text hold fewer real ones. */
const SEGMENTS_LIMIT = 50_000;

/** Lines joined to fields: a document of 100 MB folded at 76 characters has 1.4 million; beyond, the line ends are there to keep us busy. */
const JOINED_LINES_LIMIT = 2_000_000;

export interface Scan {
  readonly segments: readonly RawSegment[];
  readonly warnings: readonly Warning[];
}

/** Walks the lines from `start` (MSH). Throws ERR_HL7_TRUNCATED on a second MSH, ERR_CODEC_UNREADABLE on a line that could be read in two ways. */
export function scanSegments(bytes: Buffer, start: number, separator: number): Scan {
  return new Scanner(bytes, separator).run(start);
}

class Scanner {
  private readonly bytes: Buffer;
  private readonly separator: number;
  private readonly segments: RawSegment[] = [];
  private readonly counts = new Map<string, number>();
  private readonly warnings = new Map<string, Warning>();
  private readonly ends: LineEnds;
  private joined = 0;

  constructor(bytes: Buffer, separator: number) {
    this.bytes = bytes;
    this.separator = separator;
    this.ends = new LineEnds(bytes, CR, LF);
  }

  run(start: number): Scan {
    const { bytes } = this;
    const end = trimmedEnd(bytes);
    let terminator = '';
    for (let from = start; from < end;) {
      const to = Math.min(this.ends.after(from), end);
      if (this.line(from, to) && terminator) this.terminated(terminator);
      const isPair = bytes[to] === CR && bytes[to + 1] === LF;
      if (to > from) terminator = isPair ? 'CRLF' : bytes[to] === LF ? 'LF' : 'CR';
      from = to + (isPair ? 2 : 1);
    }
    if (end < bytes.length && terminator) this.terminated(terminator);
    return { segments: this.segments, warnings: [...this.warnings.values()] };
  }

  /** Takes one line; says whether it begins a segment. */
  private line(from: number, to: number): boolean {
    const { bytes } = this;
    let at = from;
    while (at < to && (bytes[at] === 0x20 || bytes[at] === 0x09)) at++;
    if (at === to) return false;
    const name = this.nameAt(at, to);
    if (name === undefined) {
      this.join(from, to);
      return false;
    }
    if (name === 'MSH' && this.segments.length > 0)
      throw new PasserelleError('ERR_HL7_TRUNCATED', { location: { offset: at }, expected: 'one MSH', found: 'a second one' });
    if (this.segments.length >= SEGMENTS_LIMIT)
      throw new PasserelleError('ERR_ENVELOPE_TOO_LARGE', { location: { offset: at }, expected: `at most ${SEGMENTS_LIMIT} segments` });
    if (at > from) this.warn({ code: 'segment-leading-space', detail: name, location: { hl7: name } });
    const occurrence = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, occurrence);
    this.segments.push({ name, occurrence, from: at, to, isBroken: false });
    return true;
  }

  /** `PID|` or, for a Z segment or where no text is being continued, `ZFP` alone. */
  private nameAt(at: number, to: number): string | undefined {
    const { bytes } = this;
    const [a = 0, b = 0, c = 0] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    if (to - at < 3 || !isUpper(a) || !isUpperOrDigit(b) || !isUpperOrDigit(c)) return undefined;
    const isNamed = to - at === 3 ? a === 0x5a || !this.isInText() : bytes[at + 3] === this.separator;
    return isNamed ? String.fromCharCode(a, b, c) : undefined;
  }

  private isInText(): boolean {
    const last = this.segments.at(-1)?.name;
    return last === 'OBX' || last === 'NTE';
  }

  /** A line that is no segment goes on with the field before it, unless it can also be read in another way. */
  private join(from: number, to: number): void {
    const last = this.segments.at(-1);
    const hasField = last !== undefined && last.name !== 'MSH' && this.bytes[last.from + 3] === this.separator;
    if (!hasField || this.looksDamaged(from, to))
      throw new PasserelleError('ERR_CODEC_UNREADABLE', {
        location: { offset: from },
        expected: 'a segment',
        found: hasField ? 'a line that may be a damaged segment or the rest of a field' : 'a line that belongs to no field',
      });
    if (++this.joined > JOINED_LINES_LIMIT)
      throw new PasserelleError('ERR_ENVELOPE_TOO_LARGE', {
        location: { offset: from },
        expected: `at most ${JOINED_LINES_LIMIT} lines inside fields`,
      });
    last.to = to;
    if (last.isBroken) return;
    last.isBroken = true;
    this.warn({ code: 'line-break-in-field', detail: last.name, location: { hl7: `${last.name}[${last.occurrence}]` } });
  }

  /** A name of two or four capitals before a separator: a segment that lost or won a character. */
  private looksDamaged(from: number, to: number): boolean {
    const { bytes, separator } = this;
    if (!isUpper(bytes[from] ?? 0)) return false;
    for (let at = from + 1; at < to && at <= from + 4; at++) {
      if (bytes[at] === separator) return at - from === 2 || at - from === 4;
      if (!isUpperOrDigit(bytes[at] ?? 0)) return false;
    }
    return false;
  }

  private terminated(terminator: string): void {
    if (terminator !== 'CR') this.warn({ code: 'segment-terminator', detail: terminator });
  }

  /** Once for each code and detail: a message of a thousand lines has one habit, not a thousand. */
  private warn(warning: Warning): void {
    const key = `${warning.code}:${warning.detail}`;
    if (!this.warnings.has(key) && this.warnings.size < WARNINGS_LIMIT) this.warnings.set(key, warning);
  }
}

/** Warnings of one message; they travel in the envelope. */
const WARNINGS_LIMIT = 50;

const isUpper = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;
const isUpperOrDigit = (byte: number): boolean => isUpper(byte) || (byte >= 0x30 && byte <= 0x39);

/** Without the framing and line ends after the last segment, so that they are no line; the terminator of the last segment is among them. */
function trimmedEnd(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === CR || bytes[end - 1] === LF || bytes[end - 1] === FS || bytes[end - 1] === VT)) end--;
  return end;
}
