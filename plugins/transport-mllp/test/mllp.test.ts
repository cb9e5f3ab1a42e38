import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { Ajv } from 'ajv';
import { PasserelleError, type Received, type Reply, type Sink, type Source } from '../../../core/contract/index.ts';
import { plugin } from '../index.ts';

const VT = '\x0b';
const FS = '\x1c';
const framed = (text: string): string => `${VT}${text}${FS}\r`;
const DEADLINE_MS = 10_000;

async function until(what: string, holds: () => boolean): Promise<void> {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > DEADLINE_MS) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof PasserelleError) return error.code;
    throw error;
  }
  return 'none';
}

describe('the way in by mllp', () => {
  const received: Received[] = [];
  const faults: { readonly code: string; readonly head?: Uint8Array }[] = [];
  const clients: Socket[] = [];
  let source: Source | undefined;
  let faultReply: Reply = { bytes: null };
  let answer: (text: string) => Reply;
  let hold = async (): Promise<void> => undefined;

  const start = async (settings: Record<string, unknown> = {}): Promise<number> => {
    source = plugin.source(
      { port: 0, ...settings },
      {
        receive: async (message) => {
          received.push(message);
          await hold();
          return answer(Buffer.from(message.bytes).toString());
        },
        fault: async (fault) => {
          faults.push(fault);
          return faultReply;
        },
      },
    );
    return Number(new URL(await source.start()).port);
  };
  const client = async (port: number): Promise<{ readonly socket: Socket; text: string; isEnded: boolean }> => {
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
    clients.push(socket);
    const state = { socket, text: '', isEnded: false };
    socket.on('data', (chunk: Buffer) => (state.text += chunk.toString()));
    socket.on('error', () => undefined);
    socket.once('close', () => (state.isEnded = true));
    await new Promise((resolve) => socket.once('connect', resolve));
    return state;
  };

  beforeEach(() => {
    received.length = faults.length = 0;
    faultReply = { bytes: null };
    hold = async () => undefined;
    answer = (text) => ({ bytes: Buffer.from(`re ${text}`) });
  });

  afterEach(async () => {
    for (const socket of clients.splice(0)) socket.destroy();
    await source?.stop();
  });

  it('takes a frame that ends with FS alone once nothing more comes, and answers it framed', async () => {
    const peer = await client(await start());
    peer.socket.write(`${VT}a${FS}`);
    await until('the answer', () => peer.text === framed('re a'));
    peer.socket.write(`\r${framed('b')}`);
    await until('the second answer', () => peer.text === framed('re a') + framed('re b'));
    expect(faults).to.deep.equal([]);
    expect(received[0]?.peer).to.match(/^127\.0\.0\.1:\d+$/);
  });

  it('answers a sender that has closed its own side', async () => {
    const peer = await client(await start());
    peer.socket.end(`${framed('a')}${VT}b${FS}`);
    await until('both answers', () => peer.text === framed('re a') + framed('re b'));
    await until('the end', () => peer.isEnded);
  });

  it('counts noise before a frame, and takes the frame', async () => {
    const peer = await client(await start());
    peer.socket.write(`hello${framed('a')}${framed('b')}`);
    await until('both answers', () => peer.text === framed('re a') + framed('re b'));
    expect(faults.map((fault) => fault.code)).to.deep.equal(['ERR_MLLP_NO_START']);
  });

  it('says that a frame was cut, and receives nothing of it', async () => {
    const peer = await client(await start());
    peer.socket.end(`${framed('a')}${VT}half`);
    await until('the fault', () => faults.length === 1);
    expect(faults[0]?.code).to.equal('ERR_MLLP_FRAME_CUT');
    expect(received).to.have.length(1);
    await until('the end', () => peer.isEnded);
  });

  it('answers an oversize frame with what the lane says, in order, and ends the connection', async () => {
    faultReply = { bytes: Buffer.from('too large') };
    const peer = await client(await start({ maxFrameBytes: 2000 }));
    peer.socket.write(`${framed('a')}${VT}${'x'.repeat(5000)}`);
    await until('the end', () => peer.isEnded);
    expect(peer.text).to.equal(framed('re a') + framed('too large'));
    expect(faults.map((fault) => fault.code)).to.deep.equal(['ERR_MLLP_FRAME_TOO_LARGE']);
    expect(Buffer.from(faults[0]?.head ?? []).toString()).to.equal('x'.repeat(1024));
  });

  it('ends the connection after a reply that asks for it, and takes nothing after it', async () => {
    answer = (text) => ({ bytes: Buffer.from(text), close: text === 'b' });
    const peer = await client(await start());
    peer.socket.write(framed('a') + framed('b') + framed('c'));
    await until('the end', () => peer.isEnded);
    expect(peer.text).to.equal(framed('a') + framed('b'));
    expect(received).to.have.length(2);
  });

  it('says nothing where the lane says nothing, and goes on', async () => {
    answer = (text) => ({ bytes: text === 'a' ? null : Buffer.from(text) });
    const peer = await client(await start());
    peer.socket.write(framed('a') + framed('b'));
    await until('the answer', () => peer.text === framed('b'));
  });

  it('closes a connection that has been silent for too long', async () => {
    const peer = await client(await start({ idleTimeoutMs: 100 }));
    peer.socket.write(framed('a'));
    await until('the end', () => peer.isEnded);
    expect(peer.text).to.equal(framed('re a'));
  });

  it('does not hold the time of a message in work against the next one', async () => {
    const gate = Promise.withResolvers<void>();
    hold = () => gate.promise;
    const peer = await client(await start({ frameTimeoutMs: 100 }));
    peer.socket.write(`${framed('a')}${VT}b`);
    await until('the first message', () => received.length === 1);
    setTimeout(() => gate.resolve(), 300);
    await until('the first answer', () => peer.text === framed('re a'));
    peer.socket.write(`${FS}\r`);
    await until('the second answer', () => peer.text === framed('re a') + framed('re b'));
    expect(faults).to.deep.equal([]);
  });

  it('takes only allowed addresses', async () => {
    const peer = await client(await start({ allow: ['10.9.9.9'] }));
    await until('the end', () => peer.isEnded);
    expect(faults.map((fault) => fault.code)).to.deep.equal(['ERR_PEER_NOT_ALLOWED']);
    await source?.stop();
    const other = await client(await start({ allow: ['127.0.0.1'] }));
    other.socket.write(framed('a'));
    await until('the answer', () => other.text === framed('re a'));
  });

  it('is not opened to others who cannot be told apart', async () => {
    const face = { receive: async () => ({ bytes: null }), fault: async () => ({ bytes: null }) };
    for (const host of ['0.0.0.0', '::', '10.1.2.3', 'dcc.example'])
      expect(await codeOf(() => plugin.source({ host }, face)), host).to.equal('ERR_CONFIG_UNSAFE');
    expect(await codeOf(() => plugin.source({ host: '0.0.0.0', tls: { cert: 'x', key: 'y' } }, face))).to.equal('ERR_CONFIG_UNSAFE');
    expect(await codeOf(() => plugin.source({ host: '0.0.0.0', allow: ['10.1.2.3'] }, face))).to.equal('none');
    expect(await codeOf(() => plugin.source({ tls: { cert: 'x', key: { file: 'k' } } }, face))).to.equal('ERR_SECRET_MISSING');
    expect(await codeOf(() => plugin.source({ port: 0, tls: { cert: '/nowhere', key: '/nowhere' } }, face).start())).to.equal('ERR_SECRET_MISSING');
  });

  it('describes its settings, and nothing else passes', () => {
    const valid = (schema: object, settings: unknown): boolean => new Ajv({ strict: false }).validate(schema, settings);
    expect(valid(plugin.settingsSchema.in, { port: 2575, allow: ['10.1.2.3'], tls: { cert: 'c', key: { file: 'k' } } })).to.equal(true);
    expect(valid(plugin.settingsSchema.in, { prot: 2575 })).to.equal(false);
    expect(valid(plugin.settingsSchema.out, { host: 'dpi', port: 6661, connections: 2 })).to.equal(true);
    expect(valid(plugin.settingsSchema.out, { port: 6661 })).to.equal(false);
  });
});

