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

  it('A7: of a name that IPPs of two domains bear says nothing alone; the OID tells, whatever stands first', () => {
    const [a, b] = ['1.2.250.1.999.90.1', '1.2.250.1.999.90.2'] as const;
    const two = [
      { namespace: 'IPP', oid: a },
      { namespace: 'IPP', oid: b },
    ];
    expect([domain(two, sent('IPP', '')), domain(two, sent('IPP', a)), domain(two, sent('IPP', b))]).to.deep.equal([undefined, 'd0', 'd1']);
    expect(
      matchAuthority(sent('IPP', ''), { ...UNCONFIGURED, identityAuthorities: two.map((one, i) => ({ ...one, domain: `d${i}`, use: 'IPP' })) }),
    ).to.include({ isAmbiguous: true });
    expect(domain([{ namespace: 'IPP' }, { namespace: 'IPP', oid: b }], sent('IPP', b))).to.equal('d1');
    expect(
      domain(
        two.map((one) => ({ ...one, domain: 'shared' })),
        sent('IPP', ''),
      ),
      'of one domain',
    ).to.equal('shared');
    expect(
      domain(
        [
          { namespace: 'IPP', type: 'PI' },
          { namespace: 'IPP', type: 'RI' },
        ],
        sent('IPP', ''),
      ),
      'told by type',
    ).to.equal('d0');
  });

  it('that names nothing matches everything, and the first that matches wins', () => {
    expect(domain([{}], sent('', '', ''))).to.equal('d0');
    expect(domain([{ namespace: 'X' }, { namespace: 'GAM' }, {}], sent('GAM', ''))).to.equal('d1');
  });
});
