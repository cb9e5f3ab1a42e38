/** A merge that comes late and names its survivor as provisional: identified since, or somebody else all along (SAFETY A2, A4, A6; decision 0027). */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { foldIn, bothFolds, type Fold } from '../../../core/identity/fold.ts';
import { stampOf } from '../../../core/identity/stamp.ts';
import { readPerson, survivorOf } from '../../../core/identity/index.ts';
import type { Judgement } from '../../../core/knowledge/index.ts';
import type { Patient } from '../../../core/model/index.ts';
import { Hospital, MAN, PLAIN, QUALIFIED, UNKNOWN, VALIDATED, keyed, verdict } from './hospital.ts';

describe('a merge that comes late, of who was provisional', () => {
  let hospital: Hospital;
  beforeEach(() => {
    hospital = new Hospital();
  });
  const say = (ipp: string, at: number, patient: Patient, sender = 'DPI'): string => {
    const id = `${ipp}-${at}`;
    const first = verdict(hospital.identity(patient, { ipp, at, sender, id }));
    if (!first.startsWith('quarantined')) return first;
    hospital.answer(id, 'accepted');
    return verdict(hospital.identity(patient, { ipp, at, sender, id }));
  };
  type Kind = 'merge' | 'change-id';
  const merge = (kind: Kind, { at = 5, into = '2', patient = UNKNOWN }: { at?: number; into?: string; patient?: Patient } = {}): Judgement =>
    hospital.merge(into, '1', { id: 'asked', at, kind, patient });
  const survivor = (): string => survivorOf(keyed('1'), hospital.known).person?.ipp ?? '1';

  const others: Readonly<Record<string, () => void>> = {
    'was identified before': () => [say('2', 1, VALIDATED), say('2', 50, QUALIFIED)],
    'was named before by a sender that says nothing of how sure it is': () => [say('2', 1, PLAIN), say('2', 50, PLAIN)],
    'was identified by the very event that is told beside it': () => [say('2', 5, VALIDATED), say('2', 50, VALIDATED)],
    'was identified since, and given to somebody else then': () => [say('2', 1, UNKNOWN), say('2', 20, VALIDATED), say('2', 50, MAN)],
    'took the place of a number that was identified before': () => [
      say('9', 1, QUALIFIED),
      hospital.merge('2', '9', { at: 30, kind: 'change-id', patient: QUALIFIED }),
    ],
  };
  for (const kind of ['merge', 'change-id'] as const)
    for (const [what, told] of Object.entries(others))
      it(`A2, A4, A6: asks where its survivor ${what} (${kind})`, () => {
        told();
        const before = hospital.joined('2');
        expect(verdict(merge(kind))).to.equal('quarantined ERR_IDENTITY_MERGE');
        const { kind: asked, candidates } = hospital.tasks().find(({ id }) => id === 'asked')!;
        expect(asked).to.equal('number-again');
        expect(candidates.filter(({ ipp }) => ipp === '2').map(({ as, patient }) => [as, patient.birthName])).to.deep.include.members([
          ['on file', before.patient.birthName],
          ['received', 'INCONNU'],
        ]);
        expect([survivor(), hospital.joined('2')], 'nothing is done').to.deep.equal(['1', before]);
        hospital.answer('asked', 'accepted');
        expect(verdict(merge(kind)), 'accepted').to.not.include('quarantined');
        expect([survivor(), hospital.joined('2').patient.birthName]).to.deep.equal(['2', before.patient.birthName]);
        expect(verdict(merge(kind)), 'said again').to.not.include('quarantined');
      });

  for (const kind of ['merge', 'change-id'] as const)
    for (const patient of [UNKNOWN, MAN])
      it(`A2, A4, A6: asks where the number that it names has been changed since for one of somebody else: ${patient.birthName} (${kind})`, () => {
        say('9', 1, QUALIFIED);
        hospital.merge('9', '2', { at: 30, kind: 'change-id', patient: QUALIFIED });
        expect(verdict(merge(kind, { patient }))).to.equal('quarantined ERR_IDENTITY_MERGE');
        expect(hospital.tasks()[0]!.candidates.map(({ ipp, as, patient: shown }) => [ipp, as, shown.birthName])).to.deep.include.members([
          ['9', 'on file', 'VALMORÉE'],
          ['2', 'received', patient.birthName],
        ]);
        expect(survivor()).to.equal('1');
      });

  const wards: Readonly<Record<string, () => void>> = {
    'since, of whom nothing came before': () => [say('2', 50, QUALIFIED)],
    'since, and named so again': () => [say('2', 1, UNKNOWN), say('2', 20, VALIDATED), say('2', 50, QUALIFIED)],
    'since, who was still unknown after the merge': () => [
      say('2', 1, UNKNOWN),
      say('2', 10, UNKNOWN),
      say('2', 20, VALIDATED),
      say('2', 50, QUALIFIED),
    ],
    'since, and corrected in one trait': () => [say('2', 20, { ...VALIDATED, birthName: 'VALMOREY' }), say('2', 50, QUALIFIED)],
    'since by one application, whoever another one always took it for': () => [say('2', 1, VALIDATED, 'GAM'), say('2', 50, VALIDATED)],
    'never, and is unknown by another name now': () => [say('2', 50, { ...UNKNOWN, birthName: 'INCONNUE', sex: 'F', birthDate: '1950' })],
    'since by the merge of a file of its own': () => [
      say('2', 1, UNKNOWN),
      say('8', 1, QUALIFIED),
      hospital.merge('2', '8', { at: 30, patient: QUALIFIED }),
      say('2', 50, QUALIFIED),
    ],
  };
  for (const kind of ['merge', 'change-id'] as const)
    for (const [what, told] of Object.entries(wards))
      it(`A2, A6: asks nobody where its survivor was identified ${what} (${kind})`, () => {
        told();
        expect(verdict(merge(kind))).to.not.include('quarantined');
        expect(survivor()).to.equal('2');
      });

  it('A2, A6: asks nobody where the number has been changed since, and its patient identified under the other one', () => {
    say('2', 1, UNKNOWN);
    hospital.merge('9', '2', { at: 30, kind: 'change-id', patient: UNKNOWN });
    say('9', 50, QUALIFIED);
    expect(verdict(merge('merge'))).to.not.include('quarantined');
    expect(survivor()).to.equal('9');
  });

  describe('that is told in time, of a patient as it was before (PID-33)', () => {
    const asOf = (at: number, patient: Patient): Patient => ({ ...patient, updatedAt: `2026-10-01T08:0${at}:00.000Z` });
    const told = (kind: Kind, patient: Patient): string => verdict(merge(kind, { at: 60, patient: asOf(5, patient) }));

    for (const kind of ['merge', 'change-id'] as const) {
      it(`A2, A4, A6: asks where that is somebody else than its sender names since (${kind})`, () => {
        for (const [patient, ...before] of [[MAN], [MAN, MAN], [UNKNOWN, VALIDATED], [UNKNOWN]] as const) {
          hospital = new Hospital();
          for (const one of before) say('2', 1, one);
          say('2', 50, QUALIFIED);
          expect(told(kind, patient)).to.equal('quarantined ERR_IDENTITY_MERGE');
          expect([hospital.tasks().at(-1)!.kind, survivor()]).to.deep.equal(['number-again', '1']);
          hospital.answer('asked', 'accepted');
          expect([told(kind, patient), survivor()]).to.deep.equal(['merged', '2']);
        }
      });

      it(`A2, A6: asks nobody where that one is provisional still, or was corrected in one trait (${kind})`, () => {
        for (const [patient, now] of [
          [UNKNOWN, { ...UNKNOWN, birthName: 'INCONNUE', sex: 'F', birthDate: '1950' }],
          [{ ...VALIDATED, birthName: 'VALMOREY' }, QUALIFIED],
        ] as const) {
          hospital = new Hospital();
          say('2', 50, now);
          expect(told(kind, patient)).to.not.include('quarantined');
          expect(survivor()).to.equal('2');
        }
      });
    }
  });

  it('A4, A6: what is identified since by a merge that is undone is not', () => {
    hospital.merge('2', '8', { at: 1, patient: QUALIFIED });
    say('2', 50, QUALIFIED);
    expect(verdict(merge('merge'))).to.include('quarantined');
    hospital.undo('8');
    expect(verdict(hospital.merge('2', '1', { at: 5, patient: UNKNOWN }))).to.not.include('quarantined');
  });

  it('A4, A6: a note of before, which does not say since when, asks, and still does once more has been said', () => {
    for (const more of [[], [60]]) {
      hospital = new Hospital();
      say('2', 20, VALIDATED);
      for (const [name, value] of hospital.notes) hospital.notes.set(name, value.replaceAll(/"identified":"[^"]*",/g, ''));
      for (const at of more) say('2', at, QUALIFIED);
      expect(verdict(merge('merge'))).to.equal('quarantined ERR_IDENTITY_MERGE');
    }
  });

  for (const kind of ['merge', 'change-id'] as const)
    it(`A2, A4, A6: a note of before that names its sender without its site says what that one said, of either number (${kind})`, () => {
      for (const [ipp, at, known, patient] of [
        ['2', 50, VALIDATED, MAN],
        ['2', 50, VALIDATED, UNKNOWN],
        ['1', 50, MAN, VALIDATED],
      ] as const) {
        hospital = new Hospital();
        say(ipp, at, known);
        for (const [name, value] of hospital.notes) hospital.notes.set(name, value.replaceAll(/990001018\||"identified":"[^"]*",/g, ''));
        expect(verdict(merge(kind, { patient }))).to.equal('quarantined ERR_IDENTITY_MERGE');
        expect(survivor()).to.equal('1');
      }
    });

  it('A2: since when is read as it was written, of who was never identified too', () => {
    say('1', 3, UNKNOWN);
    say('2', 3, VALIDATED);
    for (const [ipp, since] of [
      ['1', undefined],
      ['2', '2026-10-01T08:03:00.000Z'],
    ] as const) {
      const read = readPerson(keyed(ipp), `${hospital.known('person', keyed(ipp))!} `);
      expect(read).to.deep.equal(hospital.person(ipp));
      expect(read.folds['990001018|DPI']!.identified).to.equal(since);
    }
  });

  it('A2: since when is the oldest word that names its patient without doubt, in any order, under one number or two', () => {
    const said = fc.tuple(fc.nat(9), fc.constantFrom<Patient>(UNKNOWN, VALIDATED, QUALIFIED, PLAIN, { phones: ['0500000000'] }));
    const all = fc.uniqueArray(said, { minLength: 2, maxLength: 6, selector: ([at]) => at });
    let known = 0;
    fc.assert(
      fc.property(
        all.chain((some) => fc.tuple(fc.shuffledSubarray(some, { minLength: some.length }), fc.nat(some.length))),
        ([some, cut]) => {
          const time = (at: number): string => `2026-10-01T08:0${at}:00.000Z`;
          const folded = (part: typeof some): Fold | undefined =>
            part.reduce<Fold | undefined>(
              (fold, [at, patient]) => foldIn(fold, patient, stampOf({ recordedAt: time(at), message: 'M' }, 'UTC'), true),
              undefined,
            );
          const [one, two] = [folded(some.slice(0, cut)), folded(some.slice(cut))];
          const times = some.flatMap(([at, { birthName, identityStatus }]) => (birthName && identityStatus !== 'PROV' ? [time(at)] : []));
          if (times.length > 0) known += 1;
          expect((one && two ? bothFolds(one, two) : (one ?? two)!).identified).to.equal(times.toSorted()[0]);
        },
      ),
      { numRuns: 300 },
    );
    expect(known).to.be.above(200);
  });
});