describe('the way out by mllp', () => {
  const sockets: Socket[] = [];
  const seen: string[] = [];
  let server: Server | undefined;
  let sink: Sink | undefined;
  let connections = 0;
  /** What the counterparty does with the bytes that came. */
  let react: (socket: Socket, text: string) => void;

  const start = async (settings: Record<string, unknown> = {}): Promise<Sink> => {
    server = net.createServer((socket) => {
      connections++;
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        seen.push(chunk.toString());
        react(socket, chunk.toString());
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return (sink = plugin.sink({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ...settings }));
  };
  const send = async (text: string, deadlineMs = 5000): Promise<string> => {
    const { bytes } = (await sink?.send(Buffer.from(text), { deadlineMs })) ?? { bytes: Buffer.alloc(0) };
    return Buffer.from(bytes).toString();
  };

  beforeEach(() => {
    seen.length = connections = 0;
    react = (socket, text) => socket.write(framed(`ok ${text.slice(1, -2)}`));
  });

  afterEach(async () => {
    await sink?.stop();
    for (const socket of sockets.splice(0)) socket.destroy();
    await new Promise((resolve) => server?.close(resolve));
  });

  it('keeps its connection from one message to the next', async () => {
    await start();
    expect(connections).to.equal(0);
    expect([await send('a'), await send('b')]).to.deep.equal(['ok a', 'ok b']);
    expect(connections).to.equal(1);
    expect(seen).to.deep.equal([framed('a'), framed('b')]);
  });

  it('opens another connection when the counterparty has closed this one, and loses nothing', async () => {
    await start();
    for (let i = 0; i < 20; i++) {
      expect(await send(`m${i}`)).to.equal(`ok m${i}`);
      sockets.at(-1)?.end();
    }
    expect(connections).to.equal(20);
  });

  it('takes a reply in pieces, and one that ends with FS alone', async () => {
    react = (socket) => {
      for (const piece of [VT, 'o', 'k']) socket.write(piece);
      setImmediate(() => socket.write(FS));
    };
    await start();
    expect(await send('a')).to.equal('ok');
  });

  it('never takes a second reply for the answer to the next message', async () => {
    react = (socket, text) => socket.write(framed(`ok ${text.slice(1, -2)}`) + framed('again'));
    await start();
    expect([await send('a'), await send('b')]).to.deep.equal(['ok a', 'ok b']);
    expect(connections).to.equal(2);
  });

  for (const ms of [0, 1, 5])
    it(`never takes a reply that comes again ${ms} ms later for the answer to the next message`, async () => {
      react = (socket, text) => {
        const reply = framed(`ok ${text.slice(1, -2)}`);
        socket.write(reply);
        setTimeout(() => socket.destroyed || socket.write(reply), ms);
      };
      await start({ connections: 1 });
      const texts = Array.from({ length: 12 }, (_, i) => `m${i}`);
      const answers: string[] = [];
      for (const text of texts) answers.push(await send(text));
      expect(answers).to.deep.equal(texts.map((text) => `ok ${text}`));
    });

  it('takes the same reply to every message of a counterparty that says nothing else', async () => {
    react = (socket) => socket.write(framed('ok'));
    await start({ connections: 1 });
    for (let i = 0; i < 30; i += 1) expect(await send(`m${i}`)).to.equal('ok');
    expect(connections).to.equal(1);
  });

  for (const [how, deadlineMs] of [
    ['ends', 5000],
    ['is as late as can be', 40],
  ] as const)
    it(`takes the answer that was said before, of a counterparty that ${how} then`, async () => {
      react = (socket) => {
        if (seen.length === 2 && how === 'ends') socket.end(framed('ok'));
        else socket.write(framed('ok'));
      };
      await start({ connections: 1 });
      expect([await send('a'), await send('a', deadlineMs)]).to.deep.equal(['ok', 'ok']);
    });

  it('knows a copy also after a message that was sent again and answered the same', async () => {
    react = (socket, text) => {
      const name = text.slice(1, -2);
      const reply = framed(`ok ${name}`);
      setTimeout(() => socket.write(reply), name === 'm3' ? 20 : 0);
      if (name === 'm2') setTimeout(() => socket.write(reply), 8);
    };
    await start({ connections: 1 });
    const answers: string[] = [];
    for (const text of ['m1', 'm1', 'm2', 'm3']) answers.push(await send(text));
    expect(answers).to.deep.equal(['ok m1', 'ok m1', 'ok m2', 'ok m3']);
  });

  it('sends nothing once it was stopped', async () => {
    await start();
    await sink!.stop();
    expect(await codeOf(() => send('a'))).to.equal('ERR_CONNECTION_REFUSED');
    expect(seen).to.deep.equal([]);
  });

  it('never takes an unasked message for the answer to the next one', async () => {
    await start();
    await send('a');
    sockets[0]?.write(framed('unasked'));
    await until('the connection is dropped', () => sockets[0]?.destroyed === true || sockets[0]?.readableEnded === true);
    expect(await send('b')).to.equal('ok b');
  });

  it('drops the connection of a message without reply, so that a late one cannot answer the next', async () => {
    let late: (() => void) | undefined;
    react = (socket, text) => {
      if (text === framed('a')) late = () => socket.write(framed('late'));
      else socket.write(framed('ok'));
    };
    await start();
    expect(await codeOf(() => send('a', 100))).to.equal('ERR_ACK_TIMEOUT');
    late?.();
    expect(await send('b')).to.equal('ok');
    expect(connections).to.equal(2);
  });

  it('says that the reply is unreadable when it is endless or no frame', async () => {
    react = (socket) => socket.write(VT + 'x'.repeat(2_000_000));
    await start();
    expect(await codeOf(() => send('a'))).to.equal('ERR_ACK_UNREADABLE');
    react = (socket) => socket.write('HTTP/1.1 400 Bad Request '.repeat(5000));
    expect(await codeOf(() => send('b'))).to.equal('ERR_ACK_UNREADABLE');
  });

  it('is ambiguous when the counterparty resets or ends in the middle of its reply', async () => {
    react = (socket) => socket.end(`${VT}half`);
    await start();
    expect(await codeOf(() => send('a'))).to.equal('ERR_CONNECTION_LOST_AFTER_SEND');
    react = (socket) => socket.resetAndDestroy();
    expect(await codeOf(() => send('b'))).to.equal('ERR_CONNECTION_LOST_AFTER_SEND');
    react = (socket) => socket.write(framed('ok'));
    expect(await send('c')).to.equal('ok');
  });

  it('says that a message is written when none of it is read any more, an early reply or not', async () => {
    const large = Buffer.alloc(32 * 1024 * 1024, 'x');
    react = (socket) => {
      socket.pause();
      socket.write(framed('early'));
      react = () => undefined;
    };
    const out = await start();
    let isWritten = false;
    const { bytes } = await out.send(large, { deadlineMs: DEADLINE_MS, written: () => (isWritten = true) });
    expect([Buffer.from(bytes).toString(), isWritten]).to.deep.equal(['early', false]);
    sockets[0]!.resume();
    await until('all of it has left', () => isWritten);
    expect(large.every((byte) => byte === 0x78)).to.equal(true);
  });

  it('refuses a message that would end its own frame', async () => {
    await start();
    expect(await codeOf(() => send(`a${FS}\rb`))).to.equal('ERR_ENCODE_UNSUPPORTED');
    expect(connections).to.equal(0);
  });

  it('gives up a connection that is never accepted', async () => {
    // An address of TEST-NET-1 (RFC 5737), that no machine has: refused at once or never answered.
    sink = plugin.sink({ host: '192.0.2.1', port: 9, connectTimeoutMs: 100 });
    expect(await codeOf(() => send('a'))).to.equal('ERR_CONNECTION_REFUSED');
  });
});
