/** Bytes of one message -> envelope and parts (`MessageCodec.open`). */
import { hash } from 'node:crypto';
import {
  ENVELOPE_LIMIT_BYTES,
  PasserelleError,
  sniffMime,
  type Envelope,
  type EnvelopePart,
  type OpenOptions,
  type PartContent,
  type Warning,
} from '../../core/contract/index.ts';
import { Assembly, type Layout } from './assembly.ts';
import { decodeCarried } from './base64.ts';
import { decideCharset, decode, type Charset } from './charset.ts';
import { readDelimiters, type Delimiters } from './delimiters.ts';
import { unescape } from './escape.ts';
import { findStart, readHeader, refuseWideText, view, type Header } from './header.ts';
import { findParts, type FoundPart } from './parts.ts';
import { scanSegments } from './segments.ts';

export interface Opened {
  readonly envelope: Envelope;
  readonly parts: readonly PartContent[];
  /** What was changed between bytes and text: `restore` gives the bytes back. */
  readonly layout: Layout;
}

/**
 * Decides the charset, repairs what can be repaired with a warning, and takes documents out.
 * Throws ERR_HL7_NOT_HL7, ERR_HL7_DELIMITERS, ERR_HL7_TRUNCATED, ERR_HL7_CONTROL_ID_MISSING, ERR_CODEC_UNREADABLE, ERR_ENVELOPE_TOO_LARGE.
 */
export function open(message: Uint8Array, options: OpenOptions): Opened {
  const bytes = view(message);
  refuseWideText(bytes);
  const start = findStart(bytes);
  if (!start) throw new PasserelleError('ERR_HL7_NOT_HL7', { expected: 'a segment MSH', found: bytes.length ? 'none' : 'nothing' });
  const header = readHeader(bytes, start.at);
  const delimiters = readDelimiters(header.raw);
  const { segments, warnings } = scanSegments(bytes, start.at, delimiters.field.charCodeAt(0));
  checkHeader(header, segments.length);
  const found = findParts(bytes, segments, delimiters);
  const { chunks, layout } = new Assembly(bytes, delimiters.escape).run(start.at, segments, found);
  const decision = decideCharset({
    bytes: bytes.subarray(start.at),
    hasMark: start.hasMark,
    declared: (header.fields[18] ?? '').split(delimiters.repetition, 1)[0] ?? '',
    fallback: options.charsetFallback,
    text: () => Buffer.concat(chunks),
  });
  const only = chunks.length === 1 ? chunks[0] : undefined;
  const text = decode(only ?? Buffer.concat(chunks), decision.charset);
  if (text.length * 2 > ENVELOPE_LIMIT_BYTES && Buffer.byteLength(text) > ENVELOPE_LIMIT_BYTES)
    throw new PasserelleError('ERR_ENVELOPE_TOO_LARGE', { expected: `at most ${ENVELOPE_LIMIT_BYTES} bytes besides documents` });
  const read = found.map((part, i) => readPart(bytes, part, `p${i + 1}`, { delimiters, charset: decision.charset, options }));
  return {
    envelope: {
      format: 'hl7v2',
      text,
      parts: read.map((part) => part.described),
      charset: decision.charset,
      ...(options.http && { http: options.http }),
      warnings: [
        ...(start.hasText ? [TEXT_BEFORE] : []),
        ...warnings,
        ...decision.warnings,
        ...headerWarnings(header, delimiters),
        ...rawSeparators(bytes, found, delimiters),
      ],
    },
    parts: read.map((part) => part.content),
    layout: { edits: layout, charset: decision.charset },
  };
}

const TEXT_BEFORE: Warning = { code: 'text-before-msh' };

function checkHeader(header: Header, segmentCount: number): void {
  if (header.fields[10]) return;
  const isCut = header.fields.length <= 10 && segmentCount === 1;
  throw new PasserelleError(isCut ? 'ERR_HL7_TRUNCATED' : 'ERR_HL7_CONTROL_ID_MISSING', { location: { hl7: 'MSH-10' } });
}

/** MSH-9.3 names the structure; without it only the event says which segments to expect. An ACK needs none. */
function headerWarnings(header: Header, delimiters: Delimiters): Warning[] {
  const type = (header.fields[9] ?? '').split(delimiters.component);
  return type[0] === 'ACK' || type[2] ? [] : [{ code: 'msh9-3-missing', location: { hl7: 'MSH-9.3' } }];
}

/** A text that was taken out whole though it holds separators raw: said, since its sender may have meant components. */
const rawSeparators = (bytes: Buffer, found: readonly FoundPart[], { component, subcomponent }: Delimiters): Warning[] =>
  found
    .filter(({ isLines, from, to }) => isLines && [component, subcomponent].some((one) => bytes.subarray(from, to).includes(one)))
    .map(({ at }) => ({ code: 'text-raw-separator', location: { hl7: at } }));

interface Reading {
  readonly delimiters: Delimiters;
  readonly charset: Charset;
  readonly options: OpenOptions;
}

function readPart(bytes: Buffer, found: FoundPart, name: string, reading: Reading): { described: EnvelopePart; content: PartContent } {
  const carried = bytes.subarray(found.from, found.to);
  const { content, canonical, damage } =
    found.encoding === 'base64' ? decodeCarried(carried, reading.delimiters.escape) : { ...readText(carried, found, reading), damage: undefined };
  const mime = sniffMime(content);
  const read = damage === 'invalid' ? undefined : reading.options.readDocument(content, mime);
  return {
    described: {
      part: name,
      at: found.at,
      bytes: content.length,
      sha256: hash('sha256', content, 'hex'),
      mime,
      encoding: found.encoding,
      ...(damage && { damage }),
      ...(read && { read }),
    },
    content: { part: name, content, from: found.from, to: found.to, canonical },
  };
}

/** A value in clear: UTF-8 of its meaning. It stands for its own bytes when nothing had to be decoded. */
function readText(carried: Buffer, found: FoundPart, { delimiters, charset }: Reading): { content: Buffer; canonical: boolean } {
  const hasLines = found.isLines === true && carried.includes(delimiters.repetition);
  const isPlain = charset === 'utf-8' && !found.isBroken && !hasLines && !carried.includes(delimiters.escape);
  if (isPlain) return { content: carried, canonical: true };
  const sent = decode(carried, charset).replaceAll(/\r\n?/g, '\n');
  const text = hasLines ? sent.replaceAll(delimiters.repetition, '\n') : sent;
  return { content: Buffer.from(unescape(text, delimiters)), canonical: false };
}
