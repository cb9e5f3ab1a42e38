/** MLLP as a foreign product speaks it: deliberately not the engine's own transport, so that both are not wrong in the same way. */
import { connect, createServer, type Socket } from 'node:net';
import type { PeerReply } from '../../core/contract/index.ts';
import type { Handle, Line, Listening } from './wire.ts';

const START = 0x0b;
const END = Buffer.from([0x1c, 0x0d]);
/** Protects the sandbox from an endless frame. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;

const framed = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([START]), bytes, END]);

/** Cuts a stream into frames; what stands outside frames is dropped. */
class Frames {
  #chunks: Buffer[] = [];
  #size = 0;

  push(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > MAX_FRAME_BYTES) throw new Error('frame too large');
    // The end block may be split between two chunks: look at the last byte before this one as well.
    const before = this.#chunks.at(-2)?.at(-1);
    if (!chunk.includes(END) && !(before === END[0] && chunk[0] === END[1])) return [];
    let rest = Buffer.concat(this.#chunks);
    const frames: Buffer[] = [];
    for (let end = rest.indexOf(END); end >= 0; end = rest.indexOf(END)) {
      const start = rest.indexOf(START);
      if (start >= 0 && start < end) frames.push(rest.subarray(start + 1, end));
      rest = rest.subarray(end + END.length);
    }
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#size = rest.length;
    return frames;
  }
}

export function listenMllp(host: string, port: number, handle: Handle): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const frames = new Frames();
    let turn = Promise.resolve();
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      for (const bytes of frames.push(chunk)) {
        turn = turn.then(async () => {
          const answer = await handle({ bytes });
          if (answer === 'cut') socket.destroy();
          else if (answer !== 'nothing' && socket.writable) socket.write(framed(answer.bytes));
        });
      }
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const bound = server.address();
      resolve({
        address: `mllp://${host}:${typeof bound === 'object' && bound ? bound.port : port}`,
        close: () => {
          for (const socket of sockets) socket.destroy();
          return new Promise((closed) => server.close(() => closed()));
        },
      });
    });
  });
}

/** One kept connection; an answer that is not to this message is passed over, as a late one. */
export function mllpLine(host: string, port: number): Line {
  let open: Promise<Socket> | undefined;
  let answered: ((reply: PeerReply) => void) | undefined;
  let lost: ((error: Error) => void) | undefined;

  const dial = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const frames = new Frames();
      const socket = connect(port, host, () => resolve(socket));
      const drop = (): void => {
        open = undefined;
        reject(new Error('not connected'));
        lost?.(new Error('connection lost'));
      };
      socket.on('error', drop).on('close', drop);
      socket.on('data', (chunk) => {
        for (const bytes of frames.push(chunk)) answered?.({ bytes });
      });
    });

  return {
    exchange: async (message, accept, timeoutMs) => {
      const socket = await (open ??= dial());
      const { promise, resolve, reject } = Promise.withResolvers<PeerReply>();
      answered = (reply) => accept(reply) && resolve(reply);
      lost = reject;
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new Error('no answer in time'));
      }, timeoutMs);
      try {
        socket.write(framed(message.bytes));
        return await promise;
      } finally {
        clearTimeout(timer);
        answered = undefined;
        lost = undefined;
      }
    },
    close: async () => {
      const socket = await open?.catch(() => undefined);
      socket?.destroy();
      open = undefined;
    },
  };
}
