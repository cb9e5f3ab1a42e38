/** The pages of a contextual call in a real browser, in front of the stand-in of the record. Tests of an attack begin with the rule that forbids it. */
import { createServer, type Server } from 'node:http';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { CallRefusal, type CallsFace, type HttpDoor } from 'passerelle/contract';
import { CallServer } from '../../plugins/app-contextual-call/server.ts';
import { listenPages } from '../../plugins/app-sandbox/pages.ts';
import { plugin as https } from '../../plugins/transport-https/index.ts';
import { freePorts, until } from '../flow/region.ts';
import { hasChromium, startChromium } from '../ground/index.ts';
import { Desk, ELISE, OTHER } from '../call/desk.ts';

const isRequired = (process.env['PASSERELLE_REQUIRE'] ?? '').split(',').includes('chromium');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where to leave pictures for people; absent = none. */
const pictures = process.env['PASSERELLE_PICTURES'];

describe(`the pages of a contextual call${hasChromium() ? '' : ' (skipped: no Chromium)'}`, () => {
  let browser: Browser;
  let desk: Desk;
  let server: CallServer;
  let hospital: BrowserContext;
  let origin = '';
  const doors: HttpDoor[] = [];
  const closes: (() => Promise<unknown>)[] = [];
  const faults: string[] = [];
  let formCode: string | undefined;

  before(async function () {
    if (!hasChromium() && !isRequired) this.skip();
    browser = await startChromium();
  });
  after(() => browser?.close());

  beforeEach(async () => {
    desk = await Desk.open();
    desk.known(ELISE);
    desk.known(OTHER);
    const [port = 0] = await freePorts(1);
    origin = `http://127.0.0.1:${port}`;
    const shown = await listenPages(new URL('http://127.0.0.1:0'), async (request) => desk.peer.onPage!(request, desk.state, desk.world));
    desk.pages = shown.address;
    closes.push(shown.close);
    const calls = {
      receive: async () => {
        const code = formCode;
        formCode = undefined;
        if (code === undefined) throw new CallRefusal('ERR_CALL_REPLAYED', 'AC-F0000000');
        return { code, link: '', reference: 'AC-F0000000', expiresAt: '', warnings: [] };
      },
    } as Partial<CallsFace> as CallsFace;
    server = new CallServer(calls, desk.handover, origin);
    doors.push(await https.listen!({ host: '127.0.0.1', port, path: '/appel-contextuel' }, server.handle));
    hospital = await someBrowser();
    faults.length = 0;
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    for (const door of doors.splice(0)) await door.leave();
    for (const close of closes.splice(0)) await close();
    await desk.close();
  });

  async function someBrowser(more: object = {}): Promise<BrowserContext> {
    const context = await browser.newContext({ locale: 'fr-FR', viewport: { width: 1280, height: 800 }, ...more });
    context.on('weberror', (error) => void faults.push(error.error().message));
    context.on('console', (message) => {
      if (message.type() === 'error' && !/favicon|status of 40/.test(message.text())) faults.push(message.text());
    });
    return context;
  }
  const link = (code: string): string => `${origin}/appel-contextuel/ouvrir#${code}`;
  async function open(code: string, context = hospital): Promise<Page> {
    const page = await context.newPage();
    await page.goto(link(code));
    return page;
  }
  const title = (page: Page, text: string): Promise<void> => page.getByRole('heading', { level: 1, name: text }).waitFor();
  const button = (page: Page, name: string | RegExp): Promise<void> => page.getByRole('button', { name }).click();
  async function save(page: Page): Promise<void> {
    await page.getByLabel('Nouvelle remarque').fill('Vue en consultation');
    await button(page, 'Enregistrer');
  }
  async function picture(page: Page, name: string): Promise<void> {
    if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
  }
  /** By the rules of axe for WCAG 2.2 A and AA, at twice the size too: nothing is cut, nothing scrolls sideways. */
  async function readable(page: Page, name: string): Promise<void> {
    await picture(page, name);
    // Put in by the driver, as no page could.
    const found = (await page.evaluate(`${AXE}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] })`)) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).to.deep.equal([]);
    const before = page.viewportSize() ?? { width: 1280, height: 800 };
    for (const width of [640, 320]) {
      await page.setViewportSize({ width, height: 500 });
      expect(await page.evaluate('document.documentElement.scrollWidth'), `${name} at ${width}`).to.be.at.most(width);
    }
    await picture(page, `${name}-320`);
    await page.setViewportSize(before);
  }

  it('one click: the record of the patient is open, and the address says nothing', async () => {
    const page = await open(desk.call(ELISE));
    await title(page, 'PERRUSSEL ÉLISE · Dossier');
    expect(page.url()).to.equal(`${desk.pages}/ouvrir`);
    expect(await page.evaluate('history.length')).to.be.at.most(3);
    await readable(page, 'record');
    await save(page);
    await page.getByText('Votre remarque est enregistrée.').waitFor();
    expect(desk.remarks()).to.deep.equal({ R1: 1, R2: 0 });
    const again = await open(desk.call(ELISE));
    await title(again, 'PERRUSSEL ÉLISE · Dossier');
    await again.goBack();
    await title(again, 'Le dossier n’a pas été ouvert');
    expect(faults).to.deep.equal([]);
  });

  it('C3 scanners and previews that fetch the link first consume nothing', async () => {
    const code = desk.call(ELISE);
    const scanner = await someBrowser({ javaScriptEnabled: false });
    for (let times = 0; times < 3; times += 1) await (await scanner.newPage()).goto(link(code));
    await title(await open(code), 'PERRUSSEL ÉLISE · Dossier');
  });

  it('C3 a link that is opened a second time, elsewhere, is refused, and the first tab saves nothing any more', async () => {
    const code = desk.call(ELISE);
    const first = await open(code);
    await title(first, 'PERRUSSEL ÉLISE · Dossier');
    const second = await open(code, await someBrowser());
    await title(second, 'Le dossier n’a pas été ouvert');
    await second.getByText(/AC-\d{8}/).waitFor();
    await readable(second, 'refused');
    await save(first);
    await title(first, 'Rien n’a été enregistré');
    expect(desk.remarks()).to.deep.equal({ R1: 0, R2: 0 });
  });

  it('C3 the cookie is out of reach of scripts, and bound to this host', async () => {
    await title(await open(desk.call(ELISE)), 'PERRUSSEL ÉLISE · Dossier');
    const [cookie] = await hospital.cookies();
    expect(cookie).to.include({ name: '__Host-passerelle-appel', httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
  });

  it('C7 another patient is open: the page names both, by keyboard alone, and the first tab saves nothing after the second call', async () => {
    const first = await open(desk.call(ELISE));
    await title(first, 'PERRUSSEL ÉLISE · Dossier');
    const second = await open(desk.call(OTHER));
    await title(second, 'Un autre patient est déjà ouvert');
    await second.getByText('Déjà ouvert dans ce navigateur').waitFor();
    await second.getByText('née le 12/06/1937', { exact: false }).first().waitFor();
    await readable(second, 'confirm');
    expect(await second.evaluate('document.activeElement.tagName')).to.equal('H1');
    await second.keyboard.press('Tab');
    expect(await second.evaluate('document.activeElement.textContent')).to.match(/^Garder VALMORÉE/);
    await second.keyboard.press('Tab');
    await second.keyboard.press('Enter');
    await title(second, 'PERRUSSEL GABIN · Dossier');
    await save(first);
    await title(first, 'Rien n’a été enregistré');
    await picture(first, 'not-saved');
    await save(second);
    await second.getByText('Votre remarque est enregistrée.').waitFor();
    expect(desk.remarks()).to.deep.equal({ R1: 0, R2: 1 });
  });

  it('C7 keeping the first patient leaves it as it was', async () => {
    const first = await open(desk.call(ELISE));
    await title(first, 'PERRUSSEL ÉLISE · Dossier');
    const second = await open(desk.call(OTHER));
    await button(second, /^Garder/);
    await title(second, 'Rien n’a été ouvert');
    await readable(second, 'kept');
    await save(first);
    await first.getByText('Votre remarque est enregistrée.').waitFor();
  });

  it('C7 a tab that was closed is not asked about', async () => {
    const first = await open(desk.call(ELISE));
    await title(first, 'PERRUSSEL ÉLISE · Dossier');
    await save(first);
    await first.getByText('Votre remarque est enregistrée.').waitFor();
    await first.close({ runBeforeUnload: false });
    await until('the record knows', 10_000, () => Object.values(desk.state.contexts).some(({ ended }) => ended === 'closed'));
    await title(await open(desk.call(OTHER)), 'PERRUSSEL GABIN · Dossier');
  });

  it('C7 two calls at once in a browser that was never here: one opens, the other asks', async () => {
    const pages = await Promise.all([open(desk.call(ELISE)), open(desk.call(OTHER))]);
    const titles = await Promise.all(
      pages.map(async (page) => {
        await page.getByRole('heading', { level: 1, name: /Dossier$|déjà ouvert/ }).waitFor();
        return page.title();
      }),
    );
    expect(titles.filter((text) => text === 'Un autre patient est déjà ouvert')).to.have.length(1);
    expect(Object.values(desk.state.contexts).filter(({ ended }) => !ended)).to.have.length(1);
  });

  it('C7 another user comes to the same browser: what the first had open is over', async () => {
    const first = await open(desk.call(ELISE, 'camille'));
    await title(first, 'PERRUSSEL ÉLISE · Dossier');
    const second = await open(desk.call(ELISE, 'dominique'));
    await title(second, 'PERRUSSEL ÉLISE · Dossier');
    await save(first);
    await title(first, 'Rien n’a été enregistré');
  });

  it('C9 several records are possible: the person chooses, nothing is chosen beforehand', async () => {
    desk.known({ ...ELISE, ipp: '9', ins: null, usedName: 'DUVERNELLE' });
    const page = await open(desk.call({ ...ELISE, ipp: '77', ins: null }));
    await title(page, 'Plusieurs dossiers sont possibles');
    expect(await page.getByRole('radio', { checked: true }).count()).to.equal(0);
    await readable(page, 'choose');
    await button(page, 'Ouvrir le dossier choisi');
    await page.getByText('Choisissez d’abord un dossier.').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /ÉLISE · Dossier$/ }).waitFor();
    const none = await open(desk.call({ ...ELISE, ipp: '77', ins: null }), await someBrowser());
    await button(none, 'Aucun de ces patients');
    await title(none, 'Rien n’a été ouvert');
  });

  it('C9 an identity that contradicts the record opens nothing, and says what to do', async () => {
    const page = await open(desk.call({ ...ELISE, ins: '237063399100253' }));
    await title(page, 'Le dossier n’a pas été ouvert');
    await page.getByText('prévenez l’identitovigilance', { exact: false }).waitFor();
    await picture(page, 'identity');
    expect(desk.state.contexts).to.deep.equal({});
  });

  it('terms of use are shown once', async () => {
    desk.terms = ['Vous consultez un dossier partagé : chaque accès est tracé.', 'Il est réservé à l’équipe de soins du patient.'];
    const page = await open(desk.call(ELISE));
    await title(page, 'Conditions d’utilisation');
    await readable(page, 'terms');
    await button(page, 'J’accepte, ouvrir le dossier');
    await title(page, 'PERRUSSEL ÉLISE · Dossier');
    await title(await open(desk.call(ELISE)), 'PERRUSSEL ÉLISE · Dossier');
  });

  it('D11 a name that is markup is text, here and in the record', async () => {
    const evil = { ...ELISE, ipp: '66', ins: null, birthName: '<img src=x onerror=alert(1)>', usedName: '"><script>alert(2)</script>' };
    desk.known(evil);
    const first = await open(desk.call(evil));
    await first.getByRole('heading', { level: 1, name: /<script>/ }).waitFor();
    const page = await open(desk.call(OTHER));
    await title(page, 'Un autre patient est déjà ouvert');
    expect(await page.locator('img, main script').count()).to.equal(0);
    await page.getByText('<img src=x onerror=alert(1)>', { exact: false }).first().waitFor();
    expect(faults).to.deep.equal([]);
  });

  it('a link without its code, and a second look at the page, say what to do', async () => {
    const page = await hospital.newPage();
    for (const address of ['', '#', '#short', '?code=x']) {
      await page.goto(`${origin}/appel-contextuel/ouvrir${address}`);
      await title(page, 'Le dossier n’a pas été ouvert');
    }
    await page.getByText('Ce lien a déjà servi, ou il est incomplet.').waitFor();
  });

  describe('from a page of the DPI', () => {
    let dpi: Server;
    let place = '';
    beforeEach(async () => {
      dpi = createServer((request, response) => {
        response.setHeader('content-type', 'text/html');
        response.end(
          request.url === '/frame'
            ? `<title>DPI</title><iframe src="${origin}/appel-contextuel/ouvrir"></iframe>`
            : `<title>DPI</title><form method="post" action="${origin}/appel-contextuel/v1/form"><input name="token" value="a.b.c.d.e"><button>Ouvrir</button></form>`,
        );
      });
      await new Promise<void>((resolve) => dpi.listen(0, '127.0.0.1', resolve));
      place = `http://localhost:${(dpi.address() as { port: number }).port}`;
      closes.push(async () => {
        dpi.closeAllConnections();
        dpi.close();
      });
    });

    it('C6 its signed form opens the record; the same form again is refused', async () => {
      formCode = desk.call(ELISE);
      const page = await hospital.newPage();
      await page.goto(place);
      await button(page, 'Ouvrir');
      await title(page, 'PERRUSSEL ÉLISE · Dossier');
      await page.goto(place);
      await button(page, 'Ouvrir');
      await title(page, 'Le dossier n’a pas été ouvert');
      await page.getByText('AC-F0000000').waitFor();
    });

    it('C6 no frame shows the page, and no script of another origin gets an answer', async () => {
      const page = await hospital.newPage();
      await page.goto(`${place}/frame`);
      const frame = page.frames()[1];
      expect(await frame?.evaluate('document.body.innerText').catch(() => '')).to.not.include('dossier');
      const code = desk.call(ELISE);
      const answers = await page.evaluate(
        async ([address, body]) => {
          const tries = [{ mode: 'no-cors' }, {}, { headers: { 'content-type': 'application/json' } }] as RequestInit[];
          return Promise.all(
            tries.map((more) =>
              fetch(`${address}/appel-contextuel/v1/links`, { method: 'POST', body, credentials: 'include', ...more }).then(
                (response) => response.type,
                () => 'refused',
              ),
            ),
          );
        },
        [origin, JSON.stringify({ code })] as const,
      );
      expect(answers.slice(1)).to.deep.equal(['refused', 'refused']);
      await title(await open(code), 'PERRUSSEL ÉLISE · Dossier');
    });
  });
});
