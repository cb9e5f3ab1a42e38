/** Birth dates as French software writes them, without ever having to guess which number is the month. */
import { isBirthDate } from '../../core/model/index.ts';

/**
 * `YYYY-MM-DD`, unknown day or month as `00`; `undefined` for what is no date. Day before month whenever the year is last. Of eight digits only one
 * reading can be a date, since no one was born before 1850. A time that says midnight is left out.
 */
export function birthDateOf(text: string): string | undefined {
  const date = text.trim().replace(/[T ]00:00(:00(\.0+)?)?Z?$/, '');
  const last = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})$/.exec(date);
  const first = /^(\d{4})([/.-])(\d{1,2})\2(\d{1,2})$/.exec(date);
  const candidates = last
    ? [[last[4], last[3], last[1]]]
    : first
      ? [[first[1], first[3], first[4]]]
      : /^\d{8}$/.test(date)
        ? [
            [date.slice(0, 4), date.slice(4, 6), date.slice(6)],
            [date.slice(4), date.slice(2, 4), date.slice(0, 2)],
          ]
        : [];
  return candidates.map(([year, month = '', day = '']) => `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`).find(isBirthDate);
}
