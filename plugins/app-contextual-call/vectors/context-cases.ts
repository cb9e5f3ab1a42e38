/** Cases of the context, written by hand: what a product has, and the members that PROTOCOL section 1 wants of it, in order. */
import type { Call } from '../clients/javascript/passerelle.ts';

export interface ContextCase {
  readonly name: string;
  readonly input: { readonly [field: string]: string };
  /** Fields whose bytes are Windows-1252, in hexadecimal. */
  readonly windows1252?: { readonly [field: string]: string };
  /** Members after `jti`. */
  readonly expected: { readonly [member: string]: unknown };
}

export const USER = { login: 'c.test', authenticationMethod: 'os-account', authenticationTime: '2026-09-15T07:41:10Z' } as const;
export const PATIENT = { birthName: 'BRÉZOLLET', birthDate: '1958-03-14', sex: 'F', firstGivenName: 'MARIE-ANNE' } as const;
const minimal: Call = { ...USER, ...PATIENT };
const user = { login: 'c.test', authentication: { method: 'os-account', time: '2026-09-15T07:41:10Z' } };
const traits = {
  'Patient.name.family': 'BRÉZOLLET',
  'Patient.birthDate': '1958-03-14',
  'Patient.gender': 'F',
  'Patient.name.firstGiven': 'MARIE-ANNE',
};
const plain = { user, action: 'open', ...traits };
const born = (date: string): ContextCase['expected'] => ({ ...plain, 'Patient.birthDate': date });
const named = (name: string): ContextCase['expected'] => ({ ...plain, 'Patient.name.family': name });

