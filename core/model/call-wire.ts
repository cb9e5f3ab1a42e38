/** The context as it travels (protocol 1.0, section 1): flat JSON read strictly into the canonical call, and the canonical call written back. */
import { PasserelleError, type IdentityAuthority, type SiteSettings, type Warning } from '../contract/index.ts';
import { AUTHENTICATION_METHODS, CALL_ACTIONS, CALL_TARGETS, type CallContext } from './call.ts';
import { hasValidInsKey, insEnvironment } from './ins.ts';
import { meantAuthority } from './authorities.ts';
import { hasValidRppsKey } from './national-keys.ts';
import type { Patient } from './schemas.ts';

export const CALL_VERSION = '1.0';
export const CALL_TYPE = 'contexte-appel';
/** Longest life of a context, in seconds. */
export const CALL_LIFETIME_SECONDS = 60;

type Settings = Pick<SiteSettings, 'environment' | 'identityAuthorities'>;

export interface WireCall {
  readonly context: CallContext;
  /** Of `aud`: whether it is ours is for the caller to check. */
  readonly environment: 'test' | 'production';
}

const STRINGS: Readonly<Record<string, { readonly pattern?: RegExp; readonly among?: readonly string[]; readonly max?: number }>> = {
  version: { among: [CALL_VERSION] },
  typ: { among: [CALL_TYPE] },
  iss: { pattern: /^urn:finess:[0-9AB]{9}$/ },
  aud: { among: ['urn:dcc:test', 'urn:dcc:production'] },
  jti: { pattern: /^[A-Za-z0-9_-]{16,64}$/ },
  action: { among: CALL_ACTIONS },
  target: { among: CALL_TARGETS },
  'Patient.name.family': {},
  'Patient.birthDate': { pattern: /^\d{4}-\d{2}-\d{2}$/ },
  'Patient.gender': { among: ['F', 'M', 'O', 'U'] },
  'Patient.name.firstGiven': {},
  'Patient.name.given': {},
  'Patient.name.used': {},
  'Patient.identifier.value': { pattern: /^\d[\dAB]{14}$/ },
  'Patient.identifier.system': { pattern: /^[0-2](\.\d+)+$/ },
  'Patient.identityStatus': { among: ['PROV', 'RECUP', 'VALI', 'QUAL'] },
  'Address.district': { pattern: /^\d[\dAB]\d{3}$/ },
  PatientID: {},
  PatientIDIssuer: { pattern: /^[^&]*&[0-9.]*&(ISO)?$/ },
  Situation: { max: 64 },
};
const NUMBERS = ['iat', 'exp'];
const MUST = ['version', 'typ', 'iss', 'aud', 'iat', 'exp', 'jti', 'user', 'action', 'Patient.name.family', 'Patient.birthDate', 'Patient.gender'];
/** Longest text: the canonical model has the same bound. */
const SHORT = 250;

const refuse = (path: string, expected: string): never => {
  throw new PasserelleError('ERR_CALL_CONTEXT', { location: { path: `/${path}` }, expected });
};

/** NFC, and nothing that is not seen: no control or format character, no replacement character. Throws ERR_CALL_CONTEXT. */
export function callText(value: string, path: string, max = SHORT): string {
  const text = value.normalize('NFC').trim();
  if (text === '') return refuse(path, 'a text that is not empty');
  if (text.length > max) return refuse(path, `at most ${max} characters`);
  if (/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029\ufffd]/u.test(text)) return refuse(path, 'no control character');
  return text;
}

/**
 * Reads a context whose bytes were already found to be JSON with no key twice. The IPP is taken when its authority is one of the settings', the number when its
 * key and environment are right. Throws ERR_CALL_CONTEXT, ERR_INS_KEY, ERR_INS_ENVIRONMENT.
 */
