/**
 * The codec thread as the engine's thread sees it: calls wait in order, one is in work. It is started when first needed. A call that ends the
 * thread, or holds it too long, is tried once more in a new one, then refused with ERR_CODEC_FAILED: one message must not hold up the others.
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { PasserelleError } from '../contract/index.ts';
import type { Call, Result, Results } from './calls.ts';

/** A call and the buffers that go with it; made anew for each try, since they are gone after it. */
export type MakeCall<O extends Call['operation']> = () => Promise<{
  readonly call: Extract<Call, { operation: O }>;
  readonly transfer: readonly ArrayBuffer[];
}>;

export interface ThreadLimits {
  /** One hundred megabytes take two seconds: after this it hangs. */
  readonly callTimeoutMs: number;
  readonly memoryMb: number;
}

interface Waiting {
  readonly make: () => Promise<{ readonly call: Call; readonly transfer: readonly ArrayBuffer[] }>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
  tries: number;
}

const LIMITS: ThreadLimits = { callTimeoutMs: 60_000, memoryMb: 512 };
const MAX_TRIES = 2;
const workerFile = path.join(import.meta.dirname, 'worker.js');

export class CodecThread {
  readonly #file: string;
  readonly #limits: ThreadLimits;
  readonly #waiting: Waiting[] = [];
  #worker: Promise<Worker> | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(file: string = workerFile, limits: ThreadLimits = LIMITS) {
    this.#file = file;
    this.#limits = limits;
  }

  /** Rejects with what the operation throws, ERR_CODEC_FAILED, or ERR_HOST_UNAVAILABLE (transient) when there is no thread. */
  call<O extends Call['operation']>(make: MakeCall<O>): Promise<Results[O]> {
    if (this.#stopped) return Promise.reject(away('an engine that stops'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ make, resolve, reject, tries: 0 });
      this.#running ??= this.#work().finally(() => (this.#running = undefined));
    });
  }

  /** Legal twice. The call in work ends with the thread. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { reject } of this.#waiting.splice(0)) reject(away('an engine that stops'));
    const worker = await this.#worker?.catch(() => undefined);
    await worker?.terminate();
    await this.#running;
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        const { call, transfer } = await next.make();
        const worker = await (this.#worker ??= this.#launch());
        next.tries += 1;
        const result = await this.#exchange(worker, call, transfer);
        if (!result && this.#stopped) next.reject(away('an engine that stops'));
        else if (!result && next.tries < MAX_TRIES) this.#waiting.unshift(next);
        else if (!result) next.reject(new PasserelleError('ERR_CODEC_FAILED'));
        else if ('error' in result) next.reject(PasserelleError.fromData(result.error));
        else next.resolve(result.value as never);
      } catch (error) {
        next.reject(error);
      }
    }
  }

  #launch(): Promise<Worker> {
    const worker = new Worker(this.#file, {
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.memoryMb },
      env: {},
      stdin: false,
      stdout: true,
      stderr: true,
    });
    // What a library prints could be a document: it goes nowhere (SAFETY D11).
    worker.stdout.resume();
    worker.stderr.resume();
    worker.on('error', () => undefined);
    return new Promise((resolve, reject) => {
      worker.once('message', () => resolve(worker));
      worker.once('exit', () => {
        this.#worker = undefined;
        reject(away('a codec thread that does not start'));
      });
    });
  }

  /** Undefined when the thread ended without an answer. */
  async #exchange(worker: Worker, call: Call, transfer: readonly ArrayBuffer[]): Promise<Result | undefined> {
    const { promise, resolve } = Promise.withResolvers<Result | undefined>();
    const ended = (): void => resolve(undefined);
    const timer = setTimeout(() => void worker.terminate(), this.#limits.callTimeoutMs);
    worker.once('exit', ended);
    worker.once('message', resolve);
    worker.postMessage(call, transfer);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      worker.off('exit', ended).off('message', resolve);
    }
  }
}

const away = (found: string): PasserelleError => new PasserelleError('ERR_HOST_UNAVAILABLE', { found });
