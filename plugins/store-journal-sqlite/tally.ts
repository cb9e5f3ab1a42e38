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
  /** Rows of a lane in this state, those of the group in work among them. */
  readonly count: (lane: number, side: Side, state: number) => number;
  /** Committed counts above zero. */
  readonly counts: () => Iterable<Count>;
}

const keyOf = (lane: number, side: Side, state: number): string => `${lane}.${side}.${state}`;

export function openTally(db: DatabaseSync): Tally {
  const upsert = db.prepare('INSERT INTO tally VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n');
  const committed = new Map<string, Count>();
  let command: Count[] = [];
  let group = new Map<string, Count>();

  const add = (into: Map<string, Count>, { lane, side, state, n }: Count): void => {
    const key = keyOf(lane, side, state);
    into.set(key, { lane, side, state, n: n + (into.get(key)?.n ?? 0) });
  };
  /** Committed or not: what the next command sees. */
  const live = new Map<string, number>();
  const change = (lane: number, side: Side, state: number, n: number): void => {
    command.push({ lane, side, state, n });
    const key = keyOf(lane, side, state);
    live.set(key, (live.get(key) ?? 0) + n);
  };
  const reset = (): void => {
    live.clear();
    for (const [key, { n }] of committed) live.set(key, n);
  };
  for (const row of db.prepare('SELECT lane, side, state, n FROM tally').all()) add(committed, row as unknown as Count);
  reset();

  return {
    move: (lane, side, from, to) => {
      if (from !== undefined) change(lane, side, from, -1);
      change(lane, side, to, 1);
    },
    endCommand: (kept) => {
      if (kept) for (const count of command) add(group, count);
      else for (const { lane, side, state, n } of command.splice(0)) change(lane, side, state, -n);
      command = [];
    },
    write: () => {
      for (const { lane, side, state, n } of group.values()) if (n !== 0) upsert.run(lane, side, state, n);
    },
    endGroup: (isCommitted) => {
      if (isCommitted) for (const count of group.values()) add(committed, count);
      else reset();
      group = new Map();
      command = [];
    },
    count: (lane, side, state) => live.get(keyOf(lane, side, state)) ?? 0,
    counts: function* () {
      for (const count of committed.values()) if (count.n > 0) yield count;
    },
  };
}
