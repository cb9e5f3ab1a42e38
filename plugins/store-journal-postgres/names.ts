/** Reference table of names: lanes, sites, connectors, versions, formats, event types. All come from settings, so they are few. */
import type { Query } from './connection.ts';

/** Names that are committed, kept in memory and read again when another node brought one. */
export class Names {
  readonly #ids = new Map<string, number>();
  readonly #names = new Map<number, string>();
  last = 0;

  known(name: string): number | undefined {
    return this.#ids.get(name);
  }

  name(id: number): string {
    return this.#names.get(id) ?? '';
  }

  learn(id: number, name: string): void {
    this.#ids.set(name, id);
    this.#names.set(id, name);
    this.last = Math.max(this.last, id);
  }

  async load(query: Query): Promise<void> {
    const rows = await query({ name: 'names', text: 'SELECT id, name FROM name WHERE id > $1', values: [this.last] });
    for (const { id, name } of rows as { id: number; name: string }[]) this.learn(id, name);
  }

  /** For readers: every one of these numbers is known afterwards. */
  async cover(query: Query, ids: Iterable<number>): Promise<void> {
    for (const id of ids) if (!this.#names.has(id)) return this.load(query);
  }

  /** Number of a name for a reader, who may be the first here to ask for what another node stored. */
  async find(query: Query, name: string): Promise<number | undefined> {
    if (!this.#ids.has(name)) await this.load(query);
    return this.#ids.get(name);
  }
}
