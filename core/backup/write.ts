/**
 * Writes a backup as a folder: one compressed file for each table, the kept files, the manifest last. It grows under another name and takes its own
 * by a rename once everything is on the disk, so that what bears the name of a backup is one.
 */
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import { DUMP_TABLES, PasserelleError, type DumpBatch } from '../contract/index.ts';
import { Digests } from './digest.ts';
import { MANIFEST_FILE, tableFile, type Manifest } from './manifest.ts';
import type { BackupSource } from './source.ts';

const OWNER_ONLY = 0o600;

/** Throws ERR_NOT_EMPTY when something bears the name, ERR_BACKUP_UNWRITABLE, and what the source throws; then there is no backup. Closes the dump. */
export async function writeBackup(source: BackupSource, target: string): Promise<Manifest> {
  const growing = `${path.resolve(target)}.partial`;
  try {
    if (existsSync(target)) throw new PasserelleError('ERR_NOT_EMPTY', { location: { file: target } });
    // Left by a backup that was killed.
    await rm(growing, { recursive: true, force: true });
    await mkdir(growing, { recursive: true, mode: 0o700 });
    const manifest = await writeAll(source, growing);
    await rename(growing, target);
    await sync(path.dirname(path.resolve(target)));
    return manifest;
  } catch (error) {
    await rm(growing, { recursive: true, force: true }).catch(() => undefined);
    throw unwritable(error, target);
  } finally {
    await source.dump.close();
  }
}

async function writeAll({ engine, dump, files }: BackupSource, folder: string): Promise<Manifest> {
  for (const { name, bytes } of files) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true, mode: 0o700 });
    await writeFile(path.join(folder, name), bytes, { mode: OWNER_ONLY });
  }
  const tables = await writeTables(dump.batches, folder);
  const manifest: Manifest = {
    passerelle: 'backup',
    format: dump.format,
    engine,
    store: dump.store,
    tag: dump.tag,
    point: dump.point,
    tables,
    files: Object.fromEntries(files.map(({ name, bytes }) => [name, { bytes: bytes.length, sha256: hash('sha256', bytes) }])),
  };
  await writeFile(path.join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`, { mode: OWNER_ONLY });
  for (const name of [...files.map((file) => file.name), ...DUMP_TABLES.map((table) => tableFile(table.name)), MANIFEST_FILE])
    await sync(path.join(folder, name));
  for (const inner of new Set(files.map(({ name }) => path.dirname(path.join(folder, name))))) await sync(inner);
  await sync(folder);
  return manifest;
}

async function writeTables(batches: AsyncIterable<DumpBatch>, folder: string): Promise<Manifest['tables']> {
  const digests = new Digests();
  const rest = DUMP_TABLES.map(({ name }) => name);
  let current = openTable(folder, rest.shift() as string);
  try {
    for await (const batch of batches) {
      while (batch.table !== current.table) {
        await current.end();
        current = openTable(folder, nextTable(rest));
      }
      digests.add(batch);
      await current.write(batch.lines);
    }
    for (; ; current = openTable(folder, rest.shift() as string)) {
      await current.end();
      if (rest.length === 0) return digests.all();
    }
  } catch (error) {
    current.abandon();
    throw error;
  }
}

function nextTable(rest: string[]): string {
  const next = rest.shift();
  if (next === undefined) throw new PasserelleError('ERR_INVARIANT', { expected: 'tables in the order of the dump format' });
  return next;
}

interface TableFile {
  readonly table: string;
  readonly write: (lines: Uint8Array) => Promise<void>;
  readonly end: () => Promise<void>;
  readonly abandon: () => void;
}

function openTable(folder: string, table: string): TableFile {
  const compress = createZstdCompress();
  const out = createWriteStream(path.join(folder, tableFile(table)), { mode: OWNER_ONLY });
  const done = finished(compress.pipe(out));
  // Awaited at the end; until then a failure is found by the next write.
  let failure: unknown;
  done.catch((error: unknown) => {
    failure = error;
    compress.destroy(error as Error);
  });
  return {
    table,
    write: async (lines) => {
      if (failure) throw failure;
      if (!compress.write(lines)) await Promise.race([once(compress, 'drain'), done]);
    },
    end: async () => {
      compress.end();
      await done;
    },
    abandon: () => {
      compress.destroy();
      out.destroy();
    },
  };
}

async function sync(file: string): Promise<void> {
  const handle = await open(file);
  await handle.sync().finally(() => handle.close());
}

function unwritable(error: unknown, target: string): PasserelleError {
  if (error instanceof PasserelleError) return error;
  const { code = 'an error', path: file = target } = error as NodeJS.ErrnoException;
  return new PasserelleError('ERR_BACKUP_UNWRITABLE', { location: { file }, found: code, cause: error });
}
