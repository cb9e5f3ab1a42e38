/** `deliveries`, `backlog`, `material` and `states`: deliveries as people list them and as delivery lanes need them. */
import {
  PasserelleError,
  type DeliveryFilter,
  type DeliveryState,
  type DeliverySummary,
  type Page,
  type PageRequest,
  type QueuedDelivery,
} from '../../core/contract/index.ts';
import {
  DELIVERY_CODES,
  DELIVERY_SELECT,
  type DeliveryRow,
  type MessageRow,
  type PackedMaterial,
  codeOf,
  deliverySummary,
  headOf,
  outcomeOf,
  pageSize,
  queuedDelivery,
  readCursor,
  writeCursor,
  isoOf,
  wordOf,
  atOnce,
} from '../../core/journal-format/index.ts';
import type { Journal } from './journal.ts';
import { merge, take } from './merge.ts';
import { DELIVERIES } from './tally.ts';

const KIND = 'd';
/** States that still matter to order (codes.ts has them first). */
const BACKLOG_STATES = [0, 1, 2, 3, codeOf(DELIVERY_CODES, 'dead')];

export function deliveryLister(journal: Journal): (filter: DeliveryFilter, page: PageRequest) => Page<DeliverySummary> {
  const { db, tag, names, tally } = journal;
  return (filter, page) => {
    const [before = Number.MAX_SAFE_INTEGER] = readCursor(tag, KIND, page.after) ?? [];
    const states = filter.states && new Set(filter.states.map((state) => codeOf(DELIVERY_CODES, state)));
    const lane = filter.lane === undefined ? undefined : names.known(filter.lane);
    if (filter.lane !== undefined && lane === undefined) return { items: [] };
    const rows = (where: string, ...values: number[]): Iterable<DeliveryRow> =>
      db.prepare(`${DELIVERY_SELECT} ${where} d.id < ? ORDER BY d.id DESC`).iterate(...values, before) as unknown as Iterable<DeliveryRow>;
    const ranges = (): Iterable<DeliveryRow> =>
      merge(
        [...tally.counts()]
          .filter((c) => c.side === DELIVERIES && (lane === undefined || c.lane === lane) && (states?.has(c.state) ?? true))
          .map((c) => rows('WHERE d.lane = ? AND d.state = ? AND', c.lane, c.state)),
        (a, b) => a.id > b.id,
      );
    const source =
      filter.message !== undefined ? rows('WHERE d.message = ? AND', filter.message) : states || lane !== undefined ? ranges() : rows('WHERE');
    const { taken, last } = take(
      source,
      pageSize(page.limit),
      (row) => (states?.has(row.state) ?? true) && (lane === undefined || row.lane === lane),
    );
    const items = taken.map((row) => deliverySummary(journal, row));
    return last ? { items, next: writeCursor(tag, KIND, last.id) } : { items };
  };
}

export function backlogReader(journal: Journal): (lane: string, after: number, limit: number) => QueuedDelivery[] {
  const { db, names } = journal;
  const sql = `${DELIVERY_SELECT} WHERE d.lane = ? AND d.state = ? AND d.id > ? ORDER BY d.id`;
  const range = BACKLOG_STATES.map((state) => ({ state, statement: db.prepare(sql) }));
  return (lane, after, limit) => {
    const id = names.known(lane);
    if (id === undefined) return [];
    const rows = range.map(({ state, statement }) => statement.iterate(id, state, after) as unknown as Iterable<DeliveryRow>);
    const { taken } = take(
      merge(rows, (a, b) => a.id < b.id),
      pageSize(limit),
      () => true,
    );
    return taken.map((row) => queuedDelivery(journal, row));
  };
}

export function materialReader({ db, names, parts }: Journal): (deliveries: readonly number[]) => PackedMaterial[] {
  const find = db.prepare(`
    SELECT d.message, d.attempts, d.queued_at, d.encoded, e.data, m.outcome, m.format, m.head
    FROM delivery d JOIN event e ON e.id = d.event JOIN message m ON m.id = d.message WHERE d.id = ?`);
  const materialOf = (delivery: number): PackedMaterial => {
    const row = find.get(delivery) as
      | (Pick<MessageRow, 'outcome' | 'format' | 'head'> & {
          message: number;
          attempts: number;
          queued_at: number;
          encoded: number | null;
          data: number;
        })
      | undefined;
    if (!row) throw new PasserelleError('ERR_NOT_FOUND', { found: `delivery ${delivery}` });
    return {
      delivery,
      message: row.message,
      format: names.name(row.format),
      controlId: headOf(row).controlId,
      queuedAt: isoOf(row.queued_at),
      attempts: row.attempts,
      event: parts.text(row.data),
      parts: outcomeOf(row.outcome)?.parts ?? [],
      encoded: row.encoded === null ? undefined : parts.text(row.encoded),
    };
  };
  return (deliveries) => atOnce(deliveries).map(materialOf);
}

export function stateReader({ db }: Journal): (deliveries: readonly number[]) => (DeliveryState | undefined)[] {
  const find = db.prepare('SELECT state FROM delivery WHERE id = ?');
  return (deliveries) =>
    atOnce(deliveries).map((delivery) => {
      const row = find.get(delivery) as { readonly state: number } | undefined;
      return row && wordOf(DELIVERY_CODES, row.state);
    });
}
