/** Batches cut so that one statement never names a row twice: what a batch does to a row before, it must see after. */
import { WAVE_ITEMS } from './limits.ts';

/** In order; no key comes twice in a wave. An item without a key never cuts. */
export function wavesOf<T>(items: readonly T[], keyOf: (item: T) => string | number | undefined): T[][] {
  const waves: T[][] = [];
  let seen = new Set<string | number>();
  let wave: T[] = [];
  for (const item of items) {
    const key = keyOf(item);
    if (wave.length === 0 || wave.length === WAVE_ITEMS || (key !== undefined && seen.has(key))) {
      waves.push((wave = []));
      seen = new Set();
    }
    wave.push(item);
    if (key !== undefined) seen.add(key);
  }
  return waves;
}
