/**
 * A connector host: one connector version in a worker thread (ours, embedded) or a child process (third parties, and all of them
 * in the mesh). Calls travel in batches of a bounded size, the lanes in turns: many calls of one lane keep no other waiting. A host that dies is started again; its calls fail with
 * ERR_HOST_UNAVAILABLE, which leaves messages where they are in the journal. Calls are pure, so the one that kills is found by running it alone
 * when it comes again; after `MAX_KILLS` it is answered ERR_CONNECTOR_FAILED: one message must not hold up its lane for ever.
 */
import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  PasserelleError,
  type ConnectorContext,
  type EncodeInput,
  type Envelope,
  type ErrorData,
  type Reception,
  type SiteSettings,
} from '../contract/index.ts';
import { Turns } from './turns.ts';

interface CallBase {
  readonly settings: ConnectorContext['settings'];
  readonly now: string;
  /** What ids derive from: message and run, or delivery and run. */
  readonly seed: string;
}

export type HostCall =
  | (CallBase & { readonly operation: 'decode'; readonly envelope: Envelope; readonly messageId?: string })
  | (CallBase & { readonly operation: 'encode'; readonly input: EncodeInput })
  | (CallBase & { readonly operation: 'acknowledge'; readonly reception: Reception; readonly envelope: Envelope })
  | { readonly operation: 'interpret'; readonly reply: Envelope; readonly sent: { readonly controlId?: string; readonly type: string } };

export type HostOperation = HostCall['operation'];
export type HostAnswer = { readonly value: unknown } | { readonly error: ErrorData };

export interface HostLimits {
  /** A batch of calls that takes longer has hung: the host is killed and started again. */
  readonly callTimeoutMs: number;
  readonly restartDelayMs: number;
}

/** Deaths of the host with one call alone in it: the first may be somebody else's doing. */
const MAX_KILLS = 2;
/** Calls suspected at once; protects memory from a connector that fails at everything. The oldest are forgotten. */
const MAX_SUSPECTS = 1000;
/** A batch is one message each way. It is bounded so that what comes while it is in the host waits for few others. */
const BATCH_CALLS = 64;
const BATCH_CHARACTERS = 256 * 1024;
/** Settings kept in a host: those of the sites of this node; over the mesh each call brings its own. */
const SETTINGS_SLOTS = 256;
/** Longest wait before a host that does not come up is tried again. */
const LAST_RESTART_MS = 30_000;

const LIMITS: HostLimits = { callTimeoutMs: 20_000, restartDelayMs: 500 };

/** How calls cross to a host: as JSON (SAFETY D1), the settings of a site once for all its calls. */
export type PackedCall = Omit<HostCall, 'settings'> & { readonly slot?: number; readonly settings?: SiteSettings };

interface Pending {
  readonly call: HostCall;
  readonly resolve: (answer: HostAnswer) => void;
}

interface Compartment {
  readonly post: (json: string) => void;
  readonly kill: () => Promise<unknown>;
}

export class ConnectorHost {
  readonly #open: (onMessage: (json: string) => void, onExit: () => void) => Compartment;
  readonly #limits: HostLimits;
  readonly #batches = new Map<number, { calls: Pending[]; timer: NodeJS.Timeout }>();
  #compartment: Compartment | undefined;
  /** A lane is known by its settings, which each endpoint has of its own. */
  readonly #queue = new Turns<Pending>();
  #isFlushing = false;
  #nextBatch = 1;
  #ready: Promise<void> = Promise.resolve();
  #stopped = false;
  #failedStarts = 0;
  /** Settings that the host has already, by slot; a new host has none. */
  #slots = new Map<SiteSettings, number>();
  #lastSlot = 0;
  /** Calls that were in the host when it died, by seed: how often alone. */
  readonly #suspects = new Map<string, number>();

  /** @param kind `thread` for connectors of this package when embedded, `process` for anyone else's. */
  constructor(module: string, kind: 'thread' | 'process', limits: HostLimits = LIMITS) {
    this.#limits = limits;
    this.#open = kind === 'thread' ? (m, x) => openThread(module, m, x) : (m, x) => openProcess(module, m, x);
  }

