/** Base64 text to bytes and back: the same answer in every codec, and no string of the size of a document. */

/** Characters handled in one go, a multiple of 4: one string of a whole document costs more than the decoding itself. */
const CHUNK = 64 * 1024;

/** `damage` as in `EnvelopePart`: `padding` was repaired, `invalid` was not (`content` is then what could be read, for the record). */
export interface DecodedBase64 {
  readonly content: Uint8Array;
  /** Encoding `content` again gives exactly the text that came. */
  readonly canonical: boolean;
  readonly damage?: 'padding' | 'invalid';
}

/**
 * Decodes RFC 4648 Base64. Line breaks and the white space around them are ignored; missing, surplus or non-zero padding is repaired
 * (official examples have it); a foreign character (a space inside a line too: that is a sentence), padding in the middle or a lost
 * character is `invalid`. Never throws.
 */
export function decodeBase64(text: string | Uint8Array): DecodedBase64 {
  const strict = decodeCanonical(text);
  if (strict) return { content: strict, canonical: true };
  const carried = typeof text === 'string' ? text : view(text).toString('latin1');
  const content = Buffer.from(carried, 'base64');
  const dense = carried
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .join('');
  if (content.toString('base64') === dense) return { content, canonical: false };
  const padding = dense.indexOf('=');
  const data = padding === -1 ? dense : dense.slice(0, padding);
  const whole = /^[A-Za-z0-9+/]*$/.test(data) && /^=*$/.test(dense.slice(data.length)) && data.length % 4 !== 1;
  return { content, canonical: false, damage: whole ? 'padding' : 'invalid' };
}

/**
 * The content of a text that is exactly what an encoder writes: by far the commonest. Proved without encoding it again, which costs more than
 * decoding: Node skips what is not of the alphabet, so that anything foreign makes fewer bytes; what it takes for a character of the alphabet
 * (`-`, `_`, and wide characters by their low byte) is looked for; and bits that no byte holds stand in the last group alone.
 */
export function decodeCanonical(text: string | Uint8Array): Buffer | undefined {
  if (text.length % 4 !== 0) return undefined;
  const carried = typeof text === 'string' ? text : view(text);
  const content = Buffer.allocUnsafe((text.length / 4) * 3);
  let length = 0;
  let chunk = '';
  for (let from = 0; from < text.length; from += CHUNK) {
    // Less than three bytes for four characters: there was padding, which stands at the end only.
    if (length < (from / 4) * 3) return undefined;
    const to = Math.min(from + CHUNK, text.length);
    chunk = typeof carried === 'string' ? carried.slice(from, to) : carried.toString('latin1', from, to);
    const written = content.write(chunk, length, 'base64');
    const padding = chunk.endsWith('==') ? 2 : chunk.endsWith('=') ? 1 : 0;
    const isWide = typeof carried === 'string' && Buffer.byteLength(chunk) > chunk.length;
    if (written !== (chunk.length / 4) * 3 - padding || isWide || chunk.includes('-') || chunk.includes('_')) return undefined;
    length += written;
  }
  const lastGroup = Math.max(0, Math.ceil(length / 3) - 1) * 3;
  return content.toString('base64', lastGroup, length) === chunk.slice(-4) ? content.subarray(0, length) : undefined;
}

/** Base64 of a content as ASCII bytes. */
export function encodeBase64(content: Uint8Array): Buffer {
  const bytes = view(content);
  const encoded = Buffer.allocUnsafe(Math.ceil(bytes.length / 3) * 4);
  const step = (CHUNK / 4) * 3;
  let length = 0;
  for (let from = 0; from < bytes.length; from += step)
    length += encoded.write(bytes.toString('base64', from, Math.min(from + step, bytes.length)), length, 'latin1');
  return encoded;
}

const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
