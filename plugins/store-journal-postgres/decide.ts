/** `decide`: what became of messages that were received before. */
import { PasserelleError, canMoveMessage } from '../../core/contract/index.ts';
import { blobOf, codeOf, MESSAGE_CODES, packHashes, unpackHashes, wordOf, type PackedDecision } from '../../core/journal-format/index.ts';
import { int8s } from './arrays.ts';
import { Batch, MESSAGES, Rows } from './batch.ts';
import { ackCode, collectEvents, refuseMove, termsOf } from './events.ts';
import { indexTerms } from './terms.ts';
import { headSql, type Transaction } from './transaction.ts';
import { wavesOf } from './waves.ts';

const DECIDED = new Batch('id:int8 state:int2 ack:int2 decided_at:int8 terms:bytea outcome:bytea');
const HEAD_AT = DECIDED.names.length + 1;
const REJECTED = codeOf(MESSAGE_CODES, 'rejected');

const FIND = 'SELECT id, lane, state, run, terms FROM message WHERE id = ANY($1::int8[])';
// A refusal frees the print: the same message is processed again when it comes again.
const UPDATE = `
  WITH m AS (UPDATE message SET state = v.state, ack = coalesce(v.ack, message.ack), decided_at = v.decided_at, terms = v.terms, outcome = v.outcome,
    print = CASE WHEN v.state = ${REJECTED} THEN NULL ELSE message.print END FROM ${DECIDED.source(1)} WHERE message.id = v.id),
  h AS (${headSql(`$${HEAD_AT}`)}),
  ${Rows.sql(HEAD_AT + 1, '').text}
  SELECT 1`;

interface Found {
  readonly id: number;
  readonly lane: number;
  readonly state: number;
  readonly run: number;
  readonly terms: Uint8Array | null;
}

async function decideWave(tx: Transaction, wave: readonly PackedDecision[]): Promise<number[]> {
  const found = (await tx.query({ name: 'decide-find', text: FIND, values: [int8s(wave.map(({ message }) => message))] })) as unknown as Found[];
  const byId = new Map(found.map((row) => [row.id, row]));
  const rows = new Rows(tx);
  const firsts: number[] = [];
  const updates = wave.map((decision) => {
    const { message, state } = decision;
    const row = byId.get(message);
    if (!row) throw new PasserelleError('ERR_NOT_FOUND', { found: `message ${message}` });
    const from = wordOf(MESSAGE_CODES, row.state);
    if (row.run !== decision.run || from !== 'received' || !canMoveMessage(from, state)) throw refuseMove(from, row.run, decision);
    // Terms of earlier runs stay.
    const earlier = unpackHashes(row.terms);
    const all = termsOf(decision, earlier);
    if (message <= tx.head.indexed) rows.fresh(message, packHashes(all.slice(earlier.length)));
    const to = codeOf(MESSAGE_CODES, state);
    rows.count(row.lane, MESSAGES, row.state, -1);
    rows.count(row.lane, MESSAGES, to, 1);
    // The node that received it may be another one.
    tx.touched.add(tx.names.name(row.lane));
    firsts.push(collectEvents(tx, rows, decision));
    return [message, to, ackCode(decision), decision.at, packHashes(all), blobOf(decision.outcome)];
  });
  const names = tx.storeNames();
  await Promise.all([tx.query({ name: 'decide', text: UPDATE, values: [...DECIDED.values(updates), tx.counters(), ...rows.values()] }), names]);
  await indexTerms(tx, Math.max(...wave.map(({ message }) => message)));
  return firsts;
}

/** Of each decision, the first delivery made, 0 without any. */
export async function decide(tx: Transaction, batch: readonly PackedDecision[]): Promise<number[]> {
  const firsts: number[] = [];
  for (const wave of wavesOf(batch, ({ message }) => message)) firsts.push(...(await decideWave(tx, wave)));
  return firsts;
}
