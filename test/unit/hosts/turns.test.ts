import { expect } from 'chai';
import { Turns } from '../../../core/registry/turns.ts';

describe('turns', () => {
  it('go round the lines, each in its own order', () => {
    const turns = new Turns<string>();
    for (const item of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']) turns.push(item[0], item);
    expect(turns.take(4, Infinity, () => 1)).to.deep.equal(['a1', 'b1', 'c1', 'a2']);
    turns.push('c', 'c2');
    expect(turns.take(9, Infinity, () => 1)).to.deep.equal(['b2', 'a3', 'c2', 'a4']);
    expect([turns.size, turns.take(1, 1, () => 1)]).to.deep.equal([0, []]);
  });

  it('end with the item that makes the weight full, and give one whatever it weighs', () => {
    const turns = new Turns<number>();
    for (const item of [3, 3, 3, 50, 1]) turns.push('line', item);
    const take = (): number[] => turns.take(10, 5, (item) => item);
    expect([take(), take(), take()]).to.deep.equal([[3, 3], [3, 50], [1]]);
    turns.push('line', 7);
    expect([turns.clear(), turns.size]).to.deep.equal([[7], 0]);
  });
});
