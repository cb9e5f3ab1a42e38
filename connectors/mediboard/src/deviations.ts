/** Known departures of Mediboard from protocol 1.0 of the contextual call, each with the case that shows it. */
import type { Deviation } from 'passerelle/contract';

export const deviations: readonly Deviation[] = [
  {
    id: 'identity-in-url',
    what: 'the patient is named in an address',
    versions: '2015, open source',
    reference: 'public call screen of the open-source version',
    case: 'encode/patient',
  },
];
