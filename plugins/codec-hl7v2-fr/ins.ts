/** Whether an INS may be used at a site (SAFETY A4, A5). */
import { PasserelleError, type SiteSettings } from '../../core/contract/index.ts';
import { hasValidInsKey, insEnvironment } from '../../core/model/index.ts';

/**
 * Throws ERR_INS_ENVIRONMENT for an authority of the other environment (SAFETY A5), ERR_INS_KEY for a number that contradicts its
 * key: such a number is never used and never corrected. Without settings no environment is known.
 */
export function checkIns(number: string, oid: string, settings: SiteSettings, hl7: string): void {
  const environment = insEnvironment(oid);
  if (settings.environment && environment !== settings.environment)
    throw new PasserelleError('ERR_INS_ENVIRONMENT', {
      location: { hl7 },
      expected: `an authority of the ${settings.environment} environment`,
      found: `one of the ${environment ?? 'other'} environment`,
    });
  if (!hasValidInsKey(number))
    throw new PasserelleError('ERR_INS_KEY', {
      location: { hl7 },
      expected: '13 characters and their key of 2 digits',
      found: number.length === 15 ? 'a key that does not agree' : `${number.length} characters`,
    });
}
