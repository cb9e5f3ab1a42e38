/** The version of this package, from its package.json. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

export async function readVersion(): Promise<string> {
  const file = path.resolve(import.meta.dirname, '../../../package.json');
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
  return version;
}
