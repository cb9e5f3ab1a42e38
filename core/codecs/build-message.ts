/** Second half of a delivery's encoding: the message an encoder wrote, with parts of the incoming message placed in it. */
import { createHash, hash } from 'node:crypto';
import { assemblePart, encodeBase64, PasserelleError, type MessageCodec, type OutgoingEnvelope, type PartRef } from '../contract/index.ts';
import { contentOf } from './part-content.ts';

/** What is at hand of the incoming message: the parts that are placed. */
export interface IncomingParts {
  readonly format: string;
  readonly charsetFallback: string;
  /** Each with what carried it; that of a text, read with its whole message, may be empty. */
  readonly parts: readonly { readonly ref: PartRef; readonly carried: Uint8Array }[];
  /** Present when one of them is a text. */
  readonly whole?: Uint8Array;
  /** These are the bytes that the hashes were taken from, not read from anywhere since. */
  readonly isFresh: boolean;
}

export interface Built {
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  /** See `EncodedMessage.sha256`. */
  readonly sha256: string;
  /** SHA-256 (hex) of each part that is made of what came, in their order. */
  readonly made: readonly string[];
}

/** Throws ERR_INVARIANT when a part is no longer what was received, and what `MessageCodec.build` throws. */
export function buildMessage(envelope: OutgoingEnvelope, incoming: IncomingParts, codec: (format: string) => MessageCodec): Built {
  const contents = new Map<string, Uint8Array>();
  const find = (name: string): IncomingParts['parts'][number] => {
    const found = incoming.parts.find(({ ref }) => ref.part === name);
    if (!found) throw new PasserelleError('ERR_INVARIANT', { found: `part ${name} was not read` });
    return found;
  };
  const content = (name: string): Uint8Array => {
    const { ref, carried } = find(name);
    const { charsetFallback, whole } = incoming;
    const raw = (from?: number): Uint8Array => (from === undefined ? whole! : carried);
    const made = contents.get(name) ?? contentOf(ref, { codec: codec(incoming.format), charsetFallback, raw });
    contents.set(name, made);
    return made;
  };
  /** By a piece that leaves as it came, the hash of the part that it carries. */
  const kept = new Map<Uint8Array, string>();
  const asCarried = (name: string): Uint8Array | undefined => {
    const { ref, carried } = find(name);
    if (!ref.canonical || carried.length !== 4 * Math.ceil(ref.bytes / 3)) return undefined;
    // What was read from anywhere since is written again from the content that was held to its hash: the same bytes, whatever became of the text.
    const piece = incoming.isFresh ? carried : encodeBase64(content(name));
    kept.set(piece, ref.sha256);
    return piece;
  };
  const pieces = codec(envelope.format).build(envelope, content, asCarried);
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const made = (envelope.parts ?? []).flatMap(({ from }) => ('pieces' in from ? [hash('sha256', assemblePart(from, content))] : []));
  return { pieces, bytes, sha256: kept.size > 0 ? sha256Kept(pieces, kept) : sha256Of(pieces), made };
}

/** One piece, as every message without a document is, needs no hash with a state of its own: that costs half as much again, and the collector after it. */
export function sha256Of(pieces: readonly Uint8Array[]): string {
  const [only] = pieces;
  if (only && pieces.length === 1) return hash('sha256', only);
  const sum = createHash('sha256');
  for (const piece of pieces) sum.update(piece);
  return sum.digest('hex');
}

/** A document that leaves as it came is known by its hash already, which says its Base64 too: it is not hashed again. */
const sha256Kept = (pieces: readonly Uint8Array[], kept: ReadonlyMap<Uint8Array, string>): string =>
  hash('sha256', pieces.map((piece) => (kept.has(piece) ? `part ${kept.get(piece)}` : hash('sha256', piece))).join(' '));
