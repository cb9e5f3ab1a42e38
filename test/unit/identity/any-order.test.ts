/** SAFETY A2, A6 as properties: whatever order statements, merges and links come in, and whatever is undone. */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { joinedOf, lineOf } from '../../../core/identity/index.ts';
import type { Judgement } from '../../../core/knowledge/index.ts';
import type { Patient } from '../../../core/model/index.ts';
import { Hospital, OTHER_INS, PLAIN, QUALIFIED, TRAITS, VALIDATED, keyed } from './hospital.ts';

const NUMBERS = ['1', '2', '3', '4'] as const;
const number = fc.constantFrom(...NUMBERS);
const pair = fc.tuple(number, number).filter(([a, b]) => a !== b);
const at = fc.nat({ max: 6 });

const tell = fc.record({
  what: fc.constant('tell' as const),
  ipp: number,
  /** `LAB`: not listed, trusted less than the others; `DCC`: the record, whose numbers they are not. */
  sender: fc.constantFrom('DPI', 'GAM', 'LAB', 'DCC'),
  at,
  said: fc.constantFrom(QUALIFIED, VALIDATED, TRAITS, {}),
  more: fc.record(
    { usedName: fc.constantFrom('A', 'B', 'C'), phones: fc.constantFrom('0500000000', '0600000000').map((phone) => [phone]) },
    { requiredKeys: [] },
  ),
});
const link = fc.record({ what: fc.constant('link' as const), pair, at, undone: fc.boolean() });
const merge = fc.record({ what: fc.constant('merge' as const), pair, at, kind: fc.constantFrom('merge' as const, 'change-id' as const) });
/** What contradicts too: INS, names, marks. */
const anything = fc.constantFrom<Patient>(
  QUALIFIED,
  VALIDATED,
  TRAITS,
  {},
  { ...QUALIFIED, ins: OTHER_INS },
  { ...QUALIFIED, birthName: 'ÉTREZAC' },
  { ...PLAIN, birthName: 'ÉTREZAC' },
  { ...VALIDATED, identityFlags: ['DOUB'], automaticFiling: false },
);
const claim = fc.record({
  what: fc.constant('tell' as const),
  ipp: number,
  sender: fc.constantFrom('DPI', 'GAM', 'LAB', 'DCC'),
  at,
  said: anything,
  more: fc.record({ usedName: fc.constantFrom('A', 'B') }, { requiredKeys: [] }),
});
const fullMerge = merge.chain((one) =>
  fc.record(
    {
      what: fc.constant(one.what),
      pair: fc.constant(one.pair),
      at: fc.constant(one.at),
      kind: fc.constant(one.kind),
      sender: fc.constantFrom('DPI', 'GAM'),
      patient: anything,
    },
    { requiredKeys: ['what', 'pair', 'at', 'kind', 'sender'] },
  ),
);
type Event = typeof tell extends fc.Arbitrary<infer T> ? T | (typeof link extends fc.Arbitrary<infer L> ? L : never) | Merge : never;
type Merge = (typeof merge extends fc.Arbitrary<infer T> ? T : never) & { readonly sender?: string; readonly patient?: Patient };

function play(hospital: Hospital, event: Event, id: string): Judgement {
  if (event.what === 'merge') {
    const { pair: numbers, at: said, kind, sender, patient } = event;
    return hospital.merge(...numbers, { id, at: said, kind, ...(sender !== undefined && { sender }), ...(patient && { patient }) });
  }
  if (event.what === 'link') return hospital.link(...event.pair, { id, at: event.at, undone: event.undone });
  const { ipp, sender, said, more } = event;
  return hospital.identity({ ...said, ...more }, { id, ipp, sender, at: event.at, isOfRecord: sender === 'DCC' });
}

/** A person accepts whatever it asks, question by question, and undoes what stands before it; false when that cannot be. */
function accept(hospital: Hospital, event: Event, id: string): boolean {
  while (play(hospital, event, id).quarantine) {
    const { kind } = hospital.tasks().find((task) => task.id === id)!;
    if (kind === 'merge-cycle') return false;
    if (kind === 'merge-elsewhere' || kind === 'merge-changed') hospital.undo((event as Merge).pair[1]);
    else hospital.answer(id, 'accepted');
  }
  return true;
}

