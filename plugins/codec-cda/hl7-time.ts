/** ISO 8601 of canonical data to the times of HL7 v3: `20260914170000+0200`, `20260914`, `202609`. */

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
