/** The kit of a site: whole, signed, without a secret, the same twice; what is in it works. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, verify, createPublicKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { PasserelleError, UNCONFIGURED, type SiteSettings } from 'passerelle/contract';
import { readArchive, writeArchive, type Files } from '../../../core/kit/archive.ts';
import { changesText, sectionsSince } from '../../../core/kit/changes.ts';
import type { DialectReader } from '../../../core/kit/dialect.ts';
import { buildKit, kitAssets, KitKeeper, kitKey, verifyKit, type BuiltKit, type KitRequest } from '../../../core/kit/index.ts';
import { loadConnectors, packageRoot } from '../../../core/registry/index.ts';

const { privateKey: key } = generateKeyPairSync('ed25519');
const connectors = await loadConnectors();
const assets = kitAssets(packageRoot);
const withKit = connectors.all.map(({ manifest }) => manifest.id).filter((id) => assets.connector(id).has('kit.json'));
const SETTINGS: SiteSettings = {
  ...UNCONFIGURED,
  site: '990055022',
  environment: 'test',
  identityAuthorities: [{ namespace: 'DPI', oid: '1.2.250.1.999.93.1', domain: 'dx', use: 'IPP' }],
  connector: {
    commandLine: 'legacy',
    kit: { origins: ['https://dpi.invalid'], localSecret: { test: 'un-secret-du-site' } },
    keys: { a: { env: 'SECRET' } },
  },
};
const requestOf = (id: string, more: Partial<KitRequest> = {}): KitRequest => ({
  manifest: connectors.get(id).manifest,
  siteName: 'Hôpital fictif',
  settings: SETTINGS,
  publicUrl: 'https://dcc.invalid:8443',
  crypto: 'default',
  engineVersion: '0.0.0',
  assets,
  key,
  history: [],
  ...more,
});
const textOf = (files: Files, name: string): string => Buffer.from(files.get(name) ?? expect.fail(`no ${name}`)).toString();
/** What the site makes itself. */
const MADE_AT_SITE = /^(?:relais|reglages)\/(?:comptes\.json|sessions|cle-du-site\.pem|\w+\.log|\*.*)$|\.secret$/;
const FOLDERS = /^(?:relais|programme|enrolement|clients|exemples|vecteurs|reglages)\//;
/** Links of a page, from its folder; pages and files of the kit's folders that it names in code spans, from its folder or the kit's. The protocol tells of relays to everybody. */
function missingOf(page: string, text: string, names: readonly string[]): readonly string[] {
  const hasRelay = names.includes('relais/relais.json');
  const held = (target: string): boolean => names.some((name) => name === target || name.startsWith(target.replace(/\/?$/, '/')));
  const from = (target: string): string => path.posix.join(path.posix.dirname(page), target);
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = '']) => target).filter((target) => !held(from(target)));
  const spans = [...text.matchAll(/`([\w.*/-]+)`/g)].map(([, target = '']) => target);
  const named = spans.filter(
    (target) =>
      (FOLDERS.test(target) || target.endsWith('.md')) &&
      !MADE_AT_SITE.test(target) &&
      (hasRelay || !/^PROTOCOLE?\.md$/.test(page) || !target.startsWith('relais/')),
  );
  return [...links, ...named.filter((target) => !held(target) && !held(from(target)))];
}
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return PasserelleError.from(error).code;
  }
  return 'done';
};

