/** What the engine fetches from servers that others name: bounded in place, size and time. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { PasserelleError } from '../../../core/contract/index.ts';
import { isPrivateAddress } from '../../../core/oidc/index.ts';
import { boundedFetch, type Reach } from '../../../core/oidc/fetch.ts';

describe('a bounded fetch', () => {
  let server: Server;
  let origin = '';
  let answer: RequestListener;
  const asked: string[] = [];

  beforeEach(async () => {
    asked.length = 0;
    answer = (_, response) => void response.end('{}');
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const ask = (url: string, over: Partial<Reach> = {}, deadlineMs?: number): Promise<Response> =>
    boundedFetch({ origins: [origin], privateAddresses: true, ...over }, deadlineMs)(url, {});
  const found = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'an answer',
      (thrown: unknown) => `${PasserelleError.from(thrown).code} ${PasserelleError.from(thrown).detail.found}`,
    );
  /** A resolver that answers in turn what it is given. */
  const names = (...answers: string[][]): NonNullable<Reach['lookup']> => {
    let turn = 0;
    return (_, options, done) => {
      const all = answers[Math.min(turn++, answers.length - 1)] ?? [];
      if (options.all)
        done(
          null,
          all.map((address) => ({ address, family: 4 })),
        );
      else done(null, all[0] ?? '', 4);
    };
  };

  it('C4 knows addresses that are not public, in every way they are written', () => {
    const privates = [
      '127.0.0.1',
      '10.0.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
      '224.0.0.1',
      '255.255.255.255',
    ];
    const privates6 = [
      '::1',
      '::',
      'fe80::1',
      'fd00::1',
      '::ffff:10.0.0.1',
      '::ffff:8.8.8.8',
      '64:ff9b::a00:1',
      'ff02::1',
      '2002:a00:1::',
      '2001:db8::1',
    ];
    for (const address of [...privates, ...privates6, '', 'localhost', '1.2.3']) expect(isPrivateAddress(address), address).to.equal(true);
    for (const address of ['8.8.8.8', '194.250.1.1', '172.32.0.1', '2a01:e0a::1', '2606:4700::1111'])
      expect(isPrivateAddress(address), address).to.equal(false);
  });

  it('C4 goes to the origins of the settings only, with no user in the address', async () => {
    expect(await found(ask(`${origin}/x`))).to.equal('an answer');
    const { port } = new URL(origin);
    for (const url of [
      `http://localhost:${port}/`,
      `https://127.0.0.1:${port}/`,
      `http://127.0.0.1:1/`,
      `http://a@127.0.0.1:${port}/`,
      `http://127.0.0.1:${port}@evil.test/`,
    ])
      expect(await found(ask(url)), url).to.equal('ERR_CALL_ISSUER another origin');
    expect(asked).to.have.length(1);
  });

  it('C4 does not speak to a private address, be it written, named, one of several, or named at the second look (DNS rebinding)', async () => {
    const { port } = new URL(origin);
    const named = `http://dpi.example.test:${port}`;
    const over = { origins: [origin, named], privateAddresses: false };
    expect(await found(ask(origin, over))).to.equal('ERR_CALL_ISSUER a private one');
    expect(await found(ask(named, { ...over, lookup: names(['127.0.0.1']) }))).to.equal('ERR_CALL_ISSUER a private address');
    expect(await found(ask(named, { ...over, lookup: names(['8.8.8.8', '127.0.0.1']) }))).to.equal('ERR_CALL_ISSUER a private address');
    const rebinding = boundedFetch({ ...over, lookup: names(['192.0.2.1'], ['127.0.0.1']) });
    expect(await found(rebinding(named, {}))).to.equal('ERR_CALL_ISSUER a private address');
    expect(await found(rebinding(named, {}))).to.equal('ERR_CALL_ISSUER a private address');
    expect(asked).to.deep.equal([]);
    expect(await found(ask(named, { ...over, privateAddresses: true, lookup: names(['127.0.0.1']) }))).to.equal('an answer');
  });

  it('C4 reads no more than an answer needs, waits no longer, follows nobody, and unpacks nothing', async () => {
    answer = (_, response) => void response.end(Buffer.alloc(257 * 1024));
    expect(await found(ask(origin))).to.equal('ERR_CALL_ISSUER more than 262144 bytes');
    answer = (_, response) => void response.writeHead(200).write('{');
    expect(await found(ask(origin, {}, 200)), 'a body that does not end').to.equal('ERR_CALL_ISSUER none in time');
    answer = () => undefined;
    expect(await found(ask(origin, {}, 200)), 'no answer').to.equal('ERR_CALL_ISSUER none in time');
    answer = (_, response) => void response.writeHead(302, { location: `${origin}/next` }).end();
    asked.length = 0;
    expect((await ask(origin)).status).to.equal(302);
    expect(asked).to.deep.equal(['/']);
    answer = (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(Buffer.from('1f8b', 'hex'));
    expect(Buffer.from(await (await ask(origin)).bytes()).toString('hex')).to.equal('1f8b');
  });

  it('C4 a server that fails, is not there, or cuts, did not answer', async () => {
    answer = (_, response) => void response.writeHead(503).end();
    expect(await found(ask(origin))).to.equal('ERR_CALL_ISSUER HTTP 503');
    answer = (request) => void request.socket.destroy();
    expect(await found(ask(origin))).to.match(/^ERR_CALL_ISSUER ECONNRESET$/);
    const closed = 'http://127.0.0.1:1';
    expect(await found(ask(closed, { origins: [closed] }))).to.match(/^ERR_CALL_ISSUER ECONNREFUSED$/);
  });
});
