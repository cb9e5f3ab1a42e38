/** First look at a message: who, what, which number, and the fingerprint that a retransmission repeats. */
import { createHash, hash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { Peek } from '../../core/contract/index.ts';
import { DEFAULT_DELIMITERS, readDelimiters, type Delimiters } from './delimiters.ts';
import { unescape } from './escape.ts';
import { findStart, readHeader, view, type Header } from './header.ts';

/** Longest control id, sender or type kept: the standard says 20 to 199, and these go to indexes. */
const NAME_LIMIT = 250;

/** Up to here a copy costs less than a hash made in two steps. */
const COPIED_BYTES = 16 * 1024;

/**
 * `controlId` MSH-10, `sender` `MSH-3/MSH-4` (first components), `type` `ADT^A01`, `fingerprint` SHA-256 of the bytes with MSH-7 left out. Never throws.
 */
export function peek(bytes: Uint8Array): Peek {
  const buffer = view(bytes);
  const start = findStart(buffer);
  if (!start) return { fingerprint: hash('sha256', buffer, 'hex') };
  const header = readHeader(buffer, start.at);
  const delimiters = delimitersOf(header);
  const first = (n: number): string => component(header.fields[n] ?? '', 0, delimiters);
  const controlId = first(10);
  const sender = joined(first(3), '/', first(4));
  const type = joined(first(9), '^', component(header.fields[9] ?? '', 1, delimiters));
  return {
    ...(controlId && { controlId }),
    ...(sender && { sender }),
    ...(type && { type }),
    fingerprint: fingerprint(buffer, start.at, header),
  };
}

const joined = (one: string, separator: string, other: string): string => (one && other ? one + separator + other : one || other);

function delimitersOf(header: Header): Delimiters {
  try {
    return readDelimiters(header.raw);
  } catch {
    // Wrong delimiters are refused by `open`; the number of the message is still wanted for the reply.
    return { ...DEFAULT_DELIMITERS, field: header.fields[1] ?? '|' };
  }
}

function component(raw: string, index: number, delimiters: Delimiters): string {
  const value = raw.split(delimiters.repetition, 1)[0]?.split(delimiters.component)[index] ?? '';
  return value && unescape(readable(value), delimiters).slice(0, NAME_LIMIT);
}

/** Header fields are ASCII but for names of applications: UTF-8 when they are, else Latin-1. */
function readable(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : value;
}

function fingerprint(bytes: Buffer, at: number, header: Header): string {
  // One character a byte: the length of the fields before MSH-7 is its offset. MSH, MSH-1 (the separator itself), then n fields and their separators.
  let from = at + 4;
  for (let n = 2; n < 7; n++) from += (header.fields[n]?.length ?? -1) + 1;
  const to = from + (header.fields[7]?.length ?? 0);
  const [before, after] = [bytes.subarray(0, from), bytes.subarray(to)];
  if (bytes.length < COPIED_BYTES) return hash('sha256', Buffer.concat([before, after]), 'hex');
  return createHash('sha256').update(before).update(after).digest('hex');
}
