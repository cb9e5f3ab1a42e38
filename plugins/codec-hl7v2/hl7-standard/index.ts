/**
 * The `hl7-standard` library over a message of ours, for connector authors who know its notation (`PID.5.1`). To read only: the library
 * loses bytes when it writes, and is tens of times slower than `parseHl7` (CHOICES, "HL7 v2 and MLLP").
 */
import HL7 from 'hl7-standard';
import { DEFAULT_DELIMITERS, type Delimiters } from '../delimiters.ts';
import { escape, unescape } from '../escape.ts';
import type { Hl7Message, Hl7Segment } from '../message.ts';

export type Hl7StandardView = Pick<HL7, 'get' | 'getSegment' | 'getSegments'>;

/** Values come without escapes, whatever delimiters the message declares. A change made to the view does not reach the message. */
export function hl7StandardView(message: Hl7Message): Hl7StandardView {
  const view = new HL7(`${message.segments.map((segment) => usual(segment, message.delimiters)).join('\r')}\r`);
  view.transform();
  for (const segment of view.getSegments()) inClear(segment.data);
  return view;
}

/** A segment rewritten with `|^~\&`, the only delimiters the library knows. */
function usual(segment: Hl7Segment, from: Delimiters): string {
  if (from === DEFAULT_DELIMITERS) return segment.raw;
  const to = DEFAULT_DELIMITERS;
  const header = segment.name === 'MSH' ? 'MSH|^~\\&|' : `${segment.name}|`;
  const fields = segment.raw.split(from.field).slice(segment.name === 'MSH' ? 2 : 1);
  const each = (text: string, separators: readonly (readonly [string, string])[]): string => {
    const [first, ...rest] = separators;
    if (!first) return escape(unescape(text, from), to);
    return text
      .split(first[0])
      .map((piece) => each(piece, rest))
      .join(first[1]);
  };
  const levels = [
    [from.repetition, to.repetition],
    [from.component, to.component],
    [from.subcomponent, to.subcomponent],
  ] as const;
  return header + fields.map((field) => each(field, levels)).join('|');
}

/** Takes the escapes out of every value, in place. MSH-2 is no value. */
function inClear(node: Record<string, unknown> | unknown[]): void {
  for (const [key, value] of Object.entries(node)) {
    if (key === 'MSH.2') continue;
    if (typeof value === 'string') (node as Record<string, unknown>)[key] = unescape(value, DEFAULT_DELIMITERS);
    else if (typeof value === 'object' && value !== null) inClear(value as Record<string, unknown>);
  }
}
