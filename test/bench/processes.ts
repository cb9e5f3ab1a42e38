/** What processes cost, of Linux's /proc: CPU time and memory of an engine or a database as the machine counts them, every thread included. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** Linux counts in hundredths of a second for programs (USER_HZ), on every architecture that Node runs on. */
const TICK_MS = 10;

/** User and system time of these processes, and of their children that ended; what has gone meanwhile counts with its parent. */
export function cpuMs(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      for (const i of [11, 12, 13, 14]) ticks += Number(fields[i]);
    } catch {
      // ended, and counted by its parent
    }
  }
  return ticks * TICK_MS;
}

/** Most memory that the process ever held, in MB (2^20 bytes). */
export const peakRssMb = (pid: number): number => Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);

/** Bytes of all files below a folder. */
export const bytesBelow = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
