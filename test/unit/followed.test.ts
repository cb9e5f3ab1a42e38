import { expect } from 'chai';
import { Followed } from '../../core/engine/followed.ts';

const isDone = (promise: Promise<void>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<boolean>((r) => setImmediate(r, false))]);

describe('messages that are followed until they are delivered', () => {
  it('are done when all their deliveries are settled', async () => {
    const followed = new Followed();
    followed.add(1);
    followed.add(1);
    const done = followed.until(1);
    followed.settled(1);
    followed.settled(2);
    expect(await isDone(done)).to.equal(false);
    followed.settled(1);
    expect(await isDone(done)).to.equal(true);
    expect(await isDone(followed.until(7)), 'never followed').to.equal(true);
  });

  it('are let go, the oldest first, when there are too many', async () => {
    const followed = new Followed(100);
    for (let message = 0; message < 1000; message += 1) followed.add(message);
    expect(await Promise.all([0, 899, 900, 999].map((message) => isDone(followed.until(message))))).to.deep.equal([true, true, false, false]);
  });
});
