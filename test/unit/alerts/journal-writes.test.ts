import { expect } from 'chai';
import { PasserelleError, type JournalStore } from '../../../core/contract/index.ts';
import { JournalWrites } from '../../../core/alerts/index.ts';

describe('the watch over journal writes', () => {
  it('says since when writes are refused, until one succeeds; a refusal of what was written is not one', async () => {
    let now = 1000;
    let fails: 'ERR_JOURNAL_UNAVAILABLE' | 'ERR_TRANSITION' | undefined = 'ERR_JOURNAL_UNAVAILABLE';
    const answer = async (): Promise<never[]> => {
      if (fails) throw new PasserelleError(fails);
      return [];
    };
    const writes = new JournalWrites(() => now);
    const journal = writes.of({ tag: 'test', receive: answer, settle: answer } as unknown as JournalStore);
    const told = async (): Promise<string | undefined> =>
      journal.settle([]).then(
        () => undefined,
        (thrown: unknown) => PasserelleError.from(thrown).code,
      );
    expect(writes.refused).to.equal(undefined);
    expect(await told()).to.equal('ERR_JOURNAL_UNAVAILABLE');
    now = 2000;
    await told();
    expect(writes.refused).to.deep.equal({ since: 1000, code: 'ERR_JOURNAL_UNAVAILABLE' });
    fails = undefined;
    await journal.receive([]);
    expect(writes.refused).to.equal(undefined);
    fails = 'ERR_TRANSITION';
    expect(await told()).to.equal('ERR_TRANSITION');
    expect([writes.refused, journal.tag]).to.deep.equal([undefined, 'test']);
  });
});
