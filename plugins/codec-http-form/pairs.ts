/** The pairs of a form, as bytes: percent signs are undone strictly, nothing is guessed, and an offset says where it went wrong. */
import { PasserelleError } from '../../core/contract/index.ts';

/** A contextual call is a few hundred bytes: beyond this it is an attack, or not a form. */
export const FORM_LIMIT_BYTES = 64 * 1024;
export const PAIR_LIMIT = 200;

export interface Pair {
  readonly name: Buffer;
  readonly value: Buffer;
  /** Where the pair begins in the form. */
  readonly offset: number;
}

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

/** Throws ERR_CODEC_UNREADABLE with the offset. */
export function pairsOf(form: Buffer): readonly Pair[] {
  if (form.length > FORM_LIMIT_BYTES) throw new PasserelleError('ERR_CODEC_UNREADABLE', { expected: `a form of at most ${FORM_LIMIT_BYTES} bytes` });
  const end = lengthWithoutLineEnd(form);
  const pairs: Pair[] = [];
  for (let offset = 0; offset <= end;) {
    const next = form.subarray(0, end).indexOf(AMPERSAND, offset);
    const to = next < 0 ? end : next;
    if (to > offset) pairs.push(pairAt(form.subarray(offset, to), offset));
    if (pairs.length > PAIR_LIMIT) throw unreadable(offset, `at most ${PAIR_LIMIT} pairs`);
    offset = to + 1;
  }
  return pairs;
}

/** A captured body often ends with a line end, which is no part of its last value. */
function lengthWithoutLineEnd(form: Buffer): number {
  let end = form.length;
  while (end > 0 && (form[end - 1] === 0x0a || form[end - 1] === 0x0d)) end -= 1;
  return end;
}

function pairAt(pair: Buffer, offset: number): Pair {
  const equals = pair.indexOf(EQUALS);
  if (equals < 1) throw unreadable(offset, 'a name, an equals sign and a value');
  return { name: undone(pair.subarray(0, equals), offset), value: undone(pair.subarray(equals + 1), offset + equals + 1), offset };
}

function undone(text: Buffer, offset: number): Buffer {
  const bytes = Buffer.alloc(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at] ?? 0;
    if (byte === PERCENT) {
      const hex = text.toString('latin1', at + 1, at + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(hex)) throw unreadable(offset + at, 'a percent sign and two hexadecimal digits');
      bytes[length++] = Number.parseInt(hex, 16);
      at += 2;
    } else if (byte < SPACE) throw unreadable(offset + at, 'no control character');
    else bytes[length++] = byte === PLUS ? SPACE : byte;
  }
  return bytes.subarray(0, length);
}

export const unreadable = (offset: number, expected: string): PasserelleError =>
  new PasserelleError('ERR_CODEC_UNREADABLE', { location: { offset }, expected: `a form: ${expected}` });
