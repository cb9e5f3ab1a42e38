/** Local times of a site to instants: messages carry local times without offset, the journal and CloudEvents need instants. */

const formatters = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();
/** One entry per zone and hour seen; bounded so that hostile dates cannot fill memory. */
const MAX_OFFSETS = 5000;

/** `2026-09-14T17:00:00` in `Europe/Paris` -> `2026-09-14T15:00:00.000Z`. With an offset or `Z`, that one counts. `undefined` when it is no date. */
export function toInstant(value: string, timeZone: string): string | undefined {
  const match = /^(\d{4})-(\d{2})(?:-(\d{2}))?(?:T(\d{2})(?::(\d{2}))?(?::(\d{2})(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/.exec(value);
  if (!match) return undefined;
  const [, year, month, day = '01', hour = '00', minute = '00', second = '00', fraction = '', zone] = match;
  const asUtc = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  if (zone) return new Date(asUtc - (zone === 'Z' ? 0 : zoneOffset(zone))).toISOString();
  return new Date(asUtc - localOffset(asUtc, timeZone)).toISOString();
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
  const key = `${timeZone} ${Math.floor(asUtc / 3_600_000)}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const first = offsetAt(asUtc, timeZone);
  const earlier = offsetAt(asUtc - Math.max(first, offsetAt(asUtc - 86_400_000, timeZone)), timeZone);
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
