/**
 * What the journal costs: full cycles (receive, decide, begin, settle) of 1 KB per second with 1, 8 and 64 concurrent callers, beside
 * the same with one commit per command; CPU of the worker per cycle; growth of the file. Run: node dist/test/bench/journal.js
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteJournal, type OpenOptions, type SqliteJournal } from '../../plugins/store-journal-sqlite/index.ts';
import { fullCycle } from '../contract/journal/samples.ts';

const RUN_MS = Number(process.env['BENCH_MS'] ?? 3000);
const FILLER = 'PID|1||1234^^^HMTest&1.2.250.1.999.30.1&ISO^PI||TEST^ADRIEN^^^^^L|'.repeat(20);
const ADT = Buffer.from(FILLER).subarray(0, 1024);
const filler = FILLER.slice(0, 900);

async function inJournal<T>(options: OpenOptions, work: (journal: SqliteJournal, folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-bench-'));
  const journal = await openSqliteJournal(folder, options);
  try {
    return await work(journal, folder);
  } finally {
    await journal.close();
    await rm(folder, { recursive: true });
  }
}

async function callers(journal: SqliteJournal, count: number, more: (done: number) => boolean, raw: Uint8Array): Promise<number> {
  let done = 0;
  const caller = async (): Promise<void> => {
    while (more(done)) {
      await fullCycle(journal, raw, filler);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: count }, caller));
  return done;
}

const speed = (count: number, options: OpenOptions) =>
  inJournal(options, async (journal) => {
    const warm = performance.now() + 500;
    await callers(journal, count, () => performance.now() < warm, ADT);
    const cpu = await journal.cpuUsage();
    const begun = performance.now();
    const done = await callers(journal, count, () => performance.now() < begun + RUN_MS, ADT);
    const seconds = (performance.now() - begun) / 1000;
    const spent = await journal.cpuUsage(cpu);
    return { cyclesPerSecond: Math.round(done / seconds), workerMsPerCycle: Number(((spent.user + spent.system) / 1000 / done).toFixed(3)) };
  });

async function growth(bytes: number, messages: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-bench-'));
  const journal = await openSqliteJournal(folder);
  await callers(journal, 8, (done) => done < messages - 8, Buffer.alloc(bytes, FILLER));
  await journal.close(); // checkpoints
  const { size } = await stat(join(folder, 'journal.sqlite'));
  await rm(folder, { recursive: true });
  return Number((size / (bytes * messages)).toFixed(2));
}

const rows = [];
for (const count of [1, 8, 64]) {
  const grouped = await speed(count, {});
  const single = await speed(count, { groupItems: 1 });
  rows.push({ callers: count, ...grouped, oneByOne: single.cyclesPerSecond, oneByOneWorkerMs: single.workerMsPerCycle });
}
console.table(rows);
console.table([{ growth1KB: await growth(1024, 20_000), growth200KB: await growth(200 * 1024, 1000) }]);
