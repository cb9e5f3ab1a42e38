/** An undo that a person asks for, while what follows it fails (SAFETY A6). */
import { expect } from 'chai';
import { PasserelleError, type DeliveryState, type OperatorAction } from '../../../core/contract/index.ts';
import { Legs } from '../../../core/documents/index.ts';
import { Knowledge } from '../../../core/knowledge/index.ts';
import { faceOf, journalOf } from './face.ts';
import { DOMAIN, Hospital, OTHER_INS, QUALIFIED, TRAITS, keyed } from './hospital.ts';

describe('the undo of a merge', () => {
  let hospital: Hospital;
  let states: { out: DeliveryState; other: DeliveryState };
  let restored: readonly string[];
  let isDown: boolean;
  const event = { id: 'e1', type: 'dcc.identity.merged', data: { domain: DOMAIN, surviving: '1', absorbed: '2' } };
  const journal = {
    ...journalOf(() => hospital),
    message: async () => ({
      message: { site: '990001018', receivedAt: '2026-10-01T08:00:00.000Z' },
      events: [{ event }],
      deliveries: [
        { delivery: 1, lane: 'out', eventId: event.id, state: states.out },
        { delivery: 2, lane: 'other', eventId: event.id, state: states.other },
      ],
      attempts: [],
    }),
    act: async (actions: readonly OperatorAction[]) => {
      if (actions.some(({ verb }) => verb === 'discard')) states.out = 'discarded';
      return [];
    },
  };
  const unmerge = (ipp = '2'): Promise<unknown> => {
    const capable = {
      restored: async (key: string) => {
        if (isDown) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE');
        restored = [...restored, key];
      },
    };
    return faceOf(journal, { capable, settings: { sites: [] } })
      .unmerge({ domain: DOMAIN, ipp }, { who: 'camille', why: 'two people' })
      .catch((thrown: unknown) => PasserelleError.from(thrown).code);
  };
  beforeEach(() => {
    [states, restored, isDown] = [{ out: 'queued', other: 'delivered' }, [], false];
    hospital = new Hospital();
    for (const ipp of ['1', '2']) hospital.identity(TRAITS, { ipp });
    hospital.merge('1', '2', { id: 'TEST-7' });
  });

  it('A6: that a stop cut short is brought to its end when it is asked for again: what waits is discarded, who was told is said', async () => {
    isDown = true;
    expect(await unmerge()).to.equal('ERR_JOURNAL_UNAVAILABLE');
    expect([hospital.person('2')!.into, states.out]).to.deep.equal([undefined, 'queued']);
    const { undone } = hospital.person('2')!;
    isDown = false;
    expect(await unmerge()).to.deep.include({ discarded: ['TEST-d1'], told: ['other'] });
    expect([restored, states.out, hospital.person('2')!.undone]).to.deep.equal([[keyed('2')], 'discarded', undone]);
    expect(hospital.tasks().map(({ receiver, state }) => [receiver, state])).to.deep.equal([['other', 'open']]);
  });

  it('A6: of a change of number holds the number since as well: who was told has the person under that one only', async () => {
    hospital = new Hospital();
    hospital.identity(TRAITS, { ipp: '2' });
    hospital.merge('1', '2', { id: 'TEST-7', kind: 'change-id' });
    const { tasks } = (await unmerge()) as { readonly tasks: readonly string[] };
    const doubtsOf = (ipp: string): unknown => hospital.person(ipp)?.doubts?.map(({ task, lane }) => [task, lane]);
    expect([doubtsOf('1'), doubtsOf('2')]).to.deep.equal([[[tasks[0], 'other']], [[tasks[0], 'other']]]);
    hospital.answer(tasks[0]!, 'rejected');
    expect([doubtsOf('1'), doubtsOf('2')]).to.deep.equal([undefined, undefined]);
  });

  it('A6: of one of two domains names the merge of the other that the same message said, as long as that stands', async () => {
    const both = { id: 'TEST-8', domain: 'groupe' };
    for (const [ipp, group] of [
      ['1', 'G1'],
      ['2', 'G2'],
    ] as const)
      hospital.identity(TRAITS, { ipp, group });
    hospital.undo('2');
    hospital.merge('1', '2', { id: 'TEST-8' });
    hospital.answer('TEST-8', 'accepted');
    hospital.merge('1', '2', { id: 'TEST-8' });
    hospital.merge('G1', 'G2', both);
    expect(await unmerge()).to.deep.include({ alsoMerged: [{ domain: 'groupe', ipp: 'G2' }] });
    hospital.undo('G2');
    expect(await unmerge()).to.deep.include({ alsoMerged: [] });
  });

  it('A6: of a number that never was absorbed is refused', async () => {
    expect(await unmerge('1')).to.equal('ERR_NOT_FOUND');
  });

  it('A6: asked again of one that was undone when there were no tasks yet, it names none', async () => {
    hospital.undo('2');
    expect(await unmerge()).to.deep.equal({ discarded: ['TEST-d1'], told: ['other'], tasks: [], alsoMerged: [] });
  });

  it('A6: a document of a number that was undone at the start of a chain waits no more for what is asked about its end', async () => {
    hospital.identity(QUALIFIED, { ipp: '1' });
    hospital.identity(TRAITS, { ipp: '3' });
    hospital.merge('2', '3');
    hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { ipp: '1', id: 'asked' });
    const index = { patient: ({ value }: { readonly value: string }) => keyed(value) } as never;
    const waits = (...ipps: readonly string[]): Promise<boolean> =>
      new Legs({
        journal: journal as never,
        knowledge: new Knowledge(journal, []),
        index,
        sendersOf: () => [],
        destinations: [],
        now: () => 0,
      }).isInDoubt({ keys: ipps.map(keyed), kind: 'document' }, 'out');
    expect([await waits('3', '2', '1'), await waits('2', '1')]).to.deep.equal([true, true]);
    hospital.undo('3');
    expect([await waits('3', '2', '1'), await waits('2', '1')]).to.deep.equal([false, true]);
  });
});
