/** Owners of lanes (ARCHITECTURE section 9): by the clock of the server, under the lock that every writer takes. */
import { PasserelleError, type LaneLease, type LeaseRequest } from '../../core/contract/index.ts';
import type { Query } from './connection.ts';
import { headSql, type Transaction } from './transaction.ts';

export interface HeldLease {
  readonly lane: string;
  /** '' when it was given back. */
  readonly node: string;
  readonly token: number;
  /** ms of the server's clock. */
  readonly until: number;
}

export const loadLeases = async (query: Query): Promise<ReadonlyMap<string, HeldLease>> => {
  const rows = (await query({ name: 'leases', text: 'SELECT lane, node, token, until FROM lease' })) as unknown as HeldLease[];
  return new Map(rows.map((row) => [row.lane, row]));
};

/** Throws ERR_LANE_LOST unless the lease is the one of its lane, and not over. */
export function requireLease(lease: LaneLease, held: ReadonlyMap<string, HeldLease>, now: number): void {
  const current = held.get(lease.lane);
  if (!current || !current.node || current.token !== lease.token || current.until <= now)
    throw new PasserelleError('ERR_LANE_LOST', { expected: `token ${lease.token}`, found: current ? `token ${current.token}` : 'no lease' });
}

const nameOf = (node: string): string => node.split('/')[0]!;

const TAKE = `
  WITH h AS (${headSql('$5')})
  INSERT INTO lease (lane, node, token, until) VALUES ($1, $2, $3, $4)
  ON CONFLICT (lane) DO UPDATE SET node = excluded.node, token = excluded.token, until = excluded.until`;

/** `now`: ms of the server's clock, read under the lock. */
export async function lease(tx: Transaction, { node, lanes, ttlMs, graceMs }: LeaseRequest, now: number): Promise<LaneLease[]> {
  const held = await loadLeases(tx.query);
  const ours: LaneLease[] = [];
  for (const lane of new Set(lanes)) {
    const current = held.get(lane);
    // One that ran out is a new one, even for the same node: a write may have been refused meanwhile.
    const isOurs = current?.node === node && current.until > now;
    // The process before us is dead: whoever has the name of a node has made sure of it.
    const isOurNode = current !== undefined && nameOf(current.node) === nameOf(node);
    // Given back is free at once; held by another is free when its last send can no longer be on the wire.
    if (current && !isOurNode && current.node !== '' && current.until + graceMs > now) continue;
    const token = isOurs ? current.token : (current?.token ?? 0) + 1;
    tx.head.leases += 1;
    await tx.query({ name: 'lease', text: TAKE, values: [lane, node, token, now + ttlMs, tx.counters()] });
    ours.push({ lane, token });
  }
  return ours;
}

/** Those that are no longer current are left alone. */
export async function release(tx: Transaction, leases: readonly LaneLease[]): Promise<void> {
  for (const { lane, token } of leases) {
    tx.head.leases += 1;
    const text = `WITH h AS (${headSql('$3')}) UPDATE lease SET node = '', until = 0 WHERE lane = $1 AND token = $2`;
    await tx.query({ name: 'release', text, values: [lane, token, tx.counters()] });
  }
}
