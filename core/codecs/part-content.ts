/** The content of a part, read again from the incoming message; held to the hash taken when the message was opened. */
import { hash } from 'node:crypto';
import { PasserelleError, decodeBase64, type MessageCodec, type PartRef } from '../contract/index.ts';

/** `\.br\` with whatever escape character the sender declared (HL7), and the escaped line ends of a JSON string: none is part of Base64. */
const FOLDS = /([^A-Za-z0-9+/=\s])\.br\1|\\[nrt]/g;

export interface IncomingSource {
  /** Codec of the incoming message. */
  readonly codec: MessageCodec;
  readonly charsetFallback: string;
  /** Its raw bytes, or a range of them. */
  readonly raw: (from?: number, to?: number) => Uint8Array;
}

/**
 * A document in Base64 is read by its range alone. A long text has a charset and escapes of its message, so the message is opened again.
 * Throws ERR_INVARIANT when it is not what was received: it is not sent then, rather than altered.
 */
export function contentOf(ref: PartRef, source: IncomingSource): Uint8Array {
  const content = ref.encoding === 'base64' ? decoded(source.raw(ref.from, ref.to)) : reopened(ref, source);
  if (!content || hash('sha256', content) !== ref.sha256)
    throw new PasserelleError('ERR_INVARIANT', { expected: `part ${ref.part} as it was received`, found: 'another content' });
  return content;
}

function decoded(carried: Uint8Array): Uint8Array {
  const strict = decodeBase64(carried);
  if (strict.canonical) return strict.content;
  const text = Buffer.from(carried).toString('latin1');
  return decodeBase64(text.replaceAll(FOLDS, '\n').replaceAll('\\/', '/')).content;
}

function reopened(ref: PartRef, { codec, charsetFallback, raw }: IncomingSource): Uint8Array | undefined {
  const { parts } = codec.open(raw(), { charsetFallback, readDocument: () => undefined });
  return parts.find(({ part }) => part === ref.part)?.content;
}
