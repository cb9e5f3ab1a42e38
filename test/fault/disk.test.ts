/** A disk that is full, that fails to sync, or is slow: nothing that was acknowledged is lost, nothing is acknowledged that is not stored, and it goes on. */
import { rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { once } from 'node:events';
import { expect } from 'chai';
import { until } from '../flow/region.ts';
import { makeDisk, type Disk } from './disk.ts';
import { Stand } from './stand.ts';
import { message } from './traffic.ts';

describe('a disk in trouble (SQLite; skipped without a C compiler)', function () {
  this.timeout(180_000);
  const disk: Disk | undefined = makeDisk();
  let stand: Stand;
  beforeEach(async function () {
    if (!disk) this.skip();
    stand = await new Stand().open();
  });
  afterEach(async () => stand?.close());
  after(() => disk?.dispose());

  /** One message by hand; answers what the engine says. */
  async function ask(n: number): Promise<string> {
    const socket = net.connect(stand.address());
    await once(socket, 'connect');
    socket.write(Buffer.concat([Buffer.of(0x0b), message('identity', ['Z1'], n).bytes, Buffer.of(0x1c, 0x0d)]));
    const [reply] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [unknown];
    socket.destroy();
    return String(reply);
  }

  for (const [title, fault] of [
    ['is full', 'FULL'],
    ['fails to sync', 'SYNC_FAILS'],
  ] as const)
    it(`${title}: senders are told AR 207 and keep their messages, until there is a disk again`, async () => {
      const trouble = path.join(stand.folder, 'trouble');
      await stand.start(disk!.env(stand.data, { [fault]: trouble }));
      for (const sender of stand.senders) void sender.play();
      for (let round = 1; round <= 3; round += 1) {
        const before = stand.acknowledged;
        await until('traffic runs', 60_000, () => stand.acknowledged > before + 20);
        // In the middle of traffic: commits of every kind are refused, outcomes of deliveries included.
        writeFileSync(trouble, '');
        expect(await ask(900_000 + round)).to.match(/\rMSA\|AR\|.*\rERR\|[^\r]*\|207\^/s);
        // What was stored just before may still be on its way to a sender here: a second refusal comes after it.
        expect(await ask(910_000 + round)).to.match(/\rMSA\|AR\|/);
        const acknowledged = stand.acknowledged;
        expect(await ask(920_000 + round)).to.match(/\rMSA\|AR\|/);
        expect(stand.acknowledged, 'acknowledged without a disk').to.equal(acknowledged);
        rmSync(trouble);
      }
      await Promise.all(stand.senders.map((s) => s.stop()));
      await stand.drained();
      expect(await stand.breaches(true)).to.deep.equal([]);
    });

  for (const ms of [3, 50])
    it(`takes ${ms} ms for a sync`, async () => {
      await stand.start(disk!.env(stand.data, { SYNC_MS: ms }));
      await Promise.all(stand.senders.map((s) => s.play(15)));
      await stand.kill();
      await stand.start(disk!.env(stand.data, { SYNC_MS: ms }));
      await Promise.all(stand.senders.map((s) => s.play(5)));
      await stand.drained();
      expect(stand.acknowledged).to.equal(stand.senders.length * 20);
      expect(await stand.breaches(true)).to.deep.equal([]);
    });
});
