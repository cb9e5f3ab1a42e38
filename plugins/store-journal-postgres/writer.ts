/**
 * The one connection of this node that writes. Commands that wait together share a transaction: it takes the lock of the journal, so that writers of all
 * nodes come one after the other, and the statements of the group are sent behind it without waiting, with the numbers of the last group; when another
 * node has written since, the group is rolled back and runs again with the right ones.
 *
 * When the connection is lost, what was not committed is refused. Of a COMMIT whose answer was lost the outcome is asked for on the next connection
 * before its callers are answered: a refusal always means that nothing was stored. Each transaction leaves its number in the row of this writer: a
 * transaction id would not do, since a server that crashed gives the ones it never wrote down to others.
 */
import type { Client } from 'pg';
import { PasserelleError } from '../../core/contract/index.ts';
import { GROUP_BYTES, GROUP_ITEMS, INBOX_BYTES, INBOX_COMMANDS, PATIENCE_MS } from '../../core/journal-format/index.ts';
import type { Address } from './address.ts';
import { executeBare, executeSaved, isHot, type Answer, type Command, type Entered } from './command.ts';
import { asRefusal, connectWriter, endOf, giveUp, isOfCommand, isOfStatement, queryOn, unavailable } from './connection.ts';
import { loadLeases, requireLease, type HeldLease } from './leases.ts';
import { GROUP_MS, RECONNECT_MAX_MS, RECONNECT_MIN_MS } from './limits.ts';
import type { Names } from './names.ts';
import { makePartitions, monthOf } from './partitions.ts';
import { headOf, Transaction, type Head } from './transaction.ts';

const LOCK = { name: 'lock', text: 'SELECT pg_advisory_xact_lock($1)' };
/** The same, and the number of this transaction in the row of its writer, which no other one touches. */
const ENTER = {
  name: 'enter',
  text: `WITH m AS (INSERT INTO mark (writer, last) VALUES ($2, $3) ON CONFLICT (writer) DO UPDATE SET last = excluded.last)
    SELECT pg_advisory_xact_lock($1)`,
};
const HEAD = {
  name: 'head',
  text: 'SELECT part, event, delivery, act, name, indexed, leases, floor(extract(epoch from clock_timestamp()) * 1000)::int8 AS now FROM head',
};
interface Lock {
  readonly head: Head;
  readonly now: number;
}

/** A COMMIT that was sent and not answered. */
interface Unknown {
  /** Number of the transaction among those of this writer. */
  readonly number: number;
  readonly answers: readonly Answer[];
}

/** Another node wrote since: the numbers of this group are not free. */
const STALE = Symbol('stale');
class Uncertain extends Error {
  readonly outcome: Unknown;
  constructor(outcome: Unknown, cause: unknown) {
    super('commit without an answer', { cause });
    this.outcome = outcome;
  }
}

const sameHead = (a: Head, b: Head): boolean => (Object.keys(a) as (keyof Head)[]).every((key) => a[key] === b[key]);
const closed = (): PasserelleError => new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { found: 'a closed journal' });

export class Writer {
  readonly #address: Address;
  readonly #names: Names;
  /** Tells this writer from those of other nodes in notices. */
  readonly #id: string;
  #client: Client | undefined;
  #queue: Command[] = [];
  #waitingCommands = 0;
  #waitingBytes = 0;
  #running = false;
  /** Something in the queue does not wait for another write. */
  #isDue = false;
  #patience: NodeJS.Timeout | undefined;
  #unknown: Unknown | undefined;
  /** Of the last transaction. */
  #number = 0;
  /** As of our last commit; undefined when it must be read first. */
  #head: Head | undefined;
  #now = 0;
  #leases: ReadonlyMap<string, HeldLease> = new Map();
  #leasesVersion = -1;
  #lastMonth: number;
  /** Names under which this node took leases. */
  readonly #nodes = new Set<string>();
  #closing = false;
  #idle: (() => void)[] = [];

  constructor(address: Address, names: Names, id: string, client: Client, lastMonth: number) {
    this.#address = address;
    this.#names = names;
    this.#id = id;
    this.#lastMonth = lastMonth;
    this.#adopt(client);
  }

