import { expect } from 'chai';
import type { PartRef } from 'passerelle/contract';
import { Room } from '../../core/lanes/room.ts';

const parts = (...bytes: readonly number[]): readonly PartRef[] =>
  bytes.map((to, i) => ({ part: `p${i}`, from: 0, to, encoding: 'base64', bytes: to, mime: 'application/pdf', sha256: '' }));

describe('the room for documents on their way out', () => {
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  let room: Room;
  beforeEach(() => {
    begun.length = 0;
    ends.clear();
    room = new Room(100);
  });
  const send = (name: string, ...bytes: readonly number[]): Promise<string> =>
    room.within(parts(...bytes), async () => {
      begun.push(name);
      ends.set(name, Promise.withResolvers());
      await ends.get(name)!.promise;
      return name;
    });
  const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

  it('is for as many as fit, all the parts of each counted; the others wait in their order', async () => {
    const sent = [send('a', 30, 30), send('b', 40), send('c', 1), send('d', 99)];
    await turn();
    expect(begun).to.deep.equal(['a', 'b']);
    ends.get('a')!.resolve();
    expect(await sent[0]).to.equal('a');
    await turn();
    expect(begun).to.deep.equal(['a', 'b', 'c']);
    for (const name of ['b', 'c']) ends.get(name)!.resolve();
    await turn();
    expect(begun).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('lets nobody pass who waits, however small; only what carries no document waits for nobody', async () => {
    void [send('a', 90), send('b', 20), send('c', 5), send('d')];
    await turn();
    expect(begun).to.deep.equal(['a', 'd']);
  });

  it('is enough for one document of any size, alone', async () => {
    void [send('a', 1000), send('b', 1)];
    await turn();
    expect(begun).to.deep.equal(['a']);
    ends.get('a')!.resolve();
    await turn();
    expect(begun).to.deep.equal(['a', 'b']);
  });

  it('is given back by what failed', async () => {
    const failed = room.within(parts(100), () => Promise.reject(new Error('it failed')));
    expect(await failed.catch((thrown: Error) => thrown.message)).to.equal('it failed');
    void send('a', 100);
    await turn();
    expect(begun).to.deep.equal(['a']);
  });
});
