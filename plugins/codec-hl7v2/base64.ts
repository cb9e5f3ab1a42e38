/** Base64 as found in HL7 messages: strict when it is, repaired when it was only folded or lost its padding, else refused. */
import { CR, LF } from './header.ts';

export interface Decoded {
  readonly content: Buffer;
  readonly damage?: 'padding' | 'invalid';
  /** Encoding `content` again gives exactly the carried bytes. */
  readonly canonical: boolean;
}

/** Characters handled in one go: a multiple of 4, small enough that no string of the size of a document is made. */
const CHUNK = 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/** Decodes what a field carries. `escape` is the escape character of the message: a folded value may hold `\.br\`. */
export function decodeBase64(carried: Buffer, escape: string): Decoded {
  const strict = decodeStrict(carried);
  if (strict) return { content: strict, canonical: true };
  const plain = withoutFolds(carried, escape.charCodeAt(0));
  if (!plain || plain.text.length % 4 === 1) return { content: NOTHING, damage: 'invalid', canonical: false };
  const isPadded = plain.padding === (4 - (plain.text.length % 4)) % 4;
  return { content: decodeChunks(plain.text), ...(!isPadded && { damage: 'padding' as const }), canonical: false };
}

/** The content when the carried bytes are exactly what an encoder writes, checked by encoding again. */
function decodeStrict(carried: Buffer): Buffer | undefined {
  if (carried.length % 4 !== 0) return undefined;
  const content = Buffer.allocUnsafe((carried.length / 4) * 3);
  let length = 0;
  for (let from = 0; from < carried.length; from += CHUNK) {
    const chunk = carried.toString('latin1', from, Math.min(from + CHUNK, carried.length));
    const written = content.write(chunk, length, 'base64');
    if (content.toString('base64', length, length + written) !== chunk) return undefined;
    length += written;
  }
  return content.subarray(0, length);
}

/** Characters of the alphabet, and how many `=` follow them; blanks, line ends and `\.br\` are taken out. Nothing when anything else is there. */
function withoutFolds(carried: Buffer, escape: number): { readonly text: Buffer; readonly padding: number } | undefined {
  const text = Buffer.allocUnsafe(carried.length);
  let length = 0;
  let padding = 0;
  for (let at = 0; at < carried.length; at++) {
    const byte = carried[at] as number;
    if (isAlphabet(byte) && padding === 0) text[length++] = byte;
    else if (byte === 0x3d) padding++;
    else if (byte === escape && carried[at + 4] === escape && carried.toString('latin1', at + 1, at + 4).toLowerCase() === '.br') at += 4;
    else if (!isFold(byte)) return undefined;
  }
  return { text: text.subarray(0, length), padding };
}

const isFold = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === CR || byte === LF;
const isAlphabet = (b: number): boolean =>
  (b >= 0x41 && b <= 0x5a) || (b >= 0x61 && b <= 0x7a) || (b >= 0x30 && b <= 0x39) || b === 0x2b || b === 0x2f;

function decodeChunks(text: Buffer): Buffer {
  const content = Buffer.allocUnsafe(Math.floor((text.length * 3) / 4));
  let length = 0;
  for (let from = 0; from < text.length; from += CHUNK)
    length += content.write(text.toString('latin1', from, Math.min(from + CHUNK, text.length)), length, 'base64');
  return content.subarray(0, length);
}

/** Base64 of a content as ASCII bytes, without one string of the whole. */
export function encodeBase64(content: Uint8Array): Buffer {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const encoded = Buffer.allocUnsafe(Math.ceil(bytes.length / 3) * 4);
  const step = (CHUNK / 4) * 3;
  let length = 0;
  for (let from = 0; from < bytes.length; from += step)
    length += encoded.write(bytes.toString('base64', from, Math.min(from + step, bytes.length)), length, 'latin1');
  return encoded;
}
