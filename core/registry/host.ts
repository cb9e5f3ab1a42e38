/**
 * A connector host: one connector version in a worker thread (ours, embedded) or a child process (third parties, and all of them
 * in the mesh). Calls made in the same turn travel in one message. A host that dies is started again; its calls fail with
 * ERR_HOST_UNAVAILABLE, which leaves messages where they are in the journal.
 */
import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { PasserelleError, type ConnectorContext, type EncodeInput, type Envelope, type ErrorData, type Reception } from '../contract/index.ts';

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

const LIMITS: HostLimits = { callTimeoutMs: 20_000, restartDelayMs: 500 };

interface Pending {
  readonly call: HostCall;
  readonly resolve: (answer: HostAnswer) => void;
}

interface Compartment {
  readonly post: (message: unknown) => void;
  readonly kill: () => Promise<unknown>;
}

export class ConnectorHost {
  readonly #open: (onMessage: (m: { batch: number; answers: HostAnswer[] }) => void, onExit: () => void) => Compartment;
  readonly #limits: HostLimits;
  readonly #batches = new Map<number, { calls: Pending[]; timer: NodeJS.Timeout }>();
  #compartment: Compartment | undefined;
  #queue: Pending[] = [];
  #nextBatch = 1;
  #ready: Promise<void> = Promise.resolve();
  #stopped = false;

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
    return new Promise((resolve) => {
      if (this.#queue.push({ call, resolve }) === 1) setImmediate(() => this.#flush());
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
        (message) => {
          if (message.batch === 0) {
            up = true;
            resolve();
          } else this.#settle(message.batch, message.answers);
        },
        () => {
          if (this.#compartment === compartment) this.#compartment = undefined;
          this.#failAll();
          if (!up) reject(new PasserelleError('ERR_HOST_UNAVAILABLE', { found: 'the connector did not load' }));
          else if (!this.#stopped)
            setTimeout(() => !this.#stopped && void this.#launch().catch(() => undefined), this.#limits.restartDelayMs).unref();
        },
      );
      this.#compartment = compartment;
    });
  }

  #flush(): void {
    const calls = this.#queue;
    this.#queue = [];
    if (!this.#compartment) {
      for (const c of calls) c.resolve(unavailable());
      return;
    }
    const batch = this.#nextBatch++;
    const hung = this.#compartment;
    const timer = setTimeout(() => void hung.kill(), this.#limits.callTimeoutMs);
    this.#batches.set(batch, { calls, timer });
    this.#compartment.post({ batch, calls: calls.map((c) => c.call) });
  }

  #settle(batch: number, answers: readonly HostAnswer[]): void {
    const entry = this.#batches.get(batch);
    if (!entry) return;
    this.#batches.delete(batch);
    clearTimeout(entry.timer);
    entry.calls.forEach((c, i) => c.resolve(answers[i] ?? unavailable()));
  }

  #failAll(): void {
    for (const [batch, entry] of this.#batches) {
      this.#batches.delete(batch);
      clearTimeout(entry.timer);
      for (const c of entry.calls) c.resolve(unavailable());
    }
  }
}

const unavailable = (): HostAnswer => ({ error: new PasserelleError('ERR_HOST_UNAVAILABLE').toData() });
const workerFile = path.join(import.meta.dirname, 'host-worker.js');
const MEMORY_LIMIT_MB = 512;

function openThread(module: string, onMessage: (m: { batch: number; answers: HostAnswer[] }) => void, onExit: () => void): Compartment {
  const worker = new Worker(workerFile, {
    workerData: { module },
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT_MB },
    env: {},
    stdin: false,
  });
  worker
    .on('message', onMessage)
    .on('error', () => undefined)
    .on('exit', onExit);
  return { post: (m) => worker.postMessage(m), kill: () => worker.terminate() };
}

function openProcess(module: string, onMessage: (m: { batch: number; answers: HostAnswer[] }) => void, onExit: () => void): Compartment {
  const child: ChildProcess = fork(workerFile, [module], {
    serialization: 'advanced',
    env: {},
    execArgv: [`--max-old-space-size=${MEMORY_LIMIT_MB}`],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child
    .on('message', (m) => onMessage(m as { batch: number; answers: HostAnswer[] }))
    .on('error', () => undefined)
    .on('exit', onExit);
  return {
    post: (m) => child.connected && child.send(m as object),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
