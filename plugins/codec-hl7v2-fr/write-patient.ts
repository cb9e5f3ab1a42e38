/** PID and what stands around it, for a destination that knows the patient by its own numbers. */
import { PasserelleError, type IdentityAuthority, type SiteSettings } from '../../core/contract/index.ts';
import type { Patient, Visit } from '../../core/model/index.ts';
import { repeat, type Hl7Value } from '../codec-hl7v2/index.ts';
import { isOid } from './identifiers.ts';
import { insNamespace, isSendableIns } from '../../core/model/index.ts';
import { checkIns } from './ins.ts';
import { PROFESSIONAL_OID } from './professionals.ts';
import { isUnconfigured } from './reading.ts';
import { toHl7Time } from './values.ts';
import type { SegmentOut, Writing } from './write-header.ts';

/** An IPP of the destination, and the entry of its settings that names the authority. */
export interface DestinationIpp {
  readonly value: string;
  readonly authority: Pick<IdentityAuthority, 'namespace' | 'oid'>;
  readonly type: string;
}

const ippEntries = (settings: SiteSettings): readonly IdentityAuthority[] => settings.identityAuthorities.filter(({ use }) => use === 'IPP');

/** Authority of a canonical event (an OID or a namespace) as it is written. */
const authorityOf = (name: string | undefined): Pick<IdentityAuthority, 'namespace' | 'oid'> =>
  name && isOid(name) ? { oid: name } : { ...(name && { namespace: name }) };

/**
 * The number by which the destination knows the patient, never that of another establishment. `undefined` when the destination has no
 * numbers of its own (a platform that goes by the INS). Throws ERR_DESTINATION_UNKNOWN_PATIENT.
 */
export function ippAt(patient: Patient, settings: SiteSettings): DestinationIpp | undefined {
  if (isUnconfigured(settings)) return patient.ipp ? { value: patient.ipp, authority: authorityOf(patient.ippAuthority), type: 'PI' } : undefined;
  const entries = ippEntries(settings);
  for (const entry of entries) {
    const other = patient.otherIds?.find(({ domain }) => domain === entry.domain);
    const isOwn = entry.domain === patient.domain;
    const value = isOwn ? patient.ipp : other?.value;
    if (value) return ippOf(entry, value, isOwn ? patient.ippAuthority : other?.authority);
  }
  if (entries.length > 0) throw unknownThere();
  return undefined;
}

/** ERR_DESTINATION_UNKNOWN_PATIENT: the delivery is held (SAFETY B6). */
export const unknownThere = (): PasserelleError =>
  new PasserelleError('ERR_DESTINATION_UNKNOWN_PATIENT', { expected: 'an IPP of the destination', found: 'none' });

/** The two numbers of a merge, in the domain of the destination. Throws ERR_DESTINATION_UNKNOWN_PATIENT. */
export function ippInDomain(value: string, domain: string | undefined, authority: string | undefined, settings: SiteSettings): DestinationIpp {
  if (isUnconfigured(settings)) return { value, authority: authorityOf(authority), type: 'PI' };
  const entry = ippEntries(settings).find((one) => one.domain === domain);
  if (!entry) throw unknownThere();
  return ippOf(entry, value, authority);
}

function ippOf(entry: IdentityAuthority, value: string, sent: string | undefined): DestinationIpp {
  const named = entry.namespace !== undefined || entry.oid !== undefined;
  return { value, authority: named ? entry : authorityOf(sent), type: entry.type ?? 'PI' };
}

export const writeCx = (value: string, { namespace, oid }: Pick<IdentityAuthority, 'namespace' | 'oid'>, type: string): Hl7Value => [
  value,
  undefined,
  undefined,
  oid ? [namespace, oid, 'ISO'] : namespace,
  type,
];

/** A number of a stay, under the authority it was sent with. */
export const writeStayNumber = (value: string | undefined, authority: string | undefined, type: string): Hl7Value =>
  value === undefined ? undefined : writeCx(value, authorityOf(authority), type);

/** XCN of a professional of the national directory. */
export const writeXcn = (rpps: string | undefined, family?: string, given?: string): Hl7Value =>
  rpps === undefined && !family
    ? undefined
    : [
        rpps,
        family,
        given,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        ...(rpps ? [['ASIP-SANTE-PS', PROFESSIONAL_OID, 'ISO'], 'L', undefined, undefined, 'RPPS'] : []),
      ];

