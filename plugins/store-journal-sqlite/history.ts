/** `message`: one message and everything that happened to it. */
import {
  type ActRow,
  type AttemptRow,
  DELIVERY_SELECT,
  type DeliveryRow,
  type EarlierRow,
  MESSAGE_COLUMNS,
  type MessageRow,
  type PackedHistory,
  actRecord,
  attemptRecord,
  deliverySummary,
  earlierDecision,
  headOf,
  isoOf,
  messageSummary,
  outcomeOf,
  present,
} from '../../core/journal-format/index.ts';
import { ATTEMPTS_OF_MESSAGE } from './attempts.ts';
import type { Reads } from './calls.ts';
import { type Journal } from './journal.ts';

export function historyReader(journal: Journal): Reads['message'] {
  const { db, parts } = journal;
  const find = db.prepare(`SELECT ${MESSAGE_COLUMNS} FROM message WHERE id = ?`);
  const events = db.prepare('SELECT run, data FROM event WHERE message = ? ORDER BY id');
  const deliveries = db.prepare(`${DELIVERY_SELECT} WHERE d.message = ? ORDER BY d.id`);
  const attempts = db.prepare(ATTEMPTS_OF_MESSAGE);
  const acts = db.prepare('SELECT verb, message, delivery, at, who, why FROM act WHERE message = ? ORDER BY id');
  const earlier = db.prepare('SELECT run, state, decided_at, outcome FROM earlier WHERE message = ? ORDER BY run');
  return (message) => {
    const row = find.get(message) as MessageRow | undefined;
    if (!row) return undefined;
    const outcome = outcomeOf(row.outcome);
    const replaced = (earlier.all(message) as unknown as EarlierRow[]).map(earlierDecision);
    return present<PackedHistory>({
      message: messageSummary(journal, row, headOf(row), outcome),
      decidedAt: row.decided_at === null ? undefined : isoOf(row.decided_at),
      parts: outcome?.parts ?? [],
      events: (events.all(message) as { run: number; data: number }[]).map(({ run, data }) => ({ run, json: parts.text(data) })),
      deliveries: (deliveries.all(message) as unknown as DeliveryRow[]).map((delivery) => deliverySummary(journal, delivery)),
      attempts: (attempts.all(message) as unknown as AttemptRow[]).map(attemptRecord),
      acts: (acts.all(message) as unknown as ActRow[]).map(actRecord),
      earlier: replaced.length > 0 ? replaced : undefined,
    });
  };
}
