/** Connections for reading: committed rows only, beside the writer and never in its way. */
import { Pool } from 'pg';
import { PasserelleError } from '../../core/contract/index.ts';
import { INBOX_COMMANDS } from '../../core/journal-format/index.ts';
import type { Address } from './address.ts';
import { queryOn, settingsOf, unavailable, type Query } from './connection.ts';
import { GROUP_MS, READ_CONNECTIONS } from './limits.ts';

export class Reader {
  readonly #pool: Pool;
  #isClosed = false;

  constructor(address: Address) {
    // Kept: one that is opened again has its statements planned again, and whoever asks waits for it (p99 at 100 messages a second: 18 instead of 25 ms). A server that
    // vanished without a word is given up as by the writer.
    this.#pool = new Pool({ ...settingsOf(address, 'read'), max: READ_CONNECTIONS, idleTimeoutMillis: 0, query_timeout: GROUP_MS });
    // A connection that is lost is replaced by the next reading; the pool hears of it only while it is idle, between two statements of a snapshot nobody would.
    this.#pool.on('error', () => undefined).on('connect', (client) => void client.on('error', () => undefined));
  }

  /** One statement. */
  readonly query: Query = (statement) => this.#guard(() => queryOn(this.#pool)(statement));

  /** Several statements on one snapshot. */
  snapshot<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.#guard(() => this.#snapshot(work));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#pool.end();
  }

  async #snapshot<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const value = await work(queryOn(client));
      await client.query('COMMIT');
      client.release();
      return value;
    } catch (error) {
      // Whatever the state of its transaction: a refusal is rare, a new connection cheap.
      client.release(true);
      throw error;
    }
  }

  async #guard<T>(read: () => Promise<T>): Promise<T> {
    try {
      if (this.#isClosed) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { found: 'a closed journal' });
      if (this.#pool.waitingCount > INBOX_COMMANDS) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { found: 'too many readings' });
      return await read();
    } catch (error) {
      throw error instanceof PasserelleError ? error : unavailable(error);
    }
  }
}
