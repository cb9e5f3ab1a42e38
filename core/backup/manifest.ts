/** `manifest.json` of a backup: written last, so that a folder that has one is a whole backup; it says what must be found beside it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DUMP_FORMAT, DUMP_TABLES, PasserelleError, type DumpPoint } from '../contract/index.ts';
import { isKept } from './source.ts';

export const MANIFEST_FILE = 'manifest.json';
export const tableFile = (table: string): string => `${table}.ndjson.zst`;

export interface Digest {
  readonly rows: number;
  /** SHA-256 (hex) of the lines, not of their compressed form: `zstdcat FILE | sha256sum`. */
  readonly sha256: string;
}

export interface Manifest {
  readonly passerelle: 'backup';
  /** Version of the row format. */
  readonly format: number;
  readonly engine: string;
  readonly store: string;
  readonly tag: string;
  readonly point: DumpPoint;
  readonly tables: Readonly<Record<string, Digest>>;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

const damaged = (file: string, expected: string, cause?: unknown): PasserelleError =>
  new PasserelleError('ERR_BACKUP_DAMAGED', { location: { file }, expected, cause });

/** Throws ERR_BACKUP_DAMAGED when there is none or it is not one of ours, ERR_JOURNAL_VERSION when a newer engine wrote it. */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = path.join(folder, MANIFEST_FILE);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw damaged(file, 'the manifest of a backup', cause);
  });
  const manifest = parse(text, file);
  if (manifest.format > DUMP_FORMAT)
    throw new PasserelleError('ERR_JOURNAL_VERSION', {
      location: { file },
      expected: `format ${DUMP_FORMAT} at most`,
      found: `format ${manifest.format}, engine ${manifest.engine}`,
    });
  // Names become paths: only those that we know.
  const unknown = [
    ...Object.keys(manifest.tables).filter((name) => !DUMP_TABLES.some((table) => table.name === name)),
    ...Object.keys(manifest.files).filter((name) => !isKept(name)),
  ];
  if (unknown.length > 0 || DUMP_TABLES.some(({ name }) => !manifest.tables[name])) throw damaged(file, 'every table of a journal, and no other');
  return manifest;
}

function parse(text: string, file: string): Manifest {
  try {
    const value = JSON.parse(text) as Partial<Manifest> | null;
    if (
      value?.passerelle === 'backup' &&
      typeof value.format === 'number' &&
      typeof value.tag === 'string' &&
      value.point &&
      value.tables &&
      value.files
    )
      return value as Manifest;
  } catch (cause) {
    throw damaged(file, 'JSON', cause);
  }
  throw damaged(file, 'the manifest of a backup');
}
