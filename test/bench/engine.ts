/** The engine under the load: the real command line as a child process on free ports, in a fresh data folder, on the store that is asked for. */
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { LaneView } from '../../core/contract/index.ts';
import { packageRoot } from '../../core/registry/index.ts';
import { ended, freePorts, until } from '../flow/region.ts';
import { compiler, postgresFolder, slowDisk, startCluster, type Cluster } from '../ground/index.ts';
import { bytesBelow, cpuMs, peakRssMb } from './processes.ts';

export type Store = 'sqlite' | 'postgres';

/** What this machine or this engine cannot do: the scenario is skipped, visibly. */
export class Unavailable extends Error {}

/** Long: with a large backlog, how long it takes is what is measured. */
const START_DEADLINE_MS = 300_000;
/** Files of 16 MB of a log: what a server keeps and writes again once it has run for a while (`max_wal_size`). */
const LOG_FILES = 60;
const TABLES = "select count(*) from pg_catalog.pg_tables where schemaname not in ('pg_catalog', 'information_schema')";

export interface EngineOptions {
  readonly store: Store;
  /** Its data; made and removed. */
  readonly folder: string;
  /** Added to each fsync of the engine and of the database. */
  readonly slowDiskUs?: number;
  /** Settings; default the bench site. */
  readonly config?: string;
  /** Of Node. */
  readonly preload?: string;
  /** Ports by endpoint of the settings, beside `bench-in` and `bench-out`. */
  readonly endpoints?: readonly string[];
}

/** A new server makes a file of its log every 16 MB, in the commit of whoever comes then: 15 to 20 ms. One in service has them already. */
async function inService(cluster: Cluster): Promise<void> {
  const next = "select pg_logical_emit_message(false, 'passerelle', ''); select pg_switch_wal();";
  await cluster.query(next.repeat(LOG_FILES));
  await cluster.query('checkpoint');
}

export class BenchEngine {
  /** Port of each endpoint. */
  readonly ports = new Map<string, number>();
  readonly #options: EngineOptions;
  readonly #cleanups: (() => void)[] = [];
  #cluster: Cluster | undefined;
  #env: Readonly<Record<string, string>> = {};
  #child: ChildProcess | undefined;
  #admin = '';
  #emptyBytes = 0;

