/** Professionals and organisations: RPPS and FINESS in their several spellings (vendors FACTS section 1, "Doctors", "Establishment"). */
import type { Hl7Field } from '../codec-hl7v2/index.ts';
import { clean, said } from './values.ts';

export const PROFESSIONAL_OID = '1.2.250.1.71.4.2.1';
export const ORGANISATION_OID = '1.2.250.1.71.4.2.2';

/** RPPS, 11 digits, from `99700700018`, or from an IDNPS which puts an 8 before it. `undefined` for any other directory. */
export function toRpps(id: string): string | undefined {
  if (/^8\d{11}$/.test(id)) return id.slice(1);
  return /^\d{11}$/.test(id) ? id : undefined;
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
export function readXcn(field: Hl7Field): ReadProfessional {
  const oid = clean(field.get(9, 2)) || clean(field.get(9, 1));
  const type = clean(field.get(13));
  const national = oid === PROFESSIONAL_OID || type === 'RPPS' || type === 'IDNPS';
  return said({ rpps: national ? toRpps(clean(field.get(1))) : undefined, family: clean(field.get(2)), given: clean(field.get(3)) });
}

/** The repetition that has an RPPS, of a field repeated once per directory; else the first that names somebody. */
export function pickProfessional(fields: readonly Hl7Field[]): ReadProfessional | undefined {
  const read = fields.map(readXcn).filter((one) => Object.keys(one).length > 0);
  return read.find((one) => one.rpps) ?? read[0];
}

export interface ReadOrganisation {
  readonly name?: string;
  readonly finess?: string;
  readonly id?: string;
}

/** XON: a unit (`UF`, `SVR`) names its establishment in the authority, an establishment names itself. */
export function readXon(field: Hl7Field): ReadOrganisation {
  const id = clean(field.get(10)) || clean(field.get(3));
  const type = clean(field.get(7));
  const isUnit = type === 'UF' || type === 'SVR';
  const finess = isUnit ? (toFiness(clean(field.get(6, 1))) ?? toFiness(clean(field.get(6, 2)))) : toFiness(id);
  return said({ name: clean(field.get(1)), finess, id });
}
