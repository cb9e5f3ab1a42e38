/** The seven fields of the INS datamatrix v2.2, once, for reading and writing alike (specs FACTS F3). */
import type { InsIdentity } from '../../core/contract/index.ts';

/** `IS`, version 01, then the 22 characters of a 2D-Doc header, which an INS does not use. */
export const HEADER = `IS01${'0'.repeat(22)}`;
/** Ends a field that is shorter than its maximum. */
export const GS = '\x1d';

export interface Field {
  readonly tag: string;
  readonly of: keyof InsIdentity;
  /** Characters: exactly that many, or at most when `variable`. */
  readonly length: number;
  readonly variable: boolean;
  readonly optional: boolean;
  readonly pattern: RegExp;
  /** `pattern` in words. */
  readonly expected: string;
}

const NAMES = { length: 100, variable: true, optional: false, pattern: /^[A-Z][A-Z' -]*$/, expected: 'names of A to Z, space, hyphen, apostrophe' };

export const FIELDS: readonly Field[] = [
  {
    tag: 'S1',
    of: 'ins',
    length: 15,
    variable: false,
    optional: false,
    pattern: /^\d{5}(?:\d{2}|2A|2B)\d{8}$/,
    expected: 'a number of 13 characters and its key of 2',
  },
  { tag: 'S2', of: 'insOid', length: 20, variable: true, optional: false, pattern: /^\d+(?:\.\d+)+$/, expected: 'the OID of an INS authority' },
  { tag: 'S3', of: 'birthGivenNames', ...NAMES },
  { tag: 'S4', of: 'birthName', ...NAMES },
  { tag: 'S5', of: 'sex', length: 1, variable: false, optional: false, pattern: /^[FMI]$/, expected: 'F, M or I' },
  { tag: 'S6', of: 'birthDate', length: 10, variable: false, optional: false, pattern: /^\d{2}-\d{2}-\d{4}$/, expected: 'a date DD-MM-YYYY' },
  {
    tag: 'S7',
    of: 'birthPlaceCog',
    length: 5,
    variable: false,
    optional: true,
    pattern: /^(?:\d{2}|2A|2B)\d{3}$/,
    expected: 'a birth place code of 5 characters',
  },
];
