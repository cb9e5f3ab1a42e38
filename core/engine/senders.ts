/** Which applications speak for an identity domain: those of the establishment whose domain it is. */
import type { SenderSettings } from '../contract/index.ts';
import type { RegionSettings } from '../settings/index.ts';

export const sendersOf = ({ sites }: RegionSettings, domain: string): readonly SenderSettings[] =>
  sites.find(
    ({ role, identityAuthorities }) => role === 'establishment' && identityAuthorities.some((one) => one.use === 'IPP' && one.domain === domain),
  )?.senders ?? [];
