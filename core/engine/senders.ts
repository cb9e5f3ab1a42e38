/** Which applications speak for an identity domain: those of the establishments whose domain it is, which `check` made list the same. */
import type { DomainSender } from '../identity/index.ts';
import { establishmentsOf, ippDomainsOf, type RegionSettings } from '../settings/index.ts';

interface Speakers {
  readonly senders: readonly DomainSender[];
  readonly sites: ReadonlySet<string>;
}

const NOBODY: Speakers = { senders: [], sites: new Set() };
/** Asked of each message: every domain of a region, once. */
const known = new WeakMap<RegionSettings, ReadonlyMap<string, Speakers>>();

function speakersOf(settings: RegionSettings, domain: string): Speakers {
  const all = known.get(settings) ?? speakersIn(settings);
  known.set(settings, all);
  return all.get(domain) ?? NOBODY;
}

function speakersIn({ sites }: RegionSettings): ReadonlyMap<string, Speakers> {
  const speakers = (domain: string): Speakers => {
    const own = establishmentsOf(sites, domain);
    const names = own.map(({ site }) => site);
    return { senders: (own[0]?.senders ?? []).map((sender) => ({ ...sender, sites: names })), sites: new Set(names) };
  };
  return new Map([...new Set(sites.flatMap(ippDomainsOf))].map((domain) => [domain, speakers(domain)]));
}

/** The same list each time: what was joined by it is remembered with it. */
export const sendersOf = (settings: RegionSettings, domain: string): readonly DomainSender[] => speakersOf(settings, domain).senders;

/** Whose numbers they are only its own sites say; of a domain that no establishment has, whoever speaks. */
export function ownsDomain(settings: RegionSettings, site: string, domain: string): boolean {
  const { sites } = speakersOf(settings, domain);
  return sites.size === 0 || sites.has(site);
}
