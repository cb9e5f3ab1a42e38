/** `act`: decisions of people. Each leaves a row that says who, why and when. */
import {
  DELIVERY_TRANSITIONS,
  PasserelleError,
  canMoveMessage,
  type Acted,
  type OperatorAction,
  type QueuedDelivery,
} from '../../core/contract/index.ts';
import {
  blobOf,
  codeOf,
  DELIVERY_CODES,
  DELIVERY_SELECT,
  againOf,
  MESSAGE_CODES,
  msOf,
  queuedDelivery,
  wordOf,
  type DeliveryRow,
} from '../../core/journal-format/index.ts';
import { deliveryFinder } from './deliveries.ts';
import { type Journal } from './journal.ts';
import { staleness } from './staleness.ts';
import { DELIVERIES, MESSAGES } from './tally.ts';

const RECEIVED = codeOf(MESSAGE_CODES, 'received');
const MESSAGE_DISCARDED = codeOf(MESSAGE_CODES, 'discarded');
const SENDING = codeOf(DELIVERY_CODES, 'sending');
const DISCARDED = codeOf(DELIVERY_CODES, 'discarded');
const OPEN_ENDED = codeOf(DELIVERY_CODES, 'dead');

interface MessageRow {
  readonly lane: number;
  readonly state: number;
  readonly run: number;
  readonly received_at: number;
  readonly bytes: number;
  readonly head: Uint8Array;
}

export function actor(journal: Journal): (actions: readonly OperatorAction[]) => Acted[] {
  const { db, names, tally, nextId } = journal;
  const findMessage = db.prepare('SELECT lane, state, run, received_at, bytes, head FROM message WHERE id = ?');
  const findDelivery = deliveryFinder(journal);
  const isStale = staleness(journal);
  const keepEarlier = db.prepare('INSERT INTO earlier SELECT id, run, state, decided_at, outcome FROM message WHERE id = ?');
  const reopen = db.prepare('UPDATE message SET state = ?, run = run + 1, decided_at = NULL, outcome = NULL WHERE id = ?');
  const setMessage = db.prepare('UPDATE message SET state = ? WHERE id = ?');
  // Whatever a person decides, the wait set by a retry is over.
  const setDelivery = db.prepare('UPDATE delivery SET state = ?, settled_at = ?, not_before = NULL WHERE id = ?');
  const openOnes = db.prepare('SELECT id, lane, state FROM delivery WHERE message = ? AND state <= ?');
  const readDelivery = db.prepare(`${DELIVERY_SELECT} WHERE d.id = ?`);
  const insert = db.prepare('INSERT INTO act (id, verb, message, delivery, at, who, why) VALUES (?, ?, ?, ?, ?, ?, ?)');

  const note = (action: OperatorAction, message: number, delivery: number | null): void => {
    insert.run(nextId('act'), action.verb, message, delivery, msOf(action.at), blobOf(action.who), blobOf(action.why));
  };
  const moveDelivery = (action: OperatorAction, message: number, row: { id: number; lane: number; state: number }, to: number): QueuedDelivery => {
    setDelivery.run(to, wordOf(DELIVERY_CODES, to) === 'queued' ? null : msOf(action.at), row.id);
    tally.move(row.lane, DELIVERIES, row.state, to);
    note(action, message, row.id);
    return queuedDelivery(journal, readDelivery.get(row.id) as unknown as DeliveryRow);
  };

  const replay = (action: OperatorAction, message: number, row: MessageRow): Acted => {
    const open = openOnes.all(message, OPEN_ENDED) as { id: number; lane: number; state: number }[];
    if (open.some(({ state }) => state === SENDING)) throw new PasserelleError('ERR_TRANSITION', { expected: 'no delivery in sending' });
    if (!action.why && isStale(message)) throw new PasserelleError('ERR_REPLAY_STALE');
    keepEarlier.run(message);
    reopen.run(RECEIVED, message);
    tally.move(row.lane, MESSAGES, row.state, RECEIVED);
    note(action, message, null);
    const deliveries = open.map((delivery) => moveDelivery(action, message, delivery, DISCARDED));
    return { message, deliveries, again: againOf(names.name(row.lane), row) };
  };

  const onMessage = (action: OperatorAction, message: number): Acted => {
    const row = findMessage.get(message) as MessageRow | undefined;
    if (!row) throw new PasserelleError('ERR_NOT_FOUND', { found: `message ${message}` });
    const to = action.verb === 'replay' ? 'received' : action.verb === 'discard' ? 'discarded' : undefined;
    const from = wordOf(MESSAGE_CODES, row.state);
    if (!to || !canMoveMessage(from, to)) throw new PasserelleError('ERR_TRANSITION', { found: `${action.verb} of a ${from} message` });
    if (to === 'received') return replay(action, message, row);
    setMessage.run(MESSAGE_DISCARDED, message);
    tally.move(row.lane, MESSAGES, row.state, MESSAGE_DISCARDED);
    note(action, message, null);
    return { message, deliveries: [] };
  };

  const onDelivery = (action: OperatorAction, delivery: number): Acted => {
    const row = findDelivery(delivery);
    const from = wordOf(DELIVERY_CODES, row.state);
    const move = DELIVERY_TRANSITIONS.find((t) => t.from === from && t.by === action.verb && t.actor === 'person');
    if (!move) throw new PasserelleError('ERR_TRANSITION', { found: `${action.verb} of a ${from} delivery` });
    const moved = moveDelivery(action, row.message, { id: delivery, lane: row.lane, state: row.state }, codeOf(DELIVERY_CODES, move.to));
    return { message: row.message, deliveries: [moved] };
  };

  return (actions) =>
    actions.map((action) => {
      const { message, delivery } = action;
      if ((message === undefined) === (delivery === undefined)) throw new PasserelleError('ERR_INVARIANT', { expected: 'a message or a delivery' });
      return message === undefined ? onDelivery(action, delivery!) : onMessage(action, message);
    });
}
