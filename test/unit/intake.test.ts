import { expect } from 'chai';
import { Intake } from '../../core/lanes/intake.ts';

/** Work that ends when it is told to. */
const held = (intake: Intake, bytes: number): { readonly taken: Promise<true | undefined>; readonly end: () => void } => {
  const { promise, resolve } = Promise.withResolvers<true>();
  return { taken: intake.within(bytes, () => promise), end: () => resolve(true) };
};

describe('what all senders may have in work', () => {
  it('is bounded by count and by bytes, and there is room again when something ends, well or badly', async () => {
    const intake = new Intake({ messages: 3, bytes: 100, heap: 1 });
    const [first, second] = [held(intake, 60), held(intake, 40)];
    expect(await held(intake, 1).taken, 'no bytes left').to.equal(undefined);
    second.end();
    expect(await second.taken).to.equal(true);
    const small = [held(intake, 1), held(intake, 1)];
    expect(await held(intake, 1).taken, 'three in work').to.equal(undefined);
    for (const one of [first, ...small]) one.end();
    await Promise.all([first, ...small].map(({ taken }) => taken));
    await intake.within(100, () => Promise.reject(new Error('x'))).catch(() => undefined);
    const again = held(intake, 100);
    again.end();
    expect(await again.taken).to.equal(true);
  });

  it('may be one message of any size, and only one while the heap is short', async () => {
    const intake = new Intake({ messages: 3, bytes: 100, heap: 0.9 }, () => 0.95);
    const large = held(intake, 1000);
    expect(await held(intake, 1).taken).to.equal(undefined);
    large.end();
    expect(await large.taken).to.equal(true);
  });
});
