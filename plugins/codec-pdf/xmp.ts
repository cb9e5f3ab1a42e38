/** The PDF/A claim of a PDF: its XMP metadata, plain or compressed, wherever it stands in a window of the file (ISO 19005-1 section 6.7). */
import { inflateSync, constants } from 'node:zlib';

/** Around the mark, within the XMP packet: part and conformance stand side by side. */
const XMP_BYTES = 2048;
/** Compressed packets looked into, from the end: each image of a file may have its own. */
const MAX_PACKETS = 16;
/** A packet is a few KB, its padding included: more is not inflated. */
const MAX_PACKET_BYTES = 256 * 1024;
/** Between `/Subtype /XML` and the start of its object, and of its stream: a dictionary of five short entries. */
const DICTIONARY_BYTES = 512;

/** `1B`, `2U`, `4`: part and conformance. The last packet speaks: an update of the file appends its own. */
export function markIn(window: Buffer): string | undefined {
  const plainAt = lastOf(window, 'pdfaid:part');
  const compressed = compressedMark(window, plainAt);
  return compressed ?? (plainAt === -1 ? undefined : markAround(window, plainAt));
}

/** A search backwards costs ten times one forwards, and most files have nothing to find. */
const lastOf = (window: Buffer, text: string): number => (window.includes(text) ? window.lastIndexOf(text) : -1);

function markAround(window: Buffer, at: number): string | undefined {
  const packet = window.subarray(Math.max(0, at - XMP_BYTES), at + XMP_BYTES).toString('latin1');
  const part = /pdfaid:part\s*(?:=\s*["']|>)\s*(\d)/.exec(packet)?.[1];
  const conformance = /pdfaid:conformance\s*(?:=\s*["']|>)\s*([A-Za-z])/.exec(packet)?.[1];
  return part && `${part}${conformance?.toUpperCase() ?? ''}`;
}

/** Metadata streams are objects of their own, whose dictionary is plain even where everything else is compressed. */
function compressedMark(window: Buffer, after: number): string | undefined {
  let at = window.length;
  for (let tries = 0; tries < MAX_PACKETS; tries++) {
    at = at > 0 ? lastOf(window.subarray(0, at + 3), '/XML') : -1;
    if (at <= after) return undefined;
    const packet = inflated(window, at);
    const mark = packet && markAround(packet, packet.lastIndexOf('pdfaid:part'));
    if (mark) return mark;
  }
  return undefined;
}

function inflated(window: Buffer, at: number): Buffer | undefined {
  const dictionary = window.subarray(Math.max(0, at - DICTIONARY_BYTES), at + DICTIONARY_BYTES).toString('latin1');
  const stream = /stream\r?\n/.exec(dictionary.slice(Math.min(at, DICTIONARY_BYTES)));
  if (!stream || !dictionary.includes('/Metadata') || !dictionary.includes('/FlateDecode')) return undefined;
  const from = at + stream.index + stream[0].length;
  try {
    return inflateSync(window.subarray(from, from + MAX_PACKET_BYTES), { maxOutputLength: MAX_PACKET_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}
