/** Handles of the generator and the receiver: each a child process, so that neither takes turns with the engine or the other. */
import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { LoadOrder, LoadPlan, LoadResult } from './generator.ts';
import type { Judgement, ReceiverOrder } from './receiver.ts';

/** One question at a time to a child; rejects when it ends instead of answering. */
class Child {
  readonly #child: ChildProcess;

  constructor(file: string, argument: string) {
    this.#child = fork(path.join(import.meta.dirname, file), [argument], { serialization: 'advanced', execArgv: [] });
  }

  answer<T>(question?: object): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const ended = (): void => reject(new Error('the generator or the receiver ended'));
    if (!this.#child.connected) ended();
    this.#child.once('exit', ended);
    this.#child.once('message', (message) => {
      this.#child.off('exit', ended);
      resolve(message as T);
    });
    if (question && this.#child.connected) this.#child.send(question);
    return promise;
  }

  stop(): void {
    this.#child.removeAllListeners('exit');
    this.#child.kill();
  }
}

export class Generator {
  readonly #child: Child;

  constructor(plan: LoadPlan) {
    this.#child = new Child('generator.js', JSON.stringify(plan));
  }

  load = (order: LoadOrder): Promise<LoadResult> => this.#child.answer(order);
  stop = (): void => this.#child.stop();
}

export class Receiver {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** Resolves once it listens on this port of loopback. */
  static async start(port: number): Promise<Receiver> {
    const child = new Child('receiver.js', String(port));
    await child.answer();
    return new Receiver(child);
  }

  judge = (order: ReceiverOrder): Promise<Judgement> => this.#child.answer(order);
  stop = (): void => this.#child.stop();
}
