/** Keys of sites that were stolen, rotated or revoked: what they must not do any more (SAFETY C8). */
import type { KeyObject } from 'node:crypto';
import { expect } from 'chai';
import { jwkOf, signed, thumbprint } from '../../plugins/app-contextual-call/clients/javascript/token.ts';
import { CALL, Ground, SITE, posted, privateKey, refusal } from '../call/ground.ts';

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
