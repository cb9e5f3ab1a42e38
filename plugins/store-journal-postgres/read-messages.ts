/** `undecided`, `raw`, `messages` and `message`: messages as lanes and people read them. */
import {
  PasserelleError,
  type JournalStore,
  type MessageFilter,
  type MessageHistory,
  type MessageSummary,
  type Page,
  type PageRequest,
  type RoutedEvent,
} from '../../core/contract/index.ts';
import {
  actRecord,
  attemptRecord,
  codeOf,
  DELIVERY_SELECT,
  deliverySummary,
  earlierDecision,
  headOf,
  hash48,
  isoOf,
  MESSAGE_CODES,
  MESSAGE_COLUMNS,
  messageSummary,
  msOf,
  outcomeOf,
  pageSize,
  present,
  readCursor,
  SCAN_ROWS,
  writeCursor,
  type ActRow,
  type AttemptRow,
  type DeliveryRow,
  type EarlierRow,
  type MessageRow,
  type UndecidedMessage,
} from '../../core/journal-format/index.ts';
import { int8s } from './arrays.ts';
import type { Query } from './connection.ts';
import { gathered } from './gather.ts';
import { GATHERED_READS } from './limits.ts';
import type { Names } from './names.ts';
import { readRange, readTexts } from './payloads.ts';
import type { Reader } from './reader.ts';
import { findTerm } from './terms.ts';

const RECEIVED = codeOf(MESSAGE_CODES, 'received');
/** Kinds of cursor: from either end. */
const NEWEST_FIRST = 'm';
const OLDEST_FIRST = 'o';

type MessageReads = Pick<JournalStore, 'undecided' | 'raw' | 'messages' | 'message'>;

const nameIds = (rows: readonly MessageRow[]): number[] =>
  rows.flatMap(({ lane, site, connector, version, format }) => [lane, site, connector, version, format]);

/** With its bytes, when they are few: the driver reads them to the end before it gives any. */
const SMALL_BYTES = 64 * 1024;
const RAW = `
  SELECT id, raw, m.bytes, CASE WHEN m.bytes <= ${SMALL_BYTES} THEN (SELECT p.bytes FROM part p WHERE p.id = m.raw) END AS small
  FROM message m WHERE id = ANY($1::int8[])`;

/** Memory of their own: a slice of what came from the server would keep all of that. */
const ownBytes = (bytes: Buffer, from: number, to: number): Uint8Array =>
  new Uint8Array(bytes.subarray(Math.max(0, from), Math.max(0, Math.min(to, bytes.length))));

export function messageReads(reader: Reader, names: Names, tag: string): MessageReads {
  const of = { names };
  const raw = gathered(GATHERED_READS, async (all: readonly number[]) => {
    const rows = new Map((await reader.query({ name: 'raw', text: RAW, values: [int8s(all)] })).map((row) => [Number(row['id']), row]));
    return all.map((message) => rows.get(message));
  });
  return {
    undecided: async (lane, after, limit) => {
      const id = await names.find(reader.query, lane);
      if (id === undefined) return [];
      const text = `SELECT ${MESSAGE_COLUMNS} FROM message WHERE lane = $1 AND state = ${RECEIVED} AND id > $2 ORDER BY id LIMIT $3`;
      const rows = (await reader.query({ name: 'undecided', text, values: [id, after, pageSize(limit)] })) as unknown as MessageRow[];
      await names.cover(reader.query, nameIds(rows));
      return rows.map((row) => {
        const head = headOf(row);
        return present<UndecidedMessage>({ ...messageSummary(of, row, head), format: names.name(row.format), http: head.http });
      });
    },
    raw: async (message, from = 0, to = Infinity) => {
      // One that is no id would refuse those that are asked for with it.
      const row = Number.isSafeInteger(message) ? await raw(message) : undefined;
      if (!row) throw new PasserelleError('ERR_NOT_FOUND', { found: `message ${message}` });
      const { small } = row;
      if (small) return ownBytes(small as Buffer, from, to);
      return readRange(reader.query, Number(row['raw']), Math.max(0, from), Math.min(to, Number(row['bytes'])));
    },
    messages: (filter, page) => reader.snapshot((query) => listMessages(query, names, tag, filter, page)),
    message: (message) => reader.snapshot((query) => readHistory(query, names, message)),
  };
}

