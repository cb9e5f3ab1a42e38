/** What a person answers to a task, while the message it is about is moved by others (SAFETY A4). */
import { expect } from 'chai';
import { PasserelleError, type MessageState, type OperatorAction } from '../../../core/contract/index.ts';
import { canMoveMessage } from '../../../core/contract/index.ts';
import type { Engine } from '../../../core/engine/engine.ts';
import { identityFace } from '../../../core/engine/identity-face.ts';
import { Knowledge } from '../../../core/knowledge/index.ts';
import { Hospital, INS, OTHER_INS, QUALIFIED, verdict } from './hospital.ts';

const ID = 'TEST-7';

describe('answers to a task of identity vigilance', () => {
  let hospital: Hospital;
  let state: MessageState;
  const moved = { replay: 'received', discard: 'discarded' } as const;
  const journal = {
    tag: 'TEST',
    notes: async (kind: string, keys: readonly string[]) => keys.map((key) => hospital.known(kind, key)),
    keep: async (notes: readonly { readonly kind: string; readonly key: string; readonly value: string }[]) => {
      for (const { kind, key, value } of notes) hospital.notes.set(`${kind} ${key}`, value);
    },
    message: async () => ({ message: { state } }),
    act: async ([action]: readonly OperatorAction[]) => {
      const to = moved[action!.verb as 'replay' | 'discard'];
      if (!canMoveMessage(state, to)) throw new PasserelleError('ERR_TRANSITION', { found: `${action!.verb} of a ${state} message` });
      state = to;
      return [];
    },
  };
  const region = { isOwner: true, journal, acted: () => undefined };
  const answer = (verdictOf: 'accept' | 'reject'): Promise<string> => {
    const engine = { journal, index: {}, region: { ...region, knowledge: new Knowledge(journal, []) } } as unknown as Engine;
    return identityFace(engine)
      .answer({ id: ID, verdict: verdictOf, who: 'camille', why: 'seen' })
      .then(
        ({ state: of }) => of,
        (thrown: unknown) => PasserelleError.from(thrown).code,
      );
  };
  /** The next run of the message. */
  const decide = (): string => {
    const judgement = hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { id: ID, at: 59 });
    state = judgement.quarantine ? 'quarantined' : 'decoded';
    return verdict(judgement);
  };
  const task = (): string => hospital.tasks()[0]!.state;

  beforeEach(() => {
    hospital = new Hospital();
    hospital.identity(QUALIFIED);
    decide();
  });

  it('A4: a rejection puts the message away; one that was put away before is over', async () => {
    expect([await answer('reject'), state, task()]).to.deep.equal(['rejected', 'discarded', 'rejected']);
    decide();
    state = 'discarded';
    expect([await answer('reject'), task()]).to.deep.equal(['rejected', 'rejected']);
  });

  it('A4: a rejection that comes while the message is on its way to be decided again is said, and holds', async () => {
    state = 'received';
    expect([await answer('reject'), task()]).to.deep.equal(['ERR_TRANSITION', 'open']);
    hospital.identity({ birthName: 'ÉTREZAC' });
    expect([decide(), task()], 'though nothing contradicts it any more').to.deep.equal(['quarantined ERR_IDENTITY_CONFLICT', 'open']);
    expect(hospital.joined('1').ins?.ins).to.not.equal(OTHER_INS);
    expect([await answer('reject'), state, task()]).to.deep.equal(['rejected', 'discarded', 'rejected']);
  });

  it('A4: of two answers at once no message is left that waits without a task', async () => {
    const verdicts = await Promise.all([answer('accept'), answer('reject')]);
    if (state === 'received') decide();
    expect([verdicts.sort(), state, task()]).to.deep.equal([['ERR_TRANSITION', 'open'], 'quarantined', 'open']);
    expect(hospital.joined('1').ins?.ins).to.equal(INS);
    expect([await answer('accept'), decide(), task()]).to.deep.equal(['open', 'qualified', 'accepted']);
  });
});
