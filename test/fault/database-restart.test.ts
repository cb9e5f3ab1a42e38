/** The database server is restarted, crashes or loses a process while two engines work on it: they go on by themselves, and no law is broken. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { until } from '../flow/region.ts';
import { postgresFolder, startCluster, type Cluster } from '../ground/index.ts';
import { SEED, trials } from './random.ts';
import { Stand } from './stand.ts';

const ROUNDS = trials(2);

type Fault = (cluster: Cluster, stand: Stand) => Promise<void>;
const away = (end: (cluster: Cluster) => Promise<void>): Fault =>
  async function (cluster, { random }) {
    await end(cluster);
    await wait(random.between(0, 2000));
    await cluster.start();
  };

const FAULTS: Readonly<Record<string, Fault>> = {
  'it is restarted (fast stop)': away((cluster) => cluster.halt()),
  'it crashes and recovers (immediate stop)': away((cluster) => cluster.crash()),
  'all its processes are killed at one moment': away((cluster) => cluster.kill()),
  'one of its processes is killed, and it recovers by itself': async (cluster, { random }) => {
    const backends = await cluster.query("select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()");
    process.kill(Number(random.pick(backends.split('\n'))), 'SIGKILL');
  },
};

describe(`a database server that ends: ${ROUNDS} rounds each, seed ${SEED} (skipped where PostgreSQL is not installed)`, () => {
  let cluster: Cluster | undefined;
  let stand: Stand;
  before(async function () {
    if (!postgresFolder()) this.skip();
    cluster = await startCluster();
    stand = await new Stand({ journal: { name: 'PostgreSQL', store: 'postgres', address: `${cluster.url}?schema=restart` }, paceMs: 2 }).open();
    await stand.start();
    for (const sender of stand.senders) void sender.play();
  });
  after(async () => {
    await stand?.close();
    await cluster?.stop();
  });

  const trafficRuns = (): Promise<void> => {
    const before = stand.acknowledged;
    return until('traffic runs', 60_000, () => stand.acknowledged > before + 20);
  };

  for (const [title, fault] of Object.entries(FAULTS))
    it(title, async function () {
      this.timeout(60_000 + ROUNDS * 60_000);
      for (let round = 1; round <= ROUNDS; round += 1) {
        if (!stand.engine) await stand.start();
        await stand.startSecond();
        await trafficRuns();
        await wait(stand.random.between(0, 300));
        await fault(cluster!, stand);
        await trafficRuns();
        expect([stand.engine?.exitCode, stand.second?.exitCode], 'both engines live').to.deep.equal([null, null]);
        expect(await stand.breaches(false), `round ${round}`).to.deep.equal([]);
      }
    });

  it('and in the end everything has arrived', async () => {
    await stand.start();
    await Promise.all(stand.senders.map((s) => s.stop()));
    await stand.drained();
    expect(await stand.breaches(true)).to.deep.equal([]);
    console.log(`      ${stand.acknowledged} messages acknowledged`);
  });
});
