/** Compiles `slow-disk.c` where it is needed: nothing binary is kept in the repository. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../core/registry/index.ts';

/** Name of the C compiler of this machine; undefined when there is none, and what needs it is to be skipped visibly. */
export const compiler = (): string | undefined => ['cc', 'gcc', 'clang'].find((name) => spawnSync(name, ['--version']).status === 0);

/**
 * Environment that makes each fsync and fdatasync of a child process slower by `microseconds`. Linux only; `O_SYNC` writes are not slowed.
 * `folder` holds the compiled library and is to be removed after the last child that uses it ended.
 * Throws when there is no compiler, see `compiler`.
 */
export function slowDisk(microseconds: number): { readonly env: Readonly<Record<string, string>>; readonly folder: string } {
  const cc = compiler();
  if (!cc) throw new Error('no C compiler (cc, gcc, clang)');
  const folder = mkdtempSync(path.join(tmpdir(), 'passerelle-slow-disk-'));
  chmodSync(folder, 0o755); // PostgreSQL runs as somebody else
  const library = path.join(folder, 'slow-disk.so');
  const { status, stderr } = spawnSync(cc, ['-O2', '-shared', '-fPIC', '-o', library, path.join(packageRoot, 'test/ground/slow-disk.c')], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${cc}: ${stderr}`);
  return { env: { LD_PRELOAD: library, SLOW_US: String(microseconds) }, folder };
}
