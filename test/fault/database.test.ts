/** Faults that only a journal on a server has: its connection lost, the database restarted, two engines at work, a node frozen past its lease. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { freePorts, until } from '../flow/region.ts';
import { describePostgres } from './journals.ts';
import { trials } from './random.ts';
import { startProxy, type Proxy } from './proxy.ts';
import { Stand } from './stand.ts';

const ROUNDS = trials(3);
/** Longer than a lease and what a new owner waits before it sends. */
const FROZEN_MS = Number(process.env['PASSERELLE_FROZEN_MS'] ?? 60_000);

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

describePostgres('two engines on one database', (journal) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await new Stand({ journal, paceMs: 2 }).open();
    await stand.start();
    await stand.startSecond(await freePorts(2));
    for (const sender of stand.senders) void sender.play();
  });
  afterEach(() => stand.close());

  const end = async (): Promise<void> => {
    await Promise.all(stand.senders.map((s) => s.stop()));
    await stand.drained();
    expect(await stand.breaches(true)).to.deep.equal([]);
  };

  it('both accept, each lane has one owner, and no law is broken', async () => {
    await until('both take messages', 60_000, () => stand.senders.every((s) => s.acknowledged > 20));
    await end();
  });

  it('one is killed: the other takes over its lanes', async () => {
    await until('traffic runs', 60_000, () => stand.acknowledged > 40);
    await stand.killSecond();
    await end();
  });

  it('one is frozen past its lease and wakes: it has lost its lanes, and writes nothing for them', async function () {
    this.timeout(FROZEN_MS + 240_000);
    await until('traffic runs', 60_000, () => stand.acknowledged > 40);
    stand.engine?.kill('SIGSTOP');
    await wait(FROZEN_MS);
    stand.engine?.kill('SIGCONT');
    const before = stand.acknowledged;
    await until('traffic runs again', 60_000, () => stand.acknowledged > before + 40);
    await end();
  });
});
