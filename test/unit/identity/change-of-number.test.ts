/** A number that is changed for another one takes its person along, and its undo gives everything back (SAFETY A6). */
import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Patient } from '../../../core/model/index.ts';
import { filingOf, survivorOf } from '../../../core/identity/index.ts';
import { Hospital, INS, OTHER_INS, PLAIN, QUALIFIED, TRAITS, VALIDATED, keyed, patientOf, verdict } from './hospital.ts';

const NUMBERS = ['1', '2', '3', '4', '5'] as const;
const OTHERWISE = { ...QUALIFIED, ins: OTHER_INS };

describe('changes of number', () => {
  let hospital: Hospital;
  beforeEach(() => {
    hospital = new Hospital();
    for (const ipp of NUMBERS) hospital.identity({ ...TRAITS, usedName: `N${ipp}` }, { ipp });
  });
  const survivor = (ipp: string): string => survivorOf(keyed(ipp), hospital.known).person!.ipp;

  it('A6: a change of number takes along what was known; its undo gives it back', () => {
    hospital.identity({ ...QUALIFIED, usedName: 'AVANT' }, { ipp: '1' });
    hospital.merge('9', '1', { kind: 'change-id' });
    expect(hospital.joined('9').patient).to.include({ usedName: 'AVANT', ins: INS });
    const told = hospital.identity({ usedName: 'APRÈS' }, { ipp: '9' });
    expect(patientOf(told)).to.include({ usedName: 'APRÈS', birthName: 'VALMORÉE', ins: INS, ipp: '9' });
    hospital.undo('1');
    expect(hospital.joined('1').patient).to.include({ usedName: 'AVANT', ins: INS });
    expect(hospital.joined('9').patient).to.deep.include({ usedName: 'APRÈS', ins: null }).and.not.have.property('birthName');
  });

  it('A6: what came with a change of number goes with the undo of that one, and of no other', () => {
    hospital.identity(QUALIFIED, { ipp: '1' });
    hospital.merge('9', '1', { kind: 'change-id' });
    hospital.merge('9', '2', { kind: 'change-id' });
    hospital.undo('2');
    expect(hospital.joined('9').ins?.ins, 'another number').to.equal(INS);
    hospital.merge('9', '1', { kind: 'merge' });
    hospital.undo('1');
    expect(hospital.person('9'), 'said again as a merge').to.not.have.property('inherited');
  });

  it('A6: what follows a change of number is said of the person as known, by each of its senders, whoever speaks next', () => {
    hospital.identity({ ...QUALIFIED, identityFlags: ['DOUB'], automaticFiling: false }, { ipp: '1' });
    hospital.merge('9', '1', { kind: 'change-id' });
    const provisional: Patient = { ...PLAIN, identityStatus: 'PROV', insStatus: 'PROV' };
    const told = hospital.identity(provisional, { ipp: '9', sender: 'GAM' });
    expect([verdict(told), patientOf(told).ins], 'A3: who is not INS authority withdraws nothing').to.deep.equal(['updated', INS]);
    expect(verdict(hospital.document(TRAITS, { ipp: '9' }))).to.equal('held ERR_FILING_BLOCKED');
    hospital.identity(QUALIFIED, { ipp: '9' });
    expect(hospital.joined('9').patient, 'marks that its sender took away').to.not.have.property('automaticFiling');
    const changed = hospital.identity({ ...PLAIN, birthName: 'ÉTREZAC' }, { ipp: '9' });
    expect([verdict(changed), patientOf(changed).ins], 'A3: rule 27').to.deep.equal(['dequalified', null]);
  });

  it('A6: a chain of changes of number loses nothing', () => {
    hospital.identity(QUALIFIED, { ipp: '1' });
    hospital.merge('9', '1', { kind: 'change-id' });
    hospital.identity({ usedName: 'DEUX' }, { ipp: '9' });
    hospital.merge('12', '9', { kind: 'change-id' });
    expect(hospital.joined('12').patient).to.include({ ...TRAITS, ins: INS, usedName: 'DEUX' });
    const told = hospital.identity({ usedName: 'TROIS' }, { ipp: '12' });
    expect([verdict(told), patientOf(told).ins]).to.deep.equal(['updated', INS]);
    hospital.undo('1');
    expect(hospital.joined('12').patient, 'an undo below').to.include({ ins: null, usedName: 'TROIS' }).and.not.have.property('birthName');
  });

  it('A3, A6: a change of number goes out with what is known, and another INS beside it asks a person', () => {
    hospital.identity(QUALIFIED, { ipp: '1' });
    for (const [ipp, patient] of [
      ['9', PLAIN],
      ['10', { ...PLAIN, identityStatus: 'VALI' }],
      ['11', {}],
    ] as const) {
      const told = hospital.merge(ipp, '1', { kind: 'change-id', sender: 'GAM', patient, id: ipp });
      expect(patientOf(told), ipp).to.include({ ins: INS, birthName: 'VALMORÉE', ipp });
      hospital.undo('1');
    }
    const other = hospital.merge('13', '1', { kind: 'change-id', patient: OTHERWISE, id: 'asked' });
    expect(verdict(other)).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    const { doubts, ...person } = hospital.person('13')!;
    expect([person, survivor('1')]).to.deep.equal([{ domain: 'fictif', ipp: '13', folds: {}, open: ['asked'], history: [] }, '1']);
    expect(doubts?.map(({ task }) => task)).to.deep.equal(['asked']);
    hospital.answer('asked', 'accepted');
    expect(patientOf(hospital.merge('13', '1', { kind: 'change-id', patient: OTHERWISE, id: 'asked' })).ins).to.equal(OTHER_INS);
  });

  describe('a change of number', () => {
    const BRUNEL = { ...VALIDATED, birthName: 'BRUNEL', firstGivenName: 'PAUL', birthGivenNames: 'PAUL', sex: 'M', birthDate: '1970-01-01' } as const;
    const change = { kind: 'change-id', at: 20, id: 'asked' } as const;

    for (const [who, mine, theirs] of [
      ['one without INS onto one without', VALIDATED, BRUNEL],
      ['one with an INS onto one without', QUALIFIED, BRUNEL],
      ['one without INS onto one with another name and an INS', { ...VALIDATED, birthName: 'ÉTREZAC' }, QUALIFIED],
    ] as const)
      it(`A4, A6: onto a number that somebody else has asks a person, whichever of them was said last: ${who}`, () => {
        for (const [first, second] of [
          [1, 5],
          [5, 1],
        ] as const)
          for (const beside of [{}, { patient: mine }, { patient: theirs }]) {
            hospital = new Hospital();
            hospital.identity(theirs, { ipp: '2', at: first });
            hospital.identity(mine, { ipp: '1', at: second });
            const before = hospital.joined('2');
            expect(verdict(hospital.merge('2', '1', { ...change, ...beside }))).to.equal('quarantined ERR_IDENTITY_MERGE');
            const [{ kind, candidates } = { kind: '', candidates: [] }] = hospital.tasks();
            expect([kind, candidates.map(({ ipp }) => ipp)]).to.deep.equal(['number-taken', ['1', '2']]);
            expect(hospital.joined('2')).to.deep.equal(before);
          }
      });

    it('A4, A6: accepted, it is a merge: neither the later clock nor the message says whose traits count; who accepted it and why is kept', () => {
      for (const [mine, theirs] of [
        [VALIDATED, BRUNEL],
        [QUALIFIED, { ...QUALIFIED, ins: OTHER_INS }],
      ] as const)
        for (const at of [1, 9]) {
          hospital = new Hospital();
          hospital.identity(theirs, { ipp: '2', at: 5 });
          hospital.identity(mine, { ipp: '1', at });
          const [one, two] = ['1', '2'].map((ipp) => hospital.joined(ipp));
          hospital.merge('2', '1', change);
          hospital.answer('asked', 'accepted');
          const told = hospital.merge('2', '1', change);
          expect(told.event?.data, 'as what it is told').to.include({ kind: 'merge', surviving: '2', absorbed: '1' });
          expect([hospital.joined('1'), hospital.joined('2')]).to.deep.equal([one, two]);
          expect(hospital.person('1')!.into).to.deep.include({
            kind: 'merge',
            asMerge: true,
            accepted: { at: hospital.tasks()[0]!.answered!.at, who: 'camille', why: 'checked' },
          });
          expect(verdict(hospital.merge('2', '1', { ...change, id: 'repeated' })), 'said again').to.equal('merged');
          expect([hospital.joined('2'), hospital.person('1')!.into?.accepted?.who]).to.deep.equal([two, 'camille']);
          const other = hospital.merge('2', '1', { ...change, id: 'other', patient: mine });
          expect(verdict(other), 'that the number is the other one’s now').to.equal('quarantined ERR_IDENTITY_CONFLICT');
          hospital.undo('1');
          expect([survivor('1'), hospital.joined('1')]).to.deep.equal(['1', one]);
        }
    });

    it('A6: onto a number that the same person has already, or one that only another site spoke of, asks nobody', () => {
      for (const tell of [
        (): unknown => hospital.identity({ ...TRAITS, birthName: 'ÉTREZAC' }, { ipp: '8' }),
        (): unknown => hospital.identity(BRUNEL, { ipp: '8', isOfRecord: true }),
      ]) {
        hospital = new Hospital();
        hospital.identity(VALIDATED, { ipp: '1' });
        tell();
        expect(verdict(hospital.merge('8', '1', { kind: 'change-id' }))).to.not.include('quarantined');
      }
    });

    it('A4, A6: onto a number that was changed for that of somebody else asks too', () => {
      hospital = new Hospital();
      hospital.identity(VALIDATED, { ipp: '1' });
      hospital.identity(BRUNEL, { ipp: '2' });
      hospital.merge('3', '2', { kind: 'change-id' });
      expect(verdict(hospital.merge('2', '1', change))).to.equal('quarantined ERR_IDENTITY_MERGE');
      expect(hospital.joined('3').patient.birthName).to.equal('BRUNEL');
    });

    it('A4, A6: of what was merged before takes the INS of nobody without a person, whoever accepted the merge; said once more it asks no more', () => {
      hospital = new Hospital();
      hospital.identity(OTHERWISE, { ipp: '2', at: 1 });
      hospital.identity(QUALIFIED, { ipp: '1', at: 5 });
      const merge = (): unknown => hospital.merge('2', '1', { at: 6, id: 'merged' });
      merge();
      hospital.answer('merged', 'accepted');
      merge();
      expect(verdict(hospital.merge('2', '1', { at: 6, id: 'repeated' })), 'the merge again').to.not.include('quarantined');
      expect(verdict(hospital.merge('2', '1', change))).to.equal('quarantined ERR_IDENTITY_MERGE');
      expect([hospital.tasks().at(-1)!.kind, hospital.joined('2').ins?.ins]).to.deep.equal(['number-taken', OTHER_INS]);
      hospital.answer('asked', 'accepted');
      expect(verdict(hospital.merge('2', '1', change))).to.not.include('quarantined');
      expect(hospital.joined('2').ins?.ins).to.equal(OTHER_INS);
      expect(verdict(hospital.merge('2', '1', { ...change, id: 'repeated too' }))).to.not.include('quarantined');
    });

    it('A4, A6: of what was merged before takes the traits of nobody either', () => {
      hospital = new Hospital();
      hospital.identity(BRUNEL, { ipp: '2', at: 1 });
      hospital.identity(VALIDATED, { ipp: '1', at: 5 });
      hospital.merge('2', '1', { at: 6 });
      expect(verdict(hospital.merge('2', '1', change))).to.equal('quarantined ERR_IDENTITY_MERGE');
      expect(hospital.joined('2').patient.birthName).to.equal('BRUNEL');
    });
  });

  it('A2, A6: what a person decided of the number before holds for the new one, until the other sender says something new', () => {
    hospital = new Hospital([]);
    hospital.identity({ ...TRAITS, birthName: 'VALMORÉE' }, { ipp: '1', sender: 'A' });
    const accepted = (): unknown => hospital.identity({ ...TRAITS, birthName: 'ÉTREZAC' }, { ipp: '1', sender: 'B', id: 'asked' });
    accepted();
    hospital.answer('asked', 'accepted');
    accepted();
    hospital.merge('9', '1', { kind: 'change-id', sender: 'A' });
    expect(hospital.joined('9').patient.birthName).to.equal('ÉTREZAC');
    expect(verdict(hospital.identity({ ...TRAITS, birthName: 'VALMORÉE' }, { ipp: '9', sender: 'A' })), 'said again').to.equal('updated');
    expect(hospital.joined('9').patient.birthName).to.equal('ÉTREZAC');
    expect(verdict(hospital.identity({ ...TRAITS, birthName: 'VALBRUNE' }, { ipp: '9', sender: 'A' }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
  });

  describe('what a person chose of a number before', () => {
    const change = { kind: 'change-id', sender: 'A', at: 20, id: 'change' } as const;
    const name = (ipp: string): unknown => hospital.joined(ipp).patient.birthName;
    const choose = (): void => {
      hospital.identity(TRAITS, { ipp: '1', sender: 'A', at: 1 });
      for (const _ of [1, 2]) {
        hospital.identity({ ...TRAITS, birthName: 'ÉTREZAC' }, { ipp: '1', sender: 'B', at: 2, id: 'chosen' });
        if (hospital.tasks()[0]?.state === 'open') hospital.answer('chosen', 'accepted');
      }
      expect(name('1')).to.equal('ÉTREZAC');
    };

    for (const sender of ['A', 'C'])
      it(`A2, A6: follows to a new number of which ${sender} says something else, once a person has seen both; an undo gives back either`, () => {
        hospital = new Hospital([]);
        choose();
        const birthName = sender === 'A' ? 'VALBRUNE' : 'VALMORÉE';
        hospital.identity({ ...TRAITS, birthName }, { ipp: '9', sender, at: 3 });
        expect([verdict(hospital.merge('9', '1', change)), name('9')]).to.deep.equal(['quarantined ERR_IDENTITY_MERGE', birthName]);
        const { kind, candidates } = hospital.tasks().find(({ id }) => id === 'change')!;
        expect([kind, candidates.map(({ ipp, patient }) => [ipp, patient.birthName])]).to.deep.equal([
          'traits',
          [
            ['1', 'ÉTREZAC'],
            ['9', birthName],
          ],
        ]);
        hospital.answer('change', 'accepted');
        expect(patientOf(hospital.merge('9', '1', { ...change, patient: { birthGivenNames: 'ÉLISE' } })).birthName).to.equal('ÉTREZAC');
        expect(name('9')).to.equal('ÉTREZAC');
        hospital.merge('9', '1', { ...change, id: 'repeated' });
        expect([hospital.tasks().length, name('9')]).to.deep.equal([2, 'ÉTREZAC']);
        hospital.undo('1');
        expect([name('1'), name('9')]).to.deep.equal(['ÉTREZAC', birthName]);
        expect(hospital.person('9')).to.not.have.any.keys('inherited', 'chosen');
      });

    it('A2, A4, A6: ends with what its own sender says newer of the new number, once a person has seen both; an undo gives back either', () => {
      hospital = new Hospital([]);
      choose();
      hospital.identity({ ...TRAITS, birthName: 'VALBRUNE' }, { ipp: '9', sender: 'B', at: 3 });
      expect([verdict(hospital.merge('9', '1', change)), name('9')]).to.deep.equal(['quarantined ERR_IDENTITY_MERGE', 'VALBRUNE']);
      hospital.answer('change', 'accepted');
      hospital.merge('9', '1', change);
      expect(name('9')).to.equal('VALBRUNE');
      hospital.undo('1');
      expect([name('1'), name('9')]).to.deep.equal(['ÉTREZAC', 'VALBRUNE']);
    });

    it('A2, A6: follows as well when the two were merged before they are said to be a change of number', () => {
      hospital = new Hospital([]);
      choose();
      hospital.identity({ ...TRAITS, birthName: 'VALBRUNE' }, { ipp: '9', sender: 'A', at: 3 });
      hospital.merge('9', '1', { sender: 'A', at: 10 });
      expect([verdict(hospital.merge('9', '1', change)), name('9')]).to.deep.equal(['quarantined ERR_IDENTITY_MERGE', 'VALBRUNE']);
      hospital.answer('change', 'accepted');
      hospital.merge('9', '1', change);
      hospital.merge('9', '1', { ...change, id: 'repeated' });
      expect([hospital.tasks().length, name('9')]).to.deep.equal([2, 'ÉTREZAC']);
      hospital.undo('1');
      expect([name('1'), name('9')]).to.deep.equal(['ÉTREZAC', 'VALBRUNE']);
    });

    it('A2, A4: an INS that was chosen does not go in silence because the authority said none of the new number', () => {
      hospital = new Hospital();
      hospital.identity(QUALIFIED, { ipp: '1', at: 1 });
      for (const _ of [1, 2]) {
        hospital.identity(OTHERWISE, { ipp: '1', sender: 'GAM', at: 2, id: 'chosen' });
        if (hospital.tasks()[0]?.state === 'open') hospital.answer('chosen', 'accepted');
      }
      hospital.identity(VALIDATED, { ipp: '9', at: 3 });
      expect(verdict(hospital.merge('9', '1', { kind: 'change-id', id: 'change' }))).to.equal('quarantined ERR_IDENTITY_MERGE');
      expect(hospital.tasks().at(-1)!.kind).to.equal('ins');
      hospital.answer('change', 'accepted');
      hospital.merge('9', '1', { kind: 'change-id', id: 'change' });
      expect(hospital.joined('9').ins?.ins).to.equal(OTHER_INS);
    });
  });

  it('A2, A6: what comes late with a number of before is said of who has another one now, and told under that one', () => {
    hospital.merge('9', '7', { kind: 'change-id', at: 50 });
    hospital.merge('12', '9', { kind: 'change-id', at: 51 });
    const told = hospital.identity(QUALIFIED, { ipp: '7', at: 10 });
    expect([verdict(told), patientOf(told).ipp, patientOf(told).ins]).to.deep.equal(['created', '12', INS]);
    expect(told)
      .to.deep.include({ keys: [keyed('12')], warnings: [{ code: 'identity-absorbed' }] })
      .and.not.have.property('isSilent');
    expect(told.event).to.include({ subject: keyed('12') });
    hospital.identity({ usedName: 'NEUVE' }, { ipp: '12', at: 60 });
    expect(patientOf(hospital.visit(TRAITS, { ipp: '7', at: 20 }))).to.include({ usedName: 'NEUVE', ins: INS });
    expect(verdict(hospital.identity(OTHERWISE, { ipp: '7', id: 'asked' }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    hospital.answer('asked', 'accepted');
    expect(verdict(hospital.identity(OTHERWISE, { ipp: '7', id: 'asked' }))).to.equal('qualified');
    expect(hospital.joined('12').ins?.ins).to.equal(OTHER_INS);
  });

  describe('the number of before, once it was changed for another one', () => {
    const twin: Patient = { ...VALIDATED, firstGivenName: 'ZOÉ', birthGivenNames: 'ZOÉ MARIE' };
    const again = { ipp: '1', at: 50, id: 'asked' };
    beforeEach(() => {
      hospital = new Hospital();
      hospital.identity({ ...QUALIFIED, updatedAt: '2025-01-01T08:00:00.000Z' }, { ipp: '1', at: 1 });
      hospital.merge('9', '1', { kind: 'change-id', at: 5 });
    });

    it('A1, A4: said of somebody who differs by one trait asks a person, with both, and files nothing meanwhile', () => {
      expect(verdict(hospital.identity(twin, again))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
      expect(hospital.joined('9').ins?.ins).to.equal(INS);
      const [{ kind, candidates, differences } = { kind: '', candidates: [], differences: [] }] = hospital.tasks();
      expect([kind, candidates.map(({ ipp, as, patient }) => [ipp, as, patient.firstGivenName])]).to.deep.equal([
        'number-again',
        [
          ['9', 'on file', 'ÉLISE'],
          ['1', 'received', 'ZOÉ'],
        ],
      ]);
      expect(differences.map(({ attribute }) => attribute)).to.include('firstGivenName');
      expect(verdict(hospital.document(twin, { ipp: '1' }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    });

    it('A1, A2, A4: rejected, nothing is remembered: it asks each time, and the number leads to the patient of before', () => {
      const before = hospital.joined('9');
      for (const id of ['one', 'two', 'three']) {
        expect(verdict(hospital.identity(twin, { ipp: '1', at: 50, id }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
        hospital.answer(id, 'rejected');
      }
      expect([survivor('1'), hospital.joined('9')]).to.deep.equal(['9', before]);
      const late = hospital.message(
        'late',
        (id) => hospital.identity(QUALIFIED, { ipp: '1', at: 3, id }),
        (id) => hospital.visit(QUALIFIED, { ipp: '1', at: 3, id }),
      );
      expect(late.map((one) => [patientOf(one).firstGivenName, patientOf(one).ins, one.keys])).to.deep.equal([
        ['ÉLISE', INS, [keyed('9')]],
        ['ÉLISE', INS, [keyed('9')]],
      ]);
    });

    it('A4: accepted, it is a correction of the person', () => {
      hospital.identity(twin, again);
      hospital.answer('asked', 'accepted');
      expect(verdict(hospital.identity(twin, again))).to.equal('dequalified');
      expect(hospital.joined('9').patient.firstGivenName).to.equal('ZOÉ');
    });

    it('A2, A4: clocks of two senders are not compared, PID-33 does not make it old, and a change that is said again does not either', () => {
      for (const tell of [
        (): unknown => hospital.identity(twin, { ...again, sender: 'GAM', at: 2 }),
        (): unknown => hospital.identity({ ...twin, updatedAt: '2026-01-01T08:00:00.000Z' }, again),
        (): unknown => [hospital.merge('9', '1', { kind: 'change-id', at: 60 }), hospital.identity(twin, again)],
      ]) {
        tell();
        expect(hospital.tasks().map(({ kind }) => kind)).to.deep.equal(['number-again']);
        hospital.notes.delete([...hospital.notes.keys()].find((name) => name.startsWith('task '))!);
      }
    });

    it('A2, A4: nor does a change that comes late make one patient of two where only somebody else is known under its number of before', () => {
      hospital = new Hospital();
      hospital.identity(twin, { ipp: '1', at: 50 });
      const change = { kind: 'change-id', at: 5, id: 'asked', patient: QUALIFIED } as const;
      expect([verdict(hospital.merge('9', '1', change)), hospital.tasks().map(({ kind }) => kind)]).to.deep.equal([
        'quarantined ERR_IDENTITY_MERGE',
        ['number-again'],
      ]);
      // Of one who was said the same since, nobody is asked.
      hospital = new Hospital();
      hospital.identity(QUALIFIED, { ipp: '1', at: 50 });
      expect(verdict(hospital.merge('9', '1', change))).to.equal('merged');
    });

    it('A2, A4: nor where only another application knows that number, as somebody else; of who was provisional, or is the same, nobody is asked', () => {
      for (const [known, asked] of [
        [twin, ['number-again']],
        [{ ...twin, birthName: 'INCONNU', identityStatus: 'PROV' }, []],
        [PLAIN, []],
      ] as const)
        for (const at of [4, 50]) {
          hospital = new Hospital();
          hospital.identity(known, { ipp: '1', at, sender: 'GAM' });
          hospital.merge('9', '1', { kind: 'change-id', at: 5, patient: QUALIFIED });
          expect([hospital.tasks().map(({ kind }) => kind), survivorOf(keyed('1'), hospital.known).person!.ipp]).to.deep.equal([
            asked,
            asked.length > 0 ? '1' : '9',
          ]);
        }
    });

    it('A4: nor is anybody asked where the change that comes late says of its patient what is on file, however it was spelled before', () => {
      hospital = new Hospital();
      for (const at of [1, 2, 8])
        hospital.identity(at === 1 ? { ...VALIDATED, birthGivenNames: 'ÉLISE', birthName: 'VALMOREZ' } : VALIDATED, { ipp: '1', at });
      expect(verdict(hospital.merge('9', '1', { kind: 'change-id', at: 5, patient: VALIDATED }))).to.equal('merged');
    });

    it('A2, A4: said so before the change that comes late, it asks as well, with what the change says of its patient', () => {
      hospital = new Hospital();
      hospital.identity(QUALIFIED, { ipp: '1', at: 1 });
      hospital.identity(twin, { ipp: '1', at: 50 });
      const change = { kind: 'change-id', at: 5, id: 'asked', patient: QUALIFIED } as const;
      expect(verdict(hospital.merge('9', '1', change))).to.equal('quarantined ERR_IDENTITY_MERGE');
      const [{ kind, candidates } = { kind: '', candidates: [] }] = hospital.tasks();
      expect([kind, candidates.map(({ ipp, as, patient }) => [ipp, as, patient.firstGivenName])]).to.deep.equal([
        'number-again',
        [
          ['1', 'on file', 'ZOÉ'],
          ['9', 'received', 'ÉLISE'],
        ],
      ]);
      hospital.answer('asked', 'accepted');
      expect(verdict(hospital.merge('9', '1', change))).to.equal('merged');
      expect(verdict(hospital.merge('9', '1', { ...change, id: 'repeated' })), 'said again').to.equal('merged');
    });

    it('A2, A4: what was said before the change, by the same clock, corrects the person; what nothing tells apart asks nobody', () => {
      expect(verdict(hospital.identity(twin, { ipp: '1', at: 4 }))).to.equal('dequalified');
      expect(verdict(hospital.identity({ ...twin, birthPlaceCog: '33999' }, again))).to.equal('updated');
    });
  });

  describe('while who the patient is waits for a person', () => {
    const twin: Patient = { ...VALIDATED, firstGivenName: 'ZOÉ', birthGivenNames: 'ZOÉ MARIE' };
    /** Tasks that a document waits for which says no more than its number. */
    const waitsFor = (ipp: string): readonly string[] => {
      const filed = { keys: [keyed(ipp)], patient: {}, source: () => ({ sender: 'DPI', at: '' }) };
      return filingOf(filed, hospital.known, () => hospital.settings.senders).doubt?.tasks ?? [];
    };
    const all = (): readonly (readonly string[])[] => ['1', '9', '12'].map(waitsFor);
    const change = (into: string, from: string, at: number): unknown => hospital.merge(into, from, { kind: 'change-id', at });
    const ask = (): unknown => hospital.identity(OTHERWISE, { ipp: '1', at: 2, id: 'asked' });
    beforeEach(() => {
      hospital = new Hospital();
      hospital.identity(QUALIFIED, { ipp: '1', at: 1 });
    });

    it('A2, A4: documents under the number since wait as well, whether it was asked before the change came or after; an answer lets them go', () => {
      for (const steps of [
        [ask, () => change('9', '1', 5), () => change('12', '9', 6)],
        [() => change('9', '1', 5), ask, () => change('12', '9', 6)],
        [() => change('12', '9', 6), ask, () => change('9', '1', 5)],
      ]) {
        hospital = new Hospital();
        hospital.identity(QUALIFIED, { ipp: '1', at: 1 });
        for (const step of steps) step();
        expect(all()).to.deep.equal([['asked'], ['asked'], ['asked']]);
        hospital.answer('asked', 'rejected');
        expect(all()).to.deep.equal([[], [], []]);
      }
    });

    it('A4: accepted under the number before, it is asked once more of whom the number since shows, and then nothing waits', () => {
      ask();
      change('9', '1', 5);
      for (const _ of [1, 2]) {
        hospital.answer('asked', 'accepted');
        ask();
      }
      expect([hospital.tasks()[0]!.state, hospital.joined('9').ins?.ins, ...all()]).to.deep.equal(['accepted', OTHER_INS, [], [], []]);
    });

    for (const kind of ['merge', 'change-id'] as const)
      it(`A4, A6: the number that it was ${kind === 'merge' ? 'merged into' : 'changed for, once that is undone,'} does not wait`, () => {
        ask();
        hospital.merge('9', '1', { kind, at: 5 });
        if (kind === 'change-id') hospital.undo('1');
        expect(all()).to.deep.equal([['asked'], [], []]);
      });

    it('A1, A4: a number that is given again holds what names it, not the patient of before; nor does that one’s question end with it', () => {
      change('9', '1', 5);
      hospital.identity(twin, { ipp: '1', at: 50, id: 'again' });
      expect(all()).to.deep.equal([['again'], [], []]);
      expect(hospital.person('9')).to.not.have.any.keys('open', 'doubts');
      hospital.identity(OTHERWISE, { ipp: '9', at: 51, id: 'asked' });
      expect(all()).to.deep.equal([['again', 'asked'], ['asked'], []]);
      hospital.answer('again', 'rejected');
      expect(all()).to.deep.equal([['asked'], ['asked'], []]);
      change('12', '9', 60);
      expect(all()).to.deep.equal([['asked'], ['asked'], ['asked']]);
    });

    it('A2, A4: said by another clock, which cannot tell it from the patient of before, it holds both', () => {
      change('9', '1', 5);
      hospital.identity(twin, { ipp: '1', sender: 'GAM', at: 50, id: 'again' });
      expect(all().slice(0, 2)).to.deep.equal([['again'], ['again']]);
    });

    it('A2, A4, A6: once the change is undone, what was asked by the number before holds that one alone, until it is answered', () => {
      change('9', '1', 5);
      ask();
      expect(all()).to.deep.equal([['asked'], ['asked'], []]);
      hospital.undo('1');
      expect(all()).to.deep.equal([['asked'], [], []]);
      hospital.answer('asked', 'rejected');
      expect(all()).to.deep.equal([[], [], []]);
    });

    it('A1, A4: once that change is undone, what was asked of the new patient follows the next change of the number', () => {
      change('9', '1', 5);
      hospital.identity(twin, { ipp: '1', at: 50, id: 'again' });
      hospital.undo('1');
      change('12', '1', 60);
      expect(all()).to.deep.equal([['again'], [], ['again']]);
    });
  });

  it('A2, A6: of numbers that took each other’s place the same is known in any order of messages, and of an undo', () => {
    type Told = (of: Hospital) => unknown;
    const identity = (ipp: string, at: number, sender: string, patient: Patient): Told => {
      return (of) => of.identity(patient, { ipp, at, sender, id: `${ipp}-${at}-${sender}` });
    };
    const change = (into: string, from: string): Told => {
      return (of) => of.merge(into, from, { kind: 'change-id', at: 50, id: `${into}-${from}` });
    };
    const said = fc
      .uniqueArray(
        fc.record({
          ipp: fc.constantFrom('1', '9', '12'),
          at: fc.nat({ max: 9 }),
          sender: fc.constantFrom('DPI', 'GAM'),
          patient: fc.constantFrom<Patient>(
            QUALIFIED,
            PLAIN,
            { usedName: 'A' },
            { usedName: 'B', identityFlags: ['DOUB'] },
            { birthName: 'ÉTREZAC' },
          ),
        }),
        { minLength: 1, maxLength: 6, selector: ({ ipp, at, sender }) => `${ipp}-${at}-${sender}` },
      )
      .map((all) => [...all.map(({ ipp, at, sender, patient }) => identity(ipp, at, sender, patient)), change('9', '1'), change('12', '9')]);
    const twice = said.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    fc.assert(
      fc.property(twice, fc.constantFrom('1', '9'), (orders, undone) => {
        const ends = orders.map((order) => {
          const of = new Hospital();
          for (const tell of order) tell(of);
          return of;
        });
        fc.pre(ends.every((of) => of.tasks().length === 0));
        const numbers = ['1', '9', '12'].filter((ipp) => ends[0]!.person(ipp));
        const known = (of: Hospital): object => numbers.map((ipp) => of.joined(ipp));
        expect(known(ends[0]!)).to.deep.equal(known(ends[1]!));
        for (const of of ends) of.undo(undone);
        expect(known(ends[0]!)).to.deep.equal(known(ends[1]!));
      }),
      { numRuns: 200, maxSkipsPerRun: 200 },
    );
  });
});
