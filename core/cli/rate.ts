/** A rate as people write it: `60/min`, `2/s`. */
import { InvalidArgumentError } from 'commander';

const MAX_PER_MINUTE = 600_000;

/** Per minute. Throws InvalidArgumentError. */
export function parseRate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\/(s|min|h)$/.exec(text);
  const perMinute = Number(match?.[1]) * ({ s: 60, min: 1, h: 1 / 60 }[match?.[2] ?? 'min'] ?? NaN);
  if (!(perMinute > 0 && perMinute <= MAX_PER_MINUTE)) throw new InvalidArgumentError('60/min, 2/s, 100/h');
  return perMinute;
}