/** All that is known of the numbers and between them; not how it became known. */
const known = (hospital: Hospital): object =>
  NUMBERS.map((ipp) => {
    const person = hospital.person(ipp);
    if (!person) return undefined;
    const { folds, chosen, into, absorbed = [], links = [], inherited } = person;
    // Of a number that was only named nothing is known.
    if (!into && Object.keys({ ...folds, ...inherited }).length + absorbed.length + links.length === 0) return undefined;
    const keysOf = (all: readonly { readonly key: string }[]): readonly string[] => all.map(({ key }) => key).toSorted();
    const { patient, ins } = joinedOf(person, hospital.settings.senders);
    return {
      folds,
      chosen,
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

  it('A2, A6: the same for merges that people accepted, changes of number among them, over whatever else was accepted', () => {
    const some = fc.array(fc.oneof(claim, claim, claim, fullMerge), { maxLength: 6 });
    const counts = { undone: 0, accepted: 0 };
    fc.assert(
      fc.property(some, fullMerge, some, (before, one, after) => {
        const [into, from] = one.pair;
        const others = after.filter((event) => event.what === 'tell' || !event.pair.includes(from));
        let isAsked = false;
        const run = (isMerged: boolean): Hospital | undefined => {
          const hospital = new Hospital();
          const leads = (): boolean => hospital.person(from)?.into?.key === keyed(into);
          for (const [i, event] of before.entries()) accept(hospital, event, `B${i}`);
          if (hospital.person(from)?.into) return undefined;
          if (isMerged && !(accept(hospital, one, 'one') && leads())) return undefined;
          isAsked ||= hospital.tasks().some(({ id }) => id === 'one');
          for (const [i, event] of others.entries()) if (play(hospital, event, `A${i}`).quarantine) return undefined;
          if (isMerged && !leads()) return undefined;
          if (isMerged) hospital.undo(from);
          return hospital;
        };
        const [with_, without] = [run(true), run(false)];
        fc.pre(with_ !== undefined && without !== undefined);
        counts.undone += 1;
        if (isAsked) counts.accepted += 1;
        expect(known(with_)).to.deep.equal(known(without));
      }),
      { numRuns: 300, seed: 6, maxSkipsPerRun: 20 },
    );
    expect(counts.accepted, `of ${counts.undone}`).to.be.above(20);
  });

  it('A2, A4: with three senders and what people chose between them, nothing comes to count without a question but what the message itself says', () => {
    const one = claim.map((said) => ({ ...said, ipp: '1' as const })).filter(({ sender }) => sender !== 'DCC');
    let chosen = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(one, fc.boolean()), { minLength: 3, maxLength: 12 }), (all) => {
        const hospital = new Hospital();
        for (const [i, [event, isAccepted]] of all.entries()) {
          const before = hospital.person('1') && hospital.joined('1').patient;
          const { preferred, folds = {} } = hospital.person('1') ? lineOf(hospital.person('1')!) : {};
          const holder = preferred?.['claim'] === undefined ? undefined : folds[preferred['claim']]?.registers['claim'];
          if (play(hospital, event, `M${i}`).quarantine) {
            expect(hospital.joined('1').patient).to.deep.equal(before);
            if (isAccepted) accept(hospital, event, `M${i}`);
            continue;
          }
          if (!before) continue;
          const { patient } = hospital.joined('1');
          if (preferred) chosen += 1;
          for (const trait of ['birthName', 'firstGivenName', 'sex', 'birthDate'] as const) {
            expect([before[trait], event.said[trait]], `M${i} ${trait}`).to.include(patient[trait]);
            if (preferred?.[trait] === undefined || patient[trait] === before[trait]) continue;
            // A choice is of a value: the one that was chosen corrects itself where nobody says otherwise.
            expect(preferred[trait], `M${i} ${trait}`).to.equal(`990001018|${event.sender}`);
            const said = Object.values(lineOf(hospital.person('1')!).folds).flatMap(({ registers }) => registers[trait]?.value ?? []);
            expect(new Set(said), `M${i} ${trait}`).to.deep.equal(new Set([patient[trait]]));
          }
          // Of the number that was chosen the traits may have come back.
          if (holder) expect([null, (holder.value as Patient | null)?.ins, event.said.ins], `M${i}`).to.include(patient.ins);
        }
      }),
      { numRuns: 500, seed: 6 },
    );
    expect(chosen).to.be.above(200);
  });

  it('A2, A6: the same numbers are beside each other, whatever order messages come in that give them together', () => {
    const said = fc.record({
      ipp: fc.constantFrom('1', '2'),
      group: fc.option(fc.constantFrom('G1', 'G2', 'G3'), { nil: undefined }),
      sender: fc.constantFrom('DPI', 'GAM'),
      at: fc.nat({ max: 9 }),
    });
    const orders = fc
      .array(said, { minLength: 2, maxLength: 9 })
      .chain((all) => fc.shuffledSubarray([...all.keys()], { minLength: all.length }).map((order) => [all, order] as const));
    let replaced = 0;
    fc.assert(
      fc.property(orders, ([all, shuffled]) => {
        const run = (order: readonly number[]): object => {
          const hospital = new Hospital();
          for (const i of order) {
            const { group, ...one } = all[i]!;
            expect(hospital.identity(TRAITS, { ...one, id: `M${i}`, ...(group !== undefined && { group }) })).to.not.have.property('quarantine');
          }
          return ['1', '2', 'G1', 'G2', 'G3'].map((ipp) => hospital.person(ipp)?.beside?.toSorted((a, b) => (a.key < b.key ? -1 : 1)) ?? []);
        };
        const first = run([...all.keys()]);
        expect(run(shuffled)).to.deep.equal(first);
        if (
          new Set(all.map(({ ipp, group, sender }) => `${ipp} ${sender} ${group}`)).size >
          new Set(all.map(({ ipp, sender }) => `${ipp} ${sender}`)).size
        )
          replaced += 1;
      }),
      { numRuns: 300 },
    );
    expect(replaced).to.be.above(100);
  });

  it('A1, A6: a merge that asks asks too where numbers of a second domain came with those that it names, merged there or not', () => {
    const group = fc.constantFrom('G1', 'G2', 'G3');
    const named = fc.record({
      what: fc.constant('tell' as const),
      ipp: number,
      said: fc.constantFrom(QUALIFIED, { ...QUALIFIED, ins: OTHER_INS }, TRAITS),
      group,
    });
    const there = fc.record({ what: fc.constant('there' as const), pair: fc.tuple(group, group).filter(([a, b]) => a !== b) });
    const here = fc.record({ what: fc.constant('merge' as const), pair, kind: fc.constantFrom('merge' as const, 'change-id' as const) });
    const undo = fc.record({ what: fc.constant('undo' as const), ipp: number });
    let asked = 0;
    fc.assert(
      fc.property(fc.array(fc.oneof(named, named, named, there, here, here, undo), { minLength: 5, maxLength: 20 }), (all) => {
        const [with_, without] = [true, false].map((isGroup) => {
          const hospital = new Hospital();
          const merges = all.map((event, i): boolean => {
            const id = `M${i}`;
            if (event.what === 'undo') {
              if (hospital.person(event.ipp)?.into) hospital.undo(event.ipp);
              return false;
            }
            if (event.what === 'there' && !isGroup) return false;
            const say = (): boolean =>
              (event.what === 'tell'
                ? hospital.identity(event.said, { id, ipp: event.ipp, at: i, ...(isGroup && { group: event.group }) })
                : hospital.merge(event.pair[0], event.pair[1], {
                    id,
                    at: i,
                    ...(event.what === 'there' ? { domain: 'groupe' } : { kind: event.kind }),
                  })
              ).quarantine !== undefined;
            const isAsked = say();
            for (let again = isAsked; again; again = say()) {
              const { kind } = hospital.tasks().find((task) => task.id === id)!;
              if (kind === 'merge-cycle') break;
              if ((kind === 'merge-elsewhere' || kind === 'merge-changed') && event.what !== 'tell') hospital.undo(event.pair[1]);
              else hospital.answer(id, 'accepted');
            }
            return event.what === 'merge' && isAsked;
          });
          return { merges, into: NUMBERS.map((ipp) => hospital.person(ipp)?.into?.key) };
        }) as [{ merges: boolean[]; into: unknown }, { merges: boolean[]; into: unknown }];
        expect(with_.into).to.deep.equal(without.into);
        asked += without.merges.filter(Boolean).length;
        without.merges.forEach((isAsked, i) => isAsked && expect(with_.merges[i], `M${i}`).to.equal(true));
      }),
      { numRuns: 300, seed: 6 },
    );
    expect(asked).to.be.above(300);
  });

  it('A6: once all merges are undone, in whatever order, nothing is left of what they said, and the same is known', () => {
    const all = fc.array(fc.oneof(claim, fullMerge, fullMerge), { minLength: 3, maxLength: 14 });
    const orders = fc.shuffledSubarray([...NUMBERS], { minLength: NUMBERS.length });
    let undone = 0;
    fc.assert(
      fc.property(all, orders, (events, order) => {
        const run = (numbers: readonly string[]): object => {
          const hospital = new Hospital();
          for (const [i, event] of events.entries()) accept(hospital, event, `M${i}`);
          const merged = numbers.filter((ipp) => hospital.person(ipp)?.into);
          for (const ipp of merged) hospital.undo(ipp);
          if (merged.length > 1) undone += 1;
          for (const ipp of NUMBERS) expect(hospital.person(ipp) ?? {}).to.not.have.any.keys('inherited', 'absorbed', 'into');
          return known(hospital);
        };
        expect(run(order)).to.deep.equal(run(order.toReversed()));
      }),
      { numRuns: 150, seed: 6 },
    );
    expect(undone).to.be.above(100);
  });
});
