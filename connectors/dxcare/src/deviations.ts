/** Known departures of DxCare from the standard, each with the case that shows it. All assumed until a site confirms them. */
import type { Deviation } from 'passerelle/contract';

const reference = 'no public interface book; shapes of test messages of integrators';

export const deviations: readonly Deviation[] = [
  {
    id: 'local-document-codes',
    what: 'OBR-4 and OBX-3 hold a code of DXC-TYPDOC: only the map of the site types it',
    versions: 'unknown',
    reference,
    case: 'decode/letter-pdf-latin1',
  },
  { id: 'pdf-in-oru', what: 'documents leave as PDF in ORU^R01 2.5, not as CDA', versions: 'unknown', reference, case: 'decode/letter-pdf-latin1' },
  {
    id: 'used-name-first',
    what: 'PID-5 holds the used name (D) before the birth name (L)',
    versions: 'unknown',
    reference,
    case: 'decode/letter-pdf-latin1',
  },
  {
    id: 'charset-not-in-table',
    what: 'MSH-18 may say UTF-8, which is no code of table 0211',
    versions: 'unknown',
    reference,
    case: 'decode/charset-not-in-table',
  },
  { id: 'structure-missing', what: 'MSH-9.3 is left out by some sites', versions: 'unknown', reference, case: 'decode/structure-missing' },
];