  private constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Started and stopped once, so that the size of an empty journal is known, then started. */
  static async start(options: EngineOptions): Promise<BenchEngine> {
    const engine = new BenchEngine(options);
    try {
      await engine.#prepare();
      await engine.startChild();
      if ((await engine.#cluster?.query(TABLES)) === '0') throw new Unavailable('this engine keeps no journal in PostgreSQL');
      await engine.#stopChild('SIGTERM');
      engine.#emptyBytes = await engine.#journalBytes();
      await engine.startChild();
      return engine;
    } catch (error) {
      await engine.stop();
      throw error;
    }
  }

  async #prepare(): Promise<void> {
    const { folder, store, slowDiskUs, endpoints = [] } = this.#options;
    mkdirSync(folder, { recursive: true });
    let slow = {};
    if (slowDiskUs) {
      if (!compiler()) throw new Unavailable('no C compiler for the slow disk');
      const made = slowDisk(slowDiskUs);
      this.#cleanups.push(() => rmSync(made.folder, { recursive: true, force: true }));
      slow = made.env;
    }
    if (store === 'postgres') {
      if (!postgresFolder()) throw new Unavailable('PostgreSQL is not installed');
      this.#cluster = await startCluster({ preload: slow });
      await inService(this.#cluster);
    }
    const names = ['bench-in', 'bench-out', ...endpoints];
    const [publicPort = 0, ...ports] = await freePorts(names.length + 1);
    for (const [i, name] of names.entries()) this.ports.set(name, ports[i]!);
    const variables = [...this.ports].map(([name, port]) => [`PASSERELLE_ENDPOINT_${name.replaceAll('-', '_').toUpperCase()}_PORT`, `${port}`]);
    this.#env = {
      ...Object.fromEntries(variables),
      PASSERELLE_ADMIN_PORT: '0',
      PASSERELLE_PUBLIC_PORT: `${publicPort}`,
      ...(this.#cluster && { PASSERELLE_JOURNAL: this.#cluster.url }),
      ...slow,
    };
  }

  /** Resolves once the listening addresses are printed. */
  async startChild(): Promise<void> {
    const { folder, config = path.join(packageRoot, 'test/bench/region'), preload } = this.#options;
    const program = path.join(packageRoot, 'dist/core/cli/main.js');
    // As whoever installs it starts it: the first line of the executable says how it wants its Node.
    const [, variables = '', flags = ''] = /^#!\S+ -S (.*)\bnode (.*)$/m.exec(readFileSync(program, 'utf8')) ?? [];
    const own = Object.fromEntries(new URLSearchParams(variables.trim().replaceAll(' ', '&')));
    const args = [...flags.split(' '), ...(preload ? ['--import', preload] : []), program, 'start', '--config', config, '--data', folder];
    const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...own, ...this.#env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const orphan = (): boolean => child.kill('SIGKILL');
    process.once('exit', orphan);
    child.once('exit', () => process.off('exit', orphan));
    this.#child = child;
    this.#admin = await adminAddress(child);
  }

  kill = (): Promise<void> => this.#stopChild('SIGKILL');

  async #stopChild(signal: NodeJS.Signals): Promise<void> {
    await ended(this.#child, signal);
    this.#child = undefined;
  }

  /** CPU time spent since it started, ms. */
  cpu(): { readonly engine: number; readonly database: number } {
    return { engine: cpuMs([this.#child!.pid!]), database: cpuMs(this.#cluster?.pids() ?? []) };
  }

  /** Most memory the engine ever held since it started, MB; the database not included. */
  peakRssMb = (): number => peakRssMb(this.#child!.pid!);

  async api<T>(method: 'GET' | 'POST', resource: string, body?: object): Promise<T> {
    const token = readFileSync(path.join(this.#options.folder, 'admin.token'), 'utf8').trim();
    const response = await fetch(`${this.#admin}/api/v1/${resource}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    });
    if (!response.ok) throw new Error(`${resource}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  lane = (name: string, verb: 'pause' | 'resume'): Promise<unknown> => this.api('POST', `lanes/${name}:${verb}`, {});

  /** Until the outcome of everything is committed: what the receiver has is not yet what the journal knows. */
  settled(): Promise<void> {
    return until('nothing is received, queued or sending', 60_000, async () => {
      const { items } = await this.api<{ items: LaneView[] }>('GET', 'lanes');
      return items.every(({ counts }) => !counts.received && !counts.queued && !counts.sending);
    });
  }

  /** Stops cleanly, then says by how many bytes the journal grew. */
  async growth(): Promise<number> {
    await this.#stopChild('SIGTERM');
    return (await this.#journalBytes()) - this.#emptyBytes;
  }

  async #journalBytes(): Promise<number> {
    const own = bytesBelow(this.#options.folder);
    if (!this.#cluster) return own;
    await this.#cluster.query('checkpoint');
    return own + Number(await this.#cluster.query('select pg_database_size(current_database())'));
  }

  /** Legal twice. */
  async stop(): Promise<void> {
    await this.#stopChild('SIGTERM');
    await this.#cluster?.stop();
    for (const clean of this.#cleanups.splice(0)) clean();
    rmSync(this.#options.folder, { recursive: true, force: true });
  }
}

/** Waits for the line that says it; rejects with everything the engine said when it ends first, or says nothing in time. */
function adminAddress(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const take = (chunk: string): void => {
    text += chunk;
    const [, address] = /^admin (http:\S+)$/m.exec(text) ?? [];
    if (address) resolve(address);
  };
  const timer = setTimeout(() => reject(new Error(`the engine did not start: ${text}`)), START_DEADLINE_MS);
  const streams = [child.stdout, child.stderr];
  for (const stream of streams) stream.setEncoding('utf8').on('data', take);
  child.once('exit', (code) => reject(new Error(`the engine ended with ${code}: ${text}`)));
  return promise.finally(() => {
    clearTimeout(timer);
    // Read on, or it would wait for us to.
    for (const stream of streams) stream.off('data', take).resume();
  });
}
