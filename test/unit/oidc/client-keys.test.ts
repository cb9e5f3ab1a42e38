/** Keys by which the engine says who it is to care records that launch it. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { PasserelleError } from '../../../core/contract/index.ts';
import { ClientKeys } from '../../../core/oidc/index.ts';

describe('the keys of the engine as a client', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'passerelle-keys-'));
  after(() => rmSync(folder, { recursive: true }));

  it('C8 are one of each kind for all nodes that share the folder, private ones never shown', async () => {
    const place = path.join(folder, 'client');
    const nodes = [new ClientKeys(place), new ClientKeys(place)];
    const [one, two] = await Promise.all(nodes.map((node) => node.jwks()));
    expect(one).to.deep.equal(two);
    expect(one?.keys.map(({ alg, kty, use }) => [alg, kty, use])).to.deep.equal([
      ['ES384', 'EC', 'sig'],
      ['RS384', 'RSA', 'sig'],
    ]);
    expect(JSON.stringify(one)).to.not.match(/"(d|p|q|dp|dq|qi)":/);
    expect(readdirSync(place).toSorted()).to.deep.equal(['ES384.pem', 'RS384.pem']);
    for (const name of readdirSync(place)) expect(statSync(path.join(place, name)).mode & 0o777, name).to.equal(0o600);
    expect((await new ClientKeys(place).get('RS384')).kid).to.equal(one?.keys[1]?.kid);
  });

  it('C8 a file that is no such key is said to be missing, and looked at again', async () => {
    const place = path.join(folder, 'broken');
    const keys = new ClientKeys(place);
    await keys.jwks();
    writeFileSync(path.join(place, 'ES384.pem'), 'nothing');
    const again = new ClientKeys(place);
    const thrown = await again.get('RS384').catch((error: unknown) => PasserelleError.from(error).code);
    expect(thrown).to.equal('ERR_SECRET_MISSING');
    rmSync(path.join(place, 'ES384.pem'));
    expect((await again.get('RS384')).kid).to.equal((await keys.get('RS384')).kid);
  });
});
