import { expect } from 'chai';
import { ownsDomain, sendersOf } from '../../core/engine/senders.ts';
import type { RegionSettings } from '../../core/settings/index.ts';

const site = (name: string, role: string, domains: readonly string[], applications: readonly string[]): object => ({
  site: name,
  role,
  identityAuthorities: domains.map((domain) => ({ domain, use: 'IPP' })),
  senders: applications.map((application) => ({ application })),
});
const settings = {
  sites: [
    site('990009995', 'record', ['north', 'dcc'], ['DCC']),
    site('990001018', 'establishment', ['north', 'group'], ['DPI', 'GAM']),
    site('990001026', 'establishment', ['group'], ['GAM', 'RIS']),
  ],
} as unknown as RegionSettings;

describe('whose identity domain it is', () => {
  const namesOf = (domain: string): readonly string[] => sendersOf(settings, domain).map(({ application }) => application);

  it('A1, A6: an establishment, not the record that reads its numbers; all that share one', () => {
    expect(['990009995', '990001018', '990001026'].map((name) => ownsDomain(settings, name, 'north'))).to.deep.equal([false, true, false]);
    expect(['990009995', '990001018', '990001026'].map((name) => ownsDomain(settings, name, 'group'))).to.deep.equal([false, true, true]);
    expect([ownsDomain(settings, '990009995', 'dcc'), ownsDomain(settings, '990001018', 'dcc')]).to.deep.equal([true, false]);
    expect(ownsDomain(settings, '990009995', 'nobody'), 'no site has it').to.equal(true);
  });

  it('A2: senders are one list, whoever speaks and asks', () => {
    expect([namesOf('north'), namesOf('group'), namesOf('dcc'), namesOf('nobody')]).to.deep.equal([
      ['DPI', 'GAM'],
      ['DPI', 'GAM', 'RIS'],
      ['DCC'],
      [],
    ]);
    expect(sendersOf(settings, 'group'), 'what is remembered by it').to.equal(sendersOf(settings, 'group'));
  });
});