export function readWireCall(value: unknown, settings: Settings, warnings: Warning[] = []): WireCall {
  const flat = stringsOf(value);
  const iat = flat.numbers['iat'] ?? 0;
  const exp = flat.numbers['exp'] ?? 0;
  if (exp - iat < 1 || exp - iat > CALL_LIFETIME_SECONDS) refuse('exp', `1 to ${CALL_LIFETIME_SECONDS} seconds after iat`);
  const patient = patientOf(flat.strings, settings, warnings);
  const { target, Situation: situation, iss = '', aud = '', jti = '', action } = flat.strings;
  const time = (seconds: number): string => new Date(seconds * 1000).toISOString();
  return {
    environment: aud.slice('urn:dcc:'.length) as WireCall['environment'],
    context: {
      site: iss.slice('urn:finess:'.length),
      user: readUser(flat.user),
      patient,
      action: action as CallContext['action'] & string,
      target: (target ?? 'record') as CallContext['target'] & string,
      ...(situation && { situation }),
      issuedAt: time(iat),
      expiresAt: time(exp),
      nonce: jti,
    },
  };
}

function stringsOf(value: unknown): { strings: Record<string, string>; numbers: Record<string, number>; user: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('', 'a JSON object');
  const strings: Record<string, string> = {};
  const numbers: Record<string, number> = {};
  let user: unknown;
  for (const [name, member] of Object.entries(value)) {
    const rule = Object.hasOwn(STRINGS, name) ? STRINGS[name] : undefined;
    if (rule && typeof member === 'string') strings[name] = checked(name, member, rule);
    // Beyond the year 9999 it is no time.
    else if (NUMBERS.includes(name) && Number.isInteger(member) && Number(member) > 0 && Number(member) < 253_402_300_800)
      numbers[name] = Number(member);
    else if (name === 'user') user = member;
    // A name of the sender is content: it is not repeated.
    else
      refuse(
        rule || NUMBERS.includes(name) ? name : '',
        rule ? 'a text' : NUMBERS.includes(name) ? 'seconds since 1970' : 'the keys of protocol 1.0',
      );
  }
  for (const name of MUST) if (!Object.hasOwn(value, name)) refuse(name, 'a value');
  return { strings, numbers, user };
}

function checked(name: string, value: string, { pattern, among, max }: NonNullable<(typeof STRINGS)[string]>): string {
  const text = callText(value, name, max);
  if (pattern && !pattern.test(text)) return refuse(name, pattern.source);
  if (among && !among.includes(text)) return refuse(name, among.join(', '));
  return text;
}

const USER_TEXTS = ['login', 'rpps', 'family', 'given', 'profile'] as const;

function readUser(value: unknown): CallContext['user'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('user', 'an object');
  const user: CallContext['user'] = {};
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    const known = USER_TEXTS.find((one) => one === name);
    if (known && typeof member === 'string') user[known] = callText(member, `user/${known}`);
    else if (name === 'authentication') user.authentication = readAuthentication(member);
    else refuse('user', 'the keys of protocol 1.0, as text');
  }
  return checkedUser(user, 'user');
}

/** Somebody: a login, or an RPPS number whose key is right. Throws ERR_CALL_CONTEXT. */
export function checkedUser(user: CallContext['user'], path: string, rppsPath = `${path}/rpps`): CallContext['user'] {
  if (!user.login && !user.rpps) return refuse(path, 'a login or an RPPS number');
  if (user.rpps && !hasValidRppsKey(user.rpps)) return refuse(rppsPath, 'an RPPS number of 11 digits with its key');
  return user;
}

function readAuthentication(value: unknown): NonNullable<CallContext['user']['authentication']> {
  const { method, time, ...more } = (value ?? {}) as Record<string, unknown>;
  const known = AUTHENTICATION_METHODS.find((one) => one === method);
  if (!known || Object.keys(more).length > 0) return refuse('user/authentication', `method (${AUTHENTICATION_METHODS.join(', ')}) and time`);
  if (
    typeof time !== 'string' ||
    !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/.test(time) ||
    Number.isNaN(Date.parse(time))
  )
    return refuse('user/authentication/time', 'a time with its offset');
  return { method: known, time };
}

