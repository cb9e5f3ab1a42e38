/** Rows of what happened to a message, as records of the contract. */
import type { ActRecord, AttemptRecord, EarlierDecision, ErrorData } from '../contract/index.ts';
import { DELIVERY_CODES, isoOf, MESSAGE_CODES, wordOf } from './codes.ts';
import { outcomeOf } from './rows.ts';
import { jsonOf, present, textOf } from './values.ts';

export interface AttemptRow {
  readonly delivery: number;
  readonly ordinal: number;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly outcome: number | null;
  readonly ack: string | null;
  readonly error: Uint8Array | null;
}

export const attemptRecord = (row: AttemptRow): AttemptRecord =>
  present<AttemptRecord>({
    delivery: row.delivery,
    ordinal: row.ordinal,
    startedAt: isoOf(row.started_at),
    endedAt: row.ended_at === null ? undefined : isoOf(row.ended_at),
    outcome: row.outcome === null ? undefined : wordOf(DELIVERY_CODES, row.outcome),
    ack: row.ack,
    error: row.error === null ? undefined : (jsonOf(row.error) as ErrorData),
  });

export interface ActRow {
  readonly verb: string;
  readonly message: number;
  readonly delivery: number | null;
  readonly at: number;
  readonly who: Uint8Array;
  readonly why: Uint8Array | null;
}

export const actRecord = (row: ActRow): ActRecord =>
  present<ActRecord>({
    verb: row.verb,
    message: row.delivery === null ? row.message : undefined,
    delivery: row.delivery,
    who: textOf(row.who) ?? '',
    why: textOf(row.why),
    at: isoOf(row.at),
  });

export interface EarlierRow {
  readonly run: number;
  readonly state: number;
  readonly decided_at: number | null;
  readonly outcome: Uint8Array | null;
}

export function earlierDecision(row: EarlierRow): EarlierDecision {
  const outcome = outcomeOf(row.outcome);
  return present<EarlierDecision>({
    run: row.run,
    state: wordOf(MESSAGE_CODES, row.state),
    decidedAt: row.decided_at === null ? undefined : isoOf(row.decided_at),
    decision: outcome?.decision,
    error: outcome?.error,
    warnings: outcome?.warnings ?? [],
  });
}
