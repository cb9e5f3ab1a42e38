/** What an inbound lane has still to decide: nothing is forgotten, whatever comes while a page is on its way. */
import { expect } from 'chai';
import { UndecidedQueue } from '../../core/lanes/undecided-queue.ts';

const item = (message: number, run = 1, size = 1000) => ({ message, run, receivedAt: '2026-09-14T08:00:00.000Z', size });
type Item = ReturnType<typeof item>;

describe('the queue of undecided messages', () => {
  let journal: Item[];
  /** Done between the moment a page is read and the moment it arrives. */
  let meanwhile: () => void;
  let queue: UndecidedQueue;
  beforeEach(() => {
    journal = [];
    meanwhile = () => undefined;
    queue = new UndecidedQueue(async (after, limit) => {
      const page = journal.filter(({ message }) => message > after).slice(0, limit);
      const doing = meanwhile;
      meanwhile = () => undefined;
      doing();
      return page;
    });
  });
  const drained = async (): Promise<[number, number][]> => {
    const seen: [number, number][] = [];
    for (let batch = await queue.next(); batch && 'stored' in batch; batch = await queue.next()) {
      seen.push(...batch.stored.map(({ message, run }): [number, number] => [message, run]));
      queue.done(batch.stored);
      const decided = new Set(batch.stored.map(({ message }) => message));
      journal = journal.filter(({ message }) => !decided.has(message));
    }
    return seen;
  };
  const store = (one: Item): void => {
    journal = [...journal.filter(({ message }) => message !== one.message), one].sort((a, b) => a.message - b.message);
    queue.pushStored(one);
  };

  it('takes a message that was stored while an empty page was on its way', async () => {
    meanwhile = () => store(item(1));
    expect(await drained()).to.deep.equal([[1, 1]]);
  });

  it('takes a replay of an older message while a page of newer ones is on its way', async () => {
    store(item(5));
    meanwhile = () => store(item(2, 2));
    expect((await drained()).sort(([a], [b]) => a - b)).to.deep.equal([
      [2, 2],
      [5, 1],
    ]);
  });

  it('takes the newer run of a message that waits, once', async () => {
    await drained();
    store(item(1));
    store(item(1, 2));
    expect(await drained()).to.deep.equal([[1, 2]]);
  });

  it('takes the newer run of a message that is being decided', async () => {
    await drained();
    store(item(1));
    const batch = await queue.next();
    store(item(1, 2));
    if (batch && 'stored' in batch) queue.done(batch.stored);
    expect(await drained()).to.deep.equal([[1, 2]]);
  });

  it('keeps the order of replays past its window, of messages below those it has read already', async () => {
    store(item(3000));
    await drained();
    const seen: number[] = [];
    const decideOnce = async (): Promise<void> => {
      const batch = await queue.next();
      if (!batch || !('stored' in batch)) return;
      seen.push(...batch.stored.map(({ message }) => message));
      queue.done(batch.stored);
      const decided = new Set(batch.stored.map(({ message }) => message));
      journal = journal.filter(({ message }) => !decided.has(message));
    };
    for (let n = 1; n <= 2500; n += 1) {
      store(item(n, 2));
      if (n > 1200 && n % 10 === 0) await decideOnce();
    }
    seen.push(...(await drained()).map(([message]) => message));
    expect(seen).to.deep.equal(Array.from({ length: 2500 }, (_, i) => i + 1));
  });

  it('keeps a window in memory and leaves nothing out past it', async () => {
    await drained();
    for (let n = 1; n <= 2500; n += 1) store(item(n));
    expect((await drained()).map(([message]) => message)).to.deep.equal(Array.from({ length: 2500 }, (_, i) => i + 1));
  });

  it('takes no more at once than a batch may weigh, though their bytes are still in the journal: one at least', async () => {
    await drained();
    for (const [n, size] of [3, 3, 3, 3, 100, 3].entries()) store(item(n + 1, 1, size * 1024 * 1024));
    const taken: number[] = [];
    for (let batch = await queue.next(); batch && 'stored' in batch && batch.stored.length > 0; batch = await queue.next()) {
      taken.push(batch.stored.length);
      queue.done(batch.stored);
    }
    expect(taken).to.deep.equal([3, 2, 1]);
  });

  describe('of a journal in which other nodes store too', () => {
    beforeEach(() => {
      queue = new UndecidedQueue(async (after, limit) => journal.filter(({ message }) => message > after).slice(0, limit), true);
    });

    it('takes first what another node stored before, though nobody has told of it', async () => {
      await drained();
      journal = [item(1), item(3), item(4)];
      store(item(2));
      store(item(5));
      expect((await drained()).map(([message]) => message)).to.deep.equal([1, 2, 3, 4, 5]);
    });

    it('takes first what a node that was frozen stores late, under the id that it had reserved', async () => {
      store(item(11));
      await drained();
      journal = [item(10)];
      store(item(12));
      expect((await drained()).map(([message]) => message)).to.deep.equal([10, 12]);
    });

    it('forgets nothing and keeps its order past its window, whatever others store meanwhile', async () => {
      await drained();
      const seen: number[] = [];
      for (let n = 1; n <= 2500; n += 1) {
        if (n % 3 === 0) journal = [...journal, item(n)];
        else store(item(n));
        if (n % 100 !== 0) continue;
        const batch = await queue.next();
        if (!batch || !('stored' in batch)) continue;
        seen.push(...batch.stored.map(({ message }) => message));
        queue.done(batch.stored);
        const decided = new Set(seen);
        journal = journal.filter(({ message }) => !decided.has(message));
      }
      queue.reread();
      seen.push(...(await drained()).map(([message]) => message));
      expect(seen).to.deep.equal(Array.from({ length: 2500 }, (_, i) => i + 1));
    });

    it('keeps its order when a batch is put back and something older was heard of meanwhile', async () => {
      await drained();
      store(item(2));
      const batch = await queue.next();
      journal = [item(1), item(2)];
      queue.pushStored(item(1));
      if (batch && 'stored' in batch) queue.putBack(batch.stored);
      expect((await drained()).map(([message]) => message)).to.deep.equal([1, 2]);
    });
  });
});
