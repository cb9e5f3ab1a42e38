/** Settings as documents: read, checked with every issue at once, compared, never guessed (ARCHITECTURE D10, section 6). */
export { checkDocuments, defaultEngine, type CheckResult } from './check.ts';
export { eventTypesOf } from './check-endpoint.ts';
export { loadDocuments, parseDocuments, readSettingsFiles, storedDocuments, type SettingsDocument, type SettingsFile } from './documents.ts';
export { establishmentsOf, ippDomainsOf } from './domains.ts';
export { durationMs } from './duration.ts';
export { overrideFromEnvironment } from './environment.ts';
export { makeIssue, same, say } from './issue.ts';
export { isLoopback } from './loopback.ts';
export { planChange, type SettingsChange } from './plan.ts';
export {
  siteSettingsOf,
  type Catalogue,
  type ConnectorEntry,
  type Endpoint,
  type EngineSettings,
  type InboundEndpoint,
  type OutboundEndpoint,
  type RegionSettings,
  type SiteEntry,
} from './region.ts';
export { recordNamed, type ProSanteConnect, type RecordCall, type SiteCall, type SmartIssuer } from './schema-call.ts';
export { EngineDocument } from './schema-engine.ts';
export { FlatSiteSettings, InboundFields, OutboundFields, SiteDocument } from './schema-site.ts';
export { findMissingSecrets, isSecretReference, maskSecrets, resolveSecrets, type SecretReference } from './secrets.ts';
export { loadSiteSettings } from './site-settings-file.ts';
