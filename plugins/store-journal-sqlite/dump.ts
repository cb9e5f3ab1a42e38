/** Everything a journal holds, as rows: of a stopped one as it stands, of one in use from a copy of its file that is taken away at the end. */
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DUMP_FORMAT, PasserelleError, type DumpBatch, type DumpPoint, type JournalDump } from '../../core/contract/index.ts';
import type { Frozen } from './calls.ts';
import type { Channel } from './channel.ts';
import { FILE_NAME } from './database.ts';
import type { DumpOrder, DumpSaying } from './dump-worker.ts';

const COPY_FOLDER = 'snapshot';

/** What a killed engine left of a copy. To be called by the owner of the journal only. */
export const removeStaleCopy = (folder: string): void => rmSync(join(folder, COPY_FOLDER), { recursive: true, force: true });

export async function dumpStopped(folder: string): Promise<JournalDump> {
  if (!existsSync(join(folder, FILE_NAME))) throw new PasserelleError('ERR_NOT_FOUND', { location: { file: folder }, expected: 'a journal' });
  const reader = new Reader({ folder });
  return dumpOf(reader, await reader.head(), new Date().toISOString(), () => undefined);
}

/** Point of consistency: the moment the file was frozen. */
export async function dumpRunning({ call }: Channel, folder: string): Promise<JournalDump> {
  const copy = join(folder, COPY_FOLDER);
  const frozen = await call('freeze', []);
  const reader = await startCopy(copy, frozen).catch(async (error: unknown) => {
    await call('thaw', []);
    throw error;
  });
  try {
    // When the journal was closed meanwhile its log went into the file under our eyes: then this call is refused.
    await reader.copied().finally(() => call('thaw', []));
    return dumpOf(reader, await reader.head(), new Date(frozen.at).toISOString(), () => rmSync(copy, { recursive: true, force: true }));
  } catch (error) {
    await reader.end();
    rmSync(copy, { recursive: true, force: true });
    throw error;
  }
}

async function startCopy(copy: string, frozen: Frozen): Promise<Reader> {
  if (existsSync(copy)) throw new PasserelleError('ERR_BACKUP_RUNS');
  mkdirSync(copy, { mode: 0o700 });
  return new Reader({ folder: copy, frozen });
}

function dumpOf(reader: Reader, { tag, point }: Head, at: string, clean: () => void): JournalDump {
  const close = async (): Promise<void> => {
    await reader.end();
    clean();
  };
  const read = async function* (): AsyncGenerator<DumpBatch> {
    try {
      for (let batch = await reader.next(); batch; batch = await reader.next()) yield batch;
    } finally {
      await close();
    }
  };
  return { format: DUMP_FORMAT, tag, store: 'sqlite', point: { at, ...point }, batches: read(), close };
}

type Head = { readonly tag: string; readonly point: Omit<DumpPoint, 'at'> };

/** The thread, asked one thing at a time. */
class Reader {
  readonly #worker: Worker;
  readonly #said: DumpSaying[] = [];
  #ended: PasserelleError | undefined;
  #wake: () => void = () => undefined;

  constructor(order: DumpOrder) {
    this.#worker = new Worker(new URL('./dump-worker.js', import.meta.url), { workerData: order });
    this.#worker.on('message', (saying: DumpSaying) => {
      this.#said.push(saying);
      this.#wake();
    });
    this.#worker.on('error', (cause) => this.#end(cause));
    this.#worker.on('exit', () => this.#end());
  }

  async copied(): Promise<void> {
    await this.#hear();
  }

  async head(): Promise<Head> {
    const said = await this.#hear();
    return (said as { head: Head }).head;
  }

  async next(): Promise<DumpBatch | undefined> {
    this.#worker.postMessage('next');
    const said = await this.#hear();
    return 'batch' in said ? said.batch : undefined;
  }

  async end(): Promise<void> {
    if (!this.#ended) await Promise.all([once(this.#worker, 'exit'), this.#worker.terminate()]);
  }

  async #hear(): Promise<Exclude<DumpSaying, { failed: unknown }>> {
    while (this.#said.length === 0) {
      if (this.#ended) throw this.#ended;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const said = this.#said.shift() as DumpSaying;
    if ('failed' in said) throw PasserelleError.fromData(said.failed);
    return said;
  }

  #end(cause?: unknown): void {
    this.#ended ??= new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { found: 'a reader that ended', cause });
    this.#wake();
  }
}
