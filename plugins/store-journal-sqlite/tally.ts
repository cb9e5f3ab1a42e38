/**
 * Counts of messages and deliveries by lane and state, kept in the same commits as the rows they count: reading them costs
 * nothing however large the journal is. A group writes each changed count once.
 */
import type { DatabaseSync } from 'node:sqlite';

export const MESSAGES = 0;
export const DELIVERIES = 1;
export type Side = typeof MESSAGES | typeof DELIVERIES;

export interface Count {
  readonly lane: number;
  readonly side: Side;
  readonly state: number;
  readonly n: number;
}

export interface Tally {
  /** One row came to `to`, from `from` unless it is new. */
  readonly move: (lane: number, side: Side, from: number | undefined, to: number) => void;
  /** End of a command: keep its moves, or drop them with its rows. */
  readonly endCommand: (kept: boolean) => void;
  /** Last write of a group. */
  readonly write: () => void;
  /** End of a group: committed, or nothing happened. */
  readonly endGroup: (committed: boolean) => void;
  /** Committed counts above zero. */
  readonly counts: () => Iterable<Count>;
}

export function openTally(db: DatabaseSync): Tally {
  const upsert = db.prepare('INSERT INTO tally VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n');
  const committed = new Map<string, Count>();
  let command: Count[] = [];
  let group = new Map<string, Count>();

  const add = (into: Map<string, Count>, { lane, side, state, n }: Count): void => {
    const key = `${lane}.${side}.${state}`;
    into.set(key, { lane, side, state, n: n + (into.get(key)?.n ?? 0) });
  };
  for (const row of db.prepare('SELECT lane, side, state, n FROM tally').all()) add(committed, row as unknown as Count);

  return {
    move: (lane, side, from, to) => {
      if (from !== undefined) command.push({ lane, side, state: from, n: -1 });
      command.push({ lane, side, state: to, n: 1 });
    },
    endCommand: (kept) => {
      if (kept) for (const count of command) add(group, count);
      command = [];
    },
    write: () => {
      for (const { lane, side, state, n } of group.values()) if (n !== 0) upsert.run(lane, side, state, n);
    },
    endGroup: (isCommitted) => {
      if (isCommitted) for (const count of group.values()) add(committed, count);
      group = new Map();
      command = [];
    },
    counts: function* () {
      for (const count of committed.values()) if (count.n > 0) yield count;
    },
  };
}
