/** What every transport owes to a lane, whatever it speaks: run by each transport over real sockets. */
import net, { type AddressInfo, type Socket } from 'node:net';
import { expect } from 'chai';
import { PasserelleError, type Received, type Reply, type Sink, type Source, type TransportPlugin } from '../../core/contract/index.ts';

/** How a transport looks on the wire, for peers that misbehave. */
export interface Wire {
  /** Bytes of one message. */
  readonly message: (body: string) => Buffer;
  /** Bodies of the whole replies among the bytes that came so far. */
  readonly replies: (received: Buffer) => readonly string[];
}

export interface TransportUnderTest {
  readonly plugin: TransportPlugin;
  readonly wire: Wire;
  /** Settings of a listener on a port (0 = any) of loopback. */
  readonly inSettings: (port: number) => Record<string, unknown>;
  /** Settings of a way out to the address that a source printed. */
  readonly outSettings: (address: string, connections: number) => Record<string, unknown>;
  /** Cases that do not apply, with the reason. */
  readonly waivers?: Readonly<Record<string, string>>;
}

const DEADLINE_MS = 10_000;

/** Waits for a condition; never for a time. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > DEADLINE_MS) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
};

export const portOf = (address: string): number => Number(new URL(address).port);
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** A sender that writes what it likes. */
export class RawClient {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  readonly #wire: Wire;

  private constructor(socket: Socket, wire: Wire) {
    this.socket = socket;
    this.#wire = wire;
    socket.on('data', (chunk: Buffer) => (this.#received = Buffer.concat([this.#received, chunk])));
    socket.on('error', () => undefined);
  }

  static connect(address: string, wire: Wire): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host: '127.0.0.1', port: portOf(address), noDelay: true }, () => resolve(new RawClient(socket, wire)));
      socket.once('error', reject);
    });
  }

  get replies(): readonly string[] {
    return this.#wire.replies(this.#received);
  }

  get isClosed(): boolean {
    return this.socket.destroyed;
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  async repliesReach(count: number): Promise<readonly string[]> {
    await until(`${count} replies`, () => this.replies.length >= count);
    return this.replies;
  }

  close(): void {
    this.socket.destroy();
  }
}

