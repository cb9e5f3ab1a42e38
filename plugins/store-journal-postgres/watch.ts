/** Tells this node what others stored: LISTEN on a connection of its own. What was missed while it was lost is made good by naming every lane. */
import type { Client } from 'pg';
import type { Address } from './address.ts';
import { connectWriter, endOf, giveUp } from './connection.ts';
import { RECONNECT_MAX_MS, WATCH_MS } from './limits.ts';

type Listener = (lane: string) => void;

const ALL_LANES = 'SELECT DISTINCT name FROM tally JOIN name ON name.id = tally.lane';

export class Watch {
  readonly #address: Address;
  readonly #own: string;
  readonly #listeners = new Set<Listener>();
  #client: Client | undefined;
  #isRunning = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  /** `own` begins the notices of this node, which it need not hear. */
  constructor(address: Address, own: string) {
    this.#address = address;
    this.#own = own;
  }

  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (!this.#isRunning && !this.#isClosed) {
      this.#isRunning = true;
      void this.#connect();
    }
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (this.#client) await endOf(this.#client);
  }

  #tell(lane: string): void {
    for (const listener of this.#listeners) listener(lane);
  }

  async #connect(): Promise<void> {
    try {
      const client = await connectWriter(this.#address);
      this.#client = client;
      client.on('notification', ({ payload = '' }) => {
        const [sender, ...lane] = payload.split(' ');
        if (sender !== this.#own) this.#tell(lane.join(' '));
      });
      const probing = setInterval(() => this.#probe(client), WATCH_MS);
      client.once('end', () => {
        clearInterval(probing);
        this.#again();
      });
      await client.query(`LISTEN ${this.#address.channel}`);
      if (this.#isClosed) return await endOf(client);
      const { rows } = await client.query<{ name: string }>(ALL_LANES);
      for (const { name } of rows) this.#tell(name);
    } catch {
      if (this.#client) giveUp(this.#client);
      else this.#again();
    }
  }

  /** A server, or the way to it, that fell silent says no error, and nothing of what others store. */
  #probe(client: Client): void {
    const timer = setTimeout(() => giveUp(client), WATCH_MS);
    client
      .query('SELECT 1')
      .catch(() => undefined)
      .finally(() => clearTimeout(timer));
  }

  #again(): void {
    this.#client = undefined;
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#connect(), RECONNECT_MAX_MS);
  }
}