  /** Resolves once the connector is loaded. */
  start(): Promise<void> {
    this.#stopped = false;
    this.#ready = this.#launch();
    return this.#ready;
  }

  /** Never rejects: a failure is an answer with an error. */
  call(call: HostCall): Promise<HostAnswer> {
    if (this.#stopped || !this.#compartment) return Promise.resolve(unavailable());
    if ((this.#killsOf(call) ?? 0) >= MAX_KILLS)
      return Promise.resolve({ error: new PasserelleError('ERR_CONNECTOR_FAILED', { found: 'a call that ends its host' }).toData() });
    return new Promise((resolve) => {
      this.#queue.push('settings' in call ? call.settings : undefined, { call, resolve });
      this.#flushSoon();
    });
  }

  /**
   * Calls of one turn travel together, and those made while the host works wait for its answer: it does one thing at a time anyway, and waking a
   * thread costs more than many a call.
   */
  #flushSoon(): void {
    if (this.#isFlushing || this.#batches.size > 0 || this.#queue.size === 0) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ready.catch(() => undefined);
    const compartment = this.#compartment;
    this.#compartment = undefined;
    this.#failAll();
    await compartment?.kill();
  }

  #launch(): Promise<void> {
    return new Promise((resolve, reject) => {
      let up = false;
      const compartment = this.#open(
        (json) => {
          const message = answersOf(json);
          if (message?.batch === 0) {
            up = true;
            this.#failedStarts = 0;
            resolve();
          } else if (Array.isArray(message?.answers)) this.#settle(message.batch, message.answers);
        },
        () => {
          if (this.#compartment === compartment) this.#compartment = undefined;
          this.#slots = new Map();
          if (!this.#stopped && up) this.#suspect();
          this.#failAll();
          if (!up) reject(new PasserelleError('ERR_HOST_UNAVAILABLE', { found: 'the connector did not load' }));
          else this.#relaunch();
        },
      );
      this.#compartment = compartment;
    });
  }

  /** A host that came up once is tried again until it does. */
  #relaunch(): void {
    if (this.#stopped) return;
    const wait = Math.min(LAST_RESTART_MS, this.#limits.restartDelayMs * 2 ** this.#failedStarts);
    this.#failedStarts += 1;
    setTimeout(() => !this.#stopped && void this.#launch().catch(() => this.#relaunch()), wait).unref();
  }

  /** The host works on one batch after the other: the oldest one was in it when it died. */
  #suspect(): void {
    const [oldest] = this.#batches.values();
    if (!oldest) return;
    const alone = oldest.calls.length === 1 ? 1 : 0;
    for (const { call } of oldest.calls) {
      const name = nameOf(call);
      if (name === undefined) continue;
      this.#suspects.set(name, (this.#suspects.get(name) ?? 0) + alone);
      const [first] = this.#suspects.keys();
      if (this.#suspects.size > MAX_SUSPECTS && first !== undefined) this.#suspects.delete(first);
    }
  }

  /** Deaths of the host with it alone in it; `undefined` for what is not suspected, as nearly always. */
  #killsOf(call: HostCall): number | undefined {
    return this.#suspects.size > 0 ? this.#suspects.get(nameOf(call) ?? '') : undefined;
  }

  #flush(): void {
    if (!this.#compartment) {
      for (const c of this.#queue.clear()) c.resolve(unavailable());
      return;
    }
    const calls = this.#queue.take(BATCH_CALLS, BATCH_CHARACTERS, ({ call }) => ('envelope' in call ? call.envelope.text.length : 0));
    const isSuspect = ({ call }: Pending): boolean => this.#killsOf(call) !== undefined;
    const trusted = calls.filter((c) => !isSuspect(c));
    if (trusted.length > 0) this.#post(trusted, this.#compartment);
    for (const suspect of calls.filter(isSuspect)) this.#post([suspect], this.#compartment);
  }

  #post(calls: Pending[], compartment: Compartment): void {
    const batch = this.#nextBatch++;
    const timer = setTimeout(() => void compartment.kill(), this.#limits.callTimeoutMs);
    this.#batches.set(batch, { calls, timer });
    compartment.post(JSON.stringify({ batch, calls: calls.map(({ call }) => this.#pack(call)) }));
  }

  #pack(call: HostCall): PackedCall {
    if (call.operation === 'interpret') return call;
    const { settings } = call;
    const known = this.#slots.get(settings);
    // What is undefined is not written.
    if (known !== undefined) return { ...call, settings: undefined, slot: known };
    const slot = ++this.#lastSlot % SETTINGS_SLOTS;
    for (const [other, taken] of this.#slots) if (taken === slot) this.#slots.delete(other);
    this.#slots.set(settings, slot);
    return { ...call, slot };
  }

  #settle(batch: number, answers: readonly HostAnswer[]): void {
    const entry = this.#batches.get(batch);
    if (!entry) return;
    this.#batches.delete(batch);
    clearTimeout(entry.timer);
    entry.calls.forEach((c, i) => {
      if (this.#suspects.size > 0) this.#suspects.delete(nameOf(c.call) ?? '');
      c.resolve(isAnswer(answers[i]) ? answers[i] : unavailable());
    });
    this.#flushSoon();
  }

  #failAll(): void {
    for (const [batch, entry] of this.#batches) {
      this.#batches.delete(batch);
      clearTimeout(entry.timer);
      for (const c of entry.calls) c.resolve(unavailable());
    }
    this.#flushSoon();
  }
}

/** What is the same when a call comes again; absent for calls that do not. */
const nameOf = (call: HostCall): string | undefined =>
  call.operation === 'decode' || call.operation === 'encode' ? `${call.operation} ${call.seed}` : undefined;

/** A connector that speaks for its host says what it likes: only answers are taken. */
const isAnswer = (answer: unknown): answer is HostAnswer => typeof answer === 'object' && answer !== null && ('value' in answer || 'error' in answer);

function answersOf(json: unknown): { batch: number; answers: HostAnswer[] } | undefined {
  try {
    return typeof json === 'string' ? (JSON.parse(json) as { batch: number; answers: HostAnswer[] }) : undefined;
  } catch {
    return undefined;
  }
}

const unavailable = (): HostAnswer => ({ error: new PasserelleError('ERR_HOST_UNAVAILABLE').toData() });
const workerFile = path.join(import.meta.dirname, 'host-worker.js');
const MEMORY_LIMIT_MB = 512;
/** What a call leaves is garbage at once; V8 would let three times as much gather before it looks (measured: 40 MB a host, nothing gained). */
const YOUNG_LIMIT_MB = 8;

function openThread(module: string, onMessage: (json: string) => void, onExit: () => void): Compartment {
  const worker = new Worker(workerFile, {
    workerData: { module },
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT_MB, maxYoungGenerationSizeMb: YOUNG_LIMIT_MB },
    env: {},
    stdin: false,
    stdout: true,
    stderr: true,
  });
  // What a connector prints could be the message: it goes nowhere (SAFETY D11).
  worker.stdout.resume();
  worker.stderr.resume();
  worker
    .on('message', onMessage)
    .on('error', () => undefined)
    .on('exit', onExit);
  return { post: (json) => worker.postMessage(json), kill: () => worker.terminate() };
}

function openProcess(module: string, onMessage: (json: string) => void, onExit: () => void): Compartment {
  const child: ChildProcess = fork(workerFile, [module], {
    env: {},
    execArgv: [`--max-old-space-size=${MEMORY_LIMIT_MB}`],
    // As above: a stack trace may quote what it failed to read.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child
    .on('message', (json) => onMessage(json as string))
    .on('error', () => undefined)
    .on('exit', onExit);
  return {
    post: (json) => child.connected && child.send(json),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
