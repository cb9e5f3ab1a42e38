/** A contextual call through the whole engine: a site's key is enrolled, a signed call gives a link, the link opens the record of the stand-in, the ledger tells it. */
import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import type { Engine } from '../../core/engine/index.ts';
import { encrypted, jwkOf, signedContext, thumbprint } from '../../plugins/app-contextual-call/clients/javascript/token.ts';
import { loadPeer, person, startPeer, type RunningPeer } from '../../plugins/app-sandbox/index.ts';
import { demoDocuments, startDemoEngine, type DemoEngine } from '../call/demo-engine.ts';
import { context, enrolment, SITE } from '../call/ground.ts';
import { hasChromium, startChromium } from '../ground/index.ts';
import { freePorts, TOKEN } from './region.ts';

const isRequired = (process.env['PASSERELLE_REQUIRE'] ?? '').split(',').includes('chromium');
const ELISE = person(1);
const IPP = '0004512001';

describe('a contextual call through the engine', () => {
  const siteKey = generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey;
  let demo: DemoEngine;
  let engine: Engine;
  let record: RunningPeer;
  let base = '';
  let pages = '';

  before(async () => {
    const [mllp = 0, pub = 0, dpi = 0, api = 0, shown = 0] = await freePorts(5);
    base = `http://127.0.0.1:${pub}/appel-contextuel`;
    pages = `http://127.0.0.1:${shown}`;
    const places = { 2575: mllp, 7001: dpi, 7002: api, 7202: shown, 8081: pub };
    record = await startPeer(await loadPeer('k-process'), {
      listen: `http://127.0.0.1:${api}`,
      sendsTo: `http://127.0.0.1:${pub}/entrant/k-process`,
      pages,
      token: TOKEN,
    });
    const ports = Object.fromEntries(Object.entries(places).map(([from, to]) => [from, String(to)]));
    demo = await startDemoEngine(
      demoDocuments(ports, (name) => ['dcc', 'estuaire', 'moteur'].includes(name)),
      pub,
    );
    ({ engine } = demo);
    expect(demo.offered).to.deep.equal([base]);
    await identified(`http://127.0.0.1:${api}`);
    const { calls } = engine.face;
    const { code } = await calls.invite(SITE, 'référent');
    const enrolled = await post('v1/enrolments', enrolment(code, SITE, siteKey, Date.now()).toString(), { 'content-type': 'application/json' });
    const { fingerprint } = (await enrolled.json()) as { fingerprint: string };
    await calls.confirmKey(thumbprint(jwkOf(siteKey)), fingerprint, 'référent');
  });
  after(async () => {
    await demo?.stop();
    await record?.stop();
  });

  /** The record knows the patient, as a flow of identities would have told it. */
  async function identified(api: string): Promise<void> {
    const { ins, insOid, givenNames: birthGivenNames, ...traits } = ELISE;
    const body = {
      contract: '1.0',
      messageId: 'M1',
      type: 'identity.updated',
      occurredAt: new Date().toISOString(),
      site: SITE,
      patient: {
        identifiers: [{ value: IPP, authority: { oid: '1.2.250.1.999.10.1' } }],
        ins: { value: ins, oid: insOid },
        traits: { ...traits, birthGivenNames },
      },
    };
    const headers = { authorization: `Bearer ${TOKEN}`, 'idempotency-key': 'M1', 'content-type': 'application/json' };
    expect((await fetch(`${api}/v1/identities`, { method: 'POST', headers, body: JSON.stringify(body) })).status).to.equal(201);
  }

  const post = (road: string, body: string, headers: Record<string, string>): Promise<Response> =>
    fetch(`${base}/${road}`, { method: 'POST', body, headers });

  /** What the kit of the site does. */
  async function call(over: Record<string, unknown> = {}): Promise<{ status: number; answer: { link?: string; reference: string; code?: string } }> {
    const { keys } = (await (await fetch(`${base}/v1/keys`)).json()) as { keys: JsonWebKey[] };
    const iat = Math.floor(Date.now() / 1000);
    const said = context({
      iat,
      exp: iat + 60,
      'Patient.identifier.value': ELISE.ins,
      'Patient.name.family': ELISE.birthName,
      'Patient.name.given': ELISE.givenNames,
      'Patient.name.firstGiven': ELISE.firstGivenName,
      'Patient.gender': ELISE.sex,
      'Patient.birthDate': ELISE.birthDate,
      'Address.district': ELISE.birthPlaceCog,
      PatientID: IPP,
      ...over,
    });
    const token = encrypted(signedContext(JSON.stringify(said), siteKey), keys[0] as never, 'default');
    const response = await post('v1/calls', token, { 'content-type': 'application/jose' });
    return { status: response.status, answer: (await response.json()) as never };
  }

  async function redeem(
    link: string,
  ): Promise<{ step: { outcome: string; url: string; fields: Record<string, string>; code?: string }; cookie: string | null }> {
    const { origin, hash } = new URL(link);
    const response = await post('v1/links', JSON.stringify({ code: hash.slice(1) }), { 'content-type': 'application/json', origin });
    return { step: (await response.json()) as never, cookie: response.headers.get('set-cookie') };
  }

  it('a kit for a connector that the site has not is refused with those that it has', async () => {
    const asked = engine.face.kits.build({ connector: 'klinck', site: SITE, who: 'référent' });
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    expect(error).to.deep.include({ code: 'ERR_KIT_UNAVAILABLE', detail: { expected: 'a connector of this site: dxcare', found: 'klinck' } });
  });

  it('gives a link that opens the record once; the ledger tells the story without naming anybody', async () => {
    const { status, answer } = await call();
    expect(status, JSON.stringify(answer)).to.equal(201);
    const { step, cookie } = await redeem(answer.link ?? '');
    expect(step.outcome, JSON.stringify(step)).to.equal('open');
    expect(cookie).to.match(/^__Host-/);
    const page = await (await fetch(step.url, { method: 'POST', body: new URLSearchParams(step.fields) })).text();
    expect(page).to.include(ELISE.birthName.split('-')[0]);
    const entry = await engine.face.calls.entry(answer.reference);
    expect(entry).to.include({ outcome: 'opened', site: SITE, profile: 'MEDECIN' });
    expect(JSON.stringify(entry)).to.not.match(new RegExp(`${ELISE.ins}|${ELISE.birthName}|${IPP}|testcamille`));
  });

  it('C3 a second use of the link ends the session, in the ledger and as an alert', async () => {
    const { answer } = await call();
    const { step } = await redeem(answer.link ?? '');
    const again = await redeem(answer.link ?? '');
    expect(again.step).to.include({ outcome: 'refused', code: 'ERR_CALL_LINK_USED' });
    expect((await fetch(step.url, { method: 'POST', body: new URLSearchParams(step.fields) })).status).to.equal(403);
    const { items } = await engine.face.alerts();
    expect(items.map(({ code, site }) => [code, site])).to.deep.include(['ALERT_CALL_LINK_REUSED', SITE]);
    const { steps } = await engine.face.calls.entry(answer.reference);
    expect(steps.map(({ code }) => code)).to.include('ERR_CALL_LINK_USED');
  });

  it('C9 an INS that the record does not have opens nothing, and a task waits for identity vigilance', async () => {
    const { answer } = await call({ 'Patient.identifier.value': person(3).ins });
    expect((await redeem(answer.link ?? '')).step).to.include({ outcome: 'refused', code: 'ERR_CALL_IDENTITY' });
    const { identities } = engine.face;
    const { items } = await identities.tasks({ limit: 10 });
    expect(items[0]).to.include({ id: answer.reference, kind: 'call', state: 'open' });
    const answered = await identities.answer({ id: answer.reference, verdict: 'reject', who: 'vigilance', why: 'erreur de saisie dans le DPI' });
    expect(answered.state).to.equal('rejected');
  });

  it('one click in a real browser opens the record', async function () {
    if (!hasChromium() && !isRequired) this.skip();
    const browser = await startChromium();
    try {
      const { answer } = await call();
      const page = await browser.newPage();
      await page.goto(answer.link ?? '');
      await page.getByRole('heading', { level: 1, name: /Dossier$/ }).waitFor();
      expect(page.url()).to.equal(`${pages}/ouvrir`);
      await page.getByText(ELISE.birthName).first().waitFor();
    } finally {
      await browser.close();
    }
  });

  it('is closed when no site calls any more, and open again when one does', async () => {
    const active = await engine.face.settings.active();
    const documents = (active?.documents ?? []) as Record<string, unknown>[];
    const apply = (all: readonly object[]): Promise<unknown> =>
      engine.face.settings.apply(
        all.map((value, i) => ({ file: `${i}.yaml`, text: JSON.stringify(value) })),
        'test',
        'essai',
      );
    await apply(
      documents.map(({ contextualCall, ...rest }) => (rest['role'] === 'record' || rest['kind'] === 'engine' ? { ...rest, contextualCall } : rest)),
    );
    expect((await fetch(`${base}/v1/keys`)).status).to.equal(404);
    await apply(documents);
    expect((await fetch(`${base}/v1/keys`)).status).to.equal(200);
  });
});
