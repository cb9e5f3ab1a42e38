/** `messages`: the list with filters, newest first or in the order of ids. The most selective index that the filter offers drives it; the rest is checked row by row. */
import type { MessageFilter, MessageSummary, Page, PageRequest } from '../../core/contract/index.ts';
import {
  MESSAGE_CODES,
  MESSAGE_COLUMNS,
  type MessageRow,
  SCAN_ROWS,
  codeOf,
  hash48,
  messageSummary,
  msOf,
  nearness,
  pageSize,
  readCursor,
  writeCursor,
} from '../../core/journal-format/index.ts';
import type { Journal } from './journal.ts';
import { merge, take, type Ranged } from './merge.ts';
import { BY_CONTROL } from './receive.ts';
import { MESSAGES } from './tally.ts';

interface Candidate {
  readonly id: number;
  readonly received_at: number;
  readonly lane: number;
  readonly site: number;
  readonly state: number;
  readonly type: number | null;
  readonly control: number | null;
}

/** The filter in numbers; undefined when it names something that this journal has never seen. */
interface Wanted {
  readonly states: ReadonlySet<number> | undefined;
  readonly lane: number | undefined;
  readonly site: number | undefined;
  readonly type: number | undefined;
  /** Its nearness and its hash. */
  readonly control: readonly [number, number] | undefined;
  readonly since: number;
  readonly until: number;
  readonly terms: readonly string[] | undefined;
  readonly oldestFirst: boolean;
}

/** Kinds of cursor: by id, from either end, or by time of receipt then id. */
const BY_ID = 'm';
const FROM_OLDEST = 'o';
const BY_TIME = 't';

export function messageLister(journal: Journal): (filter: MessageFilter, page: PageRequest) => Page<MessageSummary> {
  const { db, tag } = journal;
  const one = db.prepare(`SELECT ${MESSAGE_COLUMNS} FROM message WHERE id = ?`);
  return (filter, page) => {
    const wanted = wantedBy(journal, filter);
    if (!wanted) return { items: [] };
    const byTime = page.after === undefined ? isByTime(journal, wanted) : page.after.startsWith(`${tag}.${BY_TIME}.`);
    const byId = wanted.oldestFirst ? FROM_OLDEST : BY_ID;
    const after = byTime ? readCursor(tag, BY_TIME, page.after, 2) : readCursor(tag, byId, page.after);
    const rows = byTime ? rowsByTime(journal, wanted, after) : rowsById(journal, wanted, after?.[0]);
    const { taken, last } = take(rows, pageSize(page.limit), (row) => accepts(wanted, row));
    const items = taken.map(({ id }) => messageSummary(journal, one.get(id) as unknown as MessageRow));
    if (!last) return { items };
    return { items, next: byTime ? writeCursor(tag, BY_TIME, last.received_at, last.id) : writeCursor(tag, byId, last.id) };
  };
}

function wantedBy({ names }: Journal, filter: MessageFilter): Wanted | undefined {
  const lane = filter.lane === undefined ? undefined : names.known(filter.lane);
  const site = filter.site === undefined ? undefined : names.known(filter.site);
  if ((filter.lane !== undefined && lane === undefined) || (filter.site !== undefined && site === undefined)) return undefined;
  return {
    lane,
    site,
    states: filter.states && new Set(filter.states.map((state) => codeOf(MESSAGE_CODES, state))),
    type: filter.type === undefined ? undefined : hash48(filter.type),
    control: filter.controlId === undefined ? undefined : [nearness(filter.controlId), hash48(filter.controlId)],
    since: filter.since === undefined ? -Infinity : msOf(filter.since),
    until: filter.until === undefined ? Infinity : msOf(filter.until),
    terms: filter.terms,
    oldestFirst: filter.oldestFirst === true,
  };
}

