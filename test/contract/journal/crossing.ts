/** A journal that goes to the other store and back: the same rows, the same readings, the same ids from there on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { moveJournal, openBackup, restoreBackup, writeBackup } from '../../../core/backup/index.ts';
import { Fixture, refused, type StoreUnderTest } from './fixture.ts';
import { everything, fill } from './keeping-copies.ts';
import { at, incoming } from './samples.ts';

export function crossing(near: StoreUnderTest, far: StoreUnderTest): void {
  describe(`a journal that goes from ${near.name} to ${far.name} and back`, () => {
    let folder: string;
    let journal: Fixture;
    /** What it says before it leaves, and the highest id given. */
    let before: object;
    let last: number;
    const places: [StoreUnderTest, string][] = [];
    const place = async (under: StoreUnderTest): Promise<string> => {
      const address = await under.address();
      places.push([under, address]);
      return address;
    };
    const readings = async (under: StoreUnderTest, address: string): Promise<object> => {
      const store = await under.plugin.open(address);
      try {
        return await everything(store);
      } finally {
        await store.close();
      }
    };

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'passerelle-crossing-'));
      journal = new Fixture(near);
      await journal.open();
      await fill(journal);
      await journal.store.pause('dcc-out', true, at(5));
      await journal.store.order({ lane: 'dmp-out', kind: 'rate', perMinute: 60, at: at(6), who: 'A. Person' });
      before = await everything(journal.store);
      last = (await journal.store.messages({}, { limit: 1 })).items[0]!.message;
      await journal.store.close();
    });
    afterEach(async () => {
      await journal.close();
      for (const [under, address] of places.splice(0)) await under.dispose(address);
      await rm(folder, { recursive: true });
    });

    /** From there on as if it had never left. */
    async function goesOn(under: StoreUnderTest, address: string): Promise<void> {
      expect(await readings(under, address)).to.deep.equal(before);
      const store = await under.plugin.open(address);
      try {
        expect([await store.paused(), (await store.orders()).map(({ lane }) => lane)]).to.deep.equal([['dcc-out'], ['dmp-out']]);
        expect((await store.receive([incoming()]))[0]!.message).to.be.above(last);
      } finally {
        await store.close();
      }
    }

    it('by `move`, is the same', async () => {
      const [there, back] = [await place(far), await place(near)];
      const went = await moveJournal(await near.plugin.dump(journal.address), { store: far.plugin, address: there }, at(9000));
      expect(await readings(far, there)).to.deep.equal(before);
      const came = await moveJournal(await far.plugin.dump(there), { store: near.plugin, address: back }, at(9000));
      expect(came).to.deep.equal(went);
      await goesOn(near, back);
    });

    it('by `backup` and `restore`, is the same', async () => {
      const [there, back] = [await place(far), await place(near)];
      const carry = async (from: StoreUnderTest, source: string, to: StoreUnderTest, address: string, name: string): Promise<object> => {
        const [backup, data] = [join(folder, name), join(folder, `${name}-data`)];
        const dump = await from.plugin.dump(source);
        await writeBackup({ engine: '1.0.0', dump, files: [{ name: 'index.key', bytes: Buffer.alloc(32, 7) }] }, backup);
        await restoreBackup({ backup, data, place: { store: to.plugin, address }, hold: false, at: at(9000) });
        return (await openBackup(backup)).manifest.tables;
      };
      const went = await carry(near, journal.address, far, there, 'there');
      const came = await carry(far, there, near, back, 'back');
      expect(came).to.deep.equal(went);
      await goesOn(near, back);
    });

    it('is refused where one is, on either side', async () => {
      const there = await place(far);
      await moveJournal(await near.plugin.dump(journal.address), { store: far.plugin, address: there }, at(9000));
      await refused(moveJournal(await far.plugin.dump(there), { store: near.plugin, address: journal.address }, at(9000)), 'ERR_NOT_EMPTY');
      await refused(moveJournal(await near.plugin.dump(journal.address), { store: far.plugin, address: there }, at(9000)), 'ERR_NOT_EMPTY');
      expect(await readings(far, there)).to.deep.equal(before);
    });
  });
}
