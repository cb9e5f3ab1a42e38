/** Whether a call is of now: issued before, not over, give or take what clocks differ by. */
import { PasserelleError } from '../contract/index.ts';
import type { CallContext } from '../model/index.ts';

/** What clocks of a hospital may differ by, unless the site says otherwise. */
const SKEW_SECONDS = 60;

/** Whatever the site says: a nonce is remembered for far longer (SAFETY C4). */
const MOST_SECONDS = 300;

/** ISO 8601 durations of hours, minutes and seconds: `PT5M`. NaN for anything else. */
export function durationSeconds(text: string): number {
  const [whole, hours = 0, minutes = 0, seconds = 0] = /^PT(?:(\d{1,2})H)?(?:(\d{1,4})M)?(?:(\d{1,5})S)?$/.exec(text) ?? [];
  return whole === undefined || whole === 'PT' ? Number.NaN : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** Of a site that says `clockSkew` in the settings of its connector; five minutes at most. */
export function skewOf(connector: Readonly<Record<string, unknown>>): number {
  const said = typeof connector['clockSkew'] === 'string' ? durationSeconds(connector['clockSkew']) : SKEW_SECONDS;
  return Number.isNaN(said) ? SKEW_SECONDS : Math.min(said, MOST_SECONDS);
}

/** A dialect without an end of its own is good for the skew alone. Throws ERR_CALL_REFUSED. */
export function checkTime({ issuedAt, expiresAt = issuedAt }: CallContext, now: string, skewSeconds: number): void {
  if (issuedAt === undefined || expiresAt === undefined) return;
  const [at, from, to] = [Date.parse(now), Date.parse(issuedAt) - skewSeconds * 1000, Date.parse(expiresAt) + skewSeconds * 1000];
  if (at >= from && at <= to) return;
  const seconds = Math.round((at < from ? from - at : at - to) / 1000);
  throw new PasserelleError('ERR_CALL_REFUSED', {
    expected: `issued within ${skewSeconds} s of the time here`,
    found: `${seconds} s ${at < from ? 'early' : 'late'}`,
  });
}
