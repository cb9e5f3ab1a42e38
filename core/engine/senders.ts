/** Whose identity domain it is: which applications speak for it, and which sites. */
import type { SenderSettings } from '../contract/index.ts';
import type { RegionSettings, SiteEntry } from '../settings/index.ts';

/** Establishments that share one have one list, in the order of the settings; of a domain that no establishment has, it is that of any site. */
export function sendersOf(settings: RegionSettings, domain: string): readonly SenderSettings[] {
  const known = remembered.get(settings) ?? new Map<string, readonly SenderSettings[]>();
  remembered.set(settings, known);
  let senders = known.get(domain);
  if (!senders) {
    const all = ownersOf(settings, domain).flatMap((site) => site.senders);
    senders = all.filter(({ application }, i) => all.findIndex((one) => one.application === application) === i);
    known.set(domain, senders);
  }
  return senders;
}

/** The same list each time: what is joined by it is remembered by it. */
const remembered = new WeakMap<RegionSettings, Map<string, readonly SenderSettings[]>>();

/** Whose numbers they are only its own sites say; of a domain that no site has, whoever speaks. */
export function ownsDomain(settings: RegionSettings, site: string, domain: string): boolean {
  const owners = ownersOf(settings, domain);
  return owners.length === 0 || owners.some((owner) => owner.site === site);
}

function ownersOf({ sites }: RegionSettings, domain: string): readonly SiteEntry[] {
  const named = sites.filter(({ identityAuthorities }) => identityAuthorities.some((one) => one.use === 'IPP' && one.domain === domain));
  const establishments = named.filter(({ role }) => role === 'establishment');
  return establishments.length > 0 ? establishments : named;
}
