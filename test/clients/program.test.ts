/** appelctx, compiled as at a site (C# 5) and run by Mono with a browser of the tests. Each test begins with the rule it defends. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { KitSite } from './kit-site.ts';
import { has } from './languages.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const call = path.join(root, 'plugins/app-contextual-call');
const LINE = '/nomnaiss:"BRÉZOLLET" /prenom:"MARIE-ANNE" /ddn:"14/03/1958" /sexe:"F"';
const FIELDS =
  '/login:c.test /authenticationMethod:os-account /authenticationTime:2026-09-15T07:41:10Z /birthName:"BRÉZOLLET" /firstGivenName:"MARIE-ANNE" /birthDate:14/03/1958 /sex:F';
/** A few code points of 850 and of Windows-1252, as a product writes them. */
const bytesOf = (text: string, page: '850' | '1252'): Buffer => Buffer.from(text.replaceAll('É', page === '850' ? '\x90' : '\xc9'), 'latin1');

describe('program for heavy clients', function () {
  this.timeout(120_000);
  let site: KitSite;
  let program: string;
  let browsed: string;

  before(async function () {
    const missing = ['mcs', 'mono', 'openssl'].filter((command) => !has(command));
    if (missing.length > 0) {
      if ((process.env['PASSERELLE_REQUIRE'] ?? '').split(',').includes('clients'))
        throw new Error(`${missing.join(', ')}: required here and not installed`);
      console.log(`  skipped: program for heavy clients (${missing.join(', ')})`);
      this.skip();
    }
    site = new KitSite();
    await site.startEngine();
    program = path.join(site.folder, 'appelctx.exe');
    const sources = ['kit/program', 'clients/csharp'].flatMap((folder) =>
      readdirSync(path.join(call, folder))
        .filter((name) => name.endsWith('.cs'))
        .map((name) => path.join(call, folder, name)),
    );
    execFileSync('mcs', ['-langversion:5', '-warnaserror', `-out:${program}`, ...sources]);
    const hash = execFileSync('openssl', ['x509', '-in', site.authority, '-noout', '-hash'], { encoding: 'utf8' }).trim();
    const trust = path.join(site.folder, '.config/.mono/new-certs/Trust');
    mkdirSync(trust, { recursive: true });
    copyFileSync(site.authority, path.join(trust, `${hash}.0`));
    browsed = path.join(site.folder, 'browsed');
    const browser = site.put('browser', `#!/bin/sh\nprintf '%s\\n' "$#" "$@" > '${browsed}.new'; mv '${browsed}.new' '${browsed}'\n`, 0o755);
    const sessions = await site
      .relay({ hosts: [], listen: { address: '127.0.0.1', port: 0 }, identify: { by: 'session-file', folder: '../sessions' } })
      .catch(() => 0);
    expect(sessions, 'no host, no relay').to.equal(0);
    const port = await relayOnItsPort();
    const common = { origin: site.engine.origin, browser, log: 'journaux/appelctx.log', sessionFile: 'session.secret' };
    site.put('appelctx.json', JSON.stringify({ ...common, relay: `https://localhost:${port}` }));
    site.put('legacy.json', JSON.stringify({ ...common, relay: `https://localhost:${port}`, commandLine: 'legacy' }));
    site.put('elsewhere.json', JSON.stringify({ ...common, relay: `https://localhost:${port}`, origin: 'https://dcc.invalid' }));
    site.put('workstation.json', JSON.stringify({ browser, client: 'poste.json' }));
    site.put('nobody.json', JSON.stringify({ ...common, relay: 'https://localhost:1' }));
    site.put('here.json', JSON.stringify({ ...common, relay: `http://127.0.0.1:${await plainRelay()}`, environment: 'test' }));
    site.put('off.json', JSON.stringify({ ...common, relay: 'http://relais.invalid', environment: 'test' }));
    site.put('plain.json', JSON.stringify({ ...common, relay: 'http://localhost:1' }));
    site.put('session.secret', `${'s'.repeat(43)}\n`, 0o600);
    const session = { account: 'HOPITAL\\c.test', since: '2026-09-15T07:41:10Z', until: new Date(Date.now() + 3_600_000).toISOString() };
    site.put(`sessions/${createHash('sha256').update('s'.repeat(43)).digest('hex')}.json`, JSON.stringify(session));
  });
  after(() => site?.stop());

  /** The relay must be told the exact Host that programs write: the port is looked for first. */
  async function freePort(): Promise<number> {
    const { createServer } = await import('node:net');
    return new Promise<number>((resolve) => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const found = (probe.address() as { port: number }).port;
        probe.close(() => resolve(found));
      });
    });
  }

  /** As the kit ships it: on this machine, without a certificate. */
  async function plainRelay(): Promise<number> {
    const port = await freePort();
    return site.relay({
      listen: { address: '127.0.0.1', port },
      hosts: [`127.0.0.1:${port}`],
      identify: { by: 'session-file', folder: '../sessions' },
    });
  }

  async function relayOnItsPort(): Promise<number> {
    const port = await freePort();
    const listen = { address: '127.0.0.1', port, certificate: '../localhost.pem', key: '../localhost.key' };
    return site.relay({ listen, hosts: [`localhost:${port}`], identify: { by: 'session-file', folder: '../sessions' } });
  }

  async function run(args: readonly string[], input: Uint8Array | string = ''): Promise<{ code: number | null; out: string; errors: string }> {
    // Without a locale, Mono writes `?` for what is no ASCII.
    const env = { ...process.env, HOME: site.folder, LC_ALL: 'C.UTF-8' };
    const child = spawn('mono', [program, '--quiet', ...args], { env });
    let out = '';
    let errors = '';
    child.stdout.on('data', (text: Buffer) => (out += text.toString()));
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    child.stdin.on('error', () => undefined).end(input);
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, out, errors };
  }

  const link = (): string => `${site.engine.origin}/appel-contextuel/ouvrir#AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE`;
  async function opened(): Promise<string[]> {
    for (let tries = 0; !existsSync(browsed) && tries < 200; tries += 1) await new Promise((resolve) => setTimeout(resolve, 25));
    const lines = readFileSync(browsed, 'utf8').trimEnd().split('\n');
    execFileSync('rm', [browsed]);
    return lines;
  }
  const settings = (name: string): string[] => ['--settings', path.join(site.folder, name)];

  it('C2: reads standard input, asks the relay, and opens the link in the browser as one argument', async () => {
    site.allow(1);
    const { code, errors } = await run(['--stdin'], LINE);
    expect(code, errors).to.equal(0);
    expect(await opened()).to.deep.equal(['1', link()]);
    expect(site.told()[0]).to.deep.include({ 'Patient.name.family': 'BRÉZOLLET', 'Patient.birthDate': '1958-03-14' });
  });

  it('C2: reads the code pages of Windows, said or recognised', async () => {
    site.allow(3);
    for (const [args, bytes] of [
      [['--stdin', '--page', '850'], bytesOf(LINE, '850')],
      [['--stdin'], bytesOf(LINE, '1252')],
      [['--stdin', '--page', 'windows-1252', '--print'], bytesOf(LINE, '1252')],
    ] as const) {
      const { code, out, errors } = await run(args, bytes);
      expect(code, errors).to.equal(0);
      if (args.length === 4) expect(out.trim()).to.equal(link());
      else await opened();
    }
    expect(site.told().map((context) => context['Patient.name.family'])).to.deep.equal(['BRÉZOLLET', 'BRÉZOLLET', 'BRÉZOLLET']);
    expect((await run(['--stdin', '--page', 'utf-8'], bytesOf(LINE, '1252'))).code).to.equal(2);
  });

  it('C2: removes the file before anything else, even when the call is refused', async () => {
    for (const [text, expected] of [
      [LINE, 0],
      [`${LINE} /login:"tsec"`, 4],
      ['x'.repeat(20_000), 2],
    ] as const) {
      site.allow(1);
      const file = site.put('appel.txt', text, 0o600);
      const { code, errors } = await run(['--file', file]);
      expect(code, errors).to.equal(expected);
      expect(existsSync(file)).to.equal(false);
    }
    await opened();
    site.told();
    expect((await run(['--file', path.join(site.folder, 'nowhere.txt')])).code).to.equal(2);
  });

  it('C2: an identity on the command line is refused, unless the site said legacy: then a warning is logged', async () => {
    const words = ['/nomnaiss:BRÉZOLLET', '/prenom:MARIE-ANNE', '/ddn:14/03/1958', '/sexe:F'];
    expect((await run(words)).code).to.equal(2);
    site.allow(1);
    const { code, errors } = await run([...settings('legacy.json'), ...words]);
    expect(code, errors).to.equal(0);
    expect(await opened()).to.deep.equal(['1', link()]);
    expect(site.told()[0]).to.include({ 'Patient.name.family': 'BRÉZOLLET' });
    expect(readFileSync(path.join(site.folder, 'journaux/appelctx.log'), 'utf8')).to.include('identity-on-command-line');
  });

  it('C3: opens nothing that is not of its configured origin, and no relay without https', async () => {
    site.allow(1);
    const { code, errors } = await run([...settings('elsewhere.json'), '--stdin'], LINE);
    expect(code, errors).to.equal(4);
    expect(existsSync(browsed)).to.equal(false);
    for (const name of ['plain.json', 'off.json']) {
      const plain = await run([...settings(name), '--stdin'], LINE);
      expect([plain.code, plain.errors.includes('relay (adresse du relais)')], `${name}: ${plain.errors}`).to.deep.equal([3, true]);
    }
    site.told();
  });

  it('C3: in test, on this machine, takes the relay as the kit ships it', async () => {
    site.allow(1);
    const { code, errors } = await run([...settings('here.json'), '--stdin'], LINE);
    expect(code, errors).to.equal(0);
    expect(await opened()).to.deep.equal(['1', link()]);
    site.told();
  });

  it('C3: names a session file that cannot be read, and a variable that this machine does not know, instead of asking or writing elsewhere', async () => {
    const read = JSON.parse(readFileSync(path.join(site.folder, 'appelctx.json'), 'utf8')) as object;
    site.put('absent.json', JSON.stringify({ ...read, sessionFile: 'nulle-part/session.secret' }));
    const absent = await run([...settings('absent.json'), '--stdin'], LINE);
    expect([absent.code, absent.errors], absent.errors).to.satisfy(
      ([code, text]: [number, string]) =>
        code === 4 && text.includes('Fichier de session illisible : ') && text.includes('nulle-part/session.secret'),
    );
    expect(readFileSync(path.join(site.folder, 'journaux/appelctx.log'), 'utf8')).to.match(/ ERR_KIT_ACCOUNT session-file-unreadable\n/);
    site.put('windows.json', JSON.stringify({ ...read, log: '%PASSERELLE_NULLE_PART%\\AppelDCC\\appels.log' }));
    const windows = await run([...settings('windows.json'), '--stdin'], LINE);
    expect([windows.code, windows.errors.includes('windows.json, log : variable inconnue')], windows.errors).to.deep.equal([3, true]);
    expect(readdirSync(site.folder).filter((name) => name.includes('%'))).to.deep.equal([]);
    site.allow(1);
    site.put('maison.json', JSON.stringify({ ...read, sessionFile: '%HOME%/session.secret', log: '%HOME%/journaux/maison.log' }));
    expect((await run([...settings('maison.json'), '--stdin', '--print'], LINE)).code).to.equal(0);
    expect(existsSync(path.join(site.folder, 'journaux/maison.log'))).to.equal(true);
    site.told();
  });

  it('C1: with the key of a workstation it signs itself, and cannot create', async () => {
    site.allow(1);
    const { code, errors } = await run([...settings('workstation.json'), '--stdin'], FIELDS);
    expect(code, errors).to.equal(0);
    await opened();
    expect(site.told()[0]).to.have.nested.property('user.login', 'c.test');
    const create = await run([...settings('workstation.json'), '--stdin'], `${FIELDS} /action:open-or-create /birthGivenNames:"MARIE-ANNE"`);
    expect(create.code).to.equal(4);
    expect(create.errors).to.include('Création interdite');
    expect(site.told()).to.deep.equal([]);
  });

  it('tells how it went by its exit code, in French with a reference, and logs no health data', async () => {
    expect((await run([])).code, 'nothing said').to.equal(2);
    expect((await run(['--stdin', '/x:y'], LINE)).code, 'said twice').to.equal(2);
    expect((await run([...settings('no.json'), '--stdin'], LINE)).code, 'no settings').to.equal(3);
    const nobody = await run([...settings('nobody.json'), '--stdin'], LINE);
    expect(nobody.code).to.equal(5);
    expect(nobody.errors).to.match(/ne répond pas.*[.] Référence : KIT-[0-9A-F]{8}/);
    expect(readFileSync(path.join(site.folder, 'journaux/appelctx.log'), 'utf8')).to.match(/ ERR_KIT_UNREACHABLE refused\n/);
    site.engine.answer('site', [
      { status: 422, body: { code: 'ERR_CALL_CONTEXT', detail: 'le lien a servi, ou il a expiré', reference: 'AC-REFUS234' } },
    ]);
    expect((await run(['--stdin'], LINE)).errors, 'what the engine says may have no full stop').to.include('ou il a expiré. Référence : AC-REFUS234');
    site.told();
    writeFileSync(path.join(site.folder, 'session.secret'), 'z'.repeat(43));
    const unknown = await run(['--stdin'], LINE);
    expect(unknown.code).to.equal(4);
    expect(unknown.errors).to.include("Votre compte n'est pas celui de cet appel");
    expect(readFileSync(path.join(site.folder, 'journaux/appelctx.log'), 'utf8')).not.to.match(/BR.{1,2}ZOLLET|MARIE|1958-|\/1958/);
  });
});
