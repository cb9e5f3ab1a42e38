/** Writes the text of an HL7 v2 message: values in clear in, escapes and separators out. */
import { PasserelleError } from '../../core/contract/index.ts';
import { DEFAULT_DELIMITERS, isHeaderSegment, type Delimiters } from './delimiters.ts';
import { escape } from './escape.ts';

/** A field, component or subcomponent in clear. An array holds components; an array inside it, subcomponents. */
export type Hl7Value = string | number | undefined | readonly Hl7Value[] | Repeat;

/** Repetitions of one field: `repeat(['1', , , 'A'], ['2', , , 'B'])`. */
export interface Repeat {
  readonly repetitions: readonly Hl7Value[];
}

export function repeat(...values: Hl7Value[]): Repeat {
  return { repetitions: values };
}

/**
 * Writes segments in the order given, each ended by CR. Keys of `fields` are field numbers. Trailing empty subcomponents,
 * components, repetitions and fields are cut. MSH-1 and MSH-2 are written by themselves.
 * Throws ERR_INVARIANT on a value nested deeper than HL7 goes, or a segment name that is none.
 */
export function writeHl7(
  segments: readonly (readonly [name: string, fields: Readonly<Record<number, Hl7Value>>])[],
  delimiters: Delimiters = DEFAULT_DELIMITERS,
): string {
  let text = '';
  for (const [name, fields] of segments) text += writeSegment(name, fields, delimiters);
  return text;
}

function writeSegment(name: string, fields: Readonly<Record<number, Hl7Value>>, delimiters: Delimiters): string {
  if (!/^[A-Z][A-Z\d]{2}$/.test(name)) throw new PasserelleError('ERR_INVARIANT', { expected: 'a segment name', found: `${name.length} characters` });
  const separator = delimiters.field;
  const isHeader = isHeaderSegment(name);
  let line = isHeader ? name + separator + declared(delimiters) : name;
  let last = isHeader ? 2 : 0;
  // Keys that are numbers come in ascending order.
  for (const key of Object.keys(fields)) {
    const place = Number(key);
    if (!(place > last)) continue;
    const field = writeField(fields[place], delimiters);
    if (field === '') continue;
    line += (place - last === 1 ? separator : separator.repeat(place - last)) + field;
    last = place;
  }
  return `${last === 0 ? line + separator : line}\r`;
}

const declared = ({ component, repetition, escape: mark, subcomponent, truncation = '' }: Delimiters): string =>
  component + repetition + mark + subcomponent + truncation;

function writeField(value: Hl7Value, delimiters: Delimiters): string {
  return isRepeat(value) ? joined(value.repetitions, delimiters.repetition, delimiters, writeComponents) : writeComponents(value, delimiters);
}

const writeComponents: Write = (value, delimiters) =>
  isList(value) ? joined(value, delimiters.component, delimiters, writeSubcomponents) : writeLeaf(value, delimiters);

const writeSubcomponents: Write = (value, delimiters) =>
  isList(value) ? joined(value, delimiters.subcomponent, delimiters, writeLeaf) : writeLeaf(value, delimiters);

function writeLeaf(value: Hl7Value, delimiters: Delimiters): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return escape(value, delimiters);
  if (typeof value === 'number' && Number.isFinite(value)) return escape(String(value), delimiters);
  throw new PasserelleError('ERR_INVARIANT', { expected: 'a text or a number', found: isRepeat(value) ? 'repetitions' : typeof value });
}

const isRepeat = (value: Hl7Value): value is Repeat => typeof value === 'object' && 'repetitions' in value;
const isList = (value: Hl7Value): value is readonly Hl7Value[] => Array.isArray(value);

type Write = (value: Hl7Value, delimiters: Delimiters) => string;

/** The values written one after the other, without the empty ones at the end. */
function joined(values: readonly Hl7Value[], separator: string, delimiters: Delimiters, write: Write): string {
  let text = '';
  let last = 0;
  for (let i = 0; i < values.length; i++) {
    const written = write(values[i], delimiters);
    if (written === '') continue;
    text += separator.repeat(i - last) + written;
    last = i;
  }
  return text;
}
