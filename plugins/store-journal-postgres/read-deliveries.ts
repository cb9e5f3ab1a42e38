/** `deliveries`, `backlog`, `material` and `states`: deliveries as people list them and as delivery lanes need them. */
import { PasserelleError, type DeliveryMaterial, type EncodedMessage, type JournalStore, type RoutedEvent } from '../../core/contract/index.ts';
import {
  codeOf,
  DELIVERY_CODES,
  DELIVERY_SELECT,
  deliverySummary,
  headOf,
  isoOf,
  atOnce,
  outcomeOf,
  pageSize,
  queuedDelivery,
  readCursor,
  writeCursor,
  wordOf,
  type DeliveryRow,
} from '../../core/journal-format/index.ts';
import { int8s } from './arrays.ts';
import type { Query } from './connection.ts';
import { gathered } from './gather.ts';
import { GATHERED_READS } from './limits.ts';
import type { Names } from './names.ts';
import { readTexts } from './payloads.ts';
import type { Reader } from './reader.ts';

const KIND = 'd';
const MATERIAL = `
  SELECT d.id, d.message, d.attempts, d.queued_at, d.encoded, e.data, m.outcome, m.format, m.head
  FROM delivery d JOIN event e ON e.id = d.event JOIN message m ON m.id = d.message WHERE d.id = ANY($1::int8[])`;

interface MaterialRow {
  readonly id: number;
  readonly message: number;
  readonly attempts: number;
  readonly queued_at: number;
  readonly encoded: number | null;
  readonly data: number;
  readonly outcome: Uint8Array | null;
  readonly format: number;
  readonly head: Uint8Array;
}

type DeliveryReads = Pick<JournalStore, 'deliveries' | 'backlog' | 'material' | 'states'>;

export function deliveryReads(reader: Reader, names: Names, tag: string): DeliveryReads {
  const cover = async (rows: readonly DeliveryRow[]): Promise<void> =>
    names.cover(
      reader.query,
      rows.flatMap(({ lane, type }) => [lane, type]),
    );
  const states = gathered(GATHERED_READS, async (all: readonly (readonly number[])[]) => {
    const values = [int8s(all.flat())];
    const rows = await reader.query({ name: 'states', text: 'SELECT id, state FROM delivery WHERE id = ANY($1::int8[])', values });
    const byId = new Map(rows.map((row) => [Number(row['id']), wordOf(DELIVERY_CODES, Number(row['state']))]));
    return all.map((deliveries) => deliveries.map((delivery) => byId.get(delivery)));
  });
  return {
    deliveries: async (filter, page) => {
      const [before = Number.MAX_SAFE_INTEGER] = readCursor(tag, KIND, page.after) ?? [];
      const where = ['d.id < $1'];
      const values: unknown[] = [before];
      if (filter.lane !== undefined) {
        const lane = await names.find(reader.query, filter.lane);
        if (lane === undefined) return { items: [] };
        where.push(`d.lane = $${values.push(lane)}`);
      }
      if (filter.message !== undefined) where.push(`d.message = $${values.push(filter.message)}`);
      // Literal codes, for the index over open deliveries.
      if (filter.states)
        where.push(filter.states.length > 0 ? `d.state IN (${filter.states.map((s) => codeOf(DELIVERY_CODES, s)).join(', ')})` : 'false');
      const limit = pageSize(page.limit);
      const text = `${DELIVERY_SELECT} WHERE ${where.join(' AND ')} ORDER BY d.id DESC LIMIT ${limit + 1}`;
      const rows = (await reader.query({ text, values })) as unknown as DeliveryRow[];
      await cover(rows);
      const items = rows.slice(0, limit).map((row) => deliverySummary({ names }, row));
      return rows.length > limit ? { items, next: writeCursor(tag, KIND, rows[limit - 1]!.id) } : { items };
    },
    backlog: async (lane, after, limit) => {
      const id = await names.find(reader.query, lane);
      if (id === undefined) return [];
      const text = `${DELIVERY_SELECT} WHERE d.lane = $1 AND d.state < 5 AND d.id > $2 ORDER BY d.id LIMIT $3`;
      const rows = (await reader.query({ name: 'backlog', text, values: [id, after, pageSize(limit)] })) as unknown as DeliveryRow[];
      await cover(rows);
      return rows.map((row) => queuedDelivery({ names }, row));
    },
    material: (deliveries) => reader.snapshot((query) => readMaterial(query, names, deliveries)),
    states: async (deliveries) => states(atOnce(deliveries)),
  };
}

async function readMaterial(query: Query, names: Names, deliveries: readonly number[]): Promise<DeliveryMaterial[]> {
  const rows = (await query({ name: 'material', text: MATERIAL, values: [int8s(atOnce(deliveries))] })) as unknown as MaterialRow[];
  const byId = new Map(rows.map((row) => [row.id, row]));
  const texts = await readTexts(
    query,
    rows.flatMap(({ data, encoded }) => (encoded === null ? [data] : [data, encoded])),
  );
  await names.cover(
    query,
    rows.map(({ format }) => format),
  );
  return deliveries.map((delivery) => {
    const row = byId.get(delivery);
    if (!row) throw new PasserelleError('ERR_NOT_FOUND', { found: `delivery ${delivery}` });
    const { controlId } = headOf(row);
    return {
      delivery,
      message: row.message,
      format: names.name(row.format),
      ...(controlId !== undefined && { controlId }),
      queuedAt: isoOf(row.queued_at),
      attempts: row.attempts,
      event: JSON.parse(texts.get(row.data)!) as RoutedEvent['event'],
      parts: outcomeOf(row.outcome)?.parts ?? [],
      ...(row.encoded !== null && { encoded: JSON.parse(texts.get(row.encoded)!) as EncodedMessage }),
    };
  });
}
