/** `begin` and `settle`: the attempts of a delivery. */
import { DELIVERY_TRANSITIONS, PasserelleError, type DeliveryState } from '../../core/contract/index.ts';
import { DELIVERY_CODES, type PackedSettlement, type PackedStart, blobOf, codeOf, encodedPart, wordOf } from '../../core/journal-format/index.ts';
import { type Journal } from './journal.ts';
import { DELIVERIES } from './tally.ts';

const QUEUED = codeOf(DELIVERY_CODES, 'queued');
const SENDING = codeOf(DELIVERY_CODES, 'sending');

export interface DeliveryRow {
  readonly message: number;
  readonly lane: number;
  readonly state: number;
  readonly attempts: number;
  readonly encoded: number | null;
}

/** Finds a delivery, or throws ERR_NOT_FOUND. */
export function deliveryFinder({ db }: Journal): (delivery: number) => DeliveryRow {
  const find = db.prepare('SELECT message, lane, state, attempts, encoded FROM delivery WHERE id = ?');
  return (delivery) => {
    const row = find.get(delivery) as DeliveryRow | undefined;
    if (!row) throw new PasserelleError('ERR_NOT_FOUND', { found: `delivery ${delivery}` });
    return row;
  };
}

/** Writes what is sent, the first time; answers where, null on a retry. What is sent never changes after (ARCHITECTURE section 3), unless it says so. */
function encodedWriter({ parts }: Journal): (row: DeliveryRow, start: PackedStart) => number | null {
  return (row, { delivery, encoded, replaces }) => {
    if ((row.encoded === null) !== (encoded !== undefined && !replaces))
      throw new PasserelleError('ERR_INVARIANT', { expected: 'the encoded message once', found: row.encoded === null ? 'none' : 'a second one' });
    return encoded === undefined ? null : parts.write(row.message, encodedPart(delivery), Buffer.from(encoded));
  };
}

export function beginner(journal: Journal): (batch: readonly PackedStart[]) => void {
  const { db, tally } = journal;
  const find = deliveryFinder(journal);
  const writeEncoded = encodedWriter(journal);
  const update = db.prepare(
    'UPDATE delivery SET state = ?, not_before = NULL, encoded = coalesce(?, encoded), control = coalesce(?, control) WHERE id = ?',
  );
  // An attempt that was not counted left its ordinal: the next one takes its row, so that an unreachable receiver costs no rows.
  const insertAttempt = db.prepare('INSERT OR REPLACE INTO attempt (delivery, ordinal, started_at) VALUES (?, ?, ?)');

  const beginOne = (start: PackedStart): void => {
    const { delivery, at, controlId } = start;
    const row = find(delivery);
    if (row.state !== QUEUED) throw new PasserelleError('ERR_TRANSITION', { expected: 'queued', found: wordOf(DELIVERY_CODES, row.state) });
    update.run(SENDING, writeEncoded(row, start), controlId ?? null, delivery);
    insertAttempt.run(delivery, row.attempts + 1, at);
    tally.move(row.lane, DELIVERIES, row.state, SENDING);
  };
  return (batch) => batch.forEach(beginOne);
}

const canSettle = (from: DeliveryState, to: DeliveryState): boolean =>
  DELIVERY_TRANSITIONS.some((t) => t.from === from && t.to === to && t.actor === 'engine' && t.to !== 'sending');

export function settler(journal: Journal): (batch: readonly PackedSettlement[]) => void {
  const { db, tally } = journal;
  const find = deliveryFinder(journal);
  const writeEncoded = encodedWriter(journal);
  const update = db.prepare(`
    UPDATE delivery SET state = ?, attempts = attempts + ?, ack = coalesce(?, ack), error = ?, not_before = ?, settled_at = ? WHERE id = ?`);
  const updateWhole = db.prepare(`
    UPDATE delivery SET state = ?, attempts = attempts + ?, ack = coalesce(?, ack), error = ?, not_before = ?, settled_at = ?,
      encoded = coalesce(?, encoded), control = coalesce(?, control), started_at = ? WHERE id = ?`);
  const endAttempt = db.prepare('UPDATE attempt SET ended_at = ?, outcome = ?, ack = ?, error = ? WHERE delivery = ? AND ordinal = ?');
  const wholeAttempt = db.prepare(
    'INSERT OR REPLACE INTO attempt (ended_at, outcome, ack, error, delivery, ordinal, started_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );

  const settleOne = (settlement: PackedSettlement): void => {
    const { delivery, at, to, from, begun } = settlement;
    const row = find(delivery);
    const state = wordOf(DELIVERY_CODES, row.state);
    if (state !== from || (begun && from !== 'queued') || !canSettle(begun ? 'sending' : from, to))
      throw new PasserelleError('ERR_TRANSITION', { expected: from, found: `${state}, to ${to}` });
    const code = codeOf(DELIVERY_CODES, to);
    const error = blobOf(settlement.error);
    const ack = settlement.ack ?? null;
    const isAttempt = from === 'sending' || begun !== undefined;
    const columns = [code, isAttempt && settlement.counted ? 1 : 0, ack, error, settlement.notBefore ?? null, to === 'queued' ? null : at] as const;
    if (begun) {
      // Nothing was ever sent of it before: the row of the delivery tells the attempt (attempts.ts), and nothing follows `delivered`.
      const isOnly = to === 'delivered' && settlement.counted && row.attempts === 0 && row.encoded === null;
      updateWhole.run(...columns, writeEncoded(row, begun), begun.controlId ?? null, isOnly ? begun.at : null, delivery);
      if (!isOnly) wholeAttempt.run(at, code, ack, error, delivery, row.attempts + 1, begun.at);
    } else {
      update.run(...columns, delivery);
      if (isAttempt) endAttempt.run(at, code, ack, error, delivery, row.attempts + 1);
    }
    tally.move(row.lane, DELIVERIES, row.state, code);
  };
  return (batch) => batch.forEach(settleOne);
}
