/** Bytes of a JSON body to an envelope: documents and long strings are taken out, the rest is the text as it came. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import {
  ENVELOPE_LIMIT_BYTES,
  PART_THRESHOLD_BYTES,
  PasserelleError,
  decodeBase64,
  sniffMime,
  type Envelope,
  type EnvelopePart,
  type OpenOptions,
  type PartContent,
  type Peek,
  type Warning,
} from '../../core/contract/index.ts';
import { scanJson, stringAt, type StringSpan } from './scan.ts';

/** Bound of a whole body; the transport has its own, which may be lower. */
export const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** `messageId` and `type` of the message itself. The key that HTTP carries in a header is the transport's affair. */
export function peek(bytes: Uint8Array): Peek {
  const fingerprint = sha256(bytes);
  if (bytes.length > BODY_LIMIT_BYTES) return { fingerprint };
  const json = asBuffer(bytes).subarray(markLength(bytes));
  const found: { controlId?: string; type?: string } = {};
  try {
    scanJson(json, {
      object: ({ strings, depth }) => {
        if (depth > 0) return;
        const [controlId, type] = ['messageId', 'type'].map((name) => shortString(json, strings.get(name)));
        if (controlId) found.controlId = controlId;
        if (type) found.type = type;
      },
    });
  } catch {
    // What is wrong with it is for `open` to say: this is only a first look.
  }
  return { ...found, fingerprint };
}

/** A longer one is not an id. */
const shortString = (json: Buffer, span: StringSpan | undefined): string | undefined =>
  span && span.to - span.from <= 250 ? stringAt(json, span) : undefined;

/** Throws ERR_CODEC_UNREADABLE, ERR_ENVELOPE_TOO_LARGE. */
export function open(bytes: Uint8Array, options: OpenOptions): { readonly envelope: Envelope; readonly parts: readonly PartContent[] } {
  if (bytes.length > BODY_LIMIT_BYTES) throw new PasserelleError('ERR_CODEC_UNREADABLE', { expected: 'at most 64 MB' });
  const mark = markLength(bytes);
  const json = asBuffer(bytes).subarray(mark);
  if (!isUtf8(json)) throw new PasserelleError('ERR_CODEC_UNREADABLE', { expected: 'UTF-8', found: 'bytes that are not UTF-8' });
  // A body that is not there (DELETE, GET, a 204 reply) is an empty object.
  const empty = /^[ \t\r\n]*$/.test(json.toString('latin1', 0, 64)) && json.toString('latin1').trim() === '';
  const spans = empty ? [] : documentSpans(json);
  const taken = spans.map((span, index) => takeOut(json, span, `p${index + 1}`, mark, options));
  const left = json.length - spans.reduce((sum, { from, to }) => sum + to - from, 0);
  if (left > ENVELOPE_LIMIT_BYTES) throw new PasserelleError('ERR_ENVELOPE_TOO_LARGE');
  const warnings: Warning[] = mark > 0 ? [{ code: 'byte-order-mark' }] : [];
  const envelope: Envelope = {
    format: 'json',
    text: empty ? '{}' : textWithout(json, spans),
    parts: taken.map(({ described }) => described),
    charset: 'utf-8',
    ...(options.http && { http: options.http }),
    warnings: [...warnings, ...taken.flatMap(({ warning }) => warning ?? [])],
  };
  return { envelope, parts: taken.map(({ content }) => content) };
}

/** RFC 8259 forbids a byte order mark and lets a reader ignore it. */
const markLength = (bytes: Uint8Array): number => (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0);

interface DocumentSpan extends StringSpan {
  readonly encoding: 'base64' | 'text';
}

/** `content` beside `"encoding": "base64"`, whatever its size, and every string above the threshold. In order of appearance. */
function documentSpans(json: Buffer): DocumentSpan[] {
  const spans: DocumentSpan[] = [];
  const isLong = ({ from, to }: StringSpan): boolean => to - from > PART_THRESHOLD_BYTES;
  scanJson(json, {
    object: ({ strings }) => {
      const encoding = shortString(json, strings.get('encoding'));
      for (const [name, span] of strings) {
        if (name === 'content' && encoding === 'base64') spans.push({ ...span, encoding });
        else if (isLong(span)) spans.push({ ...span, encoding: 'text' });
      }
    },
    item: (span) => {
      if (isLong(span)) spans.push({ ...span, encoding: 'text' });
    },
  });
  return spans.sort((a, b) => a.from - b.from);
}

interface TakenOut {
  readonly described: EnvelopePart;
  readonly content: PartContent;
  readonly warning?: Warning;
}

function takeOut(json: Buffer, span: DocumentSpan, part: string, mark: number, options: OpenOptions): TakenOut {
  const { content, canonical, damage } = span.encoding === 'base64' ? decodedBase64(json, span) : decodedText(json, span);
  const mime = sniffMime(content);
  const read = options.readDocument(content, mime);
  return {
    described: {
      part,
      at: span.at,
      bytes: content.length,
      sha256: sha256(content),
      mime,
      encoding: span.encoding,
      ...(damage && { damage }),
      ...(read && { read }),
    },
    content: { part, content, from: span.from + mark, to: span.to + mark, canonical },
    ...(damage === 'padding' && { warning: { code: 'base64-padding', location: { path: span.at } } }),
  };
}

/** PHP writes `/` as `\/`: such text is unescaped first, and is not what we would write. */
function decodedBase64(json: Buffer, span: StringSpan): ReturnType<typeof decodeBase64> {
  const decoded = decodeBase64(span.escaped ? stringAt(json, span) : json.subarray(span.from, span.to));
  return span.escaped ? { ...decoded, canonical: false } : decoded;
}

function decodedText(json: Buffer, span: StringSpan): ReturnType<typeof decodeBase64> {
  const raw = json.subarray(span.from, span.to);
  if (!span.escaped) return { content: raw, canonical: true };
  const text = stringAt(json, span);
  const content = Buffer.from(text);
  return { content, canonical: Buffer.from(JSON.stringify(content.toString())).subarray(1, -1).equals(raw) };
}

function textWithout(json: Buffer, spans: readonly StringSpan[]): string {
  let from = 0;
  const pieces = spans.map((span) => {
    const piece = json.toString('utf8', from, span.from);
    from = span.to;
    return piece;
  });
  return pieces.join('') + json.toString('utf8', from);
}
