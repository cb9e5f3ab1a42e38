import { request as httpRequest } from 'node:http';
import { expect } from 'chai';
import { alerting, fakeEngine, type FakeEngine } from '../../../test/unit/cli/fake-engine.ts';
import { SITE } from '../../../test/unit/settings/catalogue.ts';
import { plugin, type ContentReading } from '../index.ts';

const TOKEN = 'a-token-for-tests-of-32-characters-or-more';
interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly body: Record<string, never> & { readonly [name: string]: unknown };
  readonly text: string;
}

describe('the HTTP API', () => {
  let engine: FakeEngine;
  let base: string;
  let app: ReturnType<typeof plugin.create>;
  let readings: ContentReading[];
  let auditFails = false;

  beforeEach(async () => {
    engine = fakeEngine();
    readings = [];
    auditFails = false;
    const audit = async (reading: ContentReading): Promise<void> => {
      if (auditFails) throw new Error('disk full');
      readings.push(reading);
    };
    app = plugin.create(engine, { port: 0, token: TOKEN, audit });
    [base = ''] = await app.start();
  });
  afterEach(() => app.stop());

  const call = async (
    method: string,
    path: string,
    options: { body?: unknown; headers?: Record<string, string>; token?: string | null } = {},
  ): Promise<Answer> => {
    const { token = TOKEN, body, headers } = options;
    const response = await fetch(base + path, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    return {
      status: response.status,
      type,
      headers: response.headers,
      text,
      body: (type.includes('json') ? JSON.parse(text) : {}) as Answer['body'],
    };
  };
  /** With a Host header of our own, which fetch does not allow. */
  const statusWithHost = (host: string, path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(base);
      httpRequest({ port, host: '127.0.0.1', path, headers: { host, connection: 'close' } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });

  describe('its guards', () => {
    it('give health and metrics without token and nothing else', async () => {
      for (const path of ['/', '/healthz', '/readyz', '/metrics']) expect((await call('GET', path, { token: null })).status, path).to.equal(200);
      engine.ready = false;
      expect((await call('GET', '/readyz')).status).to.equal(503);
      for (const path of ['messages', 'openapi.json', 'sites', 'messages/test-1', 'lanes']) {
        for (const token of [null, 'wrong', `${TOKEN}x`]) {
          const answer = await call('GET', `/api/v1/${path}`, { token });
          expect(answer.status, path).to.equal(401);
          expect(answer.headers.get('www-authenticate')).to.equal('Bearer');
        }
      }
      expect((await call('GET', '/%61pi/v1/messages', { token: null })).status).to.be.oneOf([401, 404]);
    });

    it('refuse another Host, with or without token, and never say a CORS header', async () => {
      expect(await statusWithHost('evil.example', '/healthz')).to.equal(421);
      expect(await statusWithHost('evil.example:80', '/api/v1/messages')).to.equal(421);
      expect(await statusWithHost('LOCALHOST:8080', '/healthz')).to.equal(200);
      const answer = await call('GET', '/api/v1/lanes', { headers: { origin: 'http://evil.example' } });
      expect(answer.headers.get('access-control-allow-origin')).to.equal(null);
      expect(answer.headers.get('cache-control')).to.equal('no-store');
    });

    it('demand a long token and an audit at creation', () => {
      expect(() => plugin.create(engine, { token: 'short', audit: async () => undefined })).to.throw('32 characters');
      expect(() => plugin.create(engine, { token: TOKEN })).to.throw('a function');
    });

    it('refuse what the schema does not know, a body beyond its bound, and say so as a problem without quoting it', async () => {
      const unknown = await call('GET', '/api/v1/messages?ipp=SECRETIPP');
      expect(unknown.type).to.contain('application/problem+json');
      expect(unknown.body).to.deep.include({ status: 400, code: 'ERR_REQUEST_INVALID', location: { path: '/querystring/ipp' } });
      expect(unknown.text).not.to.contain('SECRETIPP');
      expect((await call('GET', '/api/v1/messages?limit=5000')).status).to.equal(400);
      expect((await call('POST', '/api/v1/messages/test-2:discard', { body: { why: 'x'.repeat(70_000) } })).status).to.equal(413);
      const broken = await fetch(`${base}/api/v1/messages/search`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        body: '{"ipp":SECRETIPP',
      });
      expect(broken.status).to.equal(400);
      expect(await broken.text()).not.to.contain('SECRETIPP');
    });
  });

  describe('messages and deliveries', () => {
    it('are listed by page with an opaque cursor', async () => {
      const page = await call('GET', '/api/v1/messages?limit=1&state=decoded&state=quarantined');
      expect(page.body['next']).to.equal('opaque-1');
      expect(engine.asked.at(-1)?.input).to.deep.equal({ limit: 1, state: ['decoded', 'quarantined'] });
      await call('GET', '/api/v1/messages?after=opaque-1');
      expect(engine.asked.at(-1)?.input).to.deep.equal({ limit: 50, after: 'opaque-1' });
    });

    it('are searched by patient or document in a body, never in an address', async () => {
      expect((await call('POST', '/api/v1/messages/search', { body: { ipp: 'hm-test:123', limit: 5 } })).status).to.equal(200);
      expect(engine.asked.at(-1)?.input).to.deep.equal({ ipp: 'hm-test:123', limit: 5 });
    });

    it('tell their story, with reason and fix in French and English', async () => {
      const { body } = await call('GET', '/api/v1/messages/test-2');
      expect(body['error']).to.have.keys('code', 'message', 'fr', 'fix');
      const story = await call('GET', '/api/v1/messages/test-3/timeline');
      expect(story.body).to.have.keys('message', 'events', 'deliveries', 'timeline', 'attempts', 'acts');
      const missing = await call('GET', '/api/v1/messages/test-77');
      expect(missing.body).to.deep.include({ status: 404, code: 'ERR_NOT_FOUND', type: 'urn:passerelle:error:ERR_NOT_FOUND' });
      expect(missing.body['fix']).to.have.keys('fr', 'en');
    });

    it('show their content only with a reason, written in the audit before the bytes leave', async () => {
      expect((await call('GET', '/api/v1/messages/test-1/content')).status).to.equal(400);
      const shown = await call('GET', '/api/v1/messages/test-1/content?reason=plainte%20du%20service');
      expect([shown.text, shown.type]).to.deep.equal(['MSH|test-1', 'application/octet-stream']);
      expect(readings).to.deep.equal([{ who: 'admin', message: 'test-1', reason: 'plainte du service', peer: '127.0.0.1' }]);
      auditFails = true;
      const refused = await call('GET', '/api/v1/messages/test-1/content?reason=encore');
      expect(refused.status).to.equal(500);
      expect(refused.text).not.to.match(/MSH|disk full/);
    });

    it('leave as a backup only with a reason, written in the audit before the first byte', async () => {
      expect((await call('POST', '/api/v1/backups')).status).to.equal(400);
      expect((await call('POST', '/api/v1/backups', { body: { why: 'nightly' }, token: null })).status).to.equal(401);
      const made = await call('POST', '/api/v1/backups', { body: { why: 'nightly', who: 'alice' } });
      expect([made.status, made.type]).to.deep.equal([200, 'application/octet-stream']);
      expect(made.text.trimEnd().split('\n').at(-1)).to.equal('{"end":true}');
      expect(readings).to.deep.equal([{ who: 'admin/alice', message: 'backup', reason: 'nightly', peer: '127.0.0.1' }]);
      auditFails = true;
      engine.asked.length = 0;
      expect((await call('POST', '/api/v1/backups', { body: { why: 'nightly' } })).status).to.equal(500);
      expect(engine.asked).to.deep.equal([]);
      expect((await call('GET', '/api/v1/journal')).body).to.deep.include({ tag: 'test', durability: { safe: true, fr: 'sûr', en: 'safe' } });
    });

    it('take the verbs of people behind a colon, with who and why', async () => {
      expect((await call('POST', '/api/v1/messages/test-2:replay')).body).to.deep.equal({ ids: ['test-2'] });
      expect(engine.asked.at(-1)?.input).to.deep.equal({ verb: 'replay', ids: ['test-2'], who: 'admin' });
      await call('POST', '/api/v1/deliveries/test-d3:confirm', { body: { why: 'vu chez le destinataire', who: 'alice' } });
      expect(engine.asked.at(-1)?.input).to.deep.equal({ verb: 'confirm', ids: ['test-d3'], who: 'admin/alice', why: 'vu chez le destinataire' });
      expect((await call('POST', '/api/v1/messages/test-2:discard')).body).to.include({ code: 'ERR_REASON_MISSING' });
      expect((await call('POST', '/api/v1/messages/test-2:explode')).status).to.equal(404);
      expect((await call('POST', '/api/v1/messages/test-2:confirm')).status).to.equal(404);
      const content = Buffer.from('MSH|corrigé').toString('base64');
      expect((await call('POST', '/api/v1/messages/test-2:resubmit', { body: { why: 'PID-3', content } })).body).to.deep.equal({ ids: ['test-10'] });
      expect(engine.asked.at(-1)?.input).to.deep.equal({ id: 'test-2', text: 'MSH|corrigé', who: 'admin', why: 'PID-3' });
    });

    it('are acted upon once for one Idempotency-Key', async () => {
      const headers = { 'idempotency-key': 'k1' };
      const first = await call('POST', '/api/v1/messages/test-2:replay', { headers, body: {} });
      const again = await call('POST', '/api/v1/messages/test-2:replay', { headers, body: {} });
      expect([again.status, again.text, again.headers.get('idempotency-replayed')]).to.deep.equal([200, first.text, 'true']);
      expect(engine.asked.filter(({ method }) => method === 'act')).to.have.length(1);
      expect((await call('POST', '/api/v1/messages/test-1:replay', { headers, body: {} })).status, 'same key, other request').to.equal(409);
      expect((await call('POST', '/api/v1/messages/test-1:replay', { headers: { 'idempotency-key': ' ' }, body: {} })).status).to.equal(400);
      await call('POST', '/api/v1/messages/test-1:replay', { headers: { 'idempotency-key': 'k2' }, body: {}, token: 'wrong' });
      expect(
        (await call('POST', '/api/v1/messages/test-1:replay', { headers: { 'idempotency-key': 'k2' }, body: {} })).status,
        'a refused caller leaves no answer',
      ).to.equal(200);
    });
  });

  describe('lanes, events, settings, registry', () => {
    it('pause, resume and release a lane by name', async () => {
      expect((await call('POST', '/api/v1/lanes/kp-out:pause', { body: {} })).body).to.include({ lane: 'kp-out', status: 'paused' });
      expect((await call('POST', '/api/v1/lanes/none:release', { body: {} })).status).to.equal(404);
      expect((await call('GET', '/api/v1/lanes')).body['items']).to.have.length(2);
    });

    it('give events without their data', async () => {
      const { body, text } = await call('GET', '/api/v1/events?after=c0&limit=10');
      expect(body['next']).to.equal('c1');
      expect(text).not.to.contain('INVENTE');
      expect(engine.asked.at(-1)?.input).to.deep.equal({ after: 'c0', limit: 10 });
    });

    it('check, plan and apply documents; refused ones are a problem with every issue', async () => {
      const documents = [{ file: 's.yaml', text: SITE }];
      expect((await call('POST', '/api/v1/settings/check', { body: { documents } })).body).to.deep.equal({ issues: [] });
      expect((await call('POST', '/api/v1/settings/plan', { body: { documents } })).body['changes']).to.have.length(4);
      expect((await call('POST', '/api/v1/settings/apply', { body: { documents, why: 'pilote' } })).body).to.include({ revision: 2 });
      expect(engine.asked.at(-1)?.input).to.deep.equal({ files: ['s.yaml'], who: 'admin', why: 'pilote' });
      const broken = [{ file: 's.yaml', text: SITE.replace('port: 2575', 'prot: 2575') }];
      const refused = await call('POST', '/api/v1/settings/apply', { body: { documents: broken } });
      expect(refused.status).to.equal(422);
      expect(refused.body['issues']).to.have.length(2);
      expect(engine.asked.filter(({ method }) => method === 'apply')).to.have.length(1);
    });

    it('name sites and connectors, never a secret', async () => {
      const { body, text } = await call('GET', '/api/v1/sites');
      expect(body['items']).to.deep.equal([
        {
          site: '990001018',
          name: 'Fictif',
          role: 'establishment',
          environment: 'test',
          connectors: [{ id: 'dxcare', version: '0.1.0', endpoints: [] }],
        },
      ]);
      expect(text).not.to.contain('hunter');
      expect((await call('GET', '/api/v1/connectors')).body['items']).to.have.length(1);
      expect((await call('GET', '/api/v1/settings/revisions')).body['items']).to.deep.equal([
        { revision: 1, at: '2026-10-12T08:00:00.000Z', who: 'admin' },
      ]);
    });

    it('write metrics as Prometheus text with escaped labels', async () => {
      expect((await call('GET', '/metrics', { token: null })).text).to.equal(
        '# HELP passerelle_messages_received_total Messages\n# TYPE passerelle_messages_received_total counter\npasserelle_messages_received_total{lane="a\\"b"} 3\n',
      );
    });

    it('tells the alerts that are on, and who tells those of lanes', async () => {
      expect((await call('GET', '/api/v1/alerts')).body).to.deep.equal({ items: [alerting], elsewhere: false });
      expect((await call('GET', '/api/v1/alerts', { token: null })).status).to.equal(401);
    });

    it('describe themselves in OpenAPI 3.1 from the schemas that check them', async () => {
      const { body } = await call('GET', '/api/v1/openapi.json');
      const paths = body['paths'] as unknown as Record<string, Record<string, { parameters: { name: string }[]; operationId: string }>>;
      expect(body['openapi']).to.equal('3.1.0');
      expect(Object.keys(paths)).to.include.members([
        '/api/v1/messages/{id}:replay',
        '/api/v1/messages/{id}/timeline',
        '/api/v1/lanes/{name}:pause',
        '/healthz',
      ]);
      expect(paths['/api/v1/messages']!['get']!.parameters.map(({ name }) => name)).to.include.members(['state', 'after', 'limit']);
      const operations = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
      expect(new Set(operations).size).to.equal(operations.length);
    });
  });

  it('has a schema that can be compiled for everything it is asked: it is when it is first asked for', async () => {
    const { body } = await call('GET', '/api/v1/openapi.json');
    const asked: string[] = [];
    for (const [path, methods] of Object.entries(body['paths'] as unknown as Record<string, object>))
      for (const method of Object.keys(methods)) {
        const { status } = await call(
          method.toUpperCase(),
          `${path.replaceAll(/\{\w+\}/g, 'x')}?unknown=1`,
          method === 'post' ? { body: { unknown: 1 } } : {},
        );
        asked.push(`${status} ${method} ${path}`);
      }
    expect(asked.length).to.be.greaterThan(50);
    expect(asked.filter((one) => !/^4(00|04|22) | \/(healthz|readyz|metrics)?$/.test(one))).to.deep.equal([]);
  });

  it('says which port is taken, and stops twice and before its start', async () => {
    const { port } = new URL(base);
    const other = plugin.create(engine, { port: Number(port), token: TOKEN, audit: async () => undefined });
    const error = await other.start().catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'ERR_PORT_TAKEN' });
    await other.stop();
    await other.stop();
    await plugin.create(engine, { token: TOKEN, audit: async () => undefined }).stop();
  });
});
