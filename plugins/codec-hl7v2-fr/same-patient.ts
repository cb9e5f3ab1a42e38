/** Envelope and document must name the same patient (SAFETY A8): an identifier in common, and no trait that contradicts. */
import { PasserelleError, type CdaHeader } from '../../core/contract/index.ts';
import { isUsedAs, matchAuthority, oidOf } from './identifiers.ts';
import { checkIns, isInsOid } from './ins.ts';
import type { PatientReading } from './patient.ts';
import { isUnconfigured, type Reading } from './reading.ts';
import { fold } from './values.ts';

type CdaPatient = CdaHeader['patient'];

/**
 * Throws ERR_PATIENT_MISMATCH (904), ERR_INS_ENVIRONMENT, ERR_INS_KEY; without settings, which alone tie the namespace of an envelope
 * to the OID of a document, ERR_PATIENT_NO_IDENTIFIER. `hl7`: where the document stands.
 */
export function checkSamePatient(reading: Reading, envelope: PatientReading, document: CdaPatient, hl7: string): void {
  const differs = differingIdentifier(reading, envelope, document, hl7) ?? differingTrait(envelope.patient, document);
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
      checkIns(extension, root, reading.settings, hl7);
      if (!patient.ins) continue;
      if (patient.ins !== extension || patient.insOid !== root) return 'another INS';
      common += 1;
      continue;
    }
    const wanted = matchAuthority({ value: extension, namespace: '', universalId: root, type: '', defaultType: 'PI', at: hl7 }, reading.settings);
    const sisters = identifiers.filter(
      (id) => oidOf(id) === root || (wanted.authority && isUsedAs(wanted, 'IPP') && id.authority?.domain === wanted.authority.domain),
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
  return 'no identifier in common';
}

type Traits = PatientReading['patient'];

function differingTrait(patient: Traits, document: CdaPatient): string | undefined {
  const differs = (a: string | null | undefined, b: string | null | undefined): boolean => Boolean(a && b) && fold(a ?? '') !== fold(b ?? '');
  if (differs(patient.birthName, document.birthName)) return 'another birth name';
  if (!patient.birthName && !namesMeet(patient, document)) return 'another name';
  if (differs(patient.firstGivenName, document.firstGivenName)) return 'another first given name';
  if (givenListsDiffer(patient.birthGivenNames, document.givenNames)) return 'another list of given names';
  if (datesDiffer(patient.birthDate, document.birthDate)) return 'another birth date';
  if (sexesDiffer(patient.sex, document.sex)) return 'another sex';
  if (differs(patient.birthPlaceCog, document.birthPlaceCog)) return 'another birth place code';
  return undefined;
}

/** A name whose kind is not said may be either; without any name on one side there is nothing to compare. */
function namesMeet(patient: Traits, document: CdaPatient): boolean {
  const mine = [patient.usedName, patient.nameAsSent].filter((name) => name !== undefined).map(fold);
  const theirs = [document.birthName, document.usedName].filter((name) => name !== undefined).map(fold);
  return mine.length === 0 || theirs.length === 0 || mine.some((name) => theirs.includes(name));
}

/** One list may be cut after the first names; names that differ, or another order, are another person. */
function givenListsDiffer(mine: string | undefined, theirs: string | undefined): boolean {
  if (!mine || !theirs) return false;
  const [a, b] = [fold(mine), fold(theirs)];
  return !a.startsWith(b) && !b.startsWith(a);
}

/** Compared to the precision of the shorter one. */
function datesDiffer(mine: string | undefined, theirs: string | undefined): boolean {
  if (!mine || !theirs) return false;
  const [a, b] = [mine.replaceAll(/\D/g, ''), theirs.replaceAll(/\D/g, '').slice(0, 8)];
  return a.slice(0, b.length) !== b.slice(0, a.length);
}

function sexesDiffer(mine: string | undefined, theirs: string | undefined): boolean {
  const known = (sex: string | undefined): boolean => sex === 'F' || sex === 'M';
  return known(mine) && known(theirs) && mine !== theirs;
}
