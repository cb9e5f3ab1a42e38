/** The other reads: undecided messages, raw bytes, the feed, the counts. */
import { PasserelleError, type LaneCounts } from '../../core/contract/index.ts';
import {
  DELIVERY_CODES,
  MESSAGE_CODES,
  MESSAGE_COLUMNS,
  type MessageRow,
  PAGE_BYTES,
  type UndecidedMessage,
  codeOf,
  headOf,
  isoOf,
  messageSummary,
  pageSize,
  present,
  readCursor,
  wordOf,
  writeCursor,
} from '../../core/journal-format/index.ts';
import type { Reads } from './calls.ts';
import { type Journal } from './journal.ts';
import { MESSAGES } from './tally.ts';

const RECEIVED = codeOf(MESSAGE_CODES, 'received');
const QUEUED = codeOf(DELIVERY_CODES, 'queued');
const FEED = 'e';

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
