/**
 * Policy: whoever reaches an MLLP port may waste a bounded part of the engine and nothing of its neighbours: no memory beyond the named bounds, no
 * connection held without end, and a good sender beside it is answered as if it were alone.
 */
import net, { type Socket } from 'node:net';
import { expect } from 'chai';
import type { Source } from '../../core/contract/index.ts';
import { plugin } from '../../plugins/transport-mllp/index.ts';
import { until } from '../contract/transport-suite.ts';

const VT = '\x0b';
const FS = '\x1c';
const framed = (text: string): string => `${VT}${text}${FS}\r`;
const MB = 1024 * 1024;

describe('a hostile MLLP peer', () => {
  const sockets: Socket[] = [];
  const faults: string[] = [];
  let received = 0;
  let greedy = 0;
  let source: Source | undefined;
  let port = 0;
  let replyBytes = Buffer.from('ok');
  let isAnswered = false;

  const open = async (settings: Record<string, unknown>): Promise<void> => {
    source = plugin.source(
      { port: 0, ...settings },
      {
        receive: async ({ bytes }) => {
          received++;
          if (Buffer.from(bytes).toString().startsWith('greedy')) greedy++;
          return { bytes: replyBytes };
        },
        fault: async ({ code }) => {
          faults.push(code);
          return { bytes: null };
        },
      },
    );
    port = Number(new URL(await source.start()).port);
  };
  const dial = async (): Promise<Socket> => {
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
    sockets.push(socket);
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  };
  const goodSenderIsAnswered = async (): Promise<void> => {
    const socket = await dial();
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.write(framed('good'));
    await until('the good sender is answered', () => text === framed('ok'));
    socket.destroy();
  };
  /** Writes for ever, as fast as the other side takes it; stops when the connection goes. */
  const flood = async (socket: Socket, bytes: Buffer): Promise<number> => {
    let written = 0;
    while (!socket.destroyed) {
      written += bytes.length;
      if (socket.write(bytes)) await new Promise(setImmediate);
      else await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), new Promise((resolve) => socket.once('close', resolve))]);
    }
    return written;
  };

  beforeEach(() => {
    faults.length = received = greedy = 0;
    isAnswered = false;
    replyBytes = Buffer.from('ok');
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await source?.stop();
  });

  it('with an endless frame is cut as soon as the bound is passed', async () => {
    await open({ maxFrameBytes: 2 * MB });
    const socket = await dial();
    socket.resume();
    socket.write(VT);
    await flood(socket, Buffer.alloc(64 * 1024, 'x'));
    expect(faults).to.deep.equal(['ERR_MLLP_FRAME_TOO_LARGE']);
    await goodSenderIsAnswered();
    expect(received).to.equal(1);
  });

  it('that never begins a frame is cut', async () => {
    await open({});
    const socket = await dial();
    socket.resume();
    await flood(socket, Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100)));
    expect(new Set(faults)).to.deep.equal(new Set(['ERR_MLLP_NO_START']));
    expect(faults.length).to.be.at.most(2);
    await goodSenderIsAnswered();
  });

  it('that drips its frame is cut after the time of one frame', async () => {
    await open({ frameTimeoutMs: 200 });
    const socket = await dial();
    socket.resume();
    socket.write(`${VT}MSH`);
    const dripping = setInterval(() => socket.write('x'), 10);
    await until('the connection is cut', () => socket.destroyed);
    clearInterval(dripping);
    expect(faults).to.deep.equal(['ERR_MLLP_FRAME_CUT']);
    await goodSenderIsAnswered();
  });

  it('that connects and says nothing is let go', async () => {
    await open({ idleTimeoutMs: 100 });
    const socket = await dial();
    socket.resume();
    await until('the connection is closed', () => socket.destroyed);
  });

  it('with too many connections keeps only some of them', async () => {
    await open({ maxConnections: 4 });
    const all = await Promise.all(Array.from({ length: 12 }, dial));
    for (const socket of all) socket.resume();
    await until('the others are refused', () => all.filter((socket) => socket.destroyed).length === 8);
    expect(faults).to.deep.equal(Array.from({ length: 8 }, () => 'ERR_BACKPRESSURE'));
    const kept = all.find((socket) => !socket.destroyed);
    kept?.end();
    await until('a place is free', () => kept?.destroyed === true);
    await goodSenderIsAnswered();
  });

  it('with many unfinished frames shares one bound among them', async () => {
    await open({ maxFrameBytes: MB });
    const all = await Promise.all(Array.from({ length: 6 }, dial));
    for (const socket of all) {
      socket.resume();
      socket.write(VT);
      socket.write(Buffer.alloc(0.9 * MB, 'x'));
    }
    await until('those beyond the bound are refused', () => all.filter((socket) => socket.destroyed).length === 3);
    expect(faults).to.deep.equal(['ERR_BACKPRESSURE', 'ERR_BACKPRESSURE', 'ERR_BACKPRESSURE']);
    await goodSenderIsAnswered();
  });

  it('that never reads its replies is not read either, and is let go', async () => {
    replyBytes = Buffer.alloc(4 * MB, 'r');
    await open({ idleTimeoutMs: 300, maxConnections: 1 });
    const socket = await dial();
    socket.pause();
    // What one read of the socket completed is still taken when the connection goes: it is whole. Nothing beyond it is.
    for (let i = 0; i < 200; i++) socket.write(framed(`greedy ${i}`.padEnd(16 * 1024)));
    await until('its place is free for another sender', () => {
      const other = net.connect({ host: '127.0.0.1', port }, () => other.write(framed('good')));
      sockets.push(other);
      other.on('error', () => undefined);
      other.once('data', () => (isAnswered = true));
      return isAnswered;
    });
    expect(greedy).to.be.below(20);
  });

  it('does not use up the memory of its neighbours by frames that were answered', async () => {
    await open({ maxFrameBytes: MB });
    const socket = await dial();
    let answers = 0;
    socket.on('data', (chunk: Buffer) => (answers += chunk.toString().split(FS).length - 1));
    for (let i = 0; i < 10; i++) socket.write(framed('x'.repeat(0.9 * MB)));
    await until('all are answered', () => answers === 10);
    expect(faults).to.deep.equal([]);
  });
});
