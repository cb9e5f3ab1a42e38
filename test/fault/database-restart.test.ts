/**
 * The database server is restarted, crashes or loses a process while two engines work on it: they go on by themselves, and no law is broken; nor when
 * an engine ends by an exception at such a moment and is started again, before the other one takes its lanes over or after.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { until } from '../flow/region.ts';
import { postgresFolder, startCluster, type Cluster } from '../ground/index.ts';
import { SEED, trials } from './random.ts';
import { Stand } from './stand.ts';

const ROUNDS = trials(2);
const DEATHS = trials(1);
const STEPS = ['receive', 'admit', 'decide', 'begin', 'settle', 'send', 'reply'];
const MOMENTS = ['before', 'amid', 'after'];

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
    const pids = backends.split('\n').map(Number).filter(Boolean);
    // Of nobody's connection there is none: 0 would be this process and all of its group.
    if (pids.length > 0) process.kill(random.pick(pids), 'SIGKILL');
  },
};

/** While an engine lives; `revive` starts one when none does. */
const trafficRuns = (stand: Stand, revive?: () => Promise<void>): Promise<void> => {
  const before = stand.acknowledged;
  return until('traffic runs', 60_000, async () => {
    if (!stand.engine && !stand.second) await revive?.();
    return stand.acknowledged > before + 20;
  });
};

async function allArrived(stand: Stand): Promise<void> {
  await stand.killSecond('SIGTERM');
  await stand.start();
  await Promise.all(stand.senders.map((s) => s.stop()));
  // The one before may have died with its lanes.
  await until('it works the lanes', 60_000, () => stand.isOwner(0));
  await stand.drained();
  expect(await stand.breaches(true)).to.deep.equal([]);
  console.log(`      ${stand.acknowledged} messages acknowledged`);
}

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

  for (const [title, fault] of Object.entries(FAULTS))
    it(title, async function () {
      this.timeout(60_000 + ROUNDS * 60_000);
      for (let round = 1; round <= ROUNDS; round += 1) {
        if (!stand.engine) await stand.start();
        await stand.startSecond();
        await trafficRuns(stand);
        await wait(stand.random.between(0, 300));
        await fault(cluster!, stand);
        await trafficRuns(stand);
        expect([stand.engine?.exitCode, stand.second?.exitCode], 'both engines live').to.deep.equal([null, null]);
        expect(await stand.breaches(false), `round ${round}`).to.deep.equal([]);
      }
    });

  it('and in the end everything has arrived', () => allArrived(stand));
});

describe(`a database server that ends, and engines that end by an exception: ${DEATHS} rounds each, seed ${SEED}`, () => {
  let cluster: Cluster | undefined;
  let stand: Stand;
  before(async function () {
    if (!postgresFolder()) this.skip();
    cluster = await startCluster();
    const journal = { name: 'PostgreSQL', store: 'postgres', address: `${cluster.url}?schema=exception` } as const;
    stand = await new Stand({ journal, paceMs: 2, ackTimeoutMs: 1000 }).open();
    for (const sender of stand.senders) void sender.play();
  });
  after(async () => {
    await stand?.close();
    await cluster?.stop();
  });

  /** It will end by itself, in the traffic before, in or after the fault; perhaps before it has said that it is there. */
  const mortal = (start: Stand['start']): Promise<void> => {
    const { random } = stand;
    const when = `${random.pick(STEPS)}:${random.pick(MOMENTS)}:${random.between(5, 80)}:throw`;
    return start({ PASSERELLE_FAULT_DIE: when }, ['die']).catch((error: unknown) => {
      if (!String(error).includes('a defect, made on purpose')) throw error;
    });
  };
  const first: Stand['start'] = (...args) => stand.start(...args);
  const second: Stand['start'] = (...args) => stand.startSecond(...args);

  for (const [title, fault] of Object.entries(FAULTS))
    it(title, async function () {
      this.timeout(60_000 + DEATHS * 120_000);
      for (let round = 1; round <= DEATHS; round += 1) {
        await mortal(first);
        await (stand.random.next() < 0.5 ? second() : mortal(second));
        await wait(stand.random.between(0, 1500));
        if (!stand.engine && !stand.second) await first();
        await fault(cluster!, stand);
        await trafficRuns(stand, first);
        // Long enough for the other one to take the lanes over, or not.
        await wait(stand.random.pick([0, 3000, 13_000]));
        if (!stand.engine) await first();
        if (!stand.second) await second();
        await trafficRuns(stand, first);
        expect(await stand.breaches(false), `round ${round}`).to.deep.equal([]);
      }
    });

  it('and in the end everything has arrived', async function () {
    this.timeout(300_000);
    await allArrived(stand);
  });
});
