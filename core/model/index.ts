/** Canonical DCC events, identities and documents: what every connector translates to and from. */
export { dataSchemaUri, kindOf, sourceUri, type CanonicalEvent, type EventKind } from './event.ts';
export * from './schemas.ts';
export { toInstant } from './time.ts';
export { checkEventData } from './validate.ts';
