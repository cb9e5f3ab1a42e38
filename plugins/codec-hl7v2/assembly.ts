/** Puts together the bytes of the text from the raw message, and remembers every difference so that the message can be given back. */
import { ENVELOPE_LIMIT_BYTES, PasserelleError, encodeBase64, type PartContent } from '../../core/contract/index.ts';
import { encode, type Charset } from './charset.ts';
import { CR, LF } from './header.ts';
import type { FoundPart } from './parts.ts';
import type { RawSegment } from './segments.ts';

/** One difference: `written` bytes of the text at `at` stand for `original` bytes of the message. */
interface Edit {
  readonly at: number;
  readonly written: number;
  readonly original: Buffer;
  /** Index of the part that was taken out here. */
  readonly part?: number;
}

export interface Layout {
  readonly edits: readonly Edit[];
  readonly charset: Charset;
}

export class Assembly {
  private readonly bytes: Buffer;
  private readonly lineBreak: string;
  private readonly chunks: Buffer[] = [];
  private readonly edits: Edit[] = [];
  private length = 0;
  /** Range of the message that is being kept as it is. */
  private from = 0;
  private to = 0;

  constructor(bytes: Buffer, escape: string) {
    this.bytes = bytes;
    this.lineBreak = `${escape}.br${escape}`;
  }

  /** Throws ERR_ENVELOPE_TOO_LARGE. */
  run(start: number, segments: readonly RawSegment[], parts: readonly FoundPart[]): { chunks: readonly Buffer[]; layout: readonly Edit[] } {
    let cursor = 0;
    let part = 0;
    this.replace(0, start, '');
    cursor = start;
    for (const segment of segments) {
      if (segment.from > cursor) this.terminate(cursor, segment.from, segment === segments[0]);
      cursor = segment.from;
      for (let next = parts[part]; next && next.from < segment.to; next = parts[++part]) {
        this.keep(cursor, next.from, segment.isBroken);
        this.replace(next.from, next.to, '', part);
        cursor = next.to;
      }
      this.keep(cursor, segment.to, segment.isBroken);
      cursor = segment.to;
    }
    this.terminate(cursor, this.bytes.length, false);
    this.flush();
    return { chunks: this.chunks, layout: this.edits };
  }

  /** What stands between two segments becomes one CR; nothing before the first one. */
  private terminate(from: number, to: number, isFirst: boolean): void {
    if (to - from === 1 && this.bytes[from] === CR) this.keepAsIs(from, to);
    else this.replace(from, to, isFirst ? '' : '\r');
  }

  private keep(from: number, to: number, isBroken: boolean): void {
    if (!isBroken) {
      this.keepAsIs(from, to);
      return;
    }
    let start = from;
    for (let at = from; at < to; at++) {
      if (this.bytes[at] !== CR && this.bytes[at] !== LF) continue;
      const end = this.bytes[at] === CR && this.bytes[at + 1] === LF ? at + 2 : at + 1;
      this.keepAsIs(start, at);
      this.replace(at, end, this.lineBreak);
      start = end;
      at = end - 1;
    }
    this.keepAsIs(start, to);
  }

  private keepAsIs(from: number, to: number): void {
    if (from >= to) return;
    if (from !== this.to || this.from === this.to) {
      this.flush();
      this.from = from;
    }
    this.to = to;
    this.check(to - from);
  }

  private replace(from: number, to: number, text: string, part?: number): void {
    if (from === to && text === '') return;
    this.flush();
    const written = Buffer.from(text, 'latin1');
    this.edits.push({ at: this.length, written: written.length, original: this.bytes.subarray(from, to), ...(part !== undefined && { part }) });
    if (written.length > 0) this.chunks.push(written);
    this.check(written.length);
  }

  private flush(): void {
    if (this.to > this.from) this.chunks.push(this.bytes.subarray(this.from, this.to));
    this.from = this.to = -1;
  }

  private check(added: number): void {
    this.length += added;
    if (this.length > ENVELOPE_LIMIT_BYTES)
      throw new PasserelleError('ERR_ENVELOPE_TOO_LARGE', { expected: `at most ${ENVELOPE_LIMIT_BYTES} bytes besides documents` });
  }
}

/**
 * The bytes of an untouched message, from its text and its parts: text in its charset, documents encoded again where that gives
 * what was carried, and each difference undone. Used to prove that opening loses nothing.
 */
export function restore(opened: {
  readonly envelope: { readonly text: string };
  readonly parts: readonly PartContent[];
  readonly layout: Layout;
}): Buffer {
  const text = encode(opened.envelope.text, opened.layout.charset);
  const chunks: Uint8Array[] = [];
  let cursor = 0;
  for (const edit of opened.layout.edits) {
    const part = edit.part === undefined ? undefined : opened.parts[edit.part];
    chunks.push(text.subarray(cursor, edit.at), part?.canonical ? carriedBytes(part, edit.original.length) : edit.original);
    cursor = edit.at + edit.written;
  }
  return Buffer.concat([...chunks, text.subarray(cursor)]);
}

/** A canonical text part is its own bytes; a Base64 one is longer as carried than as content. */
const carriedBytes = (part: PartContent, length: number): Uint8Array => (part.content.length === length ? part.content : encodeBase64(part.content));
