import { expect } from 'chai';
import { checkDocuments, parseDocuments, type SettingsFile } from '../../../core/settings/index.ts';
import { SITE, catalogue } from './catalogue.ts';

const check = (...texts: string[]) => checkDocuments(parseDocuments(texts.map((text, i): SettingsFile => ({ file: `s${i}.yaml`, text }))), catalogue);
const codes = (...texts: string[]) => check(...texts).issues.map(({ code, location }) => `${code} ${location?.path ?? ''}`);
const edit = (from: string | RegExp, to: string): string => {
  const text = SITE.replace(from, to);
  expect(text, 'the edit changed something').not.to.equal(SITE);
  return text;
};

describe('checking settings documents', () => {
  it('fills every default and keeps the transport fields apart', () => {
    const { issues, settings } = check(SITE);
    expect(issues).to.deep.equal([]);
    const [site] = settings!.sites;
    expect(site).to.include({ role: 'establishment', timeZone: 'Europe/Paris', charsetFallback: 'windows-1252' });
    const [inbound, outbound] = site!.connectors[0]!.endpoints;
    expect(inbound).to.deep.include({ reply: 'decoded', replyWithinMs: 3000, transportSettings: { host: '127.0.0.1', port: 2575 } });
    expect(outbound).to.deep.include({ order: 'patient', onDead: 'block', retry: { firstMs: 1000, maxMs: 300_000, attempts: 20 } });
    expect(settings!.engine.admin).to.deep.equal({ host: '127.0.0.1', port: 8080, allowedHosts: [] });
  });

  it('takes the longest silence of an endpoint and the bounds of alerts as durations, and nothing else', () => {
    const expecting = (text: string): string[] => codes(edit('port: 2575', `port: 2575, expectEvery: ${text}`));
    expect(check(edit('port: 2575', 'port: 2575, expectEvery: 2h')).settings?.sites[0]?.connectors[0]?.endpoints[0]).to.include({
      expectEvery: '2h',
    });
    for (const text of ['2', '2 hours', '0h', '30s', '1.5h'])
      expect(expecting(text), text).to.deep.equal(['ERR_CONFIG_INVALID /connectors/0/endpoints/0/expectEvery']);
    expect(codes(edit('port: 7001', 'port: 7001, expectEvery: 2h'))).to.deep.equal([
      'ERR_CONFIG_UNKNOWN_FIELD /connectors/0/endpoints/1/expectEvery',
    ]);
    expect(check('kind: engine\n').settings?.engine.alerts).to.deep.equal({ failingAfter: '5min', waitingAfter: '30min' });
    expect(codes('kind: engine\nalerts: { waitingAfter: later }\n')).to.deep.equal(['ERR_CONFIG_INVALID /alerts/waitingAfter']);
  });

  it('says every issue at once, each with file, line, path, expected, found and fix, in both languages', () => {
    const { issues, settings } = check(
      edit('environment: test', 'environment: prod').replace('port: 2575', 'port: "2575"').replace('name: Centre', 'nmae: Centre'),
    );
    expect(settings).to.equal(undefined);
    expect(issues.map(({ code, location }) => [code, location])).to.have.deep.members([
      ['ERR_CONFIG_INVALID', { file: 's0.yaml', line: 1, path: '/name' }],
      ['ERR_CONFIG_UNKNOWN_FIELD', { file: 's0.yaml', line: 3, path: '/nmae' }],
      ['ERR_CONFIG_INVALID', { file: 's0.yaml', line: 4, path: '/environment' }],
      ['ERR_CONFIG_INVALID', { file: 's0.yaml', line: 10, path: '/connectors/0/endpoints/0/port' }],
    ]);
    const environment = issues.find(({ location }) => location?.path === '/environment')!;
    expect(environment.message).to.equal('s0.yaml:4 /environment: a setting is not valid (expected one of: test, production, found "prod")');
    expect(environment.fr).to.equal('s0.yaml:4 /environment : un paramètre est invalide (attendu : un de : test, production, trouvé : "prod")');
    expect(environment.fix.fr).to.match(/^Corriger/);
  });

  it('names a fault of YAML in both languages, and quotes nothing of the file', () => {
    const [issue, ...others] = check('kind: site\nname: a\nname: b\n').issues;
    expect(others).to.deep.equal([]);
    expect(issue).to.include({ fr: 's0.yaml:3 : le fichier de paramétrage est illisible (trouvé : un champ en double)', found: 'duplicate key' });
  });

  describe('identity domains of several sites', () => {
    const AUTHORITY = '{ namespace: NORD, oid: 1.2.250.1.999.30.1, domain: nord, use: IPP }';
    const site = (finess: string, ...lines: string[]): string =>
      [`kind: site`, `site: "${finess}"`, 'name: Site fictif', 'role: establishment', 'environment: test', 'connectors: []', ...lines, ''].join('\n');
    const authorities = (...all: string[]): string => `identityAuthorities: [${all.join(', ')}]`;

    it('A1: numbers of one domain are given by one authority, or said to be shared by each site', () => {
      const north = site('990001018', authorities(AUTHORITY));
      const beside = (authority: string, from = north): string[] => codes(from, site('990001026', authorities(authority)));
      for (const alike of [AUTHORITY, '{ namespace: NORD, domain: nord, use: IPP }', '{ oid: 1.2.250.1.999.30.1, domain: nord, use: IPP }'])
        expect(beside(alike), alike).to.deep.equal([]);
      expect(beside('{ namespace: SUD, domain: sud, use: IPP }'), 'another domain').to.deep.equal([]);
      for (const other of ['namespace: SUD', 'namespace: NORD, oid: 1.2.250.1.999.30.2', 'namespace: SUD, shared: true'])
        expect(beside(`{ ${other}, domain: nord, use: IPP }`), other).to.deep.equal(['ERR_CONFIG_INVALID /identityAuthorities/0']);
      const shared = north.replace('use: IPP', 'use: IPP, shared: true');
      expect(beside('{ namespace: SUD, shared: true, domain: nord, use: IPP }', shared)).to.deep.equal([]);
      expect(beside('{ namespace: SUD, domain: nord, use: IPP }', shared)).to.deep.equal(['ERR_CONFIG_INVALID /identityAuthorities/0']);
    });

    it('A2: sites of one domain list the same senders in the same order', () => {
      const north = site('990001018', authorities(AUTHORITY), 'senders: [{ application: IDENT, insAuthority: true }, { application: DPI }]');
      const senders = (text: string): string[] => codes(north, site('990001026', authorities(AUTHORITY), `senders: [${text}]`));
      expect(senders('{ application: IDENT, insAuthority: true }, { application: DPI }')).to.deep.equal([]);
      for (const other of ['', '{ application: DPI }, { application: IDENT, insAuthority: true }', '{ application: IDENT }, { application: DPI }'])
        expect(senders(other), other).to.deep.equal(['ERR_CONFIG_INVALID /senders']);
      const own = '{ oid: 1.2.250.1.999.30.2, domain: sud, use: IPP }';
      expect(codes(north, site('990001026', authorities(own, AUTHORITY))), 'another one’s numbers beside its own').to.deep.equal([]);
    });
  });

  it('suggests the name that was meant, among the fields of engine and transport', () => {
    const expected = (text: string) => check(text).issues.map((issue) => issue.expected);
    expect(expected(edit('port: 2575', 'port: 2575, repyl: stored'))).to.deep.equal(['did you mean "reply"?']);
    expect(expected(edit('port: 7001', 'port: 7001, conections: 2'))).to.deep.equal(['did you mean "connections"?']);
    expect(expected(edit('id: dxcare', 'id: dxcaer'))).to.deep.equal(['did you mean "dxcare"?']);
    expect(expected(edit('commandLine: legacy', 'comandLine: legacy'))).to.deep.equal(['did you mean "commandLine"?']);
  });

  it('asks for quotes around a FINESS written as a number', () => {
    const [issue] = check(edit('"990001018"', '990001018')).issues;
    expect(issue!.fix.fr).to.contain('guillemets');
  });

  it('reports broken YAML with its line and the other files with it, without quoting the file', () => {
    const { issues } = check('kind: site\nname: "word-of-a-secret\n', edit('environment: test', 'environment: prod'));
    expect(issues.map(({ code }) => code)).to.deep.equal(['ERR_CONFIG_UNREADABLE', 'ERR_CONFIG_INVALID']);
    expect(JSON.stringify(issues)).not.to.contain('word-of-a-secret');
  });

  it('refuses an alias bomb and a file beyond its bound', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((c, i) => `${c}: &${c} [${`*${'abcdefg'[i]},`.repeat(10)}]`)
      .join('\n')}\n`;
    expect(codes(bomb)).to.deep.equal(['ERR_CONFIG_UNREADABLE ']);
    expect(codes(`kind: site\n#${' '.repeat(1024 * 1024)}`)).to.deep.equal(['ERR_CONFIG_UNREADABLE ']);
  });

  it('takes several documents of one file and refuses an unknown kind', () => {
    const second = SITE.replace('990001018', '990002024').replaceAll('dx-', 'em-').replace('2575', '2576');
    expect(check(`${SITE}---\n${second}---\nkind: engine\nadmin: { port: 9080 }\n`).settings?.sites).to.have.length(2);
    expect(check('kind: sit\n').issues[0]!.expected).to.equal('did you mean "kind: site"?');
  });

  it('refuses two endpoints of one name, one site twice, one connector twice and two engine documents', () => {
    expect(codes(SITE.replace('dx-out', 'dx-in'))).to.deep.equal(['ERR_CONFIG_DUPLICATE /connectors/0/endpoints/1/name']);
    expect(codes(SITE, SITE.replaceAll('dx-', 'em-').replace('2575', '2576'))).to.deep.equal(['ERR_CONFIG_DUPLICATE /site']);
    const [entity, other] = [
      'legalEntity: "990001000"\nkind: site',
      SITE.replace('990001018', '990002024').replaceAll('dx-', 'em-').replace('2575', '2576'),
    ];
    expect(codes(SITE.replace('kind: site', entity), other), 'a legal entity stands at one site').to.deep.equal([]);
    expect(codes(...[SITE, other].map((one) => one.replace('kind: site', entity)))).to.deep.equal(['ERR_CONFIG_DUPLICATE /legalEntity']);
    expect(codes(`${SITE}  - { id: dxcare, version: 0.1.0 }\n`)).to.include('ERR_CONFIG_DUPLICATE /connectors/1/id');
    expect(codes('kind: engine\n', 'kind: engine\n')).to.deep.equal(['ERR_CONFIG_DUPLICATE /kind']);
  });

  it('refuses two listeners on one port, the engine included, and two on one path', () => {
    const twice = SITE.replace('- { name: dx-out', '- { name: dx-in2, direction: in, transport: mllp, port: 2575 }\n      - { name: dx-out');
    expect(codes(twice)).to.deep.equal(['ERR_CONFIG_DUPLICATE /connectors/0/endpoints/1/port']);
    expect(check(twice).issues[0]!.expected).to.contain('s0.yaml:10 /connectors/0/endpoints/0/port');
    expect(codes(SITE, 'kind: engine\npublic: { port: 2575 }\n')).to.deep.equal(['ERR_CONFIG_DUPLICATE /connectors/0/endpoints/0/port']);
    const paths = SITE.replace(
      /- \{ name: dx-in.*\n/,
      '- { name: a, direction: in, transport: https, path: /x }\n      - { name: b, direction: in, transport: https, path: x/ }\n',
    );
    expect(codes(paths)).to.deep.equal(['ERR_CONFIG_DUPLICATE /connectors/0/endpoints/1/path']);
    expect(codes(twice.replaceAll('2575', '0')), 'port 0 is chosen by the system').to.deep.equal([]);
  });

  it('names the versions that exist, and the transports a connector speaks', () => {
    const [issue] = check(edit('version: 0.1.0', 'version: 0.2.0')).issues;
    expect(issue).to.include({ code: 'ERR_CONNECTOR_UNKNOWN', expected: '0.1.0', found: '0.2.0' });
    expect(codes(edit('version: 0.1.0', 'version: ^0.1.0'))).to.include('ERR_CONFIG_INVALID /connectors/0/version');
    expect(codes(edit('transport: mllp, port: 2575', 'transport: mlp, port: 2575'))).to.deep.equal([
      'ERR_CONFIG_INVALID /connectors/0/endpoints/0/transport',
    ]);
    expect(codes(SITE.replace('id: dxcare', 'id: k-process'))).to.deep.equal(['ERR_CONFIG_UNKNOWN_FIELD /connectors/0/settings/commandLine']);
  });

  it('refuses a listener beyond loopback without client certificates or allow-list', () => {
    const open = edit('port: 2575', 'port: 2575, host: 0.0.0.0');
    expect(codes(open)).to.deep.equal(['ERR_CONFIG_UNSAFE /connectors/0/endpoints/0/host']);
    expect(codes(open.replace('0.0.0.0', '0.0.0.0, allow: [10.1.2.3]'))).to.deep.equal([]);
    expect(codes(open.replace('0.0.0.0', '0.0.0.0, tls: { clientCa: ca.pem }'))).to.deep.equal([]);
    expect(codes('kind: engine\nadmin: { host: 0.0.0.0 }\n')).to.deep.equal(['ERR_CONFIG_UNSAFE /admin/host']);
  });

  it('refuses an https listener beyond loopback without TLS and a token or client certificates, its own or the public one', () => {
    const https = (more: string): string => edit(/- \{ name: dx-in.*\n/, `- { name: dx-in, direction: in, transport: https, path: /x${more} }\n`);
    const unsafe = (where: string): string[] => [`ERR_CONFIG_UNSAFE ${where}`];
    const [own, shared] = [unsafe('/connectors/0/endpoints/0/host'), unsafe('/connectors/0/endpoints/0/path')];
    const tls = 'tls: { cert: c.pem, key: k.pem }';
    const everywhere = 'kind: engine\npublic: { host: 0.0.0.0 }\n';
    const secret = 'token: { env: TOKEN }';
    for (const more of ['', `, ${secret}`, `, ${tls}`, ', allow: [10.1.2.3]']) {
      expect(codes(https(`, host: 0.0.0.0${more}`)), more).to.deep.equal(own);
      expect(codes(https(more), everywhere), more).to.deep.equal(shared);
    }
    for (const more of [`, ${tls}, ${secret}`, ', tls: { cert: c.pem, key: k.pem, clientCa: ca.pem }']) {
      expect(codes(https(`, host: 0.0.0.0${more}`)), more).to.deep.equal([]);
      expect(codes(https(more), everywhere), more).to.deep.equal([]);
    }
    expect(codes(https(', host: 127.0.0.1'), everywhere), 'its own listener').to.deep.equal([]);
    expect(check(https(', host: 0.0.0.0')).issues[0]!.expected).to.equal('tls with token or tls.clientCa, beyond loopback');
  });

  it('refuses a contextual call in clear beyond loopback, and under client certificates', () => {
    const calls = (host: string): string => `kind: engine\npublic: { host: ${host} }\ncontextualCall: { publicUrl: "https://dcc.region.example" }\n`;
    const https = (more: string): string => edit(/- \{ name: dx-in.*\n/, `- { name: dx-in, direction: in, transport: https, path: /x, ${more} }\n`);
    const tls = 'token: { env: TOKEN }, tls: { cert: c.pem, key: k.pem }';
    expect(codes(SITE, calls('127.0.0.1'))).to.deep.equal([]);
    expect(codes(SITE, calls('0.0.0.0'))).to.deep.equal(['ERR_CONFIG_UNSAFE /public/host']);
    expect(codes(https(tls), calls('0.0.0.0')), 'the TLS of an endpoint there').to.deep.equal([]);
    expect(codes(https(`${tls}, port: 9443`), calls('0.0.0.0')), 'of another port').to.deep.equal(['ERR_CONFIG_UNSAFE /public/host']);
    expect(codes(https('tls: { cert: c.pem, key: k.pem, clientCa: ca.pem }'), calls('0.0.0.0'))).to.deep.equal([
      'ERR_CONFIG_INVALID /connectors/0/endpoints/0/tls/clientCa',
    ]);
  });

  it('demands an answer about duplicates unless the receiver is idempotent', () => {
    const silent = edit('duplicates: review, ', '');
    expect(codes(silent)).to.deep.equal(['ERR_CONFIG_INVALID /connectors/0/endpoints/1/duplicates']);
    expect(codes(silent.replace('port: 7001', 'port: 7001, idempotent: true'))).to.deep.equal([]);
  });

  it('B1: refuses that a code which has to be agreed with the receiver is absent where documents leave, and takes "none" for an answer', () => {
    const [dxcare, ...others] = catalogue.connectors;
    const agreed = { title: 'Code du PPAC', neededFor: ['dcc.document.received'] };
    const { properties } = dxcare!.settingsSchema as { properties: object };
    const schema = { ...dxcare!.settingsSchema, $id: 'urn:test:agreed', properties: { ...properties, ppacCode: agreed } };
    const found = (text: string): readonly string[] =>
      checkDocuments(parseDocuments([{ file: 'site.yaml', text }]), {
        ...catalogue,
        connectors: [{ ...dxcare!, settingsSchema: schema }, ...others],
      }).issues.map(({ code, location, expected }) => `${code} ${location?.path} ${expected}`);
    expect(found(SITE)).to.deep.equal(['ERR_CONFIG_INVALID /connectors/0/settings ppacCode (Code du PPAC)']);
    expect(found(edit('commandLine: legacy', 'ppacCode: none'))).to.deep.equal([]);
    // No document leaves there: nothing is to be agreed.
    expect(found(edit('dcc.document.*', 'dcc.identity.*'))).to.deep.equal([]);
  });

  it('refuses a pattern that no event type matches', () => {
    expect(codes(edit('dcc.document.*', 'dcc.documents.*'))).to.deep.equal(['ERR_CONFIG_INVALID /connectors/0/endpoints/1/sends/0']);
  });

  it('B8: refuses answers for a product that has no word for them, and takes those that it has', () => {
    const answers = (events: readonly string[], pattern: string): readonly string[] => {
      const flow = {
        id: 'answers',
        direction: 'from-dcc' as const,
        events,
        formats: ['hl7v2'],
        transports: ['mllp'],
        stability: 'development' as const,
      };
      const [dxcare, ...others] = catalogue.connectors;
      const told = { ...dxcare!, manifest: { ...dxcare!.manifest, flows: [...dxcare!.manifest.flows, flow] } };
      const found = checkDocuments(parseDocuments([{ file: 'site.yaml', text: edit('dcc.document.*', pattern) }]), {
        ...catalogue,
        connectors: [told, ...others],
      });
      return found.issues.map(({ code, location }) => `${code} ${location?.path}`);
    };
    const refused = ['ERR_CONFIG_INVALID /connectors/0/endpoints/1/sends/0'];
    expect(answers([], 'dcc.delivery.*')).to.deep.equal(refused);
    expect(answers(['dcc.delivery.mss.read'], 'dcc.delivery.mss.failed')).to.deep.equal(refused);
    for (const pattern of ['dcc.delivery.*', 'dcc.delivery.mss.read']) expect(answers(['dcc.delivery.mss.read'], pattern)).to.deep.equal([]);
    // What it takes beside answers it still takes.
    expect(answers([], 'dcc.*')).to.deep.equal([]);
  });

  it('refuses test and production in one region, unknown time zones and charsets', () => {
    const other = SITE.replace('990001018', '990002024')
      .replaceAll('dx-', 'em-')
      .replace('2575', '2576')
      .replace('environment: test', 'environment: production');
    expect(codes(SITE, other)).to.deep.equal(['ERR_CONFIG_ENVIRONMENT /environment']);
    expect(codes(edit('environment: test', 'environment: test\ntimeZone: Europe/Pari\ncharsetFallback: utf-9'))).to.deep.equal([
      'ERR_CONFIG_INVALID /timeZone',
      'ERR_CONFIG_INVALID /charsetFallback',
    ]);
  });

  it('A7: refuses an IPP known by its type alone, and a domain of IPPs and of stays', () => {
    const with_ = (...authorities: string[]): string[] =>
      codes(edit('environment: test', `environment: test\nidentityAuthorities: [${authorities.join(', ')}]`));
    expect(with_('{ oid: 1.2.250.1.999.10.1, domain: a, use: IPP }', '{ domain: b, use: MOVEMENT }')).to.deep.equal([]);
    expect(with_('{ type: PI, domain: a, use: IPP }')).to.deep.equal(['ERR_CONFIG_INVALID /identityAuthorities/0']);
    expect(with_('{ namespace: A, domain: a, use: IPP }', '{ namespace: B, domain: a, use: IEP }')).to.deep.equal([
      'ERR_CONFIG_INVALID /identityAuthorities/1/domain',
    ]);
  });

  it('A7: warns of a name that the IPPs of two domains bear', () => {
    const warned = (...authorities: string[]): readonly (string | undefined)[] =>
      check(edit('environment: test', `environment: test\nidentityAuthorities: [${authorities.join(', ')}]`)).warnings.map(
        ({ location }) => location?.path,
      );
    const [a, b] = ['1.2.250.1.999.91.1', '1.2.250.1.999.91.2'].map((oid) => `namespace: IPP, oid: ${oid}, use: IPP`) as [string, string];
    expect(warned(`{ ${a}, domain: a }`, `{ ${b}, domain: b }`)).to.deep.equal(['/identityAuthorities/1']);
    expect(warned(`{ ${a}, domain: a }`, `{ ${b}, domain: a }`)).to.deep.equal([]);
    expect(warned(`{ ${a}, domain: a, type: PI }`, `{ ${b}, domain: b, type: RI }`)).to.deep.equal([]);
  });

  it('only warns of a FINESS whose key is wrong, and refuses one that is not nine characters', () => {
    const wrong = check(SITE.replace('990001018', '990001019'));
    expect([wrong.issues.length, wrong.warnings.length]).to.deep.equal([0, 1]);
    expect(codes(edit('990001018', '99000101'))).to.deep.equal(['ERR_CONFIG_INVALID /site']);
    expect(check(SITE.replace('990001018', '2A0000014')).warnings).to.deep.equal([]);
  });

  it('reports a connector whose own schema cannot be read, rather than fail', () => {
    const broken = { ...catalogue, connectors: [{ ...catalogue.connectors[0]!, settingsSchema: { type: 'nonsense' } }] };
    expect(checkDocuments(parseDocuments([{ file: 's.yaml', text: SITE }]), broken).issues.map(({ code }) => code)).to.deep.equal([
      'ERR_MANIFEST_INVALID',
    ]);
  });

  describe('of the contextual call', () => {
    const ENGINE = 'kind: engine\ncontextualCall: { publicUrl: "https://dcc.region.example" }\n';
    const call = (text = 'connector: dxcare, users: [{ profile: MEDECIN, rights: [open] }]'): string => `${SITE}contextualCall: { ${text} }\n`;
    const record = (through: string): string =>
      SITE.replace('990001018', '990009003')
        .replace('environment: test', 'environment: test\nrole: record')
        .replaceAll('dx-', 'dcc-')
        .replace('port: 2575', 'port: 2599')
        .replace(
          'sends: [dcc.document.*] }',
          'sends: [dcc.document.*] }\n      - { name: dcc-calls, direction: out, transport: https, url: "https://dcc.example/api", duplicates: review, sends: [dcc.context.open] }',
        )
        .concat(`contextualCall: { through: ${through} }\n`);

    it('fills its defaults, by the role of the site', () => {
      const { issues, settings } = check(call(), ENGINE, record('dcc-calls'));
      expect(issues).to.deep.equal([]);
      const [site, dcc] = settings!.sites;
      expect(settings!.engine.contextualCall).to.include({ clockSkew: '60s', perAddressPerMinute: 600 });
      expect(site!.contextualCall).to.deep.include({ creation: false, ambiguous: 'choice', egress: [], profiles: { crypto: 'default' } });
      expect(site!.contextualCall, 'the rate of the engine document').not.to.have.property('maxPerMinute');
      expect(site!.contextualCall!.users[0]).to.deep.include({ targets: ['record'], withoutRpps: false, disabled: false });
      expect([site!.recordCall, dcc!.contextualCall, dcc!.recordCall]).to.deep.equal([
        undefined,
        undefined,
        { through: 'dcc-calls', opensAt: [], terms: [] },
      ]);
    });

    it('needs an address that links begin with, of this machine or encrypted, without a path', () => {
      expect(codes(call())).to.deep.equal(['ERR_CONFIG_INVALID /contextualCall/publicUrl']);
      for (const url of ['http://dcc.region.example', 'https://dcc.region.example/', 'https://a@b.example', 'javascript:alert(1)'])
        expect(codes(`kind: engine\ncontextualCall: { publicUrl: "${url}" }\n`), url).to.deep.equal(['ERR_CONFIG_INVALID /contextualCall/publicUrl']);
      expect(codes('kind: engine\ncontextualCall: { publicUrl: "http://127.0.0.1:8081", clockSkew: 2h }\n')).to.deep.equal([
        'ERR_CONFIG_INVALID /contextualCall/clockSkew',
      ]);
    });

    it('names what is there: an enabled connector, an https endpoint, networks, profiles once', () => {
      expect(
        codes(call('connector: emed, users: [{ profile: A, rights: [open] }, { profile: A, rights: [open] }], egress: [10.0.0.0/40]'), ENGINE),
      ).to.deep.equal([
        'ERR_CONFIG_INVALID /contextualCall/connector',
        'ERR_CONFIG_DUPLICATE /contextualCall/users/1/profile',
        'ERR_CONFIG_INVALID /contextualCall/egress/0',
      ]);
      expect(codes(record('dcc-out'))).to.deep.equal(['ERR_CONFIG_INVALID /contextualCall/through']);
      expect(codes(call('through: dx-out'), ENGINE)).to.include('ERR_CONFIG_UNKNOWN_FIELD /contextualCall/through');
    });

    it('says that a weak signature which no decision of the site records would be refused, call by call', () => {
      const weak = (text: string): string => call(text).replace('commandLine: legacy', 'hmacProfile: body');
      const without = 'connector: dxcare, users: [{ profile: A, rights: [open] }]';
      const place = ['ERR_CONFIG_INVALID /connectors/0/settings/hmacProfile'];
      const { issues } = check(weak(without), ENGINE);
      expect(issues.map(({ code, location }) => `${code} ${location?.path}`)).to.deep.equal(place);
      expect(issues[0]!.expected).to.include('profiles.dialect.decision');
      expect(codes(SITE.replace('commandLine: legacy', 'hmacProfile: body'), ENGINE), 'no contextualCall at all').to.deep.equal(place);
      expect(codes(weak(`${without}, profiles: { dialect: { decision: "2026-04" } }`), ENGINE)).to.deep.equal([]);
      expect(codes(call(without).replace('commandLine: legacy', 'hmacProfile: refused'), ENGINE)).to.deep.equal([]);
    });

    it('refuses a profile that creates at a site that does not, and secrets in clear', () => {
      expect(codes(call('connector: dxcare, users: [{ profile: A, rights: [open, create] }]'), ENGINE)).to.deep.equal([
        'ERR_CONFIG_INVALID /contextualCall/users/0/rights',
      ]);
      const hmac = 'connector: dxcare, users: [{ profile: A, rights: [open] }], profiles: { hmac: { keys: { k1: "00" } } }';
      expect(codes(call(hmac), ENGINE)).to.deep.equal(['ERR_CONFIG_SECRET_IN_CLEAR /contextualCall/profiles/hmac/keys/k1']);
      const literal = call(hmac.replace('"00"', '{ test: "00" }'));
      expect(codes(literal, ENGINE)).to.deep.equal([]);
      expect(codes(literal.replace('environment: test', 'environment: production'), ENGINE)).to.deep.equal([
        'ERR_CONFIG_SECRET_IN_CLEAR /contextualCall/profiles/hmac/keys/k1',
      ]);
    });

    const smart = (over: object = {}, ...more: object[]): string => {
      const issuer = { name: 'dpi', fhir: 'https://dpi.chu.example/fhir', clientId: 'dcc', profile: 'A', ...over };
      return call(`connector: dxcare, users: [{ profile: A, rights: [open] }], profiles: { smart: ${JSON.stringify([issuer, ...more])} }`);
    };

    it('C4 names care records that launch: once each, encrypted, by an address that is whole and a profile that is there', () => {
      expect(check(smart(), ENGINE).settings!.sites[0]!.contextualCall!.profiles.smart![0]).to.include({
        creation: false,
        privateAddresses: false,
        target: 'record',
        authentication: 'other',
      });
      const at = '/contextualCall/profiles/smart/0';
      for (const fhir of [
        'http://dpi.chu.example/fhir',
        'https://dpi.chu.example/fhir/',
        'https://a@dpi.example/fhir',
        'https://dpi.example/fhir?x=1',
        'file:///etc',
      ])
        expect(codes(smart({ fhir }), ENGINE), fhir).to.deep.equal([`ERR_CONFIG_INVALID ${at}/fhir`]);
      const twin = { name: 'dpi', fhir: 'https://dpi.chu.example/fhir', clientId: 'x', profile: 'B' };
      expect(codes(smart({}, twin), ENGINE)).to.deep.equal([
        'ERR_CONFIG_DUPLICATE /contextualCall/profiles/smart/1/name',
        'ERR_CONFIG_DUPLICATE /contextualCall/profiles/smart/1/fhir',
        'ERR_CONFIG_INVALID /contextualCall/profiles/smart/1/profile',
      ]);
      const strange = { ippSystems: { 'https://dpi.chu.example/ipp': 'NOBODY&1.2.3&ISO' } };
      expect(codes(smart(strange), ENGINE)).to.deep.equal([`ERR_CONFIG_INVALID ${at}/ippSystems/https:~1~1dpi.chu.example~1ipp`]);
      const clear = { fhir: 'http://127.0.0.1:7204/fhir' };
      expect(codes(smart(clear), ENGINE)).to.deep.equal([`ERR_CONFIG_UNSAFE ${at}/fhir`]);
      expect(codes(smart({ ...clear, privateAddresses: true }), ENGINE)).to.deep.equal([]);
      const inProduction = smart({ ...clear, privateAddresses: true }).replace('environment: test', 'environment: production');
      expect(codes(inProduction, ENGINE)).to.deep.equal([`ERR_CONFIG_UNSAFE ${at}/fhir`]);
    });

    it('C4 C8 refuses two sites that are one client of one care record: the browser would say of which it comes', () => {
      const other = (over: object): string =>
        smart(over).replace('990001018', '990002024').replaceAll('dx-', 'ot-').replace('port: 2575', 'port: 2576');
      const found = (over: object): readonly string[] => codes(smart(), other(over), ENGINE).filter((one) => one.includes('smart'));
      const twice = ['ERR_CONFIG_DUPLICATE /contextualCall/profiles/smart/0/clientId'];
      expect(found({})).to.deep.equal(twice);
      expect(found({ name: 'autre', fhir: 'https://dpi.chu.example:443/fhir' }), 'the same address').to.deep.equal(twice);
      // Hospitals of a group share a record: each has a client of its own.
      expect(found({ clientId: 'dcc-2' })).to.deep.equal([]);
      expect(found({ fhir: 'https://dpi.chu.example/fhir2' })).to.deep.equal([]);
    });

    it('A5 takes Pro Santé Connect of the environment of its sites, with one proof of who we are, and only where the engine has it', () => {
      const asking = call('connector: dxcare, users: [{ profile: A, rights: [open] }], proSanteConnect: { ask: [unproven] }');
      const engine = (service: object): string =>
        `kind: engine\ncontextualCall: ${JSON.stringify({ publicUrl: 'https://dcc.region.example', proSanteConnect: { clientId: 'dcc', ...service } })}\n`;
      const secret = { file: 'psc.secret' };
      const base = '/contextualCall/proSanteConnect';
      expect(codes(asking, ENGINE)).to.deep.equal([`ERR_CONFIG_INVALID ${base}`]);
      const { settings, issues } = check(asking, engine({ service: 'sandbox', secret }));
      expect(issues).to.deep.equal([]);
      expect(settings!.engine.contextualCall.proSanteConnect).to.include({ acr: 'eidas1', scope: 'openid scope_all' });
      expect(settings!.sites[0]!.contextualCall!.proSanteConnect).to.deep.equal({ ask: ['unproven'], trustedFor: '4h' });
      expect(codes(asking, engine({ service: 'production', secret }))).to.deep.equal([`ERR_CONFIG_ENVIRONMENT ${base}/service`]);
      const production = asking.replace('environment: test', 'environment: production');
      expect(codes(production, engine({ service: 'sandbox', secret }))).to.deep.equal([`ERR_CONFIG_ENVIRONMENT ${base}/service`]);
      expect(codes(production, engine({ service: 'production', secret }))).to.deep.equal([]);
      expect(codes(production, engine({ service: 'production', secret: { test: 'x' } }))).to.deep.equal([
        `ERR_CONFIG_SECRET_IN_CLEAR ${base}/secret`,
      ]);
      expect(codes(asking, engine({ service: 'sandbox', secret: 'in clear' }))).to.deep.equal([`ERR_CONFIG_SECRET_IN_CLEAR ${base}/secret`]);
      expect(codes(asking, engine({ service: 'sandbox' }))).to.deep.equal([`ERR_CONFIG_INVALID ${base}`]);
      expect(codes(asking, engine({ service: 'sandbox', secret, key: { file: 'k.pem' } }))).to.deep.equal([`ERR_CONFIG_INVALID ${base}`]);
      expect(codes(asking, engine({ service: 'other', secret }))).to.deep.equal([`ERR_CONFIG_INVALID ${base}/issuer`]);
      const other = { service: 'other', secret, issuer: 'http://127.0.0.1:7205/auth' };
      expect(codes(asking, engine(other))).to.deep.equal([`ERR_CONFIG_UNSAFE ${base}/issuer`]);
      expect(codes(asking, engine({ ...other, privateAddresses: true }))).to.deep.equal([]);
    });
  });

  it('does not change the documents it checks', () => {
    const documents = parseDocuments([{ file: 's.yaml', text: SITE }]);
    const before = JSON.stringify(documents[0]!.value);
    checkDocuments(documents, catalogue);
    expect(JSON.stringify(documents[0]!.value)).to.equal(before);
  });
});
