/** Who was stopped between a call and the record: a key, a site, a user, a profile (SAFETY C4, C8). */
import { expect } from 'chai';
import { jwkOf, thumbprint } from '../../plugins/app-contextual-call/clients/javascript/token.ts';
import { CALL, Ground, SITE, posted, privateKey, refusal, settingsOf } from '../call/ground.ts';
import { Desk, ELISE } from '../call/desk.ts';

describe('contextual call: stopped on its way', function () {
  this.timeout(60_000);
  const ground = new Ground();
  beforeEach(() => ground.open());
  afterEach(() => ground.close());

  const called = async (): Promise<string> => (await ground.calls.face.receive(posted(await ground.token()))).code;

  it('C8: a link of a key that was revoked meanwhile opens nothing, here or on another node', async () => {
    const [here, elsewhere] = [await called(), await called()];
    const other = await ground.node();
    await ground.calls.face.revokeKey(thumbprint(jwkOf(privateKey('site-2048'))), 'referent', 'volée');
    expect((await refusal(ground.calls.desk.redeem(here, 'x'))).code).to.equal('ERR_CALL_LINK');
    await other.desk.keys.refresh();
    expect((await refusal(other.desk.redeem(elsewhere, 'x'))).code).to.equal('ERR_CALL_LINK');
    other.stop();
  });

  it('C4: a link of a site, user or profile that was stopped meanwhile opens nothing', async () => {
    const [medecin, ...users] = CALL.users;
    for (const stopped of [
      { ...CALL, disabled: true },
      { ...CALL, disabledUsers: ['99700700018'] },
      { ...CALL, disabledUsers: ['testcamille'] },
      { ...CALL, users: [{ ...medecin!, disabled: true }, ...users] },
      { ...CALL, users },
    ]) {
      await ground.calls.use(settingsOf());
      const code = await called();
      await ground.calls.use(settingsOf(stopped));
      expect((await refusal(ground.calls.desk.redeem(code, 'x'))).code, JSON.stringify(stopped)).to.equal('ERR_CALL_LINK');
    }
  });

  it('C8 C4: a call that was redeemed is good no more once its key, its user or its site is stopped', async () => {
    const call = await ground.calls.desk.redeem(await called(), 'x');
    expect(ground.calls.desk.stopped(call)).to.equal(undefined);
    await ground.calls.use(settingsOf({ ...CALL, disabledUsers: ['TESTCAMILLE'] }));
    expect(ground.calls.desk.stopped(call)).to.equal('user-stopped');
    await ground.calls.use(settingsOf({ ...CALL, disabled: true }));
    expect(ground.calls.desk.stopped(call)).to.equal('site-stopped');
    await ground.calls.use(settingsOf());
    await ground.calls.face.revokeKey(thumbprint(jwkOf(privateKey('site-2048'))), 'referent', 'volée');
    expect(ground.calls.desk.stopped(call)).to.equal('key-stopped');
    expect(call.site).to.equal(SITE);
  });

  it('C8 C4: stopped while the person answers a question: the record is asked for no ticket', async () => {
    const desk = await Desk.open();
    try {
      desk.known(ELISE);
      desk.known({ ...ELISE, ipp: '9', ins: null });
      const code = desk.call({ ...ELISE, ipp: '77', ins: null });
      const { step, browser } = await desk.redeem(code);
      expect(step.outcome).to.equal('choose');
      desk.stopped = 'key-stopped';
      expect(await desk.choose(code, browser, 0)).to.include({ outcome: 'refused', code: 'ERR_CALL_FORBIDDEN' });
      expect(desk.state.contexts).to.deep.equal({});
    } finally {
      await desk.close();
    }
  });
});
