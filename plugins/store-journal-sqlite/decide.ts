/** `decide`: what became of a message: its events, their deliveries, its index terms. */
import { PasserelleError, canMoveMessage } from '../../core/contract/index.ts';
import type { PackedDecision, PackedEvent } from './calls.ts';
import { ACK_CODES, codeOf, DELIVERY_CODES, KIND_CODES, MESSAGE_CODES, wordOf } from './codes.ts';
import { bytesOf, packHashes, unpackHashes } from './hashes.ts';
import { blobOf, type Journal } from './journal.ts';
import { eventPart } from './parts.ts';
import { DELIVERIES, MESSAGES } from './tally.ts';

const QUEUED = codeOf(DELIVERY_CODES, 'queued');
const HELD = codeOf(DELIVERY_CODES, 'held');

export function decider(journal: Journal): (batch: readonly PackedDecision[]) => number[] {
  const { db, names, parts, tally, terms, nextId } = journal;
  const find = db.prepare('SELECT lane, state, run, terms FROM message WHERE id = ?');
  // A refusal frees the print: the same message is processed again when it comes again.
  const update = db.prepare(`
    UPDATE message SET state = ?, ack = coalesce(?, ack), decided_at = ?, terms = ?, outcome = ?, print = iif(?, NULL, print) WHERE id = ?`);
  const insertEvent = db.prepare('INSERT INTO event (id, message, run, uid, type, kind, keys, series, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const insertDelivery = db.prepare(`
    INSERT INTO delivery (id, message, event, lane, run, state, attempts, queued_at, error) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)`);

  const deliver = ({ message, run, at }: PackedDecision, event: number, { lane, held }: PackedEvent['destinations'][number]): number => {
    const delivery = nextId('delivery');
    const state = held === undefined ? QUEUED : HELD;
    const laneId = names.of(lane);
    insertDelivery.run(delivery, message, event, laneId, run, state, at, blobOf(held));
    tally.move(laneId, DELIVERIES, undefined, state);
    return delivery;
  };

  const storeEvent = (decision: PackedDecision, event: PackedEvent): number[] => {
    const { message, run } = decision;
    const row = nextId('event');
    const data = parts.write(message, eventPart(row), Buffer.from(event.json));
    const series = event.series === undefined ? null : bytesOf(event.series);
    insertEvent.run(row, message, run, event.uid, names.of(event.type), codeOf(KIND_CODES, event.kind), packHashes(event.keys), series, data);
    return event.destinations.map((destination) => deliver(decision, row, destination));
  };

  const decideOne = (decision: PackedDecision): number => {
    const { message, state } = decision;
    const row = find.get(message) as { lane: number; state: number; run: number; terms: Uint8Array | null } | undefined;
    if (!row) throw new PasserelleError('ERR_NOT_FOUND', { found: `message ${message}` });
    const from = wordOf(MESSAGE_CODES, row.state);
    if (row.run !== decision.run || from !== 'received' || !canMoveMessage(from, state))
      throw new PasserelleError('ERR_TRANSITION', { expected: `received, run ${decision.run}`, found: `${from}, run ${row.run}, to ${state}` });
    if (state !== 'decoded' && decision.events.some((event) => event.destinations.length > 0))
      throw new PasserelleError('ERR_INVARIANT', { expected: 'destinations on a decoded message only', found: state });
    // Keys and series are terms too: that is how newer deliveries of a patient or document are found. Earlier runs' terms stay.
    const earlier = unpackHashes(row.terms);
    const own = decision.events.flatMap(({ keys, series }) => (series === undefined ? keys : [...keys, series]));
    const all = [...new Set([...earlier, ...decision.terms, ...own])];
    terms.write(message, all.slice(earlier.length));
    const to = codeOf(MESSAGE_CODES, state);
    const ack = decision.ack === undefined ? null : codeOf(ACK_CODES, decision.ack);
    update.run(to, ack, decision.at, packHashes(all), blobOf(decision.outcome), state === 'rejected' ? 1 : 0, message);
    tally.move(row.lane, MESSAGES, row.state, to);
    return decision.events.flatMap((event) => storeEvent(decision, event))[0] ?? 0;
  };
  return (batch) => batch.map(decideOne);
}
