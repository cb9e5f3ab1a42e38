/** The patient of a message: PID and what stands around it (PD1, ROL, ZFD), with the keys it is known by. */
import { PasserelleError, type ClearKey, type IndexTerm } from '../../core/contract/index.ts';
import type { Patient } from '../../core/model/index.ts';
import type { Hl7Segment } from '../codec-hl7v2/index.ts';
import { readAddress, readBirthPlace, readContacts } from './contacts.ts';
import { readIdentityStatus } from './identity-status.ts';
import { authorityName, isUsedAs, matchAuthority, rankOf, readCx, type KnownIdentifier } from './identifiers.ts';
import { fold, isInsOid, isRetiredInsOid } from '../../core/model/index.ts';
import { checkIns } from './ins.ts';
import { readNames } from './names.ts';
import { pickProfessional } from './professionals.ts';
import { at, isUnconfigured, timeAt, warn, type Reading } from './reading.ts';
import { clean, said, toBirthDate, toIsoTime } from './values.ts';

export interface PatientReading {
  readonly patient: Patient;
  readonly keys: readonly ClearKey[];
  readonly terms: readonly IndexTerm[];
  /** Everything PID-3 carries but the INS: to compare with the identifiers of a document. */
  readonly identifiers: readonly KnownIdentifier[];
  /** Those of them that are an IPP: one for each domain, the site's own first. */
  readonly ipps: readonly KnownIdentifier[];
}

/** A PID-3 with more repetitions is hostile or broken: comparing and storing them all would be unbounded work. */
const IDENTIFIER_LIMIT = 64;

/**
 * Reads a PID. Throws ERR_PATIENT_MISSING, ERR_PATIENT_NO_IDENTIFIER, ERR_PATIENT_AMBIGUOUS, ERR_INS_KEY, ERR_INS_ENVIRONMENT,
 * ERR_HL7_FIELD_INVALID (birth date).
 */
export function readPatient(reading: Reading, pid: Hl7Segment | undefined): PatientReading {
  if (!pid) throw new PasserelleError('ERR_PATIENT_MISSING', { location: { hl7: 'PID' }, expected: 'a PID segment', found: 'none' });
  const { ins, identifiers, ipps } = readNumbers(reading, pid, 3);
  const patient: Patient = {
    ipp: null,
    ...ippOf(ipps[0]),
    ins: null,
    ...insOf(ins),
    ...readIdentityStatus(reading, pid, ins !== undefined),
    ...readNames(reading, pid),
    ...readTraits(reading, pid),
    ...otherIds(identifiers, ipps[0]),
    // Around the first PID: another one of the message is another patient.
    ...(pid.occurrence === 1 && readSurroundings(reading)),
  };
  const keys = keysOf(ipps, patient);
  checkKnown(reading, keys, 'PID-3', identifiers);
  return { patient, keys, terms: termsOf(ipps, patient), identifiers, ipps };
}

/**
 * The one PID of a message about one patient. A second one (patient groups of an ORU, messages joined by an integrator) would have its
 * documents filed under the first: ERR_PATIENT_AMBIGUOUS unless it says exactly the same.
 */
export function onlyPid({ message }: Reading): Hl7Segment | undefined {
  const [first, ...others] = message.all('PID');
  const said = (pid: Hl7Segment | undefined): string => pid?.raw.split(message.delimiters.field).slice(2).join('\r') ?? '';
  const other = others.find((pid) => said(pid) !== said(first));
  if (other)
    throw new PasserelleError('ERR_PATIENT_AMBIGUOUS', { location: { hl7: `PID[${other.occurrence}]` }, expected: 'one patient', found: 'two' });
  return first;
}

/** The patient of before in MRG-1: numbers, and nothing else of a person. Throws as `readPatient`, ERR_HL7_FIELD_MISSING. */
export function readPrior(reading: Reading, mrg: Hl7Segment): PatientReading {
  const { ins, identifiers, ipps } = readNumbers(reading, mrg, 1);
  const patient: Patient = { ...ippOf(ipps[0]), ...insOf(ins), ...otherIds(identifiers, ipps[0]) };
  const keys = keysOf(ipps, patient);
  checkKnown(reading, keys, 'MRG-1', identifiers);
  return { patient, keys, terms: termsOf(ipps, patient), identifiers, ipps };
}

interface Numbers {
  readonly ins?: KnownIdentifier;
  readonly identifiers: readonly KnownIdentifier[];
  readonly ipps: readonly KnownIdentifier[];
}

