/** Reads of one turn, asked together. */
import { expect } from 'chai';
import { gathered } from '../gather.ts';

describe('reads of one turn', () => {
  it('are asked together, in order, and those of the next turn apart', async () => {
    const asked: (readonly number[])[] = [];
    const read = gathered(10, async (all: readonly number[]) => (asked.push(all), all.map((n) => n * 2)));
    expect(await Promise.all([read(1), read(2), Promise.resolve().then(() => read(3))])).to.deep.equal([2, 4, 6]);
    expect(await read(4)).to.equal(8);
    expect(asked).to.deep.equal([[1, 2, 3], [4]]);
  });

  it('are asked for no more at once than one statement takes', async () => {
    const asked: (readonly number[])[] = [];
    const read = gathered(2, async (all: readonly number[]) => (asked.push(all), all));
    expect(await Promise.all([1, 2, 3].map(read))).to.deep.equal([1, 2, 3]);
    expect(asked).to.deep.equal([[1, 2], [3]]);
  });

  it('are all refused when their statement is, and the next ones are asked', async () => {
    let isDown = true;
    const read = gathered(2, async (all: readonly number[]) => {
      if (isDown) throw new Error('down');
      return all;
    });
    const refused = await Promise.allSettled([read(1), read(2)]);
    expect(refused.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    isDown = false;
    expect(await read(3)).to.equal(3);
  });
});
