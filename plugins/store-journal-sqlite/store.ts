/** The journal store that the engine sees: packs calls for the worker, unpacks what comes back. */
import { join } from 'node:path';
import type { Durability, EncodedMessage, JournalStore, RoutedEvent, SettingsRevision } from '../../core/contract/index.ts';
import {
  type PackedDecision,
  type PackedMessage,
  deliveriesOf,
  msOf,
  packChanges,
  packDecision,
  packMessage,
  packNotes,
  packSettlement,
  packStart,
} from '../../core/journal-format/index.ts';
import type { OpenOptions, Pragmas } from './calls.ts';
import { openChannel, ownCopy, type Channel, type Load } from './channel.ts';
import { FILE_NAME } from './database.ts';
import { dumpRunning, removeStaleCopy } from './dump.ts';

/** A journal store on SQLite, and what its worker costs. */
export type SqliteJournal = JournalStore & { readonly cpuUsage: Channel['cpuUsage'] };

/**
 * Opens the journal in a folder (made with mode 0700 when absent) and brings its schema up to date. One process owns it until
 * `close` or its death. Throws ERR_JOURNAL_LOCKED, ERR_JOURNAL_VERSION, ERR_JOURNAL_UNREADABLE, ERR_JOURNAL_UNAVAILABLE.
 */
export async function openSqliteJournal(folder: string, options: OpenOptions = {}): Promise<SqliteJournal> {
  const channel = await openChannel(folder, options);
  const { call } = channel;
  removeStaleCopy(folder);
  return {
    tag: channel.tag,
    description: `SQLite ${join(folder, FILE_NAME)}`,
    ...writing(channel),
    ...reading(channel),
    // The lock on the file is the lease: no other node has this journal.
    lease: async ({ lanes }) => lanes.map((lane) => ({ lane, token: 1 })),
    release: async () => undefined,
    undecided: async (lane, after, limit) => call('undecided', [lane, after, limit]),
    raw: async (message, from, to) => call('raw', [message, from, to]),
    backlog: async (lane, after, limit) => call('backlog', [lane, after, limit]),
    messages: async (filter, page) => call('messages', [plain(filter), plain(page)]),
    deliveries: async (filter, page) => call('deliveries', [plain(filter), plain(page)]),
    lanes: async () => call('lanes', []),
    states: async (deliveries) => call('states', [[...deliveries]]),
    paused: async () => call('paused', []),
    notes: async (kind, keys) => call('notes', [kind, [...keys]]),
    notesOf: async (kind, page) => call('notesOf', [kind, plain(page)]),
    fact: async (name, value) => call('fact', [name, value]),
    orders: async () => call('orders', []),
    settingsHistory: async () => call('settingsHistory', []),
    durability: async () => durabilityOf(await call('pragmas', [])),
    snapshot: async () => dumpRunning(channel, folder),
    failed: channel.failed,
    close: channel.close,
    cpuUsage: channel.cpuUsage,
  };
}

/** `synchronous`: 2 = FULL, a commit is on the disk when it is answered. */
function durabilityOf({ journalMode, synchronous }: Pragmas): Durability {
  const how = `journal_mode ${journalMode}, synchronous ${synchronous}`;
  return journalMode === 'wal' && synchronous >= 2
    ? { safe: true, fr: `chaque message est sur le disque avant d'être accusé (${how})`, en: 'each message is on the disk before it is acknowledged' }
    : { safe: false, fr: `une coupure de courant peut perdre des messages accusés (${how})`, en: 'a power cut may lose acknowledged messages' };
}

type Writing = Pick<
  JournalStore,
  | 'receive'
  | 'reserve'
  | 'decide'
  | 'admit'
  | 'begin'
  | 'settle'
  | 'act'
  | 'pause'
  | 'keep'
  | 'swap'
  | 'forget'
  | 'order'
  | 'withdraw'
  | 'saveSettings'
>;

const writing = ({ call, lastMessage }: Channel): Writing => {
  // Given here and not by the worker: whoever admits needs the id before the message is stored.
  let last = lastMessage;
  /** Newest message that came to be stored: those after it have an id and are being decided. */
  let arrived = lastMessage;
  return {
    receive: async (batch) => {
      const transfer: ArrayBuffer[] = [];
      const packed = batch.map((message) => packMessage(message.id ?? ++last, message, ownCopy(message.raw, transfer, message.spare)));
      arrived = Math.max(arrived, ...packed.map(({ id }) => id));
      const results = await call('receive', [packed], { items: packed.length, bytes: sum(packed, weightOf), transfer });
      return results.map((result) => (typeof result === 'number' ? { message: result } : result));
    },
    reserve: async (count) => Array.from({ length: count }, () => ++last),
    admit: async (batch) => {
      const transfer: ArrayBuffer[] = [];
      const packed = batch.map(({ message, decision }) => ({
        message: packMessage(decision.message, message, ownCopy(message.raw, transfer, message.spare)),
        decision: packDecision(decision),
      }));
      arrived = Math.max(arrived, ...packed.map(({ message }) => message.id));
      const bytes = sum(packed, ({ message, decision }) => weightOf(message) + jsonLength(decision));
      const results = await call('admit', [packed], { items: packed.length, bytes, transfer });
      return batch.map(({ decision }, index) => {
        const result = results[index]!;
        return typeof result === 'number' ? { message: decision.message, deliveries: deliveriesOf(decision, result) } : result;
      });
    },
    decide: async (batch) => {
      const packed = batch.map(packDecision);
      const firsts = await call('decide', [packed], load(packed, jsonLength));
      return batch.map((decision, index) => deliveriesOf(decision, firsts[index]!));
    },
    begin: async (batch) => {
      const packed = batch.map(packStart);
      return call(
        'begin',
        [packed],
        load(packed, ({ encoded }) => encoded?.length ?? 0),
      );
    },
    settle: async (batch) => call('settle', [batch.map(packSettlement)], { ...load(batch, () => 0), canWait: arrived < last }),
    act: async (actions) =>
      call(
        'act',
        [plain(actions)],
        load(actions, () => 0),
      ),
    keep: async (notes, at) => call('keep', [packNotes(notes), msOf(at)]),
    swap: async (changes, at) => call('swap', [packChanges(changes), msOf(at)]),
    forget: async (kind, before, limit) => call('forget', [kind, msOf(before), limit]),
    pause: async (lane, paused, at) => call('pause', [lane, paused, msOf(at)]),
    order: async (order) => call('order', [plain(order)]),
    withdraw: async (lane, kind) => call('withdraw', [lane, kind]),
    saveSettings: async ({ at, who, why, documents }) => call('saveSettings', [msOf(at), who, why, JSON.stringify(documents)]),
  };
};

const weightOf = ({ raw, head }: PackedMessage): number => raw.length + head.length;
const jsonLength = ({ events }: PackedDecision): number => sum(events, ({ json }) => json.length);

const sum = <T>(list: readonly T[], weight: (item: T) => number): number => list.reduce((total, item) => total + weight(item), 0);
const load = <T>(list: readonly T[], weight: (item: T) => number): Load => ({ items: list.length, bytes: sum(list, weight), transfer: [] });

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
/** Rare arguments cross as plain data whatever the caller gave. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