function readNumbers(reading: Reading, segment: Hl7Segment, field: number): Numbers {
  const hl7 = `${segment.name}-${field}`;
  const sent = segment
    .reps(field)
    .slice(0, IDENTIFIER_LIMIT)
    .map((one) => readCx(one, 'PI'))
    .filter((id) => id.value !== '');
  if (sent.length === 0)
    throw new PasserelleError(segment.name === 'PID' ? 'ERR_PATIENT_MISSING' : 'ERR_HL7_FIELD_MISSING', {
      location: { hl7 },
      expected: 'an identifier',
      found: 'none',
    });
  const national = sent.filter((id) => isInsOid(id.oid));
  for (const id of national) checkIns(id.value, id.oid, reading.settings, id.at);
  if (new Set(national.map((id) => `${id.oid}:${id.value}`)).size > 1)
    throw new PasserelleError('ERR_PATIENT_AMBIGUOUS', { location: { hl7 }, expected: 'one INS', found: `${national.length} different ones` });
  const local = sent.filter((id) => !national.includes(id) && !isForbidden(reading, id));
  const identifiers = local.map((id) => matchAuthority(id, reading.settings));
  for (const id of identifiers.filter(({ isAmbiguous }) => isAmbiguous)) warn(reading, 'ipp-authority-ambiguous', undefined, id.at);
  const ipps = identifiers.filter((id) => isUsedAs(id, 'IPP')).sort((a, b) => rankOf(a, reading.settings) - rankOf(b, reading.settings));
  return { ...(national[0] && { ins: national[0] }), identifiers, ipps: oneByDomain(ipps) };
}

const ippOf = (ipp: KnownIdentifier | undefined): Pick<Patient, 'ipp' | 'ippAuthority' | 'domain'> =>
  ipp ? { ipp: ipp.value, ...said({ ippAuthority: authorityName(ipp), domain: ipp.authority?.domain }) } : {};
const insOf = (ins: KnownIdentifier | undefined): Pick<Patient, 'ins' | 'insOid'> => (ins ? { ins: ins.value, insOid: ins.oid } : {});

function checkKnown(reading: Reading, keys: readonly ClearKey[], hl7: string, identifiers: readonly KnownIdentifier[]): void {
  if (keys.length === 0 && identifiers.some(({ isAmbiguous }) => isAmbiguous))
    throw new PasserelleError('ERR_PATIENT_AMBIGUOUS', {
      location: { hl7 },
      expected: 'an IPP with the OID of its authority: several of this site bear its name',
      found: 'the name alone',
    });
  if (keys.length === 0 && !isUnconfigured(reading.settings))
    throw new PasserelleError('ERR_PATIENT_NO_IDENTIFIER', {
      location: { hl7 },
      expected: 'an identifier of a configured authority, or a qualified INS',
      found: `${identifiers.length} of other authorities`,
    });
}

/** Types under which national numbers travel without the OID that would make them an INS. */
const SOCIAL = new Set(['SS', 'NIR', 'SNS', 'NH', 'NNFRA']);

/** A retired INS-C is no identifier, a social security number never a key (SAFETY A4): neither is kept, whatever it calls itself. */
function isForbidden(reading: Reading, id: KnownIdentifier): boolean {
  const { type, at: where } = id;
  const name = id.namespace.toUpperCase();
  const retired = type === 'INS-C' || isRetiredInsOid(id.oid) || name === 'ASIP-SANTE-INS-C';
  const social = !retired && (SOCIAL.has(type) || type.startsWith('INS') || name.startsWith('ASIP-SANTE-INS'));
  if (retired) warn(reading, 'legacy-ins-c-ignored', undefined, where);
  if (social) warn(reading, SOCIAL.has(type) ? 'nir-not-ins' : 'ins-without-authority', undefined, where);
  return retired || social;
}

/** One IPP for each domain. Two different ones in one domain are two patients: a person decides. */
function oneByDomain(ipps: readonly KnownIdentifier[]): readonly KnownIdentifier[] {
  const kept = new Map<string, KnownIdentifier>();
  for (const ipp of ipps) {
    const domain = ipp.authority?.domain ?? '';
    const known = kept.get(domain);
    // Under an entry that names no type, a row number beside a patient number is no second patient.
    if (known && known.value !== ipp.value && isPatientNumber(known) === isPatientNumber(ipp))
      throw new PasserelleError('ERR_PATIENT_AMBIGUOUS', { location: { hl7: ipp.at }, expected: 'one IPP of this domain', found: 'two' });
    if (!known) kept.set(domain, ipp);
  }
  return [...kept.values()];
}

const isPatientNumber = ({ type }: KnownIdentifier): boolean => type === '' || type === 'PI';

