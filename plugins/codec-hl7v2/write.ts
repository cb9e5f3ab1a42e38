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
  return segments.map(([name, fields]) => writeSegment(name, fields, delimiters)).join('');
}

function writeSegment(name: string, fields: Readonly<Record<number, Hl7Value>>, delimiters: Delimiters): string {
  if (!/^[A-Z][A-Z\d]{2}$/.test(name)) throw new PasserelleError('ERR_INVARIANT', { expected: 'a segment name', found: `${name.length} characters` });
  const texts = [name];
  if (isHeaderSegment(name)) texts.push(declared(delimiters));
  // In a header segment the separator before MSH-2 is MSH-1, so that field n stands at place n - 1.
  const shift = isHeaderSegment(name) ? 1 : 0;
  for (const [key, value] of Object.entries(fields)) {
    const place = Number(key) - shift;
    if (place > shift) texts[place] = writeField(value, delimiters);
  }
  for (let i = 0; i < texts.length; i++) texts[i] ??= '';
  const line = joined(texts, delimiters.field);
  return `${line === name ? line + delimiters.field : line}\r`;
}

const declared = ({ component, repetition, escape: mark, subcomponent, truncation = '' }: Delimiters): string =>
  component + repetition + mark + subcomponent + truncation;

function writeField(value: Hl7Value, delimiters: Delimiters): string {
  if (!isRepeat(value)) return writeComponents(value, delimiters);
  return joined(
    value.repetitions.map((one) => writeComponents(one, delimiters)),
    delimiters.repetition,
  );
}

function writeComponents(value: Hl7Value, delimiters: Delimiters): string {
  if (!isList(value)) return writeLeaf(value, delimiters);
  const components = value.map((component) =>
    isList(component)
      ? joined(
          component.map((sub) => writeLeaf(sub, delimiters)),
          delimiters.subcomponent,
        )
      : writeLeaf(component, delimiters),
  );
  return joined(components, delimiters.component);
}

function writeLeaf(value: Hl7Value, delimiters: Delimiters): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return escape(value, delimiters);
  if (typeof value === 'number' && Number.isFinite(value)) return escape(String(value), delimiters);
  throw new PasserelleError('ERR_INVARIANT', { expected: 'a text or a number', found: isRepeat(value) ? 'repetitions' : typeof value });
}

const isRepeat = (value: Hl7Value): value is Repeat => typeof value === 'object' && 'repetitions' in value;
const isList = (value: Hl7Value): value is readonly Hl7Value[] => Array.isArray(value);

/** Joined without the empty ones at the end. */
function joined(texts: readonly string[], separator: string): string {
  let length = texts.length;
  while (length > 0 && !texts[length - 1]) length--;
  return texts.slice(0, length).join(separator);
}
