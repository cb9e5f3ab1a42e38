/** `begin` and `settle`: the attempts of deliveries. */
import { DELIVERY_TRANSITIONS, PasserelleError, type DeliveryState } from '../../core/contract/index.ts';
import {
  blobOf,
  CHUNK_BYTES,
  codeOf,
  DELIVERY_CODES,
  encodedPart,
  wordOf,
  type PackedSettlement,
  type PackedStart,
} from '../../core/journal-format/index.ts';
import { Batch, DELIVERY_SIDE, PARTS, tallySql } from './batch.ts';
import { headSql, type Transaction } from './transaction.ts';
import { wavesOf } from './waves.ts';

const QUEUED = codeOf(DELIVERY_CODES, 'queued');
const SENDING = codeOf(DELIVERY_CODES, 'sending');

/** One move of a delivery. `started`: it begins an attempt; `part` and `bytes`: its first chunk, when it is the first attempt. */
const MOVES = new Batch(
  'id:int8 from:int2 to:int2 counted:int4 at:int8 ack:text error:bytea not_before:int8 settled_at:int8 part:int8 control:text started:int8 bytes:bytea replaces:int2',
);

/**
 * Moves every delivery that stands where its move begins, and answers those. What is sent is written with the first attempt and never again
 * (ARCHITECTURE section 3) unless it says that it replaces it: a move that begins an attempt and does not fit in this is left out, and refused by its absence.
 * An attempt that was not counted left its ordinal: the next one takes its row, so that an unreachable receiver costs no rows.
 */
const moveSql = (endsOthers: boolean): string => `
  WITH u AS (
    UPDATE delivery d SET state = v.to, attempts = d.attempts + v.counted, ack = coalesce(v.ack, d.ack), error = CASE WHEN v.to = ${SENDING} THEN d.error ELSE v.error END, not_before = v.not_before,
      settled_at = v.settled_at, encoded = coalesce(v.part, d.encoded), control = coalesce(v.control, d.control)
    FROM ${MOVES.source(1)} WHERE d.id = v.id AND d.state = v.from AND (v.started IS NULL OR (d.encoded IS NULL) = (v.part IS NOT NULL AND v.replaces = 0))
    RETURNING d.id, d.message, d.lane, d.attempts + 1 - v.counted AS ordinal, v.from, v.to, v.at, v.ack, v.error, v.part, v.started, v.bytes),
  p AS (INSERT INTO part (id, message, part, chunk, bytes) SELECT part, message, 4 * id + 2, 0, bytes FROM u WHERE part IS NOT NULL),
  a AS (
    INSERT INTO attempt (delivery, ordinal, started_at, ended_at, outcome, ack, error)
    SELECT id, ordinal, started, CASE WHEN "to" = ${SENDING} THEN NULL ELSE at END, CASE WHEN "to" = ${SENDING} THEN NULL ELSE "to" END, ack, error
    FROM u WHERE started IS NOT NULL
    ON CONFLICT (delivery, ordinal) DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at, outcome = excluded.outcome,
      ack = excluded.ack, error = excluded.error),
  ${
    endsOthers
      ? `b AS (UPDATE attempt a SET ended_at = u.at, outcome = u.to, ack = u.ack, error = u.error
      FROM u WHERE u.from = ${SENDING} AND a.delivery = u.id AND a.ordinal = u.ordinal),`
      : ''
  }
  t AS (${tallySql(`SELECT lane, ${DELIVERY_SIDE}, state, sum(n) FROM
    (SELECT lane, "from" AS state, -1 AS n FROM u UNION ALL SELECT lane, "to", 1 FROM u) moves GROUP BY lane, state HAVING sum(n) <> 0`)}),
  h AS (${headSql(`$${MOVES.names.length + 1}`)})
  SELECT id, message FROM u`;

const MOVE = moveSql(false);
const MOVE_AND_END = moveSql(true);
const MORE_CHUNKS = PARTS.insert('part', 1, '');

interface Move {
  readonly delivery: number;
  readonly from: number;
  readonly to: number;
  readonly counted: boolean;
  readonly at: number;
  readonly ack?: string | undefined;
  readonly error?: string | undefined;
  readonly notBefore?: number | undefined;
  readonly begun?: PackedStart | undefined;
}

