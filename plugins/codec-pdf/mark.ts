/** The PDF/A claim and the wholeness of a PDF, by signature: no PDF parser, a bounded search in its bytes (ISO 19005-1 section 6.7). */

/** Farthest from either end that XMP metadata is looked for; keeps the cost of a huge file constant. Writers put it near one end. */
export const PDF_WINDOW_BYTES = 4 * 1024 * 1024;
/** Where `%%EOF` may stand: ISO 32000 says the last line, readers accept the last kilobyte (a mail gateway adds bytes after it). */
const TAIL_BYTES = 1024;
/** Around the mark, within the XMP packet: part and conformance stand side by side. */
const XMP_BYTES = 2048;

export interface PdfFacts {
  /** `1B`, `2U`, `4`: part and conformance of the XMP claim; a claim, not a proof. */
  readonly pdfaMark?: string;
  readonly unreadable?: string;
}

export const isPdf = (content: Uint8Array): boolean => asBuffer(content).subarray(0, 5).toString('latin1') === '%PDF-';

/** `tail` is the end of the same file: the file itself when it is small enough to be at hand whole. Never throws. */
export function readPdf(head: Uint8Array, tail: Uint8Array = head): PdfFacts {
  if (!isPdf(head)) return { unreadable: 'not a PDF' };
  if (!endsLikePdf(tail)) return { unreadable: 'cut before its end: no %%EOF' };
  const isWhole = head === tail && head.length <= PDF_WINDOW_BYTES;
  const pdfaMark = markIn(asBuffer(tail).subarray(-PDF_WINDOW_BYTES)) ?? (isWhole ? undefined : markIn(asBuffer(head).subarray(0, PDF_WINDOW_BYTES)));
  return pdfaMark === undefined ? {} : { pdfaMark };
}

function endsLikePdf(tail: Uint8Array): boolean {
  let end = tail.length;
  while (end > 0 && (tail[end - 1] === 0 || tail[end - 1] === 0x20 || (tail[end - 1]! >= 0x09 && tail[end - 1]! <= 0x0d))) end--;
  return asBuffer(tail)
    .subarray(Math.max(0, end - TAIL_BYTES), end)
    .includes('%%EOF');
}

/** The last packet speaks: an update of the file appends its own. */
function markIn(window: Buffer): string | undefined {
  const at = window.lastIndexOf('pdfaid:part');
  if (at === -1) return undefined;
  const packet = window.subarray(Math.max(0, at - XMP_BYTES), at + XMP_BYTES).toString('latin1');
  const part = /pdfaid:part\s*(?:=\s*["']|>)\s*(\d)/.exec(packet)?.[1];
  const conformance = /pdfaid:conformance\s*(?:=\s*["']|>)\s*([A-Za-z])/.exec(packet)?.[1];
  return part && `${part}${conformance?.toUpperCase() ?? ''}`;
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
