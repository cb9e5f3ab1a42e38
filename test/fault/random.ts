/** Chance from a seed: the same moments and choices in every run. `PASSERELLE_SEED` picks another run, `PASSERELLE_TRIALS` a longer one. */
export const SEED = Number(process.env['PASSERELLE_SEED'] ?? 1);

/** Trials of a row of the matrix: what CI runs, unless `PASSERELLE_TRIALS` multiplies it. */
export const trials = (short: number): number => Math.max(1, Math.round(short * Number(process.env['PASSERELLE_TRIALS'] ?? 1)));

export interface Chance {
  /** In [0, 1). */
  readonly next: () => number;
  /** Whole, in [from, to]. */
  readonly between: (from: number, to: number) => number;
  readonly pick: <T>(list: readonly T[]) => T;
}

/** mulberry32. */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return { next, between, pick: (list) => list[between(0, list.length - 1)]! };
}
