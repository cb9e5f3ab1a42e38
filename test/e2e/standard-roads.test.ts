/** Standard roads to the record, in a real browser and through the whole engine: a launch from a web care record (SMART), and Pro Santé Connect before a record is made. */
import path from 'node:path';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Engine } from '../../core/engine/index.ts';
import { loadPeer, person, startPeer, startPsc, startSmartDpi, type Psc, type RunningPeer, type SmartDpi } from '../../plugins/app-sandbox/index.ts';
import { demoDocuments, startDemoEngine, type DemoEngine } from '../call/demo-engine.ts';
import { freePorts, TOKEN } from '../flow/region.ts';
import { hasChromium, startChromium } from '../ground/index.ts';

const isRequired = (process.env['PASSERELLE_REQUIRE'] ?? '').split(',').includes('chromium');
const SITE = '990002024';
/** Where to leave pictures for people; absent = none. */
const pictures = process.env['PASSERELLE_PICTURES'];
/** The first is known to the record, the second is not. */
const [KNOWN, NEW] = [1, 2].map((number) => person(number)) as [ReturnType<typeof person>, ReturnType<typeof person>];

describe(`standard roads to the record${hasChromium() ? '' : ' (skipped: no Chromium)'}`, function () {
  this.timeout(120_000);
  let demo: DemoEngine;
  let engine: Engine;
  let record: RunningPeer;
  let dpi: SmartDpi;
  let psc: Psc;
  let browser: Browser;
  let clinic: BrowserContext;
  let pages = '';
  const faults: string[] = [];

  before(async function () {
    if (!hasChromium() && !isRequired) this.skip();
    const [mllp = 0, pub = 0, hospital = 0, api = 0, shown = 0] = await freePorts(5);
    pages = `http://127.0.0.1:${shown}`;
    const listen = `http://127.0.0.1:${api}`;
    record = await startPeer(await loadPeer('k-process'), { listen, sendsTo: `http://127.0.0.1:${pub}/entrant/k-process`, pages, token: TOKEN });
    // Under another name than the engine: another site, for the browser.
    const elsewhere = { pages: 'http://localhost:0', engine: `http://127.0.0.1:${pub}/appel-contextuel`, clientId: 'passerelle-demonstration' };
    dpi = await startSmartDpi({ ...elsewhere, site: SITE, name: 'dpi-smart' });
    psc = await startPsc({ ...elsewhere, secret: 'secret-de-demonstration' });
    const places: Readonly<Record<string, string>> = {
      'port: 2575': `port: ${mllp}`,
      'port: 7001': `port: ${hospital}`,
      'http://127.0.0.1:7002': listen,
      'http://127.0.0.1:7202': pages,
      'http://127.0.0.1:8081': `http://127.0.0.1:${pub}`,
      'http://127.0.0.1:7204': dpi.address,
      'http://127.0.0.1:7205': psc.address,
    };
    demo = await startDemoEngine(
      demoDocuments(places, (name) => ['dcc', 'estuaire', 'moteur', 'presquile'].includes(name)),
      pub,
    );
    ({ engine } = demo);
    await known(listen);
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await Promise.all([dpi?.close(), psc?.close(), record?.stop()]);
    await demo?.stop();
  });
  beforeEach(async () => {
    dpi.bend({});
    psc.bend({});
    faults.length = 0;
    clinic = await browser.newContext({ locale: 'fr-FR', viewport: { width: 1280, height: 800 } });
    clinic.on('weberror', (error) => void faults.push(error.error().message));
    clinic.on('console', (message) => {
      if (message.type() === 'error' && !/favicon|status of [45]0/.test(message.text())) faults.push(message.text());
    });
  });
  afterEach(async () => {
    await clinic.close();
    expect(faults).to.deep.equal([]);
  });

  async function known(api: string): Promise<void> {
    const { ins, insOid, givenNames: birthGivenNames, ...traits } = KNOWN;
    const patient = {
      identifiers: [{ value: 'K-0090001', authority: { namespace: 'KLINCK' } }],
      ins: { value: ins, oid: insOid },
      traits: { ...traits, birthGivenNames },
    };
    const body = { contract: '1.0', messageId: 'M1', type: 'identity.updated', occurredAt: new Date().toISOString(), site: SITE, patient };
    const headers = { authorization: `Bearer ${TOKEN}`, 'idempotency-key': 'M1', 'content-type': 'application/json' };
    expect((await fetch(`${api}/v1/identities`, { method: 'POST', headers, body: JSON.stringify(body) })).status).to.equal(201);
  }

  const nameOf = ({ birthName, firstGivenName }: typeof KNOWN): string => `${birthName} ${firstGivenName}`;
  const title = (page: Page, text: string | RegExp): Promise<void> => page.getByRole('heading', { level: 1, name: text }).waitFor();
  const button = (page: Page, name: string | RegExp): Promise<void> => page.getByRole('button', { name }).click();
  /** A click in the care record. */
  async function click(patient: typeof KNOWN, user = 'm-essai', page?: Page): Promise<Page> {
    const tab = page ?? (await clinic.newPage());
    await tab.goto(`${dpi.address}/`);
    await tab.getByLabel('Utilisateur de la session').selectOption(user);
    await button(tab, `Ouvrir ${nameOf(patient)} dans le DCC`);
    return tab;
  }
  async function picture(page: Page, name: string): Promise<void> {
    if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
  }
  const refused = async (page: Page, text: RegExp, name: string): Promise<string> => {
    await title(page, 'Le dossier n’a pas été ouvert');
    await page.getByText(text).waitFor();
    await picture(page, name);
    return (await page.getByText(/^AC-[A-Z0-9]{8}$/).textContent()) ?? '';
  };
  /** Records that calls made, by the ledger. */
  const records = async (): Promise<number> => (await engine.face.calls.ledger({ outcome: 'created' }, { limit: 50 })).items.length;

  it('C3 a click in a web care record opens the record of its patient; no address says who, and the ledger says how', async () => {
    const page = await click(KNOWN);
    const seen: string[] = [];
    page.on('framenavigated', (frame) => void seen.push(frame.url()));
    await title(page, /Dossier$/);
    expect(page.url()).to.equal(`${pages}/ouvrir`);
    await page.getByText(KNOWN.birthName).first().waitFor();
    await picture(page, 'smart-opened');
    const [entry] = (await engine.face.calls.ledger({ outcome: 'opened' }, { limit: 1 })).items;
    expect(entry).to.include({ kind: 'smart', site: SITE, profile: 'MEDECIN', keyId: `${SITE}-dpi-smart`, authentication: 'password' });
    const written = JSON.stringify(entry) + seen.join(' ');
    expect(written).to.not.match(new RegExp(`${KNOWN.ins}|${KNOWN.birthName}|K-0090001|99700700042`));
    expect(
      (await clinic.cookies()).filter(({ name }) => name.includes('aller')),
      'what it left with is over',
    ).to.deep.equal([]);
  });

  it('C3 the addresses that it came by open nothing again, here or elsewhere', async () => {
    const seen: string[] = [];
    const page = await clinic.newPage();
    page.on('request', (request) => void (request.isNavigationRequest() && seen.push(request.url())));
    await click(KNOWN, 'm-essai', page);
    await title(page, /Dossier$/);
    const [launch = '', back = ''] = ['/lancer?', '/retour/'].map((part) => seen.find((url) => url.includes(part)) ?? '');
    expect([launch, back]).to.not.include('');
    const again = await clinic.newPage();
    await again.goto(back);
    await refused(again, /L’appel est refusé|appel refusé/i, 'smart-again');
    const thief = await (await browser.newContext()).newPage();
    await thief.goto(back);
    await title(thief, 'Le dossier n’a pas été ouvert');
    await thief.goto(launch);
    await thief.getByText('invalid_request').waitFor();
    await thief.context().close();
  });

  it('C6 C7 a launch for another user asks before it ends what the first has open', async () => {
    await title(await click(KNOWN), /Dossier$/);
    const page = await clinic.newPage();
    // Another practitioner at the same screen.
    dpi.bend({
      resource: (resource) =>
        resource['resourceType'] === 'Practitioner'
          ? { ...resource, identifier: [{ system: 'https://rpps.esante.gouv.fr', value: '99700700018' }] }
          : resource,
    });
    await click(KNOWN, 'i-essai', page);
    await title(page, 'Un autre utilisateur a un dossier ouvert dans ce navigateur');
    await page.getByRole('button', { name: /^Fermer sa session, ouvrir .+ sous mon nom$/ }).waitFor();
    await picture(page, 'smart-other-user');
    await button(page, 'Laisser sa session ouverte');
    await title(page, 'Rien n’a été ouvert');
  });

  it('C1 a record is made once its user has authenticated by Pro Santé Connect', async () => {
    const before = await records();
    const page = await click(NEW);
    await title(page, 'Pro Santé Connect (simulateur)');
    expect(new URL(page.url()).origin).to.equal(psc.address);
    expect(decodeURIComponent(page.url())).to.not.match(new RegExp(`${NEW.ins}|${NEW.birthName}|K-0090002|99700700042`));
    await button(page, /ESSAI MAËL/);
    await title(page, /Dossier$/);
    await page.getByText(NEW.birthName).first().waitFor();
    expect(await records()).to.equal(before + 1);
    const [entry] = (await engine.face.calls.ledger({ outcome: 'created' }, { limit: 1 })).items;
    expect(entry?.steps.map(({ what }) => what)).to.include.members(['authenticate: asked', 'authenticate: yes', 'record made']);
  });

  it('C1 somebody else who authenticates makes nothing, is told so, and alerts', async () => {
    const before = await records();
    const page = await click(person(5));
    await title(page, 'Pro Santé Connect (simulateur)');
    await button(page, /TESTMED CAMILLE/);
    const reference = await refused(page, /n’est pas celle de l’appel/, 'psc-other');
    expect((await engine.face.calls.entry(reference)).steps.map(({ code }) => code)).to.include('ERR_CALL_OTHER_USER');
    expect(await records()).to.equal(before);
    const { items } = await engine.face.alerts();
    expect(items.map(({ code, site }) => [code, site])).to.deep.include(['ALERT_CALL_OTHER_USER', SITE]);
  });

  it('C1 giving up, or a service that is down, opens nothing and says what to do', async () => {
    const before = await records();
    const given = await click(person(5));
    await title(given, 'Pro Santé Connect (simulateur)');
    await button(given, 'Abandonner');
    await refused(given, /n’a pas abouti/, 'psc-given-up');
    psc.bend({
      instead: (_, response) => {
        response.writeHead(503).end();
        return true;
      },
    });
    const there = await click(person(5));
    // What it says of itself is known already: the browser meets a page that fails, or ours says so.
    await there.waitForLoadState();
    expect(await records()).to.equal(before);
    const back = await clinic.newPage();
    psc.bend({ instead: (request, response) => request.url?.includes('/token') === true && response.writeHead(503).end() !== undefined });
    await click(person(5), 'm-essai', back);
    await title(back, 'Pro Santé Connect (simulateur)');
    await button(back, /ESSAI MAËL/);
    await refused(back, /ne répond pas/, 'psc-down');
    expect(await records()).to.equal(before);
  });

  it('C4 a care record that does not answer is said to be the one', async () => {
    dpi.bend({ instead: (request, response) => request.url?.startsWith('/fhir/Patient') === true && response.writeHead(500).end() !== undefined });
    await refused(await click(KNOWN), /ne répond pas/, 'smart-down');
  });
});
