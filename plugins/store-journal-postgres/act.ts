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
import { DELIVERY_SIDE, MESSAGES, tallySql } from './batch.ts';
import { isStale } from './staleness.ts';
import { headSql, type Transaction } from './transaction.ts';

const RECEIVED = codeOf(MESSAGE_CODES, 'received');
const MESSAGE_DISCARDED = codeOf(MESSAGE_CODES, 'discarded');
const SENDING = codeOf(DELIVERY_CODES, 'sending');
const DISCARDED = codeOf(DELIVERY_CODES, 'discarded');
const DEAD = codeOf(DELIVERY_CODES, 'dead');

const COUNT = tallySql('VALUES ($1::int4, $2::int2, $3::int2, -1), ($1::int4, $2::int2, $4::int2, 1)');
const NOTE = `
  WITH h AS (${headSql('$8')})
  INSERT INTO act (id, verb, message, delivery, at, who, why) VALUES ($1, $2, $3, $4, $5, $6, $7)`;

interface Found {
  readonly lane: number;
  readonly state: number;
  readonly run: number;
  readonly received_at: number;
  readonly bytes: number;
  readonly head: Uint8Array;
}

interface Placed {
  readonly id: number;
  readonly message: number;
  readonly lane: number;
  readonly state: number;
}

const count = (tx: Transaction, lane: number, side: number, from: number, to: number): Promise<unknown> =>
  tx.query({ name: 'count', text: COUNT, values: [lane, side, from, to] });

async function note(tx: Transaction, action: OperatorAction, message: number, delivery: number | null): Promise<void> {
  const values = [tx.give('act'), action.verb, message, delivery, msOf(action.at), blobOf(action.who), blobOf(action.why)];
  await tx.query({ name: 'note', text: NOTE, values: [...values, tx.counters()] });
}

async function moveDelivery(tx: Transaction, action: OperatorAction, row: Placed, to: number): Promise<QueuedDelivery> {
  const isQueued = wordOf(DELIVERY_CODES, to) === 'queued';
  // Whatever a person decides, the wait set by a retry is over.
  const text = 'UPDATE delivery SET state = $1, settled_at = $2, not_before = NULL WHERE id = $3';
  await tx.query({ text, values: [to, isQueued ? null : msOf(action.at), row.id] });
  await count(tx, row.lane, DELIVERY_SIDE, row.state, to);
  await note(tx, action, row.message, row.id);
  tx.touched.add(tx.names.name(row.lane));
  const [moved] = await tx.query({ name: 'moved', text: `${DELIVERY_SELECT} WHERE d.id = $1`, values: [row.id] });
  return queuedDelivery(tx, moved as unknown as DeliveryRow);
}

async function replay(tx: Transaction, action: OperatorAction, message: number, row: Found): Promise<Acted> {
  const text = 'SELECT id, message, lane, state FROM delivery WHERE message = $1 AND state <= $2 ORDER BY id';
  const open = (await tx.query({ text, values: [message, DEAD] })) as unknown as Placed[];
  if (open.some(({ state }) => state === SENDING)) throw new PasserelleError('ERR_TRANSITION', { expected: 'no delivery in sending' });
  if (!action.why && (await isStale(tx.query, message))) throw new PasserelleError('ERR_REPLAY_STALE');
  await tx.query({ text: 'INSERT INTO earlier SELECT id, run, state, decided_at, outcome FROM message WHERE id = $1', values: [message] });
  const reopen = 'UPDATE message SET state = $2, run = run + 1, decided_at = NULL, outcome = NULL WHERE id = $1';
  await tx.query({ text: reopen, values: [message, RECEIVED] });
  await count(tx, row.lane, MESSAGES, row.state, RECEIVED);
  await note(tx, action, message, null);
  const deliveries: QueuedDelivery[] = [];
  for (const delivery of open) deliveries.push(await moveDelivery(tx, action, delivery, DISCARDED));
  return { message, deliveries, again: againOf(tx.names.name(row.lane), row) };
}

async function onMessage(tx: Transaction, action: OperatorAction, message: number): Promise<Acted> {
  const text = 'SELECT lane, state, run, received_at, bytes, head FROM message WHERE id = $1';
  const [row] = (await tx.query({ text, values: [message] })) as unknown as Found[];
  if (!row) throw new PasserelleError('ERR_NOT_FOUND', { found: `message ${message}` });
  const to = action.verb === 'replay' ? 'received' : action.verb === 'discard' ? 'discarded' : undefined;
  const from = wordOf(MESSAGE_CODES, row.state);
  if (!to || !canMoveMessage(from, to)) throw new PasserelleError('ERR_TRANSITION', { found: `${action.verb} of a ${from} message` });
  tx.touched.add(tx.names.name(row.lane));
  if (to === 'received') return replay(tx, action, message, row);
  await tx.query({ text: 'UPDATE message SET state = $2 WHERE id = $1', values: [message, MESSAGE_DISCARDED] });
  await count(tx, row.lane, MESSAGES, row.state, MESSAGE_DISCARDED);
  await note(tx, action, message, null);
  return { message, deliveries: [] };
}

async function onDelivery(tx: Transaction, action: OperatorAction, delivery: number): Promise<Acted> {
  const [row] = (await tx.query({ text: 'SELECT id, message, lane, state FROM delivery WHERE id = $1', values: [delivery] })) as unknown as Placed[];
  if (!row) throw new PasserelleError('ERR_NOT_FOUND', { found: `delivery ${delivery}` });
  const from = wordOf(DELIVERY_CODES, row.state);
  const move = DELIVERY_TRANSITIONS.find((t) => t.from === from && t.by === action.verb && t.actor === 'person');
  if (!move) throw new PasserelleError('ERR_TRANSITION', { found: `${action.verb} of a ${from} delivery` });
  return { message: row.message, deliveries: [await moveDelivery(tx, action, row, codeOf(DELIVERY_CODES, move.to))] };
}

export async function act(tx: Transaction, actions: readonly OperatorAction[]): Promise<readonly Acted[]> {
  const acted: Acted[] = [];
  for (const action of actions) {
    const { message, delivery } = action;
    if ((message === undefined) === (delivery === undefined)) throw new PasserelleError('ERR_INVARIANT', { expected: 'a message or a delivery' });
    acted.push(message === undefined ? await onDelivery(tx, action, delivery!) : await onMessage(tx, action, message));
  }
  return acted;
}
