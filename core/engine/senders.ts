/** Which applications speak for an identity domain: those of the establishments whose domain it is, which `check` made list the same. */
import type { DomainSender } from '../identity/index.ts';
import { establishmentsOf, type RegionSettings } from '../settings/index.ts';

const known = new WeakMap<RegionSettings, Map<string, readonly DomainSender[]>>();

/** The same list each time: what was joined by it is remembered with it. */
export function sendersOf(settings: RegionSettings, domain: string): readonly DomainSender[] {
  const domains = known.get(settings) ?? new Map<string, readonly DomainSender[]>();
  known.set(settings, domains);
  const found = domains.get(domain) ?? sendersIn(settings, domain);
  domains.set(domain, found);
  return found;
}

function sendersIn({ sites }: RegionSettings, domain: string): readonly DomainSender[] {
  const own = establishmentsOf(sites, domain);
  const names = own.map(({ site }) => site);
  return (own[0]?.senders ?? []).map((sender) => ({ ...sender, sites: names }));
}
