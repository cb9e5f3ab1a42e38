/** `receive` and `admit`: messages that are new, or one more retransmission of a message that is here. */
import { canMoveMessage, type AdmitResult, type ReceiveResult } from '../../core/contract/index.ts';
import {
  ACK_CODES,
  blobOf,
  codeOf,
  hash128,
  hash48,
  MESSAGE_CODES,
  packHashes,
  RETRANSMISSION_MEMORY_MS,
  wordOf,
  type PackedAdmission,
  type PackedMessage,
} from '../../core/journal-format/index.ts';
import { Batch, MESSAGES, Rows } from './batch.ts';
import { ackCode, collectEvents, refuseMove, termsOf } from './events.ts';
import { indexTerms } from './terms.ts';
import { headSql, type Transaction } from './transaction.ts';
import { wavesOf } from './waves.ts';

const RECEIVED = codeOf(MESSAGE_CODES, 'received');
const REJECTED = codeOf(MESSAGE_CODES, 'rejected');

const NEW = new Batch(
  'id:int8 lane:int4 site:int4 connector:int4 version:int4 format:int4 received_at:int8 state:int2 ack:int2 bytes:int8 raw:int8 link:int8 ' +
    'type:int8 control:int8 print:bytea decided_at:int8 terms:bytea head:bytea outcome:bytea',
);
const HEAD_AT = NEW.names.length + 1;
const ADMITTED_AT = HEAD_AT + 1;
const ROWS_AT = ADMITTED_AT + 1;

/** Among the messages of 30 days, and among those that wait: is any of these not simply new? Each costs two looks into small indexes. */
const NOT_NEW = `
  SELECT v.id FROM v WHERE
    (v.control IS NOT NULL AND EXISTS (SELECT FROM message m
      WHERE m.control = v.control AND m.lane = v.lane AND m.print IS NOT NULL AND m.received_at > v.received_at - ${RETRANSMISSION_MEMORY_MS}))
    OR ($${ADMITTED_AT}::bool AND EXISTS (SELECT FROM message m WHERE m.lane = v.lane AND m.state = ${RECEIVED} AND m.id < v.id))`;

const insertSql = (known: string, guard: string): string => `
  WITH v AS (SELECT * FROM ${NEW.source(1, 'n')}),
  known AS (${known}),
  m AS (INSERT INTO message (${NEW.names.join(', ')}, run, retransmissions) SELECT ${NEW.names.join(', ')}, 1, 0 FROM v ${guard}),
  h AS (${headSql(`$${HEAD_AT}`)} ${guard}),
  ${Rows.sql(ROWS_AT, guard).text}
  SELECT id FROM known`;

/** All or nothing: writes when every message is new, else answers which are not. */
const INSERT_NEW = insertSql(NOT_NEW, 'WHERE NOT EXISTS (SELECT FROM known)');
const INSERT = insertSql(`SELECT id FROM v WHERE $${ADMITTED_AT}::bool AND false`, '');

const FIND = `
  SELECT f.id, f.state, f.ack,
    EXISTS (SELECT FROM message m WHERE m.control = $2 AND m.lane = $1 AND m.print IS NOT NULL AND m.print <> $3 AND m.received_at > $4) AS reused,
    EXISTS (SELECT FROM message m WHERE m.lane = $1 AND m.state = ${RECEIVED} AND m.id < $5) AS older
  FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT id, state, ack FROM message m
    WHERE m.control = $2 AND m.lane = $1 AND m.print = $3 AND m.received_at > $4 ORDER BY id DESC LIMIT 1) f ON true`;

interface Found {
  readonly id: number | null;
  readonly state: number;
  readonly ack: number | null;
  readonly reused: boolean | null;
  readonly older: boolean;
}

/** A message on its way in, with its decision or without. */
interface Arrival {
  readonly message: PackedMessage;
  readonly decision?: PackedAdmission['decision'];
}
/** What a row of `receive` says, and for an admitted one its first delivery. */
type Arrived = { readonly first: number } | { readonly result: ReceiveResult };

const printOf = ({ controlId, fingerprint }: PackedMessage): Buffer => Buffer.from(hash128(`${controlId}\0${fingerprint}`));

function collect(
  tx: Transaction,
  rows: Rows,
  { message, decision }: Arrival,
): { readonly first: number; readonly row: Parameters<Batch['values']>[0][number] } {
  const { id, at, raw, type, ack, controlId, outcome } = message;
  const terms = decision ? packHashes(termsOf(decision)) : null;
  const state = decision ? codeOf(MESSAGE_CODES, decision.state) : outcome === undefined ? RECEIVED : REJECTED;
  const lane = tx.nameId(message.lane);
  const said = decision && ackCode(decision);
  const row = [
    id,
    lane,
    tx.nameId(message.site),
    tx.nameId(message.connector),
    tx.nameId(message.version),
    tx.nameId(message.format),
    at,
    state,
    said ?? (ack === undefined ? null : codeOf(ACK_CODES, ack)),
    raw.length,
    rows.raw(id, raw),
    message.link,
    type === undefined ? null : hash48(type),
    controlId === undefined ? null : hash48(controlId),
    // A refused message is processed again when it comes again.
    state === REJECTED || controlId === undefined ? null : printOf(message),
    decision ? decision.at : outcome === undefined ? null : at,
    terms,
    blobOf(message.head),
    blobOf(decision ? decision.outcome : outcome),
  ];
  rows.count(lane, MESSAGES, state, 1);
  if (id <= tx.head.indexed) rows.fresh(id, terms);
  if (state === RECEIVED) tx.touched.add(message.lane);
  return { row, first: decision ? collectEvents(tx, rows, decision) : 0 };
}