function patientOf(flat: Readonly<Record<string, string>>, settings: Settings, warnings: Warning[]): Patient {
  const get = (name: string): string | undefined => flat[name];
  const [given, first] = [get('Patient.name.given'), get('Patient.name.firstGiven')];
  if (!given && !first) refuse('Patient.name.firstGiven', 'the first given name at birth, or all of them');
  const birthDate = get('Patient.birthDate') ?? '';
  if (!isBirthDate(birthDate)) refuse('Patient.birthDate', 'a date, unknown month or day as 00');
  const identityStatus = get('Patient.identityStatus') as Patient['identityStatus'];
  return {
    ...ippOf(get('PatientID'), get('PatientIDIssuer'), settings.identityAuthorities, warnings),
    ...insOf(get('Patient.identifier.value'), get('Patient.identifier.system'), identityStatus, settings, warnings),
    ...(identityStatus && { identityStatus }),
    birthName: get('Patient.name.family')!,
    ...(get('Patient.name.used') && { usedName: get('Patient.name.used')! }),
    ...(given && { birthGivenNames: given }),
    ...(first && { firstGivenName: first }),
    birthDate,
    sex: get('Patient.gender') as Patient['sex'] & string,
    ...(get('Address.district') && { birthPlaceCog: get('Address.district')! }),
  };
}

/** `YYYY-MM-DD` of our calendar; `00` = not known, the month then the day. */
export function isBirthDate(date: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date) ?? [];
  if (year === undefined || year < '1850' || year > '2100' || Number(month) > 12) return false;
  if (month === '00') return day === '00';
  return Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
}

function ippOf(
  value: string | undefined,
  issuer: string | undefined,
  authorities: readonly IdentityAuthority[],
  warnings: Warning[],
): Partial<Patient> {
  if (!value !== !issuer) refuse(value ? 'PatientIDIssuer' : 'PatientID', 'the number with its authority');
  if (!value || !issuer) return {};
  const [namespace = '', oid = ''] = issuer.split('&');
  const rule = oid ? authorityOf(issuer, authorities) : authorityNamed(namespace, authorities);
  // The record knows numbers by the OID of their authority, when it has one: by the name alone it would find nobody (SAFETY C9).
  const authority = (rule?.use === 'IPP' && rule.oid) || oid || namespace;
  if (rule?.use === 'IPP') return { ipp: value, ippAuthority: authority, domain: rule.domain };
  warnings.push({ code: 'ipp-authority-unknown', location: { path: '/PatientIDIssuer' } });
  return { otherIds: [{ value, ...(authority && { authority }) }] };
}

/**
 * A name alone: an establishment gives it to its stays and movements too, but what is sent here is an IPP. Throws ERR_CALL_CONTEXT when several authorities of IPPs
 * have this name: which one is not ours to guess (SAFETY A7).
 */
function authorityNamed(namespace: string, authorities: readonly IdentityAuthority[]): IdentityAuthority | undefined {
  const named = authorities.filter(({ use, type = 'PI', namespace: its }) => use === 'IPP' && type === 'PI' && its === namespace);
  if (named.some(({ domain, oid }) => domain !== named[0]!.domain || oid !== named[0]!.oid))
    refuse('PatientIDIssuer', 'the OID of the authority too: several of this site have its name');
  return named[0] ?? authorityOf(`${namespace}&&`, authorities);
}

/** Whose numbers these are, by a whole CX-4: of the site's authorities, or nobody's (SAFETY A7). */
export function authorityOf(issuer: string, authorities: readonly IdentityAuthority[]): IdentityAuthority | undefined {
  const [namespace = '', oid = ''] = issuer.split('&');
  const meant = meantAuthority(
    authorities.filter((one) => isOf(one, { ...(namespace && { namespace }), ...(oid && { oid }) })),
    oid,
  );
  return meant === 'several' ? undefined : meant;
}

/** An entry of the site's authorities and an identifier of type PI (site settings, ARCHITECTURE section 6). */
function isOf(rule: IdentityAuthority, id: { readonly namespace?: string; readonly oid?: string }): boolean {
  if (rule.type !== undefined && rule.type !== 'PI') return false;
  if (rule.namespace === undefined && rule.oid === undefined) return true;
  const pairs = [
    [rule.namespace, id.namespace],
    [rule.oid, id.oid],
  ].filter(([wanted]) => wanted !== undefined);
  return pairs.every(([wanted, given]) => given === undefined || given === wanted) && pairs.some(([wanted, given]) => given === wanted);
}

