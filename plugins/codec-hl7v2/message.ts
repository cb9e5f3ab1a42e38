/**
 * Reads the text of an HL7 v2 message lazily: segments are found by their ends, a field is looked at when it is asked for, and
 * nothing is ever rewritten. Values come without their escapes; `raw` is as sent.
 */
import { PasserelleError } from '../../core/contract/index.ts';
import { isHeaderSegment, readDelimiters, type Delimiters } from './delimiters.ts';
import { unescape } from './escape.ts';
import { readPath, type SegmentPath } from './path.ts';

/** One repetition of a field. */
export interface Hl7Field {
  readonly raw: string;
  /** Value of a component and subcomponent, 1 and 1 when not said. `''` when absent; the HL7 null stays `""` with its quotes. */
  readonly get: (component?: number, sub?: number) => string;
  /** The whole repetition as one text, separators of components that stand in it included: what a text of type FT or TX says. */
  readonly whole: string;
  /** The first components, at most so many, each with its first subcomponents: what `get` gives of them. */
  readonly values: (components: number, subs: number) => readonly (readonly string[])[];
  readonly isEmpty: boolean;
  /** For error locations: `PID-3`, `PID-3[2]`, `OBX[3]-5`. */
  readonly at: string;
}

export interface Hl7Segment {
  readonly name: string;
  /** 1-based, among the segments of the same name. */
  readonly occurrence: number;
  /** 0-based, among all segments of the message. */
  readonly index: number;
  /** `3[2].4.2`; a missing repetition, component or subcomponent is the first. Throws ERR_INVARIANT on a path that is none. */
  readonly get: (path: string) => string;
  /** Repetitions of a field, empty ones included; none when the field is absent or empty. */
  readonly reps: (field: number) => readonly Hl7Field[];
  /** Number of the last field that is present, even empty. */
  readonly fieldCount: number;
  readonly raw: string;
}

export interface Hl7Message {
  readonly delimiters: Delimiters;
  readonly segments: readonly Hl7Segment[];
  /** `MSH-9.1`, `PID-3[2].4.2`, `OBX[3]-5.5`; `''` when absent. Throws ERR_INVARIANT on a path that is none. */
  readonly get: (path: string) => string;
  readonly first: (name: string) => Hl7Segment | undefined;
  readonly all: (name: string) => readonly Hl7Segment[];
  /** The text exactly as it was given. */
  readonly toString: () => string;
}

/**
 * Reads `envelope.text`. Segments end with CR; LF and CRLF are understood too, for texts that were not normalised.
 * Throws ERR_HL7_NOT_HL7 when the text does not begin with MSH, ERR_HL7_DELIMITERS.
 */
export function parseHl7(text: string): Hl7Message {
  if (!text.startsWith('MSH')) throw new PasserelleError('ERR_HL7_NOT_HL7', { location: { hl7: 'MSH' }, expected: 'MSH', found: 'something else' });
  if (last?.toString() !== text) last = new Message(text, readDelimiters(text));
  return last;
}

/** A message is decoded, then answered: what was found in it is found once. */
let last: Hl7Message | undefined;

/** The n-th piece (1-based) of a text, `''` when there are fewer. */
function piece(text: string, separator: string, n: number): string {
  let from = 0;
  for (let i = 1; i < n; i++) {
    const at = text.indexOf(separator, from);
    if (at < 0) return '';
    from = at + 1;
  }
  const end = text.indexOf(separator, from);
  return end < 0 ? text.slice(from) : text.slice(from, end);
}

class Field implements Hl7Field {
  readonly raw: string;
  private readonly segment: Segment;
  private readonly number: number;
  private readonly repetition: number;
  private readonly delimiters: Delimiters;
  private components: readonly string[] | undefined;

  constructor(raw: string, segment: Segment, number: number, repetition: number, delimiters: Delimiters) {
    this.raw = raw;
    this.segment = segment;
    this.number = number;
    this.repetition = repetition;
    this.delimiters = delimiters;
  }

