/** Makes `disk.c` and says how an engine gets it. The tests that need it are skipped, visibly, where there is no C compiler. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../core/registry/index.ts';

export interface Disk {
  /** Environment of an engine whose data directory is on this disk. */
  readonly env: (root: string, faults: Readonly<Record<string, string | number>>) => Readonly<Record<string, string>>;
  readonly dispose: () => void;
}

/** Undefined without a compiler. */
export function makeDisk(): Disk | undefined {
  if (process.platform !== 'linux' || spawnSync('cc', ['--version']).status !== 0) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'passerelle-disk-'));
  const library = path.join(folder, 'disk.so');
  const made = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, path.join(packageRoot, 'test/fault/disk.c'), '-ldl', '-lpthread']);
  if (made.status !== 0) throw new Error(`disk.c cannot be compiled: ${made.stderr.toString()}`);
  return {
    env: (root, faults) => ({
      LD_PRELOAD: library,
      DISK_ROOT: root,
      ...Object.fromEntries(Object.entries(faults).map(([name, value]) => [`DISK_${name}`, String(value)])),
    }),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
