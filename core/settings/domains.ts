/** Whose an identity domain is. */
import type { SiteEntry } from './region.ts';

/** Domains of the IPPs of a site, its own first. */
export const ippDomainsOf = ({ identityAuthorities }: Pick<SiteEntry, 'identityAuthorities'>): readonly string[] => [
  ...new Set(identityAuthorities.filter(({ use }) => use === 'IPP').map(({ domain }) => domain)),
];

/**
 * Establishments that a domain belongs to (SAFETY A1): whose first one it is. A site that lists the IPP of another one beside does not speak for it; a domain that
 * is the first of nobody belongs to those who list it.
 */
export function establishmentsOf<T extends Pick<SiteEntry, 'role' | 'identityAuthorities'>>(sites: readonly T[], domain: string): readonly T[] {
  const all = sites.filter((site) => site.role === 'establishment' && ippDomainsOf(site).includes(domain));
  const own = all.filter((site) => ippDomainsOf(site)[0] === domain);
  return own.length > 0 ? own : all;
}
