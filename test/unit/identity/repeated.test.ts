/** SAFETY A2, A3: an identity that says again who the patient on file is, is judged without comparing anything, and as if all had been compared. */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { judgeRepeated, judgeWhole } from '../../../core/identity/updates.ts';
import type { Judgement } from '../../../core/knowledge/index.ts';
import type { Patient } from '../../../core/model/index.ts';
import { Hospital, OTHER_INS, PLAIN, QUALIFIED, TRAITS, VALIDATED } from './hospital.ts';

const patient = fc
  .record(
    {
      said: fc.constantFrom<Patient>(
        QUALIFIED,
        VALIDATED,
        PLAIN,
        TRAITS,
        { ...TRAITS, ins: QUALIFIED.ins, insOid: QUALIFIED.insOid, insStatus: 'VALI' },
        { ...QUALIFIED, ins: OTHER_INS },
        { ...QUALIFIED, birthName: 'VALMOREE' },
        { ...QUALIFIED, birthName: 'ÉTREZAC' },
        { ...VALIDATED, sex: 'U' },
        { ...QUALIFIED, identityFlags: ['DOUB'], automaticFiling: false },
        { ...PLAIN, identityStatus: 'PROV' },
      ),
      more: fc.record({ usedName: fc.constantFrom('A', 'B'), phones: fc.constantFrom(['0500000000'], ['0600000000'], []) }, { requiredKeys: [] }),
      without: fc.subarray(['birthGivenNames', 'birthPlaceCog', 'identityStatus'] as const, { maxLength: 2 }),
    },
    { requiredKeys: ['said', 'more'] },
  )
  .map(({ said, more, without = [] }): Patient =>
    Object.fromEntries(Object.entries({ ...said, ...more }).filter(([name]) => !(without as readonly string[]).includes(name))),
  );
const told = fc.record({
  what: fc.constant('told' as const),
  ipp: fc.constantFrom('1', '1', '1', '2'),
  sender: fc.constantFrom('DPI', 'DPI', 'DPI', 'GAM', 'LAB'),
  at: fc.nat({ max: 9 }),
  patient,
  /** How often it is said, a minute apart. */
  times: fc.integer({ min: 1, max: 3 }),
  isOfRecord: fc.constantFrom(false, false, false, true),
});
const merged = fc.record({
  what: fc.constant('merged' as const),
  pair: fc.constantFrom<readonly [string, string]>(['1', '2'], ['2', '1'], ['1', '3']),
  at: fc.nat({ max: 9 }),
  kind: fc.constantFrom('merge' as const, 'change-id' as const),
});
const answered = fc.record({ what: fc.constant('answered' as const), verdict: fc.constantFrom('accepted' as const, 'rejected' as const) });
const undone = fc.record({ what: fc.constant('undone' as const), ipp: fc.constantFrom('1', '2', '3') });

describe('an identity that is repeated', () => {
  it('A2, A3: whatever was said before, by whomever, is judged and kept as if everything had been compared', () => {
    let short = 0;
    const compare = (hospital: Hospital, isForeign: boolean): void => {
      const { repeated, whole } = ways(hospital, isForeign);
      if (!repeated) return;
      short += 1;
      expect(repeated).to.deep.equal(whole);
      // Notes to the letter: what is read again is what was written.
      expect(JSON.stringify(repeated)).to.equal(JSON.stringify(whole));
    };
    const story = fc.array(fc.oneof({ weight: 6, arbitrary: told }, merged, answered, undone), { minLength: 2, maxLength: 9 });
    fc.assert(
      fc.property(story, (events) => {
        const hospital = new Hospital();
        for (const [i, event] of events.entries()) {
          if (event.what === 'told')
            for (let time = 0; time < event.times; time += 1) {
              hospital.identity(event.patient, { ...event, at: event.at + time, id: `M${i}-${time}` });
              compare(hospital, event.isOfRecord);
            }
          else if (event.what === 'merged') hospital.merge(...event.pair, { ...event, id: `M${i}` });
          else if (event.what === 'undone') {
            if (hospital.person(event.ipp)?.into) hospital.undo(event.ipp);
          } else {
            const open = hospital.tasks().find(({ state, kind }) => state === 'open' && !kind.startsWith('merge'));
            if (open) hospital.answer(open.id, event.verdict);
          }
        }
      }),
      { numRuns: 1500 },
    );
    expect(short, 'repeated').to.be.above(1000);
  });

  it('A2, A3: only what the one sender of a patient says again, later, takes the short way', () => {
    const hospital = new Hospital();
    const isShort = (said: Patient, telling: Parameters<Hospital['identity']>[1]): boolean => {
      hospital.identity(said, telling);
      return ways(hospital, false).repeated !== undefined;
    };
    expect(isShort(QUALIFIED, { at: 1 }), 'first').to.equal(false);
    expect(isShort(QUALIFIED, { at: 3 }), 'again').to.equal(true);
    expect(isShort(QUALIFIED, { at: 2 }), 'late').to.equal(false);
    expect(isShort({ ...QUALIFIED, usedName: 'VALMORÉE-ROC' }, { at: 4 }), 'more').to.equal(false);
    expect(isShort({ ...QUALIFIED, usedName: 'ROC' }, { at: 5 }), 'another used name').to.equal(true);
    expect(isShort({ ...QUALIFIED, birthName: 'VALMOREE' }, { at: 6 }), 'in other letters').to.equal(false);
    expect(isShort(QUALIFIED, { at: 7, sender: 'GAM' }), 'another sender').to.equal(false);
    expect(isShort(QUALIFIED, { at: 8 }), 'of two senders').to.equal(false);
  });
});

/** What each way answers to the last identity. */
function ways(hospital: Hospital, isForeign: boolean): { readonly repeated: Judgement | undefined; readonly whole: Judgement } {
  const { one, before } = hospital.last!;
  const { senders } = hospital.settings;
  const told = { ...one, settings: { ...one.settings, senders }, sendersOf: () => senders, owns: () => !isForeign, isForeign };
  const known = (kind: string, key: string): string | undefined => before.get(`${kind} ${key}`);
  return { repeated: judgeRepeated(told, known), whole: judgeWhole(told, known) };
}
