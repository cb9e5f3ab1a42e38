import { expect } from 'chai';
import { UNCONFIGURED, type IdentityAuthority } from '../../../core/contract/index.ts';
import { decodeCall, type CallProfile } from '../index.ts';

const PROFILE: CallProfile = {
  keys: { dpi: 'namespace', login: 'login', ipp: 'ipp', nom: 'birthName', prenom: 'firstGivenName', ddn: 'birthDate', sexe: 'sex' },
};
const TEXTS = { dpi: 'DPI', login: 'testcamille', ipp: '00071', nom: 'BRÉZOLLET', prenom: 'ZOÉ', ddn: '28/02/1970', sexe: 'F' };
const authority = (domain: string, namespace: string, oid: string): IdentityAuthority => ({ domain, namespace, oid, type: 'PI', use: 'IPP' });

describe('the IPP of a product call', () => {
  const patientOf = (identityAuthorities: readonly IdentityAuthority[]): unknown => {
    const context = { settings: { ...UNCONFIGURED, identityAuthorities }, now: '2026-09-15T08:00:00Z', newId: () => '' };
    const [event] = decodeCall(TEXTS, PROFILE, context, { mayCreate: false }).events;
    return (event?.data as { patient: unknown }).patient;
  };

  it('A7: is of the authority that the call names, and of none when two have this name', () => {
    const [own, other] = [authority('port', 'DPI', '1.2.250.1.999.77.1'), authority('nord', 'NORD', '1.2.250.1.999.77.3')];
    expect(patientOf([other, own])).to.include({ ipp: '00071', ippAuthority: '1.2.250.1.999.77.1', domain: 'port' });
    const twins = patientOf([own, { ...other, namespace: 'DPI' }]);
    expect(twins).to.not.have.property('ipp');
    expect(twins).to.deep.include({ otherIds: [{ value: '00071' }] });
  });
});
