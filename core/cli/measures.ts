/** Rates and durations as people write them: `60/min`, `2/s`; `90s`, `45min`, `2h`, `1d`. */
import { InvalidArgumentError } from 'commander';
import { durationMs } from '../settings/index.ts';

const MAX_PER_MINUTE = 600_000;

/** Per minute. Throws InvalidArgumentError. */
export function parseRate(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\/(s|min|h)$/.exec(text) ?? [];
  const perMinute = (Number(count) * 60_000) / durationMs(`1${unit}`);
  if (!(perMinute > 0 && perMinute <= MAX_PER_MINUTE)) throw new InvalidArgumentError('60/min, 2/s, 100/h');
  return perMinute;
}

/** Milliseconds. Throws InvalidArgumentError. */
export function parseDuration(text: string): number {
  const ms = durationMs(text);
  if (!(ms > 0)) throw new InvalidArgumentError('90s, 45min, 2h, 1d');
  return ms;
}
