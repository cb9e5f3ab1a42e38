/** Writes the bytes of an outgoing message (`MessageCodec.build`): its text in its charset, documents placed where the encoder said. */
import { PasserelleError, assemblePart, encodeBase64, type OutgoingEnvelope, type OutgoingPart } from '../../core/contract/index.ts';
import { charsetNamed, encode, type Charset } from './charset.ts';
import { isHeaderSegment, readDelimiters, type Delimiters } from './delimiters.ts';
import { escape } from './escape.ts';
import { view } from './header.ts';
import { readPath, type MessagePath } from './path.ts';

type Content = (name: string) => Uint8Array;
type Carried = (name: string) => Uint8Array | undefined;

/**
 * `part` gives the decoded content of a part of the incoming message, `asCarried` its Base64 when that can leave as it came. Missing separators
 * before a place are added.
 * Throws ERR_CHARSET_CANNOT_HOLD, ERR_CONNECTOR_FAILED (no such segment, two parts at one place, unknown charset), ERR_HL7_*.
 */
export function build(envelope: OutgoingEnvelope, part: Content, asCarried: Carried = () => undefined): readonly Uint8Array[] {
  const { text } = envelope;
  const charset = charsetNamed(envelope.charset ?? 'utf-8');
  if (!charset) throw failed('a charset that can be written', 'another name');
  const delimiters = readDelimiters(text);
  const places = (envelope.parts ?? [])
    .map((outgoing) => ({ outgoing, ...findPlace(text, readPath(outgoing.at), delimiters) }))
    .sort((a, b) => a.from - b.from);
  const chunks: Uint8Array[] = [];
  let cursor = 0;
  for (const { from, to, missing, outgoing } of places) {
    if (from < cursor) throw failed('one part at one place', outgoing.at);
    const kept = outgoing.encoding === 'base64' && 'part' in outgoing.from ? asCarried(outgoing.from.part) : undefined;
    chunks.push(encode(text.slice(cursor, from) + missing, charset), kept ?? carried(outgoing, part, charset, delimiters));
    cursor = to;
  }
  return [...chunks, encode(text.slice(cursor), charset)];
}

const failed = (expected: string, found: string): PasserelleError => new PasserelleError('ERR_CONNECTOR_FAILED', { expected, found });

function carried({ encoding, from }: OutgoingPart, part: Content, charset: Charset, delimiters: Delimiters): Uint8Array {
  const content = assemblePart(from, part);
  return encoding === 'base64' ? encodeBase64(content) : encode(escape(view(content).toString('utf8'), delimiters), charset);
}

interface Place {
  readonly from: number;
  readonly to: number;
  /** Separators to add before the part. */
  readonly missing: string;
}

/** Where a position stands in the text: the whole repetition, component or subcomponent that the path names. */
function findPlace(text: string, path: MessagePath, delimiters: Delimiters): Place {
  let place: Place = findSegment(text, path);
  // In a header segment the separator itself is field 1.
  place = descend(text, place, delimiters.field, path.field + (isHeaderSegment(path.segment) ? 0 : 1));
  place = descend(text, place, delimiters.repetition, path.repetition);
  if (path.whole) return place;
  place = descend(text, place, delimiters.component, path.component);
  return path.sub > 1 ? descend(text, place, delimiters.subcomponent, path.sub) : place;
}

function findSegment(text: string, { segment, occurrence }: MessagePath): Place {
  let seen = 0;
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\r', from);
    const to = end < 0 ? text.length : end;
    if (text.startsWith(segment, from) && ++seen === occurrence) return { from, to, missing: '' };
    from = to + 1;
  }
  throw failed('the segment of each part', `no ${segment}[${occurrence}]`);
}

function descend(text: string, outer: Place, separator: string, n: number): Place {
  let { from } = outer;
  for (let i = 1; i < n; i++) {
    const next = text.indexOf(separator, from);
    if (next < 0 || next >= outer.to) return { from: outer.to, to: outer.to, missing: outer.missing + separator.repeat(n - i) };
    from = next + 1;
  }
  const end = text.indexOf(separator, from);
  return { from, to: end < 0 || end > outer.to ? outer.to : end, missing: outer.missing };
}
