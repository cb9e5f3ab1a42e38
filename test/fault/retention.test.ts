/** Old notes are forgotten while messages come: nobody who stores waits for more than a step (decision 0030). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { forgetSlowly } from '../../core/retention/index.ts';
import { incoming } from '../contract/journal/samples.ts';
import { describeJournals, openJournal } from './journals.ts';

const MANY = 100_000;
const PAGE = 2000;
const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString();

describeJournals('100,000 notes that had their time', (journal) => {
  it('go in steps, all of them, and no message that is stored meanwhile waits for more than two', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'passerelle-retention-'));
    const store = await openJournal(journal, folder);
    for (let from = 0; from < MANY; from += PAGE) {
      const value = JSON.stringify({ says: 'x'.repeat(200) });
      const notes = Array.from({ length: PAGE }, (_, n) => ({ kind: 'old', key: (from + n).toString(16).padStart(64, '0'), value }));
      await store.keep(notes, at(0));
    }
    let steps = 0;
    const counted = { forget: (...step: Parameters<typeof store.forget>) => store.forget(...step).finally(() => (steps += 1)) };
    const forgetting = { isOver: false };
    const forgotten = forgetSlowly(counted, 'old', at(1)).finally(() => (forgetting.isOver = true));
    /** By message, the steps that ended while it was stored. */
    const waited: number[] = [];
    while (!forgetting.isOver) {
      const before = steps;
      await store.receive([incoming()]);
      waited.push(steps - before);
    }
    expect(await forgotten).to.equal(MANY);
    expect((await store.notesOf('old', { limit: 1 })).items).to.deep.equal([]);
    expect(steps, 'in small steps').to.be.at.least(MANY / 1000);
    expect(Math.max(...waited)).to.be.at.most(2);
    expect(waited.length, 'messages stored meanwhile').to.be.above(steps / 2);
    await store.close();
    await rm(folder, { recursive: true });
  });
});
