/** A hospital application on its own connection: one message at a time, the same bytes again until it has its answer. It remembers what it was told. */
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Sent } from './traffic.ts';

const RETRY_MS = 20;
const ANSWER_MS = 15_000;

export class Sender {
  /** Everything it ever sent, in order. */
  readonly sent: Sent[] = [];
  readonly #messages: Iterator<Sent>;
  readonly #address: () => net.NetConnectOpts;
  readonly #paceMs: number;
  #playing: Promise<void> | undefined;
  #left = 0;
  #stopped = false;
  #socket: net.Socket | undefined;

  constructor(address: () => net.NetConnectOpts, messages: Iterator<Sent>, paceMs = 0) {
    this.#address = address;
    this.#messages = messages;
    this.#paceMs = paceMs;
  }

  get acknowledged(): number {
    return this.sent.filter((s) => s.verdict !== undefined).length;
  }

  /** Sends so many messages (without a number: until `stop`), through whatever happens to the engine. */
  play(count = Infinity): Promise<void> {
    this.#left = count;
    this.#stopped = false;
    return (this.#playing ??= this.#run().finally(() => (this.#playing = undefined)));
  }

  /** Ends after the answer to the message that is on its way. */
  async stop(): Promise<void> {
    this.#left = 0;
    await this.#playing;
    this.#socket?.destroy();
  }

  /** Ends now: what is on its way stays without an answer. */
  async giveUp(): Promise<void> {
    this.#stopped = true;
    await this.stop();
  }

  async #run(): Promise<void> {
    // One message may be left from a time when the engine was away.
    const open = this.sent.at(-1);
    if (open && open.verdict === undefined) await this.#deliver(open);
    for (; this.#left > 0 && !this.#stopped; this.#left -= 1) {
      const next = this.#messages.next().value as Sent;
      this.sent.push(next);
      await this.#deliver(next);
      if (this.#paceMs > 0) await wait(this.#paceMs);
    }
  }

  async #deliver(message: Sent): Promise<void> {
    while (!this.#stopped) {
      const answer = await this.#exchange(message).catch(() => undefined);
      const [, code, id] = /\rMSA\|(A[AER])\|([^|\r]*)/.exec(answer ?? '') ?? [];
      // AR 207: not stored, the sender keeps it.
      if (code && id === message.controlId && !/\rERR\|[^\r]*\|207\^/.test(answer ?? '')) {
        message.verdict = code as NonNullable<Sent['verdict']>;
        return;
      }
      await wait(RETRY_MS);
    }
  }

  async #exchange({ bytes }: Sent): Promise<string> {
    if (!this.#socket || this.#socket.destroyed) {
      const socket = net.connect(this.#address());
      socket.on('error', () => socket.destroy());
      this.#socket = socket;
      await once(socket, 'connect');
    }
    const socket = this.#socket;
    socket.write(Buffer.concat([Buffer.of(0x0b), bytes, Buffer.of(0x1c, 0x0d)]));
    let text = '';
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const read = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (text.endsWith('\x1c\r')) resolve(text);
    };
    const lost = (): void => reject(new Error('no answer'));
    const timer = setTimeout(() => socket.destroy(), ANSWER_MS);
    socket.on('data', read).once('close', lost);
    return promise.finally(() => {
      clearTimeout(timer);
      socket.off('data', read).off('close', lost);
    });
  }
}
