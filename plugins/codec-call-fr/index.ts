/**
 * What the contextual calls of French products share: names, dates, sexes and statuses as they write them, read into a canonical call from a profile of
 * their keys. Pure, and small enough to run in the kit of a site.
 */
export { decodeCall, refusedCall } from './decode.ts';
export { birthDateOf } from './dates.ts';
export type { CallField, CallProfile } from './profile.ts';
export { flattened } from './flatten.ts';