function accepts(wanted: Wanted, row: Candidate): boolean {
  return (
    (wanted.states?.has(row.state) ?? true) &&
    (wanted.lane === undefined || row.lane === wanted.lane) &&
    (wanted.site === undefined || row.site === wanted.site) &&
    (wanted.type === undefined || row.type === wanted.type) &&
    (wanted.control === undefined || row.control === wanted.control[1]) &&
    row.received_at >= wanted.since &&
    row.received_at <= wanted.until
  );
}

const rangesOf = ({ tally }: Journal, { lane, states }: Wanted) =>
  [...tally.counts()].filter((c) => c.side === MESSAGES && (lane === undefined || c.lane === lane) && (states?.has(c.state) ?? true));

/** Time drives when it is asked for and nothing narrower is: a term, a control id, or few messages of these states and lane. */
function isByTime(journal: Journal, wanted: Wanted): boolean {
  if (wanted.oldestFirst || wanted.terms || wanted.control !== undefined || (wanted.since === -Infinity && wanted.until === Infinity)) return false;
  return rangesOf(journal, wanted).reduce((sum, { n }) => sum + n, 0) > SCAN_ROWS;
}

const SELECT = 'SELECT m.id, m.received_at, m.lane, m.site, m.state, m.type, m.control FROM message m';
type Rows = Iterable<Candidate>;

function rowsByTime({ db }: Journal, { since, until }: Wanted, after: readonly number[] | undefined): Rows {
  const [at, id] = after ?? [Number.MAX_SAFE_INTEGER, 0];
  const sql = `${SELECT} WHERE received_at BETWEEN ? AND ? AND (received_at, id) < (?, ?) ORDER BY received_at DESC, id DESC`;
  const low = Math.max(since, Number.MIN_SAFE_INTEGER);
  return db.prepare(sql).iterate(low, Math.min(until, at!), at!, id!) as unknown as Rows;
}

function rowsById(journal: Journal, wanted: Wanted, after: number | undefined): Rows {
  const { db } = journal;
  const { oldestFirst } = wanted;
  const from = after ?? (oldestFirst ? 0 : Number.MAX_SAFE_INTEGER);
  const further = oldestFirst ? 'm.id > ? ORDER BY m.id' : 'm.id < ? ORDER BY m.id DESC';
  const rows = (sql: string, ...values: number[]): Rows => db.prepare(sql).iterate(...values, from) as unknown as Rows;
  const first = (a: Ranged, b: Ranged): boolean => (oldestFirst ? a.id < b.id : a.id > b.id);
  if (wanted.terms) {
    const ids = merge(
      wanted.terms.map((term) => (oldestFirst ? journal.terms.findFromOldest(term, from) : journal.terms.find(term, from))),
      first,
    );
    return candidates(journal, ids);
  }
  if (wanted.control !== undefined && isRare(journal, wanted.control))
    return rows(`${SELECT} INDEXED BY message_control WHERE ${BY_CONTROL} AND ${further}`, ...wanted.control);
  if (wanted.states || wanted.lane !== undefined) {
    const sql = `${SELECT} INDEXED BY message_state WHERE m.lane = ? AND m.state = ? AND ${further}`;
    return merge(
      rangesOf(journal, wanted).map(({ lane, state }) => rows(sql, lane, state)),
      first,
    );
  }
  return rows(`${SELECT} WHERE ${further}`);
}

function* candidates({ db }: Journal, ids: Iterable<Ranged>): Generator<Candidate> {
  const one = db.prepare(`${SELECT} WHERE m.id = ?`);
  for (const { id } of ids) yield one.get(id) as unknown as Candidate;
}

/** The rows of one control id are sorted in memory: only when they are few. A sender that always says "1" is found by walking. */
function isRare({ db }: Journal, control: readonly [number, number]): boolean {
  const row = db.prepare(`SELECT count(*) AS n FROM (SELECT 1 FROM message WHERE ${BY_CONTROL} LIMIT ?)`).get(...control, SCAN_ROWS);
  return Number(row!['n']) < SCAN_ROWS;
}
