/** What a care record says in FHIR, read as the context of a call: anything may come. */
import { expect } from 'chai';
import { array, assert, jsonValue, nat, property } from 'fast-check';
import { patientOf, practitionerId, practitionerOf } from '../../../core/call/fhir-context.ts';
import { PasserelleError, type IdentityAuthority } from '../../../core/contract/index.ts';

const NOW = Date.parse('2026-09-15T08:00:00Z');
const AUTHORITIES: IdentityAuthority[] = [{ namespace: 'DPI', oid: '1.2.250.1.999.10.1', type: 'PI', domain: 'dpi', use: 'IPP' }];
const IN_SITE = { identityAuthorities: AUTHORITIES, timeZone: 'Europe/Paris' };
const CORE = 'https://hl7.fr/ig/fhir/core/StructureDefinition/';
const PATIENT = {
  resourceType: 'Patient',
  id: 'p1',
  extension: [
    { url: `${CORE}fr-core-identity-reliability`, extension: [{ url: 'identityStatus', valueCoding: { code: 'VALI' } }] },
    {
      url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
      valueAddress: { city: 'X', _city: { extension: [{ url: `${CORE}fr-core-address-insee-code`, valueCoding: { code: '2A004' } }] } },
    },
  ],
  identifier: [
    { system: 'urn:oid:1.2.250.1.213.1.4.10', value: '258033399990170', type: { coding: [{ code: 'INS-NIR-TEST' }] } },
    { system: 'urn:oid:1.2.250.1.999.10.1', value: '7', type: { coding: [{ code: 'PI' }] } },
  ],
  name: [
    { use: 'official', family: 'BRÉZOLLET', given: ['MARIE-ANNE', 'LOUISE'] },
    { use: 'usual', family: 'QUINTARD' },
  ],
  gender: 'female',
  birthDate: '1958-03',
};
const [INS, IPP] = PATIENT.identifier;
const read = (resource: object, now = NOW): unknown => patientOf(resource as Record<string, unknown>, 'p1', IN_SITE, {}, now);
/** As PATIENT, with these statuses, one extension each. */
const said = (...codes: (string | undefined)[]): object => ({
  ...PATIENT,
  extension: codes.map((code) => ({
    url: `${CORE}fr-core-identity-reliability`,
    extension: [{ url: 'identityStatus', valueCoding: { code } }],
  })),
});

/** Something else in one place of a resource. */
function changed(value: unknown, path: readonly number[], other: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null || Object.keys(value).length === 0) return other;
  const keys = Object.keys(value);
  const key = keys[step % keys.length]!;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  copy[key] = changed(copy[key], rest, other);
  return copy;
}

