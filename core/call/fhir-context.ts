/**
 * What a care record says in FHIR (R4, FR Core) as the flat context of the protocol, which then goes through the very checks of every other call. What is said twice in two ways,
 * or by nobody we know, is refused: nothing is chosen by its position (SAFETY A7).
 */
import { PasserelleError, type ErrorCode, type SiteSettings } from '../contract/index.ts';
import { authorityOf, isInsOid } from '../model/index.ts';

type Json = Readonly<Record<string, unknown>>;

const CORE = 'https://hl7.fr/ig/fhir/core/StructureDefinition/';
const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';
const RPPS = 'https://rpps.esante.gouv.fr';
/** National identifier of a professional: 8 before an RPPS number. */
const NATIONAL_ID = 'urn:oid:1.2.250.1.71.4.2.1';
/** Whose number it is only its type says: FR Core gives the billing number (`NH`), which is of the insured parent of a child, the system of the INS. */
const INS_TYPE = /^INS-NI[RA](-|$)/;
const GENDERS: Readonly<Record<string, string>> = { male: 'M', female: 'F', other: 'O', unknown: 'U' };
/** Of HL7 table 0445, which FR Core has as well; any other one (doubtful, a collision, usurped...) opens nothing (SAFETY A4). */
const STATUSES: Readonly<Record<string, string | undefined>> = { VALI: 'VALI', QUAL: 'QUAL', PROV: 'PROV', RECUP: 'RECUP', VIDE: undefined };

const refuse = (code: ErrorCode, path: string, expected: string, found?: string): never => {
  throw new PasserelleError(code, { location: { path }, expected, ...(found !== undefined && { found }) });
};
const noPatient = (path: string, expected: string, found?: string): never => refuse('ERR_CALL_IDENTITY', `/Patient${path}`, expected, found);

/** Of the site: its authorities, and where its dates are of. */
export type SiteOfContext = Pick<SiteSettings, 'identityAuthorities' | 'timeZone'>;

/** Members of the flat context about the patient. Throws ERR_CALL_IDENTITY. */
export function patientOf(
  resource: Json,
  id: string,
  { identityAuthorities: authorities, timeZone }: SiteOfContext,
  ippSystems: Readonly<Record<string, string>>,
  now: number,
): Json {
  if (resource['resourceType'] !== 'Patient' || resource['id'] !== id) noPatient('/id', 'the patient of the launch', 'another one');
  if (resource['active'] === false || listOf(resource['link']).some(({ type }) => type === 'replaced-by'))
    noPatient('', 'a patient that is active, and was not merged into another one');
  const isCurrent = currentAt(now, timeZone);
  const identifiers = listOf(resource['identifier']).filter(isCurrent);
  const ins = only(
    '/identifier',
    'one INS',
    identifiers.filter(isIns).map(({ system, value }) => ({ value, system: oidOf(system) })),
  );
  const ipp = only(
    '/identifier',
    'one IPP of the authority of this site',
    identifiers.flatMap((identifier) => {
      const { system, value } = identifier;
      const issuer = Object.hasOwn(ippSystems, text(system)) ? ippSystems[text(system)] : oidOf(system) && `&${oidOf(system)}&ISO`;
      const codes = codesOf(identifier);
      const isPi = codes.length === 0 || codes.includes('PI');
      return issuer && isPi && authorityOf(issuer, authorities)?.use === 'IPP' ? [{ value, issuer }] : [];
    }),
  );
  const status = statusOf(resource, ins !== undefined);
  if (!(ins && status === 'QUAL') && !ipp)
    noPatient(
      '/identifier',
      'a qualified INS, or an IPP with an authority of this site (identityAuthorities, contextualCall.profiles.smart.ippSystems)',
    );
  const names = listOf(resource['name']).filter(isCurrent);
  const birth =
    only(
      '/name',
      'one official name',
      names.filter(({ use }) => use === 'official'),
    ) ?? noPatient('/name', 'an official name: that of birth');
  const used = names.filter(({ use, family }) => use === 'usual' && family !== undefined);
  const given = (Array.isArray(birth['given']) ? birth['given'] : []).filter((one) => typeof one === 'string');
  const all = extensionOf(birth, `${CORE}fr-core-patient-birth-list-given-name`)?.['valueString'] ?? (given.length > 1 ? given.join(' ') : undefined);
  const place = extensionOf(resource, BIRTH_PLACE)?.['valueAddress'] as Json | undefined;
  const coding = [place, place?.['_city'] as Json | undefined]
    .map((one) => one && extensionOf(one, `${CORE}fr-core-address-insee-code`))
    .find(Boolean);
  const cog = (coding?.['valueCoding'] as Json | undefined)?.['code'];
  return without({
    'Patient.identifier.value': ins?.value,
    'Patient.identifier.system': ins?.system,
    'Patient.identityStatus': status,
    PatientID: ipp?.value,
    PatientIDIssuer: ipp?.issuer,
    'Patient.name.family': birth['family'],
    'Patient.name.used': used.length === 1 ? used[0]?.['family'] : undefined,
    'Patient.name.firstGiven': given[0],
    'Patient.name.given': all,
    'Patient.gender': Object.hasOwn(GENDERS, text(resource['gender'])) ? GENDERS[text(resource['gender'])] : undefined,
    'Patient.birthDate': dateOf(resource['birthDate']),
    'Address.district': typeof cog === 'string' && /^\d[\dAB]\d{3}$/.test(cog) ? cog : undefined,
  });
}

