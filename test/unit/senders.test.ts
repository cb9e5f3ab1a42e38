/** Who speaks for an identity domain (SAFETY A2). */
import { expect } from 'chai';
import { sendersOf } from '../../core/engine/senders.ts';
import { defaultEngine, type RegionSettings, type SiteEntry } from '../../core/settings/index.ts';

const site = (finess: string, domains: readonly string[], ...applications: readonly string[]): SiteEntry =>
  ({
    site: finess,
    role: 'establishment',
    identityAuthorities: domains.map((domain) => ({ oid: `1.2.${domain.length}`, domain, use: 'IPP' })),
    senders: applications.map((application) => ({ application })),
  }) as unknown as SiteEntry;
const region = (...sites: SiteEntry[]): RegionSettings => ({ engine: defaultEngine(), sites });
const named = (settings: RegionSettings, domain: string): string[] =>
  sendersOf(settings, domain).map(({ application, sites }) => `${application} of ${sites?.join()}`);

describe('senders of a domain', () => {
  const [north, south] = [site('N', ['north'], 'IDENT', 'GAM'), site('S', ['south', 'north', 'old'], 'DPI')];

  it('A2: are those of the site whose first IPP it is, whichever is loaded first', () => {
    for (const settings of [region(north, south), region(south, north)]) {
      expect(named(settings, 'north')).to.deep.equal(['IDENT of N', 'GAM of N']);
      expect(named(settings, 'south')).to.deep.equal(['DPI of S']);
      expect(named(settings, 'old'), 'nobody’s first').to.deep.equal(['DPI of S']);
      expect(sendersOf(settings, 'nowhere')).to.deep.equal([]);
    }
  });

  it('A1: are of all the sites that share it', () => {
    expect(named(region(north, site('N2', ['north'], 'IDENT', 'GAM')), 'north')).to.deep.equal(['IDENT of N,N2', 'GAM of N,N2']);
  });

  it('A2: are the same list each time: what was joined by it is found again', () => {
    const settings = region(north);
    expect(sendersOf(settings, 'north')).to.equal(sendersOf(settings, 'north'));
  });
});
