/** ISO 8601 of canonical data and the times of HL7 v3: `20260914170000+0200`, `20260914`, `202609`. */

/**
 * A time of day always gets an offset (CI-SIS refuses one without): its own, else the one that `timeZone` had at that moment.
 * `undefined` when it is not such a time.
 */
export function hl7Time(iso: string | undefined, timeZone: string): string | undefined {
  const match =
    iso === undefined ? null : /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):?(\d{2})?(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/.exec(iso);
  if (!match) return undefined;
  const [, year, month, day, hour, minute = '00', second = '00', offset] = match;
  if (hour === undefined) return `${year}${month ?? ''}${day ?? ''}`;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const known = offset === 'Z' ? '+0000' : (offset?.replace(':', '') ?? offsetAt(local, timeZone));
  return `${local.replace(/[-T:]/g, '')}${known}`;
}

/** Offset of a wall-clock time. In the hour that daylight saving repeats, the first of the two; in the one it skips, that before it. */
function offsetAt(local: string, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const offsetOf = (instant: number): string => /GMT([+-]\d{2}:\d{2})/.exec(format.format(instant))?.[1] ?? '+00:00';
  const wall = Date.parse(`${local}Z`);
  // A day before is on the right side of the change of hour or one change away from it: then the second reading corrects it.
  const before = offsetOf(wall - 86_400_000);
  const at = offsetOf(Date.parse(`${local}${before}`));
  return (offsetOf(Date.parse(`${local}${at}`)) === at ? at : before).replace(':', '');
}

/** The other way: `20190218154500+0100` to `2019-02-18T15:45:00+01:00`, a year or a month as it is. `undefined` when it is no such time. */
export function isoTime(hl7: string | undefined): string | undefined {
  const match = hl7 === undefined ? null : /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(\d{2})?(\d{2})?(?:\.\d+)?([+-]\d{4})?)?)?)?$/.exec(hl7);
  if (!match) return undefined;
  const [, year, month, day, hour, minute = '00', second = '00', zone] = match;
  const date = [year, month, day].filter(Boolean).join('-');
  if (Number.isNaN(Date.parse(date)) || (day !== undefined && new Date(date).getUTCDate() !== Number(day))) return undefined;
  if (hour === undefined) return date;
  if (hour > '23' || minute > '59' || second > '59') return undefined;
  return `${date}T${hour}:${minute}:${second}${zone ? `${zone.slice(0, 3)}:${zone.slice(3)}` : ''}`;
}