/** Names and RPPS of the user. Throws ERR_CALL_FORBIDDEN. */
export function practitionerOf(resource: Json, id: string, { timeZone }: Pick<SiteOfContext, 'timeZone'>, now: number): Json {
  const isCurrent = currentAt(now, timeZone);
  const forbidden = (path: string, expected: string): never => refuse('ERR_CALL_FORBIDDEN', `/Practitioner${path}`, expected, 'another one');
  if (resource['resourceType'] !== 'Practitioner' || resource['id'] !== id) forbidden('/id', 'the practitioner that fhirUser names');
  if (resource['active'] === false) forbidden('/active', 'a practitioner who is active');
  const numbers = listOf(resource['identifier'])
    .filter(isCurrent)
    .flatMap(({ system, value }) =>
      system === RPPS ? [text(value)] : system === NATIONAL_ID && /^8\d{11}$/.test(text(value)) ? [text(value).slice(1)] : [],
    );
  if (new Set(numbers).size > 1) forbidden('/identifier', 'one RPPS number');
  const names = listOf(resource['name']).filter(isCurrent);
  const name = names.find(({ use }) => use === 'official') ?? names[0];
  const given = Array.isArray(name?.['given']) ? (name['given'] as unknown[])[0] : undefined;
  return without({ rpps: numbers[0], family: name?.['family'], given });
}

/** Unknown month or day as 00; what is no date of FHIR stays as it is, and is refused by its own check. */
const dateOf = (date: unknown): unknown => {
  const [, year, month = '00', day = '00'] = (typeof date === 'string' && /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/.exec(date)) || [];
  return year === undefined ? date : `${year}-${month}-${day}`;
};

/** `Practitioner/7`, or the same below the base address; undefined: somebody else, or somewhere else. */
export function practitionerId(fhirUser: unknown, base: string): string | undefined {
  if (typeof fhirUser !== 'string') return undefined;
  const path = fhirUser.startsWith(`${base}/`) ? fhirUser.slice(base.length + 1) : fhirUser;
  return /^Practitioner\/([A-Za-z0-9.-]{1,64})$/.exec(path)?.[1];
}

/** With its system and its type: without a type, or with that of something else as well, it may be of somebody else, and is none. */
function isIns(identifier: Json): boolean {
  const codes = codesOf(identifier);
  return isInsOid(oidOf(identifier['system'])) && !codes.includes('NH') && codes.some((code) => INS_TYPE.test(text(code)));
}

const codesOf = ({ type }: Json): readonly unknown[] => listOf((type as Json | undefined)?.['coding']).map(({ code }) => code);

/** PID-32, in the words of FR Core: an INS is qualified when its identity is validated. It may be said several times: in one way. */
function statusOf(resource: Json, hasIns: boolean): string | undefined {
  const said = listOf(resource['extension'])
    .filter(({ url }) => url === `${CORE}fr-core-identity-reliability`)
    .flatMap(({ extension }) => listOf(extension))
    .filter(({ url }) => url === 'identityStatus')
    .map((one) => text((one['valueCoding'] as Json | undefined)?.['code']));
  const doubtful = said.some((code) => !Object.hasOwn(STATUSES, code));
  if (doubtful) noPatient('/extension', 'an identity that is not said to be doubtful (fr-core-identity-reliability)');
  const status = STATUSES[only('/extension', 'one status of the identity (fr-core-identity-reliability)', said) ?? 'VIDE'];
  return status === 'VALI' && hasIns ? 'QUAL' : status;
}

/** The one that all of them are; none = undefined. */
function only<T>(path: string, expected: string, all: readonly T[]): T | undefined {
  const distinct = new Set(all.map((one) => JSON.stringify(one)));
  return distinct.size > 1 ? noPatient(path, expected, `${distinct.size} different ones`) : all[0];
}

/** A number or a name of before, or of later, is not who somebody is now. What is said to the day, month or year holds for all of it, where the site is. */
function currentAt(now: number, timeZone: string): (one: Json) => boolean {
  const today = new Date(now).toLocaleDateString('sv-SE', { timeZone });
  const isDate = (time: string): boolean => /^\d{4}(-\d{2}){0,2}$/.test(time);
  const isOver = (end: string): boolean => (isDate(end) ? end < today.slice(0, end.length) : Date.parse(end) < Math.floor(now / 1000) * 1000);
  const isAhead = (start: string): boolean => (isDate(start) ? start > today.slice(0, start.length) : Date.parse(start) > now);
  return ({ use, period }) => {
    const { start, end } = (period ?? {}) as Json;
    return use !== 'old' && !isOver(text(end)) && !isAhead(text(start));
  };
}

const oidOf = (system: unknown): string => /^urn:oid:([0-2](?:\.\d+)+)$/.exec(text(system))?.[1] ?? '';
/** Anything may stand there: what is no text is none, and is not asked to become one. */
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const listOf = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.filter((one): one is Json => typeof one === 'object' && one !== null) : [];
const extensionOf = (element: Json, url: string): Json | undefined => listOf(element['extension']).find((one) => one['url'] === url);
const without = (members: Json): Json => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
