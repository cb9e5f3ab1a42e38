/** Records of the contract packed (packed.ts): explicit fields, JSON made once. */
import type {
  AttemptStart,
  ErrorData,
  IncomingMessage,
  MessageDecision,
  Note,
  NoteChange,
  QueuedDelivery,
  RoutedEvent,
  Settlement,
} from '../contract/index.ts';
import { msOf } from './codes.ts';
import type { PackedDecision, PackedMessage, PackedSettlement, PackedStart } from './packed.ts';
import type { Head, Outcome } from './rows.ts';

const jsonOf = (error: ErrorData | undefined): string | undefined => error && JSON.stringify(error);

export function packMessage(id: number, message: IncomingMessage, raw = message.raw): PackedMessage {
  const { lane, site, connector, format, type, controlId, fingerprint, ack, link, peer, http, rejected } = message;
  const head: Head = { peer, ...(type !== undefined && { type }), ...(controlId !== undefined && { controlId }), ...(http && { http }) };
  return {
    id,
    lane,
    site,
    connector,
    format,
    type,
    controlId,
    fingerprint,
    ack,
    link,
    version: message.connectorVersion,
    at: msOf(message.receivedAt),
    raw,
    head: JSON.stringify(head),
    outcome: rejected && JSON.stringify({ decision: 'reject', error: rejected } satisfies Outcome),
  };
}

export function packDecision(made: MessageDecision): PackedDecision {
  const { message, run, state, ack, terms, decision, error, warnings, parts } = made;
  const outcome: Outcome = { decision, ...(error && { error }), ...(warnings.length > 0 && { warnings }), ...(parts.length > 0 && { parts }) };
  const events = made.events.map(({ event, keys, kind, series, destinations }) => ({
    uid: event.id,
    type: event.type,
    kind,
    series,
    json: JSON.stringify(event),
    keys: [...keys],
    destinations: distinct(destinations).map(({ lane, held }) => ({ lane, held: jsonOf(held) })),
  }));
  return {
    message,
    run,
    state,
    ack,
    at: msOf(made.decidedAt),
    terms: [...terms],
    events,
    outcome: JSON.stringify(outcome),
    notes: packNotes(made.notes ?? []),
  };
}

export const packNotes = (notes: readonly Note[]): Note[] => notes.map(({ kind, key, value }) => ({ kind, key, value }));

export const packChanges = (changes: readonly NoteChange[]): NoteChange[] =>
  changes.map(({ kind, key, value, before }) => ({ kind, key, value, ...(before !== undefined && { before }) }));

/** One destination per lane: a lane named twice in an event is one (law of core/contract/states.ts). */
const distinct = (destinations: RoutedEvent['destinations']): RoutedEvent['destinations'] =>
  destinations.filter(({ lane }, index) => destinations.findIndex((other) => other.lane === lane) === index);

export function deliveriesOf({ message, events }: MessageDecision, first: number): QueuedDelivery[] {
  let delivery = first;
  return events.flatMap(({ kind, keys, series, destinations }) =>
    distinct(destinations).map(({ lane, held }) => ({
      delivery: delivery++,
      message,
      lane,
      state: held ? 'held' : 'queued',
      kind,
      keys,
      ...(series !== undefined && { series }),
      attempts: 0,
      ...(held && { error: held }),
    })),
  );
}

export const packStart = ({ delivery, startedAt, encoded, replaces }: AttemptStart): PackedStart => ({
  delivery,
  at: msOf(startedAt),
  controlId: encoded?.controlId,
  encoded: encoded && JSON.stringify(encoded),
  replaces: replaces === true,
});

export const packSettlement = ({ delivery, from, to, at, counted, ack, notBefore, error, begun }: Settlement): PackedSettlement => ({
  delivery,
  from,
  to,
  counted,
  ack,
  begun: begun && packStart({ delivery, ...begun }),
  at: msOf(at),
  notBefore: notBefore === undefined ? undefined : msOf(notBefore),
  error: jsonOf(error),
});
