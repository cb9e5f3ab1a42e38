/** Reads a backup from its folder: verified from end to end before a row of it is used. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createZstdDecompress } from 'node:zlib';
import { DUMP_TABLES, PasserelleError, type DumpBatch } from '../contract/index.ts';
import { digestsOf, firstDifference } from './digest.ts';
import { readManifest, tableFile, type Manifest } from './manifest.ts';
import type { BackupSource, KeptFile } from './source.ts';

/** Throws ERR_BACKUP_DAMAGED with the file, ERR_JOURNAL_VERSION for a backup of a newer engine. */
export async function openBackup(folder: string): Promise<{ readonly manifest: Manifest; readonly source: BackupSource }> {
  const manifest = await readManifest(folder);
  const { format, tag, store, point, engine } = manifest;
  const files = await Promise.all(Object.keys(manifest.files).map((name) => readKept(folder, name, manifest)));
  const wrong = firstDifference(await digestsOf(batchesOf(folder)), manifest.tables);
  if (wrong) throw damaged(path.join(folder, tableFile(wrong)));
  return { manifest, source: { engine, files, dump: { format, tag, store, point, batches: batchesOf(folder), close: async () => undefined } } };
}

const damaged = (file: string, cause?: unknown): PasserelleError =>
  new PasserelleError('ERR_BACKUP_DAMAGED', { location: { file }, expected: 'what the manifest says', cause });

async function readKept(folder: string, name: string, { files }: Manifest): Promise<KeptFile> {
  const file = path.join(folder, name);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw damaged(file, cause);
  });
  if (createHash('sha256').update(bytes).digest('hex') !== files[name]?.sha256) throw damaged(file);
  return { name, bytes };
}

async function* batchesOf(folder: string): AsyncGenerator<DumpBatch> {
  for (const { name } of DUMP_TABLES) yield* tableBatches(path.join(folder, tableFile(name)), name);
}

/** Whole lines of a table, about as many at a time as the decompressor gives. */
async function* tableBatches(file: string, table: string): AsyncGenerator<DumpBatch> {
  const input = createReadStream(file);
  const decompress = createZstdDecompress();
  input.on('error', (error) => decompress.destroy(error));
  let held: Buffer[] = [];
  try {
    for await (const chunk of input.pipe(decompress) as AsyncIterable<Buffer>) {
      const end = chunk.lastIndexOf(0x0a) + 1;
      held.push(end === 0 ? chunk : chunk.subarray(0, end));
      if (end === 0) continue;
      yield batchOf(table, Buffer.concat(held));
      held = end === chunk.length ? [] : [chunk.subarray(end)];
    }
  } catch (cause) {
    throw cause instanceof PasserelleError ? cause : damaged(file, cause);
  } finally {
    input.destroy();
  }
  if (held.length > 0) throw damaged(file);
}

function batchOf(table: string, lines: Buffer): DumpBatch {
  let rows = 0;
  for (let at = lines.indexOf(0x0a); at >= 0; at = lines.indexOf(0x0a, at + 1)) rows++;
  return { table, rows, lines };
}
