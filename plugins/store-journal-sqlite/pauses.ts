/** Delivery lanes that a person paused. */
import type { Reads, Writes } from './calls.ts';
import type { Journal } from './journal.ts';

export function pauser({ db }: Journal): Writes['pause'] {
  const add = db.prepare('INSERT OR REPLACE INTO pause (lane, at) VALUES (?, ?)');
  const remove = db.prepare('DELETE FROM pause WHERE lane = ?');
  return (lane, paused, at) => void (paused ? add.run(lane, at) : remove.run(lane));
}

export function pauseReader({ db }: Journal): Reads['paused'] {
  const all = db.prepare('SELECT lane FROM pause ORDER BY lane');
  return () => (all.all() as { lane: string }[]).map(({ lane }) => lane);
}
