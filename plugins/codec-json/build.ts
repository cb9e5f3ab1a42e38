/** An outgoing envelope to the bytes of a JSON body: parts are written where their empty strings stand, once, without escaping. */
import { PasserelleError, assemblePart, type OutgoingEnvelope } from '../../core/contract/index.ts';
import { scanJson, type StringSpan } from './scan.ts';

/** Base64 is written in pieces of this many bytes (whole groups of three), so that its text never stands whole beside the result. */
const STEP_BYTES = 3 * 64 * 1024;

interface Placed {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  readonly write: (target: Buffer, at: number) => void;
}

/**
 * An empty text is an empty body. Throws ERR_CONNECTOR_FAILED when the text is not JSON, or a part is placed where no string stands:
 * both are mistakes of the connector that wrote it.
 */
export function build(envelope: OutgoingEnvelope, part: (name: string) => Uint8Array): Uint8Array {
  const json = Buffer.from(envelope.text);
  if (json.length === 0) return json;
  const strings = stringsOf(json);
  const placed = (envelope.parts ?? []).map(({ at, encoding, from }): Placed => {
    const span = strings.get(at);
    if (!span) throw new PasserelleError('ERR_CONNECTOR_FAILED', { location: { path: at }, expected: 'a string to hold the part' });
    const content = assemblePart(from, part);
    return { from: span.from, to: span.to, ...(encoding === 'base64' ? base64Of(content) : escapedTextOf(content)) };
  });
  if (new Set(placed.map(({ from }) => from)).size < placed.length)
    throw new PasserelleError('ERR_CONNECTOR_FAILED', { expected: 'one part for each place' });
  placed.sort((a, b) => a.from - b.from);
  const result = Buffer.allocUnsafe(placed.reduce((sum, { from, to, bytes }) => sum + bytes - (to - from), json.length));
  let read = 0;
  let written = 0;
  for (const { from, to, bytes, write } of placed) {
    written += json.copy(result, written, read, from);
    write(result, written);
    written += bytes;
    read = to;
  }
  json.copy(result, written, read);
  return result;
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

function base64Of(content: Uint8Array): Pick<Placed, 'bytes' | 'write'> {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return {
    bytes: Math.ceil(bytes.length / 3) * 4,
    write: (target, at) => {
      for (let from = 0, to = at; from < bytes.length; from += STEP_BYTES)
        to += target.write(bytes.toString('base64', from, from + STEP_BYTES), to, 'latin1');
    },
  };
}

function escapedTextOf(content: Uint8Array): Pick<Placed, 'bytes' | 'write'> {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('utf8');
  const escaped = Buffer.from(JSON.stringify(text)).subarray(1, -1);
  return { bytes: escaped.length, write: (target, at) => void escaped.copy(target, at) };
}