function insOf(
  ins: string | undefined,
  insOid: string | undefined,
  status: Patient['identityStatus'],
  settings: Settings,
  warnings: Warning[],
): Partial<Patient> {
  if (!ins !== !insOid) refuse(ins ? 'Patient.identifier.system' : 'Patient.identifier.value', 'the number with its OID');
  if (!ins || !insOid) return {};
  checkIns(ins, insOid, settings, 'Patient.identifier');
  if (status !== 'QUAL') warnings.push({ code: 'ins-not-qualified', location: { path: '/Patient.identityStatus' } });
  return { ins, insOid, insStatus: status === 'QUAL' ? 'VALI' : 'NOT-QUALIFIED' };
}

/** Key of the number, and its authority against the environment. Throws ERR_CALL_CONTEXT, ERR_INS_KEY, ERR_INS_ENVIRONMENT. */
export function checkIns(ins: string, oid: string | undefined, { environment }: Pick<SiteSettings, 'environment'>, path: string): void {
  if (!hasValidInsKey(ins)) throw new PasserelleError('ERR_INS_KEY', { location: { path: `/${path}` } });
  if (oid === undefined) return;
  const its = insEnvironment(oid);
  if (!its) refuse(path, 'an INS authority');
  if (environment && its !== environment) throw new PasserelleError('ERR_INS_ENVIRONMENT', { location: { path: `/${path}` }, expected: environment });
}

/** What a call of these traits may be found by, and whether it may make a record (protocol, section 1). */
export function matchingOf(patient: Patient): NonNullable<CallContext['matching']> {
  const {
    ins,
    insOid,
    insStatus,
    identityStatus,
    ipp,
    domain,
    birthName,
    birthGivenNames,
    firstGivenName,
    birthDate = '',
    sex,
    birthPlaceCog,
  } = patient;
  const traits = Boolean(birthName && (firstGivenName || birthGivenNames) && birthDate && sex);
  const qualified = Boolean(ins && insOid) && insStatus === 'VALI' && (identityStatus ?? 'QUAL') === 'QUAL';
  const whole =
    Boolean(birthName && birthGivenNames && birthPlaceCog) &&
    (sex === 'F' || sex === 'M') &&
    /^\d{4}-\d{2}-\d{2}$/.test(birthDate) &&
    !birthDate.includes('-00');
  return {
    allowed: [
      ...(ins && insStatus === 'VALI' ? (['ins'] as const) : []),
      ...(ipp && domain ? (['ipp'] as const) : []),
      ...(traits ? (['traits'] as const) : []),
    ],
    create: whole && (qualified || Boolean(ipp && domain)),
  };
}

export interface WireClaims {
  readonly environment: 'test' | 'production';
  /** FINESS of the site whose key signs. */
  readonly site: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
}

/** The flat context of a canonical call. What the call does not say is left out: a reader refuses what must be there and is not. */
export function writeWireCall(
  { user, patient, action = 'open', target = 'record', situation }: CallContext,
  claims: WireClaims,
  authorities: readonly IdentityAuthority[],
): Record<string, unknown> {
  const { environment, site, iat, exp, jti } = claims;
  const rule = authorities.find(({ domain, use }) => use === 'IPP' && domain === patient.domain);
  const withoutIns = !patient.ins || !patient.insOid;
  const flat: Record<string, unknown> = {
    version: CALL_VERSION,
    typ: CALL_TYPE,
    iss: `urn:finess:${site}`,
    aud: `urn:dcc:${environment}`,
    iat,
    exp,
    jti,
    user,
    action,
    target,
    'Patient.name.family': patient.birthName,
    'Patient.name.used': patient.usedName,
    'Patient.name.given': patient.birthGivenNames,
    'Patient.name.firstGiven': patient.firstGivenName,
    'Patient.gender': patient.sex,
    'Patient.birthDate': patient.birthDate,
    'Patient.identifier.value': withoutIns ? undefined : patient.ins,
    'Patient.identifier.system': withoutIns ? undefined : patient.insOid,
    'Patient.identityStatus': patient.identityStatus,
    'Address.district': patient.birthPlaceCog,
    PatientID: rule && patient.ipp,
    PatientIDIssuer: rule && patient.ipp ? `${rule.namespace ?? ''}&${rule.oid ?? ''}&${rule.oid ? 'ISO' : ''}` : undefined,
    Situation: situation,
  };
  return Object.fromEntries(Object.entries(flat).filter(([, value]) => value !== undefined && value !== null));
}
