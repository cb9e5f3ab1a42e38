/** The other reads: one message whole, raw bytes, the feed, the counts, the settings. */
import {
  PasserelleError,
  type ActRecord,
  type AttemptRecord,
  type EarlierDecision,
  type ErrorData,
  type LaneCounts,
  type SettingsRevision,
} from '../../core/contract/index.ts';
import type { PackedHistory, Reads, UndecidedMessage } from './calls.ts';
import { codeOf, DELIVERY_CODES, isoOf, MESSAGE_CODES, wordOf } from './codes.ts';
import { pageSize, readCursor, writeCursor } from './cursor.ts';
import { jsonOf, present, type Journal } from './journal.ts';
import { PAGE_BYTES } from './limits.ts';
import { DELIVERY_SELECT, deliverySummary, headOf, MESSAGE_COLUMNS, messageSummary, outcomeOf, type DeliveryRow, type MessageRow } from './rows.ts';
import { MESSAGES } from './tally.ts';

const RECEIVED = codeOf(MESSAGE_CODES, 'received');
const QUEUED = codeOf(DELIVERY_CODES, 'queued');
const FEED = 'e';

const textOf = (blob: Uint8Array | null): string | undefined => (blob === null ? undefined : Buffer.from(blob).toString());

export function undecidedReader(journal: Journal): Reads['undecided'] {
  const { db, names } = journal;
  const rows = db.prepare(`SELECT ${MESSAGE_COLUMNS} FROM message WHERE lane = ? AND state = ${RECEIVED} AND id > ? ORDER BY id LIMIT ?`);
  return (lane, after, limit) =>
    (rows.all(names.known(lane) ?? null, after, pageSize(limit)) as unknown as MessageRow[]).map((row) => {
      const head = headOf(row);
      return present<UndecidedMessage>({ ...messageSummary(journal, row, head), format: names.name(row.format), http: head.http });
    });
}

export function rawReader({ db, parts }: Journal): Reads['raw'] {
  const find = db.prepare('SELECT raw, bytes FROM message WHERE id = ?');
  return (message, from = 0, to = Infinity) => {
    const row = find.get(message) as { raw: number; bytes: number } | undefined;
    if (!row) throw new PasserelleError('ERR_NOT_FOUND', { found: `message ${message}` });
    return parts.range(row.raw, Math.max(0, from), Math.min(to, row.bytes));
  };
}

export function historyReader(journal: Journal): Reads['message'] {
  const { db, parts } = journal;
  const find = db.prepare(`SELECT ${MESSAGE_COLUMNS} FROM message WHERE id = ?`);
  const events = db.prepare('SELECT run, data FROM event WHERE message = ? ORDER BY id');
  const deliveries = db.prepare(`${DELIVERY_SELECT} WHERE d.message = ? ORDER BY d.id`);
  const attempts = db.prepare(`
    SELECT a.delivery, a.ordinal, a.started_at, a.ended_at, a.outcome, a.ack, a.error
    FROM delivery d JOIN attempt a ON a.delivery = d.id WHERE d.message = ? ORDER BY a.started_at, a.delivery, a.ordinal`);
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

interface AttemptRow {
  readonly delivery: number;
  readonly ordinal: number;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly outcome: number | null;
  readonly ack: string | null;
  readonly error: Uint8Array | null;
}

const attemptRecord = (row: AttemptRow): AttemptRecord =>
  present<AttemptRecord>({
    delivery: row.delivery,
    ordinal: row.ordinal,
    startedAt: isoOf(row.started_at),
    endedAt: row.ended_at === null ? undefined : isoOf(row.ended_at),
    outcome: row.outcome === null ? undefined : wordOf(DELIVERY_CODES, row.outcome),
    ack: row.ack,
    error: row.error === null ? undefined : (jsonOf(row.error) as ErrorData),
  });

interface ActRow {
  readonly verb: string;
  readonly message: number;
  readonly delivery: number | null;
  readonly at: number;
  readonly who: Uint8Array;
  readonly why: Uint8Array | null;
}

const actRecord = (row: ActRow): ActRecord =>
  present<ActRecord>({
    verb: row.verb,
    message: row.delivery === null ? row.message : undefined,
    delivery: row.delivery,
    who: textOf(row.who) ?? '',
    why: textOf(row.why),
    at: isoOf(row.at),
  });

interface EarlierRow {
  readonly run: number;
  readonly state: number;
  readonly decided_at: number | null;
  readonly outcome: Uint8Array | null;
}

function earlierDecision(row: EarlierRow): EarlierDecision {
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

export function feedReader({ db, tag, parts }: Journal): Reads['events'] {
  const rows = db.prepare('SELECT id, message, data FROM event WHERE id > ? ORDER BY id LIMIT ?');
  return (page) => {
    const [after = 0] = readCursor(tag, FEED, page.after) ?? [];
    const limit = pageSize(page.limit);
    const items: { cursor: string; message: number; json: string }[] = [];
    let bytes = 0;
    for (const row of rows.iterate(after, limit + 1) as unknown as Iterable<{ id: number; message: number; data: number }>) {
      if (items.length === limit || bytes > PAGE_BYTES) return { items, next: items.at(-1)!.cursor };
      const json = parts.text(row.data);
      bytes += json.length;
      items.push({ cursor: writeCursor(tag, FEED, row.id), message: row.message, json });
    }
    return { items };
  };
}

export function laneReader({ db, names, tally }: Journal): Reads['lanes'] {
  const received = db.prepare(`SELECT received_at AS at FROM message WHERE lane = ? AND state = ${RECEIVED} ORDER BY id LIMIT 1`);
  const queued = db.prepare(`SELECT queued_at AS at FROM delivery WHERE lane = ? AND state = ${QUEUED} ORDER BY id LIMIT 1`);
  return () => {
    const lanes = new Map<number, Record<string, number>>();
    for (const { lane, side, state, n } of tally.counts()) {
      const counts = lanes.get(lane) ?? {};
      const word = side === MESSAGES ? wordOf(MESSAGE_CODES, state) : wordOf(DELIVERY_CODES, state);
      lanes.set(lane, { ...counts, [word]: (counts[word] ?? 0) + n });
    }
    return [...lanes].map(([lane, counts]) => {
      const oldest = [received.get(lane), queued.get(lane)].flatMap((row) => (row ? [row['at'] as number] : []));
      return present<LaneCounts>({ lane: names.name(lane), counts, oldest: oldest.length > 0 ? isoOf(Math.min(...oldest)) : undefined });
    });
  };
}

interface RevisionRow {
  readonly revision: number;
  readonly at: number;
  readonly who: Uint8Array;
  readonly why: Uint8Array | null;
  readonly documents: Uint8Array;
}

const revisionOf = (row: Omit<RevisionRow, 'documents'>): Omit<SettingsRevision, 'documents'> =>
  present<Omit<SettingsRevision, 'documents'>>({ revision: row.revision, at: isoOf(row.at), who: textOf(row.who) ?? '', why: textOf(row.why) });

export function settingsReaders({ db }: Journal): Pick<Reads, 'settings' | 'settingsHistory'> {
  const one = db.prepare('SELECT * FROM revision WHERE revision = coalesce(?, (SELECT max(revision) FROM revision))');
  const all = db.prepare('SELECT revision, at, who, why FROM revision ORDER BY revision');
  return {
    settings: (revision) => {
      const row = one.get(revision ?? null) as RevisionRow | undefined;
      return row && { ...revisionOf(row), documents: textOf(row.documents) ?? '[]' };
    },
    settingsHistory: () => (all.all() as unknown as RevisionRow[]).map(revisionOf),
  };
}