/** Number and OID leave only when qualified (SAFETY A4), and never to another environment (A5). Throws ERR_INS_ENVIRONMENT, ERR_INS_KEY. */
export function qualifiedIns(patient: Patient, { context, profile }: Writing): { readonly number: string; readonly oid: string } | undefined {
  // Towards care software the status is said, never supposed.
  if (profile.writing.ins === 'never' || patient.identityStatus !== 'QUAL' || !isSendableIns(patient) || !patient.ins || !patient.insOid)
    return undefined;
  checkIns(patient.ins, patient.insOid, context.settings, 'PID-3');
  return { number: patient.ins, oid: patient.insOid };
}

export function writePid(writing: Writing, patient: Patient, ipp: DestinationIpp | undefined, visit?: Visit): SegmentOut {
  const ins = qualifiedIns(patient, writing);
  if (!ipp && !ins) throw unknownThere();
  const ids = [
    ...(ipp ? [writeCx(ipp.value, ipp.authority, ipp.type)] : []),
    ...(ins ? [writeCx(ins.number, { namespace: insNamespace(ins.oid), oid: ins.oid }, 'INS')] : []),
  ];
  return [
    'PID',
    {
      1: '1',
      3: repeat(...ids),
      5: writeNames(writing, patient),
      7: toHl7Time(patient.birthDate),
      8: patient.sex,
      11: writeAddresses(patient),
      13: writeContacts(patient),
      18: writeStayNumber(visit?.id, visit?.authority, 'AN'),
      29: toHl7Time(patient.deceasedAt),
      30: patient.deceased === undefined ? undefined : patient.deceased ? 'Y' : 'N',
      32: writeStatus(patient),
      33: toHl7Time(patient.updatedAt),
    },
  ];
}

function writeNames({ profile }: Writing, patient: Patient): Hl7Value {
  const name = (family: string | undefined, first: string | undefined, all: string | undefined, type: string): Hl7Value => [
    family,
    first,
    all,
    undefined,
    undefined,
    undefined,
    type,
  ];
  return repeat(
    ...(patient.birthName ? [name(patient.birthName, patient.firstGivenName, patient.birthGivenNames, 'L')] : []),
    ...(patient.usedName ? [name(patient.usedName, patient.usedGivenName, undefined, profile.writing.usedNameType)] : []),
    ...(!patient.birthName && !patient.usedName && patient.nameAsSent ? [name(patient.nameAsSent, patient.firstGivenName, undefined, 'U')] : []),
  );
}

function writeAddresses({ address, birthPlaceCog, birthPlaceText }: Patient): Hl7Value {
  const home = address && [address.lines?.[0], address.lines?.[1], address.city, undefined, address.postalCode, address.country, 'H'];
  const birth = (birthPlaceCog || birthPlaceText) && [
    undefined,
    undefined,
    birthPlaceText,
    undefined,
    undefined,
    undefined,
    'BDL',
    undefined,
    birthPlaceCog,
  ];
  return repeat(...[home, birth].filter((one) => one !== undefined && one !== ''));
}

function writeContacts({ phones = [], email }: Patient): Hl7Value {
  const blanks = Array<undefined>(8).fill(undefined);
  return repeat(...phones.map((phone) => [undefined, 'PRN', 'PH', ...blanks, phone]), ...(email ? [[undefined, 'NET', 'Internet', email]] : []));
}

/** PID-32: the reliability, then the marks. */
function writeStatus({ identityStatus, identityFlags = [], insStatus }: Patient): Hl7Value {
  const reliability =
    identityStatus === 'QUAL' || identityStatus === 'VALI' ? 'VALI' : identityStatus ? 'PROV' : insStatus === 'PROV' ? 'VIDE' : undefined;
  return repeat(...(reliability ? [reliability] : []), ...identityFlags);
}

/** ROL of the general practitioner; ZFD: how the identity was verified. */
export function writeAroundPatient(
  { profile }: Writing,
  patient: Patient,
): { readonly before: readonly SegmentOut[]; readonly after: readonly SegmentOut[] } {
  const { treatingDoctor: doctor, lunarBirthDate: lunar } = patient;
  const verified = profile.writing.ins === 'never' ? undefined : patient.qualification;
  const zfd: SegmentOut = [
    'ZFD',
    { 1: lunar, 5: verified?.source, 6: toHl7Time(verified?.at), 7: verified?.document, 8: toHl7Time(verified?.documentExpires) },
  ];
  return {
    before: doctor ? [['ROL', { 2: 'UC', 3: 'ODRP', 4: writeXcn(doctor.rpps, doctor.family, doctor.given) }]] : [],
    after: lunar || verified ? [zfd] : [],
  };
}
