/**
 * What every fault is made on: a hospital of several connections, the engine in its own process, and three receivers: an MLLP one that
 * honours control ids, the record over HTTP, and an MLLP archive that does not honour them and gets documents only.
 */
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ChildProcess } from 'node:child_process';
import type { DeliveryView, LaneView, Page } from '../../core/contract/index.ts';
import { ended, freePorts, printed, startNode } from '../flow/region.ts';
import { openJournal, SQLITE, type TestJournal } from './journals.ts';
import { breaches, type Destination } from './law.ts';
import { chance, SEED } from './random.ts';
import { startReceiver, startRecord, type RecordServer, type Scripted } from './receiver.ts';
import { Sender } from './sender.ts';
import { settingsOf } from './stand-settings.ts';
import { dayOf } from './traffic.ts';

export interface StandOptions {
  readonly journal?: TestJournal;
  readonly connections?: number;
  /** Pause of each sender between two messages. */
  readonly paceMs?: number;
  readonly ackTimeoutMs?: number;
}

let stands = 0;

/** Each stand begins with an empty journal. */
function ownSchema(journal: TestJournal): TestJournal {
  if (!journal.address) return journal;
  const address = new URL(journal.address);
  address.searchParams.set('schema', `${address.searchParams.get('schema') ?? 'fault'}_${(stands += 1)}`);
  return { ...journal, address: address.href };
}

