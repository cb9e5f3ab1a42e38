/** What people ordered of delivery lanes: pauses, planned downtimes, rates. */
import type { LaneOrder } from '../../core/contract/index.ts';
import type { Reads, Writes } from './calls.ts';
import { blobOf, jsonOf } from '../../core/journal-format/index.ts';
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

export function orderWriters({ db }: Journal): Pick<Writes, 'order' | 'withdraw'> {
  const put = db.prepare('INSERT OR REPLACE INTO lane_order (lane, kind, terms) VALUES (?, ?, ?)');
  const remove = db.prepare('DELETE FROM lane_order WHERE lane = ? AND kind = ?');
  return {
    order: (order) => void put.run(order.lane, order.kind, blobOf(JSON.stringify(order))),
    withdraw: (lane, kind) => void remove.run(lane, kind),
  };
}

export function orderReader({ db }: Journal): Reads['orders'] {
  const all = db.prepare('SELECT terms FROM lane_order ORDER BY lane, kind');
  return () => (all.all() as { terms: Uint8Array }[]).map(({ terms }) => jsonOf(terms) as LaneOrder);
}
