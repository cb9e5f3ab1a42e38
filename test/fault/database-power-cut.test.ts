/**
 * The power of the database server goes: what it had not synced is lost, whole or sector by sector. The engine runs on, on another machine, and what
 * it had acknowledged is there when the server is back. First the proof that this test can fail: on a disk that only says that it syncs, it does.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { until } from '../flow/region.ts';
import { postgresFolder, startCluster, type Cluster } from '../ground/index.ts';
import { cutPower, makeDiskLog, syncsIn } from './disk-log.ts';
import { SEED, trials } from './random.ts';
import { Stand } from './stand.ts';

const CUTS = trials(4);

describe(`power cuts of the database server: ${CUTS} cuts, seed ${SEED} (skipped without PostgreSQL or a C compiler)`, function () {
  this.timeout(180_000 + CUTS * 60_000);
  const disk = postgresFolder() ? makeDiskLog() : undefined;
  let cluster: Cluster;
  let stand: Stand;
  const within = (name: string): string => path.join(cluster.folder, name);
  const copy = (from: string, to: string): void => {
    rmSync(to, { recursive: true, force: true });
    // `cp -a`: owners and modes are the server's.
    if (spawnSync('cp', ['-a', from, to]).status !== 0) throw new Error(`${from} cannot be copied`);
  };

  beforeEach(async function () {
    if (!disk) this.skip();
    // Read at each start: the disk is written down from the second one on, of which we have a copy.
    const preload: Record<string, string> = {};
    // Small, so that checkpoints, recycled segments and torn pages come within seconds.
    cluster = await startCluster({
      preload,
      settings: { max_wal_size: '32MB', min_wal_size: '32MB', checkpoint_timeout: '30s', wal_writer_delay: '10ms' },
    });
    await cluster.halt();
    Object.assign(preload, { LD_PRELOAD: disk.library, DISK_ROOT: cluster.data, DISK_LOG: within('disk.log') });
    copy(cluster.data, within('shadow'));
    await cluster.start();
    stand = await new Stand({ journal: { name: 'PostgreSQL', store: 'postgres', address: `${cluster.url}?schema=cut` }, paceMs: 2 }).open();
    await stand.start();
    for (const sender of stand.senders) void sender.play();
  });
  afterEach(async () => {
    await stand?.close();
    await cluster?.stop();
  });
  after(() => disk?.dispose());

  const trafficRuns = (messages = 40): Promise<void> => {
    const before = stand.acknowledged;
    return until('traffic runs', 60_000, () => stand.acknowledged > before + messages);
  };

  /** Stops the server at one moment and leaves it the disk that the cut left. */
  async function cut(lies?: number): Promise<string> {
    await cluster.kill();
    const waited = cutPower(within('disk.log'), within('shadow'), stand.random, lies);
    spawnSync('chown', ['-R', '--reference', cluster.data, within('shadow')]);
    copy(within('shadow'), cluster.data);
    rmSync(within('disk.log'));
    return `${waited} operations not synced`;
  }

  it('is a test that can fail: a disk that lies about its syncs breaks the law', async () => {
    await trafficRuns();
    const honest = syncsIn(within('disk.log'));
    await trafficRuns();
    await cut(honest);
    const broken = await cluster.start().then(
      () => stand.breaches(false),
      (error: unknown) => [String(error)],
    );
    expect(broken.length, 'laws broken').to.be.above(0);
  });

  it('breaks no law, at any moment', async () => {
    for (let turn = 1; turn <= CUTS; turn += 1) {
      await trafficRuns();
      await wait(stand.random.between(0, 3000));
      const what = await cut();
      await cluster.start();
      await trafficRuns(5);
      expect(await stand.breaches(false), `cut ${turn}, ${what}`).to.deep.equal([]);
      await stand.start();
    }
    await Promise.all(stand.senders.map((s) => s.stop()));
    await stand.drained();
    expect(await stand.breaches(true)).to.deep.equal([]);
    console.log(`      ${stand.acknowledged} messages acknowledged`);
  });
});
