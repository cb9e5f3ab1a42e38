/** Hashes in the file: what searches use in place of words, and the hex lists of keys and terms in binary. */
import { hash } from 'node:crypto';
import { PasserelleError } from '../contract/index.ts';
import { TERM_BYTES } from './limits.ts';

/** 48 bits, a safe integer: narrows a search; whoever needs certainty compares more. */
export const hash48 = (text: string): number => Number.parseInt(hash('sha256', text, 'hex').slice(0, 12), 16);

/**
 * What control ids given one after the other have in common, as 24 bits above 0: all but the last two digits and what follows them. In front of a
 * hash it keeps an index of hashes narrow where it is written: without it each message writes a page of its own, anywhere in 30 days of them.
 * Ids that have nothing in common cost what they would without it. Part of the format: the same id always has the same.
 */
export function nearness(controlId: string): number {
  const common = controlId.replace(/\d{1,2}\D*$/, '');
  let hashed = 0x811c9dc5;
  for (let i = 0; i < common.length; i++) hashed = Math.imul(hashed ^ common.charCodeAt(i), 0x01000193);
  return (hashed >>> 8) | 1;
}

/** 128 bits: equality of two of these is equality. */
export const hash128 = (text: string): Uint8Array => Buffer.from(hash('sha256', text).slice(0, 32), 'hex');

const HEX = /^(?:[0-9a-f]{2})+$/;

/** Anything but lower-case hex is refused: `Buffer.from` would cut it silently, and two keys would become one. */
function checked(hex: string): string {
  if (!HEX.test(hex) || hex.length > 2 * TERM_BYTES)
    throw new PasserelleError('ERR_INVARIANT', {
      expected: `a hash in lower-case hex, ${TERM_BYTES} bytes at most`,
      found: `${hex.length} characters`,
    });
  return hex;
}

/** Lower-case hex to bytes. */
export const bytesOf = (hex: string): Buffer => Buffer.from(checked(hex), 'hex');

/** A length as the two hex digits of one byte. */
const LENGTHS = Array.from({ length: TERM_BYTES + 1 }, (_, bytes) => bytes.toString(16).padStart(2, '0'));

/** Several hashes in one value, each after its length. */
export function packHashes(list: readonly string[]): Uint8Array | null {
  if (list.length === 0) return null;
  let packed = '';
  for (const hex of list) packed += LENGTHS[checked(hex).length / 2]! + hex;
  return Buffer.from(packed, 'hex');
}

export function unpackHashes(packed: Uint8Array | null): string[] {
  const list: string[] = [];
  if (packed === null) return list;
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let at = 0; at < bytes.length; at += 1 + bytes[at]!) list.push(bytes.toString('hex', at + 1, at + 1 + bytes[at]!));
  return list;
}
