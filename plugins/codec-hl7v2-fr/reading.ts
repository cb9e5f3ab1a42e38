/** What every reader of this codec is given: the message, who reads it, and where to note what was tolerated. */
import type { ConnectorContext, SiteSettings, Warning } from '../../core/contract/index.ts';
import type { Hl7Message } from '../codec-hl7v2/index.ts';
import type { DialectProfile, ReadingProfile } from './profile.ts';
import { clean, toIsoTime } from './values.ts';

export interface Reading {
  readonly message: Hl7Message;
  readonly settings: SiteSettings;
  readonly dialect: ReadingProfile;
  readonly warnings: Warning[];
}

/** Kept with the message: a hostile one cannot fill the journal with warnings. */
const WARNING_LIMIT = 100;

export function newReading(message: Hl7Message, context: ConnectorContext, profile: DialectProfile): Reading {
  return { message, settings: context.settings, dialect: profile.reading, warnings: [] };
}

/** Notes something tolerated, once. */
export function warn(reading: Reading, code: string, detail?: string, hl7?: string): void {
  const { warnings } = reading;
  if (warnings.length >= WARNING_LIMIT || warnings.some((w) => w.code === code && w.detail === detail)) return;
  warnings.push({ code, ...(detail !== undefined && { detail }), ...(hl7 && { location: { hl7 } }) });
}

/** Value at a position, without null and blanks. */
export const at = (reading: Reading, path: string): string => clean(reading.message.get(path));

/** Date or time at a position; one that cannot be read is left out with a warning. */
export function timeAt(reading: Reading, path: string): string | undefined {
  const value = at(reading, path);
  if (!value) return undefined;
  const time = toIsoTime(value);
  if (!time) warn(reading, 'date-unreadable', path, path);
  return time;
}

/** No settings at all (`translate` alone): no authority, environment or map is known, and nothing is refused for it. */
export const isUnconfigured = (settings: SiteSettings): boolean => settings.site === '';
