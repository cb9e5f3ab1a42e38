/** Hashes in the file: what searches use in place of words, and the hex lists of keys and terms in binary. */
import { hash } from 'node:crypto';
import { PasserelleError } from '../contract/index.ts';
import { TERM_BYTES } from './limits.ts';

/** 48 bits, a safe integer: narrows a search; whoever needs certainty compares more. */
export const hash48 = (text: string): number => Number.parseInt(hash('sha256', text, 'hex').slice(0, 12), 16);

/** 128 bits: equality of two of these is equality. */
export const hash128 = (text: string): Uint8Array => hash('sha256', text, 'buffer').subarray(0, 16);

const HEX = /^(?:[0-9a-f]{2})+$/;

/** Lower-case hex to bytes. Anything else is refused: `Buffer.from` would cut it silently, and two keys would become one. */
export function bytesOf(hex: string): Buffer {
  if (!HEX.test(hex) || hex.length > 2 * TERM_BYTES)
    throw new PasserelleError('ERR_INVARIANT', {
      expected: `a hash in lower-case hex, ${TERM_BYTES} bytes at most`,
      found: `${hex.length} characters`,
    });
  return Buffer.from(hex, 'hex');
}

/** Several hashes in one value, each after its length. */
export function packHashes(list: readonly string[]): Uint8Array | null {
  if (list.length === 0) return null;
  return Buffer.concat(list.flatMap((hex) => [Uint8Array.of(hex.length / 2), bytesOf(hex)]));
}

export function unpackHashes(packed: Uint8Array | null): string[] {
  const list: string[] = [];
  if (packed === null) return list;
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let at = 0; at < bytes.length; at += 1 + bytes[at]!) list.push(bytes.toString('hex', at + 1, at + 1 + bytes[at]!));
  return list;
}
