/** What a power cut leaves of what a server of several processes wrote: `disk-log.c` wrote it down, this does it again up to the last sync. */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, ftruncateSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../core/registry/index.ts';
import type { Chance } from './random.ts';

const HEAD_BYTES = 24;
const SECTOR = 512;
/** As in `disk-log.c`; 1 is a write. */
const [TRUNCATE, RENAME, REMOVE, SYNC] = [2, 3, 4, 5];

interface Op {
  readonly kind: number;
  /** Where its file is in the shadow; moves with it. */
  path: string;
  /** What its file is called now: a sync of that name makes it durable. */
  key: string;
  readonly to: string;
  readonly at: number;
  readonly bytes: Buffer;
  /** Applied, or to a file that is no more. */
  isGone?: boolean;
}

const isName = ({ kind }: Op): boolean => kind === RENAME || kind === REMOVE;

/** The library to preload, in a folder that any user may read; undefined without a C compiler or not on Linux. */
export function makeDiskLog(): { readonly library: string; readonly dispose: () => void } | undefined {
  if (process.platform !== 'linux' || spawnSync('cc', ['--version']).status !== 0) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'passerelle-disk-log-'));
  const library = path.join(folder, 'disk-log.so');
  const made = spawnSync('sh', [
    '-c',
    'cc -shared -fPIC -O1 -o "$1" "$2" -ldl && chmod 755 "$0" "$1"',
    folder,
    library,
    path.join(packageRoot, 'test/fault/disk-log.c'),
  ]);
  if (made.status !== 0) throw new Error(`disk-log.c cannot be compiled: ${made.stderr.toString()}`);
  return { library, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

function* recordsOf(log: Buffer): Generator<Op> {
  for (let from = 0; from < log.length;) {
    const [kind = 0, name = 0, to = 0, size = 0] = [0, 4, 8, 12].map((at) => log.readUInt32LE(from + at));
    const start = from + HEAD_BYTES;
    const text = (at: number, length: number): string => log.toString('utf8', at, at + length);
    const file = text(start, name);
    from = start + name + to + size;
    yield {
      kind,
      path: file,
      key: file,
      to: text(start + name, to),
      at: Number(log.readBigInt64LE(start - 8)),
      bytes: log.subarray(from - size, from),
    };
  }
}

/** A copy of the disk as it was when the log began, brought to what the cut left. */
class Shadow {
  #pending: Op[] = [];
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  add(op: Op): void {
    this.#pending.push(op);
    if (op.kind === RENAME) for (const one of this.#pending) if (one !== op && one.key === op.path) one.key = op.to;
  }

  /** As ext4 and xfs do it: what waits for this file, and every name before. */
  sync(key: string): void {
    const isDue = (op: Op): boolean => isName(op) || op.key === key;
    for (const op of this.#pending) if (!op.isGone && isDue(op)) this.#apply(op);
    this.#pending = this.#pending.filter((op) => !op.isGone && !isDue(op));
  }

  /** Of what was not synced everything is there, nothing, or any of it: bytes sector by sector, names up to one of them. Answers how much was not. */
  cut(random: Chance): number {
    const mode = random.between(0, 3);
    let hasNames = true;
    for (const op of mode === 0 ? [] : this.#pending) {
      if (mode > 1 && isName(op)) hasNames &&= random.next() < 0.5;
      if (!op.isGone && (hasNames || !isName(op))) this.#apply(op, mode === 1 ? undefined : random);
    }
    return this.#pending.length;
  }

  #apply(op: Op, torn?: Chance): void {
    op.isGone = true;
    const file = path.join(this.#root, op.path);
    if (op.kind === REMOVE) {
      rmSync(file, { force: true });
      for (const one of this.#before(op)) if (one.path === op.path) one.isGone = true;
    } else if (op.kind === RENAME) {
      // What was written past us (stdio) are caches, which a server makes anew.
      if (!existsSync(file)) return;
      renameSync(file, path.join(this.#root, op.to));
      for (const one of this.#before(op)) {
        if (one.path === op.to) one.isGone = true;
        if (one.path === op.path) one.path = op.to;
      }
    } else this.#write(file, op, torn);
  }

  /** What waits since before it. */
  #before(op: Op): readonly Op[] {
    return this.#pending.slice(0, this.#pending.indexOf(op)).filter(({ isGone }) => !isGone);
  }

  #write(file: string, { kind, at, bytes }: Op, torn?: Chance): void {
    const isThere = (): boolean => torn === undefined || torn.next() < 0.5;
    const fd = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
    if (kind === TRUNCATE && isThere()) ftruncateSync(fd, at);
    for (let done = 0; done < bytes.length;) {
      const size = torn ? Math.min(bytes.length - done, SECTOR - ((at + done) % SECTOR)) : bytes.length;
      if (isThere()) writeSync(fd, bytes, done, size, at + done);
      done += size;
    }
    closeSync(fd);
  }
}

/** Syncs that the log has so far. */
export const syncsIn = (logFile: string): number => [...recordsOf(readFileSync(logFile))].filter(({ kind }) => kind === SYNC).length;

/**
 * Brings `root`, a copy made before the log began, to what a power cut at the end of the log leaves of it. With `lies` no sync after that many was
 * one, as on a disk that only says so, and nothing of what waited is left. Answers how many operations waited for a sync.
 */
export function cutPower(logFile: string, root: string, random: Chance, lies = Infinity): number {
  const shadow = new Shadow(root);
  let syncs = 0;
  for (const op of recordsOf(readFileSync(logFile))) {
    if (op.kind !== SYNC) shadow.add(op);
    else if ((syncs += 1) <= lies) shadow.sync(op.key);
  }
  return lies === Infinity ? shadow.cut(random) : 0;
}
