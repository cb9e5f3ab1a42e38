import { expect } from 'chai';
import { request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { PasserelleError, type Received, type Reply, type Sink, type Source } from '../../../core/contract/index.ts';
import { plugin } from '../index.ts';

const TOKEN = 'jeton-de-test';
const bytes = (text: string): Uint8Array => Buffer.from(text);

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** One request, as a foreign client makes it. */
function call(url: string, options: { method?: string; headers?: OutgoingHttpHeaders; body?: string | Buffer } = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request(url, { method: options.method ?? 'POST', headers: options.headers ?? {}, agent: false }, (response) => {
    let text = '';
    response.on('data', (chunk: Buffer) => (text += chunk.toString()));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
  });
  sent.on('error', reject);
  sent.end(options.body);
  return promise;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !holds();) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'nothing thrown';
  } catch (error) {
    return error instanceof PasserelleError ? error.code : String(error);
  }
}

describe('the https transport, way in', () => {
  const opened: Source[] = [];
  afterEach(async () => {
    for (const source of opened.splice(0)) await source.stop();
  });

  async function open(settings: Record<string, unknown>, receive?: (received: Received) => Promise<Reply>) {
    const received: Received[] = [];
    const faults: string[] = [];
    const source = plugin.source(settings, {
      receive: async (message) => {
        received.push(message);
        return receive ? receive(message) : { bytes: bytes('{"ok":true}'), http: { method: '', path: '', status: 201 } };
      },
      fault: async ({ code }) => {
        faults.push(code);
        return { bytes: null };
      },
    });
    opened.push(source);
    return { source, received, faults, address: await source.start() };
  }

  it('hands over body, method, path below the base, query and the headers that matter, and answers what the lane says', async () => {
    const { address, received } = await open({ port: 0, path: '/entrant/dcc', token: TOKEN });
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', 'idempotency-key': 'M1', 'x-demo': 'a', cookie: 'c=1' };
    const answer = await call(`${address}/v1/documents?draft=1`, { body: '{"é":1}', headers });
    expect(answer.status).to.equal(201);
    expect(answer.text).to.equal('{"ok":true}');
    expect(Buffer.from(received[0]!.bytes).toString()).to.equal('{"é":1}');
    expect(received[0]!.http).to.deep.equal({
      method: 'POST',
      path: '/v1/documents',
      query: { draft: '1' },
      headers: { 'content-type': 'application/json', 'idempotency-key': 'M1', 'x-demo': 'a' },
    });
    expect(received[0]!.peer).to.match(/^127\.0\.0\.1:\d+$/);
  });

  it('refuses a wrong, a missing and a longer token before it reads anything, and reports each', async () => {
    const { address, received, faults } = await open({ port: 0, path: '/a', token: TOKEN });
    for (const authorization of [undefined, 'Bearer no', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`]) {
      const answer = await call(`${address}/v1`, { body: '{}', headers: authorization ? { authorization } : {} });
      expect(answer.status).to.equal(401);
      expect(answer.headers['content-type']).to.equal('application/problem+json');
      expect(JSON.parse(answer.text)).to.include({ code: 'ERR_HTTP_UNAUTHENTICATED', status: 401 });
      expect(answer.text).to.not.contain(TOKEN);
    }
    expect(received).to.have.length(0);
    expect(faults).to.deep.equal(Array(4).fill('ERR_HTTP_UNAUTHENTICATED'));
  });

  it('shares one listener between endpoints by longest whole-segment path, and closes it with the last one', async () => {
    const port = await freePort();
    const outer = await open({ port, path: '/in' });
    const inner = await open({ port, path: '/in/dcc' });
    const base = `http://127.0.0.1:${port}`;
    await call(`${base}/in/dcc/x`);
    await call(`${base}/in/dccx`);
    await call(`${base}/in`);
    expect(inner.received.map(({ http }) => http!.path)).to.deep.equal(['/x']);
    expect(outer.received.map(({ http }) => http!.path)).to.deep.equal(['/dccx', '/']);
    for (const path of ['/', '/other', '/inn', '/in/../in/dcc', '/in/%2e%2e/x']) expect((await raw(port, path)).split(' ')[1]).to.equal('404');
    await outer.source.stop();
    expect((await call(`${base}/in/dcc/y`)).status).to.equal(201);
    await inner.source.stop();
    expect(await call(`${base}/in/dcc`).catch((error: NodeJS.ErrnoException) => error.code)).to.equal('ECONNREFUSED');
  });

  it('refuses the same path twice and another TLS on the same port', async () => {
    const port = await freePort();
    await open({ port, path: '/a' });
    expect(await codeOf(open({ port, path: '/a' }))).to.equal('ERR_CONFIG_DUPLICATE');
    expect(await codeOf(open({ port, path: '/b', tls: { cert: '-----BEGIN', key: '-----BEGIN' } }))).to.equal('ERR_CONFIG_INVALID');
  });

  it('answers 413 to an announced length over the bound without reading it, and to a chunked body as it grows', async () => {
    const { address, received, faults } = await open({ port: 0, path: '/a', maxBodyBytes: 2048 });
    const announced = await call(address, { headers: { 'content-length': '5000000', expect: '100-continue' } }).catch(String);
    expect((announced as Answer).status).to.equal(413);
    const chunked = await call(address, { body: Buffer.alloc(4096), headers: { 'transfer-encoding': 'chunked' } });
    expect(chunked.status).to.equal(413);
    expect(faults).to.deep.equal(['ERR_HTTP_BODY_TOO_LARGE', 'ERR_HTTP_BODY_TOO_LARGE']);
    expect(received).to.have.length(0);
  });

  it('never hands over a body that was cut', async () => {
    const { address, received, faults } = await open({ port: 0, path: '/a' });
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    socket.write('POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"half":');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.end();
    await until('the cut is reported', () => faults.length > 0);
    expect(faults).to.deep.equal(['ERR_HTTP_BODY_CUT']);
    expect(received).to.have.length(0);
    socket.destroy();
  });

  it('reads at most maxConcurrent requests at once and takes the others in order', async () => {
    const pending: (() => void)[] = [];
    const { address, received } = await open({ port: 0, path: '/a', maxConcurrent: 2 }, () => {
      const { promise, resolve } = Promise.withResolvers<Reply>();
      pending.push(() => resolve({ bytes: null }));
      return promise;
    });
    const answers: Promise<Answer>[] = [];
    for (let i = 0; i < 4; i += 1) {
      answers.push(call(`${address}/${i}`, { body: 'x' }));
      if (i < 2) await until(`request ${i} is in`, () => received.length === i + 1);
    }
    // Answered without a slot: by then the two others have come as far as they can.
    expect((await call(address, { method: 'HEAD' })).status).to.equal(204);
    expect(received).to.have.length(2);
    for (let done = 0; done < 4; done += 1) {
      await until('the next one is in', () => pending.length > done);
      expect(received.length).to.be.at.most(done + 2);
      pending[done]!();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await Promise.all(answers)).map(({ status }) => status)).to.deep.equal([204, 204, 204, 204]);
  });

  it('lets replies in flight leave before it stops, and tells newcomers to come back', async () => {
    let release = (): void => {};
    const { source, address, received } = await open({ port: 0, path: '/a' }, () => {
      const { promise, resolve } = Promise.withResolvers<Reply>();
      release = () => resolve({ bytes: bytes('late') });
      return promise;
    });
    const first = call(address, { body: 'x' });
    await until('it is in', () => received.length === 1);
    const stopping = source.stop();
    expect((await call(address, { body: 'y' })).status).to.equal(503);
    release();
    expect((await first).text).to.equal('late');
    await stopping;
    await source.stop();
    expect(received).to.have.length(1);
  });

  it('answers a probe itself, and refuses pages of a browser and compressed bodies', async () => {
    const { address, received } = await open({ port: 0, path: '/a', token: TOKEN });
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await call(address, { method: 'HEAD', headers })).status).to.equal(204);
    expect((await call(address, { method: 'HEAD' })).status).to.equal(401);
    expect((await call(address, { body: '{}', headers: { ...headers, origin: 'http://localhost' } })).status).to.equal(403);
    expect((await call(address, { body: '{}', headers: { ...headers, 'content-encoding': 'gzip' } })).status).to.equal(415);
    expect(received).to.have.length(0);
  });

  it('takes only the peers of its allow-list', async () => {
    const { address } = await open({ port: 0, path: '/a', allow: ['127.0.0.2'] });
    expect((await call(address, { body: '{}' })).status).to.equal(403);
  });

  it('refuses to be built open to others without TLS and a proof of who calls', () => {
    const build = (settings: Record<string, unknown>) => () => plugin.source({ path: '/a', ...settings }, { receive: never, fault: never });
    expect(build({ host: '0.0.0.0', token: TOKEN }))
      .to.throw(PasserelleError)
      .with.property('code', 'ERR_CONFIG_UNSAFE');
    expect(build({ host: '0.0.0.0', tls: { cert: 'c', key: 'k' } }))
      .to.throw(PasserelleError)
      .with.property('code', 'ERR_CONFIG_UNSAFE');
    expect(build({ token: { env: 'UNRESOLVED' } }))
      .to.throw(PasserelleError)
      .with.property('code', 'ERR_SECRET_MISSING');
    expect(build({ host: '0.0.0.0', token: TOKEN, tls: { cert: 'c', key: 'k' } })).to.not.throw();
  });
});

