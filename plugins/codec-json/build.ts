/** An outgoing envelope to the bytes of a JSON body: parts are written where their empty strings stand, once, without escaping. */
import { PasserelleError, assemblePart, type OutgoingEnvelope } from '../../core/contract/index.ts';
import { scanJson, type StringSpan } from './scan.ts';

/** Base64 is written in pieces of this many bytes (whole groups of three), so that its text never stands whole beside the result. */
const STEP_BYTES = 3 * 64 * 1024;

interface Placed {
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

/**
 * An empty text is an empty body. Throws ERR_CONNECTOR_FAILED when the text is not JSON, or a part is placed where no string stands:
 * both are mistakes of the connector that wrote it.
 */
export function build(
  envelope: OutgoingEnvelope,
  part: (name: string) => Uint8Array,
  asCarried: (name: string) => Uint8Array | undefined = () => undefined,
): readonly Uint8Array[] {
  const json = Buffer.from(envelope.text);
  if (json.length === 0) return [json];
  const strings = stringsOf(json);
  const placed = (envelope.parts ?? []).map(({ at, encoding, from }): Placed => {
    const span = strings.get(at);
    if (!span) throw new PasserelleError('ERR_CONNECTOR_FAILED', { location: { path: at }, expected: 'a string to hold the part' });
    const kept = encoding === 'base64' && 'part' in from ? asCarried(from.part) : undefined;
    const write = encoding === 'base64' ? base64Of : escapedTextOf;
    return { from: span.from, to: span.to, bytes: kept ?? write(assemblePart(from, part)) };
  });
  if (new Set(placed.map(({ from }) => from)).size < placed.length)
    throw new PasserelleError('ERR_CONNECTOR_FAILED', { expected: 'one part for each place' });
  placed.sort((a, b) => a.from - b.from);
  const pieces: Uint8Array[] = [];
  let cursor = 0;
  for (const { from, to, bytes } of placed) {
    pieces.push(json.subarray(cursor, from), bytes);
    cursor = to;
  }
  return [...pieces, json.subarray(cursor)];
}

function stringsOf(json: Buffer): Map<string, StringSpan> {
  const strings = new Map<string, StringSpan>();
  const add = (span: StringSpan): void => void strings.set(span.at, span);
  try {
    scanJson(json, { object: (object) => object.strings.forEach(add), item: add });
  } catch (cause) {
    throw new PasserelleError('ERR_CONNECTOR_FAILED', { expected: 'JSON text', cause });
  }
  return strings;
}

function base64Of(content: Uint8Array): Uint8Array {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const target = Buffer.allocUnsafe(Math.ceil(bytes.length / 3) * 4);
  for (let from = 0, to = 0; from < bytes.length; from += STEP_BYTES)
    to += target.write(bytes.toString('base64', from, from + STEP_BYTES), to, 'latin1');
  return target;
}

function escapedTextOf(content: Uint8Array): Uint8Array {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('utf8');
  return Buffer.from(JSON.stringify(text)).subarray(1, -1);
}
