/** What was said before a merge and comes after it: whom the merge names was somebody else to its sender (SAFETY A2, A4, A6; decision 0027). */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { survivorOf } from '../../../core/identity/index.ts';
import type { Judgement } from '../../../core/knowledge/index.ts';
import type { Patient } from '../../../core/model/index.ts';
import { Hospital, MAN, QUALIFIED, UNKNOWN, VALIDATED, keyed, verdict, type Telling } from './hospital.ts';

const KINDS = ['merge', 'change-id'] as const;
type Kind = (typeof KINDS)[number];

describe('what was said before a merge and comes after it', () => {
  let hospital: Hospital;
  beforeEach(() => {
    hospital = new Hospital();
  });
  /** Accepted where it asks, for what the story is not about. */
  const settle = (id: string, tell: () => Judgement): void => {
    if (!tell().quarantine) return;
    hospital.answer(id, 'accepted');
    expect(verdict(tell())).to.not.include('quarantined');
  };
  const say = (at: number, patient: Patient, telling: Telling = {}): void =>
    settle(`said-${at}`, () => hospital.identity(patient, { ipp: '2', at, id: `said-${at}`, ...telling }));
  const merge = (kind: Kind, patient = UNKNOWN, at = 5, from = '1'): void =>
    settle(`merge-${at}`, () => hospital.merge('2', from, { id: `merge-${at}`, at, kind, patient }));
  const late = (patient: Patient = VALIDATED, telling: Telling = {}): string =>
    verdict(hospital.identity(patient, { ipp: '2', at: 1, id: 'late', ...telling }));
  const survivor = (): string => survivorOf(keyed('1'), hospital.known).person?.ipp ?? '1';
  const open = (): readonly string[] => hospital.tasks().flatMap(({ state, kind }) => (state === 'open' ? [kind] : []));
  interface Told {
    readonly at: number;
    readonly patient: Patient;
    readonly kind?: Kind;
  }
  /** In this order, all accepted: what was asked, by when it is said. */
  const played = (all: readonly Told[]): ReadonlyMap<number, readonly string[]> => {
    const asked = new Map<number, readonly string[]>();
    for (const { at, patient, kind } of all) {
      const id = `at-${at}`;
      const tell = (): Judgement => (kind ? hospital.merge('2', '1', { id, at, kind, patient }) : hospital.identity(patient, { ipp: '2', at, id }));
      while (tell().quarantine) {
        asked.set(at, [...(asked.get(at) ?? []), hospital.tasks().find((task) => task.id === id)!.kind]);
        hospital.answer(id, 'accepted');
      }
    }
    return asked;
  };
  const ASKED = 'quarantined ERR_IDENTITY_CONFLICT';

  const since: Readonly<Record<string, readonly Patient[]>> = { 'nothing more': [], 'the same': [VALIDATED], 'somebody else': [MAN] };
  for (const kind of KINDS)
    for (const [what, words] of Object.entries(since))
      it(`A2, A4, A6: asks where its sender had identified the survivor of who is provisional, who is ${what} since (${kind})`, () => {
        for (const isLast of [false, true]) {
          hospital = new Hospital();
          if (isLast) for (const word of words) say(50, word);
          merge(kind);
          if (!isLast) for (const word of words) say(50, word);
          const before = hospital.joined('2');
          expect([open(), late()]).to.deep.equal([[], ASKED]);
          const { kind: asked, candidates, differences } = hospital.tasks().find(({ id }) => id === 'late')!;
          expect([asked, hospital.joined('2')]).to.deep.equal(['traits', before]);
          expect(candidates.map(({ ipp, as, patient }) => [ipp, as, patient.birthName])).to.deep.equal([
            ['1', 'on file', undefined],
            ['2', 'on file', before.patient.birthName],
            ['2', 'received', 'VALMORÉE'],
          ]);
          expect(differences.find(({ attribute }) => attribute === 'birthName')).to.deep.include({
            onFile: { value: 'INCONNU', source: 'DPI', at: '2026-10-01T08:05:00.000Z' },
          });
          hospital.answer('late', 'accepted');
          expect([late(), late(VALIDATED, { id: 'again' }), survivor(), open()]).to.deep.equal([
            words.length === 0 ? 'updated' : 'stale-ignored',
            'stale-ignored',
            '2',
            [],
          ]);
          expect(hospital.joined('2').patient.birthName).to.equal(before.patient.birthName);
        }
      });

  for (const kind of KINDS)
    it(`A2, A4, A6: in any order of the word of before, the merge and the word since, a person is asked before two persons are one (${kind})`, () => {
      for (const named of [UNKNOWN, MAN])
        for (const now of [VALIDATED, MAN])
          for (const order of ['old merge new', 'old new merge', 'merge old new', 'merge new old', 'new old merge', 'new merge old']) {
            hospital = new Hospital();
            const all: Readonly<Record<string, Told>> = {
              old: { at: 1, patient: VALIDATED },
              merge: { at: 5, patient: named, kind },
              new: { at: 50, patient: now },
            };
            const asked = played(order.split(' ').map((name) => all[name]!));
            // Of one that was told to be somebody else already, by the word that came before the merge, a person has been asked.
            const isToldBefore = order === 'old new merge' && named === MAN && now === MAN;
            expect(
              asked.get(isToldBefore ? 50 : order.endsWith('old') || order === 'merge old new' ? 1 : 5),
              `${order} ${now.birthName}`,
            ).to.have.length.above(0);
            expect(survivor()).to.equal('2');
          }
    });

  it('A2, A4, A6: where a merge asks in time any order asks, and where nothing does none does', () => {
    const OTHER: Patient = { ...MAN, birthName: 'DURANCE', birthDate: '1999-01-01', identityStatus: 'QUAL' };
    const patient = fc.constantFrom<Patient>(VALIDATED, MAN, OTHER, UNKNOWN, { ...VALIDATED, birthName: 'VALMOREY' });
    const story = fc
      .tuple(fc.array(patient, { minLength: 1, maxLength: 4 }), patient, fc.nat(4), fc.constantFrom(...KINDS))
      .chain(([words, named, place, kind]) => {
        const said = words.map((word, n): Told => ({ at: 10 * (n + 1), patient: word }));
        const merged: Told = { at: 10 * Math.min(place, words.length) + 5, patient: named, kind };
        const all = [...said, merged].toSorted((a, b) => a.at - b.at);
        return fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }), fc.constant(merged));
      });
    const counts = { merge: 0, nothing: 0 };
    fc.assert(
      fc.property(story, ([all, shuffled, { at }]) => {
        hospital = new Hospital();
        const inTime = played(all);
        hospital = new Hospital();
        const inOrder = played(shuffled);
        if (inTime.get(at)) counts.merge += 1;
        if (inTime.get(at)) expect(inOrder).to.have.property('size').above(0);
        if (inTime.size === 0) counts.nothing += 1;
        if (inTime.size === 0) expect([...inOrder]).to.deep.equal([]);
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(counts.merge, counts.nothing)).to.be.above(100);
  });

  it('A2, A4, A6: a change of number that comes late asks where the number had somebody else before it, whom a word since hides', () => {
    say(30, QUALIFIED, { ipp: '1' });
    say(1, MAN, { ipp: '1' });
    const change = (): string => verdict(hospital.merge('2', '1', { id: 'change', at: 5, kind: 'change-id', patient: VALIDATED }));
    expect([change(), survivor(), open()]).to.deep.equal(['quarantined ERR_IDENTITY_MERGE', '1', ['number-again']]);
    hospital.answer('change', 'accepted');
    expect([change(), survivor()]).to.deep.equal(['merged', '2']);
  });

  const silent: Readonly<Record<string, () => string>> = {
    'of who was provisional then': () => {
      merge('merge');
      say(50, VALIDATED);
      return late({ ...UNKNOWN, birthName: 'INCONNUE', sex: 'F', birthDate: '1950' });
    },
    'said after the merge, of who was identified by it': () => {
      merge('merge');
      say(50, QUALIFIED);
      return late(VALIDATED, { at: 20 });
    },
    'said again, which was there when a person accepted the merge': () => {
      say(1, VALIDATED);
      merge('merge');
      say(50, MAN);
      return late();
    },
    'said in time, and said again': () => {
      say(1, VALIDATED);
      merge('merge', VALIDATED);
      return late();
    },
    'corrected since in one trait': () => {
      merge('merge', VALIDATED);
      return late({ ...VALIDATED, birthName: 'VALMOREY' });
    },
    'replaced before the merge by who was identified': () => {
      say(3, VALIDATED);
      merge('merge', VALIDATED);
      say(50, VALIDATED);
      return late(MAN);
    },
    'of another clock': () => {
      merge('merge');
      say(50, VALIDATED);
      return late(VALIDATED, { sender: 'GAM' });
    },
    'of the number before, which was changed for one of the same patient': () => {
      merge('change-id', VALIDATED);
      return late({ ...VALIDATED, birthName: 'VALMOREY' }, { ipp: '1' });
    },
    'of a number that a merge names alone': () => {
      hospital.merge('2', '1', { at: 5 });
      say(50, MAN);
      return late();
    },
    'of who the merge names by a word that came once more': () => {
      merge('merge');
      say(50, VALIDATED);
      merge('merge', VALIDATED, 60);
      return late();
    },
  };
  for (const [what, told] of Object.entries(silent))
    it(`A2, A6: asks nobody of what is late and ${what}`, () => {
      expect(told()).to.not.include('quarantined');
      expect(open()).to.deep.equal([]);
    });

  it('A2, A4, A6: rejected, it changes nothing and asks again; once the merge is undone it asks nobody', () => {
    merge('merge');
    say(50, VALIDATED);
    const before = hospital.joined('2');
    expect(late()).to.equal(ASKED);
    hospital.answer('late', 'rejected');
    expect([late(VALIDATED, { id: 'again' }), hospital.joined('2')]).to.deep.equal([ASKED, before]);
    hospital.undo('1');
    expect([late(VALIDATED, { id: 'again' }), open(), survivor()]).to.deep.equal(['stale-ignored', [], '1']);
    expect(verdict(hospital.merge('2', '1', { id: 'merged again', at: 5, patient: UNKNOWN })), 'said again').to.equal(
      'quarantined ERR_IDENTITY_MERGE',
    );
  });

  it('A2, A4, A6: asks of each merge that is done, in one question', () => {
    merge('merge');
    merge('merge', MAN, 6, '3');
    expect(late()).to.equal(ASKED);
    expect(
      hospital
        .tasks()
        .find(({ id }) => id === 'late')!
        .candidates.map(({ ipp, as }) => [ipp, as]),
    ).to.deep.equal([
      ['1', 'on file'],
      ['2', 'on file'],
      ['2', 'received'],
      ['3', 'on file'],
    ]);
  });

  it('A2, A4, A6: asks of a number that was changed for another one since, and of the one since', () => {
    for (const ipp of ['2', '9']) {
      hospital = new Hospital();
      merge('merge');
      settle('change', () => hospital.merge('9', '2', { id: 'change', at: 30, kind: 'change-id', patient: VALIDATED }));
      expect(late(VALIDATED, { ipp })).to.equal(ASKED);
      const { keys } = hospital.tasks().find(({ id }) => id === 'late')!;
      expect(keys).to.deep.equal([keyed(ipp)]);
    }
  });

  it('A2, A4, A6: a merge that tells a patient as it was before (PID-33) is held against all that was said before it, and before that', () => {
    const asOf = (at: number, patient: Patient): Patient => ({ ...patient, updatedAt: `2026-10-01T08:0${at}:00.000Z` });
    for (const [told, at] of [
      [VALIDATED, 20],
      [asOf(1, VALIDATED), 70],
    ] as const) {
      hospital = new Hospital();
      settle('merge', () => hospital.merge('2', '1', { id: 'merge', at: 60, patient: asOf(5, UNKNOWN) }));
      expect(late(told, { at })).to.equal(ASKED);
    }
  });

  it('A2, A4, A6: asks of who was identified between what was said so before and the merge', () => {
    say(20, UNKNOWN);
    say(10, VALIDATED);
    merge('merge', UNKNOWN, 35);
    expect(late(VALIDATED, { at: 30 })).to.equal(ASKED);
  });

  it('A2, A4, A6: a note of before, which names its sender without its site and does not say since when, asks as well', () => {
    for (const now of [[], [VALIDATED]]) {
      hospital = new Hospital();
      say(0, UNKNOWN);
      merge('merge');
      for (const word of now) say(50, word);
      for (const [name, value] of hospital.notes) hospital.notes.set(name, value.replaceAll(/990001018\||"identified":(?:null|"[^"]*"),/g, ''));
      expect(late()).to.equal(ASKED);
      hospital.answer('late', 'accepted');
      expect(late()).to.not.include('quarantined');
      // Of which times nobody knows more, a word since hides it.
      expect(late(VALIDATED, { id: 'again' })).to.equal(now.length === 0 ? 'stale-ignored' : ASKED);
    }
  });
});
