/**
 * When a sender says something happened to an identity, as a text that sorts (SAFETY A2): PID-33, then EVN-2, then control id, then the message itself.
 * Times of one sender only are ever compared.
 */
import { repeatedHour, toInstant } from '../model/index.ts';

export type Stamp = string;

/**
 * A local time in the hour that autumn repeats says that hour only: all of them sort as its beginning, and then by what follows, so that any order of
 * arrival gives the same order of statements.
 */
const UNSURE = '~';
const UNSURE_MS = 2 * 3_600_000;

/** Longer control ids are told apart by what comes first. */
const CONTROL_ID = 64;

export interface SaidWhen {
  readonly updatedAt?: string | undefined;
  readonly recordedAt?: string | undefined;
  readonly controlId?: string | undefined;
  /** Public id: a correction that was sent with the times and the control id of what it corrects is the newer one, however often that is replayed. */
  readonly message: string;
}

/** Without PID-33 the identity is as old as its record; without both only the control id orders. Local times are of the site's time zone. */
export function stampOf({ updatedAt, recordedAt, controlId = '', message }: SaidWhen, timeZone: string): Stamp {
  // One message says the same of each of its events.
  const key = [updatedAt, recordedAt, controlId, message, timeZone].join('|');
  if (key !== last.key) {
    const recorded = instant(recordedAt, timeZone);
    const id = controlId.slice(0, CONTROL_ID);
    last = { key, stamp: [instant(updatedAt, timeZone) || recorded, recorded, counted(id), id, counted(message)].join('|') };
  }
  return last.stamp;
}
let last: { readonly key: string; readonly stamp: Stamp } = { key: '', stamp: '' };

/** No clock, and no time zone that was taken for another, is further ahead than that: beyond it a time is a mistake. */
const AHEAD_MS = 24 * 3_600_000;

/** @param receivedAt ISO instant of the message that says `time`. */
export function isAhead(time: string, receivedAt: string, timeZone: string): boolean {
  // Most times are of the day they come on.
  if (time.slice(0, DAY) <= receivedAt.slice(0, DAY)) return false;
  return Date.parse(toInstant(time, timeZone) ?? '') - Date.parse(receivedAt) > AHEAD_MS;
}
const DAY = '1958-03-14'.length;

/** `''` when there is none. */
export const instant = (time: string | undefined, timeZone: string): string => {
  const hour = time && repeatedHour(time, timeZone);
  return hour ? `${hour}${UNSURE}` : ((time && toInstant(time, timeZone)) ?? '');
};

/** `M9` before `M10`: numbers of a counter grow, whatever their digits. */
const counted = (id: string): string =>
  id.replaceAll(/\d+/g, (digits) => {
    const number = digits.replace(/^0+(?=\d)/, '');
    return `${String(number.length).padStart(2, '0')}${number}`;
  });

/** The instant in it, for people; of a repeated hour its beginning. */
export const timeOf = (stamp: Stamp): string => (stamp.split('|', 1)[0] ?? '').replace(UNSURE, '');

/** Times cannot say which is newer: one of them at least is in a repeated hour, the other within reach of it. EVN-2 tells two that share such a PID-33. */
export function isUnsure(one: Stamp, other: Stamp): boolean {
  if (!one.includes(UNSURE) && !other.includes(UNSURE)) return false;
  const [[mine = '', myRecord = ''], [theirs = '', theirRecord = '']] = [one.split('|', 2), other.split('|', 2)];
  if (mine === theirs) return mine.endsWith(UNSURE) && (myRecord === theirRecord || areUnsure(myRecord, theirRecord));
  return areUnsure(mine, theirs);
}

/** For sure, by EVN-2: what happened to an identity (PID-33) may be much older than its being said of this number. */
export function isRecordedBefore(one: Stamp, other: Stamp): boolean {
  return isInstantBefore(recordedIn(one), recordedIn(other));
}
/** Of two instants as they stand in stamps; none is before nothing, and nothing is before it. */
export const isInstantBefore = (one: string, other: string): boolean => one !== '' && one < other && !areUnsure(one, other);

/** EVN-2 in it, `''` when there is none. */
export function recordedIn(stamp: Stamp): string {
  const from = stamp.indexOf('|') + 1;
  const to = stamp.indexOf('|', from);
  return from === 0 ? '' : stamp.slice(from, to < 0 ? undefined : to);
}

function areUnsure(one: string, other: string): boolean {
  const within = (hour: string, time: string): boolean => {
    const since = Date.parse(time.replace(UNSURE, '')) - Date.parse(hour.replace(UNSURE, ''));
    return hour.endsWith(UNSURE) && since >= 0 && since < UNSURE_MS;
  };
  return within(one, other) || within(other, one);
}

/** Newer than the statement, whatever it says: a person decided so. */
export const justAfter = (stamp: Stamp): Stamp => `${stamp}|`;