describe('the https transport, a path for an application', () => {
  const given: { leave: () => Promise<void> }[] = [];
  afterEach(async () => {
    for (const door of given.splice(0)) await door.leave();
  });

  it('is beside the endpoints of the port, and outlives them', async () => {
    const port = await freePort();
    const source = plugin.source({ path: '/entrant', port, token: TOKEN }, { receive: never, fault: async () => ({ bytes: null }) });
    await source.start();
    const door = await plugin.listen!({ host: '127.0.0.1', port, path: '/appel' }, (_, response, below) => response.end(`below ${below}`));
    given.push(door);
    expect(door.address).to.equal(`http://127.0.0.1:${port}/appel`);
    await source.stop();
    expect((await call(`${door.address}/v1/calls`)).text).to.equal('below /v1/calls');
    expect((await call(`http://127.0.0.1:${port}/entrant`)).status).to.equal(404);
  });

  it('is refused where others could listen in, and where it is taken', async () => {
    const answer = (): void => undefined;
    expect(await codeOf(plugin.listen!({ host: '0.0.0.0', port: 0, path: '/appel' }, answer))).to.equal('ERR_CONFIG_UNSAFE');
    const place = { host: '127.0.0.1', port: await freePort(), path: '/appel' };
    given.push(await plugin.listen!(place, answer));
    expect(await codeOf(plugin.listen!(place, answer))).to.equal('ERR_CONFIG_DUPLICATE');
  });
});

