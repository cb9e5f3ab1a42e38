/** The separators a message declares for itself in MSH-1 and MSH-2 (HL7 v2.5 section 2.5.4). */
import { PasserelleError } from '../../core/contract/index.ts';

export interface Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
  readonly subcomponent: string;
  /** Fifth character of MSH-2, HL7 2.7 and later. */
  readonly truncation?: string;
}

/** `|^~\&`: what everybody uses, and what we write. */
export const DEFAULT_DELIMITERS: Delimiters = Object.freeze({ field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&' });

/** Segments whose first field is the field separator itself. */
export const isHeaderSegment = (name: string): boolean => name === 'MSH' || name === 'FHS' || name === 'BHS';

const known = new Map<string, Delimiters>([['|^~\\&', DEFAULT_DELIMITERS]]);
/** Distinct declarations kept: a hostile sender cannot grow the memory of the engine by declaring new ones. */
const KNOWN_LIMIT = 64;

/**
 * Delimiters of a text that begins with a header segment, `MSH|^~\&|`.
 * Throws ERR_HL7_DELIMITERS when one is missing, repeated, a letter, a digit, a blank or a control character.
 */
export function readDelimiters(header: string): Delimiters {
  const field = header.charAt(3);
  // Four characters and at most the truncation one, up to the next field or the end of the segment.
  let end = 4;
  while (end < 10 && end < header.length && header[end] !== field && header[end] !== '\r' && header[end] !== '\n') end++;
  const key = field + header.slice(4, end);
  const found = known.get(key);
  if (found) return found;
  const reason = fault(key);
  if (reason)
    throw new PasserelleError('ERR_HL7_DELIMITERS', { location: { hl7: 'MSH-2' }, expected: 'five distinct punctuation marks', found: reason });
  const [, component, repetition, escape, subcomponent, truncation] = key as unknown as [string, string, string, string, string, string?];
  const read: Delimiters = Object.freeze({ field, component, repetition, escape, subcomponent, ...(truncation && { truncation }) });
  if (known.size < KNOWN_LIMIT) known.set(key, read);
  return read;
}

function fault(key: string): string | undefined {
  if (key.length < 5) return `${key.length} of them`;
  if (key.length > 6) return 'no end of MSH-2';
  if (!/^[!-/:-@[-`{-~]+$/.test(key)) return 'a letter, a digit, a blank or a control character';
  return new Set(key).size < key.length ? 'the same mark twice' : undefined;
}
