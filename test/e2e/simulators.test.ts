/** The demonstration's way in: a kit is built, unpacked and enrolled as a DSI does, and a click in a simulated care record opens the record of its patient. */
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Page } from 'playwright-core';
import type { SiteSettings } from 'passerelle/contract';
import { composeServices } from '../../core/cli/compose.ts';
import type { Engine } from '../../core/engine/index.ts';
import { loadPeer, person, setUpKit, startPeer, type RunningPeer, type WantedKit } from '../../plugins/app-sandbox/index.ts';
import { demoDocuments, startDemoEngine, type DemoEngine } from '../call/demo-engine.ts';
import { hasChromium, startChromium } from '../ground/index.ts';
import { freePorts, TOKEN } from '../flow/region.ts';

const isRequired = (process.env['PASSERELLE_REQUIRE'] ?? '').split(',').includes('chromium');
/** Where to leave pictures for people; absent = none. */
const pictures = process.env['PASSERELLE_PICTURES'];
const ACCOUNTS = {
  dxcare: { 'ESTUAIRE\\testcamille': { login: 'testcamille', rpps: '99700700018', family: 'TESTMED', given: 'CAMILLE', profile: 'MEDECIN' } },
  'expert-sante': { lessai: { login: 'lessai', rpps: '99700700059', profile: 'MEDECIN' } },
};
/** Each with the SAFETY rule that its way stands on: the relay's account, the client in a server, the form of a page. */
const PRODUCTS = { dxcare: 'C1', klinck: 'C3', 'expert-sante': 'C6', mediboard: 'C3' };

/** As a document of the demonstration says it. */
type DemoSite = SiteSettings & { readonly connectors: readonly { readonly settings: SiteSettings['connector'] }[] };

