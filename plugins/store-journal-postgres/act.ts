/** `act`: decisions of people. Each leaves a row that says who, why and when. */
import {
  DELIVERY_TRANSITIONS,
  PasserelleError,
  canMoveMessage,
  type Acted,
  type MessageState,
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
import { int8s } from './arrays.ts';
import { Batch, DELIVERY_SIDE, MESSAGES, tallySql } from './batch.ts';
import { WAVE_ITEMS } from './limits.ts';
import { isStale } from './staleness.ts';
import { headSql, type Transaction } from './transaction.ts';

const RECEIVED = codeOf(MESSAGE_CODES, 'received');
const MESSAGE_DISCARDED = codeOf(MESSAGE_CODES, 'discarded');
const SENDING = codeOf(DELIVERY_CODES, 'sending');
const DISCARDED = codeOf(DELIVERY_CODES, 'discarded');
const DEAD = codeOf(DELIVERY_CODES, 'dead');

const COUNT = tallySql('VALUES ($1::int4, $2::int2, $3::int2, -$5::int8), ($1::int4, $2::int2, $4::int2, $5)');
const ACTS = new Batch('id:int8 verb:text message:int8 delivery:int8 at:int8 who:bytea why:bytea');
const NOTE = `WITH h AS (${headSql('$8')}) ${ACTS.insert('act', 1, '')}`;

interface Found {
  readonly id: number;
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

const count = (tx: Transaction, lane: number, side: number, from: number, to: number, moved = 1): Promise<unknown> =>
  tx.query({ name: 'count', text: COUNT, values: [lane, side, from, to, moved] });

/** Who did it, to which message or delivery, and why. */
function note(tx: Transaction, ...acts: readonly (readonly [OperatorAction, message: number, delivery: number | null])[]): Promise<unknown> {
  const rows = acts.map(([{ verb, at, who, why }, message, delivery]) => [
    tx.give('act'),
    verb,
    message,
    delivery,
    msOf(at),
    blobOf(who),
    blobOf(why),
  ]);
  return tx.query({ name: 'note', text: NOTE, values: [...ACTS.values(rows), tx.counters()] });
}

async function moveDelivery(tx: Transaction, action: OperatorAction, row: Placed, to: number): Promise<QueuedDelivery> {
  const isQueued = wordOf(DELIVERY_CODES, to) === 'queued';
  // Whatever a person decides, the wait set by a retry is over.
  const text = 'UPDATE delivery SET state = $1, settled_at = $2, not_before = NULL WHERE id = $3';
  await tx.query({ text, values: [to, isQueued ? null : msOf(action.at), row.id] });
  await count(tx, row.lane, DELIVERY_SIDE, row.state, to);
  await note(tx, [action, row.message, row.id]);
  tx.touched.add(tx.names.name(row.lane));
  const [moved] = await tx.query({ name: 'moved', text: `${DELIVERY_SELECT} WHERE d.id = $1`, values: [row.id] });
  return queuedDelivery(tx, moved as unknown as DeliveryRow);
}

const REPLAYED = 'SELECT id, lane, state, run, received_at, bytes, head FROM message WHERE id = ANY($1::int8[])';
const OPEN = `SELECT id, message, lane, state FROM delivery WHERE message = ANY($1::int8[]) AND state <= ${DEAD} ORDER BY id`;
const EARLIER = 'INSERT INTO earlier SELECT id, run, state, decided_at, outcome FROM message WHERE id = ANY($1::int8[])';
const REOPEN = `UPDATE message SET state = ${RECEIVED}, run = run + 1, decided_at = NULL, outcome = NULL WHERE id = ANY($1::int8[])`;

/** Different messages: whole pages of them are replayed at once, and every other writer waits for that. */
async function replay(tx: Transaction, actions: readonly OperatorAction[]): Promise<readonly Acted[]> {
  const ids = actions.map(({ message }) => message!);
  const [rows, deliveries] = (await Promise.all([
    tx.query({ name: 'replayed', text: REPLAYED, values: [int8s(ids)] }),
    tx.query({ name: 'open', text: OPEN, values: [int8s(ids)] }),
  ])) as unknown as [Found[], Placed[]];
  const found = new Map(rows.map((row) => [row.id, row]));
  const open = Map.groupBy(deliveries, ({ message }) => message);
  for (const [i, action] of actions.entries()) await requireReplayable(tx, action, found.get(ids[i]!), open.get(ids[i]!) ?? []);
  await Promise.all([
    tx.query({ name: 'earlier', text: EARLIER, values: [int8s(ids)] }),
    tx.query({ name: 'reopen', text: REOPEN, values: [int8s(ids)] }),
    ...[...Map.groupBy(rows, ({ lane, state }) => `${lane} ${state}`).values()].map((alike) =>
      count(tx, alike[0]!.lane, MESSAGES, alike[0]!.state, RECEIVED, alike.length),
    ),
    note(tx, ...actions.map((action, i) => [action, ids[i]!, null] as const)),
  ]);
  for (const { lane } of rows) tx.touched.add(tx.names.name(lane));
  const acted: Acted[] = [];
  for (const [i, action] of actions.entries()) {
    const [message, moved] = [ids[i]!, [] as QueuedDelivery[]];
    for (const delivery of open.get(message) ?? []) moved.push(await moveDelivery(tx, action, delivery, DISCARDED));
    const row = found.get(message)!;
    acted.push({ message, deliveries: moved, again: againOf(tx.names.name(row.lane), row) });
  }
  return acted;
}

async function requireReplayable(
  tx: Transaction,
  { verb, message, why }: OperatorAction,
  row: Found | undefined,
  open: readonly Placed[],
): Promise<void> {
  requireMove(verb, message!, row, 'received');
  if (open.some(({ state }) => state === SENDING)) throw new PasserelleError('ERR_TRANSITION', { expected: 'no delivery in sending' });
  if (!why && (await isStale(tx.query, message!))) throw new PasserelleError('ERR_REPLAY_STALE');
}

function requireMove(verb: OperatorAction['verb'], message: number, row: Pick<Found, 'state'> | undefined, to: MessageState | undefined): void {
  if (!row) throw new PasserelleError('ERR_NOT_FOUND', { found: `message ${message}` });
  const from = wordOf(MESSAGE_CODES, row.state);
  if (!to || !canMoveMessage(from, to)) throw new PasserelleError('ERR_TRANSITION', { found: `${verb} of a ${from} message` });
}

async function onMessage(tx: Transaction, action: OperatorAction, message: number): Promise<Acted> {
  const [row] = (await tx.query({ name: 'acted', text: 'SELECT lane, state FROM message WHERE id = $1', values: [message] })) as unknown as Pick<
    Found,
    'lane' | 'state'
  >[];
  requireMove(action.verb, message, row, action.verb === 'discard' ? 'discarded' : undefined);
  const { lane, state } = row!;
  tx.touched.add(tx.names.name(lane));
  await tx.query({ text: 'UPDATE message SET state = $2 WHERE id = $1', values: [message, MESSAGE_DISCARDED] });
  await count(tx, lane, MESSAGES, state, MESSAGE_DISCARDED);
  await note(tx, [action, message, null]);
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
  for (let at = 0; at < actions.length;) {
    const action = actions[at]!;
    const { message, delivery } = action;
    if ((message === undefined) === (delivery === undefined)) throw new PasserelleError('ERR_INVARIANT', { expected: 'a message or a delivery' });
    const replays = replaysFrom(actions, at);
    if (replays.length > 0) acted.push(...(await replay(tx, replays)));
    else acted.push(message === undefined ? await onDelivery(tx, action, delivery!) : await onMessage(tx, action, message));
    at += Math.max(1, replays.length);
  }
  return acted;
}

/** Replays of different messages that follow each other from there on; what has to say why and does not is first, since those before it may change what is stale. */
function replaysFrom(actions: readonly OperatorAction[], at: number): readonly OperatorAction[] {
  const seen = new Set<number>();
  const isNext = ({ verb, message, delivery, why }: OperatorAction): boolean =>
    verb === 'replay' &&
    message !== undefined &&
    delivery === undefined &&
    (Boolean(why) || seen.size === 0) &&
    seen.size < WAVE_ITEMS &&
    seen.size < seen.add(message).size;
  const end = actions.findIndex((action, i) => i >= at && !isNext(action));
  return actions.slice(at, end < 0 ? actions.length : end);
}
