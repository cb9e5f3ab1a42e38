/** Attacks on the contextual call that the engine has to stop, each named by the rule it defends (SAFETY C). */
import { createHook } from 'node:async_hooks';
import { createHmac, createPublicKey } from 'node:crypto';
import { expect } from 'chai';
import { encrypted, jwkOf, signed, thumbprint } from '../../plugins/app-contextual-call/clients/javascript/token.ts';
import { CALL_KEPT_MS } from '../../core/call/index.ts';
import { Retention } from '../../core/retention/index.ts';
import { CALL, Ground, NOW, OTHER_SITE, SITE, context, enrolment, hmacPosted, posted, privateKey, refusal } from '../call/ground.ts';

const b64 = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describe('contextual call: attacks', function () {
  this.timeout(60_000);
  const ground = new Ground();
  beforeEach(() => ground.open());
  afterEach(() => ground.close());

  const receive = (token: string, over = {}) => ground.calls.face.receive(posted(token, over));
  /** What the caller is told, and the check that the ledger names. */
  const refused = async (token: string | Promise<string>, over = {}): Promise<string> => {
    const { code, reference } = await refusal(receive(await token, over));
    const entry = await ground.calls.face.entry(reference);
    return `${code} ${entry.check} ${entry.error?.code}`;
  };

  it('C3 C4: a right call is given a link, and this is what the attacks below are held against', async () => {
    const { link, code, reference, expiresAt } = await receive(await ground.token());
    expect(link).to.equal(`https://dcc.region.example/appel-contextuel/ouvrir#${code}`);
    expect(code).to.match(/^[A-Za-z0-9_-]{43}$/);
    expect(expiresAt).to.equal(new Date(NOW + 60_000).toISOString());
    const entry = await ground.calls.face.entry(reference);
    expect(entry).to.deep.include({ outcome: 'link', site: SITE, profile: 'MEDECIN', action: 'open', target: 'record', connector: 'dxcare' });
    expect(JSON.stringify(entry)).not.to.match(/QUINTARD|BRÉZOLLET|258033399990170|0004512387|99700700018|testcamille|1958/);
    const call = await ground.calls.desk.redeem(code, '198.51.100.1');
    expect(call).to.deep.include({
      reference,
      site: SITE,
      connector: 'dxcare',
      rights: { actions: ['open'], targets: ['record', 'rcp-preparation'] },
    });
    expect(call.context.patient).to.deep.include({ ipp: '0004512387', domain: 'dxcare', ins: '258033399990170', insStatus: 'VALI' });
    expect(call.context.matching).to.deep.equal({ allowed: ['ins', 'ipp', 'traits'], create: false });
    expect((await ground.calls.face.entry(reference)).outcome).to.equal('redeemed');
  });

  it('C4: altered', async () => {
    const token = await ground.token();
    for (const at of [5, token.indexOf('.') + 9, token.length - 60, token.length - 3]) {
      const other = token[at] === 'A' ? 'B' : 'A';
      expect(await refused(`${token.slice(0, at)}${other}${token.slice(at + 1)}`), `at ${at}`).to.match(/^ERR_CALL_REFUSED decryption/);
    }
  });

  it('C4: re-signed by another site', async () => {
    expect(await refused(ground.token({}, { key: privateKey('other-site') }))).to.equal('ERR_CALL_REFUSED site ERR_CALL_REFUSED');
    expect(await refused(ground.token({}, { key: privateKey('stranger') }))).to.equal('ERR_CALL_REFUSED key ERR_CALL_REFUSED');
  });

  it('C4: a right key id with the signature of another key', async () => {
    const jws = signed('contexte-appel+jws', JSON.stringify(context()), privateKey('stranger'));
    const [, payload, signature] = jws.split('.');
    const header = b64({ alg: 'RS256', kid: thumbprint(jwkOf(privateKey('site-2048'))), typ: 'contexte-appel+jws' });
    expect(await refused(encrypted(`${header}.${payload}.${signature}`, await ground.engineKey(), 'default'))).to.equal(
      'ERR_CALL_REFUSED signature ERR_CALL_REFUSED',
    );
  });

  it('C4: an unknown key is told from a wrong signature by no work that is left out (timing)', async () => {
    const [, payload, signature] = signed('contexte-appel+jws', JSON.stringify(context()), privateKey('stranger')).split('.');
    const tokenOf = async (kid: string): Promise<string> => {
      const header = b64({ alg: 'RS256', kid, typ: 'contexte-appel+jws' });
      return encrypted(`${header}.${payload}.${signature}`, await ground.engineKey(), 'default');
    };
    const operations = async (token: string, check: string): Promise<readonly string[]> => {
      const made: string[] = [];
      const hook = createHook({ init: (_, type) => void (type.endsWith('REQUEST') && made.push(type)) }).enable();
      try {
        expect(await refused(token)).to.equal(`ERR_CALL_REFUSED ${check} ERR_CALL_REFUSED`);
      } finally {
        hook.disable();
      }
      return made;
    };
    const known = await operations(await tokenOf(thumbprint(jwkOf(privateKey('site-2048')))), 'signature');
    expect(known).to.include('SIGNREQUEST');
    expect(await operations(await tokenOf(thumbprint(jwkOf(privateKey('stranger')))), 'key')).to.deep.equal(known);
  });

  it('C4: wrong audience or environment', async () => {
    expect(await refused(ground.token({ aud: 'urn:dcc:production' }))).to.equal('ERR_CALL_FORBIDDEN audience ERR_CALL_FORBIDDEN');
    expect(await refused(ground.token({ aud: 'urn:dcc:elsewhere' }))).to.equal('ERR_CALL_CONTEXT context ERR_CALL_CONTEXT');
  });

  it('C4: expired, from the future, or good for longer than a minute', async () => {
    const from = (seconds: number, life = 60): object => ({ iat: NOW / 1000 + seconds, exp: NOW / 1000 + seconds + life });
    const later = 'ERR_CALL_REFUSED time ERR_CALL_REFUSED';
    expect(await refused(ground.token(from(-200) as never))).to.equal(later);
    expect(await refused(ground.token(from(61) as never))).to.equal(later);
    expect(await refused(ground.token(from(0, 61) as never))).to.equal('ERR_CALL_CONTEXT context ERR_CALL_CONTEXT');
    expect(await refused(ground.token({ exp: 9e99 }))).to.equal('ERR_CALL_CONTEXT context ERR_CALL_CONTEXT');
    // Within the skew, both ways.
    await receive(await ground.token(from(-119) as never));
    await receive(await ground.token(from(59) as never));
  });

  it('C4: replayed, on this node, on another one, after a restart, and many times at once', async () => {
    const token = await ground.token();
    const other = await ground.node();
    await receive(token);
    const replayed = 'ERR_CALL_REPLAYED nonce ERR_CALL_REPLAYED';
    expect(await refused(token)).to.equal(replayed);
    expect((await refusal(other.face.receive(posted(token)))).code).to.equal('ERR_CALL_REPLAYED');
    await ground.restart();
    expect(await refused(token)).to.equal(replayed);
    const again = await ground.token();
    const tries = await Promise.allSettled(
      Array.from({ length: 12 }, (_, n) => [ground.calls, other][n % 2]!.face.receive(posted(again))).map((one) =>
        one.catch((e: unknown) => Promise.reject(e)),
      ),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    other.stop();
  });

  it('C4: a nonce is never written before the signature is right, and is used up by a refusal after it', async () => {
    const jti = 'nonce-that-an-attacker-guesses';
    await refused(ground.token({ jti }, { key: privateKey('stranger') }));
    await receive(await ground.token({ jti }));
    const second = { jti: 'another-nonce-of-the-site', user: { login: 'x', profile: 'INCONNU' } };
    const token = await ground.token(second);
    expect(await refused(token)).to.equal('ERR_CALL_FORBIDDEN rights ERR_CALL_FORBIDDEN');
    expect(await refused(token)).to.equal('ERR_CALL_REPLAYED nonce ERR_CALL_REPLAYED');
  });

  it('C4: algorithm confusion (none, HS256 with the public key, RSA1_5, direct)', async () => {
    const payload = b64(context());
    const kid = thumbprint(jwkOf(privateKey('site-2048')));
    const pem = createPublicKey(privateKey('site-2048')).export({ format: 'pem', type: 'spki' });
    for (const alg of ['none', 'HS256', 'RS512', 'PS256', 'rs256']) {
      const input = `${b64({ alg, kid, typ: 'contexte-appel+jws' })}.${payload}`;
      const signature = alg === 'none' ? 'AA' : createHmac('sha256', pem).update(input).digest('base64url');
      expect(await refused(encrypted(`${input}.${signature}`, await ground.engineKey(), 'default')), alg).to.equal(
        'ERR_CALL_REFUSED key ERR_CALL_REFUSED',
      );
    }
    const [, ...rest] = (await ground.token()).split('.');
    for (const alg of ['RSA1_5', 'dir', 'A256KW', 'ECDH-ES'])
      expect(await refused([b64({ alg, enc: 'A256GCM', kid, cty: 'JWT' }), ...rest].join('.')), alg).to.equal(
        'ERR_CALL_REFUSED decryption ERR_CALL_REFUSED',
      );
  });

  it('C4: key id injection, unknown critical header, embedded keys, key twice', async () => {
    const key = privateKey('site-2048');
    const header = { alg: 'RS256', kid: thumbprint(jwkOf(key)), typ: 'contexte-appel+jws' };
    const bad: unknown[] = [
      { ...header, kid: '../../etc/passwd' },
      { ...header, kid: "x' OR '1'='1" },
      { ...header, kid: `${header.kid}\u0000` },
      { ...header, kid: ['x'] },
      { ...header, crit: ['exp'] },
      { ...header, jwk: jwkOf(key) },
      { ...header, jku: 'https://evil.example/keys' },
      { ...header, x5c: ['x'] },
      `{"alg":"RS256","alg":"none","kid":"${header.kid}","typ":"${header.typ}"}`,
      { alg: 'RS256', kid: header.kid },
      { ...header, typ: 'JWT' },
      { ...header, typ: 'enrolement+jws' },
    ];
    for (const one of bad) {
      const [, payload, signature] = signed('contexte-appel+jws', JSON.stringify(context()), key).split('.');
      const answer = await refused(encrypted(`${b64(one)}.${payload}.${signature}`, await ground.engineKey(), 'default'));
      expect(answer, JSON.stringify(one)).to.match(/^ERR_CALL_REFUSED key /);
    }
  });

  it('C4: decompression bomb', async () => {
    const [header = '', ...rest] = (await ground.token()).split('.');
    const zip = { ...(JSON.parse(Buffer.from(header, 'base64url').toString()) as object), zip: 'DEF' };
    expect(await refused([b64(zip), ...rest].join('.'))).to.equal('ERR_CALL_REFUSED decryption ERR_CALL_REFUSED');
  });

  it('C4: oversized, before anything is read', async () => {
    expect(await refused('A'.repeat(16 * 1024 + 1))).to.equal('ERR_CALL_TOO_LARGE size ERR_CALL_TOO_LARGE');
    const fat = await ground.token({}, { text: JSON.stringify(context({ Situation: 'x'.repeat(7700) })) });
    expect(await refused(fat)).to.equal('ERR_CALL_TOO_LARGE context ERR_CALL_TOO_LARGE');
  });

  it('C4: duplicate JSON keys, however they are spelled', async () => {
    const text = JSON.stringify(context());
    for (const twice of ['"action":"open-or-create"', String.raw`"\u0061ction":"open-or-create"`, '"PatientID":"1"']) {
      expect(await refused(ground.token({}, { text: `${text.slice(0, -1)},${twice}}` })), twice).to.equal(
        'ERR_CALL_CONTEXT context ERR_CALL_CONTEXT',
      );
    }
    const user = text.replace('"login":"testcamille"', '"login":"testcamille","login":"autre"');
    expect(await refused(ground.token({}, { text: user }))).to.equal('ERR_CALL_CONTEXT context ERR_CALL_CONTEXT');
  });

  it('C4 C9: Unicode confusables are refused, names in NFD are the same names', async () => {
    // A Cyrillic Е and a Greek Ο.
    for (const name of ['BRЕZOLLET', 'BRÉZΟLLET'])
      expect(await refused(ground.token({ 'Patient.name.family': name })), name).to.equal('ERR_CALL_IDENTITY identity ERR_CALL_IDENTITY');
    const { code } = await receive(await ground.token({ 'Patient.name.family': 'BRÉZOLLET'.normalize('NFD') }));
    expect((await ground.calls.desk.redeem(code, 'x')).context.patient.birthName).to.equal('BRÉZOLLET'.normalize('NFC'));
  });

  it('C4: control characters, line ends and bytes that are no UTF-8: nothing to inject into a header or a log', async () => {
    for (const bad of ['A\r\nSet-Cookie: x=1', 'A\u0000B', 'A\u202EB', '\u001B[31mA', 'A\u2028B'])
      expect(await refused(ground.token({ 'Patient.name.used': bad })), JSON.stringify(bad)).to.equal('ERR_CALL_CONTEXT context ERR_CALL_CONTEXT');
    const { error } = await refusal(receive(await ground.token({ 'évil\r\nX: y': '1' })));
    expect(error.message).not.to.match(/évil|\r|\n/);
    const latin1 = Buffer.from(JSON.stringify(context()), 'latin1').toString('latin1');
    const jws = signed('contexte-appel+jws', Buffer.from(latin1, 'latin1') as never, privateKey('site-2048'));
    expect(await refused(encrypted(jws, await ground.engineKey(), 'default'))).to.equal('ERR_CALL_CONTEXT context ERR_CALL_CONTEXT');
  });

  it('C4: every refusal before the context says the same, whatever was wrong', async () => {
    const answers = [];
    for (const token of [
      'x',
      await ground.token({}, { key: privateKey('stranger') }),
      (await ground.token()).replace(/.{8}$/, 'AAAAAAAA'),
      'a.b.c.d.e',
    ]) {
      const { error } = await refusal(receive(token));
      answers.push([error.code, error.message, error.detail]);
    }
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).to.equal(1);
  });

  it('C4: rate of one address, and of one site; refusals that anybody can make do not fill the ledger', async () => {
    let code = '';
    for (let n = 0; n < 700 && code !== 'ERR_CALL_RATE'; n += 1) ({ code } = await refusal(receive('x')));
    const { error } = await refusal(receive('x'));
    expect([code, error.code, error.retryAfter]).to.deep.equal(['ERR_CALL_RATE', 'ERR_CALL_RATE', 1]);
    await receive(await ground.token(), { address: '192.0.2.8' });
    const kept = await ground.calls.face.ledger({ outcome: 'refused' }, { limit: 1000 });
    expect(kept.items.length).to.be.at.most(120);
    const slow = await ground.node({ ...CALL, maxPerMinute: 1 });
    const codes = [];
    for (let n = 0; n < 12; n += 1)
      codes.push(
        await slow.face.receive(posted(await ground.token(), { address: `203.0.113.${n}` })).then(
          () => 'link',
          (e: { code: string }) => e.code,
        ),
      );
    expect([codes[0], codes.at(-1)]).to.deep.equal(['link', 'ERR_CALL_RATE']);
    slow.stop();
  });

  it('C4: disabled site, user or profile; profile without right; target that is not of the profile', async () => {
    const forbidden = 'ERR_CALL_FORBIDDEN rights ERR_CALL_FORBIDDEN';
    expect(await refused(ground.token({ user: { login: 'a', rpps: '99700700018', profile: 'STAGIAIRE' } }))).to.equal(forbidden);
    expect(await refused(ground.token({ user: { login: 'a', rpps: '99700700018', profile: 'DIRECTEUR' } }))).to.equal(forbidden);
    expect(await refused(ground.token({ user: { login: 'a', profile: 'MEDECIN' } })), 'no RPPS').to.equal(forbidden);
    expect(await refused(ground.token({ target: 'pps' }))).to.equal(forbidden);
    await receive(await ground.token({ user: { login: 'secretaire', profile: 'SECRETAIRE' } }));
    const stopped = await ground.node({ ...CALL, disabledUsers: ['99700700018'] });
    expect((await refusal(stopped.face.receive(posted(await ground.token())))).code).to.equal('ERR_CALL_FORBIDDEN');
    const closed = await ground.node({ ...CALL, disabled: true });
    expect((await refusal(closed.face.receive(posted(await ground.token())))).code).to.equal('ERR_CALL_FORBIDDEN');
    stopped.stop();
    closed.stop();
  });

  it('C4: a disabled user does not come in by the case of the login, nor a profile by its own', async () => {
    const forbidden = async (call: object, user: object): Promise<void> => {
      const node = await ground.node({ ...CALL, ...call });
      expect((await refusal(node.face.receive(posted(await ground.token({ user }))))).code, JSON.stringify(user)).to.equal('ERR_CALL_FORBIDDEN');
      node.stop();
    };
    const rpps = '99700700018';
    for (const login of ['testcamille', 'TESTCAMILLE', 'TestCamille'])
      await forbidden({ disabledUsers: ['TestCamille'] }, { login, rpps, profile: 'MEDECIN' });
    await forbidden({ disabledUsers: ['hélène'] }, { login: 'HÉLÈNE', rpps, profile: 'MEDECIN' });
    const all = { users: [...CALL.users, { profile: '*', rights: ['open'], withoutRpps: true }] };
    for (const profile of ['Stagiaire', 'stagiaire', 'medecin']) await forbidden(all, { login: 'a', rpps, profile });
  });

  it('C9: create without right, without the setting, or with incomplete traits', async () => {
    const create = { action: 'open-or-create' };
    const { code } = await receive(await ground.token(create));
    expect((await ground.calls.desk.redeem(code, 'x')).rights.actions).to.deep.equal(['open', 'create']);
    expect(await refused(ground.token({ ...create, user: { login: 'secretaire', profile: 'SECRETAIRE' } }))).to.equal(
      'ERR_CALL_FORBIDDEN rights ERR_CALL_FORBIDDEN',
    );
    const incomplete = [
      { 'Patient.name.given': undefined },
      { 'Address.district': undefined },
      { 'Patient.birthDate': '1958-00-00' },
      { 'Patient.gender': 'U' },
    ];
    for (const one of incomplete)
      expect(await refused(ground.token({ ...create, ...one })), JSON.stringify(one)).to.equal('ERR_CALL_IDENTITY identity ERR_CALL_IDENTITY');
  });

  it('C1: the key of one workstation opens, with a warning, and creates nothing', async () => {
    const key = privateKey('workstation');
    await ground.addKey(SITE, key, true);
    expect((await receive(await ground.token({}, { key }))).warnings).to.include('key-weak');
    expect(await refused(ground.token({ action: 'open-or-create' }, { key }))).to.equal('ERR_CALL_FORBIDDEN rights ERR_CALL_FORBIDDEN');
  });

  it('C9 A5: INS with a bad key, of another environment, or only half said', async () => {
    expect(await refused(ground.token({ 'Patient.identifier.value': '258033399990171' }))).to.equal('ERR_CALL_IDENTITY identity ERR_CALL_IDENTITY');
    expect(await refused(ground.token({ 'Patient.identifier.system': '1.2.250.1.213.1.4.8' }))).to.equal(
      'ERR_CALL_IDENTITY identity ERR_CALL_IDENTITY',
    );
    expect(await refused(ground.token({ 'Patient.identifier.system': undefined }))).to.equal('ERR_CALL_CONTEXT context ERR_CALL_CONTEXT');
    const { code, warnings } = await receive(await ground.token({ 'Patient.identityStatus': 'PROV' }));
    expect(warnings).to.include('ins-not-qualified');
    expect((await ground.calls.desk.redeem(code, 'x')).context.matching?.allowed).to.deep.equal(['ipp', 'traits']);
  });

  it('C5: the HMAC profile signs method, host, path, time and nonce; it is off by default and creates nothing unless enabled', async () => {
    const { face } = ground.calls;
    const code = async (request: ReturnType<typeof hmacPosted>): Promise<string> => (await refusal(face.receive(request))).code;
    const request = hmacPosted(JSON.stringify(context()));
    await face.receive(request);
    expect(await code(request)).to.equal('ERR_CALL_REPLAYED');
    const fresh = (over: Record<string, string> = {}, host?: string) => hmacPosted(JSON.stringify(context()), over, host);
    expect(await code(fresh({}, 'test.region.example'))).to.equal('ERR_CALL_REFUSED');
    const { http, ...rest } = fresh();
    expect(await code({ ...rest, http: { ...http, path: '/appel-contextuel/v1/calls' } })).to.equal('ERR_CALL_REFUSED');
    expect(await code({ ...rest, http: { ...http, method: 'PUT' } })).to.equal('ERR_CALL_REFUSED');
    for (const [name, value] of [
      ['passerelle-time', String(NOW / 1000 + 5)],
      ['passerelle-nonce', 'another-nonce-of-16'],
      ['passerelle-key', 'hmac-2'],
      ['passerelle-signature', 'v1='],
    ])
      expect(await code({ ...rest, http: { ...http, headers: { ...http.headers, [name!]: value! } } }), name).to.equal('ERR_CALL_REFUSED');
    expect(await code({ ...rest, bytes: Buffer.from(JSON.stringify(context({ PatientID: '1' }))), http })).to.equal('ERR_CALL_REFUSED');
    expect(await code(fresh({ 'passerelle-time': String(NOW / 1000 - 200) }))).to.equal('ERR_CALL_REFUSED');
    expect(await code(hmacPosted(JSON.stringify(context({ action: 'open-or-create' }))))).to.equal('ERR_CALL_FORBIDDEN');
    expect(await code(hmacPosted(JSON.stringify(context({ iss: `urn:finess:${OTHER_SITE}` }))))).to.equal('ERR_CALL_REFUSED');
    const off = await ground.node({ ...CALL, profiles: {} });
    expect((await refusal(off.face.receive(fresh()))).code).to.equal('ERR_CALL_REFUSED');
    off.stop();
  });

  it('C6: the form profile takes a token only from an origin of its site, once', async () => {
    const form = (token: string, origin?: string) =>
      posted(token, { kind: 'form', http: { method: 'POST', path: '/appel-contextuel/v1/form', headers: origin ? { origin } : {} } });
    const code = async (request: ReturnType<typeof form>): Promise<string> => (await refusal(ground.calls.face.receive(request))).code;
    for (const origin of [undefined, 'null', 'https://evil.example', 'https://dpi.chu.example.evil.example', 'http://dpi.chu.example'])
      expect(await code(form(await ground.token(), origin)), origin).to.equal('ERR_CALL_FORBIDDEN');
    const token = await ground.token();
    await ground.calls.face.receive(form(token, 'https://dpi.chu.example'));
    expect(await code(form(token, 'https://dpi.chu.example'))).to.equal('ERR_CALL_REPLAYED');
    const off = await ground.node({ ...CALL, profiles: {} });
    expect((await refusal(off.face.receive(form(await ground.token(), 'https://dpi.chu.example')))).code).to.equal('ERR_CALL_FORBIDDEN');
    off.stop();
  });

  it('C4: the legacy encryption only where the site has it', async () => {
    expect(await refused(ground.token({}, { profile: 'legacy' }))).to.equal('ERR_CALL_FORBIDDEN site ERR_CALL_FORBIDDEN');
    const legacy = await ground.node({ ...CALL, profiles: { crypto: 'legacy' } });
    await legacy.face.receive(posted(await ground.token({}, { profile: 'legacy' })));
    await legacy.face.receive(posted(await ground.token()));
    legacy.stop();
  });

  it('C3: a link is good once, whatever the node; the second use names the call whose session ends', async () => {
    const { code, reference } = await receive(await ground.token());
    const other = await ground.node();
    const tries = await Promise.allSettled([ground.calls, other, ground.calls, other].map(({ desk }) => desk.redeem(code, 'x')));
    expect(tries.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    await ground.restart();
    const { code: why, error } = await refusal(ground.calls.desk.redeem(code, 'x'));
    expect([why, error.reference]).to.deep.equal(['ERR_CALL_LINK_USED', reference]);
    const { steps } = await ground.calls.face.entry(reference);
    expect(steps.map(({ what }) => what)).to.include.members(['link-taken', 'link-used-again']);
    other.stop();
  });

  it('C3: a second use that looks between the two notes of the first is a second use all the same', async () => {
    const { code, reference } = await receive(await ground.token());
    await ground.calls.desk.redeem(code, 'x');
    const { journal } = ground;
    let looks = 0;
    const notes: typeof journal.notes = async (kind, keys) => (kind === 'call-taken' && (looks += 1) === 1 ? [undefined] : journal.notes(kind, keys));
    const late = await ground.node(undefined, { journal: Object.assign(Object.create(journal) as typeof journal, { notes }) });
    const { code: why, error } = await refusal(late.desk.redeem(code, 'x'));
    expect([why, error.reference]).to.deep.equal(['ERR_CALL_LINK_USED', reference]);
    late.stop();
  });

  it('C3: a link is over after 60 seconds, and what it would have opened is forgotten', async () => {
    const { code } = await receive(await ground.token());
    ground.now += 60_000;
    expect((await refusal(ground.calls.desk.redeem(code, 'x'))).code).to.equal('ERR_CALL_LINK');
    ground.now += 120_000;
    const retention = new Retention({
      journal: ground.journal,
      kept: () => CALL_KEPT_MS,
      more: { kind: 'task', forget: async () => 0 },
      now: () => ground.now,
      count: () => undefined,
      log: () => undefined,
    });
    await retention.round();
    await retention.stop();
    expect((await ground.journal.notesOf('call-link', { limit: 10 })).items).to.deep.equal([]);
  });

  it('C3: brute force of links is slowed, and finds nothing', async () => {
    await receive(await ground.token());
    const codes = new Set<string>();
    for (let n = 0; n < 200; n += 1) codes.add((await refusal(ground.calls.desk.redeem('A'.repeat(43), '203.0.113.9'))).code);
    expect([...codes]).to.deep.equal(['ERR_CALL_LINK', 'ERR_CALL_RATE']);
    for (const odd of ['', 'x', '../x', 'A'.repeat(44), 'é'.repeat(43)])
      expect((await refusal(ground.calls.desk.redeem(odd, '203.0.113.10'))).code).to.equal('ERR_CALL_LINK');
  });

  it('C3: from another address than the site has, neither call nor link', async () => {
    const bound = await ground.node({ ...CALL, egress: ['192.0.2.0/24'] });
    expect((await refusal(bound.face.receive(posted(await ground.token(), { address: '198.51.100.9' })))).code).to.equal('ERR_CALL_FORBIDDEN');
    const { code } = await bound.face.receive(posted(await ground.token(), { address: '::ffff:192.0.2.9' }));
    expect((await refusal(bound.desk.redeem(code, '198.51.100.9'))).code).to.equal('ERR_CALL_LINK');
    expect((await bound.desk.redeem(code, '192.0.2.10')).site).to.equal(SITE);
    bound.stop();
  });

  it('C3: the journal holds neither the code nor, once it was used, the patient', async () => {
    const { code } = await receive(await ground.token());
    const dump = async (): Promise<string> =>
      JSON.stringify(
        await Promise.all(['call-link', 'call-taken', 'call', 'call-nonce'].map((kind) => ground.journal.notesOf(kind, { limit: 100 }))),
      );
    expect(await dump()).not.to.include(code);
    await ground.calls.desk.redeem(code, 'x');
    expect(await dump()).not.to.match(/BRÉZOLLET|258033399990170|testcamille/);
  });

  describe('keys', () => {
    it('C8: an enrolment code is of one site and environment, good once, for 72 hours', async () => {
      const { face } = ground.calls;
      const enrolled = async (body: Buffer, address = '198.51.100.1'): Promise<string> =>
        face.enrol(body, address).then(
          () => 'taken',
          (e: { code: string }) => e.code,
        );
      const key = privateKey('new-key');
      const { code } = await face.invite(SITE, 'referent');
      expect(await enrolled(enrolment(code, OTHER_SITE, key, ground.now))).to.equal('ERR_CALL_ENROLMENT');
      expect(await enrolled(enrolment(code, SITE, key, ground.now, { environment: 'production' }))).to.equal('ERR_CALL_ENROLMENT');
      expect(await enrolled(enrolment('AAAAA-AAAAA-AAAAA', SITE, key, ground.now))).to.equal('ERR_CALL_ENROLMENT');
      expect(await enrolled(enrolment(code, SITE, key, ground.now))).to.equal('taken');
      expect(await enrolled(enrolment(code, SITE, privateKey('third-key'), ground.now))).to.equal('ERR_CALL_ENROLMENT');
      const late = await face.invite(SITE, 'referent');
      ground.now += 72 * 3_600_000;
      expect(await enrolled(enrolment(late.code, SITE, privateKey('third-key'), ground.now))).to.equal('ERR_CALL_ENROLMENT');
    });

    it('C8: a revoked key is enrolled by no code, and uses none up: the same code takes a new key', async () => {
      const { face } = ground.calls;
      const revoked = privateKey('revoked-key');
      const first = await face.invite(SITE, 'referent');
      const { fingerprint } = await face.enrol(enrolment(first.code, SITE, revoked, ground.now), '198.51.100.8');
      const kid = thumbprint(jwkOf(revoked));
      await face.confirmKey(kid, fingerprint, 'referent');
      await face.revokeKey(kid, 'referent', 'stolen');
      const { code } = await face.invite(SITE, 'referent');
      expect((await refusal(face.enrol(enrolment(code, SITE, revoked, ground.now), '198.51.100.8'))).code).to.equal('ERR_CALL_ENROLMENT');
      const fresh = await face.enrol(enrolment(code, SITE, privateKey('after-revocation'), ground.now), '198.51.100.8');
      expect(fresh.fingerprint).not.to.equal(fingerprint);
    });

    it('C8: the request proves possession of the key, and weak keys are refused', async () => {
      const { face } = ground.calls;
      const { code } = await face.invite(SITE, 'referent');
      const stolen = JSON.parse(enrolment(code, SITE, privateKey('new-key'), ground.now).toString()) as Record<string, string>;
      const other = JSON.parse(enrolment(code, SITE, privateKey('stranger'), ground.now).toString()) as Record<string, string>;
      const [head, payload] = stolen['request']!.split('.');
      const forged = { ...stolen, request: [head, payload, other['request']!.split('.')[2]].join('.') };
      expect((await refusal(face.enrol(Buffer.from(JSON.stringify(forged)), '198.51.100.2'))).code).to.equal('ERR_CALL_ENROLMENT');
      expect((await refusal(face.enrol(enrolment(code, SITE, privateKey('weak', 1024), ground.now), '198.51.100.2'))).code).to.equal('ERR_CALL_KEY');
    });

    it('C8: a key signs only once the referent confirmed its fingerprint', async () => {
      const { face } = ground.calls;
      const key = privateKey('unconfirmed');
      const { code } = await face.invite(SITE, 'referent');
      const { fingerprint } = await face.enrol(enrolment(code, SITE, key, ground.now), '198.51.100.3');
      expect(fingerprint).to.match(/^([0-9A-F]{4} ){7}[0-9A-F]{4}$/);
      expect(await refused(ground.token({}, { key }))).to.equal('ERR_CALL_REFUSED key ERR_CALL_REFUSED');
      const kid = thumbprint(jwkOf(key));
      const wrong = await face.confirmKey(kid, '0000 0000 0000 0000 0000 0000 0000 0000', 'referent').catch((e: { code: string }) => e.code);
      expect(wrong).to.equal('ERR_CALL_FINGERPRINT');
      await face.confirmKey(kid, fingerprint.toLowerCase(), 'referent');
      const again = await face.confirmKey(kid, fingerprint, 'referent').catch((e: { code: string }) => e.code);
      expect(again, 'confirmed already').to.equal('ERR_TRANSITION');
      await receive(await ground.token({}, { key }));
    });

    it('C8: revocation stops a key here at once, and on other nodes when they look again', async () => {
      const other = await ground.node();
      const kid = thumbprint(jwkOf(privateKey('site-2048')));
      await other.face.receive(posted(await ground.token()));
      await ground.calls.face.revokeKey(kid, 'referent', 'poste volé');
      expect(await refused(ground.token())).to.equal('ERR_CALL_REFUSED key ERR_CALL_REFUSED');
      await other.desk.keys.refresh();
      expect((await refusal(other.face.receive(posted(await ground.token())))).code).to.equal('ERR_CALL_REFUSED');
      other.stop();
    });

    it('C8: rotation is signed by the old key, which stays for 30 days at most', async () => {
      const { face } = ground.calls;
      const [old, next] = [privateKey('site-2048'), privateKey('next')];
      const request = (by: typeof old, follows = thumbprint(jwkOf(old))): Buffer => {
        const iat = Math.floor(ground.now / 1000);
        const proof = signed('enrolement+jws', JSON.stringify({ jwk: jwkOf(next), iat, follows }), next);
        return Buffer.from(signed('rotation+jws', JSON.stringify({ request: proof, iat }), by));
      };
      expect((await refusal(face.rotate(request(privateKey('stranger')), '198.51.100.4'))).code).to.equal('ERR_CALL_ENROLMENT');
      expect((await refusal(face.rotate(request(privateKey('other-site')), '198.51.100.4'))).code).to.equal('ERR_CALL_ENROLMENT');
      await face.rotate(request(old), '198.51.100.4');
      await receive(await ground.token());
      await receive(await ground.token({}, { key: next }));
      ground.now += 30 * 86_400_000;
      const at = { iat: Math.floor(ground.now / 1000), exp: Math.floor(ground.now / 1000) + 60 };
      expect(await refused(ground.token(at))).to.equal('ERR_CALL_REFUSED key ERR_CALL_REFUSED');
      await receive(await ground.token(at, { key: next }));
    });

    it('C8: a new key of the engine is offered, and tokens for the one before are still read', async () => {
      const before = await ground.token();
      const { keys } = await ground.calls.face.rotateEngineKey();
      expect(keys).to.have.length(1);
      await receive(before);
      await receive(await ground.token());
    });
  });
});
