import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { openSqliteJournal, type SqliteJournal } from '../index.ts';
import { AT, codeOf, inFolder, message } from './folder.ts';

const BATCH = 1500;
const hash = (n: number): string => n.toString(16).padStart(32, '0');

/** Many messages, each with its own term, one of 7 shared ones, and a term that only few have. */
async function fill(journal: SqliteJournal, count: number): Promise<Map<string, number[]>> {
  const expected = new Map<string, number[]>();
  for (let n = 0; n < count; n += BATCH) {
    const received = await journal.receive(Array.from({ length: BATCH }, (_, i) => message(n + i)));
    const decisions = received.map(({ message: id }) => {
      const terms = [hash(1_000_000 + id), hash(id % 7), ...(id % 4001 === 0 ? [hash(99)] : [])];
      for (const term of terms) expected.set(term, [id, ...(expected.get(term) ?? [])]);
      const decision = { run: 1, state: 'filtered', decidedAt: AT, decision: 'filtered', warnings: [], parts: [], events: [] } as const;
      return { ...decision, message: id, terms };
    });
    await journal.decide(decisions);
  }
  return expected;
}

async function found(journal: SqliteJournal, term: string, most = Infinity): Promise<number[]> {
  const ids: number[] = [];
  for (let after: string | undefined; ;) {
    const page = await journal.messages({ terms: [term] }, { limit: 700, ...(after !== undefined && { after }) });
    ids.push(...page.items.map((item) => item.message));
    if (page.next === undefined || ids.length >= most) return ids;
    after = page.next;
  }
}

describe('the blind index of a SQLite journal', () => {
  it('finds every message by its terms, newest first, moved into the index or not, over all its buckets, and after a restart', () =>
    inFolder(async (folder) => {
      let journal = await openSqliteJournal(folder);
      const expected = await fill(journal, 12 * BATCH);
      for (let round = 0; round < 2; round++) {
        for (const term of [hash(3), hash(99), hash(1_000_001), hash(1_000_000 + 9000), hash(1_000_000 + 12 * BATCH)])
          expect(await found(journal, term), term).to.deep.equal(expected.get(term));
        expect(await found(journal, hash(12345))).to.deep.equal([]);
        await journal.close();
        const db = new DatabaseSync(join(folder, 'journal.sqlite'));
        expect(db.prepare('SELECT count(*) AS n FROM fresh').get()!['n']).to.be.below(1024 + BATCH);
        db.close();
        journal = await openSqliteJournal(folder);
      }
      await journal.close();
    }));

  it('does not take the bytes of two neighbouring terms for a third', () =>
    inFolder(async (folder) => {
      const journal = await openSqliteJournal(folder);
      const [received] = await journal.receive([message(1)]);
      const decision = { run: 1, state: 'filtered', decidedAt: AT, decision: 'filtered', warnings: [], parts: [], events: [] } as const;
      await journal.decide([{ ...decision, message: received!.message, terms: ['aabb', 'ccdd'] }]);
      expect(await found(journal, 'bb02cc')).to.deep.equal([]);
      expect(await found(journal, 'ccdd')).to.deep.equal([received!.message]);
      expect(await codeOf(journal.messages({ terms: ['Dupont'] }, { limit: 1 }))).to.equal('ERR_INVARIANT');
      await journal.close();
    }));
});
