/** The journal store that the engine sees: packs calls for the worker, unpacks what comes back. */
import { join } from 'node:path';
import type { ErrorData } from '../../core/contract/errors.ts';
import type {
  AttemptStart,
  EncodedMessage,
  IncomingMessage,
  JournalStore,
  MessageDecision,
  RoutedEvent,
  Settlement,
  SettingsRevision,
} from '../../core/contract/journal.ts';
import type { OpenOptions, PackedDecision, PackedMessage, PackedSettlement, PackedStart } from './calls.ts';
import { LIGHT, openChannel, ownCopy, type Channel } from './channel.ts';
import { msOf } from './codes.ts';
import { FILE_NAME } from './database.ts';
import type { Head, Outcome } from './rows.ts';

/** A journal store on SQLite, and what its worker costs. */
export type SqliteJournal = JournalStore & { readonly cpuUsage: Channel['cpuUsage'] };

/**
 * Opens the journal in a folder (made with mode 0700 when absent) and brings its schema up to date. One process owns it until
 * `close` or its death. Throws ERR_JOURNAL_LOCKED, ERR_JOURNAL_VERSION, ERR_JOURNAL_UNREADABLE, ERR_JOURNAL_UNAVAILABLE.
 */
export async function openSqliteJournal(folder: string, options: OpenOptions = {}): Promise<SqliteJournal> {
  const channel = await openChannel(folder, options);
  const { call } = channel;
  return {
    tag: channel.tag,
    description: `SQLite ${join(folder, FILE_NAME)}`,
    ...writing(channel),
    ...reading(channel),
    undecided: async (lane, after, limit) => call('undecided', [lane, after, limit]),
    raw: async (message, from, to) => call('raw', [message, from, to]),
    backlog: async (lane, after, limit) => call('backlog', [lane, after, limit]),
    messages: async (filter, page) => call('messages', [plain(filter), plain(page)]),
    deliveries: async (filter, page) => call('deliveries', [plain(filter), plain(page)]),
    lanes: async () => call('lanes', []),
    settingsHistory: async () => call('settingsHistory', []),
    close: channel.close,
    cpuUsage: channel.cpuUsage,
  };
}

type Writing = Pick<JournalStore, 'receive' | 'decide' | 'begin' | 'settle' | 'act' | 'saveSettings'>;

const writing = ({ call }: Channel): Writing => ({
  receive: async (batch) => {
    const transfer: ArrayBuffer[] = [];
    const packed = batch.map((message) => packMessage(message, transfer));
    return call('receive', [packed], { items: packed.length, bytes: sum(packed, ({ raw, head }) => raw.length + head.length), transfer });
  },
  decide: async (batch) => {
    const packed = batch.map(packDecision);
    return call('decide', [packed], { ...LIGHT, items: packed.length, bytes: sum(packed, ({ events }) => sum(events, ({ json }) => json.length)) });
  },
  begin: async (batch) => {
    const packed = batch.map(packStart);
    return call('begin', [packed], { ...LIGHT, items: packed.length, bytes: sum(packed, ({ encoded }) => encoded?.length ?? 0) });
  },
  settle: async (batch) => call('settle', [batch.map(packSettlement)], { ...LIGHT, items: batch.length }),
  act: async (actions) => call('act', [plain(actions)], { ...LIGHT, items: actions.length }),
  saveSettings: async ({ at, who, why, documents }) => call('saveSettings', [msOf(at), who, why, JSON.stringify(documents)]),
});

type Reading = Pick<JournalStore, 'material' | 'message' | 'events' | 'settings'>;

const reading = ({ call }: Channel): Reading => ({
  material: async (deliveries) =>
    (await call('material', [plain(deliveries)])).map(({ event, encoded, ...rest }) => ({
      ...rest,
      event: eventOf(event),
      ...(encoded !== undefined && { encoded: JSON.parse(encoded) as EncodedMessage }),
    })),
  message: async (id) => {
    const history = await call('message', [id]);
    return history && { ...history, events: history.events.map(({ run, json }) => ({ run, event: eventOf(json) })) };
  },
  events: async (page) => {
    const { items, ...rest } = await call('events', [plain(page)]);
    return { items: items.map(({ cursor, message, json }) => ({ cursor, message, event: eventOf(json) })), ...rest };
  },
  settings: async (revision) => {
    const found = await call('settings', [revision]);
    return found && { ...found, documents: JSON.parse(found.documents) as SettingsRevision['documents'] };
  },
});

const eventOf = (json: string): RoutedEvent['event'] => JSON.parse(json) as RoutedEvent['event'];
const jsonOf = (error: ErrorData | undefined): string | undefined => error && JSON.stringify(error);
const sum = <T>(list: readonly T[], weight: (item: T) => number): number => list.reduce((total, item) => total + weight(item), 0);
/** Rare arguments cross as plain data whatever the caller gave. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function packMessage(message: IncomingMessage, transfer: ArrayBuffer[]): PackedMessage {
  const { lane, site, connector, format, type, controlId, fingerprint, ack, link, peer, http, rejected } = message;
  const head: Head = { peer, ...(type !== undefined && { type }), ...(controlId !== undefined && { controlId }), ...(http && { http }) };
  return {
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
    raw: ownCopy(message.raw, transfer),
    head: JSON.stringify(head),
    outcome: rejected && JSON.stringify({ decision: 'reject', error: rejected } satisfies Outcome),
  };
}

function packDecision(made: MessageDecision): PackedDecision {
  const { message, run, state, ack, terms, decision, error, warnings, parts } = made;
  const outcome: Outcome = { decision, ...(error && { error }), ...(warnings.length > 0 && { warnings }), ...(parts.length > 0 && { parts }) };
  const events = made.events.map(({ event, keys, kind, series, destinations }) => ({
    uid: event.id,
    type: event.type,
    kind,
    series,
    json: JSON.stringify(event),
    keys: [...keys],
    destinations: destinations.map(({ lane, held }) => ({ lane, held: jsonOf(held) })),
  }));
  return { message, run, state, ack, at: msOf(made.decidedAt), terms: [...terms], events, outcome: JSON.stringify(outcome) };
}

const packStart = ({ delivery, startedAt, encoded }: AttemptStart): PackedStart => ({
  delivery,
  at: msOf(startedAt),
  controlId: encoded?.controlId,
  encoded: encoded && JSON.stringify(encoded),
});

const packSettlement = ({ delivery, from, to, at, counted, ack, notBefore, error }: Settlement): PackedSettlement => ({
  delivery,
  from,
  to,
  counted,
  ack,
  at: msOf(at),
  notBefore: notBefore === undefined ? undefined : msOf(notBefore),
  error: jsonOf(error),
});
