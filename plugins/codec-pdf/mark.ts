/** What a PDF says of itself at first sight, on the way of every message: no PDF parser, a bounded search in its bytes. */
import { sniffMime } from '../../core/contract/index.ts';
import { markIn } from './xmp.ts';

/** Farthest from either end that XMP metadata is looked for; keeps the cost of a huge file constant. Writers put it near one end. */
export const PDF_WINDOW_BYTES = 4 * 1024 * 1024;
/** Where `%%EOF` may stand: ISO 32000 says the last line, readers accept the last kilobyte (a mail gateway adds bytes after it). */
const TAIL_BYTES = 1024;
/** Of a trailer, or of the dictionary of a cross-reference stream. */
const TRAILER_BYTES = 2048;

export interface PdfFacts {
  /** `1B`, `2U`, `4`: part and conformance of the XMP claim; a claim, not a proof. */
  readonly pdfaMark?: string;
  /** `1.7`, as its first line says. */
  readonly version?: string;
  /** Said only when true: nobody reads it without a password, or nobody may print it. */
  readonly encrypted?: true;
  readonly unreadable?: string;
}

/** By its signature, whatever somebody says it is. */
export const isPdf = (content: Uint8Array): boolean => sniffMime(content) === 'application/pdf';

/** `tail` is the end of the same file: the file itself when it is small enough to be at hand whole. Never throws. */
export function readPdf(head: Uint8Array, tail: Uint8Array = head): PdfFacts {
  if (!isPdf(head)) return { unreadable: 'not a PDF' };
  const end = endOf(tail);
  if (
    !asBuffer(tail)
      .subarray(Math.max(0, end - TAIL_BYTES), end)
      .includes('%%EOF')
  )
    return { unreadable: 'cut before its end: no %%EOF' };
  const isWhole = head === tail && head.length <= PDF_WINDOW_BYTES;
  const pdfaMark = markIn(asBuffer(tail).subarray(-PDF_WINDOW_BYTES)) ?? (isWhole ? undefined : markIn(asBuffer(head).subarray(0, PDF_WINDOW_BYTES)));
  const version = /%PDF-(\d\.\d)/.exec(asBuffer(head).toString('latin1', 0, TAIL_BYTES))?.[1];
  return {
    ...(pdfaMark !== undefined && { pdfaMark }),
    ...(version !== undefined && { version }),
    ...(isEncrypted(asBuffer(head), asBuffer(tail).subarray(0, end)) && { encrypted: true }),
  };
}

/** Past what a gateway padded it with. */
function endOf(tail: Uint8Array): number {
  let end = tail.length;
  while (end > 0 && (tail[end - 1] === 0 || tail[end - 1] === 0x20 || (tail[end - 1]! >= 0x09 && tail[end - 1]! <= 0x0d))) end--;
  return end;
}

/** The trailer at the end may be the short one of a linearised file; the one that counts is where `startxref` says, when that is at hand. */
function isEncrypted(head: Buffer, tail: Buffer): boolean {
  const end = tail.lastIndexOf('startxref');
  if (end === -1) return false;
  const place = Number(/startxref\s+(\d{1,12})/.exec(tail.toString('latin1', end, end + TAIL_BYTES))?.[1] ?? head.length);
  const pointed = head.toString('latin1', place, place + 4) === 'xref' ? head.indexOf('trailer', place) : place;
  return saysEncrypt(tail, tail.lastIndexOf('trailer', end)) || saysEncrypt(head, pointed);
}

const saysEncrypt = (bytes: Buffer, at: number): boolean =>
  at !== -1 && /\/Encrypt\s*(?:\d+\s+\d+\s+R|<<)/.test(bytes.toString('latin1', at, at + TRAILER_BYTES));

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
