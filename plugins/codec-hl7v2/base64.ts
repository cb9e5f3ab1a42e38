/** Base64 in HL7 fields: the engine's one way of decoding it, with `\.br\` taken for a line end. */
import { decodeBase64, type DecodedBase64 } from '../../core/contract/index.ts';

/** Decodes what a field carries. `escape` is the escape character of the message. */
export function decodeCarried(carried: Buffer, escape: string): DecodedBase64 {
  const plain = decodeBase64(carried);
  const fold = `${escape}.br${escape}`;
  // What an encoder writes holds no fold.
  if (plain.canonical || !carried.includes(fold)) return plain;
  return { ...decodeBase64(carried.toString('latin1').replaceAll(fold, '\n')), canonical: false };
}
