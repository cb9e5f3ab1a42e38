/** Mutated calls, as many as the acceptance asks for. */
import { refuseMutations } from '../call/mutations.ts';

describe('contextual call: mutated tokens', () => {
  it('C4: none of 100,000 is accepted', async function () {
    this.timeout(1_800_000);
    await refuseMutations(100_000, Number(process.env['PASSERELLE_SEED'] ?? 2));
  });
});
