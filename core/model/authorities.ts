/** Which entry of a site's authorities an identifier falls under, when it falls under several (SAFETY A7). */
import type { IdentityAuthority } from '../contract/index.ts';

/**
 * The first of them; of IPPs those that have the OID that was sent, before those that only bear the name. `'several'`: IPPs of two domains bear it, and
 * whose number this is would be a guess between two hospitals.
 */
export function meantAuthority(matching: readonly IdentityAuthority[], oid: string | undefined): IdentityAuthority | 'several' | undefined {
  const [first] = matching;
  if (first?.use !== 'IPP') return first;
  const named = matching.filter((one) => one.use === 'IPP' && (one.namespace !== undefined || one.oid !== undefined));
  const exact = named.filter((one) => oid && one.oid === oid);
  const [meant = first, ...others] = exact.length > 0 ? exact : named;
  return others.every(({ domain }) => domain === meant.domain) ? meant : 'several';
}
