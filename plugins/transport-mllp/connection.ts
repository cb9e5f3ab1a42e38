/** One connection of a sender: frames strictly in order, one in work at a time, nothing read while it is. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { release, type ProtocolFault, type Receive, type Reply } from '../../core/contract/index.ts';
import { Framer, writeFrame, type Budget, type Framed } from './framer.ts';

/** Quiet after an FS without CR that ends the frame: longer than the gap between two packets of one write, shorter than any sender's patience. */
export const QUIET_MS = 50;
/** Wait for a peer to close after our last word. */
const LINGER_MS = 2000;
/** Copied in one go: to put a hundred megabytes together at once would keep every other connection waiting. */
const STEP_BYTES = 4 * 1024 * 1024;

export interface ConnectionSettings {
  readonly maxFrameBytes: number;
  readonly idleTimeoutMs: number;
  readonly frameTimeoutMs: number;
}

export class Connection {
  readonly #socket: Socket;
  readonly #peer: string;
  readonly #face: { readonly receive: Receive; readonly fault: ProtocolFault };
  readonly #settings: ConnectionSettings;
  readonly #framer: Framer;
  readonly #budget: Budget;
  /** Never more than what one chunk of the socket completes: reading stops while it is not empty. */
  readonly #queue: Framed[] = [];
  #work: Promise<unknown> | undefined;
  #isLeaving = false;
  #isBlocked = false;
  #frameTimer: NodeJS.Timeout | undefined;
  #quietTimer: NodeJS.Timeout | undefined;

  constructor(
    socket: Socket,
    peer: string,
    face: { readonly receive: Receive; readonly fault: ProtocolFault },
    settings: ConnectionSettings,
    budget: Budget,
  ) {
    this.#socket = socket;
    this.#peer = peer;
    this.#face = face;
    this.#settings = settings;
    this.#budget = budget;
    this.#framer = new Framer(settings.maxFrameBytes, budget);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.setTimeout(settings.idleTimeoutMs);
    socket.on('data', (chunk: Buffer) => this.#take(this.#framer.push(chunk)));
    socket.on('timeout', () => this.#idle());
    // A reset says no more than an end: what was not whole was not received.
    socket.on('error', () => socket.destroy());
    socket.once('end', () => {
      this.#take(this.#framer.end());
      if (!this.#work) this.#close();
    });
    socket.once('close', () => this.#take(this.#framer.end()));
  }

  /** Takes no further message; resolves when the reply of the one in work has left, or after `withinMs`. */
  async leave(withinMs: number): Promise<void> {
    this.#forget();
    if (this.#socket.destroyed) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    const timer = setTimeout(() => this.#socket.destroy(), withinMs);
    if (!this.#work) this.#close();
    await closed;
    clearTimeout(timer);
  }

  #take(found: readonly Framed[]): void {
    this.#queue.push(...found);
    if (this.#isLeaving) this.#forget();
    if (this.#queue.length > 0 && !this.#work) {
      this.#socket.pause();
      this.#work = this.#answerAll().then(
        () => this.#rest(),
        // A lane never rejects (contract); should it, the sender must not read an answer.
        () => this.#socket.destroy(),
      );
    }
    this.#watch();
  }

  /** Nothing more of this connection is taken: what was not answered, the sender still has. */
  #forget(): void {
    this.#isLeaving = true;
    for (const one of this.#queue.splice(0)) if (one.kind === 'frame') this.#budget.give(one.held);
  }

  async #answerAll(): Promise<void> {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const peer = this.#peer;
      if (next.kind === 'frame') {
        const { pieces, held } = next;
        const reply = await together(pieces)
          .then((bytes) => this.#face.receive({ bytes, peer }))
          .finally(() => this.#budget.give(held));
        await this.#answer(reply, false);
      } else {
        const reply = await this.#face.fault({ code: next.code, peer, ...(next.head && { head: next.head }) });
        await this.#answer(reply, next.fatal);
      }
    }
  }

  async #answer(reply: Reply, isLast: boolean): Promise<void> {
    const socket = this.#socket;
    if (reply.bytes && socket.writable && !writeFrame(socket, [reply.bytes])) {
      // A sender that does not read its replies is not read either, and not waited for longer than an idle one.
      this.#isBlocked = true;
      const heard = new AbortController();
      await Promise.race([once(socket, 'drain', heard), once(socket, 'close', heard)]);
      heard.abort();
      this.#isBlocked = false;
    }
    if (isLast || reply.close) this.#forget();
  }

  #rest(): void {
    this.#work = undefined;
    if (this.#isLeaving || this.#socket.readableEnded) this.#close();
    else this.#socket.resume();
    this.#watch();
  }

  /** Says no more, and does not wait forever for the peer to agree. What it still sends is read and dropped, so that our last reply is not lost to a reset. */
  #close(): void {
    const socket = this.#socket;
    this.#forget();
    this.#watch();
    if (socket.destroyed) return;
    socket.removeAllListeners('data');
    socket.resume();
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  }

  /** Starts or stops the clocks of an unfinished frame. */
  #watch(): void {
    clearTimeout(this.#quietTimer);
    // The clocks stand while we are the ones who do not read.
    const isOpen = !this.#socket.destroyed && !this.#isLeaving && !this.#work;
    if (isOpen && this.#framer.isEnding) this.#quietTimer = setTimeout(() => this.#take(this.#framer.quiet()), QUIET_MS);
    if (!isOpen || !this.#framer.isInside) {
      clearTimeout(this.#frameTimer);
      this.#frameTimer = undefined;
    } else {
      this.#frameTimer ??= setTimeout(() => this.#take(this.#framer.end()), this.#settings.frameTimeoutMs);
    }
  }

  #idle(): void {
    if (this.#isBlocked) this.#socket.destroy();
    if (!this.#work) this.#close();
  }
}

/** The bytes of a frame in one piece, in memory of its own, so that nothing else of the connection is kept with them. */
async function together(kept: Buffer[]): Promise<Buffer> {
  // Taken away: what the frame came in is not held while it is in work.
  const pieces = kept.splice(0);
  const [only] = pieces;
  if (only && pieces.length === 1) return only;
  const whole = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    const step = Math.floor(at / STEP_BYTES);
    at += piece.copy(whole, at);
    release(piece);
    if (Math.floor(at / STEP_BYTES) > step) await nextTurn();
  }
  return whole;
}