async function write(
  tx: Transaction,
  arrivals: readonly Arrival[],
  sure: boolean,
): Promise<{ readonly firsts: number[]; readonly isStored: boolean }> {
  const rows = new Rows(tx);
  const collected = arrivals.map((arrival) => collect(tx, rows, arrival));
  const names = tx.storeNames();
  const admitted = Buffer.of(arrivals[0]!.decision === undefined ? 0 : 1);
  const values = [...NEW.values(collected.map(({ row }) => row)), tx.counters(), admitted, ...rows.values()];
  const [known] = await Promise.all([tx.query({ name: sure ? 'arrive-sure' : 'arrive', text: sure ? INSERT : INSERT_NEW, values }), names]);
  return { firsts: collected.map(({ first }) => first), isStored: known.length === 0 };
}

/**
 * One message about which something is known: the sentences of the contract, in their order.
 *
 * @param cut lanes of which a message of the call was not stored as it was decided.
 */
async function arriveOne(tx: Transaction, arrival: Arrival, cut: Set<string>): Promise<Arrived> {
  const { message, decision } = arrival;
  const { id, controlId, at } = message;
  const control = controlId === undefined ? null : hash48(controlId);
  const values = [tx.nameId(message.lane), control, control === null ? null : printOf(message), at - RETRANSMISSION_MEMORY_MS, id];
  const [found] = (await tx.query({ name: 'arrive-find', text: FIND, values })) as unknown as [Found];
  if (found.id !== null) {
    if (decision) cut.add(message.lane);
    await tx.query({ text: 'UPDATE message SET retransmissions = retransmissions + 1 WHERE id = $1', values: [found.id] });
    const ack = found.ack === null ? {} : { ack: wordOf(ACK_CODES, found.ack) };
    return { result: { message: found.id, duplicate: { state: wordOf(MESSAGE_CODES, found.state), ...ack } } };
  }
  const isReused = found.reused === true;
  const waits = decision && (isReused || found.older || cut.has(message.lane));
  if (waits) cut.add(message.lane);
  const { firsts } = await write(tx, [waits ? { message } : arrival], true);
  if (decision && !waits) return { first: firsts[0]! };
  return { result: { message: id, ...(isReused && { controlIdReused: true }) } };
}

async function arrive(tx: Transaction, arrivals: readonly Arrival[]): Promise<Arrived[]> {
  const waves = wavesOf(arrivals, ({ message: { lane, controlId } }) => (controlId === undefined ? undefined : `${lane}\0${controlId}`));
  const results: Arrived[] = [];
  const cut = new Set<string>();
  for (const wave of waves) {
    const isWhole = !wave.some(({ message }) => cut.has(message.lane));
    const { firsts, isStored } = isWhole ? await write(tx, wave, false) : { firsts: [], isStored: false };
    if (isStored) results.push(...wave.map(({ message, decision }, i) => (decision ? { first: firsts[i]! } : { result: { message: message.id } })));
    else for (const arrival of wave) results.push(await arriveOne(tx, arrival, cut));
  }
  await indexTerms(tx, Math.max(0, ...arrivals.map(({ message }) => message.id)));
  return results;
}

const NEXT = { name: 'ids', text: "SELECT nextval('message_id') AS id FROM generate_series(1, $1)" };

/** Ids that were not reserved are given here, under the lock: in commit order. */
export async function receive(tx: Transaction, batch: readonly PackedMessage[]): Promise<ReceiveResult[]> {
  const count = batch.filter(({ id }) => id === 0).length;
  const ids = count > 0 ? (await tx.query({ ...NEXT, values: [count] })).map(({ id }) => Number(id)) : [];
  const arrived = await arrive(
    tx,
    batch.map((message) => ({ message: { ...message, id: message.id || ids.shift()! } })),
  );
  return arrived.map((one) => ('result' in one ? one.result : { message: 0 }));
}

/** A number is the first delivery of a message that was stored with its decision. */
export async function admit(tx: Transaction, batch: readonly PackedAdmission[]): Promise<(number | AdmitResult)[]> {
  for (const { message, decision } of batch)
    if (decision.run !== 1 || decision.message !== message.id || !canMoveMessage('received', decision.state))
      throw refuseMove('received', 1, decision);
  return (await arrive(tx, batch)).map((one) => ('result' in one ? one.result : one.first));
}
