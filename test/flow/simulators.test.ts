/** The demonstration's way in: a kit is built, unpacked and enrolled as a DSI does, and a click in a simulated care record opens the record of its patient. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { CallDoor } from '../../core/cli/call-door.ts';
import { Engine } from '../../core/engine/index.ts';
import { packageRoot } from '../../core/registry/index.ts';
import { createLogger, createMetrics } from '../../core/telemetry/index.ts';
import { loadPeer, person, setUpKit, startPeer, type RunningPeer } from '../../plugins/app-sandbox/index.ts';
import { hasChromium, startChromium } from '../ground/index.ts';
import { freePorts, TOKEN } from './region.ts';

const isRequired = (process.env['PASSERELLE_REQUIRE'] ?? '').split(',').includes('chromium');
const ACCOUNTS = { 'ESTUAIRE\\testcamille': { login: 'testcamille', rpps: '99700700018', family: 'TESTMED', given: 'CAMILLE', profile: 'MEDECIN' } };

describe('a click in a simulated care record', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'passerelle-'));
  const peers: RunningPeer[] = [];
  const pages: Record<string, string> = {};
  let engine: Engine;
  let door: CallDoor;

  before(async function () {
    this.timeout(120_000);
    const [mllp = 0, pub = 0, dpi = 0, api = 0, record = 0, dxcare = 0, klinck = 0, relay = 0] = await freePorts(8);
    const places: readonly (readonly [string, number])[] = [
      ['port: 2575', mllp],
      ['port: 7001', dpi],
      ['127.0.0.1:7002', api],
      ['127.0.0.1:7202', record],
      ['127.0.0.1:8081', pub],
    ];
    const demo = path.join(packageRoot, 'config/demo');
    const documents = readdirSync(demo)
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => {
        const text = readFileSync(path.join(demo, file), 'utf8');
        return { file, text: places.reduce((yaml, [from, to]) => yaml.replaceAll(from, from.replace(/\d+$/, String(to))), text) };
      });
    const listen = (port: number): string => `http://127.0.0.1:${port}`;
    Object.assign(pages, { record: listen(record), dxcare: listen(dxcare), klinck: listen(klinck) });
    const sendsTo = `${listen(pub)}/entrant/k-process`;
    peers.push(await startPeer(await loadPeer('k-process'), { listen: listen(api), sendsTo, pages: listen(record), token: TOKEN }));
    engine = await Engine.open({
      version: '0.1.0',
      data: path.join(folder, 'data'),
      documents,
      secretsFolder: folder,
      changed: async () => void (await door.follow()),
      logger: createLogger({ level: 'error' }),
      metrics: createMetrics(),
    });
    process.env['PASSERELLE_PUBLIC_PORT'] = String(pub);
    await engine.start();
    door = new CallDoor(engine, { public: { host: '127.0.0.1', port: pub } });
    await door.follow();
    // Both at once, as the demonstration does.
    const kits = { dxcare: path.join(folder, 'kit-dxcare'), klinck: path.join(folder, 'kit-klinck') };
    await Promise.all([
      setUpKit(engine.face, 'dxcare', { site: '990001018', accounts: ACCOUNTS, port: relay }, kits.dxcare),
      setUpKit(engine.face, 'klinck', { site: '990002024' }, kits.klinck),
    ]);
    const mllpTo = `mllp://127.0.0.1:${mllp}`;
    const hospital = await startPeer(await loadPeer('dxcare'), {
      listen: `mllp://127.0.0.1:${dpi}`,
      sendsTo: mllpTo,
      pages: pages['dxcare']!,
      kit: kits.dxcare,
    });
    peers.push(hospital, await startPeer(await loadPeer('klinck'), { pages: pages['klinck']!, kit: kits.klinck }));
    await hospital.act('admission');
    // The record knows the patient once the lane has told it.
    while ((await engine.face.lanes()).some(({ counts }) => counts.received || counts.queued || counts.sending))
      await new Promise((r) => setTimeout(r, 50));
  });
  after(async () => {
    delete process.env['PASSERELLE_PUBLIC_PORT'];
    await Promise.all(peers.map((peer) => peer.stop()));
    await door?.stop();
    await engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const posted = async (product: string, fields: Record<string, string>): Promise<string> =>
    (await fetch(`${pages[product]}/appel`, { method: 'POST', body: new URLSearchParams(fields) })).text();
  const patientOf = async (product: string): Promise<string> =>
    / name="patient" value="([^"]+)"/.exec(await (await fetch(`${pages[product]}/`)).text())?.[1] ?? '';

  for (const product of ['dxcare', 'klinck'])
    it(`of ${product} opens the record of that patient, in a real browser`, async function () {
      if (!hasChromium() && !isRequired) this.skip();
      this.timeout(60_000);
      const browser = await startChromium();
      try {
        const page = await browser.newPage();
        await page.goto(`${pages[product]}/`);
        await page
          .getByRole('button', { name: /^Ouvrir .* dans le DCC$/ })
          .first()
          .click();
        await page.getByRole('heading', { level: 1, name: /Dossier$/ }).waitFor();
        expect(page.url()).to.equal(`${pages['record']}/ouvrir`);
        await page.getByText(person(1).birthName).first().waitFor();
      } finally {
        await browser.close();
      }
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
    await setUpKit(engine.face, 'klinck', { site: '990002024' }, path.join(folder, 'kit-klinck'));
    expect(await engine.face.calls.keys('990002024')).to.have.length(before.length);
  });
});
