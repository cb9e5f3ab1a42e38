/** The routes: what a program, a page and a stranger may do, and what an answer gives away. Tests of an attack begin with the rule that forbids it. */
import { connect } from 'node:net';
import { request, type OutgoingHttpHeaders } from 'node:http';
import { expect } from 'chai';
import {
  CallRefusal,
  type CallAnswer,
  type CallLaunch,
  type CallBrowser,
  type CallLink,
  type CallRequest,
  type HttpDoor,
} from '../../../core/contract/index.ts';
import { plugin as https } from '../../transport-https/index.ts';
import { CallServer } from '../server.ts';

const PUBLIC = 'https://dcc.example.test';
const CODE = 'c'.repeat(43);
const COOKIE = 'k'.repeat(43);
const STATE = 's.t.a';
const LINK: CallLink = {
  code: CODE,
  link: `${PUBLIC}/appel-contextuel/ouvrir#${CODE}`,
  reference: 'AC-00000001',
  expiresAt: '2026-09-15T08:01:00Z',
  warnings: [],
};
const OURS = { origin: PUBLIC, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' };

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

describe('the routes of the contextual call', () => {
  const received: CallRequest[] = [];
  const launched: CallLaunch[] = [];
  const asked: { readonly road: string; readonly from: CallBrowser; readonly said?: unknown }[] = [];
  let receive: () => Promise<CallLink>;
  let answer: CallAnswer;
  const doors: HttpDoor[] = [];
  let base = '';

  beforeEach(async () => {
    received.length = 0;
    launched.length = 0;
    asked.length = 0;
    receive = async () => LINK;
    answer = {
      step: { outcome: 'open', reference: 'AC-00000001', url: 'https://record.example.test/ouvrir', fields: { ticket: 'T' } },
      browser: COOKIE,
    };
    const ask = (road: string) => async (from: CallBrowser, said?: unknown) => {
      asked.push({ road, from, ...(said !== undefined && { said }) });
      return answer;
    };
    const server = new CallServer(
      {
        receive: async (call) => {
          received.push(call);
          return receive();
        },
        launch: async (said) => {
          launched.push(said);
          return { url: `https://dpi.example.test/authorize?state=${STATE}`, at: '990001018-dpi', secret: CODE };
        },
        clientKeys: async () => ({ keys: [{ kty: 'EC', use: 'sig' }] }),
        jwks: async () => ({ keys: [{ kty: 'RSA', use: 'enc' }] }),
        enrol: async () => ({ fingerprint: 'AAAA BBBB' }),
        rotate: async () => ({ fingerprint: 'CCCC DDDD' }),
      },
      {
        redeem: ask('redeem'),
        choose: ask('choose'),
        confirm: ask('confirm'),
        agree: ask('agree'),
        authenticated: ask('authenticated'),
        origins: () => ['https://record.example.test'],
      },
      PUBLIC,
    );
    const place = { host: '127.0.0.1', port: 0 };
    doors.push(await https.listen!({ ...place, path: '/appel-contextuel' }, server.handle));
    doors.push(await https.listen!({ ...place, path: '/produit/appel' }, (r, s, below) => server.handleDialect('produit', r, s, below)));
    base = doors[0]!.address;
  });
  afterEach(async () => {
    for (const door of doors.splice(0)) await door.leave();
  });

  function ask(method: string, url: string, headers: OutgoingHttpHeaders = {}, body: string | Buffer = ''): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const sent = request(url.startsWith('http') ? url : base + url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const isJson = /json/.test(response.headers['content-type'] ?? '');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          body: isJson && text ? (JSON.parse(text) as Record<string, unknown>) : {},
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
    return promise;
  }
  const question = (road: string, body: object, headers: OutgoingHttpHeaders = {}): Promise<Answer> =>
    ask('POST', road, { ...OURS, ...headers }, JSON.stringify(body));

  it('gives a program its link, and the desk what it is judged by, without cookies', async () => {
    const { status, body } = await ask(
      'POST',
      '/v1/calls',
      { 'content-type': 'application/jose', cookie: 'a=b', 'passerelle-key': 'K1' },
      'a.b.c.d.e',
    );
    expect(status).to.equal(201);
    expect(body).to.deep.equal({ link: LINK.link, reference: LINK.reference, expiresAt: LINK.expiresAt, warnings: [] });
    expect(received[0]).to.deep.include({ kind: 'token', address: '127.0.0.1' });
    expect(received[0]?.http).to.deep.include({ method: 'POST', path: '/appel-contextuel/v1/calls' });
    expect(received[0]?.http.headers).to.include({ 'content-type': 'application/jose', 'passerelle-key': 'K1' }).and.not.have.property('cookie');
    expect((await ask('POST', '/v1/calls/hmac', {}, '{}')).status).to.equal(201);
    expect((await ask('POST', doors[1]!.address, {}, 'x')).status).to.equal(201);
    expect(received.map(({ kind, connector }) => [kind, connector])).to.deep.equal([
      ['token', undefined],
      ['hmac', undefined],
      ['dialect', 'produit'],
    ]);
    const { body: offered } = await ask('GET', '/v1/keys');
    expect(offered).to.have.property('keys').with.length(1);
    expect(offered, 'what links begin with: a kit of another address sees it').to.have.property('origin', PUBLIC);
    expect((await ask('POST', '/v1/enrolments', {}, '{}')).body).to.deep.equal({ fingerprint: 'AAAA BBBB' });
    expect((await ask('POST', '/v1/rotations', {}, '{}')).status).to.equal(202);
  });

  it('says a refusal in words for a clinician, with reference and the time here, and nothing of what was wrong', async () => {
    receive = async () => {
      throw new CallRefusal('ERR_CALL_REFUSED', 'AC-00000002', { found: 'a key of nobody', location: { path: '/secret' } });
    };
    const { status, body, text } = await ask('POST', '/v1/calls', {}, 'x');
    expect(status).to.equal(401);
    expect(body).to.include({ code: 'ERR_CALL_REFUSED', reference: 'AC-00000002', status: 401 });
    expect(Math.abs(Date.parse(String(body['serverTime'])) - Date.now())).to.be.below(60_000);
    expect(text).to.not.match(/nobody|secret/);
    receive = async () => {
      throw new CallRefusal('ERR_CALL_RATE', 'AC-00000003', { retryAfter: 1.2 });
    };
    const busy = await ask('POST', '/v1/calls', {}, 'x');
    expect(busy.headers).to.include({ 'retry-after': '2' });
    receive = async () => {
      throw new TypeError('secret');
    };
    const defect = await ask('POST', '/v1/calls', {}, 'x');
    expect(defect.status).to.equal(500);
    expect(defect.text).to.not.include('secret');
  });

  it('C4 takes no more than it says, nothing compressed, and nothing by another way', async () => {
    expect((await ask('POST', '/v1/calls', {}, 'x'.repeat(16 * 1024 + 1))).body).to.include({ code: 'ERR_CALL_TOO_LARGE' });
    expect((await ask('POST', '/v1/calls', { 'transfer-encoding': 'chunked' }, Buffer.alloc(64 * 1024))).status).to.equal(413);
    expect((await ask('POST', '/v1/calls', { 'content-encoding': 'gzip' }, 'x')).status).to.equal(415);
    for (const [method, road, status] of [
      ['GET', '/v1/calls', 405],
      ['PUT', '/v1/links', 405],
      ['GET', '/nowhere', 404],
      ['GET', '/appel.js/x', 404],
      ['GET', '/__proto__', 404],
      ['POST', '/v1/calls/', 404],
    ] as const)
      expect((await ask(method, road)).status, `${method} ${road}`).to.equal(status);
    expect(received).to.deep.equal([]);
  });

  it('C4 bodies that do not end stop neither pages nor calls, and one address holds a few of them at most', async () => {
    const sockets: ReturnType<typeof connect>[] = [];
    const { port, hostname } = new URL(base);
    const drip = (address: string): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect(Number(port), hostname, () =>
          socket.write(`POST /appel-contextuel/v1/calls HTTP/1.1\r\nhost: x\r\nx-forwarded-for: ${address}\r\ncontent-length: 100\r\n\r\nx`, () =>
            resolve(),
          ),
        );
        socket.on('error', () => undefined);
        sockets.push(socket);
      });
    try {
      for (let n = 0; n < 220; n += 1) await drip(`192.0.2.${n}`);
      for (let n = 0; n < 60; n += 1) await drip('198.51.100.1');
      expect((await ask('GET', '/ouvrir')).status).to.equal(200);
      expect((await ask('GET', '/appel.js')).status).to.equal(200);
      expect((await ask('POST', '/v1/calls', { 'x-forwarded-for': '198.51.100.2' }, 'x')).status).to.equal(201);
      expect((await ask('POST', '/v1/calls', { 'x-forwarded-for': '198.51.100.1' }, 'x')).status).to.equal(503);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  it('C3 a GET of the link consumes nothing, whoever prefetches it, and the page holds nothing of the call', async () => {
    for (const headers of [{}, { 'sec-purpose': 'prefetch' }, { 'user-agent': 'scanner' }]) {
      const page = await ask('GET', '/ouvrir?code=x', headers);
      expect(page.status).to.equal(200);
      expect(page.headers).to.not.have.property('set-cookie');
      expect(page.text).to.include('<html lang="fr">').and.include('value="{}"');
    }
    expect((await ask('HEAD', '/ouvrir')).text).to.equal('');
    expect((await ask('GET', '/v1/links')).status).to.equal(405);
    expect(asked).to.deep.equal([]);
  });

  it('keeps every answer out of caches, frames and referrers, and runs nothing inline', async () => {
    const page = await ask('GET', '/ouvrir');
    expect(page.headers['content-security-policy'])
      .to.include("default-src 'none'")
      .and.include("script-src 'self';")
      .and.include("frame-ancestors 'none'")
      .and.include("form-action 'self' https://record.example.test")
      .and.not.match(/unsafe|\*/);
    expect(page.text).to.not.match(/<script(?![^>]* src=)|<style|\son\w+=|style=/);
    for (const road of ['/ouvrir', '/appel.js', '/etapes.js', '/appel.css', '/v1/keys', '/nowhere'])
      expect((await ask('GET', road)).headers, road).to.include({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
  });

  it('C3 binds the browser by a cookie that no script, subdomain or other site gets', async () => {
    const first = await question('/v1/links', { code: CODE });
    expect(first.body).to.include({ outcome: 'open' });
    expect(first.headers['set-cookie']).to.deep.equal([`__Host-passerelle-appel=${COOKIE}; Path=/; Secure; HttpOnly; SameSite=Strict`]);
    answer = { step: answer.step };
    const second = await question('/v1/links', { code: CODE }, { cookie: `x=1; __Host-passerelle-appel=${COOKIE}` });
    expect(second.headers).to.not.have.property('set-cookie');
    await question('/v1/links', { code: CODE }, { cookie: `__Host-passerelle-appel=${COOKIE}; __Host-passerelle-appel=${'z'.repeat(43)}` });
    await question('/v1/links', { code: CODE }, { cookie: '__Host-passerelle-appel=../../etc' });
    expect(asked.map(({ from }) => from.browser)).to.deep.equal([undefined, COOKIE, undefined, undefined]);
  });

  it('C6 answers its own page only (CSRF): no other origin, no rebound name, no form, no missing origin', async () => {
    const others: OutgoingHttpHeaders[] = [
      { origin: 'https://evil.example.test' },
      { origin: 'null' },
      { origin: undefined },
      { origin: `${PUBLIC}.evil.example.test` },
      { origin: PUBLIC, 'sec-fetch-site': 'cross-site' },
      { origin: PUBLIC, 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of others) {
      const merged = Object.fromEntries(Object.entries({ ...OURS, ...headers }).filter(([, value]) => value !== undefined));
      for (const road of ['/v1/links', '/v1/choices', '/v1/confirmations', '/v1/agreements'])
        expect((await ask('POST', road, merged, JSON.stringify({ code: CODE }))).body, `${road} ${JSON.stringify(headers)}`).to.include({
          code: 'ERR_CALL_ORIGIN',
        });
    }
    expect((await question('/v1/links', { code: CODE }, { 'content-type': 'text/plain' })).status).to.equal(415);
    expect(asked).to.deep.equal([]);
    const { headers } = await ask('OPTIONS', '/v1/links', { origin: 'https://evil.example.test', 'access-control-request-method': 'POST' });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).to.deep.equal([]);
  });

  it('C3 a launch and a return are pages that use nothing up, whoever fetches them; what they bring is taken from this origin alone', async () => {
    for (const road of ['/smart/990001018/lancer?iss=x&launch=y', '/retour/990001018-dpi?code=x&state=y', '/retour/psc?code=x']) {
      const page = await ask('GET', road);
      expect(page.status, road).to.equal(200);
      expect(page.headers).to.include({ 'referrer-policy': 'no-referrer' }).and.not.have.property('set-cookie');
      expect(page.text).to.not.match(/code=x|launch=y|state=y/);
    }
    for (const road of ['/smart/x/lancer', '/smart/990001018/lancer/x', '/retour/', '/retour/../v1/keys'])
      expect((await ask('GET', road)).status, road).to.be.oneOf([404, 200]);
    for (const road of ['/v1/launches', '/v1/returns'])
      for (const headers of [
        { ...OURS, origin: 'https://evil.example.test' },
        { ...OURS, 'sec-fetch-site': 'cross-site' },
        { 'content-type': 'application/json' },
      ])
        expect((await ask('POST', road, headers, '{}')).body, road).to.include({ code: 'ERR_CALL_ORIGIN' });
    expect([launched, received, asked]).to.deep.equal([[], [], []]);
  });

  it('C3 a browser that is sent away brings back a cookie of its own, which no page reads and which is over when it is back', async () => {
    const left = await question('/v1/launches', { site: '990001018', iss: 'https://dpi.example.test/fhir', launch: 'L1' });
    expect(left.body).to.deep.equal({ outcome: 'leave', url: `https://dpi.example.test/authorize?state=${STATE}` });
    const [cookie = ''] = left.headers['set-cookie'] as string[];
    expect(cookie).to.match(/^__Host-passerelle-appel-aller-[0-9a-f]{16}=c{43}; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=600$/);
    const said = { at: '990001018-dpi', answer: { code: 'C1', state: STATE } };
    const back = await question('/v1/returns', said, { cookie: cookie.split(';')[0] });
    expect(back.body).to.deep.equal({ outcome: 'link', tab: CODE, reference: 'AC-00000001' });
    expect(back.headers['set-cookie']).to.deep.equal([`${cookie.split('=')[0]}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`]);
    const brought = received.map(({ kind, bytes }) => [kind, JSON.parse(Buffer.from(bytes).toString())]);
    expect(brought).to.deep.equal([['smart', { ...said, secret: CODE }]]);
    // Of another state, and without a cookie: nothing to bring.
    await question('/v1/returns', { ...said, answer: { state: 'other' } }, { cookie: cookie.split(';')[0] });
    await question('/v1/returns', said);
    expect(received.slice(1).map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()).secret)).to.deep.equal(['', '']);
    for (const body of [{ at: 1, answer: {} }, { at: 'x', answer: [] }, { at: 'x', answer: { code: 1 } }, { at: 'x' }])
      expect((await question('/v1/returns', body)).status).to.equal(400);
  });

  it('C3 a page that sends the browser away again and again does not fill its cookies', async () => {
    const away = Array.from({ length: 10 }, (_, n) => `__Host-passerelle-appel-aller-${String(n).padStart(16, '0')}`);
    const cookie = [...away.map((name) => `${name}=${CODE}`), `__Host-passerelle-appel=${COOKIE}`].join('; ');
    const left = await question('/v1/launches', { site: '990001018', iss: 'https://dpi.example.test/fhir', launch: 'L1' }, { cookie });
    const said = left.headers['set-cookie'] as string[];
    expect(said.filter((one) => one.endsWith('Max-Age=0')).map((one) => one.split('=')[0])).to.deep.equal(away);
    expect(said.filter((one) => one.endsWith('Max-Age=600'))).to.have.length(1);
  });

  it('C3 a tab that is sent to Pro Santé Connect is known by its own cookie when it comes back, and by nothing else', async () => {
    answer = { step: { outcome: 'authenticate', reference: 'AC-00000001', url: `https://psc.example.test/auth?state=${STATE}` }, browser: COOKIE };
    const sent = await question('/v1/links', { code: CODE });
    const [first = '', second = ''] = sent.headers['set-cookie'] as string[];
    expect(first).to.include(`__Host-passerelle-appel=${COOKIE}`);
    answer = { step: { outcome: 'refused', code: 'ERR_CALL_OTHER_USER', reference: 'AC-00000001' } };
    const said = { at: 'psc', answer: { code: 'C1', state: STATE } };
    expect((await question('/v1/returns', said, { cookie: first.split(';')[0] })).body).to.include({ code: 'ERR_CALL_SESSION' });
    const back = await question('/v1/returns', said, { cookie: `${first.split(';')[0]}; ${second.split(';')[0]}` });
    expect(back.body).to.include({ outcome: 'refused', code: 'ERR_CALL_OTHER_USER', tab: CODE });
    expect(asked.slice(1)).to.deep.equal([{ road: 'authenticated', from: { code: CODE, address: '127.0.0.1', browser: COOKIE }, said: said.answer }]);
  });

  it('C6 a page that posts to the roads of programs is refused (a web page talking to a service)', async () => {
    for (const road of ['/v1/calls', '/v1/calls/hmac', '/v1/enrolments', '/v1/rotations'])
      expect((await ask('POST', road, { origin: 'https://evil.example.test' }, 'x')).body, road).to.include({ code: 'ERR_CALL_ORIGIN' });
    expect(received).to.deep.equal([]);
  });

  it('C6 the form of a web DPI gives the page its code, never an address with it; the origin goes to the desk', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://dpi.example.test', 'sec-fetch-dest': 'document' };
    const page = await ask('POST', '/v1/form', form, 'token=a.b.c.d.e');
    expect(page.status).to.equal(200);
    expect(page.headers).to.not.have.property('location');
    expect(page.text).to.include(`&quot;code&quot;:&quot;${CODE}&quot;`);
    expect(received[0]).to.deep.include({ kind: 'form' });
    expect(Buffer.from(received[0]?.bytes ?? []).toString()).to.equal('a.b.c.d.e');
    expect(received[0]?.http.headers).to.include({ origin: 'https://dpi.example.test' });
    for (const headers of [
      { ...form, 'sec-fetch-dest': 'iframe' },
      { 'content-type': form['content-type'] },
      { ...form, 'content-type': 'text/plain' },
    ])
      expect((await ask('POST', '/v1/form', headers, 'token=x')).status).to.be.oneOf([403, 415]);
    for (const body of ['', 'token=a&token=b', 'token=a&x=1']) expect((await ask('POST', '/v1/form', form, body)).status, body).to.equal(422);
    expect(received).to.have.length(1);
  });

  it('C6 a form that is replayed, or refused, is a page in French with its reference', async () => {
    receive = async () => {
      throw new CallRefusal('ERR_CALL_REPLAYED', 'AC-00000009');
    };
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://dpi.example.test' };
    const page = await ask('POST', '/v1/form', form, 'token=x');
    expect(page.status).to.equal(409);
    expect(page.headers['content-type']).to.match(/^text\/html/);
    expect(page.text).to.include('AC-00000009').and.include('Refaites l’appel');
    expect(page.text).to.not.include(CODE);
  });

  it('C3 guessing links (brute force) makes an address wait, and never asks twice as fast by another cookie', async () => {
    answer = { step: { outcome: 'refused', code: 'ERR_CALL_LINK', reference: '' } };
    const statuses: number[] = [];
    for (let guess = 0; guess < 310; guess += 1)
      statuses.push(
        (
          await question(
            '/v1/links',
            { code: String(guess).padStart(43, 'x') },
            { cookie: `__Host-passerelle-appel=${String(guess).padStart(43, 'y')}` },
          )
        ).status,
      );
    expect(statuses.filter((status) => status === 200)).to.have.length(300);
    expect(statuses.at(-1)).to.equal(429);
    expect(asked).to.have.length(300);
    // Behind a proxy each address is its own; the word of a client about itself is not taken for it.
    expect((await question('/v1/links', { code: CODE }, { 'x-forwarded-for': '192.0.2.7' })).status).to.equal(200);
    expect(asked.at(-1)?.from.address).to.equal('192.0.2.7');
    await question('/v1/links', { code: CODE }, { 'x-forwarded-for': 'spoofed, 192.0.2.8' });
    expect(asked.at(-1)?.from.address).to.equal('192.0.2.8');
  });

  it('passes on only what a question may say', async () => {
    await question('/v1/choices', { code: CODE, candidate: 1 });
    await question('/v1/choices', { code: CODE, candidate: 'none' });
    await question('/v1/confirmations', { code: CODE, agreed: 'yes' });
    await question('/v1/agreements', { code: CODE, agreed: true });
    expect(asked.map(({ road, said }) => [road, said])).to.deep.equal([
      ['choose', 1],
      ['choose', 'none'],
      ['confirm', false],
      ['agree', true],
    ]);
    for (const body of [{ candidate: -1 }, { candidate: '0' }, { candidate: 0.5 }, {}])
      expect((await question('/v1/choices', { code: CODE, ...body })).status).to.equal(400);
    for (const code of ['', 'x', 1, null, `${CODE}x`]) expect((await question('/v1/links', { code })).status).to.equal(410);
    for (const text of ['', '[]', '{', 'null']) expect((await ask('POST', '/v1/links', OURS, text)).status, text).to.equal(400);
    expect((await question('/v1/links', { code: CODE, more: 'x'.repeat(3000) })).status).to.equal(413);
    expect(asked).to.have.length(4);
  });

  it('D11 header and line injection: nothing that comes in goes out in a header', async () => {
    answer = { step: { outcome: 'refused', code: 'ERR_CALL_RECORD', reference: 'AC-1\r\nset-cookie: a=b' } };
    const { headers } = await question('/v1/links', { code: CODE }, { cookie: '__Host-passerelle-appel=x%0d%0aset-cookie:y=1' });
    expect(headers).to.not.have.property('set-cookie');
    const raw = await new Promise<string>((resolve, reject) => {
      const { port, hostname } = new URL(base);
      const socket = connect(Number(port), hostname, () =>
        socket.write('GET /appel-contextuel/ouvrir%0d%0aset-cookie:%20a=b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'),
      );
      let text = '';
      socket
        .on('data', (chunk) => (text += chunk.toString()))
        .on('end', () => resolve(text))
        .on('error', reject);
    });
    expect(raw.split('\r\n\r\n')[0])
      .to.match(/^HTTP\/1\.1 404/)
      .and.not.match(/set-cookie/i);
  });
});
