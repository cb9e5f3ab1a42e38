/** Lists over several index ranges, newest first, without sorting: each range is read only as far as the page needs. */
import { SCAN_ROWS } from '../../core/journal-format/index.ts';

export interface Ranged {
  readonly id: number;
}

/** Merges sources that are each sorted by `before`; a row that several sources have comes once. Ends its sources when it is left. */
export function* merge<T extends Ranged>(sources: readonly Iterable<T>[], before: (a: T, b: T) => boolean): Generator<T> {
  const iterators = sources.map((source) => source[Symbol.iterator]());
  try {
    const heads = iterators.map((iterator) => iterator.next());
    for (let last: number | undefined; ;) {
      let best = -1;
      for (let i = 0; i < heads.length; i++) {
        const head = heads[i]!;
        if (!head.done && (best < 0 || before(head.value, heads[best]!.value))) best = i;
      }
      if (best < 0) return;
      const row = heads[best]!.value as T;
      if (row.id !== last) yield row;
      last = row.id;
      heads[best] = iterators[best]!.next();
    }
  } finally {
    for (const iterator of iterators) iterator.return?.();
  }
}

/** The first `limit` rows that `accepts`; `last` is where a next page goes on, absent at the end. Looks at SCAN_ROWS rows at most. */
export function take<T extends Ranged>(rows: Iterable<T>, limit: number, accepts: (row: T) => boolean): { taken: T[]; last?: T } {
  const taken: T[] = [];
  let looked = 0;
  let last: T | undefined;
  for (const row of rows) {
    if (last && (taken.length === limit || looked === SCAN_ROWS)) return { taken, last };
    looked += 1;
    last = row;
    if (accepts(row)) taken.push(row);
  }
  return { taken };
}
