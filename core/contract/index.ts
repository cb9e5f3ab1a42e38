/** The only thing plugins and connectors see of the engine: kinds, records, outcomes, states, errors. */
export * from './alerts.ts';
export * from './call-sessions.ts';
export * from './calls.ts';
export * from './connector.ts';
export { decodeBase64, decodeCanonical, encodeBase64, type DecodedBase64 } from './base64.ts';
export { assemblePart, joined, sniffMime } from './content.ts';
export * from './dump.ts';
export * from './engine-face.ts';
export * from './envelope.ts';
export { CATALOGUE, type CatalogueEntry, type Disposition, type ErrorCode } from './error-catalogue.ts';
export { PasserelleError, formatLocation, type ErrorData, type ErrorDetail, type Location, type DocumentCode } from './errors.ts';
export { explain, type ExplainedError } from './explained.ts';
export * from './identities.ts';
export * from './journal.ts';
export * from './peer.ts';
export * from './plugin.ts';
export * from './site-settings.ts';
export * from './states.ts';
