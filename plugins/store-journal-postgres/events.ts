/** What a decision makes: its events with their deliveries, its notes, and the terms they are found by. */
import { PasserelleError } from '../../core/contract/index.ts';
import { ACK_CODES, blobOf, bytesOf, codeOf, DELIVERY_CODES, KIND_CODES, packHashes, type PackedDecision } from '../../core/journal-format/index.ts';
import type { Rows } from './batch.ts';
import type { Transaction } from './transaction.ts';

const QUEUED = codeOf(DELIVERY_CODES, 'queued');
const HELD = codeOf(DELIVERY_CODES, 'held');

/** Collects the rows; answers the first delivery, 0 without any. */
export function collectEvents(tx: Transaction, rows: Rows, decision: PackedDecision): number {
  const { message, run, at, events } = decision;
  if (decision.state !== 'decoded' && events.some((event) => event.destinations.length > 0))
    throw new PasserelleError('ERR_INVARIANT', { expected: 'destinations on a decoded message only', found: decision.state });
  for (const { kind, key, value } of decision.notes) rows.note(tx.nameId(kind), key, value, at);
  let first = 0;
  for (const { uid, type, kind, keys, series, json, destinations } of events) {
    const event = rows.event({
      message,
      run,
      uid,
      json,
      type: tx.nameId(type),
      kind: codeOf(KIND_CODES, kind),
      keys: packHashes(keys),
      series: series === undefined ? null : bytesOf(series),
    });
    for (const { lane, held } of destinations) {
      const state = held === undefined ? QUEUED : HELD;
      const delivery = rows.delivery({ message, event, lane: tx.nameId(lane), run, state, at, error: blobOf(held) });
      tx.touched.add(lane);
      first ||= delivery;
    }
  }
  return first;
}

/** Keys and series are terms too: that is how newer deliveries of a patient or document are found. */
export const termsOf = ({ terms, events }: PackedDecision, earlier: readonly string[] = []): string[] => [
  ...new Set([...earlier, ...terms, ...events.flatMap(({ keys, series }) => (series === undefined ? keys : [...keys, series]))]),
];

export const refuseMove = (from: string, run: number, { run: wanted, state }: PackedDecision): PasserelleError =>
  new PasserelleError('ERR_TRANSITION', { expected: `received, run ${wanted}`, found: `${from}, run ${run}, to ${state}` });

export const ackCode = ({ ack }: PackedDecision): number | null => (ack === undefined ? null : codeOf(ACK_CODES, ack));
