/** Does the datamatrix of a document name the patient of its envelope (SAFETY A8)? A pure comparison: it attaches nothing by itself. */
import type { CdaHeader, InsIdentity, SaidOfDocument } from '../contract/index.ts';
import { isInsOid } from './ins.ts';
import type { Patient } from './schemas.ts';
import { differingTrait, type Traits } from './traits.ts';

/**
 * `same`: number and OID are equal and no trait contradicts. `another`: one of the codes contradicts. `unproven`: nothing contradicts, but
 * one side says no INS.
 */
export interface Sameness {
  readonly verdict: 'same' | 'another' | 'unproven';
  /** In words, without values. */
  readonly reason?: string;
}

/** All codes of one document; every one of them must name the patient. */
export function sameAs(patient: Patient, codes: readonly InsIdentity[]): Sameness {
  const reason = codes.map((code) => difference(patient, code)).find((differs) => differs !== undefined);
  if (reason !== undefined) return { verdict: 'another', reason };
  if (codes.length === 0) return { verdict: 'unproven', reason: 'no INS datamatrix' };
  return patient.ins && patient.insOid ? { verdict: 'same' } : { verdict: 'unproven', reason: 'the envelope says no INS' };
}

function difference(patient: Patient, code: InsIdentity): string | undefined {
  const { ins, insOid, birthGivenNames: givenNames, ...traits } = code;
  if (patient.ins && patient.ins !== ins) return 'another INS';
  if (patient.insOid && patient.insOid !== insOid) return 'another INS authority';
  return differingTrait(patient, { ...traits, givenNames });
}

/** The patient of a CDA header, as far as a datamatrix says it too. */
export function patientOfHeader({ ids, givenNames, sex, birthDate, ...names }: CdaHeader['patient']): Patient {
  const ins = ids.find(({ root }) => isInsOid(root));
  return {
    ...names,
    ...(ins?.extension !== undefined && { ins: ins.extension, insOid: ins.root }),
    ...(givenNames !== undefined && { birthGivenNames: givenNames }),
    ...(birthDate !== undefined && { birthDate }),
    ...((sex === 'F' || sex === 'M') && { sex }),
  };
}

type Numbers = SaidOfDocument['patientIds'];

/** A description of the patient beside the one of a CDA header: which differs, in words; `undefined` when nothing contradicts. */
export function differsFromHeader(header: CdaHeader['patient'], numbers: Numbers, traits: Traits): string | undefined {
  const isOther = ({ value, oid }: Numbers[number]): boolean => {
    const same = header.ids.filter(({ root }) => root === oid);
    return same.length > 0 && same.every(({ extension }) => extension !== value);
  };
  return numbers.some(isOther) ? 'another number of the same authority' : differingTrait(patientOfHeader(header), traits);
}

/** Whether one of the numbers is in the header: what is not contradicted is not proven by that alone. */
export const sharesNumber = (header: CdaHeader['patient'], numbers: Numbers): boolean =>
  numbers.some(({ value, oid }) => header.ids.some(({ root, extension }) => root === oid && extension === value));
