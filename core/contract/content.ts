/** What bytes are, and those an outgoing part stands for: the same answer in every codec. */
import { encodeBase64 } from './base64.ts';
import type { PartSource } from './envelope.ts';

/** Only the beginning is looked at: long enough for a DICOM preamble and for text, short enough to cost nothing. */
const SNIFF_BYTES = 4096;

const SIGNATURES: readonly { readonly mime: string; readonly at: number; readonly bytes: readonly number[] }[] = [
  { mime: 'application/pdf', at: 0, bytes: [0x25, 0x50, 0x44, 0x46, 0x2d] },
  { mime: 'application/zip', at: 0, bytes: [0x50, 0x4b, 0x03, 0x04] },
  { mime: 'image/jpeg', at: 0, bytes: [0xff, 0xd8, 0xff] },
  { mime: 'image/png', at: 0, bytes: [0x89, 0x50, 0x4e, 0x47] },
  { mime: 'image/tiff', at: 0, bytes: [0x49, 0x49, 0x2a, 0x00] },
  { mime: 'image/tiff', at: 0, bytes: [0x4d, 0x4d, 0x00, 0x2a] },
  { mime: 'application/dicom', at: 128, bytes: [0x44, 0x49, 0x43, 0x4d] },
];

/**
 * MIME type of content by its own signature, never by what somebody says it is. `text/xml` is any XML (a CDA among them),
 * `text/plain` is content without control characters, whatever its charset; anything else is `application/octet-stream`.
 */
export function sniffMime(content: Uint8Array): string {
  const start = contentStart(content);
  for (const { mime, at, bytes } of SIGNATURES) {
    const from = at === 0 ? start : at;
    if (bytes.every((byte, i) => content[from + i] === byte)) return mime;
  }
  const utf16 = (content[0] === 0xff && content[1] === 0xfe) || (content[0] === 0xfe && content[1] === 0xff);
  const head = Buffer.from(content.buffer, content.byteOffset + start, Math.min(SNIFF_BYTES, content.length - start));
  const latin = head.toString('latin1');
  const text = utf16 ? latin.replaceAll('\0', '').trimStart() : latin;
  if (/^<(\?xml|!--|[A-Za-z_][\w.-]*:?)/.test(text)) return /^<(!doctype\s+)?html/i.test(text) ? 'text/html' : 'text/xml';
  // The declaration of a UTF-16 document without byte order mark.
  if (/^(<\0\?\0x\0|\0<\0\?\0x)/.test(text)) return 'text/xml';
  if (/^<!doctype/i.test(text)) return /^<!doctype\s+html/i.test(text) ? 'text/html' : 'text/xml';
  if (text.startsWith('{\\rtf')) return 'text/rtf';
  return text.length > 0 && !hasControls(text) ? 'text/plain' : 'application/octet-stream';
}

/** Past a byte order mark and white space: files made by hand begin with them. */
function contentStart(content: Uint8Array): number {
  let at = 0;
  if (content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf) at = 3;
  else if ((content[0] === 0xff && content[1] === 0xfe) || (content[0] === 0xfe && content[1] === 0xff)) at = 2;
  const end = Math.min(content.length, at + SNIFF_BYTES);
  while (at < end && (content[at] === 0x20 || (content[at]! >= 0x09 && content[at]! <= 0x0d))) at++;
  return at;
}

function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 ? code < 0x09 || code > 0x0d : code === 0x7f) return true;
  }
  return false;
}

/** The bytes an `OutgoingPart` stands for: a part of the incoming message, or text around such parts. `part` gives decoded content. */
export function assemblePart(from: PartSource, part: (name: string) => Uint8Array): Uint8Array {
  if ('part' in from) return part(from.part);
  return Buffer.concat(
    from.pieces.map((piece) => {
      if (typeof piece === 'string') return Buffer.from(piece);
      const content = part(piece.part);
      return piece.encoding === 'text' ? content : encodeBase64(content);
    }),
  );
}

/** Smaller bytes cost no memory worth a thought. */
const RELEASED_BYTES = 16 * 1024;
/** Of what came with them and nobody keeps: framing, padding. */
const BESIDE_BYTES = 4;

/**
 * Gives the memory of bytes back now that their only owner is done with them: the garbage collector does not feel their weight and would let tens of
 * megabytes gather. Left alone when other bytes stand in the same memory. Whoever reads them afterwards finds none: nobody else's, ever.
 */
export function release({ buffer, length }: Uint8Array): void {
  if (length >= RELEASED_BYTES && buffer instanceof ArrayBuffer && buffer.byteLength - length < BESIDE_BYTES) buffer.transfer(0);
}

/** Pieces that follow each other as one. A single piece is not copied. */
export const joined = (pieces: readonly Uint8Array[]): Uint8Array => (pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
