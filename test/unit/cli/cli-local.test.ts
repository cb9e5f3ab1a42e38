import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { CliServices, TranslateOptions } from '../../../core/cli/index.ts';
import { PasserelleError } from '../../../core/contract/index.ts';
import { SITE, catalogue } from '../settings/catalogue.ts';
import { MAIN, passerelle, startProcess, withServices } from './cli-process.ts';

const COMMANDS =
  'start check plan apply send translate render document messages message where lanes lane replay discard connectors doctor delivery call calls kit'.split(
    ' ',
  );

/** Waits for a condition, with a deadline and a word. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('the command passerelle', () => {
  let folder: string;
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(path.join(folder, name), text);
    return path.join(folder, name);
  };
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'passerelle-local-'))));
  after(() => rm(folder, { recursive: true }));

  it('has help for every command, in French first, within 100 columns', async () => {
    const main = await passerelle(['--help']);
    expect(main.code).to.equal(0);
    for (const command of COMMANDS) {
      expect(main.out).to.match(new RegExp(`^  ${command}\\b`, 'm'));
      const { code, out } = await withServices({}, [command, '--help']);
      expect([code, out.includes('aide / help')], command).to.deep.equal([0, true]);
      expect(Math.max(...out.split('\n').map((line) => line.length)), command).to.be.at.most(100);
    }
  });

  it('says in the help of calls how a token is made, which fingerprint is meant, and nothing in English alone', async () => {
    const verify = await withServices({}, ['call', 'verify', '--help']);
    expect(verify.out).to.contain('passerelle call sign contexte.json --key cle-du-site.pem --engine-key keys.json > jeton');
    expect((await withServices({}, ['call', 'key', 'confirm', '--help'])).out).to.contain('<empreinte-du-site>');
    expect((await withServices({}, ['kit', 'verify', '--help'])).out).to.contain('--fingerprint <cle-du-moteur>');
    const keys = await withServices({}, ['call', 'key', '--help']);
    expect(keys.out).to.contain('passerelle call key revoke KID --why "poste volé"').and.not.to.contain('display help');
  });

  it('exits with 2 on wrong usage and says so', async () => {
    for (const args of [['nonsense'], ['messages', '--limit', '0'], ['message'], ['send', 'x'], ['translate', '--connector', '@1', 'x'], []]) {
      const { code, err } = await withServices({}, args);
      expect(code, args.join(' ')).to.equal(2);
      if (args.length > 0)
        expect(err, args.join(' ')).to.match(/^Usage incorrect : .*\n  Wrong usage: .*\n  À faire \/ to do: passerelle.* --help\n/);
    }
    const usages: readonly (readonly [readonly string[], string])[] = [
      [['messagess'], "commande inconnue 'messagess' (Vouliez-vous dire messages ?)"],
      [['messages', '--limitt', '1'], "option inconnue '--limitt' (Vouliez-vous dire --limit ?)"],
      [['message'], "il manque l'argument 'id'"],
      [['send', 'x'], "il manque l'option '--to <address>'"],
      [['alerts', 'x'], "trop d'arguments pour 'alerts' (attendu : 0, trouvé : 1)"],
      [['messages', '--limit', '0'], "l'option '--limit <n>' ne peut valoir '0' : 1..500"],
      [['call', 'key', 'revoke', 'x'], 'to do: passerelle call key revoke --help'],
      [['call', 'kez'], 'to do: passerelle call --help'],
      [['message', '--x'], 'to do: passerelle message --help'],
    ];
    for (const [args, fr] of usages) expect((await withServices({}, args)).err, args.join(' ')).to.include(fr);
    expect((await passerelle(['--version'])).out).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it('says in French and English that this Node is too old', async () => {
    const old = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.1.0"}})';
    const { code, err } = await startProcess(['--import', old, MAIN, 'lanes']).outcome;
    expect(code).to.equal(2);
    expect(err).to.contain('Passerelle demande Node.js 24').and.to.contain('Passerelle needs Node.js 24').and.to.contain('20.1.0');
  });

  it('checks a folder without an engine, secrets included', async () => {
    const config = await mkdtemp(path.join(folder, 'config-'));
    const services = { catalogue: async () => catalogue };
    await writeFile(path.join(config, 'site.yaml'), SITE);
    expect((await withServices(services, ['check', config])).out).to.contain("1 site(s), 2 point(s) d'accès");
    await writeFile(path.join(config, 'site.yaml'), SITE.replace('commandLine: legacy', 'apiKey: { env: DX_KEY }'));
    const missing = await withServices(services, ['check', config, '--json']);
    expect(missing.code).to.equal(2);
    expect((JSON.parse(missing.out) as { issues: { code: string }[] }).issues.map(({ code }) => code)).to.deep.equal(['ERR_SECRET_MISSING']);
    expect((await withServices(services, ['check', config], { DX_KEY: 'x' })).code).to.equal(0);
    expect((await withServices(services, ['check', path.join(config, 'none')])).code).to.equal(2);
    const nothing = await withServices(services, ['check', await mkdtemp(path.join(folder, 'empty-'))]);
    expect([nothing.code, nothing.out], 'a folder without settings is a wrong path').to.deep.equal([2, '']);
  });

  it('says in French everything that is wrong in the settings it is started with', async () => {
    const settings = path.join(folder, 'wrong-settings');
    await mkdir(settings);
    const site = SITE.replace('environment: test', 'environment: prod').replace('commandLine: legacy', 'commandLine: {}');
    await writeFile(path.join(settings, 'site.yaml'), site);
    const { code, err } = await startProcess([MAIN, 'start', '--config', settings, '--data', path.join(folder, 'never')]).outcome;
    expect(code).to.equal(2);
    expect([...err.matchAll(/^ERR_\w+ site.yaml:\d+ ([^ ]+) : .*\((attendu.*)\)$/gm)].map(([, place, tail]) => [place, tail])).to.deep.equal([
      ['/environment', 'attendu : un de : test, production, trouvé : "prod"'],
      ['/connectors/0/settings/commandLine', 'attendu : un de : refused, legacy, trouvé : un bloc de champs'],
      ['/connectors/0/endpoints/1/host', 'attendu : le champ host (Adresse du partenaire), trouvé : rien'],
      ['/connectors/0/settings', 'attendu : ppacCode (Code du PPAC), trouvé : rien'],
    ]);
  });

  it('says in French, beside its line, why a message is refused', async () => {
    const error = new PasserelleError('ERR_HL7_SEGMENT_MISSING', { location: { hl7: 'PV1' }, expected: 'a PV1 segment', found: 'none' }).toData();
    const services: Partial<CliServices> = { translate: () => [{ decision: 'reject', error }] };
    const { code, out, err } = await withServices(services, ['translate', '--connector', 'dxcare', await file('one.hl7', 'A')]);
    expect([code, JSON.parse(out)]).to.deep.equal([0, { decision: 'reject', error }]);
    expect(err.split('\n').slice(0, 3)).to.deep.equal([
      'ERR_HL7_SEGMENT_MISSING PV1 : un segment obligatoire manque (attendu : un segment PV1, trouvé : rien)',
      '  À faire : Ajouter le segment indiqué.',
      '  PV1: a required segment is missing (expected a PV1 segment, found none)',
    ]);
  });

  it('translates each message to one JSON line, with site settings and the given time', async () => {
    const given: TranslateOptions[] = [];
    const services: Partial<CliServices> = {
      catalogue: async () => catalogue,
      translate: async function* (bytes, options) {
        given.push(options);
        for (const text of Buffer.from(bytes).toString().split('\n')) {
          await Promise.resolve();
          yield { decision: 'accept', events: [{ type: text }], warnings: [], acknowledgement: null };
        }
      },
    };
    const input = await file('two.hl7', 'A\nB');
    const settings = await file('settings.yaml', 'site: "990001018"\nenvironment: test\n');
    const { code, out, err } = await withServices(services, [
      'translate',
      '--connector',
      'dxcare@0.1.0',
      '--settings',
      settings,
      '--now',
      '2026-10-12T08:00:00Z',
      input,
    ]);
    expect(code).to.equal(0);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { events: { type: string }[] }).events[0]!.type),
    ).to.deep.equal(['A', 'B']);
    expect(err).to.equal('');
    expect(given[0]).to.deep.include({ connectorId: 'dxcare', version: '0.1.0', now: '2026-10-12T08:00:00Z' });
    expect(given[0]!.settings).to.include({ site: '990001018', timeZone: 'Europe/Paris' });
    const wrong = await file('wrong.yaml', 'site: "990001018"\nenvironment: tset\n');
    const refused = await withServices(services, ['translate', '--connector', 'dxcare', '--settings', wrong, input]);
    expect([refused.code, refused.out]).to.deep.equal([2, '']);
    expect(refused.err).to.contain('wrong.yaml:2 /environment');
    const region = await file('site.yaml', SITE);
    await withServices(services, ['translate', '--connector', 'dxcare', '--settings', region, input]);
    expect(given.at(-1)!.settings, 'the file of a site, as the engine runs it').to.include({ site: '990001018', environment: 'test' });
    expect(given.at(-1)!.settings!.connector).to.include({ commandLine: 'legacy' });
    const calling = await file('calling.yaml', `${SITE}contextualCall: { connector: dxcare, users: [{ profile: MEDECIN, rights: [open] }] }\n`);
    const read = await withServices(services, ['translate', '--connector', 'dxcare', '--settings', calling, input]);
    expect(read, 'the engine that it needs is not here').to.include({ code: 0, err: '' });
    expect((await withServices(services, ['translate', '--connector', 'dxcare', path.join(folder, 'none')])).code).to.equal(2);
  });

  it('renders an event with the content of its parts, and never quotes one that is not JSON', async () => {
    const services: Partial<CliServices> = { render: async (event) => Buffer.from(`MSH|${(event as { id: string }).id}`) };
    expect(
      (await withServices(services, ['render', '--connector', 'dxcare', await file('e.json', '{"id":"e1","type":"t","data":{}}')])).out,
    ).to.equal('MSH|e1');
    const translated = ['e1', 'e2'].map((id) => JSON.stringify({ decision: 'accept', events: [{ id, type: 't', data: {} }] })).join('\n');
    const both = await withServices(services, ['render', '--connector', 'dxcare', await file('t.json', translated)]);
    expect(both.out, 'what translate printed').to.equal('MSH|e1MSH|e2');
    const other = await withServices(services, ['render', '--connector', 'dxcare', await file('o.json', '{"some":"thing"}')]);
    expect([other.code, other.err.includes('ERR_REQUEST_INVALID')]).to.deep.equal([2, true]);
    const withPart: Partial<CliServices> = { render: async (_event, _options, parts) => parts['p1'] ?? Buffer.from('none') };
    const part = `p1=${await file('a=b.pdf', '%PDF')}`;
    expect(
      (await withServices(withPart, ['render', '--connector', 'dxcare', '--part', part, await file('e.json', '{"type":"t","data":{}}')])).out,
    ).to.equal('%PDF');
    const broken = await withServices(services, ['render', '--connector', 'dxcare', await file('b.json', '{"name":INVENTE')]);
    expect([broken.code, broken.err.includes('INVENTE')]).to.deep.equal([2, false]);
  });

  it('reads a document and exits with 1 when it is unreadable', async () => {
    const input = await file('d.pdf', '%PDF');
    const read = (unreadable?: string) =>
      withServices({ readDocument: async () => ({ kind: 'pdf', ...(unreadable && { unreadable }) }) }, ['document', 'read', input]);
    expect(await read()).to.deep.include({ code: 0, out: '{\n  "kind": "pdf"\n}\n' });
    expect((await read('cut')).code).to.equal(1);
    const wrapping = { readDocument: async () => ({ kind: 'cda', wrapped: { kind: 'pdf', unreadable: 'cut' } }) } satisfies Partial<CliServices>;
    expect((await withServices(wrapping, ['document', 'read', input])).code).to.equal(1);
  });

  it('validates a document against the rules of a folder, and exits with 1 when they are broken', async () => {
    const input = await file('v.xml', '<ClinicalDocument/>');
    const validate = (findings: Awaited<ReturnType<CliServices['validateDocument']>>) =>
      withServices({ validateDocument: async () => findings }, ['document', 'validate', '--rules', '/rules', input]);
    expect((await validate([])).code).to.equal(0);
    const broken = await validate([{ severity: 'error', message: 'id is missing', line: 4 }]);
    expect([broken.code, broken.out]).to.deep.equal([1, 'erreur ligne 4 : id is missing\n']);
    expect((await validate([{ severity: 'warning', message: 'old value set' }])).code).to.equal(0);
    expect((await withServices({}, ['document', 'validate', input])).code).to.equal(2);
  });

  it('sends each message of each file and prints each acknowledgement; exits with 1 when one is not AA', async () => {
    let stopped = 0;
    const sender = (answer: (text: string) => string): Partial<CliServices> => ({
      sender: async () => ({
        split: (bytes) =>
          Buffer.from(bytes)
            .toString()
            .split('\n')
            .map((text) => Buffer.from(text)),
        sink: {
          concurrency: 1,
          probe: async () => undefined,
          stop: async () => void stopped++,
          send: async (message) => ({ bytes: Buffer.from(answer(Buffer.concat([message].flat()).toString())) }),
        },
      }),
    });
    const input = await file('m.hl7', 'C1\nC2');
    const args = ['send', '--to', 'mllp://127.0.0.1:2575', input];
    const good = await withServices(
      sender((id) => `MSH|^~\\&|\rMSA|AA|${id}\r`),
      args,
    );
    expect(good).to.deep.equal({ code: 0, err: '', out: 'AA  m.hl7 #1  C1\nAA  m.hl7 #2  C2\n' });
    const refused = await withServices(
      sender((id) => (id === 'C1' ? `MSH|^~\\&|\rMSA|AE|C1\rERR||PID^1^3|101^x|E|||no patient\r` : `MSH|^~\\&|\rMSA|AA|${id}\r`)),
      args,
    );
    expect(refused.code).to.equal(1);
    expect(refused.out).to.equal('AE  m.hl7 #1  C1  PID^1^3 101^x no patient\nAA  m.hl7 #2  C2\n');
    const silent = await withServices(
      sender(() => {
        throw new PasserelleError('ERR_ACK_TIMEOUT');
      }),
      args,
    );
    expect([silent.code, silent.out.split('\n').length]).to.deep.equal([1, 3]);
    const away = await withServices(
      sender(() => {
        throw new PasserelleError('ERR_CONNECTION_REFUSED');
      }),
      args,
    );
    expect([away.code, away.out]).to.deep.equal([1, '']);
    expect(stopped).to.equal(4);
  });

  it('lists installed connectors when no engine runs, and examines a machine without one', async () => {
    const services = { catalogue: async () => catalogue, tryJournal: async () => 'SQLite' };
    const data = path.join(folder, 'no-data');
    expect((await withServices(services, ['connectors', '--data', data])).out).to.contain('k-process');
    const { out } = await withServices(services, ['doctor', '--data', data], { PASSERELLE_ADMIN_PORT: '0', PASSERELLE_PUBLIC_PORT: '0' });
    for (const word of ['Node.js', 'données', 'disque', 'moteur', 'journal', 'port admin', 'À faire']) expect(out).to.contain(word);
  });

  it('drops control characters that a message may carry before they reach a terminal', async () => {
    const { table } = await import('../../../core/cli/table.ts');
    const io = { out: () => undefined, err: () => undefined, color: true, width: 100, env: {} };
    const text = table(io, [{ title: 'T', value: (row: string) => row }], ['a\u001b[2Jb']);
    expect(text).to.contain('a·[2Jb');
  });

  it('writes a reason that finds no room beside its row below it, whole, within the width', async () => {
    const { table } = await import('../../../core/cli/table.ts');
    const columns = [
      { title: 'ID', value: (row: string) => row.slice(0, 4) },
      { title: 'WHY', rest: true, value: (row: string) => row },
    ];
    for (const width of [80, 100]) {
      const io = { out: () => undefined, err: () => undefined, color: false, width, env: {} };
      const long = 'word '.repeat(30).trim();
      const lines = table(io, columns, ['near', long]).trimEnd().split('\n');
      expect(lines.slice(0, 3)).to.deep.equal(['ID    WHY', 'near  near', 'word']);
      expect(lines.slice(3).join(' ').replaceAll(/ +/g, ' ').trim()).to.equal(long);
      expect(Math.max(...lines.map((line) => line.length))).to.be.at.most(width);
    }
  });

  it('gives the time alone today and the day before that', async () => {
    const { shortTime } = await import('../../../core/cli/words.ts');
    const now = new Date(2026, 9, 12, 18);
    expect(shortTime(new Date(2026, 9, 12, 9, 5, 7).toISOString(), now)).to.equal('09:05:07');
    expect(shortTime(new Date(2026, 9, 11, 9, 5, 7).toISOString(), now)).to.equal('2026-10-11 09:05');
  });
});

describe('passerelle start', () => {
  const FAKE = path.join(import.meta.dirname, 'start-fake.js');
  let running: ReturnType<typeof startProcess> | undefined;
  afterEach(() => running?.child.kill('SIGKILL'));

  it('takes its options from flags and environment, prints its addresses, and stops cleanly at the first signal', async () => {
    const { child, outcome, out } = (running = startProcess([FAKE, 'start', '--config', 'c', '--roles', 'a,b'], {
      PASSERELLE_DATA: '/tmp/data',
      PASSERELLE_LOG_LEVEL: 'warn',
    }));
    await until('the addresses', () => out().includes('mllp://'));
    child.kill('SIGTERM');
    const { code, out: said } = await outcome;
    expect(code).to.equal(0);
    expect(JSON.parse(said.split('\n')[1]!.replace('options ', ''))).to.deep.equal({
      config: 'c',
      data: '/tmp/data',
      roles: ['a', 'b'],
      demo: false,
      logLevel: 'warn',
      logFormat: 'text',
    });
    expect(said).to.match(/stopping\nstopped\n$/);
  });

  it('does not wait at a second signal', async () => {
    const { child, outcome, out } = (running = startProcess([FAKE, 'start'], { SLOW: '1' }));
    await until('the addresses', () => out().includes('mllp://'));
    child.kill('SIGINT');
    await until('the stop', () => out().includes('stopping'));
    child.kill('SIGINT');
    expect((await outcome).code).to.equal(1);
  });
});
