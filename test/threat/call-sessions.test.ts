/** What must not happen between a link and the record, each named by the rule that forbids it (SAFETY C3, C7, C9). */
import { expect } from 'chai';
import { REUSE } from '../../core/call/index.ts';
import { keyOf } from '../../core/call/session.ts';
import { TASK, readTask } from '../../core/identity/index.ts';
import { AUTHORITY, Desk, ELISE, OTHER, PAGES } from '../call/desk.ts';

describe('a contextual call, from the link to the record', () => {
  let desk: Desk;
  beforeEach(async () => {
    desk = await Desk.open();
    desk.known(ELISE);
    desk.known(OTHER);
  });
  afterEach(() => desk.close());

  it('opens the record of the patient, once, for the browser that brought the link', async () => {
    const { step, browser } = await desk.redeem(desk.call(ELISE));
    expect(browser).to.have.length(43);
    const page = await desk.show(step);
    expect(page.text).to.include('VALMORÉE');
    expect((await desk.save(page.form)).status).to.equal(200);
    expect(desk.remarks()).to.deep.equal({ R1: 1, R2: 0 });
    expect(desk.steps.at(-1)).to.include({ what: 'record opened', outcome: 'opened' });
  });

  it('C3 a link that is opened twice ends the session of the first, and alerts', async () => {
    const code = desk.call(ELISE);
    const first = await desk.redeem(code);
    const page = await desk.show(first.step);
    const second = await desk.redeem(code, first.browser);
    expect(second.step).to.include({ outcome: 'refused', code: 'ERR_CALL_LINK_USED' });
    expect((await desk.save(page.form)).status).to.equal(409);
    expect(desk.remarks()).to.deep.equal({ R1: 0, R2: 0 });
    expect((await desk.journal.notesOf(REUSE, { limit: 5 })).items).to.have.length(1);
    expect(
      desk.steps.filter(({ code: why }) => why === 'ERR_CALL_LINK_USED'),
      'the room notes it, once',
    ).to.deep.equal([]);
  });

  it('C3 a second use while the first is being opened leaves neither of them open', async () => {
    const code = desk.call(ELISE);
    desk.meanwhile = async (path) => {
      if (path !== '/v1/context-tickets') return;
      desk.meanwhile = undefined;
      await desk.redeem(code);
    };
    const { step } = await desk.redeem(code);
    expect(step).to.include({ outcome: 'refused', code: 'ERR_CALL_LINK_USED' });
    expect(Object.values(desk.state.contexts).map(({ ended }) => ended)).to.deep.equal(['link-reused']);
  });

  it('C3 a link that nobody was given, and one that is guessed, open nothing and end nothing', async () => {
    const opened = await desk.redeem(desk.call(ELISE));
    const page = await desk.show(opened.step);
    for (const code of ['x'.repeat(43), '', '__proto__'])
      expect((await desk.redeem(code)).step).to.include({ outcome: 'refused', code: 'ERR_CALL_LINK' });
    expect((await desk.save(page.form)).status).to.equal(200);
  });

  it('C3 a browser cannot be given a session beforehand (session fixation): an unknown cookie is replaced', async () => {
    const planted = 'p'.repeat(43);
    const { step, browser } = await desk.redeem(desk.call(ELISE), planted);
    expect(step.outcome).to.equal('open');
    expect(browser).to.be.a('string').and.not.equal(planted);
  });

  it('C3 a cookie of another user is replaced: who planted it gets no hold of the session', async () => {
    const attacker = await desk.redeem(desk.call(OTHER, 'mallory'));
    const code = desk.call(ELISE);
    const victim = await desk.redeem(code, attacker.browser);
    expect(victim.step.outcome).to.equal('open');
    expect(victim.browser).to.be.a('string').and.not.equal(attacker.browser);
    expect((await desk.redeem(code, attacker.browser)).step).to.include({ code: 'ERR_CALL_LINK_USED' });
  });

  it('C7 a call of another user ends what the first had open in that browser', async () => {
    const first = await desk.redeem(desk.call(ELISE, 'camille'));
    const page = await desk.show(first.step);
    const second = await desk.redeem(desk.call(ELISE, 'dominique'), first.browser);
    expect(second.step.outcome).to.equal('open');
    expect(second.browser).to.be.a('string').and.not.equal(first.browser);
    expect((await desk.save(page.form)).status).to.equal(409);
    // Also by the cookie of before, which another tab may still send.
    const third = await desk.redeem(desk.call(OTHER, 'camille'), first.browser);
    expect((await desk.save((await desk.show(second.step)).form)).status).to.equal(409);
    expect(third.step.outcome).to.equal('open');
  });

  it('C6 C7 a form asks before it ends what another user has open: both are named, and keeping it closes nothing', async () => {
    const first = await desk.redeem(desk.call(ELISE, 'camille'));
    const page = await desk.show(first.step);
    desk.kind = 'form';
    const kept = desk.call(OTHER, 'dominique');
    const asked = await desk.redeem(kept, first.browser);
    expect(asked.step).to.include({ outcome: 'confirm', otherUser: true });
    expect(asked.step).to.have.nested.property('patient.birthName', 'OSTROVEN');
    expect(asked.step).to.have.nested.property('open[0].birthName', 'VALMORÉE');
    expect(asked).to.not.have.property('browser');
    expect((await desk.save(page.form)).status, 'until the person agreed').to.equal(200);
    expect(await desk.confirm(kept, first.browser, false)).to.include({ outcome: 'abandoned' });
    expect((await desk.save(page.form)).status).to.equal(200);

    const code = desk.call(OTHER, 'dominique');
    await desk.redeem(code, first.browser);
    expect(await desk.confirm(code, 'x'.repeat(43), true), 'another browser').to.include({ code: 'ERR_CALL_SESSION' });
    const answer = await desk.handover.confirm({ code, address: '192.0.2.1', browser: first.browser! }, true);
    expect(answer.step.outcome).to.equal('open');
    expect(answer.browser).to.be.a('string').and.not.equal(first.browser);
    expect((await desk.save(page.form)).status).to.equal(409);
    expect((await desk.save((await desk.show(answer.step)).form)).status).to.equal(200);
  });

  it('C6 C7 a tab that the other user opened meanwhile is asked about as well; while the record cannot be told, nobody comes in', async () => {
    const first = await desk.redeem(desk.call(ELISE, 'camille'));
    desk.kind = 'form';
    const code = desk.call(OTHER, 'dominique');
    await desk.redeem(code, first.browser);
    const second = await desk.show((await desk.redeem(desk.call(ELISE, 'camille'), first.browser)).step);
    const again = await desk.confirm(code, first.browser, true);
    expect(again).to.include({ outcome: 'confirm' });
    expect((await desk.save(second.form)).status).to.equal(200);
    desk.instead = () => ({ status: 503, body: {} });
    expect(await desk.confirm(code, first.browser, true)).to.include({ outcome: 'refused', code: 'ERR_CALL_RECORD' });
    expect(await desk.confirm(code, first.browser, true)).to.include({ outcome: 'refused', code: 'ERR_CALL_SESSION' });
  });

  it('C7 while the record cannot be told that another user is gone, nobody comes in', async () => {
    const first = await desk.redeem(desk.call(ELISE, 'camille'));
    const page = await desk.show(first.step);
    desk.instead = () => ({ status: 503, body: {} });
    const refused = await desk.redeem(desk.call(ELISE, 'dominique'), first.browser);
    expect(refused.step).to.include({ outcome: 'refused', code: 'ERR_CALL_RECORD' });
    const next = await desk.redeem(desk.call(ELISE, 'dominique'), first.browser);
    expect(next.step.outcome).to.equal('open');
    expect((await desk.save(page.form)).status).to.equal(409);
  });

  it('C7 what could not be told to the record is told by the next round', async () => {
    const code = desk.call(ELISE);
    const page = await desk.show((await desk.redeem(code)).step);
    desk.instead = () => ({ status: 503, body: {} });
    await desk.redeem(code);
    expect((await desk.save(page.form)).status).to.equal(200);
    await desk.handover.sweep();
    expect((await desk.save(page.form)).status).to.equal(409);
  });

  it('C7 ends that the record does not take keep no other end from it', async () => {
    const page = await desk.show((await desk.redeem(desk.call(ELISE))).step);
    const [context = ''] = Object.keys(desk.state.contexts);
    const ending = (contextId: string) => ({
      kind: 'call-ending',
      key: keyOf(contextId),
      value: JSON.stringify({ contextId, reason: 'expired', site: '990001018', reference: 'AC-1' }),
    });
    await desk.journal.keep([ending(context)], new Date(desk.now).toISOString());
    const stuck = Array.from({ length: 60 }, (_, n) => ending(`stuck-${n}`.padEnd(43, '-')));
    await desk.journal.keep(stuck, new Date(desk.now + 1000).toISOString());
    let left = stuck.length;
    desk.meanwhile = async () => {
      // The newest are refused, whatever their order.
      if ((left -= 1) >= 0) desk.instead = () => ({ status: 503, body: {} });
    };
    await desk.handover.sweep();
    expect((await desk.save(page.form)).status).to.equal(409);
  });

  it('C7 a tab that was open for a day is ended before it is forgotten', async () => {
    const page = await desk.show((await desk.redeem(desk.call(ELISE))).step);
    desk.now += 23 * 3600_000;
    await desk.handover.sweep();
    expect((await desk.save(page.form)).status, 'on the same day').to.equal(200);
    desk.now += 2 * 3600_000;
    await desk.handover.sweep();
    expect((await desk.save(page.form)).status).to.equal(409);
    expect(Object.values(desk.state.contexts).map(({ ended }) => ended)).to.deep.equal(['expired']);
    desk.now += 25 * 3600_000;
    await desk.handover.sweep();
    expect((await desk.journal.notesOf('call-session', { limit: 5 })).items).to.deep.equal([]);
  });

  it('C7 another patient is open: both are named, and a save in the first tab after the second call is refused', async () => {
    const first = await desk.redeem(desk.call(ELISE));
    const page = await desk.show(first.step);
    const code = desk.call(OTHER);
    const second = await desk.redeem(code, first.browser);
    expect(second.step).to.deep.include({ outcome: 'confirm' });
    expect(second.step, 'the same user').to.not.have.property('otherUser');
    expect(second.step).to.have.nested.property('patient.birthName', 'OSTROVEN');
    expect(second.step).to.have.nested.property('open[0].birthName', 'VALMORÉE');
    expect((await desk.save(page.form)).status, 'until the person agreed').to.equal(200);
    const opened = await desk.confirm(code, first.browser, true);
    const other = await desk.show(opened);
    expect((await desk.save(page.form)).status).to.equal(409);
    expect((await desk.save({ ...page.form, recordId: 'R2' })).status).to.equal(409);
    expect((await desk.save({ ...other.form, recordId: 'R1' })).status).to.equal(409);
    expect(desk.remarks()).to.deep.equal({ R1: 1, R2: 0 });
  });

  it('C7 a tab that the person closed asks nothing, saves nothing, and a save in between does not close it', async () => {
    const first = await desk.redeem(desk.call(ELISE));
    const page = await desk.show(first.step);
    const saved = await desk.browse('/remarques', { ...page.form, text: 'vue' });
    const left = (shown: number): Promise<unknown> => desk.browse('/onglet', { contextId: page.form['contextId'] ?? '', page: String(shown) });
    await left(1);
    expect((await desk.save(saved.form)).status, 'the page before the save was left').to.equal(200);
    await left(3);
    const second = await desk.redeem(desk.call(OTHER), first.browser);
    expect(second.step.outcome).to.equal('open');
    expect((await desk.save(page.form)).status).to.equal(409);
  });

  it('C7 keeping the first patient opens nothing, and closes nothing', async () => {
    const first = await desk.redeem(desk.call(ELISE));
    const page = await desk.show(first.step);
    const code = desk.call(OTHER);
    await desk.redeem(code, first.browser);
    expect(await desk.confirm(code, first.browser, false)).to.include({ outcome: 'abandoned' });
    expect(await desk.confirm(code, first.browser, true)).to.include({ outcome: 'refused', code: 'ERR_CALL_SESSION' });
    expect((await desk.save(page.form)).status).to.equal(200);
    expect(Object.keys(desk.state.contexts)).to.have.length(1);
  });

  it('C7 two calls at once in one browser: one opens, the other asks', async () => {
    const { browser } = await desk.redeem(desk.call(ELISE));
    await desk.redeem(desk.call(ELISE), browser);
    const codes = [desk.call(OTHER), desk.call({ ...OTHER, ipp: '3', ins: '137063399100157' })];
    desk.known({ ...OTHER, ipp: '3', ins: '137063399100157' });
    const asked = await Promise.all(codes.map((code) => desk.redeem(code, browser)));
    expect(asked.map(({ step }) => step.outcome)).to.deep.equal(['confirm', 'confirm']);
    const steps = await Promise.all(codes.map((code) => desk.confirm(code, browser, true)));
    expect(steps.map(({ outcome }) => outcome).toSorted()).to.deep.equal(['confirm', 'open']);
    const live = Object.values(desk.state.contexts).filter(({ ended }) => !ended);
    expect(new Set(live.map(({ recordId }) => recordId))).to.have.property('size', 1);
  });

  it('C7 the same patient again in the same browser asks nothing, and both tabs write', async () => {
    const first = await desk.redeem(desk.call(ELISE));
    const page = await desk.show(first.step);
    const second = await desk.redeem(desk.call(ELISE), first.browser);
    expect(second).to.not.have.property('browser');
    expect((await desk.save((await desk.show(second.step)).form)).status).to.equal(200);
    expect((await desk.save(page.form)).status).to.equal(200);
  });

  it('C7 a question is answered by the browser that was asked, in time, and once', async () => {
    desk.known({ ...ELISE, ipp: '9', ins: null });
    const code = desk.call({ ...ELISE, ipp: '77', ins: null });
    const { step, browser } = await desk.redeem(code);
    expect(step.outcome).to.equal('choose');
    expect(await desk.choose(code, undefined, 0)).to.include({ code: 'ERR_CALL_SESSION' });
    expect(await desk.choose(code, 'x'.repeat(43), 0)).to.include({ code: 'ERR_CALL_SESSION' });
    expect(await desk.confirm(code, browser, true)).to.include({ code: 'ERR_CALL_SESSION' });
    expect(await desk.choose(code, browser, 99)).to.include({ outcome: 'abandoned' });
    expect(await desk.choose(code, browser, 0)).to.include({ code: 'ERR_CALL_SESSION' });
    const late = desk.call({ ...ELISE, ipp: '77', ins: null });
    const asked = await desk.redeem(late, browser);
    desk.now += 11 * 60_000;
    expect(asked.step.outcome).to.equal('choose');
    expect(await desk.choose(late, browser, 0)).to.include({ code: 'ERR_CALL_SESSION' });
  });

  it('C9 an ambiguous identity is a choice, or a refusal by the site, never the first found', async () => {
    desk.known({ ...ELISE, ipp: '9', ins: null });
    const unsure = { ...ELISE, ipp: '77', ins: null };
    const code = desk.call(unsure);
    const { step, browser } = await desk.redeem(code);
    expect(step).to.have.property('candidates').with.length(2);
    expect((await desk.show(await desk.choose(code, browser, 1))).form['recordId']).to.equal('R3');
    desk.policy.ambiguous = 'refuse';
    expect((await desk.redeem(desk.call(unsure))).step).to.include({ outcome: 'refused', code: 'ERR_CALL_AMBIGUOUS' });
  });

  it('C9 an INS that disagrees with the record opens nothing, and identity vigilance is asked', async () => {
    const code = desk.call({ ...ELISE, ins: '237063399100253' });
    const { step } = await desk.redeem(code);
    expect(step).to.include({ outcome: 'refused', code: 'ERR_CALL_IDENTITY' });
    const [task] = (await desk.journal.notesOf(TASK, { limit: 5 })).items.map(({ value }) => readTask(value));
    expect(task).to.include({ id: step.reference, kind: 'call', state: 'open', site: '990001018' });
    expect(desk.state.contexts).to.deep.equal({});
  });

  it('C9 an INS of one record with an IPP of another, or other traits on file, opens nothing', async () => {
    const mixed = { ...ELISE, ipp: OTHER.ipp! };
    const married = { ...ELISE, birthName: 'AUTRE' };
    for (const patient of [mixed, married])
      expect((await desk.redeem(desk.call(patient))).step).to.include({ outcome: 'refused', code: 'ERR_CALL_IDENTITY' });
    expect(desk.state.contexts).to.deep.equal({});
  });

  it('C9 the record may refuse the identity at the ticket: nothing is open, vigilance is asked', async () => {
    desk.meanwhile = async (path) => {
      if (path === '/v1/context-tickets') desk.instead = () => ({ status: 409, body: { status: 409, applicationCode: 904 } });
    };
    expect((await desk.redeem(desk.call(ELISE))).step).to.include({ outcome: 'refused', code: 'ERR_CALL_IDENTITY' });
    expect((await desk.journal.notesOf(TASK, { limit: 5 })).items).to.have.length(1);
  });

  it('C9 a record is made only when asked, with right, setting and complete traits', async () => {
    const nobody = { ...ELISE, ipp: '0004519999', ins: null, birthName: 'NOUVELLE' };
    const create = { action: 'open-or-create' } as const;
    expect((await desk.redeem(desk.call(nobody))).step).to.include({ code: 'ERR_CALL_UNKNOWN_PATIENT' });
    expect((await desk.redeem(desk.call(nobody, 'camille', create, ['open']))).step).to.include({ code: 'ERR_CALL_FORBIDDEN' });
    const { birthPlaceCog: _, ...incomplete } = nobody;
    expect((await desk.redeem(desk.call(incomplete, 'camille', create))).step).to.include({ code: 'ERR_CALL_IDENTITY' });
    expect((await desk.redeem(desk.call({ ...nobody, birthDate: '1937-00-00' }, 'camille', create))).step).to.include({ code: 'ERR_CALL_IDENTITY' });
    desk.policy.creation = false;
    expect((await desk.redeem(desk.call(nobody, 'camille', create))).step).to.include({ code: 'ERR_CALL_FORBIDDEN' });
    expect(desk.state.records).to.have.length(2);
    desk.policy.creation = true;
    const { step } = await desk.redeem(desk.call(nobody, 'camille', create));
    expect(step.outcome).to.equal('open');
    expect(desk.steps.at(-1)).to.include({ outcome: 'created' });
    expect(desk.state.records).to.have.length(3);
  });

  it('C9 a record that was made while the person answered is found: none is made beside it', async () => {
    const nobody = { ...ELISE, ipp: '0004519999', ins: null, birthName: 'NOUVELLE' };
    const { browser } = await desk.redeem(desk.call(OTHER));
    const code = desk.call(nobody, 'camille', { action: 'open-or-create' });
    expect((await desk.redeem(code, browser)).step.outcome).to.equal('confirm');
    const recordId = desk.known(nobody);
    const opened = await desk.show(await desk.confirm(code, browser, true));
    expect(opened.form['recordId']).to.equal(recordId);
    expect(desk.steps.at(-1)).to.include({ outcome: 'opened' });
    expect(desk.state.records).to.have.length(3);
  });

  it('C9 A6 the same traits with another IPP of the same authority are not opened silently: the person chooses, or the site refuses', async () => {
    const homonym = { ...ELISE, ipp: '77', ins: null };
    const code = desk.call(homonym);
    const { step, browser } = await desk.redeem(code);
    expect(step).to.have.property('candidates').with.length(1);
    expect((await desk.choose(code, browser, 0)).outcome).to.equal('open');
    desk.policy.ambiguous = 'refuse';
    expect((await desk.redeem(desk.call(homonym))).step).to.include({ outcome: 'refused', code: 'ERR_CALL_AMBIGUOUS' });
    expect((await desk.redeem(desk.call({ ...homonym, ippAuthority: `${AUTHORITY}9` }))).step.outcome, 'of another hospital').to.equal('open');
  });

  it('C4 the record cannot send the browser elsewhere (open redirect), nor open another record than the chosen one', async () => {
    const ticket = { recordId: 'R1', created: false, url: `${PAGES}/ouvrir`, fields: { ticket: 'T' } };
    const forged = [
      { ...ticket, url: 'https://evil.example.test/ouvrir' },
      { ...ticket, url: `${PAGES}.evil.example.test/` },
      { ...ticket, url: 'javascript:alert(1)' },
      { ...ticket, url: `${PAGES.replace('https', 'http')}/ouvrir` },
      { ...ticket, recordId: 'R2' },
      { ...ticket, fields: { 'a b': '' } },
    ];
    for (const body of forged) {
      desk.meanwhile = async (path) => {
        if (path === '/v1/context-tickets') desk.instead = () => ({ status: 201, body });
      };
      expect((await desk.redeem(desk.call(ELISE))).step, JSON.stringify(body)).to.include({ outcome: 'refused', code: 'ERR_CALL_RECORD' });
    }
  });

  it('D11 what is over keeps nobody’s name', async () => {
    const code = desk.call(ELISE);
    await desk.redeem(code);
    await desk.redeem(code);
    await desk.redeem(desk.call({ ...ELISE, ins: '237063399100253' }));
    const { items } = await desk.journal.notesOf('call-session', { limit: 10 });
    expect(items.map(({ value }) => value).join(' ')).to.not.match(/VALMOR|camille|0004512001/);
    expect(JSON.stringify(desk.steps)).to.not.match(/VALMOR|0004512001|237063399100156/);
  });

  it('D11 a question that nobody answers keeps nobody’s name longer than it may be answered; the ledger says so', async () => {
    desk.terms = ['Les accès sont tracés.'];
    const code = desk.call(ELISE);
    const { step, browser } = await desk.redeem(code);
    const kept = async (): Promise<string> => (await desk.journal.notesOf('call-session', { limit: 10 })).items.map(({ value }) => value).join(' ');
    desk.now += 9 * 60_000;
    await desk.handover.sweep();
    expect(await kept(), 'while it may be answered').to.include('VALMOR');
    desk.now += 10 * 60_000;
    await desk.handover.sweep();
    expect(await kept()).to.not.match(/VALMOR|camille|0004512001|237063399100156/);
    expect((await desk.entry(step.reference)).outcome).to.equal('abandoned');
    expect(await desk.agree(code, browser, true)).to.include({ outcome: 'refused', code: 'ERR_CALL_SESSION' });
    expect(desk.state.contexts).to.deep.equal({});
  });

  it('D11 C7 a call whose ticket never came keeps nobody’s name, and the ticket opens nothing should it come after all', async () => {
    const late = Promise.withResolvers<undefined>();
    const asked = Promise.withResolvers<undefined>();
    desk.meanwhile = async (path) => {
      if (path !== '/v1/context-tickets') return;
      asked.resolve(undefined);
      desk.meanwhile = undefined;
      await late.promise;
    };
    const opening = desk.redeem(desk.call(ELISE));
    await asked.promise;
    desk.now += 11 * 60_000;
    await desk.handover.sweep();
    const { items } = await desk.journal.notesOf('call-session', { limit: 10 });
    expect(items.map(({ value }) => value).join(' ')).to.not.match(/VALMOR|camille|0004512001|237063399100156/);
    late.resolve(undefined);
    expect((await opening).step).to.include({ outcome: 'refused' });
    expect(Object.values(desk.state.contexts).every(({ ended }) => ended !== undefined)).to.equal(true);
  });

  it('terms of use are agreed to once for each user, before anything is asked of the record', async () => {
    desk.terms = ['Les accès sont tracés.'];
    const code = desk.call(ELISE);
    const { step, browser } = await desk.redeem(code);
    expect(step).to.deep.include({ outcome: 'terms', terms: desk.terms });
    expect((await desk.agree(code, browser, true)).outcome).to.equal('open');
    expect((await desk.redeem(desk.call(ELISE))).step.outcome).to.equal('open');
    const other = desk.call(ELISE, 'dominique');
    const asked = await desk.redeem(other);
    expect(await desk.agree(other, asked.browser, false)).to.include({ outcome: 'abandoned' });
    expect((await desk.redeem(desk.call(ELISE, 'dominique'))).step.outcome).to.equal('terms');
  });

  it('the IPP is one of its authority: the same number of another hospital is somebody else', async () => {
    expect((await desk.redeem(desk.call({ ...ELISE, ins: null, birthName: 'X', ippAuthority: `${AUTHORITY}9` }))).step).to.include({
      code: 'ERR_CALL_UNKNOWN_PATIENT',
    });
  });
});
