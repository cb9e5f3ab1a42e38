/** Local times of a site to instants: messages carry local times without offset, the journal and CloudEvents need instants. */

export const NATIONAL_TIME_ZONE = 'Europe/Paris';

const formatters = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();
const repeated = new Map<string, string | undefined>();
/** One entry per zone and hour seen; bounded so that hostile dates cannot fill memory. */
const MAX_OFFSETS = 5000;
/** Times kept, as they were said; longer than the second, none is a time. */
const [MAX_TIMES, MAX_TIME_LENGTH] = [500, 64];

const TIME = /^(\d{4})-(\d{2})(?:-(\d{2}))?(?:T(\d{2})(?::(\d{2}))?(?::(\d{2})(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** `2026-09-14T17:00:00` in `Europe/Paris` -> `2026-09-14T15:00:00.000Z`. With an offset or `Z`, that one counts. `undefined` when it is no date. */
export const toInstant = remembered(instantOf);

/** One message says the same time several times, and those that are in work together come in turns. */
function remembered(read: (value: string, timeZone: string) => string | undefined): typeof read {
  const known = new Map<string, string | undefined>();
  return (value, timeZone) => {
    const key = `${timeZone} ${value}`;
    if (known.has(key)) return known.get(key);
    const made = read(value, timeZone);
    if (known.size >= MAX_TIMES) known.clear();
    if (value.length <= MAX_TIME_LENGTH) known.set(key, made);
    return made;
  };
}

function instantOf(value: string, timeZone: string): string | undefined {
  const match = TIME.exec(value);
  if (!match) return undefined;
  const [, year, month, day = '01', hour = '00', minute = '00', second = '00', fraction = '', zone] = match;
  const asUtc = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  if (zone) return new Date(asUtc - (zone === 'Z' ? 0 : zoneOffset(zone))).toISOString();
  return new Date(asUtc - localOffset(asUtc, timeZone)).toISOString();
}

/**
 * The hour that autumn repeats, when a local time without offset is in it: nobody can say which of two instants it is. Answers where that begins, as
 * an instant; both passages of the hour are over two hours later.
 */
export const repeatedHour = remembered(repeatedHourOf);

function repeatedHourOf(value: string, timeZone: string): string | undefined {
  const [, year, month, day, hour, , , , zone] = TIME.exec(value) ?? [];
  if (day === undefined || hour === undefined || zone !== undefined) return undefined;
  const local = Date.parse(`${year}-${month}-${day}T${hour}:00:00Z`);
  if (Number.isNaN(local)) return undefined;
  const key = `${timeZone} ${local / HOUR_MS}`;
  if (!repeated.has(key)) {
    const [before, after] = [offsetAt(local - DAY_MS, timeZone), offsetAt(local + DAY_MS, timeZone)];
    if (repeated.size >= MAX_OFFSETS) repeated.clear();
    // Summer time still holds at the first of the two, winter time at the second.
    const isTwice = before > after && offsetAt(local - before, timeZone) === before && offsetAt(local - after, timeZone) === after;
    repeated.set(key, isTwice ? new Date(local - before).toISOString() : undefined);
  }
  return repeated.get(key);
}

function zoneOffset(zone: string): number {
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.replaceAll(/\D/g, '');
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4))) * 60_000;
}

/**
 * Milliseconds to take from a local time read as UTC. Tried twice, because the offset depends on the instant that is sought; in the hour
 * that autumn repeats the first (summer time) is taken.
 */
function localOffset(asUtc: number, timeZone: string): number {
  const key = `${timeZone} ${Math.floor(asUtc / HOUR_MS)}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const first = offsetAt(asUtc, timeZone);
  const earlier = offsetAt(asUtc - Math.max(first, offsetAt(asUtc - DAY_MS, timeZone)), timeZone);
  if (offsets.size >= MAX_OFFSETS) offsets.clear();
  offsets.set(key, earlier);
  return earlier;
}

function offsetAt(instant: number, timeZone: string): number {
  let format = formatters.get(timeZone);
  if (!format)
    formatters.set(
      timeZone,
      (format = new Intl.DateTimeFormat('en-US', {
        timeZone,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      })),
    );
  const parts = Object.fromEntries(format.formatToParts(instant).map((p) => [p.type, Number(p.value)]));
  return (
    Date.UTC(parts['year'] ?? 0, (parts['month'] ?? 1) - 1, parts['day'], parts['hour'], parts['minute'], parts['second']) -
    Math.floor(instant / 1000) * 1000
  );
}
