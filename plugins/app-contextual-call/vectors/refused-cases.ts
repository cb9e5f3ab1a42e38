/** Inputs and settings that every client refuses before anything is sent, with the name of the reason. Written by hand. */
import { PATIENT, USER } from './context-cases.ts';

export interface RefusedCase {
  readonly name: string;
  readonly input: { readonly [field: string]: string };
  readonly windows1252?: { readonly [field: string]: string };
  /** Changes to the settings of the case; a refusal may already come from them. */
  readonly settings?: { readonly [name: string]: unknown };
  readonly code: 'ERR_KIT_CONTEXT' | 'ERR_KIT_SETTINGS';
  readonly reason: string;
}

const minimal = { ...USER, ...PATIENT };
const without = (...fields: string[]): RefusedCase['input'] =>
  Object.fromEntries(Object.entries(minimal).filter(([field]) => !fields.includes(field)));
const complete = {
  ...minimal,
  action: 'open-or-create',
  birthGivenNames: 'MARIE-ANNE',
  birthPlaceCog: '33063',
  ins: '258033399990170',
  insOid: '1.2.250.1.213.1.4.10',
  identityStatus: 'QUAL',
};
const { birthPlaceCog: _place, ...withoutPlace } = complete;
const { birthGivenNames: _names, ...withoutGivenNames } = complete;

const context = (name: string, reason: string, input: RefusedCase['input'], more: Partial<RefusedCase> = {}): RefusedCase => ({
  name,
  input,
  code: 'ERR_KIT_CONTEXT',
  reason,
  ...more,
});
const settings = (name: string, reason: string, changed: RefusedCase['settings']): RefusedCase => ({
  name,
  input: minimal,
  settings: changed,
  code: 'ERR_KIT_SETTINGS',
  reason,
});

