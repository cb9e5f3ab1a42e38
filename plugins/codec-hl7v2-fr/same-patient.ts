/** Envelope and document must name the same patient (SAFETY A8): an identifier in common, and no trait that contradicts. */
import { PasserelleError, type CdaHeader } from '../../core/contract/index.ts';
import { sentAuthority, isUsedAs, matchAuthority } from './identifiers.ts';
import { differingTrait, isInsOid } from '../../core/model/index.ts';
import { checkIns } from './ins.ts';
import type { PatientReading } from './patient.ts';
import { isUnconfigured, type Reading } from './reading.ts';

type CdaPatient = CdaHeader['patient'];

const NOTHING_IN_COMMON = 'no identifier in common';

/**
 * Throws ERR_PATIENT_MISMATCH (904), ERR_DOCUMENT_INS (903 none, 905 incomplete), ERR_INS_ENVIRONMENT, ERR_INS_KEY; without settings, which alone tie the namespace of an envelope
 * to the OID of a document, ERR_PATIENT_NO_IDENTIFIER. `hl7`: where the document stands.
 */
export function checkSamePatient(reading: Reading, envelope: PatientReading, document: CdaPatient, hl7: string): void {
  const [identifier, trait] = [differingIdentifier(reading, envelope, document, hl7), differingTrait(envelope.patient, document)];
  const differs = identifier ?? trait;
  // Nothing contradicts: the document only says nothing of the INS that alone tells the patient.
  if (identifier === NOTHING_IN_COMMON && !trait && envelope.patient.ins && !document.ids.some(({ root }) => isInsOid(root)))
    throw new PasserelleError('ERR_DOCUMENT_INS', { location: { hl7 }, expected: 'the INS of the message', found: 'none', applicationCode: 903 });
  if (differs)
    throw new PasserelleError('ERR_PATIENT_MISMATCH', {
      location: { hl7: 'PID-3' },
      expected: `the patient of the document at ${hl7}`,
      found: differs,
      applicationCode: 904,
    });
}

function differingIdentifier(reading: Reading, { patient, identifiers }: PatientReading, document: CdaPatient, hl7: string): string | undefined {
  let common = 0;
  for (const { root, extension = '' } of document.ids) {
    if (isInsOid(root)) {
      // Without its key, or empty: told to the sender, as the number itself is not wrong.
      if (/^(\d{5}(\d{2}|2[AB])\d{6})?$/.test(extension))
        throw new PasserelleError('ERR_DOCUMENT_INS', {
          location: { hl7 },
          expected: '15 characters',
          found: `${extension.length}`,
          applicationCode: 905,
        });
      checkIns(extension, root, reading.settings, hl7);
      if (!patient.ins) continue;
      if (patient.ins !== extension || patient.insOid !== root) return 'another INS';
      common += 1;
      continue;
    }
    const wanted = matchAuthority({ value: extension, ...sentAuthority('', root), type: '', defaultType: 'PI', at: hl7 }, reading.settings);
    const sisters = identifiers.filter(
      (id) => id.oid === root || (wanted.authority && isUsedAs(wanted, 'IPP') && id.authority?.domain === wanted.authority.domain),
    );
    if (sisters.length === 0) continue;
    if (!sisters.some((id) => id.value === extension)) return 'another identifier of the same authority';
    common += 1;
  }
  if (common > 0) return undefined;
  if (isUnconfigured(reading.settings))
    throw new PasserelleError('ERR_PATIENT_NO_IDENTIFIER', {
      location: { hl7: 'PID-3' },
      expected: 'an authority that envelope and document share',
      found: 'none',
    });
  return NOTHING_IN_COMMON;
}
