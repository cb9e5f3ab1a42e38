/** A demonstration region on free ports: engine as a child process, peers in this one. What the flow and fault suites stand on. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DeliveryView, IdentityTaskDetail, LaneView, MessageTimeline, MessageView, Page } from 'passerelle/contract';
import { packageRoot } from '../../core/registry/index.ts';
import type { TestJournal } from '../fault/journals.ts';
import { loadPeer, startPeer, type RunningPeer } from '../../plugins/app-sandbox/index.ts';

export const TOKEN = 'jeton-de-demonstration';
const READY_DEADLINE_MS = 60_000;

export interface Ports {
  readonly mllp: number;
  readonly public: number;
  readonly dxcare: number;
  readonly record: number;
  /** Of the record, for browsers. */
  readonly pages: number;
}

export class TestRegion {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'passerelle-'));
  /** Another one for an engine that starts again elsewhere. */
  data = path.join(this.folder, 'data');
  readonly config = path.join(this.folder, 'config');
  ports!: Ports;
  dxcare!: RunningPeer;
  record!: RunningPeer;
  engine: ChildProcess | undefined;
  #url = '';
  readonly #journal: TestJournal | undefined;

  /** On the journal of its data directory when none is given. */
  constructor(journal?: TestJournal) {
    this.#journal = journal;
  }

  /** Settings on free ports and both peers; the engine is started by `start`. */
  async prepare(wanted?: (yaml: string) => string): Promise<void> {
    const edit = wanted ?? ((yaml: string): string => yaml);
    const [mllp = 0, pub = 0, dxcare = 0, record = 0, pages = 0] = await freePorts(5);
    this.ports = { mllp, public: pub, dxcare, record, pages };
    const taken: Readonly<Record<string, number>> = { 2575: mllp, 7001: dxcare, 7002: record, 8081: pub, 7202: pages };
    mkdirSync(this.config);
    const demo = path.join(packageRoot, 'config/demo');
    let isEdited = false;
    for (const file of readdirSync(demo).filter((f) => f.endsWith('.yaml'))) {
      // In one go: a port that is taken may hold the digits of one that is replaced.
      const yaml = readFileSync(path.join(demo, file), 'utf8').replaceAll(/2575|7001|7002|8081|7202/g, (port) => String(taken[port]));
      const edited = edit(yaml);
      isEdited ||= edited !== yaml;
      writeFileSync(path.join(this.config, file), edited);
    }
    if (wanted && !isEdited) throw new Error('the edit of the demonstration settings changed nothing');
    const pace = { retryMs: 50, ackTimeoutMs: 5000 };
    this.dxcare = await startPeer(await loadPeer('dxcare'), { listen: `mllp://127.0.0.1:${dxcare}`, sendsTo: `mllp://127.0.0.1:${mllp}`, pace });
    this.record = await startPeer(await loadPeer('k-process'), {
      listen: `http://127.0.0.1:${record}`,
      pages: `http://127.0.0.1:${pages}`,
      sendsTo: `http://127.0.0.1:${pub}/entrant/k-process`,
      token: TOKEN,
      pace,
    });
  }

  /** Resolves once the engine printed its admin address. */
  async start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.engine = startNode(['start', '--config', this.config, '--data', this.data, ...args], {
      PASSERELLE_ADMIN_PORT: '0',
      PASSERELLE_PUBLIC_PORT: String(this.ports.public),
      ...(this.#journal?.address && { PASSERELLE_JOURNAL: this.#journal.address }),
      ...env,
    });
    const line = await printed(this.engine, /^admin (http:\S+)$/m);
    this.#url = line[1] ?? '';
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await ended(this.engine, signal);
    this.engine = undefined;
  }

  async get<T>(resource: string): Promise<T> {
    const token = readFileSync(path.join(this.data, 'admin.token'), 'utf8').trim();
    const response = await fetch(`${this.#url}/api/v1/${resource}`, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`${resource}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** As a person does: what the task asks is read first. */
  async accept(id: string, why: string): Promise<void> {
    const { question } = await this.get<IdentityTaskDetail>(`identities/tasks/${id}?reason=decision`);
    await this.post(`identities/tasks/${id}:accept`, { why, ...(question !== undefined && { question }) });
  }

  async post<T>(resource: string, body: object = {}): Promise<T> {
    const token = readFileSync(path.join(this.data, 'admin.token'), 'utf8').trim();
    const response = await fetch(`${this.#url}/api/v1/${resource}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    if (!response.ok) throw new Error(`${resource}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  messages = async (query = 'limit=500'): Promise<readonly MessageView[]> => (await this.get<Page<MessageView>>(`messages?${query}`)).items;
  deliveries = async (query = 'limit=500'): Promise<readonly DeliveryView[]> => (await this.get<Page<DeliveryView>>(`deliveries?${query}`)).items;
  timeline = (id: string): Promise<MessageTimeline> => this.get(`messages/${id}/timeline`);

  /** Waits until nothing is on its way (the law of ARCHITECTURE section 3). */
  async drained(deadlineMs = 30_000): Promise<void> {
    await until('nothing is received, queued or sending', deadlineMs, async () => {
      const { items } = await this.get<{ items: LaneView[] }>('lanes');
      return items.every(({ counts }) => !counts.received && !counts.queued && !counts.sending);
    });
  }

  async stop(): Promise<void> {
    await ended(this.engine, 'SIGTERM');
    await Promise.all([this.dxcare?.stop(), this.record?.stop()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Any node of ours, as the command line starts it. */
export function startNode(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, [path.join(packageRoot, 'dist/core/cli/main.js'), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout?.setEncoding('utf8');
  child.stderr?.setEncoding('utf8');
  return child;
}

/** Waits for a line of its output; fails with everything it printed when it ends first. */
export function printed(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  let text = '';
  const timer = setTimeout(() => reject(new Error(`no ${pattern.source} in: ${text}`)), READY_DEADLINE_MS);
  const take = (chunk: string): void => {
    text += chunk;
    const match = pattern.exec(text);
    if (match) resolve(match);
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  child.once('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)));
  return promise.finally(() => clearTimeout(timer));
}

export async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}

export async function until(what: string, deadlineMs: number, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const deadline = Date.now() + deadlineMs; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 25)))
    if (Date.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`);
}

/** Below the range of which systems give a port to a connection that leaves: there an engine that starts again could find its own taken. */
const [FIRST_PORT, PORTS] = [15_000, 15_000];

export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = FIRST_PORT + randomInt(PORTS);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = net.createServer().once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}
