/** `decide`: what became of a message: its events, their deliveries, its index terms. `admit`: the same for a message that comes with its decision. */
import { PasserelleError, canMoveMessage, type ReceiveResult } from '../../core/contract/index.ts';
import {
  ACK_CODES,
  DELIVERY_CODES,
  KIND_CODES,
  MESSAGE_CODES,
  type PackedAdmission,
  type PackedAdmitted,
  type PackedDecision,
  type PackedEvent,
  blobOf,
  bytesOf,
  codeOf,
  eventPart,
  packHashes,
  unpackHashes,
  wordOf,
} from '../../core/journal-format/index.ts';
import { type Journal } from './journal.ts';
import { noteWriter } from './notes.ts';
import { messageWriter, recogniser } from './receive.ts';
import { DELIVERIES, MESSAGES } from './tally.ts';

const QUEUED = codeOf(DELIVERY_CODES, 'queued');
const HELD = codeOf(DELIVERY_CODES, 'held');
const RECEIVED = codeOf(MESSAGE_CODES, 'received');

/** Writes the events of a decision with their deliveries; answers the first delivery, 0 without any. */
function eventWriter(journal: Journal): (decision: PackedDecision) => number {
  const { db, names, parts, tally, nextId } = journal;
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

  return (decision) => {
    if (decision.state !== 'decoded' && decision.events.some((event) => event.destinations.length > 0))
      throw new PasserelleError('ERR_INVARIANT', { expected: 'destinations on a decoded message only', found: decision.state });
    return decision.events.flatMap((event) => storeEvent(decision, event))[0] ?? 0;
  };
}

/** Keys and series are terms too: that is how newer deliveries of a patient or document are found. */
function termsOf({ terms, events }: PackedDecision, earlier: readonly string[] = []): string[] {
  const all = new Set(earlier);
  for (const term of terms) all.add(term);
  for (const { keys, series } of events) {
    for (const key of keys) all.add(key);
    if (series !== undefined) all.add(series);
  }
  return [...all];
}

const refuseMove = (from: string, run: number, { run: wanted, state }: PackedDecision): PasserelleError =>
  new PasserelleError('ERR_TRANSITION', { expected: `received, run ${wanted}`, found: `${from}, run ${run}, to ${state}` });

const ackCode = ({ ack }: PackedDecision): number | null => (ack === undefined ? null : codeOf(ACK_CODES, ack));

export function decider(journal: Journal): (batch: readonly PackedDecision[]) => number[] {
  const { db, tally, terms } = journal;
  const find = db.prepare('SELECT lane, state, run, terms FROM message WHERE id = ?');
  // A refusal frees the print: the same message is processed again when it comes again.
  const update = db.prepare(`
    UPDATE message SET state = ?, ack = coalesce(?, ack), decided_at = ?, terms = ?, outcome = ?, print = iif(?, NULL, print) WHERE id = ?`);
  const writeEvents = eventWriter(journal);
  const keep = noteWriter(journal);

  const decideOne = (decision: PackedDecision): number => {
    const { message, state } = decision;
    const row = find.get(message) as { lane: number; state: number; run: number; terms: Uint8Array | null } | undefined;
    if (!row) throw new PasserelleError('ERR_NOT_FOUND', { found: `message ${message}` });
    const from = wordOf(MESSAGE_CODES, row.state);
    if (row.run !== decision.run || from !== 'received' || !canMoveMessage(from, state)) throw refuseMove(from, row.run, decision);
    // Terms of earlier runs stay.
    const earlier = unpackHashes(row.terms);
    const all = termsOf(decision, earlier);
    terms.write(message, packHashes(all.slice(earlier.length)));
    const to = codeOf(MESSAGE_CODES, state);
    update.run(to, ackCode(decision), decision.at, packHashes(all), blobOf(decision.outcome), state === 'rejected' ? 1 : 0, message);
    tally.move(row.lane, MESSAGES, row.state, to);
    keep(decision.notes, decision.at);
    return writeEvents(decision);
  };
  return (batch) => batch.map(decideOne);
}

export function admitter(journal: Journal): (batch: readonly PackedAdmission[]) => PackedAdmitted[] {
  const { db, tally, terms } = journal;
  const older = db.prepare(`SELECT 1 FROM message WHERE lane = ? AND state = ${RECEIVED} AND id < ? LIMIT 1`);
  const recognise = recogniser(journal);
  const writeMessage = messageWriter(journal);
  const writeEvents = eventWriter(journal);
  const keep = noteWriter(journal);

  const isBehind = (lane: number, id: number): boolean => tally.count(lane, MESSAGES, RECEIVED) > 0 && older.get(lane, id) !== undefined;

  /** `cut`: lanes of which a message of the call was not stored as it was decided. */
  const admitOne = ({ message, decision }: PackedAdmission, cut: Set<number>): PackedAdmitted => {
    const { id } = message;
    if (decision.run !== 1 || decision.message !== id || !canMoveMessage('received', decision.state)) throw refuseMove('received', 1, decision);
    const sending = recognise(message);
    const { lane, duplicate, controlIdReused } = sending;
    if (duplicate ?? (controlIdReused || cut.has(lane) || isBehind(lane, id))) {
      cut.add(lane);
      if (duplicate) return duplicate;
      writeMessage(message, sending);
      return { message: id, ...(controlIdReused && { controlIdReused }) } satisfies ReceiveResult;
    }
    const packed = packHashes(termsOf(decision));
    terms.write(id, packed);
    const outcome = blobOf(decision.outcome);
    writeMessage(message, sending, { state: codeOf(MESSAGE_CODES, decision.state), ack: ackCode(decision), at: decision.at, terms: packed, outcome });
    keep(decision.notes, decision.at);
    return writeEvents(decision);
  };
  return (batch) => {
    const cut = new Set<number>();
    return batch.map((one) => admitOne(one, cut));
  };
}
