/** The body of an N1: what it holds, its size and sum, and what a PDF inside says of itself, without holding more of it decoded than needed. */
import { createHash, hash } from 'node:crypto';
import { decodeBase64, type CdaHeader } from '../../core/contract/index.ts';
import { PDF_WINDOW_BYTES, readPdf } from '../codec-pdf/index.ts';
import { runOf, type Run } from './prepare.ts';
import type { Tag } from './tag.ts';

type Body = NonNullable<CdaHeader['body']>;
/** Base64 characters of one window: whole groups of four. */
const WINDOW_CHARS = Math.ceil(PDF_WINDOW_BYTES / 3) * 4;
/** Up to here the whole is decoded; above, its two ends. */
const WHOLE_LIMIT = 2 * WINDOW_CHARS;

export function readBody(text: Tag, runs: readonly Run[]): Body {
  const mediaType = text.attribute('mediaType');
  const named = mediaType === undefined ? {} : { mediaType };
  const carried = text.rawText;
  // A body kept elsewhere (text/reference) holds nothing to size.
  if (carried.trim() === '') return named;
  if (text.attribute('representation') !== 'B64') return { ...named, bytes: Buffer.byteLength(carried) };
  const run = runOf(carried, runs);
  const { head, tail, bytes, sha256, unreadable } = decodedOf(run ?? { carried: Buffer.from(carried, 'latin1') });
  if (unreadable) return { ...named, bytes, unreadable };
  if (mediaType !== 'application/pdf') return { ...named, bytes, sha256 };
  const { version: _, ...facts } = readPdf(head, tail);
  return { ...named, bytes, sha256, ...facts };
}

/** Why the document that an N1 wraps is none: it is to be taken as it would be by itself. `undefined` for a body that is there, and for an N3. */
export function bodyFault({ level, body }: CdaHeader): 'missing' | 'unreadable' | undefined {
  if (level !== 'N1') return undefined;
  if (body?.unreadable !== undefined) return 'unreadable';
  return body?.bytes ? undefined : 'missing';
}

interface Decoded {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  readonly bytes: number;
  readonly sha256: string;
  readonly unreadable?: string;
}

function decodedOf({ carried, content }: Run): Decoded {
  if (content) return { head: content, tail: content, bytes: content.length, sha256: hash('sha256', content) };
  return carried.length <= WHOLE_LIMIT ? wholeOf(carried) : endsOf(carried);
}

function wholeOf(base64: Buffer): Decoded {
  const { content, damage } = decodeBase64(base64);
  return {
    head: content,
    tail: content,
    bytes: content.length,
    sha256: hash('sha256', content),
    ...(damage === 'invalid' && { unreadable: INVALID }),
  };
}

const INVALID = 'its Base64 does not decode';

/** Counts the characters (all of Base64: this much can only be a run), and decodes both ends, each cut at a whole group of four. */
function endsOf(base64: Buffer): Decoded {
  let count = 0;
  let padding = 0;
  let misplaced = false;
  for (let i = 0; i < base64.length; i++) {
    const char = base64[i]!;
    if (char <= 0x20) continue;
    if (char === 0x3d) padding++;
    else if (padding > 0) misplaced = true;
    else count++;
  }
  const bytes = Math.floor((count * 3) / 4);
  let from = base64.length;
  for (let left = WINDOW_CHARS + (count % 4); from > 0 && left > 0; from--) if (base64[from - 1]! > 0x20 && base64[from - 1] !== 0x3d) left--;
  const head = Buffer.from(base64.toString('latin1', 0, WINDOW_CHARS), 'base64');
  const tail = Buffer.from(base64.toString('latin1', from), 'base64');
  return { head, tail, bytes, sha256: sumOf(base64), ...((misplaced || count % 4 === 1) && { unreadable: INVALID }) };
}

const STEP_CHARS = 1024 * 1024;

/** SHA-256 of what it decodes to, a step at a time. */
function sumOf(base64: Buffer): string {
  const sum = createHash('sha256');
  let rest = '';
  for (let from = 0; from < base64.length; from += STEP_CHARS) {
    const text = rest + base64.toString('latin1', from, from + STEP_CHARS).replaceAll(/\s/g, '');
    const whole = text.length - (text.length % 4);
    sum.update(Buffer.from(text.slice(0, whole), 'base64'));
    rest = text.slice(whole);
  }
  return sum.update(Buffer.from(rest, 'base64')).digest('hex');
}
