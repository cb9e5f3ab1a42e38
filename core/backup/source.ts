/** What a backup is made of: the rows of the journal, and the files of the data directory without which they cannot be used again. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { JournalDump } from '../contract/index.ts';

export interface KeptFile {
  /** Below the data directory, with `/`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface BackupSource {
  /** Version of the engine that makes the backup. */
  readonly engine: string;
  readonly dump: JournalDump;
  readonly files: readonly KeptFile[];
}

/**
 * `index.key`: without it nobody is found any more, and each patient's order is lost. `audit.jsonl`: who read what. `call-keys` and `kit.key`: what hospitals
 * and their care records know the engine by; with others each of them would have to be told again. `kits.json`: which kit a site has. The token of
 * administration and secrets of the settings stay out: they are made or given again, and a copy of them is one more to lose.
 */
const KEPT_FILES = ['index.key', 'audit.jsonl', 'kit.key', 'kits.json'] as const;
const KEPT_FOLDERS = ['call-keys', 'call-keys/client'] as const;
const PEM = /^[\w-]{1,200}\.pem$/;

/** A name of a backup becomes a path: only those that we give. */
export const isKept = (name: string): boolean =>
  KEPT_FILES.some((kept) => kept === name) || KEPT_FOLDERS.some((folder) => name.startsWith(`${folder}/`) && PEM.test(name.slice(folder.length + 1)));

/** What there is of them, by name. */
export function keptIn(data: string): readonly string[] {
  const inFolder = (folder: string): string[] =>
    existsSync(path.join(data, folder)) ? readdirSync(path.join(data, folder)).flatMap((name) => (PEM.test(name) ? [`${folder}/${name}`] : [])) : [];
  return [...KEPT_FILES.filter((name) => existsSync(path.join(data, name))), ...KEPT_FOLDERS.flatMap(inFolder)];
}

export const keptFiles = (data: string): readonly KeptFile[] => keptIn(data).map((name) => ({ name, bytes: readFileSync(path.join(data, name)) }));
