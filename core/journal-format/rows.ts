/** Rows of a journal as records of the contract. */
import type { Acted, DeliverySummary, ErrorData, HttpMeta, MessageSummary, PartRef, QueuedDelivery, Warning } from '../contract/index.ts';
import { ACK_CODES, DELIVERY_CODES, isoOf, KIND_CODES, MESSAGE_CODES, wordOf } from './codes.ts';
import { unpackHashes } from './hashes.ts';
import { jsonOf, present } from './values.ts';

/** Names by their number (table `name`). */
export interface Named {
  readonly names: { readonly name: (id: number) => string };
}

/** JSON of `message.head`. */
export interface Head {
  readonly peer: string;
  readonly type?: string;
  readonly controlId?: string;
  readonly http?: HttpMeta;
}

/** JSON of `message.outcome`; empty lists are left out. */
export interface Outcome {
  readonly decision: string;
  readonly error?: ErrorData;
  readonly warnings?: readonly Warning[];
  readonly parts?: readonly PartRef[];
}

export interface MessageRow {
  readonly id: number;
  readonly lane: number;
  readonly site: number;
  readonly connector: number;
  readonly version: number;
  readonly format: number;
  readonly received_at: number;
  readonly state: number;
  readonly run: number;
  readonly ack: number | null;
  readonly retransmissions: number;
  readonly bytes: number;
  readonly raw: number;
  readonly type: number | null;
  readonly control: number | null;
  readonly decided_at: number | null;
  readonly head: Uint8Array;
  readonly outcome: Uint8Array | null;
}

export const MESSAGE_COLUMNS =
  'id, lane, site, connector, version, format, received_at, state, run, ack, retransmissions, bytes, raw, type, control, decided_at, head, outcome';

export const headOf = (row: Pick<MessageRow, 'head'>): Head => jsonOf(row.head) as Head;
export const outcomeOf = (blob: Uint8Array | null): Outcome | undefined => (blob === null ? undefined : (jsonOf(blob) as Outcome));

/** What its lane is told of a message that is replayed, as it was before. */
export const againOf = (lane: string, row: Pick<MessageRow, 'run' | 'received_at' | 'bytes' | 'head'>): NonNullable<Acted['again']> =>
  present<NonNullable<Acted['again']>>({
    lane,
    run: row.run + 1,
    receivedAt: isoOf(row.received_at),
    bytes: row.bytes,
    controlId: headOf(row).controlId,
  });

export function messageSummary({ names }: Named, row: MessageRow, head = headOf(row), outcome = outcomeOf(row.outcome)): MessageSummary {
  return present<MessageSummary>({
    message: row.id,
    lane: names.name(row.lane),
    site: names.name(row.site),
    connector: names.name(row.connector),
    connectorVersion: names.name(row.version),
    receivedAt: isoOf(row.received_at),
    peer: head.peer,
    type: head.type,
    controlId: head.controlId,
    bytes: row.bytes,
    state: wordOf(MESSAGE_CODES, row.state),
    decision: outcome?.decision,
    error: outcome?.error,
    warnings: outcome?.warnings ?? [],
    ack: row.ack === null ? undefined : wordOf(ACK_CODES, row.ack),
    run: row.run,
    retransmissions: row.retransmissions,
  });
}

/** A delivery joined with its event. */
export interface DeliveryRow {
  readonly id: number;
  readonly message: number;
  readonly lane: number;
  readonly run: number;
  readonly state: number;
  readonly attempts: number;
  readonly queued_at: number;
  readonly not_before: number | null;
  readonly settled_at: number | null;
  readonly control: string | null;
  readonly ack: string | null;
  readonly error: Uint8Array | null;
  readonly uid: string;
  readonly type: number;
  readonly kind: number;
  readonly keys: Uint8Array | null;
  readonly series: Uint8Array | null;
}

export const DELIVERY_SELECT = `
  SELECT d.id, d.message, d.lane, d.run, d.state, d.attempts, d.queued_at, d.not_before, d.settled_at, d.control, d.ack, d.error,
    e.uid, e.type, e.kind, e.keys, e.series
  FROM delivery d JOIN event e ON e.id = d.event`;

export function queuedDelivery({ names }: Named, row: DeliveryRow): QueuedDelivery {
  return present<QueuedDelivery>({
    delivery: row.id,
    message: row.message,
    lane: names.name(row.lane),
    state: wordOf(DELIVERY_CODES, row.state),
    kind: wordOf(KIND_CODES, row.kind),
    keys: unpackHashes(row.keys),
    series: row.series === null ? undefined : Buffer.from(row.series).toString('hex'),
    attempts: row.attempts,
    notBefore: row.not_before === null ? undefined : isoOf(row.not_before),
    error: row.error === null ? undefined : (jsonOf(row.error) as ErrorData),
  });
}

export function deliverySummary(journal: Named, row: DeliveryRow): DeliverySummary {
  return present<DeliverySummary>({
    ...queuedDelivery(journal, row),
    eventId: row.uid,
    eventType: journal.names.name(row.type),
    run: row.run,
    queuedAt: isoOf(row.queued_at),
    settledAt: row.settled_at === null ? undefined : isoOf(row.settled_at),
    controlId: row.control,
    ack: row.ack,
  });
}
