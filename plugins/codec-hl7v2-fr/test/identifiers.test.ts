import { expect } from 'chai';
import { UNCONFIGURED, type IdentityAuthority } from '../../../core/contract/index.ts';
import { matchAuthority, sentAuthority, type SentIdentifier } from '../identifiers.ts';

const OID = '1.2.250.1.999.90.1';
const sent = (namespace: string, universalId: string, type = 'PI'): SentIdentifier => ({
  value: '1',
  ...sentAuthority(namespace, universalId),
  type,
  defaultType: 'PI',
  at: 'PID-3',
});
const domain = (entries: readonly Partial<IdentityAuthority>[], id: SentIdentifier): string | undefined =>
  matchAuthority(id, { ...UNCONFIGURED, identityAuthorities: entries.map((entry, i) => ({ domain: `d${i}`, use: 'IPP' as const, ...entry })) })
    .authority?.domain;

describe('an authority of the settings', () => {
  const both = [{ namespace: 'GAM', oid: OID }];

  it('matches what it names, or what the sender leaves out, with one of them equal', () => {
    expect(domain(both, sent('GAM', OID))).to.equal('d0');
    expect(domain(both, sent('GAM', ''))).to.equal('d0');
    expect(domain(both, sent('', OID))).to.equal('d0');
    expect(domain(both, sent('', ''))).to.equal(undefined);
    expect(domain(both, sent('GAM', '1.2.250.1.999.90.2'))).to.equal(undefined);
    expect(domain(both, sent('AUTRE', OID))).to.equal(undefined);
  });

  it('does not take a FINESS in the place of the OID for another OID', () => {
    expect(domain(both, sent('GAM', '990055014'))).to.equal('d0');
    expect(domain([{ oid: '990055014' }], sent('GAM', '990055014'))).to.equal('d0');
  });

  it('finds an OID that stands in the place of the namespace', () => {
    expect(domain([{ oid: OID }], sent(OID, ''))).to.equal('d0');
  });

  it('asks for its type when it names one; an identifier without type is a PI in PID-3', () => {
    expect(domain([{ namespace: 'GAM', type: 'PI' }], sent('GAM', '', ''))).to.equal('d0');
    expect(domain([{ namespace: 'GAM', type: 'PI' }], sent('GAM', '', 'RI'))).to.equal(undefined);
  });

  it('that names nothing matches everything, and the first that matches wins', () => {
    expect(domain([{}], sent('', '', ''))).to.equal('d0');
    expect(domain([{ namespace: 'X' }, { namespace: 'GAM' }, {}], sent('GAM', ''))).to.equal('d1');
  });
});
