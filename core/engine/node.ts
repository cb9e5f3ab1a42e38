/**
 * Who this node is. A data directory is for one engine at a time, by a lock that the kernel frees when the engine dies. So a node that starts again
 * knows that the one before it is dead, and may take its lanes at once (decision 0016). A copy of the directory, and the same one after the machine
 * was started again, are other nodes: whether the first one lives nobody knows there.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PasserelleError } from '../contract/index.ts';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const SQLITE_BUSY = 5;
/** A process that is being killed is gone within this. */
const BUSY_MS = 500;

export interface HeldNode {
  /** The same as long as it surely is the same node. */
  readonly name: string;
  /** Legal twice. */
  readonly release: () => void;
}

/** Takes a data directory. Throws ERR_JOURNAL_LOCKED when another engine has it, ERR_JOURNAL_UNAVAILABLE when it cannot be locked. */
export function holdNode(data: string): HeldNode {
  const file = path.join(data, 'node.lock');
  const lock = new DatabaseSync(file, { timeout: BUSY_MS });
  try {
    // An empty file, of which nothing but the lock is used.
    lock.exec('PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return { name: nameAt(data, placeOf(file)), release: () => void (lock.isOpen && lock.close()) };
  } catch (cause) {
    lock.close();
    const { errcode } = cause as { errcode?: number };
    if (errcode === SQLITE_BUSY) throw new PasserelleError('ERR_JOURNAL_LOCKED', { location: { file }, expected: 'a data directory of its own' });
    throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { location: { file }, found: 'a data directory that cannot be locked', cause });
  }
}

function nameAt(data: string, place: string): string {
  const file = path.join(data, 'node.id');
  const [name = '', ...rest] = existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ') : [];
  if (name !== '' && rest.join(' ') === place) return name;
  const fresh = `engine-${randomUUID().slice(0, 8)}`;
  writeFileSync(file, `${fresh} ${place}\n`, { mode: 0o600 });
  return fresh;
}

/** This very file since this machine was started; where that cannot be known, nowhere that was before. */
function placeOf(file: string): string {
  const { dev, ino } = statSync(file);
  return existsSync(BOOT_ID) ? `${readFileSync(BOOT_ID, 'utf8').trim()} ${dev} ${ino}` : randomUUID();
}
