/** Merges relink, reversibly; nobody is ever attached to two (SAFETY A6). */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { undoneMerge } from '../../../core/engine/undone-merge.ts';
import type { Known, NoteRef } from '../../../core/knowledge/index.ts';
import type { Patient } from '../../../core/model/index.ts';
import { personOf, survivorOf, type Person } from '../../../core/identity/index.ts';
import { Archive, index } from '../documents/archive.ts';
import { DOMAIN, Hospital, INS, OTHER_INS, PLAIN, QUALIFIED, TRAITS, VALIDATED, keyed, patientOf, verdict } from './hospital.ts';

const NUMBERS = ['1', '2', '3', '4', '5'] as const;
const OTHERWISE = { ...QUALIFIED, ins: OTHER_INS };

describe('merges', () => {
  let hospital: Hospital;
  beforeEach(() => {
    hospital = new Hospital();
    for (const ipp of NUMBERS) hospital.identity({ ...TRAITS, usedName: `N${ipp}` }, { ipp });
  });
  const survivor = (ipp: string): string => survivorOf(keyed(ipp), hospital.known).person!.ipp;
  /** What is known, without the trace of what was done. */
  const state = (of: Hospital): object =>
    Object.fromEntries(
      NUMBERS.map((ipp) => {
        const { history: _, undone: __, ...rest } = of.person(ipp)!;
        return [ipp, rest];
      }),
    );

  it('A4: a candidate is shown with an INS that is claimed for it and does not count any more, and as such', () => {
    hospital = new Hospital();
    hospital.identity(QUALIFIED, { ipp: '1' });
    hospital.identity({ ...PLAIN, birthName: 'VALBRUNE' }, { ipp: '1' });
    hospital.identity({ ...TRAITS, birthName: 'VALBRUNE' }, { ipp: '2' });
    hospital.merge('1', '2');
    hospital.undo('2');
    hospital.merge('1', '2', { id: 'asked' });
    const shown = hospital.tasks()[0]!.candidates.map(({ ipp, patient }) => [ipp, patient.ins, patient.insStatus]);
    expect(shown).to.deep.include(['1', INS, 'NOT-QUALIFIED']).and.deep.include(['2', null, 'UNKNOWN']);
    expect(hospital.joined('1').patient, 'no more than shown').to.include({ ins: null, insStatus: 'UNKNOWN' });
  });

  it('A6: relink the absorbed number and leave what is known of both', () => {
    const { folds } = hospital.person('2')!;
    expect(hospital.merge('1', '2')).to.not.have.property('quarantine');
    expect(hospital.person('2')!.folds).to.deep.equal(folds);
    expect(survivor('2')).to.equal('1');
    expect(hospital.person('1')!.absorbed).to.have.length(1);
  });

  for (const kind of ['merge', 'change-id'] as const)
    it(`A6: what the message of a ${kind} says of the survivor goes with an undo: its INS above all`, () => {
      hospital = new Hospital();
      hospital.identity(TRAITS, { ipp: '1', at: 1 });
      hospital.identity({ ...TRAITS, birthName: 'VALMORÉE' }, { ipp: '2', at: 1 });
      const { folds } = hospital.person('1')!;
      hospital.merge('1', '2', { kind, patient: { ...QUALIFIED, usedName: 'ÉTREZAC' }, at: 2 });
      expect(hospital.joined('1').ins?.ins).to.equal(INS);
      hospital.undo('2');
      expect(hospital.person('1')!.folds).to.deep.equal(folds);
      expect(hospital.joined('1').patient).to.include({ ins: null }).and.not.have.property('usedName');
      hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { ipp: '1', at: 3 });
      expect(hospital.joined('1').ins?.ins, 'and holds against nobody').to.equal(OTHER_INS);
    });

  describe('of a survivor of which somebody else says another name, accepted by a person', () => {
    const other = { ...QUALIFIED, birthName: 'ÉTREZAC' };
    const say = (): unknown => hospital.merge('3', '2', { id: 'asked', sender: 'GAM', at: 5, patient: other });
    beforeEach(() => {
      hospital = new Hospital();
      hospital.identity(TRAITS, { ipp: '2', at: 1 });
      hospital.identity(QUALIFIED, { ipp: '3', at: 1 });
      say();
      hospital.answer('asked', 'accepted');
    });

    it('A2, A6: what the person chose goes with an undo, and overrules nobody later', () => {
      say();
      expect(hospital.joined('3').patient.birthName).to.equal('ÉTREZAC');
      hospital.undo('2');
      const told = hospital.identity(other, { ipp: '3', sender: 'GAM', at: 9, id: 'again' });
      expect([verdict(told), hospital.joined('3').ins?.ins]).to.deep.equal(['quarantined ERR_IDENTITY_CONFLICT', INS]);
      expect(verdict(hospital.identity({ birthName: 'ÉTREZAC' }, { ipp: '3', sender: 'GAM', at: 9 }))).to.equal('updated');
      expect(hospital.joined('3').patient).to.include({ birthName: 'VALMORÉE', ins: INS });
    });

    it('A2, A6: what a person had chosen before is there again after an undo, though the merge said otherwise', () => {
      hospital = new Hospital([]);
      hospital.identity({ ...TRAITS, birthName: 'VALMORÉE' }, { ipp: '3', sender: 'A', at: 1 });
      const choose = (): unknown => hospital.identity({ ...TRAITS, birthName: 'ÉTREZAC' }, { ipp: '3', sender: 'B', at: 2, id: 'chosen' });
      choose();
      hospital.answer('chosen', 'accepted');
      choose();
      const merge = (): unknown => hospital.merge('3', '2', { id: 'merged', sender: 'A', at: 5, patient: { ...TRAITS, birthName: 'VALBRUNE' } });
      merge();
      hospital.answer('merged', 'accepted');
      merge();
      expect(hospital.joined('3').patient.birthName).to.equal('VALBRUNE');
      hospital.undo('2');
      expect(hospital.joined('3').patient.birthName).to.equal('ÉTREZAC');
    });
  });

  it('A6: follow chains to their end, before and after', () => {
    hospital.merge('2', '3');
    hospital.merge('1', '2');
    hospital.merge('3', '4');
    expect(NUMBERS.map(survivor)).to.deep.equal(['1', '1', '1', '1', '5']);
  });

  it('A6: a circle is quarantined and cannot be accepted', () => {
    hospital.merge('2', '3');
    hospital.merge('1', '2');
    expect(verdict(hospital.merge('3', '1', { id: 'circle' }))).to.equal('quarantined ERR_IDENTITY_MERGE');
    expect(hospital.tasks()[0]).to.include({ kind: 'merge-cycle' });
    expect(() => hospital.answer('circle', 'accepted')).to.throw('a circle of merges');
    hospital.answer('circle', 'rejected');
    expect(survivor('3')).to.equal('1');
  });

  it('A6: a number that another one absorbed is for a person, who undoes that first: receivers of it are called then', () => {
    hospital.merge('1', '2');
    expect(verdict(hospital.merge('3', '2', { id: 'asked' }))).to.equal('quarantined ERR_IDENTITY_MERGE');
    expect([survivor('2'), hospital.tasks()[0]!.kind]).to.deep.equal(['1', 'merge-elsewhere']);
    expect(() => hospital.answer('asked', 'accepted')).to.throw('a number that another one absorbed before');
    hospital.undo('2');
    hospital.merge('3', '2', { id: 'asked' });
    expect(hospital.tasks()[0]!.state).to.equal('accepted');
    expect(survivor('2')).to.equal('3');
    expect(hospital.person('1')).to.not.have.property('absorbed');
  });

  it('A6: a merge of a number that was changed for another one is never an advice to undo that change, and cannot be accepted', () => {
    hospital.identity(TRAITS, { ipp: '2' });
    hospital.merge('4', '2', { kind: 'change-id' });
    expect(verdict(hospital.merge('3', '2', { id: 'asked' }))).to.equal('quarantined ERR_IDENTITY_MERGE');
    expect([survivor('2'), hospital.tasks()[0]!.kind]).to.deep.equal(['4', 'merge-changed']);
    expect(() => hospital.answer('asked', 'accepted')).to.throw('an undo of the merge before');
    hospital.answer('asked', 'rejected');
    hospital.merge('3', '4');
    expect(survivor('2'), 'of the number of now').to.equal('3');
    expect(verdict(hospital.merge('1', '2', { kind: 'change-id', id: 'again' }))).to.equal('quarantined ERR_IDENTITY_MERGE');
    expect(hospital.tasks().find(({ id }) => id === 'again')!.kind, 'two changes of one number').to.equal('merge-elsewhere');
  });

  it('A6: a merge that was accepted for one reason is asked again when there is another one', () => {
    hospital.identity(QUALIFIED, { ipp: '1' });
    hospital.identity(OTHERWISE, { ipp: '2' });
    hospital.merge('1', '2', { id: 'asked' });
    hospital.merge('5', '2');
    hospital.answer('asked', 'accepted');
    expect(verdict(hospital.merge('1', '2', { id: 'asked' }))).to.equal('quarantined ERR_IDENTITY_MERGE');
    expect([hospital.tasks()[0]!.kind, survivor('2')]).to.deep.equal(['merge-elsewhere', '5']);
    hospital.undo('2');
    expect(hospital.merge('1', '2', { id: 'asked' })).to.not.have.property('quarantine');
    expect([survivor('2'), hospital.tasks()[0]!.state]).to.deep.equal(['1', 'accepted']);
  });

  it('A6: said again, or to where a chain leads already, changes nothing', () => {
    hospital.merge('2', '3');
    hospital.merge('1', '2');
    const before = state(hospital) as Record<string, { into?: object }>;
    expect(hospital.merge('1', '3', { id: 'repeated' })).to.not.have.property('quarantine');
    const now = state(hospital) as Record<string, { into?: object }>;
    expect(now['3']!.into).to.have.property('earlier').that.includes('repeated');
    expect({ ...now, 3: { ...now['3'], into: before['3']!.into } }, 'but who said so').to.deep.equal(before);
  });

  describe('said over a chain', () => {
    const chained = (): void => {
      hospital = new Hospital();
      for (const ipp of ['1', '2', '3']) hospital.identity(TRAITS, { ipp, at: 0 });
    };
    for (const undone of ['3', '2'] as const)
      it(`A6: what a merge said of the survivor goes with an undo, at the ${undone === '3' ? 'start' : 'middle'} of the chain, and holds against nobody`, () => {
        chained();
        hospital.merge('2', '3', { at: 1 });
        hospital.merge('1', '2', { at: 2 });
        const before = [hospital.joined('1'), hospital.joined('2')];
        hospital.merge('1', '3', { at: 3, patient: QUALIFIED });
        expect(hospital.joined('1').ins?.ins).to.equal(INS);
        hospital.undo(undone);
        expect([hospital.joined('1'), hospital.joined('2')]).to.deep.equal(before);
        expect(verdict(hospital.identity(OTHERWISE, { ipp: '1', at: 9 }))).to.equal('qualified');
      });

    for (const undone of ['3', '2'] as const)
      it(`A6: what a merge said of a number beside the chain goes with the undo of ${undone === '3' ? 'the absorbed one' : 'that number'}`, () => {
        chained();
        hospital.merge('1', '3', { at: 1 });
        hospital.merge('1', '2', { at: 2 });
        hospital.merge('2', '3', { at: 3, patient: QUALIFIED });
        expect(hospital.joined('2').ins?.ins).to.equal(INS);
        hospital.undo(undone);
        expect(hospital.joined('2').ins).to.equal(undefined);
      });

    it('A6: what it said of a number that another one took the place of since goes from that one too', () => {
      chained();
      hospital.merge('2', '3', { at: 1 });
      hospital.merge('1', '2', { at: 2 });
      hospital.merge('1', '3', { at: 3, patient: QUALIFIED });
      hospital.merge('9', '1', { kind: 'change-id', at: 4 });
      expect(hospital.joined('9').ins?.ins).to.equal(INS);
      hospital.undo('2');
      expect(['9', '1'].map((ipp) => hospital.joined(ipp).ins)).to.deep.equal([undefined, undefined]);
    });
  });

  it('A6: two INS are never merged by themselves; one, or the same, is', () => {
    hospital.identity(QUALIFIED, { ipp: '1' });
    hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { ipp: '2' });
    hospital.identity(QUALIFIED, { ipp: '3' });
    expect(verdict(hospital.merge('1', '2', { id: 'two' }))).to.equal('quarantined ERR_IDENTITY_MERGE');
    expect(
      hospital
        .tasks()
        .find(({ id }) => id === 'two')!
        .differences.map(({ attribute }) => attribute),
    ).to.include('ins');
    expect(hospital.merge('1', '3')).to.not.have.property('quarantine');
    expect(hospital.merge('1', '4')).to.not.have.property('quarantine');
    hospital.answer('two', 'accepted');
    hospital.merge('1', '2', { id: 'two' });
    expect(survivor('2')).to.equal('1');
  });

  it('A6: a merge that is said again and again keeps who said it first and last, in a note that stays small', () => {
    for (const ipp of ['1', '2']) hospital.identity(QUALIFIED, { ipp });
    for (let i = 0; i < 40; i += 1) hospital.merge('1', '2', { id: `again-${i}` });
    const { message, earlier = [] } = hospital.person('2')!.into!;
    expect([earlier[0], earlier.at(-1), message, earlier.length]).to.deep.equal(['again-0', 'again-38', 'again-39', 21]);
    hospital.merge('1', '2', { id: 'again-39' });
    expect(hospital.person('2')!.into!.earlier, 'replayed').to.deep.equal(earlier);
  });

  /** Why a merge that waited does not leave now. */
  const held = async (into: string, from: string): Promise<unknown> => {
    const data = { domain: DOMAIN, surviving: into, absorbed: from };
    const read = async (refs: readonly NoteRef[]): Promise<Known> => {
      const asked = new Set(refs.map(({ key }) => key));
      return (kind, key) => (asked.has(key) ? hospital.known(kind, key) : undefined);
    };
    const hashes = { patient: ({ value }: { readonly value: string }) => keyed(value) };
    return (await undoneMerge({ type: 'dcc.identity.merged', data } as never, { read }, hashes as never))?.code;
  };

  it('A6: a merge that was undone behind its back does not leave', async () => {
    for (const ipp of ['1', '2']) hospital.identity(QUALIFIED, { ipp });
    hospital.merge('1', '2');
    expect(await held('1', '2')).to.equal(undefined);
    hospital.undo('2');
    expect(await held('1', '2')).to.equal('ERR_MERGE_UNDONE');
  });

  it('A6: a merge whose number a person moved elsewhere does not leave, nor come back by itself, whatever is undone after', async () => {
    hospital.merge('1', '2', { id: 'first' });
    const move = (): unknown => hospital.merge('3', '2', { id: 'moved' });
    move();
    hospital.undo('2');
    move();
    expect([await held('1', '2'), await held('3', '2')]).to.deep.equal(['ERR_MERGE_UNDONE', undefined]);
    expect(hospital.person('2')!.undone?.map(({ ipp, who, why }) => [ipp, who, why])).to.deep.equal([['1', 'camille', 'two people']]);
    hospital.undo('2');
    expect([await held('1', '2'), await held('3', '2')]).to.deep.equal(Array(2).fill('ERR_MERGE_UNDONE'));
    expect(verdict(hospital.merge('1', '2', { id: 'first' })), 'replayed').to.equal('quarantined ERR_IDENTITY_MERGE');
  });

  it('A6: a merge of two numbers that one survivor has leaves, though they were separated from another one', async () => {
    hospital.merge('5', '3');
    hospital.undo('3');
    hospital.merge('1', '3');
    hospital.merge('1', '2');
    hospital.merge('2', '5', { id: 'back' });
    hospital.answer('back', 'accepted');
    hospital.merge('2', '5', { id: 'back' });
    expect([await held('2', '3'), await held('1', '5')]).to.deep.equal([undefined, undefined]);
  });

  it('A6: two INS are seen through the chain that the survivor leads to', () => {
    hospital.identity(QUALIFIED, { ipp: '1' });
    hospital.merge('1', '2');
    hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { ipp: '3' });
    expect(verdict(hospital.merge('2', '3'))).to.equal('quarantined ERR_IDENTITY_MERGE');
  });

  describe('of numbers that others absorbed', () => {
    beforeEach(() => {
      hospital.identity(QUALIFIED, { ipp: '2' });
      hospital.identity(OTHERWISE, { ipp: '3' });
    });
    const kinds = (): readonly string[] => hospital.tasks().map(({ kind }) => kind);
    const shown = (): readonly unknown[] =>
      hospital
        .tasks()
        .at(-1)!
        .candidates.map(({ patient }) => patient.ins);

    it('A6: two INS do not meet through a survivor that has none; a person may say so', () => {
      hospital.merge('1', '2');
      expect(verdict(hospital.merge('1', '3', { id: 'asked' }))).to.equal('quarantined ERR_IDENTITY_MERGE');
      expect([kinds(), survivor('3')]).to.deep.equal([['merge-ins'], '3']);
      expect(shown()).to.include.members([INS, OTHER_INS]);
      hospital.answer('asked', 'accepted');
      expect(hospital.merge('1', '3', { id: 'asked' })).to.not.have.property('quarantine');
      expect(verdict(hospital.identity(OTHERWISE, { ipp: '1' })), 'a person accepted both').to.equal('qualified');
    });

    it('A6: two INS do not meet through what the absorbed number absorbed', () => {
      hospital.identity(QUALIFIED, { ipp: '1' });
      hospital.merge('4', '3');
      hospital.merge('5', '4');
      expect(verdict(hospital.merge('1', '5'))).to.equal('quarantined ERR_IDENTITY_MERGE');
      expect(kinds()).to.deep.equal(['merge-ins']);
    });

    it('A6: an INS that a trait took away is no other patient’s either', () => {
      hospital.identity({ birthName: 'ÉTREZAC' }, { ipp: '2' });
      expect(hospital.joined('2').ins).to.equal(undefined);
      expect(verdict(hospital.merge('2', '3'))).to.equal('quarantined ERR_IDENTITY_MERGE');
      expect(shown()).to.include.members([INS, OTHER_INS]);
    });

    it('A4, A6: an INS of a survivor that is not that of a number it absorbed asks a person', () => {
      hospital.merge('4', '2');
      hospital.merge('1', '4');
      expect(verdict(hospital.identity(OTHERWISE, { ipp: '1', id: 'asked' }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
      expect([kinds(), hospital.joined('1').ins]).to.deep.equal([['ins'], undefined]);
      expect(verdict(hospital.merge('1', '5', { patient: OTHERWISE })), 'said beside a merge').to.equal('quarantined ERR_IDENTITY_CONFLICT');
      hospital.answer('asked', 'accepted');
      expect(verdict(hospital.identity(OTHERWISE, { ipp: '1', id: 'asked' }))).to.equal('qualified');
      expect(verdict(hospital.identity(OTHERWISE, { ipp: '4' })), 'accepted of one, it is of all').to.equal('stale-ignored');
    });

    it('A4, A6: another INS that is claimed late asks a person though it does not count yet, and so does saying it again', () => {
      hospital.identity({ ...PLAIN, birthName: 'ÉTREZAC' }, { ipp: '1', at: 50 });
      hospital.merge('1', '2', { at: 51 });
      for (const at of [40, 52])
        expect(verdict(hospital.identity(OTHERWISE, { ipp: '1', at })), `at ${at}`).to.equal('quarantined ERR_IDENTITY_CONFLICT');
      expect([kinds(), hospital.joined('1').ins]).to.deep.equal([['ins', 'ins'], undefined]);
    });

    it('A4, A6: a document of a survivor that names another INS than a number it absorbed is filed nowhere', () => {
      hospital.merge('1', '2');
      const named = (ins: string, ipp: string): string =>
        verdict(hospital.document({ ...PLAIN, ins, insOid: QUALIFIED.insOid!, insStatus: 'VALI' }, { ipp, id: `${ins}-${ipp}` }));
      expect([named(INS, '1'), named(OTHER_INS, '1')]).to.deep.equal(['as it is', 'quarantined ERR_IDENTITY_CONFLICT']);
      hospital.answer(`${OTHER_INS}-1`, 'accepted');
      expect(named(OTHER_INS, '1')).to.equal('as it is');
    });

    it('A6: of more numbers than can be compared a person is asked', () => {
      for (let i = 0; i < 210; i += 1) hospital.merge('1', `n${i}`);
      expect([kinds().length, new Set(kinds())]).to.deep.equal([10, new Set(['merge-ins'])]);
      expect(verdict(hospital.identity(QUALIFIED, { ipp: '1' }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
      expect(verdict(hospital.visit(TRAITS, { ipp: '1' })), 'anything else goes on').to.equal('moved');
    });
  });

  describe('an INS that an undo brings back', () => {
    const two = (...merges: readonly (() => unknown)[]): void => {
      hospital = new Hospital();
      hospital.identity(QUALIFIED, { ipp: '1', at: 1 });
      hospital.identity(OTHERWISE, { ipp: '2', at: 1 });
      for (const ipp of ['3', '4']) hospital.identity(TRAITS, { ipp, at: 1 });
      for (const merge of merges) merge();
    };
    const change = (): unknown => hospital.merge('9', '1', { kind: 'change-id', at: 6 });
    const withdrawn = (): unknown => hospital.merge('1', '3', { at: 5, patient: VALIDATED });
    const otherwise = (): unknown => {
      const merge = (): unknown => hospital.merge('1', '3', { id: 'accepted', at: 5, patient: OTHERWISE });
      merge();
      hospital.answer('accepted', 'accepted');
      return merge();
    };

    for (const [what, into, ...before] of [
      ['that a merge withdrew, of a number that was changed since', '9', withdrawn, change],
      ['that a merge said otherwise', '1', otherwise],
      ['that a merge said otherwise, of a number that was changed since', '9', otherwise, change],
    ] as const)
      it(`A4, A6: does not meet another one without a person: one ${what}`, () => {
        two(...before);
        expect(verdict(hospital.merge(into, '2', { id: 'asked', at: 7 }))).to.equal('quarantined ERR_IDENTITY_MERGE');
        const [{ kind, candidates } = { kind: '', candidates: [] }] = hospital.tasks().filter(({ id }) => id === 'asked');
        expect([kind, new Set(candidates.map(({ patient }) => patient.ins).filter(Boolean))]).to.deep.equal(['merge-ins', new Set([INS, OTHER_INS])]);
        expect(verdict(hospital.merge(into, '4', { at: 7 }))).to.not.include('quarantined');
        expect(verdict(hospital.identity(OTHERWISE, { ipp: '4', at: 8 })), 'said late of one of them').to.include('quarantined');
        hospital.undo('3');
        expect(hospital.joined(into).ins?.ins).to.equal(INS);
      });

    it('A6: asks nobody about one that its own sender said otherwise since, which no undo brings back', () => {
      two(change, () => hospital.identity(OTHERWISE, { ipp: '9', at: 7, id: 'corrected' }));
      hospital.answer('corrected', 'accepted');
      hospital.identity(OTHERWISE, { ipp: '9', at: 7, id: 'corrected' });
      expect(verdict(hospital.merge('9', '2', { at: 8 }))).to.not.include('quarantined');
      hospital.undo('1');
      expect(['1', '9', '2'].map((ipp) => hospital.joined(ipp).ins?.ins)).to.deep.equal([INS, OTHER_INS, OTHER_INS]);
    });
  });

  describe('that comes late', () => {
    const TWIN: Patient = { ...VALIDATED, firstGivenName: 'ZOÉ', birthGivenNames: 'ZOÉ MARIE' };
    const BRUNEL: Patient = { ...VALIDATED, birthName: 'BRUNEL', firstGivenName: 'PAUL', birthGivenNames: 'PAUL', sex: 'M', birthDate: '1970-01-01' };
    const TYPO: Patient = { ...VALIDATED, birthName: 'VALMOREY' };
    const merge = (patient: Patient | undefined, at = 5): string =>
      verdict(hospital.merge('2', '1', { id: 'asked', at, ...(patient && { patient }) }));
    type Said = readonly [ipp: string, at: number, said: Patient, sender?: string];
    const after = (...all: readonly Said[]): void => {
      hospital = new Hospital();
      for (const [ipp, at, said, sender = 'DPI'] of all) hospital.identity(said, { ipp, at, sender });
    };
    const shown = (): unknown => {
      const { kind, candidates } = hospital.tasks().find(({ id }) => id === 'asked')!;
      return [kind, candidates.map(({ ipp, as, patient }) => [ipp, as, patient.firstGivenName])];
    };

    for (const [what, patient, ...said] of [
      ['the number that it absorbs, and the survivor is not known', QUALIFIED, ['1', 50, TWIN]],
      ['the number that it absorbs, which was the patient’s before', undefined, ['2', 1, QUALIFIED], ['1', 1, PLAIN], ['1', 50, TWIN]],
      ['the number that it absorbs, whoever the survivor is by now', PLAIN, ['2', 60, PLAIN], ['1', 50, BRUNEL]],
    ] as readonly (readonly [string, Patient | undefined, ...Said[]])[])
      it(`A2, A4, A6: asks where its own clock says somebody else since of ${what}`, () => {
        after(...said);
        const before = hospital.joined('1');
        expect(merge(patient)).to.equal('quarantined ERR_IDENTITY_MERGE');
        expect(shown()).to.deep.equal([
          'number-again',
          [
            ['1', 'on file', before.patient.firstGivenName],
            ['2', 'on file', 'ÉLISE'],
          ],
        ]);
        expect([survivor('1'), hospital.joined('1')]).to.deep.equal(['1', before]);
        hospital.answer('asked', 'accepted');
        expect([merge(patient), survivor('1')]).to.deep.equal([patient ? 'merged' : 'as it is', '2']);
        expect(verdict(hospital.merge('2', '1', { at: 70 })), 'said again').to.not.include('quarantined');
      });

    for (const kind of ['merge', 'change-id'] as const)
      it(`A2, A4, A6: asks where its own clock says somebody else since of the survivor, with whom it names itself (${kind})`, () => {
        for (const known of [[], [['1', 1, TRAITS] as const]]) {
          after(...known, ['2', 50, BRUNEL]);
          const late = hospital.merge('2', '1', { id: 'asked', at: 5, kind, patient: QUALIFIED });
          expect(verdict(late)).to.equal('quarantined ERR_IDENTITY_MERGE');
          expect(hospital.tasks()[0]!.candidates.map(({ ipp, as, patient }) => [ipp, as, patient.firstGivenName])).to.deep.include.members([
            ['2', 'on file', 'PAUL'],
          ]);
          expect([survivor('1'), hospital.joined('2').patient.birthName]).to.deep.equal(['1', 'BRUNEL']);
        }
      });

    it('A4, A6: asks nobody about ordinary ones: in time, of a typing error or another file, of what others say, of a correction, of who was provisional', () => {
      for (const [what, patient, at, ...said] of [
        ['in time', QUALIFIED, 60, ['2', 1, QUALIFIED], ['1', 50, BRUNEL]],
        ['a duplicate spelled otherwise', QUALIFIED, 5, ['2', 1, QUALIFIED], ['1', 1, TYPO], ['2', 50, QUALIFIED]],
        ['a duplicate of several errors', QUALIFIED, 5, ['2', 1, QUALIFIED], ['1', 1, { ...TYPO, birthDate: '1937-12-06' }], ['2', 50, QUALIFIED]],
        ['said the same since', QUALIFIED, 5, ['2', 1, QUALIFIED], ['1', 50, PLAIN]],
        ['married since', QUALIFIED, 5, ['2', 1, QUALIFIED], ['1', 50, { ...PLAIN, usedName: 'AUTRE', birthPlaceCog: '75056' }]],
        ['by another clock', QUALIFIED, 5, ['2', 1, QUALIFIED], ['1', 50, TYPO, 'GAM']],
        ['a survivor that was corrected since', { ...PLAIN, birthName: 'VALMOREY' }, 5, ['1', 1, PLAIN], ['2', 50, PLAIN]],
        ['who was provisional then', { ...BRUNEL, identityStatus: 'PROV', insStatus: 'PROV' }, 5, ['1', 1, PLAIN], ['2', 50, QUALIFIED]],
      ] as readonly (readonly [string, Patient, number, ...Said[]])[]) {
        after(...said);
        expect(merge(patient, at), what).to.not.include('quarantined');
        expect(survivor('1'), what).to.equal('2');
      }
    });

    it('A2: whichever of the two came first, what was said of the absorbed number since asks', () => {
      const told = [(): unknown => hospital.merge('2', '1', { at: 5 }), (): unknown => hospital.identity(TWIN, { ipp: '1', at: 50 })];
      for (const order of [told, told.toReversed()]) {
        after(['2', 1, QUALIFIED]);
        for (const tell of order) tell();
        expect(hospital.tasks().map(({ state }) => state)).to.deep.equal(['open']);
      }
    });
  });

  it('A6, A8: a merge onto a number that was changed since is told, late or not, in the order of the number of now', () => {
    for (const at of [3, 20]) {
      hospital = new Hospital();
      for (const ipp of ['1', '2']) hospital.identity(QUALIFIED, { ipp, at: 1 });
      hospital.merge('9', '1', { kind: 'change-id', at: 5, patient: QUALIFIED });
      const merged = hospital.merge('1', '2', { at, patient: QUALIFIED });
      expect(merged).to.not.have.property('isSilent');
      expect([merged.event!.type, patientOf(merged).ipp, survivor('2')]).to.deep.equal(['dcc.identity.merged', '1', '9']);
      expect(merged.keys).to.include.members([keyed('1'), keyed('9')]);
    }
  });

  it('A3, A4, A6: a merge that names a number of before brings no name and no INS back that its patient has lost since, whoever says it', () => {
    for (const sender of ['DPI', 'GAM']) {
      hospital = new Hospital();
      for (const ipp of ['1', '2']) hospital.identity(ipp === '1' ? QUALIFIED : PLAIN, { ipp, at: 1 });
      hospital.merge('9', '1', { kind: 'change-id', at: 5, patient: QUALIFIED });
      hospital.identity({ ...VALIDATED, birthName: 'VALBRUNE' }, { ipp: '9', at: 10 });
      const patient = { ...PLAIN, birthName: 'VALBRUNE' };
      const said = [
        hospital.merge('1', '2', { at: 12, sender, patient }),
        hospital.merge('9', '1', { kind: 'change-id', at: 5, patient: QUALIFIED }),
      ];
      expect(said.map((one) => [verdict(one), patientOf(one).birthName, patientOf(one).ins])).to.deep.equal([
        ['merged', 'VALBRUNE', null],
        ['merged', 'VALBRUNE', null],
      ]);
    }
  });

  it('A6: an update of an absorbed number does not bring it back, and is there after an undo', () => {
    hospital.merge('1', '2');
    const told = hospital.identity({ ...TRAITS, usedName: 'APRÈS' }, { ipp: '2' });
    expect(verdict(told)).to.equal('stale-ignored');
    hospital.undo('2');
    expect(hospital.joined('2').patient.usedName).to.equal('APRÈS');
    expect(verdict(hospital.identity(TRAITS, { ipp: '2' }))).to.equal('updated');
  });

  it('A6: another INS for an absorbed number asks a person, so that an undo brings back nothing that nobody saw', () => {
    hospital.identity(QUALIFIED, { ipp: '2' });
    hospital.merge('1', '2');
    expect(verdict(hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { ipp: '2' }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    hospital.undo('2');
    expect(hospital.joined('2').patient.ins).to.equal(INS);
  });

  it('A6: a merge that a person undid does not come back by itself, in either direction; a person may accept it', () => {
    hospital.merge('1', '2', { id: 'first' });
    hospital.undo('2');
    for (const again of [
      () => hospital.merge('1', '2', { id: 'first' }),
      () => hospital.merge('1', '2', { id: 'again', kind: 'change-id' }),
      () => hospital.merge('2', '1', { id: 'back' }),
    ])
      expect(verdict(again())).to.equal('quarantined ERR_IDENTITY_MERGE');
    expect([survivor('1'), survivor('2')]).to.deep.equal(['1', '2']);
    expect(hospital.tasks().map(({ kind }) => kind)).to.deep.equal(Array(3).fill('merge-undone'));
    hospital.answer('again', 'accepted');
    hospital.merge('1', '2', { id: 'again', kind: 'change-id' });
    expect(survivor('2')).to.equal('1');
    expect(hospital.merge('1', '2', { id: 'repeated' }), 'said again').to.not.have.property('quarantine');
  });

  it('A6: two numbers that a person separated do not come together through a third, in any order; a person may accept it', () => {
    hospital.merge('1', '2');
    hospital.undo('2');
    hospital.merge('3', '1');
    expect(verdict(hospital.merge('3', '2', { id: 'asked' }))).to.equal('quarantined ERR_IDENTITY_MERGE');
    hospital.merge('5', '4');
    hospital.merge('4', '2');
    expect(verdict(hospital.merge('3', '5'))).to.equal('quarantined ERR_IDENTITY_MERGE');
    expect(hospital.tasks().map(({ kind }) => kind)).to.deep.equal(['merge-undone', 'merge-undone']);
    expect([survivor('2'), survivor('1')]).to.deep.equal(['5', '3']);
    const told = new Hospital();
    for (const ipp of NUMBERS) told.identity(TRAITS, { ipp });
    told.merge('1', '2');
    told.undo('2');
    told.merge('1', '3');
    expect(verdict(told.merge('3', '2', { id: 'asked' }))).to.equal('quarantined ERR_IDENTITY_MERGE');
    told.answer('asked', 'accepted');
    expect(told.merge('3', '2', { id: 'asked' })).to.not.have.property('quarantine');
  });

  it('A4, A6: what a merge says of the survivor is judged as any statement of it', () => {
    hospital.identity({ ...QUALIFIED, usedName: 'NEUVE' }, { ipp: '1', at: 50 });
    expect(verdict(hospital.merge('1', '2', { id: 'asked', at: 60, patient: { ...QUALIFIED, ins: OTHER_INS } }))).to.equal(
      'quarantined ERR_IDENTITY_CONFLICT',
    );
    expect([survivor('2'), hospital.joined('1').ins?.ins]).to.deep.equal(['2', INS]);
    const late = hospital.merge('1', '3', { at: 40, patient: { ...TRAITS, usedName: 'ANCIENNE' } });
    expect(patientOf(late)).to.include({ usedName: 'NEUVE', ins: INS });
    expect(survivor('3')).to.equal('1');
    hospital.merge('5', '4', { at: 50, patient: QUALIFIED });
    expect(hospital.joined('5').ins?.ins, 'a late INS that came with it').to.equal(INS);
    hospital.answer('asked', 'accepted');
    hospital.merge('1', '2', { id: 'asked', at: 60, patient: { ...QUALIFIED, ins: OTHER_INS } });
    expect([survivor('2'), hospital.joined('1').ins?.ins]).to.deep.equal(['1', OTHER_INS]);
  });

  it('A4, A6: what a merge says of the survivor counts for nothing while it waits, nor once it is rejected', () => {
    hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { ipp: '2' });
    const before = state(hospital) as Record<string, object>;
    const merge = (into: string, id: string): unknown => verdict(hospital.merge(into, '2', { id, patient: { ...QUALIFIED, usedName: 'AUTRE' } }));
    expect([merge('1', 'known'), merge('9', 'new')]).to.deep.equal(Array(2).fill('quarantined ERR_IDENTITY_MERGE'));
    expect([hospital.joined('1').ins, hospital.joined('1').patient.usedName, hospital.person('9')!.folds]).to.deep.equal([undefined, 'N1', {}]);
    for (const id of ['known', 'new']) hospital.answer(id, 'rejected');
    expect(state(hospital)).to.deep.equal(before);
    hospital.identity({ ...QUALIFIED, ins: OTHER_INS, birthName: 'ÉTREZAC' }, { ipp: '9' });
    expect(hospital.joined('9').ins?.ins).to.equal(OTHER_INS);
  });

  it('A6: a message that waits for one of its merges has made none of the others', async () => {
    const archive = new Archive();
    await archive.takes({ type: 'dcc.identity.updated', patient: '1', ins: INS });
    await archive.takes({ type: 'dcc.identity.updated', patient: '2', ins: OTHER_INS });
    expect(await archive.takesAll({ patient: '1', absorbs: '3' }, { patient: '1', absorbs: '2' })).to.equal('quarantined');
    const of = (value: string): Person => personOf((kind, key) => archive.notes.get(`${kind} ${key}`), index.patient({ domain: 'region', value }))!;
    expect([of('1').absorbed, of('1').open, of('2').open]).to.deep.equal([undefined, ['TEST-3'], ['TEST-3']]);
    expect([...archive.notes.keys()].filter((name) => name.startsWith('task '))).to.have.length(1);
    expect(await archive.takesAll({ patient: '5', absorbs: '4' }, { patient: '4', absorbs: '5' }), 'a circle in itself').to.equal('quarantined');
    expect([...archive.notes.keys()].filter((name) => name.startsWith('task '))).to.have.length(2);
    expect([of('4'), of('5')]).to.deep.equal([undefined, undefined]);
  });

  it('A6: documents and stays of an absorbed number go on, in the order of its survivors', () => {
    hospital.merge('2', '3');
    hospital.merge('1', '2');
    for (const told of [hospital.document(TRAITS, { ipp: '3' }), hospital.visit(TRAITS, { ipp: '3' })]) {
      expect(told.keys).to.have.members([keyed('2'), keyed('1')]);
      expect(told.warnings).to.deep.equal([{ code: 'identity-absorbed' }]);
      expect(told).to.not.have.property('isSilent');
    }
  });

  it('A4, A6: a document that names an absorbed number is held against its survivor too', () => {
    hospital.identity(QUALIFIED, { ipp: '1' });
    hospital.merge('1', '2');
    const other = { ...PLAIN, ins: OTHER_INS, insOid: QUALIFIED.insOid!, insStatus: 'VALI' as const };
    expect(verdict(hospital.document(other, { ipp: '2', id: 'asked' }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    hospital.answer('asked', 'accepted');
    expect(verdict(hospital.document(other, { ipp: '2', id: 'asked' }))).to.equal('as it is');
    hospital.identity({ ...QUALIFIED, identityFlags: ['COLV'], automaticFiling: false }, { ipp: '1' });
    expect(verdict(hospital.document(PLAIN, { ipp: '2' }))).to.equal('held ERR_FILING_BLOCKED');
  });

  it('A4, A6: an INS of an absorbed number that is not that of its survivor asks a person, once', () => {
    hospital.identity(QUALIFIED, { ipp: '1' });
    hospital.merge('1', '2');
    const say = (id?: string): string => verdict(hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { ipp: '2', ...(id && { id }) }));
    expect(say('asked')).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    expect(hospital.joined('2').ins).to.equal(undefined);
    expect(hospital.tasks()[0]!.candidates.map(({ ipp, as }) => [ipp, as])).to.deep.equal([
      ['1', 'on file'],
      ['2', 'received'],
    ]);
    hospital.answer('asked', 'accepted');
    expect([say('asked'), say()]).to.deep.equal(['stale-ignored', 'stale-ignored']);
    expect(hospital.joined('2').ins?.ins).to.equal(OTHER_INS);
    expect(verdict(hospital.identity(QUALIFIED, { ipp: '3' })), 'nobody absorbed it').to.equal('qualified');
  });

  it('A4, A6: traits of an absorbed number that are not those of its survivor ask a person, once; what it had when it was merged does not', () => {
    hospital.identity({ ...TRAITS, birthName: 'VALMOREY' }, { ipp: '2' });
    hospital.merge('3', '2');
    hospital.merge('1', '3');
    expect(verdict(hospital.identity({ ...TRAITS, birthName: 'VALMOREY' }, { ipp: '2' })), 'as it was').to.equal('stale-ignored');
    expect(verdict(hospital.identity({ birthName: 'VALMOREY' }, { ipp: '2', sender: 'GAM' })), 'by another sender').to.equal('stale-ignored');
    expect(verdict(hospital.identity(TRAITS, { ipp: '2' })), 'as its survivor').to.equal('stale-ignored');
    const other: Patient = { ...TRAITS, birthDate: '1961-02-03' };
    const say = (id: string): string => verdict(hospital.identity(other, { ipp: '2', id }));
    expect(say('asked')).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    expect(hospital.tasks()[0]!.candidates.map(({ ipp, as }) => [ipp, as])).to.deep.equal([
      ['1', 'on file'],
      ['2', 'received'],
    ]);
    hospital.answer('asked', 'accepted');
    expect([say('asked'), say('again')]).to.deep.equal(['stale-ignored', 'stale-ignored']);
    hospital.merge('1', '7');
    expect(verdict(hospital.identity(other, { ipp: '7' })), 'nothing was known of it').to.equal('quarantined ERR_IDENTITY_CONFLICT');
  });

  const number = fc.constantFrom(...NUMBERS);
  const pair = fc.tuple(number, number).filter(([a, b]) => a !== b);
  const step = fc.oneof(
    fc
      .tuple(pair, fc.constantFrom('merge' as const, 'change-id' as const))
      .map(([[into, from], kind]) => ({ do: 'merge' as const, into, from, kind })),
    number.map((from) => ({ do: 'undo' as const, from })),
    pair.map(([into, from]) => ({ do: 'accept' as const, into, from })),
    fc.record({ do: fc.constant('tell' as const), from: number, name: fc.constantFrom('A', 'B') }),
  );
  /** What a merge says of the survivor beside. */
  const said = fc.constantFrom<(Patient | undefined)[]>(undefined, QUALIFIED, { ...PLAIN, usedName: 'C' }, { ...QUALIFIED, usedGivenName: 'D' });
  const play = (steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[], after: () => void): void => {
    steps.forEach((one, i) => {
      if (one.do === 'tell') hospital.identity({ ...TRAITS, usedName: one.name }, { ipp: one.from });
      else if (one.do === 'undo') {
        if (hospital.person(one.from)!.into) hospital.undo(one.from);
      } else if (hospital.merge(one.into, one.from, { id: `s${i}`, ...(one.do === 'merge' && { kind: one.kind }) }).quarantine && one.do === 'accept')
        if (hospital.tasks().find(({ id }) => id === `s${i}`)!.kind !== 'merge-cycle') {
          if (['merge-elsewhere', 'merge-changed'].includes(hospital.tasks().find(({ id }) => id === `s${i}`)!.kind)) hospital.undo(one.from);
          else hospital.answer(`s${i}`, 'accepted');
          hospital.merge(one.into, one.from, { id: `s${i}` });
        }
      after();
    });
  };
  const fresh = (): void => {
    hospital = new Hospital();
    for (const ipp of NUMBERS) hospital.identity({ ...TRAITS, usedName: `N${ipp}` }, { ipp, at: 0 });
  };

  it('A6: no sequence leaves a number attached to two survivors, in a circle, or to one that does not know it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        fresh();
        play(steps, () => {
          for (const ipp of NUMBERS) {
            const { chain, person } = survivorOf(keyed(ipp), hospital.known);
            expect(new Set(chain).size, 'no circle').to.equal(chain.length);
            expect(person?.into, 'the end of a chain stands for itself').to.equal(undefined);
            const holders = NUMBERS.filter((other) => hospital.person(other)!.absorbed?.some(({ key }) => key === keyed(ipp)));
            const { into } = personOf(hospital.known, keyed(ipp))!;
            expect(holders.map(keyed)).to.deep.equal(into ? [into.key] : []);
          }
        });
      }),
      { numRuns: 200 },
    );
  });

  it('A4, A6: no sequence of claims, merges and undos brings two INS under one patient without a person', () => {
    const claims = fc.record({
      do: fc.constant('claim' as const),
      from: number,
      said: fc.constantFrom<Patient>(QUALIFIED, OTHERWISE, PLAIN, { birthName: 'ÉTREZAC' }, { ...QUALIFIED, birthName: 'ÉTREZAC' }),
      sender: fc.constantFrom('DPI', 'GAM'),
    });
    let met = 0;
    fc.assert(
      fc.property(fc.array(fc.oneof(step, claims), { maxLength: 25 }), (steps) => {
        fresh();
        for (const one of steps) {
          if (one.do === 'claim') hospital.identity(one.said, { ipp: one.from, sender: one.sender });
          else if (one.do !== 'accept') play([one], () => undefined);
          const held = Map.groupBy(
            NUMBERS.flatMap((ipp) => hospital.joined(ipp).ins?.ins.concat(` ${survivor(ipp)}`) ?? []),
            (ins) => ins.split(' ')[1]!,
          );
          for (const [ipp, all] of held) {
            expect(new Set(all).size, `of ${ipp}`).to.equal(1);
            met += all.length - 1;
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(met, 'numbers of one patient with the same INS').to.be.above(0);
  });

  it('A6: a merge that is undone restores exactly what was there', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 10 }), pair, fc.constantFrom('merge', 'change-id'), said, (steps, [into, from], kind, patient) => {
        fresh();
        play(steps, () => undefined);
        fc.pre(hospital.person(from)!.into === undefined);
        const before = state(hospital);
        const merged = hospital.merge(into, from, { id: 'last', kind, ...(patient && { patient }) });
        fc.pre(!merged.quarantine);
        expect(state(hospital)).to.not.deep.equal(before);
        hospital.undo(from);
        expect(state(hospital)).to.deep.equal(before);
      }),
      { numRuns: 200 },
    );
    expect(hospital.person('1')).to.not.equal(undefined);
  });
});
