/** SAFETY A8: the envelope and the document inside it must name the same patient. */
import { PasserelleError, type CdaHeader } from 'passerelle/contract';
import { differingTrait, insEnvironment, isInsOid } from 'passerelle/model';
import type { ReadIdentity } from './identities.ts';

/**
 * At least one identifier in common (number and authority), none that contradicts another of the same authority, and no strict
 * trait that differs where both give it. Throws ERR_PATIENT_MISMATCH, ERR_INS_ENVIRONMENT (SAFETY A5); says which rule failed, never a value.
 */
export function requireSamePatient(identity: ReadIdentity, named: CdaHeader['patient'], path: string): void {
  const { environment } = identity;
  const mismatch = (found: string): never => {
    throw new PasserelleError('ERR_PATIENT_MISMATCH', { location: { path }, expected: 'the patient of the message', found, applicationCode: 904 });
  };
  let common = 0;
  for (const { root, extension } of named.ids) {
    if (isInsOid(root) && environment && insEnvironment(root) !== environment)
      throw new PasserelleError('ERR_INS_ENVIRONMENT', { location: { path }, expected: environment, found: insEnvironment(root) ?? 'other' });
    const ours = identity.ids.filter((id) => id.root === root);
    if (ours.some((id) => id.extension === extension)) common += 1;
    else if (ours.length > 0) mismatch('another number under the same authority');
  }
  if (common === 0) mismatch('no identifier in common');
  const differs = differingTrait(identity.patient, named);
  if (differs) mismatch(differs);
}
