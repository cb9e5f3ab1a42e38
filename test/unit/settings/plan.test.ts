import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  checkDocuments,
  loadDocuments,
  loadSiteSettings,
  overrideFromEnvironment,
  parseDocuments,
  planChange,
  siteSettingsOf,
  storedDocuments,
} from '../../../core/settings/index.ts';
import { SITE, catalogue } from './catalogue.ts';

const value = (text: string): unknown => parseDocuments([{ file: 's.yaml', text }])[0]!.value;

describe('a settings plan', () => {
  it('says what would be added, changed and removed, by site, connector, endpoint and path', () => {
    const next = SITE.replace('port: 2575', 'port: 2600')
      .replace('name: Centre hospitalier fictif', 'name: Autre')
      .replace(/ +- \{ name: dx-out.*\n/, '');
    expect(planChange([{ value: value(SITE) }], [{ value: value(next) }, { value: { kind: 'engine', admin: { port: 9000 } } }])).to.deep.equal([
      { action: 'change', what: 'site 990001018 : name Centre hospitalier fictif → Autre', path: '/name' },
      { action: 'change', what: 'site 990001018 / dxcare / dx-in : port 2575 → 2600', path: '/port' },
      { action: 'add', what: 'engine' },
      { action: 'remove', what: 'site 990001018 / dxcare / dx-out' },
    ]);
  });

  it('is empty between a document and itself, whatever the document', () => {
    fc.assert(fc.property(fc.jsonValue(), (document) => planChange([{ value: document }], [{ value: document }]).length === 0));
  });
});

describe('settings from elsewhere', () => {
  it('come from environment variables over the documents, for the engine and for each endpoint', () => {
    const env = { PASSERELLE_ADMIN_PORT: '9080', PASSERELLE_ADMIN_ALLOWED_HOSTS: 'a,b', PASSERELLE_ENDPOINT_DX_IN_REPLY_WITHIN_MS: '500' };
    const { settings, issues } = checkDocuments(storedDocuments(overrideFromEnvironment([value(SITE)], env)), catalogue);
    expect(issues).to.deep.equal([]);
    expect(settings!.engine.admin).to.deep.equal({ host: '127.0.0.1', port: 9080, allowedHosts: ['a', 'b'] });
    expect(settings!.sites[0]!.connectors[0]!.endpoints[0]).to.include({ replyWithinMs: 500 });
  });

  it('come from a folder, in order of name, hidden files left out', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'passerelle-settings-'));
    try {
      for (const name of ['b.yaml', 'a.yml', '.c.yaml', 'd.txt']) await writeFile(path.join(folder, name), 'kind: engine\n');
      expect((await loadDocuments(folder)).map(({ file }) => file)).to.deep.equal(['a.yml', 'b.yaml']);
      const missing = await loadDocuments(path.join(folder, 'none')).catch((error: unknown) => error);
      expect(missing).to.include({ code: 'ERR_CONFIG_UNREADABLE' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('give a connector what it sees of its site and no more', () => {
    const { sites } = checkDocuments(parseDocuments([{ file: 's.yaml', text: SITE }]), catalogue).settings!;
    const seen = siteSettingsOf(sites[0]!, sites[0]!.connectors[0]!);
    expect(seen).to.have.all.keys(
      'site',
      'environment',
      'timeZone',
      'identityAuthorities',
      'senders',
      'documentTypes',
      'charsetFallback',
      'connector',
    );
    expect(seen.connector).to.deep.equal({ commandLine: 'legacy' });
  });
});

describe('the flat settings file of a translation', () => {
  const shared = process.env['PASSERELLE_SHARED'] ?? path.resolve(import.meta.dirname, '../../../../../shared');

  it('of every shared sample loads (skipped without the shared samples)', async function () {
    const { readdir } = await import('node:fs/promises');
    const samples = path.join(shared, 'vendors/samples');
    const folders = await readdir(samples, { withFileTypes: true }).catch(() => []);
    if (folders.length === 0) return this.skip();
    let count = 0;
    for (const folder of folders.filter((entry) => entry.isDirectory())) {
      const files = (await readdir(path.join(samples, folder.name))).filter((name) => /^settings.*\.yaml$/.test(name));
      for (const file of files) {
        const { issues, settings } = await loadSiteSettings(path.join(samples, folder.name, file));
        expect(issues, `${folder.name}/${file}`).to.deep.equal([]);
        expect(settings?.site).to.match(/^\d{9}$/);
        count++;
      }
    }
    expect(count).to.be.greaterThan(10);
  });

  it('says its issues like a document does', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'passerelle-flat-'));
    const file = path.join(folder, 'settings.yaml');
    try {
      await writeFile(file, 'site: "990001018"\nenvironment: test\nsendres: []\nconnector: { apiKey: clear, comandLine: legacy }\n');
      const { issues } = await loadSiteSettings(file, catalogue.connectors[0]);
      expect(issues.map(({ location, expected }) => [location?.line, expected])).to.deep.equal([
        [3, 'did you mean "senders"?'],
        [4, 'did you mean "commandLine"?'],
      ]);
      await writeFile(file, '');
      expect((await loadSiteSettings(file)).issues).to.have.length(1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
