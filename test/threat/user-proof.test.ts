/** Attacks on the proof of the user by Pro Santé Connect, each named by the rule it defends (SAFETY C). */
import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import type { CallStep } from '../../core/contract/index.ts';
import { OTHER_USER } from '../../core/call/index.ts';
import { NO_CALLS } from '../../core/call/call-settings.ts';
import { Departures } from '../../core/call/departures.ts';
import { asksForProof, UserProof, type ProofPolicy } from '../../core/call/user-proof.ts';
import { BlindIndex } from '../../core/journal/index.ts';
import { startPsc, type Bend, type Psc } from '../../plugins/app-sandbox/index.ts';
import { Desk, ELISE, OTHER } from '../call/desk.ts';

const ENGINE = 'http://127.0.0.1:9';
const ME = '899700700018';
const USER = { login: 'camille', rpps: '99700700018' };
const SOMEBODY_ELSE = '899700700042';
const b64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a user proven by Pro Santé Connect', () => {
  let desk: Desk;
  let psc: Psc;

  beforeEach(async () => {
    desk = await Desk.open();
    // Of the stand-in, and of the library that judges its tokens.
    desk.now = Date.now();
    desk.known(ELISE);
    psc = await startPsc({ pages: 'http://127.0.0.1:0', engine: `${ENGINE}/appel-contextuel`, clientId: 'dcc', secret: 'essai' });
    desk.userProof = proof();
    ask('always');
  });
  afterEach(async () => {
    await psc.close();
    await desk.close();
  });

  const ask = (...when: ProofPolicy['ask']): void => void (desk.policy.proSanteConnect = { ask: when, trustedFor: '4h' });

  function proof(over: object = {}): UserProof {
    const made = new UserProof(
      new Departures({ journal: desk.journal, index: new BlindIndex(Buffer.alloc(32, 7)), now: () => desk.now }, 'call-nonce'),
    );
    const service = {
      service: 'other' as const,
      issuer: psc.issuer,
      clientId: 'dcc',
      secret: 'essai',
      acr: 'eidas1',
      scope: 'openid scope_all',
      privateAddresses: true,
    };
    made.use({ ...NO_CALLS, skewMs: 60_000, publicUrl: ENGINE, proSanteConnect: { ...service, ...over } });
    return made;
  }

  /** A person at the wallet: where the browser is sent back to, as parameters. */
  async function choose(step: CallStep, person: string): Promise<Record<string, string>> {
    if (step.outcome !== 'authenticate') throw new Error(JSON.stringify(step));
    const answer = await fetch(step.url, { method: 'POST', body: new URLSearchParams({ person }), redirect: 'manual' });
    const back = answer.headers.get('location');
    if (!back) throw new Error(await answer.text());
    expect(back.startsWith(`${ENGINE}/appel-contextuel/retour/psc?`), back).to.equal(true);
    return Object.fromEntries(new URL(back).searchParams);
  }
  const back = async (code: string, browser: string | undefined, answer: Record<string, string>): Promise<CallStep> =>
    (await desk.handover.authenticated({ code, address: '192.0.2.1', ...(browser !== undefined && { browser }) }, answer)).step;
  /** From the link to what comes of it. */
  async function click(person = ME, patient = ELISE): Promise<CallStep> {
    const code = desk.call(patient, 'camille', { user: USER });
    const { step, browser } = await desk.redeem(code);
    return back(code, browser, await choose(step, person));
  }
  /** Not one tab of the record was opened. */
  const nothingOpened = (): void => {
    expect(desk.state.contexts).to.deep.equal({});
    expect(desk.state.records).to.have.length(1);
  };

  it('C1 the user of the call authenticates, and the record opens; the ledger says so', async () => {
    const step = await click();
    const page = await desk.show(step);
    expect(page.text).to.include('VALMORÉE');
    expect(desk.steps.map(({ what }) => what)).to.include.members(['authenticate: asked', 'authenticate: yes', 'record opened']);
    expect(JSON.stringify(desk.steps)).to.not.include('99700700018');
  });

  it('C1 somebody else who authenticates opens nothing, and the site is alerted', async () => {
    expect(await click(SOMEBODY_ELSE)).to.include({ outcome: 'refused', code: 'ERR_CALL_OTHER_USER' });
    expect((await desk.journal.notesOf(OTHER_USER, { limit: 5 })).items).to.have.length(1);
    expect(await click('ANS20210107161422'), 'somebody without an RPPS number').to.include({ code: 'ERR_CALL_OTHER_USER' });
    nothingOpened();
    expect(JSON.stringify((await desk.journal.notesOf(OTHER_USER, { limit: 5 })).items)).to.not.match(/9970070|VALMOR/);
  });

  it('C1 an authentication is asked for that is at most trustedFor old, and one that is older, of tomorrow, or whose time is not said opens nothing', async () => {
    const { step } = await desk.redeem(desk.call(ELISE, 'camille', { user: USER }));
    expect(step.outcome === 'authenticate' && new URL(step.url).searchParams.get('max_age')).to.equal(String(4 * 3600));
    const now = Math.floor(desk.now / 1000);
    const times = {
      'of this morning': now - 4 * 3600 - 300,
      'of 2020': 1_577_836_800,
      'of tomorrow': now + 86_400,
      'in ms': now * 1000,
      'in words': 'now',
      'not said': undefined,
      none: null,
    };
    for (const [name, time] of Object.entries(times)) {
      psc.bend({ claims: (claims) => ({ ...claims, auth_time: time }) });
      expect(await click(), name).to.include({ outcome: 'refused', code: 'ERR_CALL_AUTHENTICATION' });
    }
    nothingOpened();
    psc.bend({ claims: (claims) => ({ ...claims, auth_time: now - 4 * 3600 + 300 }) });
    expect((await click()).outcome).to.equal('open');
  });

  it('C1 the age of what comes back is judged by the hand-over as well, whatever the client of the service let through', async () => {
    for (const time of ['2020-01-01T00:00:00.000Z', new Date(desk.now + 3600_000).toISOString(), '']) {
      desk.userProof = { depart: async () => psc.issuer, arrive: async () => ({ rpps: USER.rpps, time }) };
      const code = desk.call(ELISE, 'camille', { user: USER });
      const { browser } = await desk.redeem(code);
      expect(await back(code, browser, {}), time).to.include({ outcome: 'refused', code: 'ERR_CALL_AUTHENTICATION' });
    }
    nothingOpened();
  });

  it('C1 C8 a site that stopped asking while its user was away opens nothing of what was asked before', async () => {
    const code = desk.call(ELISE, 'camille', { user: USER });
    const { step, browser } = await desk.redeem(code);
    const answer = await choose(step, ME);
    delete desk.policy.proSanteConnect;
    expect(await back(code, browser, answer)).to.include({ code: 'ERR_CALL_FORBIDDEN' });
    nothingOpened();
  });

  it('C3 an answer that comes a second time, after the record opened, does not make the ledger say that it was refused', async () => {
    const code = desk.call(ELISE, 'camille', { user: USER });
    const { step, browser } = await desk.redeem(code);
    const answer = await choose(step, ME);
    expect((await back(code, browser, answer)).outcome).to.equal('open');
    expect((await back(code, browser, answer)).outcome).to.equal('refused');
    const entry = await desk.entry(step.reference);
    expect(entry.outcome).to.equal('opened');
    expect(entry.steps.at(-1)).to.include({ what: 'not opened', code: 'ERR_CALL_SESSION' });
  });

  it('C1 a call without an RPPS number cannot be proven, and opens nothing', async () => {
    const { step } = await desk.redeem(desk.call(ELISE, 'secretaire'));
    expect(step).to.include({ outcome: 'refused', code: 'ERR_CALL_FORBIDDEN' });
    nothingOpened();
  });

  it('C1 asks when the site says so: always, without a proof that the call says, or to make a record', () => {
    const at = '2026-09-15T08:00:00Z';
    const said = (method: string, time: string): Parameters<typeof asksForProof>[1] => ({
      user: { ...USER, authentication: { method: method as 'cps', time } },
      patient: ELISE,
      issuedAt: at,
    });
    const asks = (when: ProofPolicy['ask'], context: Parameters<typeof asksForProof>[1], creates = false): boolean =>
      asksForProof({ ask: when, trustedFor: '4h' }, context, creates);
    for (const method of ['cps', 'e-cps', 'pro-sante-connect']) {
      expect(asks(['unproven'], said(method, '2026-09-15T04:00:00Z')), method).to.equal(false);
      expect(asks(['unproven'], said(method, '2026-09-15T03:59:59Z')), 'too long ago').to.equal(true);
      expect(asks(['unproven'], said(method, '2026-09-15T08:02:00Z')), 'of tomorrow').to.equal(true);
      expect(asks(['always'], said(method, at))).to.equal(true);
    }
    for (const method of ['password', 'os-account', 'other']) expect(asks(['unproven'], said(method, at)), method).to.equal(true);
    expect(asks(['unproven'], { user: USER, patient: ELISE, issuedAt: at }), 'not said').to.equal(true);
    expect(asks(['unproven'], { user: said('cps', at).user, patient: ELISE }), 'no time').to.equal(true);
    expect(asks(['create'], said('password', at))).to.equal(false);
    expect(asks(['create'], said('cps', at), true)).to.equal(true);
    expect(asksForProof(undefined, said('password', at), true)).to.equal(false);
  });

  it('C9 before a record is made the user is proven, and it is looked for again; a record that is there just opens', async () => {
    ask('create');
    expect((await desk.redeem(desk.call(ELISE, 'camille', { user: USER, action: 'open-or-create' }))).step.outcome).to.equal('open');
    const code = desk.call(OTHER, 'camille', { user: USER, action: 'open-or-create' });
    const { step, browser } = await desk.redeem(code, undefined);
    const answer = await choose(step, ME);
    expect(desk.state.records).to.have.length(1);
    expect((await back(code, browser, answer)).outcome).to.equal('open');
    expect(desk.state.records).to.have.length(2);
    const late = desk.call({ ...OTHER, ipp: '7', ins: '237063399100156', birthName: 'AUTRE' }, 'camille', { user: USER, action: 'open-or-create' });
    const asked = await desk.redeem(late);
    expect((await back(late, asked.browser, await choose(asked.step, SOMEBODY_ELSE).catch(() => ({})))).outcome).to.equal('refused');
    expect(desk.state.records).to.have.length(2);
  });

  it('C3 what comes back is taken once, in the browser and for the tab that left with it, in ten minutes', async () => {
    const code = desk.call(ELISE, 'camille', { user: USER });
    const { step, browser } = await desk.redeem(code);
    const answer = await choose(step, ME);
    const elsewhere = await desk.redeem(desk.call(ELISE, 'camille', { user: USER }));
    for (const other of [undefined, 'x'.repeat(43), elsewhere.browser])
      expect(await back(code, other, answer)).to.include({ code: 'ERR_CALL_SESSION' });
    expect((await back(code, browser, answer)).outcome).to.equal('open');
    expect((await back(code, browser, answer)).outcome).to.equal('refused');
    expect(
      Object.values(desk.state.contexts).map(({ ended }) => ended),
      'the first goes on',
    ).to.deep.equal([undefined]);
    // Another tab of the same browser, with what this one left with.
    const second = desk.call(ELISE, 'camille', { user: USER });
    const asked = await desk.redeem(second, browser);
    expect(await back(second, browser, answer)).to.include({ code: 'ERR_CALL_REFUSED' });
    expect(await back(second, browser, await choose(asked.step, ME)), 'over').to.include({ code: 'ERR_CALL_SESSION' });
    const third = desk.call(ELISE, 'camille', { user: USER });
    const late = await desk.redeem(third, browser);
    const tooLate = await choose(late.step, ME);
    desk.now += 10 * 60_000 + 1;
    expect(await back(third, browser, tooLate)).to.include({ outcome: 'refused' });
    expect(Object.keys(desk.state.contexts)).to.have.length(1);
  });

  it('C3 two returns at once, with one answer: one record is opened, by one of them', async () => {
    const code = desk.call(ELISE, 'camille', { user: USER });
    const { step, browser } = await desk.redeem(code);
    const answer = await choose(step, ME);
    const outcomes = await Promise.all([back(code, browser, answer), back(code, browser, answer)]);
    expect(outcomes.map(({ outcome }) => outcome).toSorted()).to.deep.equal(['open', 'refused']);
    expect(Object.values(desk.state.contexts).map(({ ended }) => ended)).to.deep.equal([undefined]);
  });

  it('C3 a link that is used a second time while its user is away opens nothing when they come back', async () => {
    const code = desk.call(ELISE, 'camille', { user: USER });
    const { step, browser } = await desk.redeem(code);
    const answer = await choose(step, ME);
    await desk.redeem(code);
    expect(await back(code, browser, answer)).to.include({ outcome: 'refused' });
    nothingOpened();
  });

  it('C4 C8 whoever was stopped while they were away opens nothing', async () => {
    const code = desk.call(ELISE, 'camille', { user: USER });
    const { step, browser } = await desk.redeem(code);
    const answer = await choose(step, ME);
    desk.stopped = 'user-stopped';
    expect(await back(code, browser, answer)).to.include({ code: 'ERR_CALL_FORBIDDEN' });
    nothingOpened();
  });

  it('C1 giving up opens nothing', async () => {
    expect(await click('')).to.include({ outcome: 'refused', code: 'ERR_CALL_AUTHENTICATION' });
    nothingOpened();
  });

  const wrong: Readonly<Record<string, Bend>> = {
    'another level': { claims: (claims) => ({ ...claims, acr: 'eidas0' }) },
    'no level': { claims: (claims) => ({ ...claims, acr: undefined }) },
    'a nonce of another one': { claims: (claims) => ({ ...claims, nonce: 'x'.repeat(32) }) },
    'another issuer': { claims: (claims) => ({ ...claims, iss: 'https://auth.example.test' }) },
    'another audience': { claims: (claims) => ({ ...claims, aud: 'another' }) },
    expired: { claims: (claims) => ({ ...claims, exp: Number(claims.iat) - 600 }) },
    'alg none': { idToken: (_, claims) => `${b64({ alg: 'none' })}.${b64(claims)}.` },
    'HS256 with the secret of the client': {
      idToken: (_, claims) => {
        const head = `${b64({ alg: 'HS256' })}.${b64(claims)}`;
        return `${head}.${createHmac('sha256', 'essai').update(head).digest('base64url')}`;
      },
    },
    'userinfo of somebody else': { resource: (said) => ({ ...said, sub: 'f:stand-in:899700700042' }) },
    'two national identifiers': { resource: (said) => ({ ...said, preferred_username: SOMEBODY_ELSE }) },
    'no national identifier': { resource: (said) => ({ ...said, SubjectNameID: undefined }) },
    'another answer of the wallet': { back: (url) => (url.searchParams.set('iss', 'https://auth.example.test'), url) },
  };
  for (const [name, bend] of Object.entries(wrong))
    it(`C4 no proof: ${name}`, async () => {
      psc.bend(bend);
      expect(await click()).to.include({ outcome: 'refused', code: 'ERR_CALL_AUTHENTICATION' });
      nothingOpened();
    });

  it('C4 a service that is down, there or back, that is another one, or that is not in the settings opens nothing, and is said to be the one', async () => {
    const down: Bend = {
      instead: (_, response) => {
        response.writeHead(503).end();
        return true;
      },
    };
    psc.bend(down);
    expect((await desk.redeem(desk.call(ELISE, 'camille', { user: USER }))).step).to.include({ outcome: 'refused', code: 'ERR_CALL_ISSUER' });
    psc.bend({});
    const code = desk.call(ELISE, 'camille', { user: USER });
    const { step, browser } = await desk.redeem(code);
    const answer = await choose(step, ME);
    psc.bend(down);
    expect(await back(code, browser, answer)).to.include({ code: 'ERR_CALL_ISSUER' });
    psc.bend({});
    expect(await back(code, browser, answer), 'over').to.include({ code: 'ERR_CALL_SESSION' });
    for (const over of [{ issuer: `${psc.issuer}/other` }, { privateAddresses: false }, { secret: 'wrong' }]) {
      desk.userProof = proof(over);
      const outcome = await click().catch(() => undefined);
      if (outcome) expect(outcome, JSON.stringify(over)).to.include({ outcome: 'refused' });
    }
    psc.bend({ configuration: (document) => ({ ...document, issuer: `${psc.issuer}x` }) });
    desk.userProof = proof();
    expect((await desk.redeem(desk.call(ELISE, 'camille', { user: USER }))).step).to.include({ code: 'ERR_CALL_ISSUER' });
    desk.userProof = undefined;
    expect((await desk.redeem(desk.call(ELISE, 'camille', { user: USER }))).step).to.include({ code: 'ERR_CALL_ISSUER' });
    nothingOpened();
  });
});
