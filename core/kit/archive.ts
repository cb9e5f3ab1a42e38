/** The archive of a kit: a zip whose bytes depend on its files alone, and its reading, bounded. */
import { createHash } from 'node:crypto';
import { unzipSync, zipSync } from 'fflate';
import { PasserelleError } from '../contract/index.ts';

/** By their path below the folder of the kit. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** A kit is a few hundred KB; protects memory from a bomb. */
const LIMIT_BYTES = 64 * 1024 * 1024;
const LIMIT_FILES = 2_000;
/** The zip format knows no earlier day: a date of its own would make two kits of one input. */
const DATE = '1980-01-01T12:00:00';
const UNIX = 3;
const PROGRAM = /(?:\.sh|\/appelctx)$/;

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** @param folder the one folder that everything is in. */
export function writeArchive(folder: string, files: Files): Uint8Array {
  const entries = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  const mode = (name: string): number => (0o100000 | (PROGRAM.test(name) ? 0o755 : 0o644)) << 16;
  return zipSync(
    Object.fromEntries(entries.map(([name, bytes]) => [`${folder}/${name}`, [bytes, { mtime: DATE, level: 9, os: UNIX, attrs: mode(name) }]])),
  );
}

/** Throws ERR_KIT_INVALID for what is no archive of one folder, or would stand outside of it. */
export function readArchive(bytes: Uint8Array): { readonly folder: string; readonly files: Files } {
  let size = 0;
  let count = 0;
  const unzipped = ((): Record<string, Uint8Array> => {
    try {
      return unzipSync(bytes, {
        filter: ({ originalSize }) => {
          size += originalSize;
          count += 1;
          if (size > LIMIT_BYTES || count > LIMIT_FILES) throw new RangeError('too large');
          return true;
        },
      });
    } catch {
      throw new PasserelleError('ERR_KIT_INVALID', { expected: 'a zip archive of at most 64 MB' });
    }
  })();
  const names = Object.keys(unzipped);
  const folder = names[0]?.split('/')[0] ?? '';
  const isInside = (name: string): boolean => name.startsWith(`${folder}/`) && !name.split('/').includes('..') && !name.includes('\\');
  if (folder === '' || !names.every(isInside)) throw new PasserelleError('ERR_KIT_INVALID', { expected: 'one folder that holds everything' });
  return { folder, files: new Map(Object.entries(unzipped).map(([name, content]) => [name.slice(folder.length + 1), content])) };
}

/** As `sha256sum` writes and checks it. */
export const sumsOf = (files: Files): string =>
  [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, bytes]) => `${sha256(bytes)}  ${name}\n`)
    .join('');
