/** What `doctor` is told of the last backup: one small file in the data directory. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

const FILE = 'last-backup.json';

export interface LastBackup {
  /** Point of consistency. */
  readonly at: string;
  readonly folder: string;
}

export async function recordBackup(data: string, last: LastBackup): Promise<void> {
  const file = path.join(data, FILE);
  await writeFile(`${file}.new`, `${JSON.stringify(last)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Absent when none was made from here. */
export async function lastBackup(data: string): Promise<LastBackup | undefined> {
  try {
    return JSON.parse(await readFile(path.join(data, FILE), 'utf8')) as LastBackup;
  } catch {
    return undefined;
  }
}
