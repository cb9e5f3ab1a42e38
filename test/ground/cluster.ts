/**
 * A PostgreSQL cluster for one test or one benchmark: default settings, fsync on, loopback only, in a temporary folder.
 * PostgreSQL refuses to run as root, so root runs it as the user `postgres`.
 */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, chmodSync, chownSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const START_DEADLINE_MS = 60_000;
const ROLE = 'passerelle';
const run = promisify(execFile);

export interface Cluster {
  /** `postgres://` address of an empty database of its own. */
  readonly url: string;
  /** Its data directory, and the temporary folder around it, where the server may write. */
  readonly data: string;
  readonly folder: string;
  /** The server and its children that live now. */
  pids(): number[];
  /** Runs one statement beside whoever uses the database; answers its rows, fields separated by `|`. */
  query(sql: string): Promise<string>;
  /**
   * All processes at one moment (SIGSTOP, then SIGKILL), as a power cut without the loss of what was not synced. The folder stays: `start`
   * recovers.
   */
  kill(): Promise<void>;
  /** Immediate stop (SIGQUIT): no checkpoint, `start` recovers. */
  crash(): Promise<void>;
  /** Starts again after `kill`, `crash` or `halt`; resolves when it takes connections. Same address. */
  start(): Promise<void>;
  /** Clean fast stop, folder kept: what an operator's restart does. */
  halt(): Promise<void>;
  /** Stops and removes everything. Legal twice. */
  stop(): Promise<void>;
}

export interface ClusterOptions {
  readonly preload?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, string>>;
}

/** Folder of `initdb` and `postgres`, newest version first; undefined where PostgreSQL is not installed: skip, visibly. */
export function postgresFolder(): string | undefined {
  const found = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => Number(b.split('/')[4]) - Number(a.split('/')[4]));
  const folders = [...found, ...(process.env['PATH'] ?? '').split(path.delimiter)];
  return folders.find((folder) => existsSync(path.join(folder, 'initdb')) && existsSync(path.join(folder, 'postgres')));
}

/**
 * @param options.preload environment added to the server's, see `slowDisk`.
 * @param options.settings of the server, by name.
 * Throws when PostgreSQL is not installed (`postgresFolder`) or does not start; the message is what the server said.
 */
export async function startCluster({ preload = {}, settings = {} }: ClusterOptions = {}): Promise<Cluster> {
  const bin = postgresFolder();
  if (!bin) throw new Error('PostgreSQL is not installed');
  const folder = mkdtempSync(path.join(tmpdir(), 'passerelle-pg-'));
  const data = path.join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  const owner = process.getuid?.() === 0 ? userOf('postgres') : undefined;
  if (owner) for (const each of [folder, data]) chownSync(each, owner.uid, owner.gid);
  chmodSync(folder, 0o755);
  const port = await freePort();
  const env = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', LC_MESSAGES: 'C' };
  const options = { cwd: folder, env, ...owner };
  await run(path.join(bin, 'initdb'), ['-D', data, '-U', ROLE, '-A', 'trust', '-E', 'UTF8'], options);

  let server: ChildProcess | undefined;
  const orphan = (): void => {
    server?.kill('SIGKILL'); // its children end when they see it
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', orphan);
  const query = async (sql: string, database = ROLE): Promise<string> =>
    (await run(path.join(bin, 'psql'), ['-h', '127.0.0.1', '-p', `${port}`, '-U', ROLE, '-d', database, '-XAtqc', sql], { env })).stdout.trim();
  const pids = (): number[] => (server?.pid ? [server.pid, ...childrenOf(server.pid)] : []);

  const start = async (): Promise<void> => {
    const args = ['-D', data, '-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`];
    for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`);
    server = spawn(path.join(bin, 'postgres'), args, { ...options, env: { ...env, ...preload }, stdio: ['ignore', 'ignore', 'pipe'] });
    await said(server, /ready to accept connections/);
  };
  const end = async (signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void> => {
    const ending = server;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise((resolve) => ending.once('exit', resolve));
    if (signal === 'SIGKILL') {
      // The postmaster first, so that no more are born.
      trySignal(ending.pid!, 'SIGSTOP');
      for (const pid of pids()) trySignal(pid, 'SIGSTOP');
      while (pids().some((pid) => !['T', 'Z'].includes(statusOf(pid)?.[0] ?? 'Z'))) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const all = pids();
    // The children die with the postmaster only after a while; a power cut leaves none.
    for (const pid of signal === 'SIGKILL' ? all : [ending.pid!]) trySignal(pid, signal);
    await gone;
    // Until then they hold the shared memory, and the next start would be refused.
    while (all.some((pid) => (statusOf(pid)?.[0] ?? 'Z') !== 'Z')) await new Promise((resolve) => setTimeout(resolve, 5));
    server = undefined;
  };
  const stop = async (): Promise<void> => {
    await end('SIGINT');
    process.off('exit', orphan);
    rmSync(folder, { recursive: true, force: true });
  };

  try {
    await start();
    await query(`create database ${ROLE}`, 'postgres');
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `postgres://${ROLE}@127.0.0.1:${port}/${ROLE}`,
    data,
    folder,
    pids,
    query,
    start,
    kill: () => end('SIGKILL'),
    crash: () => end('SIGQUIT'),
    halt: () => end('SIGINT'),
    stop,
  };
}

function said(server: ChildProcess, pattern: RegExp): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let text = '';
  const timer = setTimeout(() => reject(new Error(`PostgreSQL is not ready: ${text}`)), START_DEADLINE_MS);
  server.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    if (!pattern.test(text)) text += chunk;
    if (pattern.test(text)) resolve();
  });
  server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${text}`)));
  server.once('error', reject);
  return promise.finally(() => clearTimeout(timer));
}

function userOf(name: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string): number => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout);
  const [uid, gid] = [id('-u'), id('-g')];
  if (!uid || !gid) throw new Error(`root runs PostgreSQL as the user ${name}, who does not exist here`);
  return { uid, gid };
}

/** Of Linux: the processes whose parent this is. */
const childrenOf = (parent: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => Number(statusOf(pid)?.[1]) === parent);

/** State and parent of a process, as `/proc` writes them; undefined once it ended. */
function statusOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ', 2);
  } catch {
    return undefined;
  }
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended by itself
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