export const REFUSED_CASES: readonly RefusedCase[] = [
  context('a field that does not exist', 'unknown-key', { ...minimal, birthname: 'X' }),
  context('a key of the protocol instead of a field', 'unknown-key', { ...minimal, 'Patient.name.family': 'X' }),
  context('an empty value', 'empty-value', { ...minimal, usedName: '' }),
  context('spaces only', 'empty-value', { ...minimal, usedName: '   ' }),
  context('a line feed in a name', 'control-character', { ...minimal, birthName: 'BRE\nX' }),
  context('a tabulation at the end of a name', 'control-character', { ...minimal, birthName: 'BRE\t' }),
  context('DEL', 'control-character', { ...minimal, birthName: 'BRE\u007fX' }),
  context('a C1 control', 'control-character', { ...minimal, birthName: 'BRE\u0085X' }),
  context('a line separator', 'control-character', { ...minimal, birthName: 'BRE\u2028X' }),
  context('a mark that turns the direction of text', 'control-character', { ...minimal, birthName: 'BRE\u202eX' }),
  context('a joiner that is not seen', 'control-character', { ...minimal, birthName: 'BRE\u200dX' }),
  context('the replacement character', 'control-character', { ...minimal, birthName: 'BR\ufffdZOLLET' }),
  context('a byte that Windows-1252 does not define', 'control-character', minimal, { windows1252: { usedName: '41814e' } }),
  context('a name of 251 characters', 'too-long', { ...minimal, birthName: 'É'.repeat(251) }),
  context('a name of 252 UTF-16 units', 'too-long', { ...minimal, birthName: '𠮷'.repeat(126) }),
  context('a situation of 65 characters', 'too-long', { ...minimal, situation: 'x'.repeat(65) }),
  context('nobody: neither login nor RPPS', 'missing-key', without('login')),
  context('no authentication method', 'missing-key', without('authenticationMethod')),
  context('no authentication time', 'missing-key', without('authenticationTime')),
  context('no birth name', 'missing-key', without('birthName')),
  context('no birth date', 'missing-key', without('birthDate')),
  context('no sex', 'missing-key', without('sex')),
  context('no given name', 'missing-key', without('firstGivenName')),
  context('an RPPS with a wrong key', 'bad-rpps', { ...minimal, rpps: '99700700019' }),
  context('an RPPS of ten digits', 'bad-rpps', { ...minimal, rpps: '9970070001' }),
  context('an RPPS in Arabic-Indic digits', 'bad-rpps', { ...minimal, rpps: '٩٩٧٠٠٧٠٠٠١٨' }),
  context('an INS with a wrong key', 'bad-ins', { ...minimal, ins: '258033399990171', insOid: '1.2.250.1.213.1.4.10' }),
  context('an INS without its key', 'bad-ins', { ...minimal, ins: '2580333999901', insOid: '1.2.250.1.213.1.4.10' }),
  context('an INS with a letter where none stands', 'bad-ins', { ...minimal, ins: '25803A399990170', insOid: '1.2.250.1.213.1.4.10' }),
  context('an INS without its OID', 'incomplete-pair', { ...minimal, ins: '258033399990170' }),
  context('an OID of an INS without the INS', 'incomplete-pair', { ...minimal, insOid: '1.2.250.1.213.1.4.10' }),
  context('an OID with a letter', 'bad-oid', { ...minimal, ins: '258033399990170', insOid: '1.2.250.1.213.1.4.1O' }),
  context('an IPP without its authority', 'incomplete-pair', { ...minimal, ipp: '1' }),
  context('an authority without an IPP', 'incomplete-pair', { ...minimal, ippNamespace: 'DXCARE' }),
  context('a whole CX-4 as a namespace', 'bad-authority', { ...minimal, ipp: '1', ippNamespace: 'DXCARE&1.2.250.1.999.10.1&ISO' }),
  context('a year of two digits', 'bad-date', { ...minimal, birthDate: '14/03/58' }),
  context('a thirteenth month', 'bad-date', { ...minimal, birthDate: '1958-13-14' }),
  context('an American date', 'bad-date', { ...minimal, birthDate: '03/14/1958' }),
  context('a thirty-second day', 'bad-date', { ...minimal, birthDate: '32/01/1958' }),
  context('a day of an unknown month', 'bad-date', { ...minimal, birthDate: '1958-00-14' }),
  context('a year that cannot be', 'bad-date', { ...minimal, birthDate: '0058-03-14' }),
  context('a date with a time', 'bad-date', { ...minimal, birthDate: '1958-03-14T00:00:00' }),
  context('an authentication time without offset', 'bad-time', { ...minimal, authenticationTime: '2026-09-15T07:41:10' }),
  context('an authentication method that is not listed', 'bad-value', { ...minimal, authenticationMethod: 'badge' }),
  context('a sex in French', 'bad-value', { ...minimal, sex: 'H' }),
  context('an action in French', 'bad-value', { ...minimal, action: 'ouvrir' }),
  context('a target that is not listed', 'bad-value', { ...minimal, target: 'https://evil.invalid/' }),
  context('an identity status that is not listed', 'bad-value', { ...minimal, identityStatus: 'qualifiée' }),
  context('a place of birth by its name', 'bad-place', { ...minimal, birthPlaceCog: 'BORDEAUX' }),
  context('creation without all given names', 'creation-incomplete', withoutGivenNames),
  context('creation without the place of birth', 'creation-incomplete', withoutPlace),
  context('creation with an unknown sex', 'creation-incomplete', { ...complete, sex: 'U' }),
  context('creation with an incomplete date', 'creation-incomplete', { ...complete, birthDate: '1958-00-00' }),
  context('creation with an INS that is not qualified, without an IPP', 'creation-incomplete', { ...complete, identityStatus: 'VALI' }),
  context('creation with the key of a workstation', 'creation-on-workstation', complete, { settings: { workstation: true } }),
  context('more than 8 KB', 'context-too-large', {
    ...complete,
    situation: '€'.repeat(64),
    ...Object.fromEntries(
      ['login', 'family', 'given', 'profile', 'birthName', 'usedName', 'firstGivenName', 'birthGivenNames', 'ipp', 'ippNamespace'].map((f) => [
        f,
        '€'.repeat(249),
      ]),
    ),
  }),
  settings('an address in http', 'bad-url', { url: 'http://dcc.invalid/appel-contextuel' }),
  settings('an address in http on this machine, in production', 'bad-url', {
    url: 'http://127.0.0.1:8081/appel-contextuel',
    environment: 'production',
  }),
  settings('an address in http that only looks like this machine', 'bad-url', { url: 'http://127.0.0.1.dcc.invalid/appel-contextuel' }),
  settings('an address in http of the network of this machine', 'bad-url', { url: 'http://10.0.0.1:8081/appel-contextuel' }),
  settings('an address in http whose user is this machine', 'bad-url', { url: 'http://127.0.0.1@dcc.invalid/appel-contextuel' }),
  settings('an address with a user', 'bad-url', { url: 'https://a:b@dcc.invalid/appel-contextuel' }),
  settings('an address with a query', 'bad-url', { url: 'https://dcc.invalid/appel-contextuel?x=1' }),
  settings('a file address', 'bad-url', { url: 'file:///etc/passwd' }),
  settings('a FINESS of eight digits', 'bad-settings', { finess: '99000101' }),
  settings('an environment that is not one', 'bad-settings', { environment: 'prod' }),
  settings('a profile that is not one', 'bad-settings', { profile: 'none' }),
  settings('a key file that is not there', 'key-unreadable', { keyFile: 'nowhere.pem' }),
  settings('a key file that is no key', 'key-unreadable', { keyFile: 'passerelle.json' }),
];