export class Stand {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'passerelle-fault-'));
  readonly config = path.join(this.folder, 'config');
  readonly journal: TestJournal;
  readonly random = chance(SEED);
  data = path.join(this.folder, 'data');
  senders: Sender[] = [];
  receiver!: Scripted;
  archive!: Scripted;
  record!: RecordServer;
  /** The engine that lives; one that ended by itself is none. */
  engine: ChildProcess | undefined;
  readonly #options: StandOptions;
  /** A second node of the same journal, in tests that start one. */
  second: ChildProcess | undefined;
  #url = '';
  #secondUrl = '';
  #ports: readonly [number, number] = [0, 0];
  #secondPorts: readonly [number, number] | undefined;
  #number = 0;

  constructor(options: StandOptions = {}) {
    this.#options = options;
    this.journal = ownSchema(options.journal ?? SQLITE);
  }

  async open(): Promise<this> {
    const [decided = 0, stored = 0] = await freePorts(2);
    this.#ports = [decided, stored];
    [this.receiver, this.archive, this.record] = await Promise.all([startReceiver(), startReceiver(), startRecord()]);
    mkdirSync(this.config);
    const ports = { inbound: this.#ports, receiver: this.receiver.port, archive: this.archive.port, record: this.record.port };
    writeFileSync(path.join(this.config, 'region.yaml'), settingsOf(ports, this.#options.ackTimeoutMs ?? 5000));
    const { connections = 4, paceMs = 0 } = this.#options;
    this.senders = Array.from({ length: connections }, (_, i) => {
      const day = dayOf(String.fromCharCode(65 + i), chance(SEED * 1000 + i), () => (this.#number += 1));
      return new Sender(() => this.address(i), day, paceMs);
    });
    return this;
  }

  /** Starts the engine; `preload` are modules of this folder that make the fault inside its process. One that a failed round left is killed before. */
  async start(env: Readonly<Record<string, string>> = {}, preload: readonly string[] = []): Promise<void> {
    await this.kill();
    const engine = (this.engine = this.spawn(this.data, env, preload));
    engine.once('exit', () => this.engine === engine && (this.engine = undefined));
    const line = await printed(engine, /^admin (http:\S+)$/m);
    this.#url = line[1] ?? '';
  }

  /** The second node, with endpoints on ports of its own; every other connection of the hospital goes there while it is up. */
  async startSecond(env: Readonly<Record<string, string>> = {}, preload: readonly string[] = []): Promise<void> {
    await this.killSecond();
    const [decided, stored] = (this.#secondPorts ??= (await freePorts(2)) as [number, number]);
    // One key for all nodes of a journal.
    mkdirSync(`${this.data}-2`, { mode: 0o700, recursive: true });
    copyFileSync(path.join(this.data, 'index.key'), path.join(`${this.data}-2`, 'index.key'));
    const ports = { PASSERELLE_ENDPOINT_HOSPITAL_IN_PORT: String(decided), PASSERELLE_ENDPOINT_EMERGENCY_IN_PORT: String(stored) };
    const second = (this.second = this.spawn(`${this.data}-2`, { ...ports, ...env }, preload));
    second.once('exit', () => this.second === second && (this.second = undefined));
    const line = await printed(second, /^admin (http:\S+)$/m);
    this.#secondUrl = line[1] ?? '';
  }

  async killSecond(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await ended(this.second, signal);
    this.second = undefined;
  }

  /** Another engine on the same settings, not waited for. */
  spawn(data: string, env: Readonly<Record<string, string>> = {}, preload: readonly string[] = []): ChildProcess {
    const imports = preload.map((name) => `--import ${path.join(import.meta.dirname, `${name}.js`)}`).join(' ');
    return startNode(['start', '--config', this.config, '--data', data, '--log-level', 'error'], {
      PASSERELLE_ADMIN_PORT: '0',
      PASSERELLE_PUBLIC_PORT: '0',
      ...(this.journal.address && { PASSERELLE_JOURNAL: this.journal.address }),
      ...(imports && { NODE_OPTIONS: imports }),
      ...env,
    });
  }

  /** Starts an engine that is to die of its fault, ready or not, and waits for its death. */
  async life(env: Readonly<Record<string, string>> = {}, preload: readonly string[] = []): Promise<void> {
    const engine = (this.engine = this.spawn(this.data, env, preload));
    const [code] = (await once(engine, 'exit')) as [number | null];
    this.engine = undefined;
    if (code !== null) throw new Error(`the engine ended by itself with ${code}`);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await ended(this.engine, signal);
    this.engine = undefined;
  }

  /** Asks the node that works the lanes; the first one, when it is up, for what any node answers. */
  async call<T>(method: 'GET' | 'POST', resource: string, body?: object): Promise<T> {
    if (!this.second) return this.callNode(0, method, resource, body);
    if (!this.engine) return this.callNode(1, method, resource, body);
    return this.callNode<T>(0, method, resource, body).catch((error: unknown) => {
      if (!String(error).includes('ERR_OTHER_NODE')) throw error;
      return this.callNode<T>(1, method, resource, body);
    });
  }

  async callNode<T>(node: 0 | 1, method: 'GET' | 'POST', resource: string, body?: object): Promise<T> {
    const [url, data] = node === 0 ? [this.#url, this.data] : [this.#secondUrl, `${this.data}-2`];
    const token = readFileSync(path.join(data, 'admin.token'), 'utf8').trim();
    const response = await fetch(`${url}/api/v1/${resource}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${resource}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** The settings file with a change, as `settings/apply` and the journal take it. */
  edited(edit: (yaml: string) => string): { readonly file: string; readonly text: string }[] {
    return [{ file: 'region.yaml', text: edit(readFileSync(path.join(this.config, 'region.yaml'), 'utf8')) }];
  }

  /** Whether this node works the lanes. */
  async isOwner(node: 0 | 1): Promise<boolean> {
    const { items } = await this.callNode<{ items: LaneView[] }>(node, 'GET', 'lanes');
    return items.length > 0 && items.every(({ status }) => status !== 'elsewhere');
  }

  /** Of the endpoint that the n-th connection of the hospital sends to: half of them to the second node, all to the one that is up. */
  address = (n = 0): net.NetConnectOpts => {
    const isSecond = this.#secondPorts !== undefined && this.second !== undefined && (n >= 2 || !this.engine);
    const ports = isSecond ? this.#secondPorts! : this.#ports;
    return { host: '127.0.0.1', port: n % 2 === 0 ? ports[0] : ports[1] };
  };

  lanes = async (): Promise<readonly LaneView[]> => (await this.call<{ items: LaneView[] }>('GET', 'lanes')).items;
  deliveries = async (query: string): Promise<readonly DeliveryView[]> =>
    (await this.call<Page<DeliveryView>>('GET', `deliveries?limit=500&${query}`)).items;

  /**
   * Waits until nothing is on its way, as long as something moves. A person looks at every delivery in doubt meanwhile: what its receiver has is
   * confirmed, what it has not is sent again. Answers why they were in doubt.
   * @param stillMs how long nothing may change while something waits.
   */
  async drained(stillMs = 60_000): Promise<string[]> {
    const reasons: string[] = [];
    let seen = '';
    for (let deadline = Date.now() + stillMs; ; await wait(25)) {
      for (const doubt of await this.deliveries('state=review')) {
        reasons.push(doubt.error?.code ?? 'no reason');
        const destination = this.destinations.find(({ lane }) => lane === doubt.lane);
        const verb = destination?.receipts.taken.has(doubt.controlId ?? '') ? 'confirm' : 'resend';
        await this.call('POST', `deliveries/${doubt.id}:${verb}`, { why: 'the receiver was asked' });
      }
      const moving = (await this.lanes()).filter(({ counts }) => counts.received || counts.queued || counts.sending || counts.review);
      if (moving.length === 0) return reasons;
      const now = moving.map(({ lane, status, counts }) => `${lane} ${status} ${JSON.stringify(counts)}`).join(', ');
      if (now !== seen) deadline = Date.now() + stillMs;
      else if (Date.now() > deadline) throw new Error(`nothing moves: ${now}`);
      seen = now;
    }
  }

  /** Ends the engine and holds what is left to the law. */
  async breaches(drained: boolean): Promise<string[]> {
    await Promise.all([this.kill('SIGTERM'), this.killSecond('SIGTERM')]);
    const journal = await openJournal(this.journal, this.data);
    try {
      return await breaches(journal, { sent: this.senders.flatMap((s) => s.sent), destinations: this.destinations, drained });
    } finally {
      await journal.close();
    }
  }

  get acknowledged(): number {
    return this.senders.reduce((sum, s) => sum + s.acknowledged, 0);
  }

  get destinations(): readonly Destination[] {
    const documents = (type: string): boolean => type.startsWith('dcc.document.');
    return [
      { lane: 'receiver-out', receipts: this.receiver.receipts, takes: (type) => !documents(type), honoursControlId: true },
      { lane: 'record-out', receipts: this.record.receipts, takes: () => true, honoursControlId: true },
      { lane: 'archive-out', receipts: this.archive.receipts, takes: documents, honoursControlId: false },
    ];
  }

  async close(): Promise<void> {
    await Promise.all(this.senders.map((s) => s.giveUp()));
    await Promise.all([this.kill(), this.killSecond()]);
    await Promise.all([this.receiver.close(), this.archive.close(), this.record.close()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
