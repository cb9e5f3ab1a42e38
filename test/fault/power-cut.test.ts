/**
 * The power goes: what was written and not synced is lost, whole or sector by sector. The engine goes on from what is left, and what it had
 * acknowledged is there. First the proof that this test can fail: on a disk that only says that it syncs, the law breaks.
 */
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { makeDisk, type Disk } from './disk.ts';
import { SEED, trials } from './random.ts';
import { Stand } from './stand.ts';

const CUTS = trials(6);

describe(`power cuts: ${CUTS} cuts, seed ${SEED} (SQLite; skipped without a C compiler)`, function () {
  this.timeout(120_000 + CUTS * 20_000);
  const disk: Disk | undefined = makeDisk();
  let stand: Stand;
  beforeEach(async function () {
    if (!disk) this.skip();
    stand = await new Stand({ paceMs: 2 }).open();
    for (const sender of stand.senders) void sender.play();
  });
  afterEach(async () => stand?.close());
  after(() => disk?.dispose());

  /** One life on the disk, until its power goes; then only the shadow is left. */
  async function lifeUntilCut(faults: Readonly<Record<string, string | number>>): Promise<void> {
    const shadow = path.join(stand.folder, 'shadow');
    mkdirSync(stand.data, { recursive: true, mode: 0o700 });
    cpSync(stand.data, shadow, { recursive: true });
    await stand.life(disk!.env(stand.data, { SHADOW: shadow, SEED: stand.random.between(1, 1e9), ...faults }));
    rmSync(stand.data, { recursive: true });
    renameSync(shadow, stand.data);
    expect(existsSync(path.join(stand.data, 'journal.sqlite-shm')), 'nothing is written through shared memory, which no shadow sees').to.equal(false);
  }

  it('is a test that can fail: a disk that lies about its syncs breaks the law', async () => {
    await lifeUntilCut({ LIES: 30, CUT: 'sync:60' });
    expect(stand.acknowledged, 'messages acknowledged').to.be.above(0);
    const broken = await stand.breaches(false).catch((error: unknown) => [String(error)]);
    expect(broken.length, 'laws broken').to.be.above(0);
  });

  it('breaks no law, at any moment', async () => {
    for (let cut = 1; cut <= CUTS; cut += 1) {
      const before = stand.acknowledged;
      // The first seconds of a journal (schema, first commits) are moments like others.
      const moment =
        cut % 4 === 1
          ? `sync:${stand.random.between(1, 12)}`
          : cut % 2 === 0
            ? `sync:${stand.random.between(15, 150)}`
            : `write:${stand.random.between(30, 400)}`;
      await lifeUntilCut({ CUT: moment });
      expect(await stand.breaches(false), `cut ${cut}, ${moment}, ${stand.acknowledged - before} messages`).to.deep.equal([]);
    }
    await stand.start();
    await Promise.all(stand.senders.map((s) => s.stop()));
    await stand.drained();
    expect(await stand.breaches(true)).to.deep.equal([]);
    console.log(`      ${stand.acknowledged} messages acknowledged`);
  });
});
