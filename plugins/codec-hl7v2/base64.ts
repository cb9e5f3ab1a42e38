/** Base64 in HL7 fields: the engine's one way of decoding it, spared from strings of the size of a document, and `\.br\` taken for a line end. */
import { decodeBase64, type DecodedBase64 } from '../../core/contract/index.ts';
import { view } from './header.ts';

/** Characters handled in one go: a multiple of 4, small enough that no string of the size of a document is made. */
const CHUNK = 1024 * 1024;

/** Decodes what a field carries. `escape` is the escape character of the message. */
export function decodeCarried(carried: Buffer, escape: string): DecodedBase64 {
  const strict = decodeStrict(carried);
  if (strict) return { content: strict, canonical: true };
  const folded = carried.includes(escape) ? carried.toString('latin1').replaceAll(`${escape}.br${escape}`, '\n') : carried;
  return { ...decodeBase64(folded), canonical: false };
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

/** Base64 of a content as ASCII bytes, without one string of the whole. */
export function encodeBase64(content: Uint8Array): Buffer {
  const bytes = view(content);
  const encoded = Buffer.allocUnsafe(Math.ceil(bytes.length / 3) * 4);
  const step = (CHUNK / 4) * 3;
  let length = 0;
  for (let from = 0; from < bytes.length; from += step)
    length += encoded.write(bytes.toString('base64', from, Math.min(from + step, bytes.length)), length, 'latin1');
  return encoded;
}
