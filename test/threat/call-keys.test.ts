/** Keys of sites that were stolen, rotated or revoked: what they must not do any more (SAFETY C8). */
import type { KeyObject } from 'node:crypto';
import { expect } from 'chai';
import { encrypted, jwkOf, signed, thumbprint } from '../../plugins/app-contextual-call/clients/javascript/token.ts';
import { CALL, Ground, SITE, context, enrolment, posted, privateKey, refusal } from '../call/ground.ts';

const kidOf = (key: KeyObject): string => thumbprint(jwkOf(key));

describe('contextual call: keys that are over', function () {
  this.timeout(60_000);
  const ground = new Ground();
  beforeEach(() => ground.open());
  afterEach(() => ground.close());

  const rotation = (old: KeyObject, next: KeyObject): Buffer => {
    const iat = Math.floor(ground.now / 1000);
    const request = signed('enrolement+jws', JSON.stringify({ jwk: jwkOf(next), iat, follows: kidOf(old) }), next);
    return Buffer.from(signed('rotation+jws', JSON.stringify({ request, iat }), old));
  };
  const address = '198.51.100.4';
  const [site, next, third] = ['site-2048', 'next', 'third-key'].map((name) => privateKey(name)) as [KeyObject, KeyObject, KeyObject];

  it('C8: revoking a key revokes those it signed for, and those that they signed for', async () => {
    const { face } = ground.calls;
    await face.rotate(rotation(site, next), address);
    await face.rotate(rotation(next, third), address);
    const { items } = await face.ledger({ site: SITE, outcome: 'rotated' }, { limit: 10 });
    expect(items.map(({ keyId }) => keyId)).to.have.members([kidOf(next), kidOf(third)]);
    const revoked = await face.revokeKey(kidOf(site), 'referent', 'clé volée');
    expect(revoked).to.include({ kid: kidOf(site), state: 'revoked' });
    expect(revoked.alsoRevoked).to.have.members([kidOf(next), kidOf(third)]);
    const states = (await face.keys(SITE)).map(({ kid, state }) => [kid, state]);
    expect(states).to.deep.include.members([kidOf(next), kidOf(third)].map((kid) => [kid, 'revoked']));
    for (const key of [site, next, third])
      expect((await refusal(face.receive(posted(await ground.token({}, { key }))))).code).to.equal('ERR_CALL_REFUSED');
  });

  it('C8: revoking the newest key says that the one that signed for it still signs', async () => {
    const { face } = ground.calls;
    await face.rotate(rotation(site, next), address);
    const { alsoRevoked, stillActive } = await face.revokeKey(kidOf(next), 'referent', 'serveur compromis');
    expect([alsoRevoked, stillActive.map(({ kid }) => kid)]).to.deep.equal([[], [kidOf(site)]]);
    await face.receive(posted(await ground.token()));
    expect((await face.revokeKey(kidOf(site), 'referent', 'serveur compromis')).stillActive).to.deep.equal([]);
  });

  it('C4 C8: the ledger says which key signed that is not good, of its site, with what to do; the caller is told nothing', async () => {
    const { face } = ground.calls;
    const waiting = privateKey('waiting');
    const { code } = await face.invite(SITE, 'referent');
    await face.enrol(enrolment(code, SITE, waiting, ground.now), address);
    await face.rotate(rotation(site, next), address);
    await face.revokeKey(kidOf(next), 'referent', 'poste volé');
    const of = async (key: KeyObject, kid = kidOf(key)) => {
      const jws = signed('contexte-appel+jws', JSON.stringify(context()), key).split('.');
      jws[0] = Buffer.from(JSON.stringify({ alg: 'RS256', kid, typ: 'contexte-appel+jws' })).toString('base64url');
      const inner = kid === kidOf(key) ? signed('contexte-appel+jws', JSON.stringify(context()), key) : jws.join('.');
      const { error, reference } = await refusal(face.receive(posted(encrypted(inner, await ground.engineKey(), 'default'))));
      expect([error.code, error.detail], 'told').to.deep.equal(['ERR_CALL_REFUSED', {}]);
      return face.entry(reference);
    };
    const unconfirmed = await of(waiting);
    expect(unconfirmed).to.deep.include({ check: 'key', site: SITE, connector: 'dxcare', keyId: kidOf(waiting) });
    expect(unconfirmed.error?.found).to.match(/^a key that waits for its confirmation since 2026-/);
    expect(unconfirmed.error?.fix?.fr).to.match(new RegExp(`passerelle call key confirm (-- )?${kidOf(waiting)} "`));
    const revoked = await of(next);
    expect(revoked).to.deep.include({ site: SITE, keyId: kidOf(next) });
    expect(revoked.error?.found).to.match(/^a key that was revoked on 2026-/);
    expect(revoked.error?.fix?.fr).to.contain('passerelle call key invite');
    const stranger = await of(privateKey('stranger'));
    expect(stranger)
      .to.include({ keyId: kidOf(privateKey('stranger')) })
      .and.not.have.property('site');
    expect(stranger.error?.found).to.equal('an unknown key');
    const named = await of(privateKey('stranger'), kidOf(next));
    expect(named, 'named by somebody else')
      .to.include({ keyId: kidOf(next) })
      .and.not.have.property('site');
    expect(named.error?.found).to.equal('a signature by another key than the one it names');
    const { items } = await face.ledger({ site: SITE, outcome: 'refused' }, { limit: 10 });
    expect(items.map(({ reference }) => reference)).to.have.members([unconfirmed.reference, revoked.reference]);
    ground.now += 31 * 86_400_000;
    expect((await of(site)).error?.found).to.match(/^a key that its successor replaced on 2026-/);
  });

  it('C4: whoever holds a revoked key cannot use up the calls of its site, nor fill the ledger', async () => {
    const { face } = ground.calls;
    await face.rotate(rotation(site, next), address);
    await face.revokeKey(kidOf(next), 'referent', 'poste volé');
    const iat = Math.floor(ground.now / 1000);
    for (let n = 0; n < 130; n += 1) {
      const inner = signed('contexte-appel+jws', JSON.stringify(context({ iat, exp: iat + 60 })), next);
      await refusal(face.receive(posted(encrypted(inner, await ground.engineKey(), 'default'), { address: `198.51.100.${n}` })));
    }
    const { items } = await face.ledger({ site: SITE, outcome: 'refused' }, { limit: 200 });
    expect(items.length).to.be.within(1, 120);
    await face.receive(posted(await ground.token()));
  });

  it('C8: a key that was rotated out makes no other successor, and neither does one of a site that is stopped', async () => {
    const { face } = ground.calls;
    await face.rotate(rotation(site, next), address);
    expect((await refusal(face.rotate(rotation(site, third), address))).code).to.equal('ERR_CALL_ENROLMENT');
    const stopped = await ground.node({ ...CALL, disabled: true });
    expect((await refusal(stopped.face.rotate(rotation(next, third), address))).code).to.equal('ERR_CALL_ENROLMENT');
    stopped.stop();
    await face.rotate(rotation(next, third), address);
  });
});
