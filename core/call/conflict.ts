/** A call whose identity contradicts the record becomes a task of identity vigilance (SAFETY A4, C9). */
import type { Note, RecordCandidate } from '../contract/index.ts';
import { callTask } from '../identity/index.ts';
import type { Patient } from '../model/index.ts';
import type { RedeemedCall } from './room.ts';

/** @param now ISO instant. */
export const conflictNote = ({ reference, site, connector, context }: RedeemedCall, candidates: readonly RecordCandidate[], now: string): Note =>
  callTask({
    reference,
    site,
    connector,
    at: now,
    called: context.patient,
    onFile: candidates.map(({ recordId, shown }) => ({ recordId, patient: patientOf(shown) })),
  });

function patientOf({ birthName, usedName, givenNames, birthDate, sex }: RecordCandidate['shown']): Patient {
  return {
    ...(birthName !== undefined && { birthName }),
    ...(usedName !== undefined && { usedName }),
    ...(givenNames !== undefined && { birthGivenNames: givenNames }),
    ...(birthDate !== undefined && { birthDate }),
    ...((sex === 'F' || sex === 'M' || sex === 'O' || sex === 'U') && { sex }),
  };
}
