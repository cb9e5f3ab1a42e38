/** SAFETY A8: the envelope and the document inside it must name the same patient. */
import { PasserelleError, type CdaHeader } from 'passerelle/contract';
import { fold } from 'passerelle/codec/hl7v2-fr';
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
  if (isSex(patient.sex) && isSex(named.sex) && patient.sex !== named.sex) mismatch('another sex');
  if (differ(patient.birthPlaceCog, named.birthPlaceCog)) mismatch('another birth place');
  if (datesDiffer(patient.birthDate, named.birthDate)) mismatch('another birth date');
}

/** Compared to the precision of the shorter one. */
function datesDiffer(mine: string | undefined, theirs: string | undefined): boolean {
  if (!mine || !theirs) return false;
  const [a, b] = [mine.replaceAll('-', ''), theirs.replaceAll(/\D/g, '').slice(0, 8)];
  return a.slice(0, b.length) !== b.slice(0, a.length);
}

const differ = (a: string | null | undefined, b: string | undefined): boolean => !!a && !!b && fold(a) !== fold(b);
/** Unknown and indeterminate contradict nothing. */
const isSex = (sex: string | undefined): boolean => sex === 'F' || sex === 'M';
