/** What a document is, by its own first bytes. What the message announces in OBX-5.2 and 5.3 is the connector's to compare. */
import { isUtf8 } from 'node:buffer';

/** Bytes looked at: a CDA may open with comments and style sheets before its root element. */
const LOOK_BYTES = 8 * 1024;

const SIGNATURES: readonly (readonly [start: string, mime: string])[] = [
  ['%PDF-', 'application/pdf'],
  ['{\\rtf', 'application/rtf'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['II*\0', 'image/tiff'],
  ['MM\0*', 'image/tiff'],
];

/** `text/xml` is a CDA, `application/xml` any other XML; `application/octet-stream` when nothing is recognised. */
export function sniffMime(content: Buffer): string {
  const head = content.toString('latin1', 0, LOOK_BYTES);
  const known = SIGNATURES.find(([start]) => head.startsWith(start));
  if (known) return known[1];
  // Byte order marks; UTF-16 is read one byte in two, enough for tag names.
  const isWide = head.startsWith('\xff\xfe') || head.startsWith('\xfe\xff');
  const text = (isWide ? head.slice(2).replaceAll('\0', '') : head.replace(/^\xef\xbb\xbf/, '')).trimStart();
  if (/^<(?:!doctype\s+)?html[\s>]/i.test(text)) return 'text/html';
  if (/^<[?!A-Za-z_]/.test(text)) return /<(?:[\w.-]+:)?ClinicalDocument[\s/>]/.test(text) ? 'text/xml' : 'application/xml';
  return isPrintable(content, text) ? 'text/plain' : 'application/octet-stream';
}

function isPrintable(content: Buffer, text: string): boolean {
  if (content.length === 0 || hasControls(content)) return false;
  // Text of an 8-bit charset has letters around its accents; random bytes rarely do.
  return isUtf8(content) || /[A-Za-z]{3}/.test(text);
}

/** Controls other than tab, line ends and form feed. */
function hasControls(content: Buffer): boolean {
  return content.subarray(0, LOOK_BYTES).some((byte) => (byte < 0x20 && (byte < 0x09 || byte > 0x0d)) || byte === 0x7f);
}
