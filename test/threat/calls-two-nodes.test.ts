/** Two engines on one PostgreSQL: what is used once is used once on both of them (SAFETY C3, C4, C8). */
import { expect } from 'chai';
import { plugin as postgres } from '../../plugins/store-journal-postgres/index.ts';
import type { Calls } from '../../core/call/index.ts';
import type { JournalStore } from '../../core/contract/index.ts';
import { jwkOf, thumbprint } from '../../plugins/app-contextual-call/clients/javascript/token.ts';
import { Ground, posted, privateKey, refusal } from '../call/ground.ts';
import { postgresFolder, startCluster, type Cluster } from '../ground/index.ts';

describe('contextual call: two nodes on PostgreSQL', function () {
  this.timeout(60_000);
  let cluster: Cluster | undefined;
  let ground: Ground;
  let second: JournalStore;
  let other: Calls;
  before(async function () {
    if (!postgresFolder() && !(process.env['PASSERELLE_REQUIRE'] ?? '').split(',').includes('postgres')) this.skip();
    cluster = await startCluster();
    ground = new Ground(postgres, `${cluster.url}?schema=calls`);
    await ground.open();
    second = await ground.openJournal();
    other = await ground.node(undefined, { journal: second });
  });
  after(async () => {
    if (!cluster) return;
    other.stop();
    await second.close();
    await ground.close();
    await cluster.stop();
  });
  const taken = (tries: readonly Promise<unknown>[]): Promise<number> =>
    Promise.allSettled(tries).then((all) => all.filter(({ status }) => status === 'fulfilled').length);

  it('C4: a call is taken by one of them, also when both are asked at once', async () => {
    for (let n = 0; n < 5; n += 1) {
      const token = await ground.token();
      expect(await taken([ground.calls, other, ground.calls, other].map(({ face }) => face.receive(posted(token))))).to.equal(1);
      expect((await refusal(other.face.receive(posted(token)))).code).to.equal('ERR_CALL_REPLAYED');
    }
  });

  it('C3: a link that one gave is good once on the other', async () => {
    for (let n = 0; n < 5; n += 1) {
      const { code, reference } = await ground.calls.face.receive(posted(await ground.token()));
      expect(await taken([other, ground.calls, other].map(({ desk }) => desk.redeem(code, 'x')))).to.equal(1);
      expect((await refusal(ground.calls.desk.redeem(code, 'x'))).reference).to.equal(reference);
      expect((await other.face.entry(reference)).outcome).to.equal('redeemed');
    }
  });

  it('C8: a key that one revoked is refused by the other once it has looked', async () => {
    await ground.calls.face.revokeKey(thumbprint(jwkOf(privateKey('site-2048'))), 'referent', 'volée');
    await other.desk.keys.refresh();
    expect((await refusal(other.face.receive(posted(await ground.token())))).code).to.equal('ERR_CALL_REFUSED');
  });
});
