/** The relay of the kit, as it ships, in its own process: who may say what, and what a web page can do. Each test begins with the rule it defends. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { chmodSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { fakeEngine } from './fake-engine.ts';
import { KitSite, post } from './kit-site.ts';

const PATIENT = '/nomnaiss:"BRÉZOLLET" /prenom:"MARIE-ANNE" /ddn:"14/03/1958" /sexe:"F"';
const PROGRAM = { 'content-type': 'application/vnd.passerelle.appel' };
const FORM = 'nomnaiss=BR%C3%89ZOLLET&prenom=MARIE-ANNE&ddn=14/03/1958&sexe=F';

describe('kit relay', function () {
  this.timeout(60_000);
  let site: KitSite;
  let port: number;
  const camille = { ...PROGRAM, 'x-remote-user': 'HOPITAL\\C.Test' };

  before(async () => {
    site = new KitSite();
    site.put('local.secret', 'mot-du-serveur-du-dpi\n', 0o600);
    await site.startEngine();
    port = await site.relay({
      identify: { by: 'proxy-header', header: 'x-remote-user', from: ['127.0.0.1'] },
      forms: { origins: ['https://dpi.invalid'], secretFile: '../local.secret', authenticationMethod: 'password' },
    });
  });
  after(() => site.stop());

  it('C1: signs for the account that the site asserts, with the identity the site knows, and gives back the link alone', async () => {
    site.allow(1);
    const answer = await post(port, PATIENT, camille);
    expect(answer.json).to.have.all.keys('link', 'reference');
    expect(answer.status).to.equal(201);
    const [context] = site.told();
    const { user, ...more } = context as { user: { authentication: { method: string; time: string } } };
    expect(user).to.deep.include({ login: 'testcamille', rpps: '99700700018', family: 'TESTMED', given: 'CAMILLE', profile: 'MEDECIN' });
    expect(user.authentication.method).to.equal('os-account');
    expect(more).to.deep.include({ 'Patient.birthDate': '1958-03-14', 'Patient.name.family': 'BRÉZOLLET', iss: 'urn:finess:990001018' });
  });

  it('C1: refuses a login, an RPPS or a profile that is not of the account, and an account nobody knows', async () => {
    for (const [words, headers] of [
      ['/login:"tsec"', camille],
      ['/login:"TESTCAMILLE"', camille],
      ['/rpps:"99700700034"', camille],
      ['/profile:"ADMIN"', camille],
      ['/rpps:"99700700018"', { ...PROGRAM, 'x-remote-user': 'HOPITAL\\s.test' }],
      ['', { ...PROGRAM, 'x-remote-user': 'HOPITAL\\inconnu' }],
      ['', PROGRAM],
    ] as const) {
      const answer = await post(port, `${PATIENT} ${words}`, headers);
      expect([answer.status, answer.json['code']], words).to.deep.equal([403, 'ERR_KIT_ACCOUNT']);
      expect(answer.json['reference']).to.match(/^KIT-[0-9A-F]{8}$/);
    }
    expect(site.told()).to.deep.equal([]);
  });

  it('C1: does not believe a header from an address that is not the proxy', async () => {
    const other = await site.relay({ identify: { by: 'proxy-header', header: 'x-remote-user', from: ['192.0.2.7'] } });
    expect((await post(other, PATIENT, camille)).json['code']).to.equal('ERR_KIT_ACCOUNT');
  });

  it('C1: knows a session by the hash of its secret, until it ends', async () => {
    const sessions = await site.relay({ identify: { by: 'session-file', folder: '../sessions' } });
    const hour = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
    const secret = (text: string, until: string): string => {
      const hash = createHash('sha256').update(text).digest('hex');
      site.put(`sessions/${hash}.json`, JSON.stringify({ account: 'HOPITAL\\s.test', since: '2026-09-15T07:41:10Z', until }));
      return text;
    };
    site.allow(1);
    const good = await post(sessions, PATIENT, { ...PROGRAM, 'passerelle-session': secret('a'.repeat(43), hour(1)) });
    expect(good.status).to.equal(201);
    const [context] = site.told();
    expect(context).to.have.nested.property('user.login', 'tsec');
    expect(context).to.have.nested.property('user.authentication.time', '2026-09-15T07:41:10Z');
    for (const wrong of [secret('b'.repeat(43), hour(-1)), 'c'.repeat(43), '../comptes', ''])
      expect((await post(sessions, PATIENT, { ...PROGRAM, 'passerelle-session': wrong })).json['code'], wrong).to.equal('ERR_KIT_ACCOUNT');
  });

  it('C1: takes the name of a certificate that the authority of the site signed, and no connection without one', async () => {
    const run = (...args: string[]): unknown => execFileSync('openssl', args, { cwd: site.folder, stdio: 'ignore' });
    run('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'compte.key', '-out', 'compte.csr', '-subj', '/CN=HOPITAL\\\\s.test');
    run(
      'x509',
      '-req',
      '-in',
      'compte.csr',
      '-CA',
      'authority.pem',
      '-CAkey',
      'authority.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-out',
      'compte.pem',
    );
    const listen = { address: '127.0.0.1', port: 0, certificate: '../localhost.pem', key: '../localhost.key', clientAuthority: '../authority.pem' };
    const mutual = await site.relay({ listen, identify: { by: 'client-certificate' } });
    const read = (name: string): Buffer => readFileSync(path.join(site.folder, name));
    const trust = { ca: read('authority.pem'), servername: 'localhost' };
    site.allow(1);
    const answer = await post(mutual, PATIENT, PROGRAM, { ...trust, key: read('compte.key'), cert: read('compte.pem') });
    expect(answer.status, answer.text).to.equal(201);
    expect(site.told()[0]).to.have.nested.property('user.login', 'tsec');
    const without = await post(mutual, PATIENT, PROGRAM, trust).catch((error: Error) => error.message);
    expect(without).to.be.a('string');
  });

  it('C6: takes a form of a page it knows, with the secret of the DPI server, and gives the link alone', async () => {
    site.allow(1);
    const page = { origin: 'https://dpi.invalid', 'x-kit-local': 'mot-du-serveur-du-dpi', 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await post(port, `${FORM}&login=tsec`, { ...page, 'x-remote-user': 'HOPITAL\\s.test' });
    expect(answer.json).to.have.all.keys('link', 'reference');
    expect(answer.headers).to.include({ 'access-control-allow-origin': 'https://dpi.invalid', 'cache-control': 'no-store' });
    expect(site.told()[0]).to.have.nested.property('user.authentication.method', 'password');
    expect((await post(port, `${FORM}&login=tsec&rpps=99700700018`, page)).json['code']).to.equal('ERR_KIT_ACCOUNT');
    expect((await post(port, FORM, page)).json['code']).to.equal('ERR_KIT_ACCOUNT');
  });

  it('C6: a page in clear is one of this very machine, in test; anywhere else the relay does not start', async () => {
    const settings = JSON.parse(readFileSync(path.join(site.folder, 'passerelle.json'), 'utf8')) as object;
    site.put('production.json', JSON.stringify({ ...settings, environment: 'production' }));
    const at = async (origin: string, more = {}): Promise<number> =>
      site.relay({ forms: { origins: [origin], secretFile: '../local.secret', authenticationMethod: 'password' }, ...more });
    for (const [origin, more] of [
      ['http://127.0.0.1:7206', { client: '../production.json' }],
      ['http://dpi.invalid'],
      ['http://127.0.0.1.dpi.invalid'],
      ['http://127.0.0.1:7206/page'],
    ] as const)
      expect(await at(origin, more).then(String, (error: unknown) => (error as Error).message), origin).to.include('forms.origins');
    site.allow(1);
    const page = { origin: 'http://127.0.0.1:7206', 'x-kit-local': 'mot-du-serveur-du-dpi' };
    expect((await post(await at(page.origin), `${FORM}&login=tsec`, page)).status).to.equal(201);
    expect(site.told()).to.have.length(1);
  });

  it('C1: a page is no way around the account: the form of another login than the account of whoever asks is refused', async () => {
    const page = { origin: 'https://dpi.invalid', 'x-kit-local': 'mot-du-serveur-du-dpi' };
    for (const headers of [page, { ...page, 'x-remote-user': 'HOPITAL\\c.test' }, { ...page, 'x-remote-user': 'HOPITAL\\inconnu' }]) {
      const answer = await post(port, `${FORM}&login=tsec`, headers);
      expect([answer.status, answer.json['code']], JSON.stringify(headers)).to.deep.equal([403, 'ERR_KIT_ACCOUNT']);
    }
    expect(site.told()).to.deep.equal([]);
  });

  it('C1 C6: without accounts a page brings a proof of its user and minute; the secret of all users only in test, or as a recorded weakness', async () => {
    const settings = JSON.parse(readFileSync(path.join(site.folder, 'passerelle.json'), 'utf8')) as object;
    site.put('production.json', JSON.stringify({ ...settings, environment: 'production' }));
    const forms = { origins: ['https://dpi.invalid'], secretFile: '../local.secret', authenticationMethod: 'password' };
    const real = await site.relay({ client: '../production.json', forms });
    const minute = Math.floor(Date.now() / 60_000);
    const proof = (login: string, at = minute, secret = 'mot-du-serveur-du-dpi'): Record<string, string> => ({
      origin: 'https://dpi.invalid',
      'x-kit-local': createHmac('sha256', secret).update(`${login}\n${at}`).digest('hex'),
    });
    const words = { origin: 'https://dpi.invalid', 'x-kit-local': 'mot-du-serveur-du-dpi' };
    for (const headers of [words, proof('testcamille'), proof('tsec', minute - 3), proof('tsec', minute + 2), proof('tsec', minute, 'autre')])
      expect((await post(real, `${FORM}&login=tsec`, headers)).json['code'], JSON.stringify(headers)).to.equal('ERR_KIT_FORBIDDEN');
    expect(site.told()).to.deep.equal([]);
    site.allow(3);
    expect((await post(real, `${FORM}&login=tsec`, proof('tsec'))).status).to.equal(201);
    expect((await post(real, `${FORM}&login=tsec`, proof('tsec', Math.floor(Date.now() / 60_000) - 1))).status).to.equal(201);
    const weak = await site.relay({ client: '../production.json', forms: { ...forms, weakStaticSecret: true } });
    expect((await post(weak, `${FORM}&login=tsec`, words)).status).to.equal(201);
    site.told();
  });

  it('C6: a page cannot reach it: another origin, no secret, a name that points here (DNS rebinding), the way of programs', async () => {
    const page = { origin: 'https://dpi.invalid', 'x-kit-local': 'mot-du-serveur-du-dpi' };
    const tries: Record<string, string>[] = [
      { ...page, origin: 'https://evil.invalid' },
      { ...page, origin: 'null' },
      { ...page, origin: 'http://dpi.invalid' },
      { ...page, 'x-kit-local': 'mot-du-serveur-du-dpj' },
      { ...page, 'x-kit-local': '' },
      { origin: 'https://dpi.invalid' },
      { ...page, host: 'evil.invalid' },
      { ...page, host: 'relais.test:1' },
      { ...camille, origin: 'https://evil.invalid' },
      { ...camille, host: 'evil.invalid' },
    ];
    for (const headers of tries) {
      const answer = await post(port, `${FORM}&login=tsec`, headers);
      expect([answer.status, answer.json['code']], JSON.stringify(headers)).to.deep.equal([403, 'ERR_KIT_FORBIDDEN']);
      if (headers['origin'] !== 'https://dpi.invalid') expect(answer.headers).not.to.have.property('access-control-allow-origin');
    }
    expect((await post(port, '', { origin: 'https://dpi.invalid' }, undefined, 'OPTIONS')).status).to.equal(204);
    expect((await post(port, '', { origin: 'https://evil.invalid' }, undefined, 'OPTIONS')).status).to.equal(403);
    expect((await post(port, '', {}, undefined, 'GET')).status).to.equal(404);
    const simple = await post(port, `${FORM}&login=testcamille`, {
      'x-remote-user': 'HOPITAL\\c.test',
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(simple.json['code'], 'a form without an origin').to.equal('ERR_KIT_INPUT');
    expect(site.told()).to.deep.equal([]);
  });

  it("reads a product by its connector's own decoder, as the kit ships it", async () => {
    const identify = { by: 'proxy-header', header: 'x-remote-user', from: ['127.0.0.1'] };
    const authority = { namespace: 'DXCARE', oid: '1.2.250.1.999.10.1', type: 'PI', domain: 'dxcare', use: 'IPP' };
    const place = {
      site: '990001018',
      environment: 'test',
      timeZone: 'Europe/Paris',
      identityAuthorities: [authority],
      charsetFallback: 'windows-1252',
    };
    const dxcare = await site.relay(
      { identify },
      { id: 'dxcare', site: { ...place, connector: { commandLine: 'legacy', commandLineCharset: 'windows-1252' } } },
    );
    const line =
      '"C:\\Kit\\appelctx.exe" /etab:990001018 /dpi:DXCARE /login:testcamille /rpps:99700700018 /ipp:0004512387 /nom:"QUINTARD" /nomnaiss:"BRÉZOLLET" /prenom:"MARIE-ANNE" /ddn:14/03/1958 /sexe:F /action:ouvrir';
    site.allow(2);
    for (const bytes of [Buffer.from(line, 'latin1'), Buffer.from(`\ufeff${line}`)])
      expect((await post(dxcare, bytes, camille)).status).to.equal(201);
    const told = site.told();
    expect(told).to.have.length(2);
    for (const context of told)
      expect(context).to.include({
        'Patient.name.family': 'BRÉZOLLET',
        'Patient.name.used': 'QUINTARD',
        'Patient.birthDate': '1958-03-14',
        PatientID: '0004512387',
        PatientIDIssuer: 'DXCARE&1.2.250.1.999.10.1&ISO',
        action: 'open',
      });
    const refused = await post(dxcare, line.replace('/login:testcamille', '/login:tsec'), camille);
    expect(refused.json['code']).to.equal('ERR_KIT_ACCOUNT');
    const wrong: readonly (readonly [string, string, string])[] = [
      ['/ddn:14/03/1958', '/ddn:31/02/1958', '/ddn'],
      ['/action:ouvrir', '/action:creer', '/action'],
      ['/etab:990001018', '/etab:990009999', '/etab'],
      ['/sexe:F', '/sexe:F /sexe:M', '/sexe'],
    ];
    for (const [right, said, field] of wrong) {
      const { json } = await post(dxcare, Buffer.from(line.replace(right, said), 'latin1'), camille);
      expect(json['code'], said).to.equal('ERR_KIT_INPUT');
      expect(json['detail'], said)
        .to.include(`(champ : ${field})`)
        .and.not.to.match(/1958|creer|990009999|BR.ZOLLET/);
      expect(readFileSync(path.join(site.folder, 'relais.log'), 'utf8'), said).to.match(
        new RegExp(`${String(json['reference'])} ERR_KIT_INPUT ERR_\\w+ ${field}$`, 'm'),
      );
    }
    const secret = { origins: ['https://dpi.invalid'], localSecret: 'mot-du-serveur-du-dpi' };
    const expert = await site.relay(
      { forms: { origins: secret.origins, secretFile: '../local.secret', authenticationMethod: 'password' } },
      { id: 'expert-sante', site: { ...place, connector: { kit: secret } } },
    );
    site.allow(1);
    const form =
      'etab=990001018&dpi=EXPERTSANTE&user=testcamille&rpps=99700700018&nomNaissance=L%9CUVRIER&nomUsuel=D%92ESTREMOY&prenom=FRAN%C7OISE&ddn=19630721&sexe=F';
    const page = {
      origin: 'https://dpi.invalid',
      'x-kit-local': secret.localSecret,
      'content-type': 'application/x-www-form-urlencoded; charset=ISO-8859-1',
    };
    const answer = await post(expert, form, page);
    expect(answer.status, answer.text).to.equal(201);
    expect(site.told()[0]).to.include({ 'Patient.name.family': 'LŒUVRIER', 'Patient.name.used': 'D’ESTREMOY' });
  });

  it('takes the fields of the clients as JSON, and nothing else as JSON', async () => {
    const type = { ...camille, 'content-type': 'application/vnd.passerelle.champs+json' };
    site.allow(1);
    const good = { birthName: 'BRÉZOLLET', firstGivenName: 'MARIE-ANNE', birthDate: '1958-03-14', sex: 'F', authenticationMethod: 'cps' };
    expect((await post(port, JSON.stringify(good), type)).status).to.equal(201);
    expect(site.told()[0], 'who authenticated, and how, is not for the product to say').to.have.nested.property(
      'user.authentication.method',
      'os-account',
    );
    for (const body of ['null', '[]', '"x"', '{', '', Buffer.from('{"birthName":"\xc9"}', 'latin1')])
      expect((await post(port, body, type)).json['code'], String(body)).to.equal('ERR_KIT_INPUT');
    for (const wrong of [
      { ...good, birthName: 1 },
      { ...good, iss: 'urn:finess:990009999' },
      { ...good, constructor: 'x' },
    ])
      expect((await post(port, JSON.stringify(wrong), type)).json['code'], JSON.stringify(wrong)).to.equal('ERR_KIT_CONTEXT');
    expect(site.told()).to.deep.equal([]);
  });

  it('C4: bounds what it is sent, and how often an account asks', async () => {
    expect((await post(port, 'x'.repeat(20_000), camille)).json['code']).to.equal('ERR_KIT_TOO_LARGE');
    const few = await site.relay({ identify: { by: 'proxy-header', header: 'x-remote-user', from: ['127.0.0.1'] }, perAccountPerMinute: 2 });
    const codes: unknown[] = [];
    // Two minutes of the clock at most are touched: five of six cannot all pass.
    for (let time = 0; time < 6; time += 1) codes.push((await post(few, 'nothing', camille)).json['code']);
    expect(codes).to.include.members(['ERR_KIT_INPUT', 'ERR_KIT_RATE']);
  });

  it('keeps the words of what it refuses: the field, never the value; and no health data in its log', async () => {
    const answer = await post(port, PATIENT.replace('14/03/1958', '14/03/58'), camille);
    expect(answer.json['detail']).to.include('birthDate').and.not.to.include('58');
    const log = readFileSync(path.join(site.folder, 'relais.log'), 'utf8');
    expect(log).to.include('AC-TEST2345 201').and.to.include('bad-date');
    expect(log).not.to.match(/BR.{1,2}ZOLLET|MARIE|1958-|\/1958/);
  });

  it('C1: the log says why an account was refused, the person is told one sentence for all', async () => {
    const port = await site.relay({ identify: { by: 'session-file', folder: '../sessions' }, log: '../motifs.log' });
    const session = (secret: string, said: object, bom = ''): void =>
      void site.put(`sessions/${createHash('sha256').update(secret).digest('hex')}.json`, bom + JSON.stringify(said));
    const [since, until] = [new Date().toISOString(), new Date(Date.now() + 3_600_000).toISOString()];
    session('a'.repeat(43), { account: 'HOPITAL\\c.test', since, until }, '\ufeff');
    session('b'.repeat(43), { account: 'HOPITAL\\c.test', since, until: since });
    session('c'.repeat(43), { account: 'HOPITAL\\parti', since, until });
    const refused = async (text: string, secret?: string): Promise<unknown> =>
      (await post(port, text, { ...PROGRAM, ...(secret && { 'passerelle-session': secret.repeat(43) }) })).json['detail'];
    const told = [
      await refused(PATIENT),
      await refused(PATIENT, 'z'),
      await refused(PATIENT, 'b'),
      await refused(PATIENT, 'c'),
      await refused(`${PATIENT} /login:"tsec"`, 'a'),
    ];
    expect(new Set(told).size).to.equal(1);
    const reasons = [...readFileSync(path.join(site.folder, 'motifs.log'), 'utf8').matchAll(/ERR_KIT_ACCOUNT (\S*)/g)].map(([, reason]) => reason);
    expect(reasons).to.deep.equal(['no-session', 'unknown-session', 'session-over', 'unknown-account', 'other-login']);
    site.allow(1);
    expect((await post(port, PATIENT, { ...PROGRAM, 'passerelle-session': 'a'.repeat(43) })).status, 'as PowerShell writes it').to.equal(201);
    site.told();
  });

  it('C1: the lines of its page make a session that it takes', async () => {
    const page = readFileSync(path.join(import.meta.dirname, '../../../plugins/app-contextual-call/kit/relay/relais.fr.md'), 'utf8');
    const lines = /### Une session, pas à pas[^]*?```sh\n([^]*?)```/.exec(page)![1]!;
    execFileSync('sh', ['-ec', lines], { cwd: site.folder });
    const port = await site.relay({ identify: { by: 'session-file', folder: '../sessions' } });
    site.allow(1);
    const secret = readFileSync(path.join(site.folder, 'session.secret'), 'utf8');
    expect((await post(port, PATIENT, { ...PROGRAM, 'passerelle-session': secret })).status).to.equal(201);
    expect(site.told()[0]).to.have.nested.property('user.login', 'testcamille');
  });

  it('C1: a log that cannot be written stops no call, and not the relay', async () => {
    const settings = JSON.parse(readFileSync(path.join(site.folder, 'passerelle.json'), 'utf8')) as object;
    site.put('sans-journal.json', JSON.stringify({ ...settings, log: 'absent/appels.log' }));
    const identify = { by: 'proxy-header', header: 'x-remote-user', from: ['127.0.0.1'] };
    const mute = await site.relay({ identify, client: '../sans-journal.json', log: '../absent/relais.log' });
    site.allow(2);
    expect((await post(mute, PATIENT, camille)).status).to.equal(201);
    expect((await post(mute, PATIENT, PROGRAM)).json['code']).to.equal('ERR_KIT_ACCOUNT');
    expect((await post(mute, PATIENT, camille)).status).to.equal(201);
    site.told();
  });

  it('says step by step what passes before anybody clicks', async () => {
    const check = async (settings: object): Promise<{ code: number; said: string }> => {
      const file = site.put(
        'essai.json',
        JSON.stringify({ listen: { address: '127.0.0.1', port: 0 }, hosts: ['x'], client: 'passerelle.json', accounts: 'comptes.json', ...settings }),
      );
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: site.authority };
      return new Promise((resolve) => {
        execFile(process.execPath, [site.program, '--verifier', file], { env }, (error, out) =>
          resolve({ code: Number(error?.code ?? 0), said: out }),
        );
      });
    };
    const identify = { by: 'session-file', folder: 'sessions' };
    const good = await check({ identify });
    expect(good.code, good.said).to.equal(0);
    expect(good.said.match(/^bon/gm)).to.have.length(6);
    expect(good.said, 'no step sees whether the referent confirmed the key').to.match(/^NON VU .*confirmé la clé/m);
    const none = await check({ identify: { by: 'session-file', folder: 'absentes' } });
    expect([none.code, /MAUVAIS {2}.*dossier des sessions absent/.test(none.said)]).to.deep.equal([1, true]);
    chmodSync(path.join(site.folder, 'sessions'), 0o777);
    const open = await check({ identify });
    chmodSync(path.join(site.folder, 'sessions'), 0o755);
    expect([open.code, /MAUVAIS {2}.*modifiable par d'autres/.test(open.said)], 'who writes there is anybody').to.deep.equal([1, true]);
    const nowhere = await new Promise((resolve) =>
      execFile(process.execPath, [site.program, '--verifier'], { cwd: site.folder }, (error, out) => resolve([Number(error?.code), out])),
    );
    expect(nowhere).to.have.nested.property('[0]', 1);
    expect(nowhere).to.have.nested.property('[1]').that.includes('se placer dans le dossier relais').and.does.not.include('ENOENT');
    const bad = await check({ identify, client: 'ailleurs.json' });
    expect([bad.code, /MAUVAIS {2}réglages/.test(bad.said)]).to.deep.equal([1, true]);
    const nobody = await fakeEngine(undefined, {});
    nobody.stop();
    site.put(
      'muet.json',
      JSON.stringify({ url: `${nobody.origin}/appel-contextuel`, finess: '990001018', environment: 'test', keyFile: 'site.pem' }),
    );
    expect((await check({ identify, client: 'muet.json' })).said)
      .to.include('MAUVAIS  moteur')
      .and.to.include('ne répond pas (refused)');
    site.put('ancien.json', readFileSync(path.join(site.folder, 'passerelle.json'), 'utf8'));
    site.engine.linksTo('https://ailleurs.invalid');
    const moved = await check({ identify, client: 'ancien.json' });
    expect(moved.code, moved.said).to.equal(1);
    expect(moved.said).to.include(
      `le moteur donne ses liens sur https://ailleurs.invalid, ce kit attend ${site.engine.origin} : demander un kit neuf`,
    );
    site.engine.linksTo(site.engine.origin);
    expect((await check({ identify })).code).to.equal(0);
    expect((await check({ identify, accounts: path.basename(site.put('ouvert.json', '{}', 0o666)) })).said).to.match(/chmod 600 \S+ouvert\.json/);
  });

  it('its check ends quietly when nobody reads on', async () => {
    const child = spawn(process.execPath, [site.program, '--verifier', path.join(site.folder, 'absent.json')]);
    child.stdout.destroy();
    let errors = '';
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, errors]).to.deep.equal([1, '']);
  });

  it('does not start with settings that are unsafe', async () => {
    const identify = { by: 'proxy-header', header: 'x-remote-user', from: ['127.0.0.1'] };
    const said = (settings: object): Promise<unknown> => site.relay(settings).catch((error: Error) => error.message);
    expect(await said({ identify, listen: { address: '0.0.0.0', port: 0 } }), 'no TLS off loopback').to.include('listen.certificate');
    expect(await said({ identify, hosts: [] })).to.include('hosts');
    expect(await said({}), 'nobody can ask').to.include('identify');
    expect(await said({ forms: { origins: ['*'], secretFile: '../local.secret', authenticationMethod: 'password' } })).to.include('origins');
    for (const authenticationMethod of ['cps', 'e-cps', 'pro-sante-connect', 'CPS', undefined])
      expect(
        await said({ forms: { origins: ['https://dpi.invalid'], secretFile: '../local.secret', authenticationMethod } }),
        `C1: a proof of hours ago would be one of now: ${authenticationMethod}`,
      ).to.include('forms.authenticationMethod');
    const listen = { address: '0.0.0.0', port: 0, certificate: '../localhost.pem', key: '../localhost.key' };
    const forms = { origins: ['https://dpi.invalid'], secretFile: '../local.secret', authenticationMethod: 'password' };
    expect(await said({ listen, forms }), 'C1: pages of other machines, and nobody says who asks').to.include('forms');
    site.put('tous.json', '{}', 0o666);
    expect(await said({ identify, accounts: '../tous.json' }), 'others may write it').to.include('tous.json');
    site.put('cle-lisible.pem', readFileSync(path.join(site.folder, 'site.pem'), 'utf8'), 0o644);
    site.put('autre.json', JSON.stringify({ url: 'https://dcc.invalid/x', finess: '990001018', environment: 'test', keyFile: 'cle-lisible.pem' }));
    expect(await said({ identify, client: '../autre.json' })).to.include('lisible par d');
  });
});
