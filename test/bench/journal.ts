/**
 * What the journal costs, on each store: messages of 1 KB per second on the hot path (reserve, admit, settle with its attempt) with 1, 8, 32 and 64
 * concurrent callers; CPU per message of this process (the store's threads and the caller's share) and of the database; growth.
 * Run: node dist/test/bench/journal.js [sqlite|postgres]
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalStore } from '../../core/contract/index.ts';
import { plugin as postgres } from '../../plugins/store-journal-postgres/index.ts';
import { openSqliteJournal } from '../../plugins/store-journal-sqlite/index.ts';
import { hotCycle } from '../contract/journal/samples.ts';
import { postgresFolder, startCluster } from '../ground/index.ts';

const RUN_MS = Number(process.env['BENCH_MS'] ?? 3000);
const WARM_MS = 1000;
const CLOCK_TICKS = 100;
const FILLER = 'PID|1||1234^^^HMTest&1.2.250.1.999.30.1&ISO^PI||TEST^ADRIEN^^^^^L|'.repeat(20);
const ADT = Buffer.from(FILLER).subarray(0, 1024);
const filler = FILLER.slice(0, 900);

interface Bench {
  readonly name: string;
  readonly open: () => Promise<JournalStore>;
  /** CPU ms of the database's own processes since they started. */
  readonly databaseCpuMs: () => number;
  /** Bytes on disk, after what was written went to its final place. */
  readonly size: () => Promise<number>;
  readonly dispose: () => Promise<void>;
}

async function onSqlite(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-bench-'));
  return {
    name: 'sqlite',
    open: () => openSqliteJournal(folder),
    databaseCpuMs: () => 0,
    size: async () => (await stat(join(folder, 'journal.sqlite'))).size,
    dispose: () => rm(folder, { recursive: true }),
  };
}

async function onPostgres(): Promise<Bench> {
  const cluster = await startCluster();
  const ended = new Map<number, number>();
  return {
    name: 'postgres',
    open: () => postgres.open(cluster.url),
    databaseCpuMs: () => {
      for (const pid of cluster.pids()) ended.set(pid, cpuMsOf(pid) ?? ended.get(pid) ?? 0);
      return [...ended.values()].reduce((sum, ms) => sum + ms, 0);
    },
    size: async () => {
      await cluster.query('CHECKPOINT');
      return Number(
        await cluster.query(
          "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = 'passerelle'::regnamespace AND relkind = 'r'",
        ),
      );
    },
    dispose: () => cluster.stop(),
  };
}

/** User and system time of a process, undefined when it ended. */
function cpuMsOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS;
  } catch {
    return undefined;
  }
}

async function inJournal<T>(make: () => Promise<Bench>, work: (journal: JournalStore, bench: Bench) => Promise<T>): Promise<T> {
  const bench = await make();
  try {
    const journal = await bench.open();
    try {
      return await work(journal, bench);
    } finally {
      await journal.close();
    }
  } finally {
    await bench.dispose();
  }
}

async function callers(journal: JournalStore, count: number, more: (done: number) => boolean, raw: Uint8Array): Promise<number> {
  let done = 0;
  const lanes = ['chx-adt-in', 'dcc-out'];
  const leases = await journal.lease({ node: 'bench', lanes, ttlMs: 600_000, graceMs: 0 });
  const caller = async (): Promise<void> => {
    while (more(done)) {
      await hotCycle(journal, raw, filler, leases);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: count }, caller));
  return done;
}

const speed = (make: () => Promise<Bench>, count: number) =>
  inJournal(make, async (journal, bench) => {
    const warm = performance.now() + WARM_MS;
    await callers(journal, count, () => performance.now() < warm, ADT);
    const [cpu, database] = [process.cpuUsage(), bench.databaseCpuMs()];
    const begun = performance.now();
    const done = await callers(journal, count, () => performance.now() < begun + RUN_MS, ADT);
    const seconds = (performance.now() - begun) / 1000;
    const spent = process.cpuUsage(cpu);
    const per = (ms: number): number => Number((ms / done).toFixed(3));
    const [own, theirs] = [(spent.user + spent.system) / 1000, bench.databaseCpuMs() - database];
    return {
      store: bench.name,
      callers: count,
      perSecond: Math.round(done / seconds),
      processMs: per(own),
      databaseMs: per(theirs),
      cpuMs: per(own + theirs),
    };
  });

const growth = (make: () => Promise<Bench>, bytes: number, messages: number) =>
  inJournal(make, async (journal, bench) => {
    const empty = await bench.size();
    await callers(journal, 8, (done) => done < messages - 8, Buffer.alloc(bytes, FILLER));
    await journal.close(); // the last checkpoint of SQLite
    return Number((((await bench.size()) - empty) / (bytes * messages)).toFixed(2));
  });

const asked = process.argv.slice(2);
const stores = { sqlite: onSqlite, postgres: onPostgres };
for (const [name, make] of Object.entries(stores)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  if (name === 'postgres' && !postgresFolder()) {
    console.log('postgres: skipped, PostgreSQL is not installed here');
    continue;
  }
  const rows = [];
  for (const count of (process.env['BENCH_CALLERS'] ?? '1,8,32,64').split(',')) rows.push(await speed(make, Number(count)));
  console.table(rows);
  if (!process.env['BENCH_CALLERS'])
    console.table([{ growth1KB: await growth(make, 1024, 20_000), growth200KB: await growth(make, 200 * 1024, 1000) }]);
}