  get at(): string {
    const { name, occurrence } = this.segment;
    return `${name}${occurrence > 1 ? `[${occurrence}]` : ''}-${this.number}${this.repetition > 1 ? `[${this.repetition}]` : ''}`;
  }

  get isEmpty(): boolean {
    return this.raw === '';
  }

  get(component = 1, sub = 1): string {
    const { delimiters } = this;
    this.components ??= this.raw.split(delimiters.component);
    const found = this.components[component - 1];
    return found ? unescape(piece(found, delimiters.subcomponent, sub), delimiters) : '';
  }

  get whole(): string {
    return unescape(this.raw, this.delimiters);
  }

  values(components: number, subs: number): readonly (readonly string[])[] {
    const { delimiters } = this;
    const one = (raw: string): string => unescape(raw, delimiters);
    return this.raw.split(delimiters.component, components).map((component) => component.split(delimiters.subcomponent, subs).map(one));
  }
}

class Segment implements Hl7Segment {
  readonly name: string;
  readonly occurrence: number;
  readonly index: number;
  readonly raw: string;
  private readonly delimiters: Delimiters;
  private pieces: readonly string[] | undefined;

  constructor(raw: string, name: string, occurrence: number, index: number, delimiters: Delimiters) {
    this.raw = raw;
    this.name = name;
    this.occurrence = occurrence;
    this.index = index;
    this.delimiters = delimiters;
  }

  /** Fields from number 0 (the name); in a header segment the separator itself is number 1. */
  private get fields(): readonly string[] {
    if (!this.pieces) {
      const pieces = this.raw.split(this.delimiters.field);
      this.pieces = isHeaderSegment(this.name) ? [this.name, this.delimiters.field, ...pieces.slice(1)] : pieces;
    }
    return this.pieces;
  }

  get fieldCount(): number {
    return this.fields.length - 1;
  }

  get(path: string): string {
    return this.value(readPath(path));
  }

  value(path: SegmentPath): string {
    const raw = this.fields[path.field];
    if (raw === undefined || raw === '') return '';
    const { delimiters } = this;
    if (path.field <= 2 && isHeaderSegment(this.name)) return path.repetition * path.component * path.sub === 1 ? raw : '';
    const component = piece(piece(raw, delimiters.repetition, path.repetition), delimiters.component, path.component);
    return unescape(piece(component, delimiters.subcomponent, path.sub), delimiters);
  }

  reps(field: number): readonly Hl7Field[] {
    const raw = this.fields[field];
    if (raw === undefined || raw === '') return [];
    const declaresDelimiters = field <= 2 && isHeaderSegment(this.name);
    const parts = declaresDelimiters ? [raw] : raw.split(this.delimiters.repetition);
    return parts.map((part, i) => new Field(part, this, field, i + 1, this.delimiters));
  }
}

class Message implements Hl7Message {
  readonly delimiters: Delimiters;
  private readonly text: string;
  private list: readonly Segment[] | undefined;
  private readonly byName = new Map<string, Segment[]>();

  constructor(text: string, delimiters: Delimiters) {
    this.text = text;
    this.delimiters = delimiters;
  }

  get segments(): readonly Segment[] {
    return (this.list ??= this.scan());
  }

  private scan(): readonly Segment[] {
    const lines = this.text.includes('\n') ? this.text.split(/\r\n|\r|\n/) : this.text.split('\r');
    const segments: Segment[] = [];
    for (const raw of lines) {
      if (raw === '') continue;
      const name = raw.slice(0, 3);
      const sisters = this.byName.get(name);
      const segment = new Segment(raw, name, (sisters?.length ?? 0) + 1, segments.length, this.delimiters);
      if (sisters) sisters.push(segment);
      else this.byName.set(name, [segment]);
      segments.push(segment);
    }
    return segments;
  }

  all(name: string): readonly Segment[] {
    return this.segments.length ? (this.byName.get(name) ?? []) : [];
  }

  first(name: string): Segment | undefined {
    return this.all(name)[0];
  }

  get(path: string): string {
    const read = readPath(path);
    return this.all(read.segment)[read.occurrence - 1]?.value(read) ?? '';
  }

  toString(): string {
    return this.text;
  }
}
