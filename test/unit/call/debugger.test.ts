/** The debugger shows what production does, in its order, and uses nothing up. */
import { expect } from 'chai';
import { encrypted, signed } from '../../../plugins/app-contextual-call/clients/javascript/token.ts';
import { completed, makeToken, verifyOffline } from '../../../core/call/index.ts';
import { composeServices } from '../../../core/cli/compose.ts';
import { UNCONFIGURED } from '../../../core/contract/index.ts';
import { Ground, NOW, OTHER_SITE, SITE, context, hmacPosted, posted, privateKey } from '../../call/ground.ts';

describe('contextual call: the debugger', function () {
  this.timeout(30_000);
  const ground = new Ground();
  before(() => ground.open());
  after(() => ground.close());
  const verify = (text: string, over = {}) => ground.calls.face.verify({ bytes: Buffer.from(text), ...over });

  it('shows a token step by step, and leaves it good for its one use', async () => {
    const token = await ground.token({ 'Patient.identityStatus': 'VALI' });
    const verdict = await verify(`${token}\n`);
    expect(verdict).to.deep.include({ decision: 'accept-with-warning', warnings: ['ins-not-qualified'] });
    expect(verdict.checks.map(({ step, result }) => `${step} ${result}`)).to.deep.equal([
      ...[1, 2, 3, 4, 5].map((step) => `${step} passed`),
      '6 warned',
      ...[7, 8, 9, 10, 11, 12].map((step) => `${step} passed`),
    ]);
    expect(verdict.events[0]?.data).to.deep.nested.include({ site: SITE, 'patient.ipp': '0004512387' });
    expect((await ground.calls.face.receive(posted(token))).code).to.have.length(43);
    expect((await verify(token)).error?.code).to.equal('ERR_CALL_REPLAYED');
  });

  it('names the check that production refuses at, with what to do, and skips those after it', async () => {
    const old = { iat: NOW / 1000 - 300, exp: NOW / 1000 - 250 };
    const cases: [string, string][] = [
      [(await ground.token()).replace(/..$/, 'AA'), 'decryption'],
      [await ground.token({}, { key: privateKey('stranger') }), 'key'],
      [await ground.token({ aud: 'urn:dcc:production' }), 'audience'],
      [await ground.token(old), 'time'],
      [await ground.token({}, { key: privateKey('other-site') }), 'site'],
      [await ground.token({ user: { login: 'x' } }), 'rights'],
      [await ground.token({ 'Patient.identifier.value': '258033399990171' }), 'identity'],
      [encrypted(signed('contexte-appel+jws', '{"a":1,"a":2}', privateKey('site-2048')), await ground.engineKey(), 'default'), 'context'],
      [(await ground.token()).replace(/^../, 'AA'), 'decryption'],
    ];
    for (const [token, name] of cases) {
      const { decision, checks, error, events } = await verify(token);
      const at = checks.findIndex(({ result }) => result === 'failed');
      expect([decision, checks[at]?.name, events[0]?.type], name).to.deep.equal(['reject', name, 'dcc.context.refused']);
      expect(checks[at]?.error?.fix?.fr, name).to.have.length.above(20);
      expect(
        checks.slice(at + 1).every(({ result }) => result === 'skipped'),
        name,
      ).to.equal(true);
      const received = await ground.calls.face.receive(posted(token)).then(
        () => 'link',
        (thrown: { code: string }) => thrown.code,
      );
      expect(received, name).to.equal(error?.code);
    }
    expect((await verify(cases[3]![0], { now: new Date((old.iat + 5) * 1000).toISOString() })).decision).to.equal('accept');
  });

  it('C4: says of a user without profile or RPPS number who adds it, and how to try a call without', async () => {
    const { checks } = await verify(await ground.token({ user: { login: 'x' } }));
    expect(checks.find(({ name }) => name === 'rights')?.error?.fix?.fr)
      .to.include('comptes.json')
      .and.to.include('user.profile');
  });

  it('C4: without an engine, says that nobody judged the rights', async () => {
    const { iat, exp, jti, ...rest } = context({ user: { login: 'x' } });
    const services = await composeServices();
    const settings = { ...UNCONFIGURED, site: SITE, environment: 'test' as const };
    const bytes = Buffer.from(JSON.stringify({ iat, exp, jti, ...rest }));
    const verdict = await verifyOffline({ bytes, now: new Date(NOW).toISOString() }, { ...(await services.callParts('dxcare')), settings, keys: [] });
    expect(verdict.decision, JSON.stringify(verdict.error)).to.match(/^accept/);
    expect(verdict.checks.find(({ name }) => name === 'rights')?.result).to.equal('skipped');
    expect(JSON.stringify(verdict.checks)).not.to.include('"rights":[');
  });

  it('takes a captured request of the HMAC profile, and a flat context, apart', async () => {
    const { http, bytes } = hmacPosted(JSON.stringify(context()));
    const head = Object.entries({ host: 'dcc.region.example', ...http.headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    expect((await verify(`POST ${http.path} HTTP/1.1\r\n${head.join('')}\r\n${Buffer.from(bytes).toString()}`)).decision).to.equal('accept');
    const flat = await verify(JSON.stringify(context()), { site: SITE });
    expect([flat.decision, flat.checks[2]?.result]).to.deep.equal(['accept', 'skipped']);
    const { domain, ippAuthority } = flat.checks.at(-1)?.shown ?? {};
    expect([domain, ippAuthority], 'A7: whose number the IPP is').to.deep.equal(['dxcare', '1.2.250.1.999.10.1']);
    const unsaid: unknown = await verify(JSON.stringify(context())).catch((thrown: unknown) => thrown);
    expect(unsaid, 'two sites: no check of the call failed').to.include({ code: 'ERR_REQUEST_INVALID' });
    expect(unsaid).to.have.nested.property('detail.expected', `a site of those that call, by --site FINESS: ${SITE}, ${OTHER_SITE}`);
  });

  it('takes the tokens that `call sign` makes, and completes a context as a client does', async () => {
    for (const over of [{}, { Situation: 'RCP' }]) {
      const { iat: _, exp: __, jti: ___, ...rest } = context(over);
      const token = makeToken(
        completed(rest, NOW),
        privateKey('site-2048').export({ format: 'pem', type: 'pkcs8' }) as string,
        await ground.engineKey(),
        'default',
      );
      expect((await verify(token)).decision).to.equal('accept');
    }
  });
});
