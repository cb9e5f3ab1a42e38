/** Professionals and organisations: RPPS and FINESS in their several spellings (vendors FACTS section 1, "Doctors", "Establishment"). */
import { hasValidRppsKey } from '../../core/model/index.ts';
import type { Hl7Field } from '../codec-hl7v2/index.ts';
import { warn, type Reading } from './reading.ts';
import { clean, said } from './values.ts';

export const PROFESSIONAL_OID = '1.2.250.1.71.4.2.1';
export const ORGANISATION_OID = '1.2.250.1.71.4.2.2';

/**
 * RPPS, 11 digits, from `99700700018`, or from an IDNPS which puts an 8 before it. `undefined` for any other directory (0 and 1 stand before an ADELI
 * number, 3 before a FINESS and 4 before a SIREN with an internal number). A wrong key is warned about; the number stays as it was said, since nobody is found by it.
 */
export function toRpps(reading: Reading, id: string, where: string): string | undefined {
  const number = /^8\d{11}$/.test(id) ? id.slice(1) : id;
  if (!/^[^34]\d{10}$/.test(number)) return undefined;
  if (!hasValidRppsKey(number)) warn(reading, 'rpps-key', where);
  return number;
}

/** FINESS, 9 characters, from itself or from a FINEG or FINEJ with its leading 1. */
export function toFiness(id: string): string | undefined {
  if (/^1[\dA-Z]{2}\d{7}$/.test(id)) return id.slice(1);
  return /^[\dA-Z]{2}\d{7}$/.test(id) ? id : undefined;
}

export interface ReadProfessional {
  readonly rpps?: string;
  readonly family?: string;
  readonly given?: string;
}

/** XCN: an id of the national directory is an RPPS whatever its namespace; one of a local directory (EI) never is. */
export function readXcn(reading: Reading, field: Hl7Field, where: string): ReadProfessional {
  const oid = clean(field.get(9, 2)) || clean(field.get(9, 1));
  const type = clean(field.get(13));
  const national = oid === PROFESSIONAL_OID || type === 'RPPS' || type === 'IDNPS';
  return said({ rpps: national ? toRpps(reading, clean(field.get(1)), where) : undefined, family: clean(field.get(2)), given: clean(field.get(3)) });
}

/** The repetition that has an RPPS, of a field repeated once per directory; else the first that names somebody. */
export function pickProfessional(reading: Reading, fields: readonly Hl7Field[], where: string): ReadProfessional | undefined {
  const read = fields.map((field) => readXcn(reading, field, where)).filter((one) => Object.keys(one).length > 0);
  return read.find((one) => one.rpps) ?? read[0];
}

export interface ReadOrganisation {
  readonly name?: string;
  readonly finess?: string;
  readonly id?: string;
}

/** XON: a unit (`UF`, `SVR`) names its establishment in the authority, an establishment names itself. */
export function readXon(field: Hl7Field, isRecipient: boolean): ReadOrganisation {
  const id = clean(field.get(10)) || clean(field.get(3));
  const type = clean(field.get(7));
  const isUnit = type === 'UF' || type === 'SVR';
  const authority = toFiness(clean(field.get(6, 1))) ?? toFiness(clean(field.get(6, 2)));
  // Of a unit the number may look like a FINESS and is none; of a recipient the authority may be its FINESS, whatever it is (specs FACTS A3).
  const finess = isUnit ? authority : (toFiness(id) ?? (isRecipient ? authority : undefined));
  return said({ name: clean(field.get(1)), finess, id });
}
