/** What a backup is made of: the rows of the journal, and the files of the data directory without which they cannot be used again. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { JournalDump } from '../contract/index.ts';

export interface KeptFile {
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
 * `index.key`: without it nobody is found any more, and each patient's order is lost. `audit.jsonl`: who read what. Tokens and secrets stay out: they are
 * made again, and a copy of them is one more to lose.
 */
export const KEPT_FILES = ['index.key', 'audit.jsonl'] as const;

export const keptFiles = (data: string): readonly KeptFile[] =>
  KEPT_FILES.filter((name) => existsSync(path.join(data, name))).map((name) => ({ name, bytes: readFileSync(path.join(data, name)) }));
