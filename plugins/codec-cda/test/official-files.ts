/** The official and vendor files that stand beside the project, when they do: read where they are, never copied. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const projectRoot = path.resolve(import.meta.dirname, '../../../..');
export const sharedFolder = process.env['PASSERELLE_SHARED'] ?? path.resolve(projectRoot, '../shared');

export const sharedFile = (...segments: readonly string[]): string => path.join(sharedFolder, ...segments);
export const hasShared = (...segments: readonly string[]): boolean => existsSync(sharedFile(...segments));
export const readShared = (...segments: readonly string[]): Buffer => readFileSync(sharedFile(...segments));

/** Skips the running suite, visibly, when the file or folder is not there. */
export function needs(context: Mocha.Context, ...segments: readonly string[]): void {
  if (!hasShared(...segments)) context.skip();
}
