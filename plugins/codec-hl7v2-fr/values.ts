/** HL7 values as meaning: the null, dates and times, and names folded for comparison. */

/** A value without the blanks around it; the HL7 null (`""`) is no value here: it never erases a strict trait (SAFETY A3). */
export function clean(value: string): string {
  const text = value.trim();
  return text === '""' ? '' : text;
}

const TIMESTAMP = /^(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\.\d{1,9})?([+-]\d{4}|Z)?$/;

/**
 * `20260914170000` -> `2026-09-14T17:00:00`, with the precision and the offset that were sent. `undefined` when it is no date, or
 * only a year: a DateTime has at least a month.
 */
export function toIsoTime(value: string): string | undefined {
  const match = TIMESTAMP.exec(clean(value));
  if (!match?.[2]) return undefined;
  const [, year = '', month = '', day, hour, minute, second, fraction = '', zone = ''] = match;
  if (!inCalendar(year, month, day ?? '01') || (hour ?? '') > '23' || (minute ?? '') > '59' || (second ?? '') > '59') return undefined;
  const date = day ? `${year}-${month}-${day}` : `${year}-${month}`;
  if (!hour) return date;
  const offset = zone && zone !== 'Z' ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  return `${date}T${hour}${minute ? `:${minute}` : ''}${second ? `:${second}${fraction}` : ''}${offset}`;
}

/** Digits, as many as each takes. */
function inCalendar(year: string, month: string, day: string): boolean {
  if (month < '01' || month > '12' || day < '01') return false;
  if (day <= '28') return true;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

/**
 * Birth date as sent, the dummy time of some products left out: `19471102000000` -> `1947-11-02`. A lunar date whose day or month
 * does not exist stays as it is: `1950-00-00`. `undefined` when it is no date.
 */
export function toBirthDate(value: string): string | undefined {
  const match = /^(\d{4})(?:(\d{2})(?:(\d{2})(?:\d{2}){0,3})?)?$/.exec(clean(value).replace(/\..*$|[+-]\d{4}$/, ''));
  if (!match) return undefined;
  const [, year = '', month = '', day = ''] = match;
  // A day written before the month and year (`14031958`) always breaks one of these bounds.
  if (year < '1850' || year > '2150' || Number(month) > 12 || Number(day) > 31) return undefined;
  return [year, month, day].filter((part) => part !== '').join('-');
}

/** The other way round: `2026-09-14T17:00:00.5+02:00` -> `20260914170000.5+0200`. */
export function toHl7Time(iso: string | undefined): string {
  if (!iso) return '';
  if (/^[\d-]+(?:T[\d:]+)?$/.test(iso)) return iso.replaceAll(/[-:T]/g, '');
  const match = /^([\d-]+?)(?:T([\d:]+)(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/.exec(iso);
  if (!match) return '';
  const [, date = '', time = '', fraction = '', zone = ''] = match;
  return date.replaceAll('-', '') + time.replaceAll(':', '') + fraction.slice(0, 5) + (zone === 'Z' ? '+0000' : zone.replace(':', ''));
}

/** Keeps only what is said: a canonical object has no undefined or empty fields. */
export function said<T extends object>(fields: T): { [K in keyof T]: NonNullable<T[K]> } {
  const kept: Partial<T> = {};
  for (const key of Object.keys(fields) as (keyof T)[]) {
    const value = fields[key];
    if (value !== undefined && value !== '') kept[key] = value;
  }
  return kept as { [K in keyof T]: NonNullable<T[K]> };
}

/** A whole number, or `undefined`. */
export const toInteger = (value: string): number | undefined => (/^\d{1,9}$/.test(value.trim()) ? Number(value.trim()) : undefined);

interface Clock {
  readonly format: Intl.DateTimeFormat;
  /** The second last shown, since 1970, and how. */
  second: number;
  shown: string;
}
const clocks = new Map<string, Clock>();

/** An instant as the wall clock of the site shows it, `20260914170000`: what every counterparty expects in MSH-7. */
export function toLocalHl7Time(instant: string, timeZone: string): string {
  let clock = clocks.get(timeZone);
  // sv-SE writes dates and times as ISO 8601 does.
  if (!clock)
    clocks.set(
      timeZone,
      (clock = { format: new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }), second: NaN, shown: '' }),
    );
  const second = Math.floor(Date.parse(instant) / 1000);
  // The messages of one second show one time, and calendars are slow.
  if (second !== clock.second) {
    clock.shown = clock.format.format(second * 1000).replaceAll(/\D/g, '');
    clock.second = second;
  }
  return clock.shown;
}
