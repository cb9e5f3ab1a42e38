/** Known departures of Klinck from protocol 1.0 of the contextual call, each with the case that shows it. All assumed until a site confirms them. */
import type { Deviation } from 'passerelle/contract';

const reference = 'no public interface book; proposal';

export const deviations: readonly Deviation[] = [
  {
    id: 'body-signature',
    what: 'the HMAC covers the body only, not method, host, path',
    versions: 'unknown',
    reference,
    case: 'call/open-or-create',
  },
  { id: 'no-expiry', what: 'says when it was made, not until when it is good', versions: 'unknown', reference, case: 'call/open-or-create' },
];
