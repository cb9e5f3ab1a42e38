/** Durations as people write them in settings and on the command line: `90s`, `45min`, `2h`, `1d`. */
const UNIT_MS = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds; NaN when it is no duration. */
export function durationMs(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(s|min|h|d)$/.exec(text) ?? [];
  return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

/** Whole minutes, hours or days, as a schema pattern. */
export const DURATION_PATTERN = '^[1-9][0-9]{0,3}(min|h|d)$';
