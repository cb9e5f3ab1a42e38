/** Which kits were built for whom: `kits.json` of the data directory, so that the next one says what changed since. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface KitGiven {
  readonly url: string;
  readonly crypto: string;
  readonly environment: string;
  readonly engine: string;
  /** SHA-256 of the settings of the site, as the kit has them. */
  readonly settings: string;
}

export interface KeptKit {
  readonly site: string;
  readonly connector: string;
  readonly connectorVersion: string;
  readonly kitVersion: string;
  readonly at: string;
  readonly who: string;
  readonly sha256: string;
  /** What this kit was given of the engine and of the site; absent from kits that were built before it was kept. */
  readonly given?: KitGiven;
}

export class KitKeeper {
  readonly #file: string;

  constructor(data: string) {
    this.#file = path.join(data, 'kits.json');
  }

  async all(): Promise<readonly KeptKit[]> {
    try {
      return JSON.parse(await readFile(this.#file, 'utf8')) as readonly KeptKit[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** The same kit built again is no new one. */
  async add(kit: KeptKit): Promise<void> {
    const kits = await this.all();
    if (kits.some(({ sha256, site }) => sha256 === kit.sha256 && site === kit.site)) return;
    await writeFile(`${this.#file}.new`, `${JSON.stringify([...kits, kit], undefined, 1)}\n`, { mode: 0o600, flush: true });
    await rename(`${this.#file}.new`, this.#file);
  }
}
