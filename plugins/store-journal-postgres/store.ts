/** The journal store that the engine sees: one writer, some readers, one listener. */
import { randomUUID } from 'node:crypto';
import { PasserelleError, release, type Durability, type IncomingMessage, type JournalStore } from '../../core/contract/index.ts';
import {
  deliveriesOf,
  msOf,
  packChanges,
  packDecision,
  packMessage,
  packNotes,
  packSettlement,
  packStart,
  type PackedDecision,
  type PackedMessage,
} from '../../core/journal-format/index.ts';
import { parseAddress, type Address } from './address.ts';
import type { ArgumentsOf, ResultOf, Writes } from './command.ts';
import { connectWriter, endOf, queryOn, type Query } from './connection.ts';
import { openingError, prepareDatabase } from './database.ts';
import { dumpRunning } from './dump.ts';
import { Names } from './names.ts';
import { deliveryReads } from './read-deliveries.ts';
import { messageReads } from './read-messages.ts';
import { otherReads } from './read-rest.ts';
import { Reader } from './reader.ts';
import { reserver } from './reserve.ts';
import { Watch } from './watch.ts';
import { Writer } from './writer.ts';

/**
 * Opens the journal at `postgres://USER@HOST:PORT/DATABASE?schema=NAME` and brings its schema up to date; several nodes may have it open. Throws
 * ERR_CONFIG_INVALID, ERR_JOURNAL_UNSAFE (a server that does not sync what it commits), ERR_JOURNAL_VERSION, ERR_JOURNAL_UNAVAILABLE.
 */
export async function openPostgresJournal(text: string): Promise<JournalStore> {
  const address = parseAddress(text);
  const names = new Names();
  const id = randomUUID();
  try {
    const client = await connectWriter(address);
    try {
      const { tag, lastMonth } = await prepareDatabase(queryOn(client), address);
      await names.load(queryOn(client));
      const writer = new Writer(address, names, id, client, lastMonth);
      return store(tag, address, writer, new Reader(address), names, new Watch(address, id));
    } catch (error) {
      await endOf(client);
      throw error;
    }
  } catch (error) {
    throw openingError(error);
  }
}

function store(tag: string, address: Address, writer: Writer, reader: Reader, names: Names, watch: Watch): JournalStore {
  let isDumped = false;
  return {
    tag,
    description: address.description,
    ...writing(writer, reserver(reader)),
    ...messageReads(reader, names, tag),
    ...deliveryReads(reader, names, tag),
    ...otherReads(reader, names, tag),
    durability: () => durabilityOf(reader.query),
    snapshot: async () => {
      if (isDumped) throw new PasserelleError('ERR_BACKUP_RUNS');
      isDumped = true;
      return dumpRunning(address, () => (isDumped = false));
    },
    watch: (listener) => watch.add(listener),
    close: async () => {
      await Promise.all([writer.close(), reader.close(), watch.close()]);
    },
  };
}

/** Opening refused a server that syncs nothing; what a failover keeps depends on its standbys (ARCHITECTURE section 9). */
async function durabilityOf(query: Query): Promise<Durability> {
  const [found] = await query({
    text: "SELECT current_setting('synchronous_standby_names') AS standbys, current_setting('synchronous_commit') AS mode",
  });
  const isSynchronous = found!['standbys'] !== '' && found!['mode'] !== 'local';
  return {
    safe: true,
    fr: isSynchronous
      ? 'chaque validation est écrite sur disque et sur un serveur de secours synchrone'
      : 'chaque validation est écrite sur disque ; sans serveur de secours synchrone, une bascule peut perdre les dernières',
    en: isSynchronous
      ? 'each commit is on the disk and on a synchronous standby'
      : 'each commit is on the disk; without a synchronous standby a failover may lose the last ones',
  };
}

type Writing = Pick<
  JournalStore,
  | 'receive'
  | 'reserve'
  | 'admit'
  | 'decide'
  | 'begin'
  | 'settle'
  | 'act'
  | 'fact'
  | 'keep'
  | 'swap'
  | 'forget'
  | 'pause'
  | 'order'
  | 'withdraw'
  | 'saveSettings'
  | 'lease'
  | 'release'
