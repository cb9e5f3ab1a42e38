/** What one sender says as a fold (SAFETY A2): a function of the set of its statements. */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { bothFolds, foldIn, traitsOfClaim, type Fold } from '../../../core/identity/fold.ts';
import { isSaidAgain } from '../../../core/identity/traits.ts';
import type { Patient } from '../../../core/model/index.ts';
import { INS, OID, OTHER_INS } from './hospital.ts';

const RUNS = 500;

const traits = fc.record(
  {
    birthName: fc.constantFrom('VALMORÉE', 'VALMOREE', 'ÉTREZAC', 'MARTIN'),
    firstGivenName: fc.constantFrom('ÉLISE', 'ANNE'),
    sex: fc.constantFrom('F', 'M'),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Patient>;
const claim = fc.constantFrom<Patient>(
  { ins: INS, insOid: OID, insStatus: 'VALI', identityStatus: 'QUAL' },
  { ins: OTHER_INS, insOid: OID, insStatus: 'VALI', identityStatus: 'QUAL' },
  { identityStatus: 'VALI' },
  {},
);
/** Each at a time of its own. */
const statements = fc.array(fc.tuple(claim, traits), { minLength: 1, maxLength: 8 });

describe('the fold of a sender', () => {
  const folded = (all: readonly (readonly [Patient, Patient])[], order: readonly number[]): Fold =>
    order.reduce<Fold | undefined>((fold, i) => foldIn(fold, { ...all[i]![0], ...all[i]![1] }, `t${i}`, true), undefined)!;

  it('A2: is the same for any order of claims of several INS, with whatever traits', () => {
    const orders = statements.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all.keys()], { minLength: all.length })));
    fc.assert(
      fc.property(orders, ([all, order]) => {
        expect(folded(all, order)).to.deep.equal(folded(all, [...all.keys()]));
      }),
      { numRuns: RUNS },
    );
  });

  it('A2, A4: knows of each trait what its sender said otherwise last, in any order, under one number or two', () => {
    const orders = statements.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all.keys()], { minLength: all.length }), fc.nat(all.length)),
    );
    let known = 0;
    fc.assert(
      fc.property(orders, ([all, order, cut]) => {
        const [one, two] = [order.slice(0, cut), order.slice(cut)];
        const { registers } = one.length * two.length > 0 ? bothFolds(folded(all, one), folded(all, two)) : folded(all, order);
        for (const trait of ['birthName', 'firstGivenName', 'sex'] as const) {
          const said = all.flatMap(([, said]) => said[trait] ?? []);
          const was = said.findLast((value) => !isSaidAgain(trait, value, said.at(-1)));
          if (was !== undefined) known += 1;
          expect(registers[trait]?.was).to.equal(was);
        }
      }),
      { numRuns: RUNS },
    );
    expect(known).to.be.above(RUNS / 2);
  });

  it('A3: knows of each INS the trait that it was last claimed with, and when', () => {
    let known = 0;
    fc.assert(
      fc.property(statements, (all) => {
        const { registers } = folded(all, [...all.keys()]);
        const { claim: last } = registers;
        if (!last?.value) return;
        const { ins } = last.value as { ins: string };
        const found = traitsOfClaim(registers, last);
        for (const trait of ['birthName', 'firstGivenName', 'sex'] as const) {
          const i = all.findLastIndex(([said, with_]) => said.ins === ins && with_[trait] !== undefined);
          if (i < 0) continue;
          known += 1;
          expect(found.get(trait)).to.deep.equal({ value: all[i]![1][trait], at: `t${i}` });
        }
      }),
      { numRuns: RUNS },
    );
    expect(known).to.be.above(RUNS / 2);
  });
});
