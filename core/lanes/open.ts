/** First half of a translation: bytes to envelope, documents read, parts placed. The same for lanes and for `passerelle translate`. */
import {
  PasserelleError,
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
    return { envelope, refs: envelope.parts.map((p) => partRef(p, parts)) };
  } catch (thrown) {
    const error = PasserelleError.from(thrown);
    const text = Buffer.from(bytes.subarray(0, HEAD_BYTES))
      .toString('latin1')
      .replaceAll(/\r\n|\n/g, '\r');
    return { envelope: { format: codec.id, text, parts: [], charset: 'iso-8859-1', warnings: [], ...(http && { http }) }, refs: [], error };
  }
}

function partRef(part: Envelope['parts'][number], contents: readonly PartContent[]): PartRef {
  const place = contents.find((c) => c.part === part.part);
  if (!place) throw new PasserelleError('ERR_INVARIANT', { found: `codec gave no place for part ${part.part}` });
  return { part: part.part, from: place.from, to: place.to, encoding: part.encoding, bytes: part.bytes, mime: part.mime, sha256: part.sha256 };
}