describe('the https transport, way out', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  /** A receiver made of bare sockets, to misbehave at will. */
  async function receiver(answer: (socket: Socket, text: string) => void): Promise<{ baseUrl: string; requests: string[] }> {
    const requests: string[] = [];
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        text += chunk.toString();
        const [head = '', body] = text.split('\r\n\r\n');
        if (body === undefined || body.length < Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)) return;
        requests.push(text);
        text = '';
        answer(socket, requests.at(-1)!);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`, requests };
  }

  function sink(settings: Record<string, unknown>): Sink {
    const made = plugin.sink(settings);
    closing.push(() => made.stop());
    return made;
  }

  const message = { deadlineMs: 5000, http: { method: 'PUT', path: '/v1/x', headers: { 'Idempotency-Key': 'M1', cookie: 'no' } } } as const;

  it('sends method, path, token and idempotency key, and takes any status as the reply', async () => {
    for (const status of [201, 302, 409, 422, 429, 500, 502, 503]) {
      const { baseUrl, requests } = await receiver((socket) => {
        socket.write(
          `HTTP/1.1 ${status} X\r\ncontent-type: text/x\r\nset-cookie: a=1\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 2\r\n\r\nok`,
        );
      });
      const reply = await sink({ baseUrl, token: TOKEN }).send(bytes('body'), message);
      expect(reply.http?.status).to.equal(status);
      expect(reply.http?.headers).to.deep.equal({ 'content-type': 'text/x', location: 'http://127.0.0.1:1/' });
      expect(Buffer.from(reply.bytes).toString()).to.equal('ok');
      expect(requests).to.have.length(1);
      expect(requests[0]).to.match(/^PUT \/api\/v1\/x HTTP\/1\.1\r\n/);
      expect(requests[0]).to.match(/idempotency-key: M1\r\n/i);
      expect(requests[0]).to.match(/authorization: Bearer jeton-de-test\r\n/i);
      expect(requests[0]).to.not.match(/cookie/i);
      expect(requests[0]).to.match(/\r\n\r\nbody$/);
    }
  });

  it('keeps its connection from one message to the next', async () => {
    const seen = new Set<Socket>();
    const { baseUrl } = await receiver((socket) => {
      seen.add(socket);
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    });
    const out = sink({ baseUrl });
    for (let i = 0; i < 3; i += 1) await out.send(bytes('x'), message);
    expect(seen.size).to.equal(1);
  });

  it('says refused when nobody listens, lost when cut after sending, timeout when silent, unreadable when endless', async () => {
    const port = await freePort();
    expect(await codeOf(sink({ baseUrl: `http://127.0.0.1:${port}` }).send(bytes('x'), message))).to.equal('ERR_CONNECTION_REFUSED');
    const cut = await receiver((socket) => socket.destroy());
    expect(await codeOf(sink({ baseUrl: cut.baseUrl }).send(bytes('x'), message))).to.equal('ERR_CONNECTION_LOST_AFTER_SEND');
    const half = await receiver((socket) => socket.end('HTTP/1.1 201 OK\r\ncontent-length: 50\r\n\r\n{"half'));
    expect(await codeOf(sink({ baseUrl: half.baseUrl }).send(bytes('x'), message))).to.equal('ERR_CONNECTION_LOST_AFTER_SEND');
    const silent = await receiver(() => {});
    expect(await codeOf(sink({ baseUrl: silent.baseUrl }).send(bytes('x'), { ...message, deadlineMs: 150 }))).to.equal('ERR_ACK_TIMEOUT');
    const endless = await receiver((socket) => socket.write(Buffer.concat([bytes('HTTP/1.1 200 OK\r\n\r\n'), Buffer.alloc(2_000_000)])));
    expect(await codeOf(sink({ baseUrl: endless.baseUrl }).send(bytes('x'), message))).to.equal('ERR_ACK_UNREADABLE');
  });

  it('keeps a connector below the base address', async () => {
    const out = sink({ baseUrl: 'http://127.0.0.1:9/api' });
    for (const path of ['/../admin', 'v1', '//elsewhere', '/a?b=c', '/%2e%2e/admin']) {
      expect(await codeOf(out.send(bytes('x'), { deadlineMs: 100, http: { method: 'POST', path } }))).to.equal('ERR_CONNECTOR_FAILED', path);
    }
  });

  it('probes without sending a message, and says when the token is refused', async () => {
    const { baseUrl, requests } = await receiver((socket) => socket.write('HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n'));
    expect(await codeOf(sink({ baseUrl }).probe())).to.equal('ERR_HTTP_UNAUTHENTICATED');
    expect(requests[0]).to.match(/^HEAD \/api HTTP/);
  });

  it('refuses to send in clear, or without proof of who we are, beyond this machine', () => {
    for (const settings of [{ baseUrl: 'http://dcc.example.test', token: TOKEN }, { baseUrl: 'https://dcc.example.test' }]) {
      expect(() => plugin.sink(settings))
        .to.throw(PasserelleError)
        .with.property('code', 'ERR_CONFIG_UNSAFE');
    }
    expect(() => plugin.sink({ baseUrl: 'https://dcc.example.test', token: TOKEN })).to.not.throw();
  });
});

const never = (): Promise<Reply> => Promise.reject(new Error('never called'));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A request whose path no client normalises. */
function raw(port: number, path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(port, '127.0.0.1', () => socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`));
  socket.once('data', (chunk) => {
    resolve(chunk.toString());
    socket.destroy();
  });
  socket.once('error', reject);
  return promise;
}
