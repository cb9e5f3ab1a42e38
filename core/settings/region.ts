/** Checked settings with every default filled: what the engine runs. */
import type { ConnectorDefinition, SiteSettings, TransportPlugin } from '../contract/index.ts';
import type { RecordCall, SiteCall } from './schema-call.ts';
import type { EngineDocument } from './schema-engine.ts';
import type { InboundFields, OutboundFields } from './schema-site.ts';

/** What can be named in settings: given by the registry. */
export interface Catalogue {
  readonly connectors: readonly Pick<ConnectorDefinition, 'manifest' | 'settingsSchema'>[];
  readonly transports: readonly Pick<TransportPlugin, 'id' | 'settingsSchema'>[];
}

/** The transport's own fields, apart, secrets still references (`resolveSecrets`). */
interface OwnSettings {
  readonly transportSettings: Readonly<Record<string, unknown>>;
}
export type InboundEndpoint = Readonly<InboundFields> & OwnSettings & { readonly direction: 'in' };
export type OutboundEndpoint = Readonly<OutboundFields> & OwnSettings & { readonly direction: 'out' };
export type Endpoint = InboundEndpoint | OutboundEndpoint;

export interface ConnectorEntry {
  readonly id: string;
  readonly version: string;
  /** Secrets still references. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly endpoints: readonly Endpoint[];
}

export interface SiteEntry extends Omit<SiteSettings, 'connector'> {
  readonly name: string;
  readonly role: 'establishment' | 'record';
  readonly environment: 'test' | 'production';
  readonly documentChecks: 'after' | 'before' | 'never';
  readonly connectors: readonly ConnectorEntry[];
  /** How it calls; secrets still references. */
  readonly contextualCall?: Readonly<SiteCall>;
  /** Of the record: how calls get there. */
  readonly recordCall?: Readonly<RecordCall>;
}

export type EngineSettings = Readonly<Omit<EngineDocument, 'kind'>>;

export interface RegionSettings {
  readonly engine: EngineSettings;
  readonly sites: readonly SiteEntry[];
}

/** What one connector sees of its site (ARCHITECTURE section 6). */
export function siteSettingsOf(site: SiteEntry, connector: Pick<ConnectorEntry, 'settings'>): SiteSettings {
  const { environment, timeZone, identityAuthorities, senders, documentTypes, charsetFallback, legalEntity } = site;
  const own = { environment, timeZone, identityAuthorities, senders, documentTypes, charsetFallback, connector: connector.settings };
  return { site: site.site, ...(legalEntity !== undefined && { legalEntity }), ...own };
}
