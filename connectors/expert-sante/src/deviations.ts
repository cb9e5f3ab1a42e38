/** Known departures of Expert Santé from protocol 1.0 of the contextual call, each with the case that shows it. All assumed until a site confirms them. */
import type { Deviation } from 'passerelle/contract';

const reference = 'no public interface book; proposal';

export const deviations: readonly Deviation[] = [
  {
    id: 'unsigned-form',
    what: 'a form without signature, time or nonce: for the kit of the site only',
    versions: 'unknown',
    reference,
    case: 'call/open',
  },
  { id: 'c1-bytes', what: 'Windows-1252 labelled ISO-8859-1', versions: 'unknown', reference, case: 'call/open' },
];