describe('the kit of a site', () => {
  it('is made for each product that begins a call', () => {
    const calling = connectors.all.filter(({ manifest }) => manifest.call && manifest.id !== 'k-process').map(({ manifest }) => manifest.id);
    expect(withKit).to.include.members(calling);
  });

  for (const id of withKit) {
    it(`${id}: gives the same bytes twice, and verifies`, () => {
      const kit = buildKit(requestOf(id));
      expect(Buffer.from(kit.bytes).equals(Buffer.from(buildKit(requestOf(id)).bytes))).to.equal(true);
      const verdict = verifyKit(kit.bytes, kit.fingerprint);
      expect(verdict.kit).to.include({
        connector: id,
        site: '990055022',
        url: 'https://dcc.invalid:8443/appel-contextuel',
        audience: 'urn:dcc:test',
      });
    });

    it(`${id}: holds guide, checklist, client, vectors, protocol and settings, every value filled in`, () => {
      const { files } = readArchive(buildKit(requestOf(id)).bytes);
      const names = [...files.keys()];
      for (const name of [
        'LISEZMOI.fr.md',
        'guide.fr.md',
        'checklist.fr.md',
        'reseau.fr.md',
        'enrolement.fr.md',
        'CHANGEMENTS.md',
        'PROTOCOL.md',
        'THREATS.md',
      ])
        expect(names).to.include(name);
      for (const folder of ['clients/', 'vecteurs/', 'exemples/'])
        expect(
          names.some((name) => name.startsWith(folder)),
          folder,
        ).to.equal(true);
      for (const name of names.filter((one) => one.endsWith('.fr.md'))) expect(textOf(files, name), name).to.not.match(/\{\{|undefined/);
      expect(names.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))).to.deep.equal([]);
      const settings = JSON.parse(
        textOf(
          files,
          names.find((name) => name.endsWith('/passerelle.json'))!,
        ),
      ) as object;
      expect(settings).to.include({ finess: '990055022', url: 'https://dcc.invalid:8443/appel-contextuel', environment: 'test' });
    });

    it(`C8: ${id}: holds no secret`, () => {
      const { files } = readArchive(buildKit(requestOf(id)).bytes);
      for (const [name, bytes] of files) {
        const text = Buffer.from(bytes).toString('latin1');
        expect(text.includes('un-secret-du-site'), name).to.equal(false);
        // The vectors' key signs nothing anywhere: it says so by its name.
        if (!name.startsWith('vecteurs/')) expect(/-----BEGIN [A-Z ]*PRIVATE KEY-----\n/.test(text), name).to.equal(false);
      }
    });

    it(`${id}: names files that it holds`, () => {
      const { files } = readArchive(buildKit(requestOf(id)).bytes);
      const pages = [...files.keys()].filter((name) => name.endsWith('.md'));
      expect(pages.flatMap((page) => missingOf(page, textOf(files, page), [...files.keys()]).map((target) => `${page}: ${target}`))).to.deep.equal(
        [],
      );
    });
  }

  it('holds the program of heavy clients where its C# client is, and nowhere else', () => {
    const programs = withKit.filter((id) =>
      [...readArchive(buildKit(requestOf(id)).bytes).files.keys()].some((name) => name.startsWith('programme/')),
    );
    expect(programs).to.deep.equal(['dxcare']);
  });

  it('C3: its program and its relay, as shipped in test, name one address; in production the relay needs a certificate', () => {
    const of = (name: string, environment: 'test' | 'production'): Record<string, unknown> =>
      JSON.parse(textOf(readArchive(buildKit(requestOf('dxcare', { settings: { ...SETTINGS, environment } })).bytes).files, name)) as Record<
        string,
        unknown
      >;
    const { listen } = of('relais/relais.json', 'test') as { listen: { address: string; port: number } };
    expect(of('programme/appelctx.json', 'test')).to.include({
      environment: 'test',
      relay: `http://${listen.address}:${listen.port}`,
      origin: 'https://dcc.invalid:8443',
      commandLine: 'legacy',
    });
    expect(of('programme/appelctx.json', 'production')['relay']).to.match(/^https:/);
  });

  it('C9: its sample of DxCare says an INS whole, and is read without one being lost', async () => {
    const { files } = readArchive(buildKit(requestOf('dxcare')).bytes);
    const folder = mkdtempSync(path.join(tmpdir(), 'kit-'));
    try {
      for (const name of ['dialecte.mjs', 'dialecte.json']) writeFileSync(path.join(folder, name), files.get(`relais/${name}`)!);
      for (const name of ['localSecret.secret', 'a.secret']) writeFileSync(path.join(folder, name), 'x\n');
      const { openDialect } = (await import(pathToFileURL(path.join(folder, 'dialecte.mjs')).href)) as {
        openDialect: (folder: string) => DialectReader;
      };
      const { call, warnings } = openDialect(folder)({ bytes: files.get('exemples/ligne-de-commande.utf8.txt')! });
      expect(JSON.stringify(warnings), 'its code page is said by its mark, whatever the site writes').not.to.include('charset-mismatch');
      expect(call).to.include({ ins: '263078599004202', insOid: '1.2.250.1.213.1.4.10', birthGivenNames: 'ZOÉ', birthPlaceCog: '85990' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('gives a sample of the dialect that posts where the engine listens', () => {
    const sample = textOf(readArchive(buildKit(requestOf('klinck')).bytes).files, 'exemples/appel-signe.http');
    expect(sample).to.match(new RegExp(`^POST ${connectors.get('klinck').manifest.call?.path} HTTP/1.1\r?\nHost: dcc\\.invalid:8443\r?\n`));
  });

  it('says where the secrets of the site go', () => {
    const guide = (id: string): string => textOf(readArchive(buildKit(requestOf(id)).bytes).files, 'guide.fr.md');
    expect(guide('expert-sante')).to.include('`relais/localSecret.secret`');
    expect(guide('klinck')).to.include('`reglages/a.secret`').and.not.include('`relais/');
  });

  it('gives the relay a dialect that runs by itself and reads what the engine reads', async () => {
    const { files } = readArchive(buildKit(requestOf('dxcare')).bytes);
    const folder = mkdtempSync(path.join(tmpdir(), 'kit-'));
    try {
      for (const name of ['dialecte.mjs', 'dialecte.json']) writeFileSync(path.join(folder, name), files.get(`relais/${name}`)!);
      writeFileSync(path.join(folder, 'localSecret.secret'), 'un-secret-du-site\n');
      writeFileSync(path.join(folder, 'a.secret'), 'autre\n');
      const { openDialect } = (await import(pathToFileURL(path.join(folder, 'dialecte.mjs')).href)) as {
        openDialect: (folder: string) => DialectReader;
      };
      const read = openDialect(folder);
      const line = (more: string): Buffer =>
        Buffer.from(`appelctx.exe /etab:990055022 /login:jdoe /ipp:0071 /nomnaiss:"LÉVY" /prenom:ZOÉ /ddn:14/03/1958 /sexe:F${more}`, 'latin1');
      expect(read({ bytes: line('') })).to.deep.equal({
        call: {
          login: 'jdoe',
          action: 'open',
          birthName: 'LÉVY',
          birthDate: '1958-03-14',
          sex: 'F',
          firstGivenName: 'ZOÉ',
          ipp: '0071',
          ippNamespace: 'DPI',
          ippOid: '1.2.250.1.999.93.1',
        },
        warnings: ['identity-on-command-line'],
      });
      const refused = read({ bytes: line(' /rpps:123') });
      expect(refused.error).to.deep.include({ code: 'ERR_CALL_CONTEXT', place: '/rpps' });
      expect(refused).to.not.have.property('call');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says what changed since the kit that the site has', () => {
    const log = '# Changelog\n\n## 1.2.0\n\n- New.\n\n## 1.1.0\n\n- Old.\n';
    expect(sectionsSince(log, '1.1.0')).to.equal('## 1.2.0\n\n- New.');
    expect(sectionsSince(log, undefined)).to.include('Old.');
    expect(sectionsSince(log, '1.2.0')).to.equal('');
    expect(sectionsSince('## 1.10.0\n\n- Ten.\n', '1.9.0')).to.include('Ten.');
    expect(
      changesText([{ title: 'Kit', text: log, since: '1.2.0' }], { kit: '1.2.0', connector: '0.1.0' }, buildKit(requestOf('dxcare')).given),
    ).to.include('Rien de changé');
    const { files } = readArchive(buildKit(requestOf('dxcare', { history: [{ kitVersion: '0.9.0', connectorVersion: '0.0.9' }] })).bytes);
    expect(textOf(files, 'CHANGEMENTS.md')).to.include('Depuis le kit 0.9.0').and.to.include('## 1.0.0');
    for (const id of withKit) {
      const { manifest } = connectors.get(id);
      const of = buildKit(requestOf(id, { history: [{ kitVersion: '1.0.0', connectorVersion: manifest.version }] }));
      const said = textOf(readArchive(of.bytes).files, 'CHANGEMENTS.md');
      expect(said, `${id}: its changelog says the version that kit.json says`).to.include(`## ${of.version}`).and.not.to.include('## 1.0.0');
    }
  });

  it('says in every guide where a reference leads, and what the failures of its client are', () => {
    for (const id of withKit) {
      const { files } = readArchive(buildKit(requestOf(id)).bytes);
      for (const word of ['`AC-XXXXXXXX`', '`KIT-XXXXXXXX`', 'ERR_KIT_UNREACHABLE', 'ERR_KIT_LINK', 'Après une révocation'])
        expect(textOf(files, 'guide.fr.md'), id).to.include(word);
      const place = files.has('relais/passerelle.json') ? 'relais' : 'reglages';
      for (const page of ['guide.fr.md', 'enrolement/commandes.fr.md'])
        expect(textOf(files, page), `${id}: one way to enrol`).to.include(`node enrolement/enrolement.mjs enroler ${place}/passerelle.json`);
      expect(textOf(files, 'enrolement.fr.md'))
        .to.include('## Après une révocation')
        .and.to.include('## Remplacer un kit')
        .and.to.include(`\`${place}\``);
    }
  });

  it('brings settings of the program for Windows and for Linux, which differ in their paths alone', () => {
    const { files } = readArchive(buildKit(requestOf('dxcare')).bytes);
    const [windows, linux] = ['', '.linux'].map((kind) => JSON.parse(textOf(files, `programme/appelctx${kind}.json`)) as Record<string, string>);
    expect(windows).to.include({ sessionFile: '%LOCALAPPDATA%\\AppelDCC\\session.secret', log: '%LOCALAPPDATA%\\AppelDCC\\appels.log' });
    expect(linux).to.deep.equal({ ...windows, sessionFile: '%HOME%/.appel-dcc/session.secret', log: '%HOME%/.appel-dcc/appels.log' });
  });

  it('says what changed of the engine and the site since the last kit of the same versions, and is the same to the byte when built again', () => {
    const kept = ({ version, given }: BuiltKit) => ({ kitVersion: version, connectorVersion: connectors.get('dxcare').manifest.version, given });
    const changes = ({ bytes }: BuiltKit) => textOf(readArchive(bytes).files, 'CHANGEMENTS.md');
    const first = buildKit(requestOf('dxcare'));
    expect(changes(first)).to.include('Premier kit');
    expect(buildKit(requestOf('dxcare', { history: [kept(first)] })).sha256, 'the same again').to.equal(first.sha256);
    const moved = { publicUrl: 'https://ailleurs.invalid', crypto: 'legacy' as const, settings: { ...SETTINGS, identityAuthorities: [] } };
    const second = buildKit(requestOf('dxcare', { ...moved, history: [kept(first)] }));
    expect(changes(second))
      .to.include('https://dcc.invalid:8443/appel-contextuel → https://ailleurs.invalid/appel-contextuel')
      .and.to.include('default → legacy')
      .and.to.include('Réglages du site')
      .and.not.to.include('Premier kit');
    const again = buildKit(requestOf('dxcare', { ...moved, history: [kept(first), kept(second)] }));
    expect(again.sha256).to.equal(second.sha256);
    const { given: _, ...old } = kept(first);
    expect(changes(buildKit(requestOf('dxcare', { history: [old] }))), 'of a kit before this was kept').to.include("n'a pas été gardé");
  });

  it('is refused for a connector without a kit, or older than its kit', () => {
    expect(codeOf(() => buildKit(requestOf('ci-sis')))).to.equal('ERR_KIT_UNAVAILABLE');
    const { manifest } = connectors.get('dxcare');
    expect(codeOf(() => buildKit(requestOf('dxcare', { manifest: { ...manifest, version: '0.0.1' } })))).to.equal('ERR_KIT_UNAVAILABLE');
  });
});

describe('an archive that somebody changed', () => {
  const kit = buildKit(requestOf('dxcare'));
  const { folder, files } = readArchive(kit.bytes);
  const changed = (change: (files: Map<string, Uint8Array>) => void): Uint8Array => {
    const copy = new Map(files);
    change(copy);
    return writeArchive(folder, copy);
  };

  it('does not verify: another byte, another file, one less, another signature, another key', () => {
    expect(codeOf(() => verifyKit(changed(() => undefined)))).to.equal('done');
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
    const changes: readonly ((files: Map<string, Uint8Array>) => void)[] = [
      (map) => map.set('guide.fr.md', Buffer.from('autre')),
      (map) => map.set('relais/porte.js', Buffer.from('porte')),
      (map) => map.delete('guide.fr.md'),
      (map) => map.delete('SHA256SUMS.sig'),
      (map) => map.set('SHA256SUMS.sig', Buffer.alloc(64)),
      (map) => map.set('cle-du-moteur.pem', Buffer.from(other)),
      (map) => map.set('cle-du-moteur.pem', Buffer.from('rien')),
    ];
    for (const [index, change] of changes.entries())
      expect(
        codeOf(() => verifyKit(changed(change))),
        String(index),
      ).to.equal('ERR_KIT_INVALID');
  });

  it('does not verify when somebody else signed it, for whoever compares the fingerprint', () => {
    const forged = buildKit(requestOf('dxcare', { key: generateKeyPairSync('ed25519').privateKey }));
    expect(codeOf(() => verifyKit(forged.bytes))).to.equal('done');
    expect(codeOf(() => verifyKit(forged.bytes, kit.fingerprint))).to.equal('ERR_KIT_INVALID');
    expect(codeOf(() => verifyKit(kit.bytes, kit.fingerprint.toUpperCase().replaceAll(' ', '')))).to.equal('done');
  });

  it('is no archive, or one that writes outside of its folder', () => {
    expect(codeOf(() => verifyKit(Buffer.from('PK nothing')))).to.equal('ERR_KIT_INVALID');
    expect(codeOf(() => verifyKit(writeArchive('kit', new Map([['../x', Buffer.from('x')]]))))).to.equal('ERR_KIT_INVALID');
  });

  it('verifies with what every system has', () => {
    const place = mkdtempSync(path.join(tmpdir(), 'kit-'));
    try {
      for (const [name, bytes] of files) {
        mkdirSync(path.dirname(path.join(place, name)), { recursive: true });
        writeFileSync(path.join(place, name), bytes);
      }
      expect(execFileSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: place, encoding: 'utf8' })).to.equal('');
      const [sums, signature, pem] = ['SHA256SUMS', 'SHA256SUMS.sig', 'cle-du-moteur.pem'].map((name) => readFileSync(path.join(place, name)));
      expect(verify(null, sums!, createPublicKey(pem!), signature!)).to.equal(true);
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});

describe('what an engine keeps of kits', () => {
  it('is its key, readable by its owner only, and the kits it built, each once', async () => {
    const data = mkdtempSync(path.join(tmpdir(), 'kit-'));
    try {
      const [first, second] = [await kitKey(data), await kitKey(data)];
      expect(first.equals(second)).to.equal(true);
      const keeper = new KitKeeper(data);
      const kept = { site: '1', connector: 'x', connectorVersion: '0.1.0', kitVersion: '1.0.0', at: '2026-01-01T00:00:00Z', who: 'r', sha256: 'aa' };
      await keeper.add(kept);
      await keeper.add({ ...kept, at: '2026-01-02T00:00:00Z' });
      await keeper.add({ ...kept, sha256: 'bb' });
      expect((await new KitKeeper(data).all()).map(({ sha256 }) => sha256)).to.deep.equal(['aa', 'bb']);
    } finally {
      rmSync(data, { recursive: true });
    }
  });
});