describe('the context that FHIR says', () => {
  it('C9 is the flat context of the protocol, with what is not known as 00', () => {
    expect(read(PATIENT)).to.deep.equal({
      'Patient.identifier.value': '258033399990170',
      'Patient.identifier.system': '1.2.250.1.213.1.4.10',
      'Patient.identityStatus': 'QUAL',
      PatientID: '7',
      PatientIDIssuer: '&1.2.250.1.999.10.1&ISO',
      'Patient.name.family': 'BRÉZOLLET',
      'Patient.name.used': 'QUINTARD',
      'Patient.name.firstGiven': 'MARIE-ANNE',
      'Patient.name.given': 'MARIE-ANNE LOUISE',
      'Patient.gender': 'F',
      'Patient.birthDate': '1958-03-00',
      'Address.district': '2A004',
    });
  });

  it('A4 A7 C9 the INS is what its type says to be one: the billing number (NH) of the insured parent is none, and qualifies nobody', () => {
    const typed = (...types: string[]): object => ({ ...INS, type: { coding: types.map((code) => ({ code })) } });
    const insOf = (...identifier: object[]): unknown => read({ ...PATIENT, identifier: [...identifier, IPP] });
    for (const code of ['INS-NIR', 'INS-NIA', 'INS-NIR-TEST', 'INS-NIA-TEST', 'INS-NIR-DEMO'])
      expect(insOf(typed(code)), code).to.include({ 'Patient.identifier.value': INS!.value, 'Patient.identityStatus': 'QUAL' });
    const production = { system: 'urn:oid:1.2.250.1.213.1.4.8', value: '258033399990170' };
    const none = [typed('NH'), typed('NH', 'INS-NIR'), { ...typed('NH'), ...production }, typed('INS-C'), typed('INS-NIRE'), typed('PI'), typed()];
    for (const one of [...none, { ...INS, type: undefined }, { ...INS, type: { text: 'INS-NIR' } }]) {
      expect(insOf(one), JSON.stringify(one)).to.include({ PatientID: '7', 'Patient.identityStatus': 'VALI' });
      expect(insOf(one), JSON.stringify(one)).to.not.have.any.keys('Patient.identifier.value', 'Patient.identifier.system');
      expect(() => read({ ...PATIENT, identifier: [one] }), 'alone')
        .to.throw(PasserelleError)
        .with.property('code', 'ERR_CALL_IDENTITY');
    }
    // Beside its own INS, that of a parent is not a second one.
    expect(insOf({ ...typed('NH'), value: '158033399990117' }, INS!)).to.include({ 'Patient.identifier.value': INS!.value });
  });

  it('A4 A7 a status of the identity counts wherever it is said: doubtful once, or two that differ, opens nothing', () => {
    const statusOf = (...codes: (string | undefined)[]): unknown => (read(said(...codes)) as Record<string, unknown>)['Patient.identityStatus'];
    expect(statusOf('VALI', 'VALI')).to.equal('QUAL');
    expect(statusOf('PROV', 'PROV')).to.equal('PROV');
    expect(statusOf()).to.equal(undefined);
    for (const codes of [
      ['VALI', 'DOUB'],
      ['DOUB', 'VALI'],
      ['VALI', 'VALI', 'USUR'],
      ['VALI', 'PROV'],
      ['PROV', 'VALI'],
      ['VALI', 'VIDE'],
      ['VALI', undefined],
    ])
      expect(() => statusOf(...codes), codes.join())
        .to.throw(PasserelleError)
        .with.property('code', 'ERR_CALL_IDENTITY');
  });

  it('A7 a period holds to the end of what it says, in the time of the site, and not before its start', () => {
    const withPeriod = (period: object): object => ({ ...PATIENT, identifier: [{ ...IPP, period }, INS] });
    // 00:30 in Paris, of the 27th.
    const now = Date.parse('2026-11-26T23:30:00.500Z');
    const ippOf = (period: object): unknown => (read(withPeriod(period), now) as Record<string, unknown>)['PatientID'];
    for (const end of ['2026', '2026-11', '2026-11-27', '2026-11-26T23:30:00Z', '2026-11-27T00:30:00+01:00', '2027'])
      expect(ippOf({ end }), `until ${end}`).to.equal('7');
    for (const end of ['2025', '2026-10', '2026-11-26', '2026-11-26T23:29:59Z']) expect(ippOf({ end }), `until ${end}`).to.equal(undefined);
    for (const start of ['2026', '2026-11', '2026-11-27', '2026-11-26T23:30:00Z']) expect(ippOf({ start }), `from ${start}`).to.equal('7');
    for (const start of ['2027', '2026-12', '2026-11-28', '2026-11-26T23:30:01Z']) expect(ippOf({ start }), `from ${start}`).to.equal(undefined);
  });

  it('A7 a number that is not the patient’s own (type other than PI) is not the IPP, and one given name is not all of them', () => {
    const visit = [{ system: 'urn:oid:1.2.250.1.999.10.1', value: '9', type: { coding: [{ code: 'VN' }] } }];
    const one = read({ ...PATIENT, identifier: [...PATIENT.identifier, ...visit], name: [{ use: 'official', family: 'X', given: ['Y'] }] });
    expect(one).to.include({ PatientID: '7', 'Patient.name.firstGiven': 'Y' }).and.not.have.property('Patient.name.given');
  });

  it('C4 refuses in its own words whatever comes, and never fails', () => {
    assert(
      property(array(nat(20), { maxLength: 6 }), jsonValue(), (path, other) => {
        const resource = changed(PATIENT, path, other);
        try {
          read(resource === null || typeof resource !== 'object' ? {} : resource);
        } catch (thrown) {
          expect(thrown).to.be.instanceOf(PasserelleError);
          expect((thrown as PasserelleError).code).to.equal('ERR_CALL_IDENTITY');
        }
      }),
      { numRuns: 3000 },
    );
    assert(
      property(jsonValue(), (identifier) => {
        try {
          practitionerOf({ resourceType: 'Practitioner', id: 'x', identifier, name: identifier }, 'x', IN_SITE, NOW);
        } catch (thrown) {
          expect((thrown as PasserelleError).code).to.equal('ERR_CALL_FORBIDDEN');
        }
      }),
    );
  });

  it('C4 takes nothing that is no text for one', () => {
    const odd = { toString: null };
    expect(() => read({ ...PATIENT, identifier: [{ system: odd, value: '7' }] })).to.throw(PasserelleError);
    for (const gender of [odd, 'constructor']) expect(read({ ...PATIENT, gender })).to.not.have.property('Patient.gender');
    const practitioner = { resourceType: 'Practitioner', id: 'x', identifier: [{ system: odd, value: odd }] };
    expect(practitionerOf(practitioner, 'x', IN_SITE, NOW)).to.deep.equal({});
  });

  it('C4 a practitioner is of this very FHIR server', () => {
    const base = 'https://dpi.example.test/fhir';
    for (const said of ['Practitioner/7', `${base}/Practitioner/7`]) expect(practitionerId(said, base), said).to.equal('7');
    for (const said of [
      `${base}/Patient/7`,
      `${base}x/Practitioner/7`,
      'https://evil.test/fhir/Practitioner/7',
      '/Practitioner/7',
      'Practitioner/7/..',
      'Practitioner/a?b',
      'Practitioner/',
      null,
      {},
    ])
      expect(practitionerId(said, base), JSON.stringify(said)).to.equal(undefined);
  });
});
