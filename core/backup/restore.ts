/** Puts a journal where there is none: from a backup, or from another store. Nothing is there before every row was read back and compared. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PasserelleError, decodeRows, type DumpBatch, type JournalDump, type StorePlugin } from '../contract/index.ts';
import { digestsOf, Digests, firstDifference } from './digest.ts';
import type { Digest, Manifest } from './manifest.ts';
import { openBackup } from './read.ts';
import { keptIn } from './source.ts';

/** Where a journal goes: a store and what it calls an address. */
export interface JournalPlace {
  readonly store: StorePlugin;
  readonly address: string;
}

export interface Restored {
  readonly manifest: Manifest;
  /** Delivery lanes that were paused. */
  readonly paused: readonly string[];
}

export interface RestoreOptions {
  readonly backup: string;
  /** Data directory, which gets the kept files. */
  readonly data: string;
  readonly place: JournalPlace;
  /** Pause every delivery lane. */
  readonly hold: boolean;
  readonly at: string;
}

/** Throws ERR_BACKUP_DAMAGED, ERR_JOURNAL_VERSION, ERR_NOT_EMPTY, ERR_JOURNAL_*; then nothing was restored. */
export async function restoreBackup({ backup, data, place, hold, at }: RestoreOptions): Promise<Restored> {
  const [there] = keptIn(data);
  if (there !== undefined) throw new PasserelleError('ERR_NOT_EMPTY', { location: { file: path.join(data, there) } });
  const { manifest, source } = await openBackup(backup);
  await mkdir(data, { recursive: true, mode: 0o700 });
  const written: string[] = [];
  try {
    // Before the journal: an engine that found a journal without its key would make another key.
    for (const { name, bytes } of source.files) {
      const file = path.join(data, name);
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, bytes, { mode: 0o600, flag: 'wx', flush: true });
      written.push(file);
    }
    const paused = await load(source.dump, place, hold, at, manifest.tables);
    return { manifest, paused };
  } catch (error) {
    for (const file of written) await rm(file, { force: true });
    throw error;
  }
}

/** The same journal in another store; the one it comes from is left as it is. Answers what was moved. Closes the dump. */
export async function moveJournal(dump: JournalDump, place: JournalPlace, at: string): Promise<Readonly<Record<string, Digest>>> {
  const digests = new Digests();
  try {
    await load({ ...dump, batches: digesting(dump.batches, digests) }, place, false, at, () => digests.all());
    return digests.all();
  } finally {
    await dump.close();
  }
}

type Expected = Readonly<Record<string, Digest>>;

async function load(
  dump: JournalDump,
  { store, address }: JournalPlace,
  hold: boolean,
  at: string,
  expected: Expected | (() => Expected),
): Promise<readonly string[]> {
  const lanes = new LaneFinder();
  let paused: readonly string[] = [];
  await store.load(address, { ...dump, batches: watching(dump.batches, lanes) }, async (stored) => {
    const wrong = firstDifference(await digestsOf(stored), typeof expected === 'function' ? expected() : expected);
    if (wrong) throw new PasserelleError('ERR_BACKUP_DAMAGED', { location: { path: wrong }, expected: 'the rows that were given' });
    paused = hold ? lanes.names() : [];
    return { paused, at };
  });
  return paused;
}

async function* digesting(batches: AsyncIterable<DumpBatch>, digests: Digests): AsyncGenerator<DumpBatch> {
  for await (const batch of batches) {
    digests.add(batch);
    yield batch;
  }
}

async function* watching(batches: AsyncIterable<DumpBatch>, lanes: LaneFinder): AsyncGenerator<DumpBatch> {
  for await (const batch of batches) {
    lanes.see(batch);
    yield batch;
  }
}

/** Every delivery lane: those that ever had a delivery, and those of the active settings, which may get their first one. */
class LaneFinder {
  readonly #names = new Map<unknown, string>();
  readonly #used = new Set<unknown>();
  #settings = '[]';

  see({ table, lines }: DumpBatch): void {
    if (table === 'name') for (const [id, name] of decodeRows(lines)) this.#names.set(id, String(name));
    // Column 3 of a delivery is its lane, column 4 of a revision its documents; the newest revision comes last.
    else if (table === 'delivery') for (const row of decodeRows(lines)) this.#used.add(row[3]);
    else if (table === 'revision') this.#settings = Buffer.from(decodeRows(lines).at(-1)?.[4] as Uint8Array).toString();
  }

  names(): readonly string[] {
    const used = [...this.#used].map((id) => this.#names.get(id) ?? '');
    return [...new Set([...used, ...outboundNames(JSON.parse(this.#settings) as unknown[])])].sort();
  }
}

interface SomeSite {
  readonly connectors?: readonly { readonly endpoints?: readonly { readonly name: string; readonly direction: string }[] }[];
}

const outboundNames = (documents: readonly unknown[]): string[] =>
  documents
    .flatMap((document) => (document as SomeSite).connectors ?? [])
    .flatMap(({ endpoints = [] }) => endpoints)
    .filter(({ direction }) => direction === 'out')
    .map(({ name }) => name);