function readTraits(reading: Reading, pid: Hl7Segment): Partial<Patient> {
  const sent = clean(pid.get('7.1'));
  const isBlank = /^0+$/.test(sent);
  const birthDate = toBirthDate(sent);
  if (isBlank) warn(reading, 'birth-date-unknown', undefined, 'PID-7');
  if (sent && !isBlank && !birthDate)
    throw new PasserelleError('ERR_HL7_FIELD_INVALID', { location: { hl7: 'PID-7' }, expected: 'a date', found: `${sent.length} characters` });
  const sex = clean(pid.get('8.1')).toUpperCase();
  if (sex && !'FMOU'.includes(sex)) warn(reading, 'sex-code', undefined, 'PID-8');
  const deceased = clean(pid.get('30'));
  const address = readAddress(pid);
  return {
    ...said({
      birthDate,
      // A code outside the table says nothing: read as U it would change a strict trait.
      sex: 'FMOU'.includes(sex) ? (sex as Patient['sex']) : undefined,
      address,
      deceased: deceased === 'Y' ? true : deceased === 'N' ? false : undefined,
      // Some put Y or N here: only a date counts.
      deceasedAt: toIsoTime(pid.get('29.1')),
      updatedAt: timeOf(reading, pid, 33),
    }),
    ...readBirthPlace(reading, pid),
    ...readContacts(pid),
  };
}

const timeOf = (reading: Reading, pid: Hl7Segment, field: number): string | undefined =>
  timeAt(reading, `PID${pid.occurrence > 1 ? `[${pid.occurrence}]` : ''}-${field}.1`);

/** ROL of the general practitioner (ODRP), ZFD: how the identity was verified, lunar date. */
function readSurroundings(reading: Reading): Partial<Patient> {
  const { message } = reading;
  const practitioner = message.all('ROL').find((rol) => clean(rol.get('3.1')) === 'ODRP');
  const treatingDoctor =
    (practitioner && pickProfessional(reading, practitioner.reps(4), 'ROL-4')) ??
    pickProfessional(reading, message.first('PD1')?.reps(4) ?? [], 'PD1-4');
  return { ...(treatingDoctor && { treatingDoctor }), ...(message.first('ZFD') && readVerification(reading)) };
}

function readVerification(reading: Reading): Partial<Patient> {
  const lunar = ['ZFD-1.1', 'ZFD-1.2', 'ZFD-1.3'].map((path) => at(reading, path).slice(0, 4));
  const qualification = said({
    source: at(reading, 'ZFD-5'),
    at: timeAt(reading, 'ZFD-6'),
    document: at(reading, 'ZFD-7'),
    documentExpires: timeAt(reading, 'ZFD-8'),
  });
  return { ...(lunar.some(Boolean) && { lunarBirthDate: lunar }), ...(Object.keys(qualification).length > 0 && { qualification }) };
}

/** Identifiers that are neither the IPP of the site nor the INS; a domain only where it makes them an IPP elsewhere. */
function otherIds(identifiers: readonly KnownIdentifier[], ipp: KnownIdentifier | undefined): Pick<Patient, 'otherIds'> {
  const others = identifiers
    .filter((id) => id !== ipp && !(id.value === ipp?.value && id.authority === ipp.authority))
    .map((id) => ({
      ...said({ type: id.type, value: id.value, authority: authorityName(id) }),
      ...(isUsedAs(id, 'IPP') && { domain: id.authority?.domain ?? '' }),
    }));
  return others.length > 0 ? { otherIds: others } : {};
}

/**
 * An INS is number, OID and five strict traits: what is missing keeps it from being sent on as a whole one. Not asked of a merge, whose
 * PID names a patient and describes none.
 */
export function warnIncomplete(reading: Reading, patient: Patient): void {
  if (!patient.ins) return;
  if (!patient.birthGivenNames) warn(reading, 'birth-given-names-missing', undefined, 'PID-5.3');
  if (patient.insStatus === 'NOT-QUALIFIED') warn(reading, 'ins-not-qualified', undefined, 'PID-32');
  const hasDate = patient.birthDate?.length === '1958-03-14'.length;
  if (!patient.birthName || !patient.firstGivenName || !hasDate || !patient.sex || !patient.birthPlaceCog)
    warn(reading, 'ins-incomplete', undefined, 'PID');
}

/** (domain, IPP) of each domain; without any, (OID, number) of a qualified INS. */
function keysOf(ipps: readonly KnownIdentifier[], patient: Patient): readonly ClearKey[] {
  const keys = ipps.map((id) => ({ domain: id.authority?.domain ?? '', value: id.value }));
  if (keys.length > 0 || patient.insStatus !== 'VALI' || !patient.ins || !patient.insOid) return keys;
  return [{ domain: patient.insOid, value: patient.ins }];
}

/** What operators search by (SAFETY D4): a name only with the birth date. */
function termsOf(ipps: readonly KnownIdentifier[], patient: Patient): readonly IndexTerm[] {
  const names = [...new Set([patient.birthName ?? patient.nameAsSent].filter((name) => name !== undefined && name !== null).map(fold))];
  return [
    ...ipps.map((id) => ({ field: 'ipp' as const, value: `${id.authority?.domain}:${id.value}` })),
    ...(patient.ins && patient.insOid ? [{ field: 'ins' as const, value: `${patient.insOid}:${patient.ins}` }] : []),
    ...(patient.birthDate ? names.map((name) => ({ field: 'name-birth' as const, value: `${name} ${patient.birthDate}` })) : []),
  ];
}
