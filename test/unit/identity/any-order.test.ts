/** SAFETY A2, A6 as properties: whatever order statements, merges and links come in, and whatever is undone. */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { joinedOf } from '../../../core/identity/index.ts';
import type { Judgement } from '../../../core/knowledge/index.ts';
import { Hospital, QUALIFIED, TRAITS, VALIDATED, keyed } from './hospital.ts';

const NUMBERS = ['1', '2', '3', '4'] as const;
const number = fc.constantFrom(...NUMBERS);
const pair = fc.tuple(number, number).filter(([a, b]) => a !== b);
const at = fc.nat({ max: 6 });

const tell = fc.record({
  what: fc.constant('tell' as const),
  ipp: number,
  /** `DCC`: the record, whose numbers they are not. */
  sender: fc.constantFrom('DPI', 'GAM', 'DCC'),
  at,
  said: fc.constantFrom(QUALIFIED, VALIDATED, TRAITS, {}),
  more: fc.record(
    { usedName: fc.constantFrom('A', 'B', 'C'), phones: fc.constantFrom('0500000000', '0600000000').map((phone) => [phone]) },
    { requiredKeys: [] },
  ),
});
const link = fc.record({ what: fc.constant('link' as const), pair, at, undone: fc.boolean() });
const merge = fc.record({ what: fc.constant('merge' as const), pair, at, kind: fc.constantFrom('merge' as const, 'change-id' as const) });
type Event = typeof tell extends fc.Arbitrary<infer T> ? T | (typeof link extends fc.Arbitrary<infer L> ? L : never) | Merge : never;
type Merge = typeof merge extends fc.Arbitrary<infer T> ? T : never;

function play(hospital: Hospital, event: Event, id: string): Judgement {
  if (event.what === 'merge') return hospital.merge(...event.pair, { id, at: event.at, kind: event.kind });
  if (event.what === 'link') return hospital.link(...event.pair, { id, at: event.at, undone: event.undone });
  const { ipp, sender, said, more } = event;
  return hospital.identity({ ...said, ...more }, { id, ipp, sender, at: event.at, isOfRecord: sender === 'DCC' });
}

/** All that is known of the numbers and between them; not how it became known. */
const known = (hospital: Hospital): object =>
  NUMBERS.map((ipp) => {
    const person = hospital.person(ipp);
    if (!person) return undefined;
    const { folds, into, absorbed = [], links = [], inherited } = person;
    const keysOf = (all: readonly { readonly key: string }[]): readonly string[] => all.map(({ key }) => key).toSorted();
    const { patient, ins } = joinedOf(person, hospital.settings.senders);
    return {
      folds,
      patient,
      ins,
      into: into?.key,
      absorbed: keysOf(absorbed),
      links: links.map(({ key, at: said, isLinked }) => `${key} ${said} ${isLinked}`).toSorted(),
      ...(inherited && { inherited }),
    };
  });

describe('whatever order identities come in', () => {
  it('A2, A6: statements, merges and links of some numbers give the same persons', () => {
    // Each number is absorbed once at most, by a higher one: anything else is for a person.
    const merges = fc.subarray(['1', '2', '3'] as const).chain((gone) =>
      fc.tuple(
        ...gone.map((from) =>
          fc.record({
            what: fc.constant('merge' as const),
            pair: fc.constantFrom(...NUMBERS.filter((into) => into > from)).map((into) => [into, from] as (typeof NUMBERS)[number][]),
            at,
            kind: fc.constantFrom('merge' as const, 'change-id' as const),
          }),
        ),
      ),
    ) as unknown as fc.Arbitrary<readonly Merge[]>;
    const events = fc.tuple(fc.array(fc.oneof(tell, tell, link), { minLength: 2, maxLength: 9 }), merges).map(([some, more]) => [...some, ...more]);
    const orders = events.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all.keys()], { minLength: all.length })));
    let merged = 0;
    fc.assert(
      fc.property(orders, ([all, shuffled]) => {
        const run = (order: readonly number[]): Hospital => {
          const hospital = new Hospital();
          for (const i of order) expect(play(hospital, all[i]!, `M${i}`).quarantine).to.equal(undefined);
          return hospital;
        };
        const first = run([...all.keys()]);
        expect(known(run(shuffled))).to.deep.equal(known(first));
        if (NUMBERS.some((ipp) => first.person(ipp)?.into)) merged += 1;
      }),
      { numRuns: 300 },
    );
    expect(merged, 'with merges').to.be.above(100);
  });

  it('A6: a merge that is undone leaves what there is without it, whatever was said meanwhile of either number', () => {
    const others = fc.array(fc.oneof(tell, tell, link), { maxLength: 6 });
    let undone = 0;
    fc.assert(
      fc.property(others, merge, others, (before, one, after) => {
        const run = (isMerged: boolean): Hospital | undefined => {
          const hospital = new Hospital();
          for (const ipp of NUMBERS) hospital.identity(TRAITS, { ipp, at: 0, id: `N${ipp}` });
          const all = [...before, ...(isMerged ? [one] : []), ...after];
          for (const event of all)
            if (play(hospital, event, event === one ? 'merge' : `M${[...before, ...after].indexOf(event as never)}`).quarantine) return undefined;
          if (isMerged) hospital.undo(one.pair[1]);
          return hospital;
        };
        const [with_, without] = [run(true), run(false)];
        fc.pre(with_ !== undefined && without !== undefined);
        undone += 1;
        expect(known(with_)).to.deep.equal(known(without));
        expect(with_.person(one.pair[1])!.undone?.map(({ key }) => key)).to.deep.equal([keyed(one.pair[0])]);
      }),
      { numRuns: 300 },
    );
    expect(undone).to.equal(300);
  });
});
