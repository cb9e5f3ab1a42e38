/** What people decide, between the journal and the lanes. */
import { expect } from 'chai';
import { PasserelleError, type Acted, type OperatorAction } from '../../core/contract/index.ts';
import { act } from '../../core/engine/act.ts';
import type { Engine } from '../../core/engine/engine.ts';

describe('what people decide', () => {
  const request = { verb: 'discard', ids: ['abcd-d7'], who: 'camille', why: 'essai' } as const;
  let done: string[];
  const regionOf = (name: string): object => ({
    still: ([action]: readonly OperatorAction[]) => (done.push(`${name} still ${action!.delivery}`), () => done.push(`${name} goes on`)),
    acted: () => done.push(`${name} follows`),
  });
  beforeEach(() => (done = []));

  it('is followed by the lanes of the settings that are in force by then, while nothing of it leaves', async () => {
    const engine = { region: regionOf('old') } as unknown as Engine & { region: object };
    const write = async (): Promise<readonly Acted[]> => {
      done.push('written');
      engine.region = regionOf('new') as never;
      return [];
    };
    await act(Object.assign(engine, { journal: { tag: 'abcd', act: write } as never }), request);
    expect(done).to.deep.equal(['old still 7', 'written', 'new follows', 'old goes on']);
  });

  it('keeps nobody waiting when the journal refuses it', async () => {
    const refuse = (): Promise<never> => Promise.reject(new PasserelleError('ERR_TRANSITION'));
    const engine = { region: regionOf('one'), journal: { tag: 'abcd', act: refuse } } as unknown as Engine;
    expect(await act(engine, request).catch((error: PasserelleError) => error.code)).to.equal('ERR_TRANSITION');
    expect(done).to.deep.equal(['one still 7', 'one goes on']);
  });
});