describe('a click in a simulated care record', () => {
  const peers: RunningPeer[] = [];
  const pages: Record<string, string> = {};
  let documents: readonly { readonly file: string; readonly text: string }[] = [];
  let demo: DemoEngine;
  let engine: Engine;

  before(async function () {
    this.timeout(120_000);
    const [mllp = 0, pub = 0, dpi = 0, api = 0, record = 0, dxcare = 0, klinck = 0, relay = 0, expert = 0, expertRelay = 0, mediboard = 0] =
      await freePorts(11);
    const places: readonly (readonly [string, number])[] = [
      ['port: 2575', mllp],
      ['port: 7001', dpi],
      ['127.0.0.1:7002', api],
      ['127.0.0.1:7202', record],
      ['127.0.0.1:8081', pub],
      ['127.0.0.1:7206', expert],
      ['127.0.0.1:7207', mediboard],
    ];
    documents = demoDocuments(Object.fromEntries(places.map(([from, to]) => [from, from.replace(/\d+$/, String(to))])));
    const listen = (port: number): string => `http://127.0.0.1:${port}`;
    Object.assign(pages, {
      record: listen(record),
      dxcare: listen(dxcare),
      klinck: listen(klinck),
      'expert-sante': listen(expert),
      mediboard: listen(mediboard),
    });
    const sendsTo = `${listen(pub)}/entrant/k-process`;
    peers.push(await startPeer(await loadPeer('k-process'), { listen: listen(api), sendsTo, pages: listen(record), token: TOKEN }));
    demo = await startDemoEngine(documents, pub);
    ({ engine } = demo);
    // All at once, as the demonstration does.
    const kits: Readonly<Record<string, WantedKit>> = {
      dxcare: { site: '990001018', accounts: ACCOUNTS.dxcare, port: relay },
      klinck: { site: '990002024' },
      'expert-sante': { site: '990003030', accounts: ACCOUNTS['expert-sante'], port: expertRelay },
      mediboard: { site: '990004046' },
    };
    await Promise.all(Object.entries(kits).map(([product, wanted]) => setUpKit(engine.face, product, wanted, kitOf(product))));
    const mllpTo = `mllp://127.0.0.1:${mllp}`;
    const hospital = await startPeer(await loadPeer('dxcare'), {
      listen: `mllp://127.0.0.1:${dpi}`,
      sendsTo: mllpTo,
      pages: pages['dxcare']!,
      kit: kitOf('dxcare'),
    });
    peers.push(hospital);
    for (const product of ['klinck', 'expert-sante', 'mediboard'])
      peers.push(await startPeer(await loadPeer(product), { pages: pages[product]!, kit: kitOf(product) }));
    for (const _patient of ['to open', 'beside']) await hospital.act('admission');
    // The record knows a patient once the lane has told it.
    while ((await engine.face.lanes()).some(({ counts }) => counts.received || counts.queued || counts.sending))
      await new Promise((r) => setTimeout(r, 50));
  });
  after(async () => {
    await Promise.all(peers.map((peer) => peer.stop()));
    await demo?.stop();
  });

  const kitOf = (product: string): string => path.join(demo.folder, `kit-${product}`);
  const posted = async (product: string, fields: Record<string, string>): Promise<string> =>
    (await fetch(`${pages[product]}/appel`, { method: 'POST', body: new URLSearchParams(fields) })).text();
  const patientOf = async (product: string): Promise<string> =>
    / name="patient" value="([^"]+)"/.exec(await (await fetch(`${pages[product]}/`)).text())?.[1] ?? '';

  const { birthName, firstGivenName } = person(1);
  async function inBrowser(test: Mocha.Context, use: (page: Page) => Promise<void>): Promise<void> {
    if (!hasChromium() && !isRequired) test.skip();
    test.timeout(60_000);
    const browser = await startChromium();
    try {
      await use(await browser.newPage({ locale: 'fr-FR' }));
    } finally {
      await browser.close();
    }
  }
  async function picture(page: Page, name: string): Promise<void> {
    if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
  }
  /** The first patient, who is person 1 everywhere. */
  async function opens(page: Page, name: string): Promise<void> {
    await picture(page, name);
    await page
      .getByRole('button', { name: /^Ouvrir .* dans le DCC$/ })
      .first()
      .click();
    await page.getByRole('heading', { level: 1, name: /Dossier$/ }).waitFor();
    expect(page.url()).to.equal(`${pages['record']}/ouvrir`);
    await page.getByText(birthName).first().waitFor();
    await picture(page, `${name}-record`);
  }

  for (const [product, rule] of Object.entries(PRODUCTS))
    it(`${rule} of ${product} opens the record of that patient, in a real browser`, async function () {
      await inBrowser(this, async (page) => {
        await page.goto(`${pages[product]}/`);
        await opens(page, product);
      });
    });

  it('C6 of Expert Santé, by an account that the relay does not know, opens nothing and says so in the page', async function () {
    await inBrowser(this, async (page) => {
      await page.goto(`${pages['expert-sante']}/`);
      await page.getByLabel('Utilisateur de la session').selectOption('nessai');
      await page
        .getByRole('button', { name: /^Ouvrir/ })
        .first()
        .click();
      await page
        .getByRole('alert')
        .filter({ hasText: /KIT-[0-9A-F]{8}/ })
        .waitFor();
      expect(page.url()).to.equal(`${pages['expert-sante']}/appel`);
      expect(await page.getByLabel('Utilisateur de la session').inputValue(), 'still who was there').to.equal('nessai');
      await picture(page, 'expert-sante-refused');
    });
  });

  it('C6 of Expert Santé, what its page posts is refused from another origin and for another user', async () => {
    const shown = await posted('expert-sante', { patient: await patientOf('expert-sante'), user: 'lessai' });
    const data = (name: string): string => new RegExp(` data-${name}="([^"]+)"`).exec(shown)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const post = async (origin: string, form: string): Promise<number> => {
      const headers = { origin, 'x-kit-local': data('proof'), 'content-type': data('content-type') };
      return (await fetch(data('relay'), { method: 'POST', headers, body: form })).status;
    };
    const [own, form] = [pages['expert-sante']!, data('form')];
    expect(form).to.include(`user=lessai`).and.to.include('nomNaissance=VALMOR%C9E');
    expect(await post('http://127.0.0.1:1', form)).to.equal(403);
    expect(await post(own, form.replace('user=lessai', 'user=nessai'))).to.equal(403);
    expect(await post(own, form)).to.equal(201);
  });

  it('C2 the address that the connector of Mediboard writes opens that patient there, and a click there the same one in the record', async function () {
    const [rivage] = documents.filter(({ file }) => file === 'rivage.yaml').map(({ text }) => parse(text) as DemoSite);
    const { connectors, ...site } = rivage!;
    const settings = { ...site, connector: connectors[0]!.settings };
    const event = { type: 'dcc.context.return', data: { view: 'soins', ipp: await patientOf('mediboard') } };
    const written = await (await composeServices()).render(event, { connectorId: 'mediboard', settings, now: new Date().toISOString() }, {});
    const [, target = '', host = ''] = /^GET (\S+) HTTP[^]*^host: (\S+)/im.exec(Buffer.from(written).toString()) ?? [];
    await inBrowser(this, async (page) => {
      await page.goto(`http://${host}${target}`);
      await page.getByRole('heading', { level: 1, name: `Dossier de soins · ${birthName} ${firstGivenName}` }).waitFor();
      expect(await page.getByRole('button', { name: /^Ouvrir/ }).count()).to.equal(1);
      await opens(page, 'mediboard-asked-for');
    });
  });

  for (const [query, told] of [
    ['m=context&a=call&ipp=MB00060001', 'Vue absente'],
    ['m=context&a=call&view=soins&ipp=MB99999999', 'Patient inconnu'],
    ['m=context&view=soins&ipp=MB00060001', 'Écran inconnu'],
  ] as const)
    it(`C9 an address of Mediboard that is wrong is told so, and opens nobody: ${told}`, async () => {
      const shown = await (await fetch(`${pages['mediboard']}/mediboard/index.php?${query}`)).text();
      expect(shown)
        .to.match(new RegExp(`role="alert".*${told}`, 's'))
        .and.to.include('<h1>Patients</h1>');
    });

  it('C1 of DxCare, by an account that the relay does not know, opens nothing', async () => {
    const shown = await posted('dxcare', { patient: await patientOf('dxcare'), user: 'testsacha' });
    expect(shown).to.include('role="alert"').and.to.not.include('/ouvrir#');
  });

  it('creates no record for a profile without that right, and says so with a reference', async () => {
    const shown = await posted('klinck', { patient: await patientOf('klinck'), user: 's.essai', action: 'open-or-create' });
    expect(shown).to.match(/role="alert".*AC-[A-Z0-9]{8}/s);
    expect(shown).to.not.include('/ouvrir#');
  });

  it('finds its kit set up already the second time: one key, no new code', async () => {
    const before = await engine.face.calls.keys('990002024');
    await setUpKit(engine.face, 'klinck', { site: '990002024' }, kitOf('klinck'));
    expect(await engine.face.calls.keys('990002024')).to.have.length(before.length);
  });
});
