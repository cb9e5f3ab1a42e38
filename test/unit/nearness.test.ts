import { expect } from 'chai';
import { nearness } from '../../core/journal-format/index.ts';

describe('the nearness of control ids', () => {
  it('is the same for ids that follow one another, whatever stands behind the counter', () => {
    const groups = [Array.from({ length: 100 }, (_, n) => `MSG${4200 + n}`), ['20260914080000101-GAM', '20260914080000199-GAM'], ['C7', 'C8']];
    for (const ids of groups) expect(new Set(ids.map(nearness)).size, ids[0]).to.equal(1);
    expect(new Set(['MSG4299', 'MSG4300', 'ABC4300', 'ÉTÉ', '', 'x'].map(nearness)).size).to.equal(6);
  });

  it('is part of the format: above 0, and the same for ever', () => {
    expect(['C12345', '', '7f3b2a10-aa'].map(nearness)).to.deep.equal([4253089, 8461469, 12732095]);
  });
});
