/** The people, organisations and places of an N1 header. What is not known is said with a nullFlavor, or left out. */
import { PasserelleError } from '../../core/contract/index.ts';
import { isSendableIns, type DocumentData, type Patient, type Visit } from '../../core/model/index.ts';
import { hl7Time } from './hl7-time.ts';
import type { TypeCode } from './models.ts';
import { element, textElement } from './xml-text.ts';

/** National ids of professionals and of structures (specs FACTS G0). */
const PROFESSIONALS = '1.2.250.1.71.4.2.1';
const STRUCTURES = '1.2.250.1.71.4.2.2';

export interface N1Party {
  readonly rpps?: string;
  readonly family?: string;
  readonly given?: string;
  /** assignedAuthor/code: profession and specialty, from JDV_J01. */
  readonly specialty?: TypeCode;
  readonly organization?: { readonly name?: string; readonly finess?: string };
}
type Organization = NonNullable<N1Party['organization']>;

const isOid = (value: string | null | undefined): value is string => !!value && /^[0-2](\.(0|[1-9]\d*))+$/.test(value);
export const coded = (name: string, { code, system, label }: TypeCode): string => element(name, { code, codeSystem: system, displayName: label });

/** INS first, and only when qualified (SAFETY A4); then the IPP with the OID of its domain. */
export function patientIds(patient: Patient, ippOid: string | undefined): readonly string[] {
  const ids: string[] = [];
  if (patient.ins && isOid(patient.insOid) && isSendableIns(patient)) ids.push(element('id', { root: patient.insOid, extension: patient.ins }));
  const domain = isOid(patient.ippAuthority) ? patient.ippAuthority : ippOid;
  if (patient.ipp && isOid(domain)) ids.push(element('id', { root: domain, extension: patient.ipp }));
  if (ids.length > 0) return ids;
  throw new PasserelleError('ERR_PATIENT_NO_IDENTIFIER', { location: { path: '/patient' }, expected: 'a qualified INS, or an IPP with an OID' });
}

export function patientPerson(patient: Patient): string {
  const name = [
    textElement('family', patient.birthName, { qualifier: 'BR' }),
    textElement('given', patient.birthGivenNames),
    textElement('given', patient.firstGivenName, { qualifier: 'BR' }),
    textElement('family', patient.usedName, { qualifier: 'CL' }),
    textElement('given', patient.usedGivenName, { qualifier: 'CL' }),
  ].join('');
  const cog = textElement('county', patient.birthPlaceCog);
  const city = textElement('city', patient.birthPlaceText);
  return element(
    'patient',
    { classCode: 'PSN' },
    element('name', name === '' ? { nullFlavor: 'UNK' } : {}, name),
    gender(patient.sex),
    element('birthTime', patient.birthDate ? { value: patient.birthDate.replaceAll('-', '') } : { nullFlavor: 'UNK' }),
    cog || city ? element('birthplace', {}, element('place', {}, element('addr', {}, cog, city))) : undefined,
  );
}

function gender(sex: Patient['sex']): string {
  const known = { F: ['F', 'Féminin'], M: ['M', 'Masculin'], O: ['UN', 'Indifférencié'] } as const;
  if (sex === undefined || sex === 'U') return element('administrativeGenderCode', { nullFlavor: 'UNK' });
  const [code, label] = known[sex];
  return element('administrativeGenderCode', { code, codeSystem: '2.16.840.1.113883.5.1', displayName: label });
}

/** assignedAuthor or assignedEntity: id, specialty, person, organisation. */
export function person(name: 'assignedAuthor' | 'assignedEntity', party: N1Party | undefined, practiceSetting?: TypeCode): string {
  return element(
    name,
    {},
    professionalId(party?.rpps),
    party?.specialty && coded('code', party.specialty),
    element('assignedPerson', {}, personName(party)),
    (party?.organization ?? practiceSetting) && organization('representedOrganization', party?.organization ?? {}, practiceSetting),
  );
}

const professionalId = (rpps: string | undefined): string =>
  element('id', rpps ? { root: PROFESSIONALS, extension: national(rpps, 11, '8') } : { nullFlavor: 'UNK' });

/** National prefix: `8` before an RPPS (11 digits), `1` before a FINESS (9); a longer id has its own already. */
const national = (id: string, length: number, prefix: string): string => (id.length === length ? `${prefix}${id}` : id);

const personName = (party: N1Party | undefined): string =>
  element('name', {}, textElement('family', party?.family) ?? element('family', { nullFlavor: 'UNK' }), textElement('given', party?.given));

/** `unknownId`: where the schema wants an id, one that is not known is said so. */
function organization(name: string, { finess, name: label }: Organization, practiceSetting?: TypeCode, unknownId?: string): string {
  return element(
    name,
    {},
    finess ? element('id', { root: STRUCTURES, extension: national(finess, 9, '1') }) : unknownId,
    textElement('name', label),
    practiceSetting && coded('standardIndustryClassCode', practiceSetting),
  );
}

export function custodian(keeper: Organization | undefined): string {
  const written = organization('representedCustodianOrganization', keeper ?? {}, undefined, element('id', { nullFlavor: 'UNK' }));
  return element('custodian', {}, element('assignedCustodian', {}, written));
}

/** Said for people, never for routing (specs FACTS A3). Professionals only: the patient and structures are addressed by the message. */
export function informationRecipients(participants: NonNullable<DocumentData['participants']>): string {
  return participants
    .filter(({ role, isPatient, family }) => role === 'recipient' && !isPatient && family)
    .map((recipient) =>
      element(
        'informationRecipient',
        {},
        element(
          'intendedRecipient',
          {},
          recipient.rpps ? professionalId(recipient.rpps) : undefined,
          element('informationRecipient', {}, personName(recipient)),
          recipient.organization && organization('receivedOrganization', recipient.organization),
        ),
      ),
    )
    .join('');
}

/** The documented act: when, and by whom if the practice setting is known (the header rules ask for both together). */
export function service(start: string | undefined, performer: N1Party | undefined, practiceSetting: TypeCode | undefined): string {
  return element(
    'documentationOf',
    {},
    element(
      'serviceEvent',
      {},
      start && element('effectiveTime', {}, element('low', { value: start })),
      performer && practiceSetting && element('performer', { typeCode: 'PRF' }, person('assignedEntity', performer, practiceSetting)),
    ),
  );
}

export function encounter(visit: Visit | undefined, timeZone: string, facilityType: TypeCode | undefined): string {
  const start = hl7Time(visit?.start, timeZone);
  const end = hl7Time(visit?.end, timeZone);
  const period = [start && element('low', { value: start }), end && element('high', { value: end })].join('');
  return element(
    'componentOf',
    {},
    element(
      'encompassingEncounter',
      {},
      visit?.id && isOid(visit.authority) ? element('id', { root: visit.authority, extension: visit.id }) : undefined,
      element('effectiveTime', period === '' ? { nullFlavor: 'UNK' } : {}, period),
      facilityType && element('location', {}, element('healthCareFacility', {}, coded('code', facilityType))),
    ),
  );
}