export const CONTEXT_CASES: readonly ContextCase[] = [
  { name: 'the least that may be said', input: minimal, expected: plain },
  {
    name: 'everything, given in another order',
    input: {
      situation: 'Préparation RCP sein',
      ippOid: '1.2.250.1.999.10.1',
      ippNamespace: 'DXCARE',
      ipp: '0004512387',
      birthPlaceCog: '33063',
      identityStatus: 'QUAL',
      insOid: '1.2.250.1.213.1.4.10',
      ins: '258033399990170',
      usedName: 'QUINTARD',
      birthGivenNames: 'MARIE-ANNE LOUISE',
      ...PATIENT,
      target: 'rcp-preparation',
      action: 'open-or-create',
      authenticationTime: '2026-09-15T09:41:10+02:00',
      authenticationMethod: 'pro-sante-connect',
      profile: 'MEDECIN',
      given: 'CAMILLE',
      family: 'TESTMED',
      rpps: '99700700018',
      login: 'testcamille',
    },
    expected: {
      user: {
        login: 'testcamille',
        rpps: '99700700018',
        family: 'TESTMED',
        given: 'CAMILLE',
        profile: 'MEDECIN',
        authentication: { method: 'pro-sante-connect', time: '2026-09-15T09:41:10+02:00' },
      },
      action: 'open-or-create',
      target: 'rcp-preparation',
      ...traits,
      'Patient.name.given': 'MARIE-ANNE LOUISE',
      'Patient.name.used': 'QUINTARD',
      'Patient.identifier.value': '258033399990170',
      'Patient.identifier.system': '1.2.250.1.213.1.4.10',
      'Patient.identityStatus': 'QUAL',
      'Address.district': '33063',
      PatientID: '0004512387',
      PatientIDIssuer: 'DXCARE&1.2.250.1.999.10.1&ISO',
      Situation: 'Préparation RCP sein',
    },
  },
  { name: 'a French date', input: { ...minimal, birthDate: '14/03/1958' }, expected: born('1958-03-14') },
  { name: 'a date without separators', input: { ...minimal, birthDate: '19580314' }, expected: born('1958-03-14') },
  { name: 'a year alone', input: { ...minimal, birthDate: '1958' }, expected: born('1958-00-00') },
  { name: 'a year and a month', input: { ...minimal, birthDate: '1958-03' }, expected: born('1958-03-00') },
  { name: 'a French date whose day and month are unknown', input: { ...minimal, birthDate: '00/00/1958' }, expected: born('1958-00-00') },
  {
    name: 'Windows-1252: é, œ, typographic apostrophe, ÿ',
    input: { ...USER, birthDate: '1963-07-21', sex: 'F' },
    windows1252: { birthName: '4c9c55565249455220c9', usedName: '449245535452454d4f59', firstGivenName: '4652414ec74f495345ff' },
    expected: {
      user,
      action: 'open',
      'Patient.name.family': 'LœUVRIER É',
      'Patient.birthDate': '1963-07-21',
      'Patient.gender': 'F',
      'Patient.name.firstGiven': 'FRANÇOISEÿ',
      'Patient.name.used': 'D’ESTREMOY',
    },
  },
  { name: 'NFD becomes NFC', input: { ...minimal, birthName: 'BRE\u0301ZOLLET' }, expected: plain },
  {
    name: 'NFD: cedilla, circumflex, diaeresis, tilde, caron',
    input: { ...minimal, birthName: 'C\u0327O\u0302I\u0308N\u0303S\u030C' },
    expected: named('ÇÔÏÑŠ'),
  },
  { name: 'NFD: two marks on one letter', input: { ...minimal, birthName: 'E\u0302\u0301TIENNE' }, expected: named('ẾTIENNE') },
  { name: 'spaces at both ends go', input: { ...minimal, birthName: '  BRÉZOLLET   ' }, expected: plain },
  { name: 'what JSON escapes, and what it does not', input: { ...minimal, birthName: 'L"A\\B/C<D>&\'E' }, expected: named('L"A\\B/C<D>&\'E') },
  {
    name: 'a letter outside the first plane',
    input: { ...minimal, birthName: '𠮷野É' },
    expected: named('𠮷野É'),
  },
  { name: '250 UTF-16 units', input: { ...minimal, birthName: '𠮷'.repeat(125) }, expected: named('𠮷'.repeat(125)) },
  {
    name: 'all given names without the first',
    input: { ...USER, birthName: 'BRÉZOLLET', birthDate: '1958-03-14', sex: 'F', birthGivenNames: 'MARIE-ANNE LOUISE' },
    expected: {
      user,
      action: 'open',
      'Patient.name.family': 'BRÉZOLLET',
      'Patient.birthDate': '1958-03-14',
      'Patient.gender': 'F',
      'Patient.name.given': 'MARIE-ANNE LOUISE',
    },
  },
  {
    name: 'a user known by RPPS only',
    input: { ...PATIENT, rpps: '99700700034', authenticationMethod: 'cps', authenticationTime: '2026-09-15T07:41Z' },
    expected: { user: { rpps: '99700700034', authentication: { method: 'cps', time: '2026-09-15T07:41Z' } }, action: 'open', ...traits },
  },
  {
    name: 'an authentication time with a fraction',
    input: { ...minimal, authenticationTime: '2026-09-15T07:41:10.123+02:00' },
    expected: { ...plain, user: { ...user, authentication: { ...user.authentication, time: '2026-09-15T07:41:10.123+02:00' } } },
  },
  {
    name: 'an authority of the IPP known by its name only',
    input: { ...minimal, ipp: '77120045', ippNamespace: 'SIGEMS' },
    expected: { ...plain, PatientID: '77120045', PatientIDIssuer: 'SIGEMS&&' },
  },
  {
    name: 'an authority of the IPP known by its OID only',
    input: { ...minimal, ipp: '77120045', ippOid: '1.2.250.1.999.1' },
    expected: { ...plain, PatientID: '77120045', PatientIDIssuer: '&1.2.250.1.999.1&ISO' },
  },
  {
    name: 'an INS from Corsica',
    input: { ...minimal, ins: '258032A99990160', insOid: '1.2.250.1.213.1.4.10', identityStatus: 'VALI' },
    expected: {
      ...plain,
      'Patient.identifier.value': '258032A99990160',
      'Patient.identifier.system': '1.2.250.1.213.1.4.10',
      'Patient.identityStatus': 'VALI',
    },
  },
  {
    name: 'creation by IPP, without an INS',
    input: { ...minimal, action: 'open-or-create', birthGivenNames: 'MARIE-ANNE', birthPlaceCog: '2A004', ipp: '1', ippOid: '1.2.250.1.999.1' },
    expected: {
      ...plain,
      action: 'open-or-create',
      'Patient.name.given': 'MARIE-ANNE',
      'Address.district': '2A004',
      PatientID: '1',
      PatientIDIssuer: '&1.2.250.1.999.1&ISO',
    },
  },
];
