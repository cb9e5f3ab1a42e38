/** Rates and durations as people write them: `60/min`, `2/s`; `90s`, `45min`, `2h`, `1d`. */
import { InvalidArgumentError } from 'commander';

const MAX_PER_MINUTE = 600_000;
const UNIT_MS = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Per minute. Throws InvalidArgumentError. */
export function parseRate(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\/(s|min|h)$/.exec(text) ?? [];
  const perMinute = (Number(count) * UNIT_MS.min) / UNIT_MS[unit as 's' | 'min' | 'h'];
  if (!(perMinute > 0 && perMinute <= MAX_PER_MINUTE)) throw new InvalidArgumentError('60/min, 2/s, 100/h');
  return perMinute;
}

/** Milliseconds. Throws InvalidArgumentError. */
export function parseDuration(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(s|min|h|d)$/.exec(text) ?? [];
  const ms = Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (!(ms > 0)) throw new InvalidArgumentError('90s, 45min, 2h, 1d');
  return ms;
}
