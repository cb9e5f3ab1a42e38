/** First half of a translation: bytes to envelope, documents read, parts placed. The same for lanes and for `passerelle translate`. */
import {
  PasserelleError,
  release,
  type DocumentCodec,
  type DocumentReading,
  type Envelope,
  type HttpMeta,
  type MessageCodec,
  type PartContent,
  type PartRef,
} from '../contract/index.ts';

export interface OpenedMessage {
  readonly envelope: Envelope;
  readonly refs: readonly PartRef[];
  /** Set when the codec refused the bytes; `envelope` is then what could be read of its first bytes, enough to answer. */
  readonly error?: PasserelleError;
}

const HEAD_BYTES = 2048;

export function openMessage(
  bytes: Uint8Array,
  codec: MessageCodec,
  documents: readonly DocumentCodec[],
  charsetFallback: string,
  http?: HttpMeta,
): OpenedMessage {
  const readDocument = (content: Uint8Array, mime: string): DocumentReading | undefined =>
    documents.find((d) => d.recognises(mime, content))?.read(content);
  try {
    const { envelope, parts } = codec.open(bytes, { charsetFallback, readDocument, ...(http && { http }) });
    const refs = envelope.parts.map((p) => partRef(p, parts));
    // They were looked at; what leaves is read from the message again. One that was not decoded stands in the message itself.
    for (const { content } of parts) if (content.buffer !== bytes.buffer) release(content);
    return { envelope, refs };
  } catch (thrown) {
    return { ...unopened(bytes, codec.id, http), error: PasserelleError.from(thrown) };
  }
}

/** What stands for a message that could not be opened: its first bytes, enough to answer. */
export function unopened(bytes: Uint8Array, format: string, http?: HttpMeta): OpenedMessage {
  const text = Buffer.from(bytes.subarray(0, HEAD_BYTES))
    .toString('latin1')
    .replaceAll(/\r\n|\n/g, '\r');
  return { envelope: { format, text, parts: [], charset: 'iso-8859-1', warnings: [], ...(http && { http }) }, refs: [] };
}

function partRef(part: Envelope['parts'][number], contents: readonly PartContent[]): PartRef {
  const place = contents.find((c) => c.part === part.part);
  if (!place) throw new PasserelleError('ERR_INVARIANT', { found: `codec gave no place for part ${part.part}` });
  const { from, to, canonical } = place;
  const { part: name, encoding, bytes, mime, sha256 } = part;
  return { part: name, from, to, encoding, bytes, mime, sha256, ...(canonical && encoding === 'base64' && { canonical }) };
}