async function moveWave(tx: Transaction, wave: readonly Move[]): Promise<void> {
  const payloads = wave.map(({ begun }) => {
    if (begun?.encoded === undefined) return undefined;
    const bytes = Buffer.from(begun.encoded);
    return { bytes, first: tx.givePart(Math.max(1, Math.ceil(bytes.length / CHUNK_BYTES))) };
  });
  const rows = wave.map(({ delivery, from, to, counted, at, ack, error, notBefore, begun }, i) => [
    delivery,
    from,
    to,
    counted ? 1 : 0,
    at,
    ack,
    blobOf(error),
    notBefore,
    to === QUEUED || to === SENDING ? null : at,
    payloads[i]?.first,
    begun?.controlId,
    begun?.at,
    payloads[i]?.bytes.subarray(0, CHUNK_BYTES),
    begun?.replaces ? 1 : 0,
  ]);
  const ends = wave.some(({ from }) => from === SENDING);
  const statement = ends ? { name: 'move-end', text: MOVE_AND_END } : { name: 'move', text: MOVE };
  const moved = await tx.query({ ...statement, values: [...MOVES.values(rows), tx.counters()] });
  if (moved.length < wave.length) await refuse(tx, wave, new Set(moved.map((row) => row['id'])));
  const chunks = wave.flatMap(({ delivery }, i) => {
    const payload = payloads[i];
    if (!payload || payload.bytes.length <= CHUNK_BYTES) return [];
    const message = Number(moved.find((row) => row['id'] === delivery)!['message']);
    const list: (number | Buffer)[][] = [];
    for (let chunk = 1; chunk * CHUNK_BYTES < payload.bytes.length; chunk++)
      list.push([
        payload.first + chunk,
        message,
        encodedPart(delivery),
        chunk,
        payload.bytes.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES),
      ]);
    return list;
  });
  if (chunks.length > 0) await tx.query({ name: 'part', text: MORE_CHUNKS, values: PARTS.values(chunks) });
}

/** Some did not move: says why the first of them did not. What the others did is rolled back with the command. */
async function refuse(tx: Transaction, wave: readonly Move[], moved: ReadonlySet<unknown>): Promise<never> {
  const { delivery, from } = wave.find((each) => !moved.has(each.delivery))!;
  const [row] = await tx.query({ text: 'SELECT state FROM delivery WHERE id = $1', values: [delivery] });
  if (!row) throw new PasserelleError('ERR_NOT_FOUND', { found: `delivery ${delivery}` });
  const state = Number(row['state']);
  if (state !== from) throw new PasserelleError('ERR_TRANSITION', { expected: wordOf(DELIVERY_CODES, from), found: wordOf(DELIVERY_CODES, state) });
  throw new PasserelleError('ERR_INVARIANT', { expected: 'the encoded message once' });
}

async function move(tx: Transaction, moves: readonly Move[]): Promise<void> {
  for (const wave of wavesOf(moves, ({ delivery }) => delivery)) await moveWave(tx, wave);
}

/** queued -> sending. */
export const begin = (tx: Transaction, batch: readonly PackedStart[]): Promise<void> =>
  move(
    tx,
    batch.map((begun) => ({ delivery: begun.delivery, from: QUEUED, to: SENDING, counted: false, at: begun.at, begun })),
  );

const canSettle = (from: DeliveryState, to: DeliveryState): boolean =>
  DELIVERY_TRANSITIONS.some((t) => t.from === from && t.to === to && t.actor === 'engine' && t.to !== 'sending');

export async function settle(tx: Transaction, batch: readonly PackedSettlement[]): Promise<void> {
  const moves = batch.map(({ from, to, counted, begun, ...rest }) => {
    if ((begun && from !== 'queued') || !canSettle(begun ? 'sending' : from, to))
      throw new PasserelleError('ERR_TRANSITION', { expected: from, found: `${from}, to ${to}` });
    return {
      ...rest,
      begun,
      counted: counted && (begun !== undefined || from === 'sending'),
      from: codeOf(DELIVERY_CODES, from),
      to: codeOf(DELIVERY_CODES, to),
    };
  });
  await move(tx, moves);
}
