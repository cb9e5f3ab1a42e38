/** ZFA: what the patient decided about the national record (specs FACTS D5). */
import type { Static } from 'typebox';
import type { Consent } from '../../core/model/index.ts';
import { at, timeAt, type Reading } from './reading.ts';
import { said } from './values.ts';

export type ConsentData = Static<typeof Consent>;

/** IO in ZFA-9: informed and opposed to feeding. It overrides every wish to send (SAFETY B7). */
export const isOpposed = (consent: ConsentData | undefined): boolean => consent?.dmpFeedOpposition === 'IO';

export function readConsent(reading: Reading): ConsentData | undefined {
  const consent = said({
    dmpStatus: at(reading, 'ZFA-1'),
    dmpFeedOpposition: at(reading, 'ZFA-9'),
    dmpFeedAt: timeAt(reading, 'ZFA-10'),
    dmpReadConsent: at(reading, 'ZFA-11'),
    dmpReadAt: timeAt(reading, 'ZFA-12'),
  });
  return Object.keys(consent).length > 0 ? consent : undefined;
}