export function transportSuite({ plugin, wire, inSettings, outSettings, waivers = {} }: TransportUnderTest): void {
  const sources: Source[] = [];
  const sinks: Sink[] = [];
  const clients: RawClient[] = [];
  const received: string[] = [];
  let answer: (received: Received) => Promise<Reply>;

  const source = (port = 0): Source => {
    const made = plugin.source(inSettings(port), {
      receive: (message) => {
        received.push(textOf(message.bytes));
        return answer(message);
      },
      fault: async () => ({ bytes: null }),
    });
    sources.push(made);
    return made;
  };
  const sink = (address: string, connections = 1): Sink => {
    const made = plugin.sink(outSettings(address, connections));
    sinks.push(made);
    return made;
  };
  const client = async (address: string): Promise<RawClient> => {
    const made = await RawClient.connect(address, wire);
    clients.push(made);
    return made;
  };
  const send = async (to: Sink, body: string, deadlineMs = 5000): Promise<string> => textOf((await to.send(Buffer.from(body), { deadlineMs })).bytes);
  const failure = async (run: Promise<unknown>): Promise<string> => {
    const error = await run.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof PasserelleError)) throw new Error('did not fail with an error of the catalogue', { cause: error });
    return `${error.code} ${error.entry.disposition}`;
  };
  const test = (title: string, run: () => Promise<void>): void => {
    const waived = waivers[title];
    if (waived) it(`${title} (does not apply: ${waived})`);
    else it(title, run);
  };

  beforeEach(() => {
    received.length = 0;
    answer = async ({ bytes }) => ({ bytes: Buffer.from(`re ${textOf(bytes)}`) });
  });

  afterEach(async () => {
    for (const one of clients.splice(0)) one.close();
    await Promise.all(sinks.splice(0).map((one) => one.stop()));
    await Promise.all(sources.splice(0).map((one) => one.stop()));
  });

  test('stops before it started, twice, and starts again', async () => {
    const one = source();
    await one.stop();
    await one.start();
    await one.stop();
    await one.stop();
    const again = await one.start();
    expect(await send(sink(again), 'a')).to.equal('re a');
  });

  test('says that its port is taken', async () => {
    const address = await source().start();
    expect(await failure(source(portOf(address)).start())).to.equal('ERR_PORT_TAKEN configuration');
  });

  test('gives a message whole, wherever the network cut it', async () => {
    const one = await client(await source().start());
    const bytes = wire.message('cut me');
    for (let at = 1; at < bytes.length; at++) {
      one.write(bytes.subarray(0, at));
      await turns(3);
      one.write(bytes.subarray(at));
      expect((await one.repliesReach(at))[at - 1]).to.equal('re cut me');
    }
    expect(received).to.deep.equal(Array.from({ length: bytes.length - 1 }, () => 'cut me'));
  });

  test('answers the messages of one connection in their order, one at a time', async () => {
    let inWork = 0;
    answer = async ({ bytes }) => {
      expect(++inWork).to.equal(1);
      await turns(bytes.length % 3);
      inWork--;
      return { bytes: Buffer.from(`re ${textOf(bytes)}`) };
    };
    const one = await client(await source().start());
    const bodies = Array.from({ length: 60 }, (_, i) => `m${i}${'x'.repeat(i * 13)}`);
    one.write(Buffer.concat(bodies.map(wire.message)));
    expect(await one.repliesReach(bodies.length)).to.deep.equal(bodies.map((body) => `re ${body}`));
    expect(received).to.deep.equal(bodies);
  });

  test('reads no further from a connection whose message is in work', async () => {
    const gate = Promise.withResolvers<void>();
    answer = async ({ bytes }) => {
      await gate.promise;
      return { bytes: bytes.subarray(0, 4) };
    };
    const one = await client(await source().start());
    const bodies = Array.from({ length: 400 }, (_, i) =>
      String(i)
        .padStart(4, '0')
        .padEnd(64 * 1024, 'x'),
    );
    for (const body of bodies) one.write(wire.message(body));
    await until('the first message', () => received.length === 1);
    let before = -1;
    await until('the sender stands still', () => before === (before = one.socket.writableLength));
    expect(received).to.have.length(1);
    expect(one.socket.writableLength).to.be.above(0);
    gate.resolve();
    expect(await one.repliesReach(bodies.length)).to.deep.equal(bodies.map((body) => body.slice(0, 4)));
  });

  test('lets a slow connection hold up no other one', async () => {
    const gate = Promise.withResolvers<void>();
    answer = async ({ bytes }) => {
      if (textOf(bytes) === 'slow') await gate.promise;
      return { bytes };
    };
    const address = await source().start();
    const [slow, quick] = [await client(address), await client(address)];
    slow.write(wire.message('slow'));
    await until('the slow message', () => received.length === 1);
    quick.write(wire.message('quick'));
    expect(await quick.repliesReach(1)).to.deep.equal(['quick']);
    gate.resolve();
    expect(await slow.repliesReach(1)).to.deep.equal(['slow']);
  });

  test('waits for the reply in work before it stops', async () => {
    const gate = Promise.withResolvers<void>();
    answer = async ({ bytes }) => {
      await gate.promise;
      return { bytes };
    };
    const one = source();
    const peer = await client(await one.start());
    peer.write(wire.message('last'));
    await until('the message', () => received.length === 1);
    const stopping = one.stop();
    await turns(5);
    gate.resolve();
    expect(await peer.repliesReach(1)).to.deep.equal(['last']);
    await stopping;
    await until('the connection is closed', () => peer.isClosed);
  });

  test('takes every whole message once and no cut one, under random cuts', async () => {
    const address = await source().start();
    // A fixed sequence of a linear congruential generator: the same cuts in every run.
    let seed = 20260915;
    const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
    for (let round = 0; round < 40; round++) {
      const bodies = Array.from({ length: 1 + random(5) }, (_, i) => `r${round}m${i}${'y'.repeat(random(300))}`);
      const stream = Buffer.concat(bodies.map(wire.message));
      const ends = bodies.map((_, i) => Buffer.concat(bodies.slice(0, i + 1).map(wire.message)).length);
      const cut = random(3) === 0 ? stream.length : random(stream.length);
      const whole = ends.filter((end) => end <= cut).length;
      const before = received.length;
      const one = await client(address);
      for (let at = 0; at < cut; at += 50) {
        one.write(stream.subarray(at, Math.min(at + 50, cut)));
        if (random(2)) await turns(1);
      }
      expect(await one.repliesReach(whole)).to.deep.equal(bodies.slice(0, whole).map((body) => `re ${body}`));
      one.socket.end();
      await until('the connection is closed', () => one.isClosed);
      expect(received.slice(before)).to.deep.equal(bodies.slice(0, whole));
    }
  });

  test('gives each message sent its own reply, several at once', async () => {
    answer = async ({ bytes }) => {
      await turns(bytes.length % 5);
      return { bytes: Buffer.from(`re ${textOf(bytes)}`) };
    };
    const out = sink(await source().start(), 3);
    expect(out.concurrency).to.equal(3);
    const lane = async (name: string): Promise<void> => {
      for (let i = 0; i < 40; i++) expect(await send(out, `${name}${'z'.repeat(i)}`)).to.equal(`re ${name}${'z'.repeat(i)}`);
    };
    await Promise.all(['a', 'b', 'c'].map(lane));
    expect(received).to.have.length(120);
  });

  test('says transient when nobody listens', async () => {
    const address = await source().start();
    await sources[0]?.stop();
    const out = sink(address);
    expect(await failure(send(out, 'a'))).to.equal('ERR_CONNECTION_REFUSED transient');
    expect(await failure(out.probe())).to.equal('ERR_CONNECTION_REFUSED transient');
  });

  test('says ambiguous when no reply comes in time, and never takes the late one for the next message', async () => {
    const gate = Promise.withResolvers<void>();
    answer = async ({ bytes }) => {
      if (textOf(bytes) === 'lost') await gate.promise;
      return { bytes };
    };
    const out = sink(await source().start());
    expect(await failure(send(out, 'lost', 100))).to.equal('ERR_ACK_TIMEOUT ambiguous');
    gate.resolve();
    expect(await send(out, 'next')).to.equal('next');
    expect(await send(out, 'after')).to.equal('after');
  });

  test('says ambiguous when the connection is lost after the message has left', async () => {
    const server = net.createServer((socket) => socket.once('data', () => socket.destroy()).on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const scheme = new URL(await source().start()).protocol;
    const out = sink(`${scheme}//127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await failure(send(out, 'a'))).to.equal('ERR_CONNECTION_LOST_AFTER_SEND ambiguous');
    await new Promise((resolve) => server.close(resolve));
  });

  test('connects again by itself when the counterparty came back', async () => {
    const one = source();
    const address = await one.start();
    const out = sink(address);
    expect(await send(out, 'a')).to.equal('re a');
    await one.stop();
    await source(portOf(address)).start();
    expect(await send(out, 'b')).to.equal('re b');
  });

  test('probes without a message', async () => {
    const out = sink(await source().start());
    await out.probe();
    expect(received).to.deep.equal([]);
    expect(await send(out, 'a')).to.equal('re a');
  });

  test('stops a way out before anything was sent, and twice', async () => {
    const out = sink('mllp://127.0.0.1:1');
    await out.stop();
    await out.stop();
  });
}