>;

function writing(writer: Writer, reserve: JournalStore['reserve']): Writing {
  /** Newest id that was given, and newest one that came to be stored: those between are being decided. */
  let last = 0;
  let arrived = 0;
  const call = <K extends keyof Writes>(
    name: K,
    args: ArgumentsOf<K>,
    rest: Partial<Parameters<Writer['submit']>[0]> = {},
    canWait = false,
  ): Promise<ResultOf<K>> => writer.submit({ name, args, lease: undefined, items: 1, bytes: 0, ...rest }, canWait) as Promise<ResultOf<K>>;
  return {
    reserve: async (count) => {
      const ids = await reserve(count);
      last = Math.max(last, ...ids);
      return ids;
    },
    receive: async (batch) => {
      arrived = Math.max(arrived, ...batch.map(({ id = last }) => id));
      const packed = batch.map((message) => packMessage(message.id ?? 0, withoutSpare(message)));
      return call('receive', [packed], load(packed, weightOf));
    },
    admit: async (batch, lease) => {
      const packed = batch.map(({ message, decision }) => ({
        message: packMessage(decision.message, withoutSpare(message)),
        decision: packDecision(decision),
      }));
      arrived = Math.max(arrived, ...packed.map(({ message }) => message.id));
      const weight = load(packed, (one) => weightOf(one.message) + jsonLength(one.decision));
      const results = await call('admit', [packed], { ...weight, lease });
      return results.map((result, i) => {
        const { decision } = batch[i]!;
        return typeof result === 'number' ? { message: decision.message, deliveries: deliveriesOf(decision, result) } : result;
      });
    },
    decide: async (batch, lease) => {
      const packed = batch.map(packDecision);
      const firsts = await call('decide', [packed], { ...load(packed, jsonLength), lease });
      return batch.map((decision, i) => deliveriesOf(decision, firsts[i]!));
    },
    begin: async (batch, lease) => {
      const packed = batch.map(packStart);
      await call('begin', [packed], { ...load(packed, ({ encoded }) => encoded?.length ?? 0), lease });
    },
    settle: async (batch, lease) => {
      const packed = batch.map(packSettlement);
      await call('settle', [packed], { ...load(packed, ({ begun }) => begun?.encoded?.length ?? 0), lease }, arrived < last);
    },
    act: (actions) => call('act', [actions]),
    pause: async (lane, paused, at) => call('pause', [lane, paused, msOf(at)]),
    fact: (name, value) => call('fact', [name, value]),
    keep: (notes, at, lease) => {
      const kept = packNotes(notes).map((note) => ({ ...note, at: msOf(at) }));
      return call('keep', [kept], { ...load(kept, ({ value }) => value.length), lease });
    },
    swap: (changes, at) => call('swap', [packChanges(changes), msOf(at)]),
    forget: (kind, before, limit) => call('forget', [kind, msOf(before), limit]),
    order: (order) => call('order', [order]),
    withdraw: (lane, kind) => call('withdraw', [lane, kind]),
    saveSettings: async ({ at, who, why, documents }) => call('saveSettings', [msOf(at), who, why, JSON.stringify(documents)]),
    lease: (request) => call('lease', [request]),
    release: (leases) => call('release', [leases]),
  };
}

/** The driver sends the bytes from where they are. */
function withoutSpare(message: IncomingMessage): IncomingMessage {
  if (message.spare) release(message.spare);
  return message;
}

const weightOf = ({ raw, head }: PackedMessage): number => raw.length + head.length;
const jsonLength = ({ events }: PackedDecision): number => events.reduce((sum, { json }) => sum + json.length, 0);
const load = <T>(list: readonly T[], weight: (item: T) => number): { readonly items: number; readonly bytes: number } => ({
  items: list.length,
  bytes: list.reduce((sum, item) => sum + weight(item), 0),
});
