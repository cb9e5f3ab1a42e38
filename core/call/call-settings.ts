/** What calls go by: the running region's settings, secrets resolved, by site. */
import { BlockList, isIP } from 'node:net';
import type { SiteSettings } from '../contract/index.ts';
import { durationMs, siteSettingsOf, type ProSanteConnect, type RegionSettings, type SiteCall } from '../settings/index.ts';

export interface CallSite {
  readonly site: string;
  readonly environment: 'test' | 'production';
  readonly call: SiteCall;
  /** As the connector of its calls sees the site. */
  readonly settings: SiteSettings;
  readonly connector: string;
  readonly connectorVersion: string;
  /** Does this address belong to the site? */
  readonly comesFrom: (address: string) => boolean;
}

export interface CallSettings {
  /** Absent = there are no calls. */
  readonly publicUrl?: string;
  readonly skewMs: number;
  readonly perAddressPerMinute: number;
  readonly perSitePerMinute: number;
  readonly environment: 'test' | 'production';
  /** Secrets resolved; absent = no site asks for it. */
  readonly proSanteConnect?: ProSanteConnect;
  readonly sites: ReadonlyMap<string, CallSite>;
}

export const NO_CALLS: CallSettings = { skewMs: 0, perAddressPerMinute: 1, perSitePerMinute: 1, environment: 'test', sites: new Map() };

/** `resolve` reads secrets. Throws ERR_SECRET_MISSING. */
export function callSettings(region: RegionSettings, resolve: <T>(settings: T) => T): CallSettings {
  const { publicUrl, clockSkew, perAddressPerMinute, perSitePerMinute, proSanteConnect } = region.engine.contextualCall;
  const sites = region.sites.flatMap((entry): [string, CallSite][] => {
    const { contextualCall: raw, site, environment } = entry;
    const connector = entry.connectors.find(({ id }) => id === raw?.connector);
    if (!raw || !connector) return [];
    const call = resolve(raw);
    const settings = siteSettingsOf(entry, { settings: resolve(connector.settings) });
    const { id, version } = connector;
    return [[site, { site, environment, call, settings, connector: id, connectorVersion: version, comesFrom: comesFrom(call.egress) }]];
  });
  return {
    ...(publicUrl !== undefined && { publicUrl }),
    skewMs: durationMs(clockSkew),
    perAddressPerMinute,
    perSitePerMinute,
    environment: region.sites[0]?.environment ?? 'test',
    ...(proSanteConnect && { proSanteConnect: resolve(proSanteConnect) }),
    sites: new Map(sites),
  };
}

function comesFrom(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
    return networks.length === 0 || (isIP(plain) !== 0 && list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4'));
  };
}
