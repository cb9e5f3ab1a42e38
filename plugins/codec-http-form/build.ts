/** An outgoing envelope to the bytes of a form, in UTF-8; without a text there is no body. */
import { PasserelleError, type OutgoingEnvelope } from '../../core/contract/index.ts';

/** Throws ERR_CONNECTOR_FAILED when the text is not a flat JSON object of texts. */
export function build({ text }: OutgoingEnvelope): readonly Uint8Array[] {
  if (text === '') return [];
  return [Buffer.from(new URLSearchParams(Object.entries(flat(text))).toString())];
}

function flat(text: string): Record<string, string> {
  try {
    const value = JSON.parse(text) as Record<string, string>;
    if (Object.values(value).every((one) => typeof one === 'string')) return value;
  } catch {
    // Said below: the parser's sentence would quote the text.
  }
  throw new PasserelleError('ERR_CONNECTOR_FAILED', { expected: 'a flat JSON object of texts' });
}
