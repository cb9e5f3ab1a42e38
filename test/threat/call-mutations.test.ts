/** Mutated calls, a sample; the whole of them runs in the slow suite (test/flow). */
import { refuseMutations } from '../call/mutations.ts';

describe('contextual call: mutated tokens', () => {
  it('C4: none of 2,000 is accepted', async function () {
    this.timeout(120_000);
    await refuseMutations(2_000, 1);
  });
});
