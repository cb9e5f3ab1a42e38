/** Finds, in raw bytes, the documents and large values that leave the text of a message (`core/contract/envelope.ts`). */
import { ENVELOPE_LIMIT_BYTES, PART_THRESHOLD_BYTES, PasserelleError } from '../../core/contract/index.ts';
import { isHeaderSegment, type Delimiters } from './delimiters.ts';
import type { RawSegment } from './segments.ts';

export interface FoundPart {
  /** `OBX[1]-5.5`, `OBX[2]-5[3].5`, `NTE[1]-3`. */
  readonly at: string;
  readonly from: number;
  readonly to: number;
  readonly encoding: 'base64' | 'text';
  /** A text, whole: its repetitions are its lines, and nothing in it is a component. */
  readonly isLines?: true;
  /** A line end stands inside. */
  readonly isBroken: boolean;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Documents of one message: ten times what the largest known message carries; each costs a hash and a reading. */
const PARTS_LIMIT = 256;

const tooLarge = (expected: string): PasserelleError => new PasserelleError('ERR_ENVELOPE_TOO_LARGE', { expected });

/** In order of appearance. Throws ERR_ENVELOPE_TOO_LARGE when there are too many, or when what stays is too large whatever is taken out. */
export function findParts(bytes: Buffer, segments: readonly RawSegment[], delimiters: Delimiters): readonly FoundPart[] {
  const finder = new PartFinder(bytes, delimiters);
  for (const segment of segments) {
    if (segment.name === 'OBX') finder.observation(segment);
    if (segment.to - segment.from > PART_THRESHOLD_BYTES) finder.largeValues(segment);
  }
  return finder.found.length > 1 ? finder.found.sort((a, b) => a.from - b.from) : finder.found;
}

class PartFinder {
  readonly found: FoundPart[] = [];
  private readonly bytes: Buffer;
  private readonly field: number;
  private readonly repetition: number;
  private readonly component: number;
  /** By separator, the last long stretch without it: a document is walked for its field, repetition and component, and again as a large value. */
  private readonly clear: { readonly from: number; readonly end: number; readonly to: number }[] = [];
  /** Bytes of large segments that stay in the text: stops the walk through millions of empty values. */
  private kept = 0;

  constructor(bytes: Buffer, delimiters: Delimiters) {
    this.bytes = bytes;
    this.field = delimiters.field.charCodeAt(0);
    this.repetition = delimiters.repetition.charCodeAt(0);
    this.component = delimiters.component.charCodeAt(0);
  }

  /**
   * OBX-5 of type ED, or whose fourth component says Base64: the data is the fifth component (HL7 v2.5 section 2.A.24). A large FT or TX is
   * one text: a separator that its author did not escape ends nothing.
   */
  observation(segment: RawSegment): void {
    let type = '';
    let n = 0;
    for (const field of this.pieces(segment, this.field)) {
      if (n === 2) type = this.text(field);
      if (n === 5) {
        const before = this.found.length;
        this.documents(segment, field, type === 'ED');
        if (this.found.length === before && isLarge(field) && /^\s*(FT|TX)\s*$/i.test(type)) this.add(segment, field, '5', 'text', true);
        return;
      }
      n++;
    }
  }

  private documents(segment: RawSegment, field: Range, isEncapsulated: boolean): void {
    let r = 0;
    for (const repetition of this.pieces(field, this.repetition)) {
      r++;
      let c = 0;
      let isBase64 = false;
      for (const component of this.pieces(repetition, this.component)) {
        c++;
        if (c === 4) isBase64 = /^\s*base64\s*$/i.test(this.text(component));
        if (c < 5) continue;
        const place = `5${r > 1 ? `[${r}]` : ''}.5`;
        if (isBase64) this.add(segment, component, place, 'base64');
        else if (isEncapsulated) this.add(segment, { from: component.from, to: repetition.to }, place, 'text', true);
        break;
      }
      this.keep(1);
    }
  }

  /** Any other value above the threshold. */
  largeValues(segment: RawSegment): void {
    let n = isHeaderSegment(segment.name) ? 0 : -1;
    for (const field of this.pieces(segment, this.field)) {
      n++;
      if (this.found.some((part) => part.from === field.from && part.to === field.to)) continue;
      if (isLarge(field)) this.largeRepetitions(segment, field, n);
      else this.keep(field.to - field.from + 1);
    }
  }

  private largeRepetitions(segment: RawSegment, field: Range, n: number): void {
    let r = 0;
    for (const repetition of this.pieces(field, this.repetition)) {
      r++;
      const place = `${n}${r > 1 ? `[${r}]` : ''}`;
      if (!isLarge(repetition)) {
        this.keep(repetition.to - repetition.from + 1);
        continue;
      }
      let c = 0;
      for (const component of this.pieces(repetition, this.component)) {
        c++;
        const isWhole = component.from === repetition.from && component.to === repetition.to;
        if (!isLarge(component)) this.keep(component.to - component.from + 1);
        else if (!this.found.some((part) => part.from === component.from)) this.add(segment, component, isWhole ? place : `${place}.${c}`, 'text');
      }
    }
  }

  private add(segment: RawSegment, { from, to }: Range, place: string, encoding: 'base64' | 'text', isLines = false): void {
    if (from === to) return;
    if (this.found.length >= PARTS_LIMIT) throw tooLarge(`at most ${PARTS_LIMIT} documents`);
    this.found.push({
      at: `${segment.name}[${segment.occurrence}]-${place}`,
      from,
      to,
      encoding,
      isBroken: segment.isBroken,
      ...(isLines && { isLines }),
    });
  }

  private keep(bytes: number): void {
    this.kept += bytes;
    if (this.kept > ENVELOPE_LIMIT_BYTES) throw tooLarge(`at most ${ENVELOPE_LIMIT_BYTES} bytes besides documents`);
  }

  private text({ from, to }: Range): string {
    return to - from > 20 ? '' : this.bytes.toString('latin1', from, to);
  }

  private *pieces({ from, to }: Range, separator: number): Generator<Range> {
    for (let at = from; at <= to;) {
      const end = this.next(at, to, separator);
      yield { from: at, to: end };
      at = end + 1;
    }
  }

  /** Where the next separator stands, or `to`. Searched inside the range only: to the end of the bytes, it would be quadratic. */
  private next(from: number, to: number, separator: number): number {
    const known = this.clear[separator];
    if (known && from >= known.from && from <= known.end && to <= known.to) return Math.min(known.end, to);
    const hit = this.bytes.subarray(from, to).indexOf(separator);
    const end = hit < 0 ? to : from + hit;
    if (isLarge({ from, to: end })) this.clear[separator] = { from, end, to };
    return end;
  }
}

const isLarge = ({ from, to }: Range): boolean => to - from > PART_THRESHOLD_BYTES;