  /** `canWait`: another write will come soon, to share a commit with. */
  submit(command: Omit<Command, 'resolve' | 'reject'>, canWait = false): Promise<unknown> {
    const { bytes } = command;
    const refusal = this.#refusal(bytes);
    if (refusal) return Promise.reject(refusal);
    if (command.name === 'lease') this.#nodes.add((command.args[0] as { node: string }).node);
    this.#waitingCommands += 1;
    this.#waitingBytes += bytes;
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#waitingCommands -= 1;
        this.#waitingBytes -= bytes;
      };
      this.#queue.push({
        ...command,
        resolve: (value) => (done(), resolve(value)),
        reject: (error) => (done(), reject(error)),
      });
      if (canWait) this.#patience ??= setTimeout(() => this.#wake(), PATIENCE_MS);
      else this.#wake();
    });
  }

  /** Finishes what was asked, refuses what is asked after. Legal twice. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#wake();
    if (this.#running || this.#queue.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    for (const { command } of this.#unknown?.answers ?? []) command.reject(closed());
    this.#unknown = undefined;
    if (this.#client) await endOf(this.#client);
    this.#client = undefined;
  }

  #refusal(bytes: number): PasserelleError | undefined {
    if (this.#closing) return closed();
    if (!this.#client) return unavailable(undefined);
    if (this.#waitingCommands < INBOX_COMMANDS && this.#waitingBytes + bytes <= INBOX_BYTES) return undefined;
    return new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { found: 'too much waiting for the database' });
  }

  #wake(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#isDue = true;
    if (this.#running) return;
    this.#running = true;
    // After the microtasks of this turn: callers that one answer woke together travel together.
    process.nextTick(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#client && this.#isDue && this.#queue.length > 0) {
      const group = this.#cut();
      this.#isDue = this.#queue.length > 0;
      await this.#commit(this.#client, group);
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** The oldest commands that fit one commit; one at least, whatever its size. */
  #cut(): Command[] {
    let items = 0;
    let bytes = 0;
    const fits = (c: Command): boolean => (items += c.items) <= GROUP_ITEMS && (bytes += c.bytes) <= GROUP_BYTES;
    const end = this.#queue.findIndex((command, index) => !fits(command) && index > 0);
    return this.#queue.splice(0, end < 0 ? this.#queue.length : end);
  }

  async #commit(client: Client, group: readonly Command[]): Promise<void> {
    const timer = setTimeout(() => giveUp(client), GROUP_MS);
    try {
      for (const { command, value, error } of await this.#run(client, group)) {
        if (error) command.reject(error);
        else command.resolve(value);
      }
    } catch (error) {
      if (error instanceof Uncertain) this.#unknown = error.outcome;
      else for (const { reject } of group) reject(asRefusal(error));
      if (error instanceof Uncertain || !(error instanceof PasserelleError || isOfStatement(error))) this.#lose(client);
    } finally {
      clearTimeout(timer);
    }
  }

  async #run(client: Client, group: readonly Command[]): Promise<readonly Answer[]> {
    try {
      if (this.#head && isHot(group)) {
        const answers = await this.#transact(client, group, this.#head);
        if (answers !== STALE) return answers;
      }
      return (await this.#transact(client, group)) as readonly Answer[];
    } catch (error) {
      if (!(error instanceof PasserelleError) && !isOfCommand(error)) throw error;
      if (group.length === 1) return [{ command: group[0]!, error: asRefusal(error) }];
      return (await this.#transact(client, group, undefined, true)) as readonly Answer[];
    }
  }

  /** One transaction. With `guess` its statements go out with these numbers before the lock is held. */
  async #transact(client: Client, group: readonly Command[], guess?: Head, isSaved = false): Promise<readonly Answer[] | typeof STALE> {
    const query = queryOn(client);
    const lastMonth = this.#lastMonth;
    const number = (this.#number += 1);
    this.#sendTogether(client);
    const locking = Promise.all([
      client.query('BEGIN ISOLATION LEVEL READ COMMITTED'),
      query({ ...ENTER, values: [this.#address.lock, this.#id, number] }),
      query(HEAD),
    ]).then(([, , [row]]): Lock => ({ head: headOf(row!), now: Number(row!['now']) }));
    locking.catch(() => undefined);
    try {
      if (!guess) await this.#catchUp(await locking, query);
      const base = guess ?? (await locking).head;
      const tx = new Transaction(query, base, this.#names, monthOf(this.#now));
      const entered = async (): Promise<Entered> => {
        const { now } = await locking;
        return { now, requireLease: (lease) => requireLease(lease, this.#leases, now) };
      };
      const executing = isSaved ? executeSaved(tx, group, await entered()) : executeBare(tx, group, entered);
      const [done] = await Promise.allSettled([executing]);
      const lock = await locking;
      if (guess && !sameHead(guess, lock.head)) {
        this.#head = undefined;
        await client.query('ROLLBACK');
        return STALE;
      }
      // First of all: to a node that lost its lanes a row that the new owner has moved since is no refusal of its own.
      if (!isSaved) for (const { lease } of group) if (lease) requireLease(lease, this.#leases, lock.now);
      if (done.status === 'rejected') throw done.reason;
      await this.#end(client, tx, lock, { number, answers: done.value });
      return done.value;
    } catch (error) {
      this.#head = undefined;
      this.#lastMonth = Math.min(this.#lastMonth, lastMonth);
      if (error instanceof PasserelleError || isOfStatement(error)) await client.query('ROLLBACK');
      throw error;
    }
  }

  /** Under the lock: what other nodes have changed since, and the partition of a month that began. */
  async #catchUp({ head, now }: Lock, query: ReturnType<typeof queryOn>): Promise<void> {
    this.#now = now;
    if (head.name !== this.#names.last) await this.#names.load(query);
    if (head.leases !== this.#leasesVersion) {
      this.#leases = await loadLeases(query);
      this.#leasesVersion = head.leases;
    }
    if (monthOf(now) >= this.#lastMonth) this.#lastMonth = await makePartitions(query, monthOf(now));
  }

  async #end(client: Client, tx: Transaction, { head, now }: Lock, outcome: Unknown): Promise<void> {
    this.#sendTogether(client);
    const notices = [...tx.touched]
      .filter((lane) => !this.#isOurs(lane))
      .map((lane) => tx.query({ name: 'notify', text: 'SELECT pg_notify($1, $2)', values: [this.#address.channel, `${this.#id} ${lane}`] }));
    const committing = client.query('COMMIT');
    const [committed, ...said] = await Promise.allSettled([committing, ...notices]);
    if (committed.status === 'rejected') {
      if (isOfStatement(committed.reason)) throw committed.reason;
      throw new Uncertain(outcome, committed.reason);
    }
    // The server answers ROLLBACK to the COMMIT of a transaction in which a statement failed.
    if (committed.value.command !== 'COMMIT') throw said.find((one) => one.status === 'rejected')?.reason ?? unavailable(undefined);
    for (const [name, id] of tx.fresh) this.#names.learn(id, name);
    this.#now = now;
    // Leases that changed are read again; a month that began gets its partitions.
    const mustRead = tx.head.leases !== head.leases || monthOf(now) >= this.#lastMonth;
    this.#head = mustRead ? undefined : tx.head;
  }

  /** What this turn sends goes out in one write. */
  #sendTogether({ connection: { stream } }: Client): void {
    stream.cork();
    process.nextTick(() => stream.uncork());
  }

  #isOurs(lane: string): boolean {
    return this.#nodes.has(this.#leases.get(lane)?.node ?? '');
  }

  #adopt(client: Client): void {
    this.#client = client;
    this.#head = undefined;
    client.once('end', () => this.#lose(client));
  }

  #lose(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    for (const { reject } of this.#queue.splice(0)) reject(unavailable(undefined));
    giveUp(client);
    if (!this.#closing) void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    for (let pause = RECONNECT_MIN_MS; !this.#closing; pause = Math.min(2 * pause, RECONNECT_MAX_MS)) {
      try {
        const client = await connectWriter(this.#address);
        try {
          await this.#resolveUnknown(client);
        } catch (error) {
          await endOf(client);
          throw error;
        }
        if (this.#closing) return await endOf(client);
        return this.#adopt(client);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  /** Under the lock nothing of the lost connection is in progress any more: its transaction is committed or it never will be. */
  async #resolveUnknown(client: Client): Promise<void> {
    const unknown = this.#unknown;
    if (!unknown) return;
    await client.query('BEGIN');
    await client.query({ ...LOCK, values: [this.#address.lock] });
    const { rows } = await client.query<{ last: number }>('SELECT last FROM mark WHERE writer = $1', [this.#id]);
    const isCommitted = rows[0]?.last === unknown.number;
    await client.query('ROLLBACK');
    this.#unknown = undefined;
    for (const { command, value, error } of unknown.answers) {
      if (!isCommitted) command.reject(unavailable(undefined));
      else if (error) command.reject(error);
      else command.resolve(value);
    }
  }
}