async function listMessages(query: Query, names: Names, tag: string, filter: MessageFilter, page: PageRequest): Promise<Page<MessageSummary>> {
  const isOldestFirst = filter.oldestFirst === true;
  const kind = isOldestFirst ? OLDEST_FIRST : NEWEST_FIRST;
  const [start = isOldestFirst ? 0 : Number.MAX_SAFE_INTEGER] = readCursor(tag, kind, page.after) ?? [];
  const where: string[] = [];
  const values: unknown[] = [start];
  const add = (condition: (parameter: string) => string, value: unknown): void => void where.push(condition(`$${values.push(value)}`));
  for (const [column, name] of [
    ['lane', filter.lane],
    ['site', filter.site],
  ] as const) {
    if (name === undefined) continue;
    const id = await names.find(query, name);
    if (id === undefined) return { items: [] };
    add((p) => `${column} = ${p}`, id);
  }
  // Literal codes: an index over some states is used only when the statement itself says that it asks for no other.
  if (filter.states) where.push(filter.states.length > 0 ? `state IN (${filter.states.map((s) => codeOf(MESSAGE_CODES, s)).join(', ')})` : 'false');
  if (filter.type !== undefined) add((p) => `type = ${p}`, hash48(filter.type));
  if (filter.controlId !== undefined) add((p) => `control = ${p}`, hash48(filter.controlId));
  if (filter.since !== undefined) add((p) => `received_at >= ${p}`, msOf(filter.since));
  if (filter.until !== undefined) add((p) => `received_at <= ${p}`, msOf(filter.until));
  let looked: readonly number[] = [];
  if (filter.terms) {
    const lists = await Promise.all(filter.terms.map((term) => findTerm(query, term, start, SCAN_ROWS, isOldestFirst)));
    looked = [...new Set(lists.flat())].sort((a, b) => (isOldestFirst ? a - b : b - a)).slice(0, SCAN_ROWS);
    add((p) => `id = ANY(${p}::int8[])`, int8s(looked));
  }
  const limit = pageSize(page.limit);
  const conditions = [isOldestFirst ? 'id > $1' : 'id < $1', ...where].join(' AND ');
  const text = `SELECT ${MESSAGE_COLUMNS} FROM message WHERE ${conditions} ORDER BY id ${isOldestFirst ? 'ASC' : 'DESC'} LIMIT ${limit + 1}`;
  const rows = (await query({ text, values })) as unknown as MessageRow[];
  await names.cover(query, nameIds(rows));
  const items = rows.slice(0, limit).map((row) => messageSummary({ names }, row));
  if (rows.length > limit) return { items, next: writeCursor(tag, kind, rows[limit - 1]!.id) };
  // More messages have the terms than were looked at.
  return looked.length === SCAN_ROWS ? { items, next: writeCursor(tag, kind, looked.at(-1)!) } : { items };
}

// By the deliveries and not joined with them: before a first ANALYZE the plan that is kept for the join reads ten times as much.
const ATTEMPTS = `
  SELECT delivery, ordinal, started_at, ended_at, outcome, ack, error
  FROM attempt WHERE delivery = ANY($1::int8[]) ORDER BY started_at, delivery, ordinal`;

async function readHistory(query: Query, names: Names, message: number): Promise<MessageHistory | undefined> {
  const all = async <T>(name: string, text: string, value: unknown = message): Promise<T[]> =>
    (await query({ name: `history-${name}`, text, values: [value] })) as T[];
  const [row] = await all<MessageRow>('message', `SELECT ${MESSAGE_COLUMNS} FROM message WHERE id = $1`);
  if (!row) return undefined;
  const events = await all<{ run: number; data: number }>('events', 'SELECT run, data FROM event WHERE message = $1 ORDER BY id');
  const deliveries = await all<DeliveryRow>('deliveries', `${DELIVERY_SELECT} WHERE d.message = $1 ORDER BY d.id`);
  const attempts = await all<AttemptRow>('attempts', ATTEMPTS, int8s(deliveries.map(({ id }) => id)));
  const acts = await all<ActRow>('acts', 'SELECT verb, message, delivery, at, who, why FROM act WHERE message = $1 ORDER BY id');
  const earlier = await all<EarlierRow>('earlier', 'SELECT run, state, decided_at, outcome FROM earlier WHERE message = $1 ORDER BY run');
  const texts = await readTexts(
    query,
    events.map(({ data }) => data),
  );
  await names.cover(query, [...nameIds([row]), ...deliveries.flatMap(({ lane, type }) => [lane, type])]);
  const outcome = outcomeOf(row.outcome);
  return present<MessageHistory>({
    message: messageSummary({ names }, row, headOf(row), outcome),
    decidedAt: row.decided_at === null ? undefined : isoOf(row.decided_at),
    parts: outcome?.parts ?? [],
    events: events.map(({ run, data }) => ({ run, event: JSON.parse(texts.get(data)!) as RoutedEvent['event'] })),
    deliveries: deliveries.map((delivery) => deliverySummary({ names }, delivery)),
    attempts: attempts.map(attemptRecord),
    acts: acts.map(actRecord),
    earlier: earlier.length > 0 ? earlier.map(earlierDecision) : undefined,
  });
}
