/**
 * Makes bytes safe and cheap for the XML parser: decides the encoding, refuses a document type, and takes long Base64 out (the PDF
 * of an N1 is nine tenths of it), so that what is parsed is small whatever the size of the document.
 */
import { PasserelleError, decodeCanonical } from '../../core/contract/index.ts';

/** Bound of a whole document: what a message of 110 MB may carry in Base64. */
export const CDA_LIMIT_BYTES = 80 * 1024 * 1024;
/** Bound of what is left for the parser once Base64 is out: its memory, which it never gives back, is some ten times that. */
export const MARKUP_LIMIT_BYTES = 8 * 1024 * 1024;
/** Bound of the number of tags, comments and instructions: a node costs a hundred bytes however short. The largest official CDA has 4,000. */
export const TAG_LIMIT = 200_000;
/** Shorter Base64 is left where it is. */
const RUN_MIN_BYTES = 16 * 1024;
/** Longest run decoded while it is examined: no more memory than its reader takes. */
const DECODED_LIMIT = 8 * 1024 * 1024;
/** Stands for a run in the parsed document. Base64 itself, so that a schema still accepts it. */
const RUN_MARK = 'PasserelleRunNum';

/** A long text of Base64 that was taken out of the markup. */
export interface Run {
  /** White space included. */
  readonly carried: Buffer;
  /** What it decodes to, when that is known. */
  readonly content?: Uint8Array;
}

export interface PreparedXml {
  readonly xml: Uint8Array;
  /** Set when the bytes are UTF-8 whatever the declaration says. */
  readonly encoding?: 'utf-8';
  /** By number of their mark. */
  readonly runs: readonly Run[];
}

/** Throws ERR_DOCUMENT_UNREADABLE with the reason in `found`. */
export function prepareXml(content: Uint8Array): PreparedXml {
  if (content.length > CDA_LIMIT_BYTES) throw unreadable('larger than 80 MB');
  const { bytes, encoding } = decideEncoding(Buffer.from(content.buffer, content.byteOffset, content.byteLength));
  refuseDocumentType(bytes);
  const { xml, runs } = takeBase64Out(bytes);
  if (xml.length > MARKUP_LIMIT_BYTES) throw unreadable('more than 8 MB of markup');
  return { xml, runs, ...(encoding && { encoding }) };
}

/** The run that a text stands for, when the text is a mark and nothing else. */
export function runOf(text: string, runs: readonly Run[]): Run | undefined {
  const match = new RegExp(`^\\s*${RUN_MARK}(\\d{8})\\s*$`).exec(text);
  return match ? runs[Number(match[1])] : undefined;
}

export const unreadable = (reason: string): PasserelleError => new PasserelleError('ERR_DOCUMENT_UNREADABLE', { found: reason });

/** A byte order mark, then the look of the first bytes, then the declaration, which the parser reads (XML 1.0 appendix F). */
function decideEncoding(bytes: Buffer): { bytes: Buffer; encoding?: 'utf-8' } {
  const [a, b, c, d] = bytes;
  const label =
    (a === 0xff && b === 0xfe) || (a === 0x3c && b === 0 && d === 0)
      ? 'utf-16le'
      : (a === 0xfe && b === 0xff) || (a === 0 && b === 0x3c && c === 0)
        ? 'utf-16be'
        : undefined;
  if (label) {
    try {
      return { bytes: trimmed(Buffer.from(new TextDecoder(label, { fatal: true }).decode(bytes))), encoding: 'utf-8' };
    } catch (cause) {
      throw new PasserelleError('ERR_DOCUMENT_UNREADABLE', { found: 'not valid in its character encoding', cause });
    }
  }
  const marked = a === 0xef && b === 0xbb && c === 0xbf;
  return { bytes: trimmed(marked ? bytes.subarray(3) : bytes), ...(marked && { encoding: 'utf-8' as const }) };
}

/** White space before the declaration is an error of XML, and a habit of some writers. */
function trimmed(bytes: Buffer): Buffer {
  let at = 0;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return bytes.subarray(at);
}

/** A CDA has no document type; one is a way to entities, that is to bombs and to other people's files. */
function refuseDocumentType(bytes: Buffer): void {
  let at = 0;
  for (;;) {
    at = bytes.indexOf('<', at);
    if (at === -1) return;
    const head = bytes.toString('latin1', at, at + 9);
    const closing = head.startsWith('<?') ? '?>' : head.startsWith('<!--') ? '-->' : undefined;
    if (head.toUpperCase() === '<!DOCTYPE') throw unreadable('it declares a document type');
    if (!closing) return;
    const end = bytes.indexOf(closing, at + 2);
    if (end === -1) return;
    at = end + closing.length;
  }
}

/**
 * Cuts each long text of Base64 characters. Such a run holds nothing that XML gives a meaning to, so the structure is the same
 * without it, wherever it stands.
 */
function takeBase64Out(bytes: Buffer): { xml: Buffer; runs: Run[] } {
  const runs: Run[] = [];
  const markup: Buffer[] = [];
  let kept = 0;
  let tags = 0;
  for (let tag = bytes.indexOf(LESS), next = 0; tag !== -1; tag = next) {
    if (++tags > TAG_LIMIT) throw unreadable('more than 200,000 tags');
    next = bytes.indexOf(LESS, tag + 1);
    if (next - tag < RUN_MIN_BYTES) continue;
    const from = bytes.indexOf(GREATER, tag) + 1;
    const run = from === 0 || next - from < RUN_MIN_BYTES ? undefined : readRun(bytes.subarray(from, next));
    if (!run) continue;
    markup.push(bytes.subarray(kept, from));
    runs.push(run);
    kept = next;
  }
  markup.push(bytes.subarray(kept));
  // Markup that holds the mark already could pass one text for another: nothing is cut.
  if (runs.length === 0 || markup.some((piece) => piece.includes(RUN_MARK))) return { xml: bytes, runs: [] };
  const marked = markup.flatMap((piece, i) => (i === 0 ? [piece] : [Buffer.from(`${RUN_MARK}${String(i - 1).padStart(8, '0')}`), piece]));
  return { xml: Buffer.concat(marked), runs };
}

const [LESS, GREATER] = [0x3c, 0x3e];
const BASE64_OR_SPACE = new Uint8Array(256);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n') BASE64_OR_SPACE[char.charCodeAt(0)] = 1;

/** What decodes strictly is Base64: proved natively, and the content is wanted next. Folded, it is looked at byte by byte. */
function readRun(carried: Buffer): Run | undefined {
  const content = carried.length > DECODED_LIMIT ? undefined : decodeCanonical(carried);
  if (content) return { carried, content };
  return carried.every((byte) => BASE64_OR_SPACE[byte] === 1) ? { carried } : undefined;
}
