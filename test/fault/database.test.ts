/** Faults that only a journal on a server has: its connection lost, the database restarted, two engines at work, a node frozen past its lease. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Client } from 'pg';
import { until } from '../flow/region.ts';
import { describePostgres } from './journals.ts';
import { SEED, trials } from './random.ts';
import { startProxy, type Proxy } from './proxy.ts';
import { Sender } from './sender.ts';
import { Stand } from './stand.ts';
import { message, type Sent } from './traffic.ts';

const ROUNDS = trials(3);
const FAILOVERS = trials(4);
/** Much longer than a lease and what a new owner waits before it sends. */
const FROZEN_MS = 60_000;

describePostgres(`a database that comes and goes: ${ROUNDS} rounds`, (journal) => {
  let proxy: Proxy;
  let stand: Stand;
  before(async () => {
    proxy = await startProxy(journal.address!);
    stand = await new Stand({ journal: { ...journal, address: proxy.address }, paceMs: 2 }).open();
    await stand.start();
    for (const sender of stand.senders) void sender.play();
  });
  after(async () => {
    await stand.close();
    await proxy.close();
  });

  for (const [title, awayMs] of [
    ['its connections are cut', 0],
    ['it is away for three seconds', 3000],
  ] as const)
    it(`${title}: senders keep what is not stored, and all goes on`, async () => {
      for (let round = 1; round <= ROUNDS; round += 1) {
        const before = stand.acknowledged;
        await until('traffic runs', 60_000, () => stand.acknowledged > before + 20);
        await proxy.cut(awayMs);
        // An engine may end when its journal is gone; whoever runs it starts it again.
        if (stand.engine?.exitCode !== null) await stand.start();
      }
    });

  it('and no law is broken', async () => {
    await Promise.all(stand.senders.map((s) => s.stop()));
    await stand.drained();
    expect(await stand.breaches(true)).to.deep.equal([]);
  });
});

describePostgres(`two engines on one database: ${FAILOVERS} takeovers, seed ${SEED}`, (journal) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await new Stand({ journal, paceMs: 20, ackTimeoutMs: 1000 }).open();
    await stand.start();
    await stand.startSecond();
    for (const sender of stand.senders) void sender.play();
  });
  afterEach(() => stand.close());

  const trafficRuns = (): Promise<void> => {
    const before = stand.acknowledged;
    return until('traffic runs', 60_000, () => stand.acknowledged > before + 40);
  };
  const end = async (): Promise<void> => {
    await Promise.all(stand.senders.map((s) => s.stop()));
    await stand.drained();
    expect(await stand.breaches(true)).to.deep.equal([]);
  };

  it('both accept, each lane has one owner, and no law is broken', async () => {
    await until('both take messages', 60_000, () => stand.senders.every((s) => s.acknowledged > 20));
    expect([await stand.isOwner(0), await stand.isOwner(1)]).to.deep.equal([true, false]);
    await end();
  });

  it('the one that works the lanes is killed or stopped, again and again: the other takes over, in traffic', async function () {
    this.timeout(60_000 + FAILOVERS * 60_000);
    for (let turn = 0; turn < FAILOVERS; turn += 1) {
      const [owner, other] = turn % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
      expect(await stand.isOwner(owner), `takeover ${turn}`).to.equal(true);
      await trafficRuns();
      await wait(stand.random.between(0, 300));
      const signal = turn % 3 === 2 ? 'SIGTERM' : 'SIGKILL';
      await (owner === 0 ? stand.kill(signal) : stand.killSecond(signal));
      // Its senders go to the other one, which answers them while the lease of the dead one runs.
      await trafficRuns();
      await until('the other works the lanes', 60_000, () => stand.isOwner(other));
      await (owner === 0 ? stand.start() : stand.startSecond());
    }
    await end();
  });

  it('the one that stands by is killed: the owner is not disturbed', async () => {
    await trafficRuns();
    await stand.killSecond();
    await trafficRuns();
    expect(await stand.isOwner(0)).to.equal(true);
    await end();
  });

  it('one is frozen past its lease and wakes: it has lost its lanes, and writes nothing for them', async function () {
    this.timeout(FROZEN_MS + 240_000);
    await trafficRuns();
    stand.engine?.kill('SIGSTOP');
    await until('the other works the lanes', FROZEN_MS, () => stand.isOwner(1));
    stand.engine?.kill('SIGCONT');
    await trafficRuns();
    expect([await stand.isOwner(0), await stand.isOwner(1)]).to.deep.equal([false, true]);
    await end();
  });
});

/** Connections on which an engine hears what the other one stored. */
const LISTENING = "pid FROM pg_stat_activity WHERE query LIKE 'SELECT DISTINCT name FROM tally%'";

describePostgres('two engines on one database, and a sender that goes from one to the other', (journal) => {
  let stand: Stand;
  before(async () => {
    stand = await new Stand({ journal, connections: 0 }).open();
    await stand.start();
    await stand.startSecond();
  });
  after(() => stand.close());

  it('A2: what the one that stands by took comes first, though the one that works the lanes cannot hear of it', async () => {
    const database = new Client({ connectionString: journal.address!.split('?')[0]! });
    await database.connect();
    let n = 0;
    let to = 0;
    const day = (function* (): Generator<Sent, never> {
      for (;;) yield message(n % 2 === 0 ? 'identity' : 'change', [`Z${String(Math.floor(n / 2)).padStart(5, '0')}`], (n += 1));
    })();
    const sender = new Sender(() => stand.address(to), day);
    stand.senders.push(sender);
    const sends = async (connection: number): Promise<void> => {
      to = connection;
      await sender.play(1);
      await sender.stop();
    };
    // Of the endpoint that answers once decided, and of the one that answers once stored.
    for (const [first, second] of [
      [0, 2],
      [1, 3],
    ] as const)
      for (let turn = 0; turn < 3; turn += 1) {
        await until('both listen', 10_000, async () => (await database.query(`SELECT ${LISTENING}`)).rowCount === 2);
        await database.query(`SELECT pg_terminate_backend(pid), ${LISTENING}`);
        await sends(second);
        await sends(first);
      }
    await database.end();
    await stand.drained();
    // One that is decided too late is stale (SAFETY A2): its receiver never gets it.
    expect(stand.receiver.receipts.all.length).to.equal(n);
    expect(await stand.breaches(true)).to.deep.equal([]);
  });
});
