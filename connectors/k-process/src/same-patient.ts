/** SAFETY A8: the envelope and the document inside it must name the same patient. */
import { PasserelleError, type CdaHeader } from 'passerelle/contract';
import type { ReadIdentity } from './identities.ts';

/**
 * At least one identifier in common (number and authority), none that contradicts another of the same authority, and no strict
 * trait that differs where both give it. Throws ERR_PATIENT_MISMATCH; says which rule failed, never a value.
 */
export function requireSamePatient(identity: ReadIdentity, named: CdaHeader['patient'], path: string): void {
  const mismatch = (found: string): never => {
    throw new PasserelleError('ERR_PATIENT_MISMATCH', { location: { path }, expected: 'the patient of the message', found, applicationCode: 904 });
  };
  let common = 0;
  for (const { root, extension } of named.ids) {
    const ours = identity.ids.filter((id) => id.root === root);
    if (ours.some((id) => id.extension === extension)) common += 1;
    else if (ours.length > 0) mismatch('another number under the same authority');
  }
  if (common === 0) mismatch('no identifier in common');
  const { patient } = identity;
  if (differ(patient.birthName, named.birthName)) mismatch('another birth name');
  if (differ(patient.firstGivenName, named.firstGivenName)) mismatch('another first given name');
  if (differ(patient.sex, named.sex)) mismatch('another sex');
  if (differ(patient.birthPlaceCog, named.birthPlaceCog)) mismatch('another birth place');
  if (patient.birthDate && named.birthDate && digits(patient.birthDate) !== digits(named.birthDate)) mismatch('another birth date');
}

const digits = (date: string): string => date.replaceAll('-', '').slice(0, 8);
/** Folded: case, accents, hyphens and apostrophes do not tell two persons apart. */
const fold = (name: string): string =>
  name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toUpperCase()
    .replaceAll('Œ', 'OE')
    .replaceAll('Æ', 'AE')
    .replace(/[^A-Z0-9]+/g, ' ')
    .trim();
const differ = (a: string | null | undefined, b: string | undefined): boolean => !!a && !!b && fold(a) !== fold(b);
