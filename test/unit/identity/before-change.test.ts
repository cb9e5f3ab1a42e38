/** A number that somebody else had before another one was changed for it, of which the word comes after the change (A47) (SAFETY A2, A4, A6; decision 0027). */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { survivorOf } from '../../../core/identity/index.ts';
import type { Judgement } from '../../../core/knowledge/index.ts';
import type { Patient } from '../../../core/model/index.ts';
import { Hospital, MAN, QUALIFIED, UNKNOWN, VALIDATED, keyed, verdict } from './hospital.ts';

const CORRECTED: Patient = { ...VALIDATED, birthName: 'VALMOREY' };
const ASKED = 'quarantined ERR_IDENTITY_CONFLICT';

/** A word about a number, or the change of 1 for 2. */
interface Said {
  readonly ipp?: '1' | '2' | '9';
  readonly at: number;
  readonly patient?: Patient;
}

describe('what was said before a change of number, and comes after it', () => {
  let hospital: Hospital;
  beforeEach(() => {
    hospital = new Hospital();
  });
  const tell = ({ ipp, at, patient }: Said): Judgement => {
    const id = `${ipp ?? 'change'}-${at}`;
    return ipp
      ? hospital.identity(patient ?? {}, { ipp, at, id })
      : hospital.merge('2', '1', { at, id, kind: 'change-id', ...(patient && { patient }) });
  };
  /** All accepted: what was asked, by when it is said. */
  const played = (all: readonly Said[]): ReadonlyMap<number, string> => {
    const asked = new Map<number, string>();
    for (const said of all)
      while (tell(said).quarantine) {
        const id = `${said.ipp ?? 'change'}-${said.at}`;
        asked.set(said.at, hospital.tasks().find((task) => task.id === id)!.kind);
        hospital.answer(id, 'accepted');
      }
    return asked;
  };
  const anew = (all: readonly Said[]): ReadonlyMap<number, string> => {
    hospital = new Hospital();
    return played(all);
  };
  const survivor = (ipp = '1'): string => survivorOf(keyed(ipp), hospital.known).person?.ipp ?? ipp;
  const open = (): readonly string[] => hospital.tasks().flatMap(({ state, kind }) => (state === 'open' ? [kind] : []));
  const say = (ipp: '1' | '2' | '9', at: number, patient: Patient): Said => ({ ipp, at, patient });
  const change = (patient?: Patient): Said => ({ at: 5, ...(patient && { patient }) });

  const words: Readonly<Record<string, Patient | undefined>> = {
    'names no traits': undefined,
    'names who is provisional': UNKNOWN,
    'names its patient': VALIDATED,
  };
  for (const [what, named] of Object.entries(words))
    for (const [one, two] of [
      [VALIDATED, MAN],
      [UNKNOWN, MAN],
      [MAN, UNKNOWN],
      [MAN, QUALIFIED],
    ] as const)
      it(`A2, A4, A6: asks in any order, where the change ${what}: 1 is ${one.birthName}, 2 is ${two.birthName}`, () => {
        for (const [first, second] of [
          [1, 3],
          [3, 1],
        ] as const) {
          const all = { one: say('1', first, one), two: say('2', second, two), change: change(named) };
          for (const order of ['one two change', 'two one change', 'one change two', 'change one two', 'two change one', 'change two one']) {
            hospital = new Hospital();
            const told = order.split(' ').map((name) => all[name as keyof typeof all]);
            expect(played(told).has(told.at(-1)!.at), order).to.equal(true);
            expect([survivor(), open()]).to.deep.equal(['2', []]);
          }
        }
      });

  it('A2, A4, A6: shows both numbers, and joins nothing meanwhile; accepted it is known, rejected it asks again, of a change that is undone nobody', () => {
    for (const [late, early, numbers] of [
      [
        say('2', 1, MAN),
        say('1', 3, VALIDATED),
        [
          ['1', 'on file', 'VALMORÉE'],
          ['2', 'on file', 'VALMORÉE'],
          ['2', 'received', 'BRUNEL'],
        ],
      ],
      [
        say('1', 1, MAN),
        say('2', 3, VALIDATED),
        [
          ['2', 'on file', 'VALMORÉE'],
          ['1', 'received', 'BRUNEL'],
        ],
      ],
    ] as const)
      for (const answer of ['accepted', 'rejected'] as const) {
        hospital = new Hospital();
        expect([...played([early, change()])]).to.deep.equal([]);
        const before = hospital.joined('2');
        const id = `${late.ipp}-1`;
        expect([verdict(tell(late)), hospital.joined('2'), open()]).to.deep.equal([ASKED, before, ['traits']]);
        const { candidates } = hospital.tasks().find((task) => task.id === id)!;
        expect(candidates.map(({ ipp, as, patient }) => [ipp, as, patient.birthName])).to.have.deep.members(numbers.map((one) => [...one]));
        hospital.answer(id, answer);
        if (answer === 'accepted') expect(verdict(tell(late))).to.not.include('quarantined');
        const again = (again: string): string => verdict(hospital.identity(MAN, { ipp: late.ipp!, at: 1, id: again }));
        expect([again('again'), survivor(), hospital.joined('2').patient.birthName]).to.deep.equal([
          answer === 'accepted' ? 'stale-ignored' : ASKED,
          '2',
          'VALMORÉE',
        ]);
        hospital.undo('1');
        expect(again('again'), 'undone').to.not.include('quarantined');
        expect([open(), hospital.joined(late.ipp!).patient.birthName, survivor()]).to.deep.equal([[], 'BRUNEL', '1']);
        expect(verdict(hospital.merge('2', '1', { at: 5, id: 'said again', kind: 'change-id' }))).to.equal('quarantined ERR_IDENTITY_MERGE');
      }
  });

  it('A2, A4, A6: asks of numbers that were changed one after the other, of each of them', () => {
    const chain: readonly (readonly [known: '1' | '2' | '9', late: '1' | '2' | '9'])[] = [
      ['1', '2'],
      ['1', '9'],
      ['2', '1'],
      ['2', '9'],
      ['9', '1'],
      ['9', '2'],
    ];
    for (const [known, late] of chain)
      for (const isFirst of [true, false]) {
        hospital = new Hospital();
        const next = (): unknown => hospital.merge('9', '2', { at: 6, id: 'next', kind: 'change-id' });
        tell(say(known, 3, VALIDATED));
        if (!isFirst) next();
        tell(change());
        if (isFirst) next();
        expect([survivor(), open()]).to.deep.equal(['9', []]);
        expect(verdict(tell(say(late, 1, MAN))), `${known} ${late}`).to.equal(ASKED);
        expect(hospital.tasks().map(({ keys }) => keys)).to.deep.equal([[keyed(late)]]);
      }
  });

  it('A2, A4, A6: asks of a number that a word since, of the patient, hides', () => {
    played([change(), say('2', 10, VALIDATED), say('2', 1, MAN)]);
    expect([open(), verdict(tell(say('1', 2, VALIDATED)))]).to.deep.equal([[], ASKED]);
    const { kind, candidates, differences } = hospital.tasks()[0]!;
    expect([kind, candidates.map(({ ipp, as, patient }) => [ipp, as, patient.birthName])]).to.deep.equal([
      'traits',
      [
        ['2', 'on file', 'BRUNEL'],
        ['1', 'received', 'VALMORÉE'],
      ],
    ]);
    expect(differences.map(({ attribute, onFile }) => [attribute, onFile.at])).to.deep.include(['birthName', '2026-10-01T08:01:00.000Z']);
  });

  it('A2, A4, A6: asks of who was provisional, where the other number had somebody before the change: said again since, or unknown too', () => {
    const INCONNUE: Patient = { ...UNKNOWN, birthName: 'INCONNUE', sex: 'F', birthDate: '1950' };
    for (const [mine, theirs] of [
      ['2', '1'],
      ['1', '2'],
    ] as const)
      for (const others of [[say(theirs, 3, MAN), say(theirs, 50, MAN)], [say(theirs, 3, INCONNUE)]]) {
        hospital = new Hospital();
        expect([...played([...others, change()])]).to.deep.equal([]);
        expect([verdict(tell(say(mine, 1, UNKNOWN))), open()]).to.deep.equal([ASKED, ['traits']]);
      }
  });

  it('A2, A4, A6: a change that comes late asks where its new number had somebody else before it, whom a word since hides', () => {
    for (const [other, asked] of [
      [MAN, ['number-taken']],
      [CORRECTED, []],
      [UNKNOWN, []],
    ] as const) {
      hospital = new Hospital();
      played([say('1', 1, VALIDATED), say('2', 30, QUALIFIED), say('2', 2, other)]);
      tell(change());
      expect([open(), survivor()]).to.deep.equal([asked, asked.length > 0 ? '1' : '2']);
      if (asked.length === 0) continue;
      const { candidates, differences } = hospital.tasks()[0]!;
      expect(candidates.map(({ ipp, patient }) => [ipp, patient.birthName])).to.deep.equal([
        ['1', 'VALMORÉE'],
        ['2', 'BRUNEL'],
      ]);
      expect(differences.find(({ attribute }) => attribute === 'birthName')!.onFile).to.deep.equal({
        value: 'BRUNEL',
        source: 'DPI',
        at: '2026-10-01T08:02:00.000Z',
      });
      hospital.answer('change-5', 'accepted');
      expect([verdict(tell(change())), survivor(), hospital.person('1')!.into!.asMerge]).to.deep.equal(['merged', '2', true]);
      expect(verdict(hospital.merge('2', '1', { at: 5, id: 'repeated', kind: 'change-id' }))).to.equal('merged');
    }
  });

  it('A2, A4, A6: a note of before, which names its sender without its site, says what that one said', () => {
    for (const [late, early] of [
      ['2', '1'],
      ['1', '2'],
    ] as const) {
      hospital = new Hospital();
      tell(say(early, 3, VALIDATED));
      for (const [name, value] of hospital.notes) hospital.notes.set(name, value.replaceAll(/990001018\||"identified":(?:null|"[^"]*"),/g, ''));
      tell(change());
      expect(verdict(tell(say(late, 1, MAN)))).to.equal(ASKED);
    }
  });

  const silent: Readonly<Record<string, readonly Said[]>> = {
    'said again of the number before': [say('1', 1, VALIDATED), say('1', 3, QUALIFIED), change(), say('2', 10, QUALIFIED), say('1', 1, VALIDATED)],
    'of the number before, of the same patient': [change(), say('2', 10, QUALIFIED), say('1', 3, CORRECTED)],
    'of the number before, whose patient was unknown then': [change(), say('2', 10, VALIDATED), say('1', 1, UNKNOWN)],
    'of the number before, whose patient was unknown and identified before the change': [
      say('1', 3, VALIDATED),
      say('2', 4, VALIDATED),
      change(),
      say('1', 1, UNKNOWN),
    ],
    'of the number before, whose patient the change identified': [change(VALIDATED), say('1', 1, UNKNOWN), say('2', 10, QUALIFIED)],
    'of the number since, of the same patient': [say('1', 3, VALIDATED), change(), say('2', 1, CORRECTED), say('2', 4, VALIDATED)],
    'of the number since, whose patient was unknown and identified before the change': [
      say('1', 3, VALIDATED),
      say('2', 4, VALIDATED),
      change(),
      say('2', 1, UNKNOWN),
    ],
    'said after the change, in another order': [say('1', 3, UNKNOWN), change(), say('2', 20, QUALIFIED), say('2', 10, VALIDATED)],
  };
  for (const [what, all] of Object.entries(silent))
    it(`A2, A6: asks nobody of what is late and ${what}`, () => {
      expect([[...played(all)], survivor(), open()]).to.deep.equal([[], '2', []]);
    });

  it('A2, A6: another clock says nothing of before and after', () => {
    for (const [word, changed] of [
      ['GAM', 'DPI'],
      ['DPI', 'GAM'],
    ]) {
      hospital = new Hospital();
      hospital.identity(UNKNOWN, { ipp: '1', at: 3 });
      hospital.merge('2', '1', { at: 5, kind: 'change-id', sender: changed! });
      expect(verdict(hospital.identity(MAN, { ipp: '2', at: 1, sender: word! }))).to.not.include('quarantined');
    }
  });

  it('A2, A4, A6: where a change of number asks in time any order asks, and where nothing does none does', () => {
    const patient = fc.constantFrom<Patient>(VALIDATED, VALIDATED, MAN, MAN, CORRECTED, UNKNOWN);
    const story = fc
      .tuple(
        fc.array(fc.tuple(fc.constantFrom('1', '2'), patient), { minLength: 2, maxLength: 4 }),
        fc.option(patient, { nil: undefined }),
        fc.nat(4),
      )
      .chain(([words, named, place]) => {
        const said = words.map(([ipp, word], n): Said => ({ ipp, at: 10 * (n + 1), patient: word }));
        const changed: Said = { at: 10 * Math.min(place, words.length) + 5, ...(named && { patient: named }) };
        const all = [...said, changed].toSorted((a, b) => a.at - b.at);
        return fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }), fc.constant(changed.at));
      });
    const counts = { change: 0, nothing: 0 };
    fc.assert(
      fc.property(story, ([all, shuffled, at]) => {
        const [inTime, inOrder] = [anew(all), anew(shuffled)];
        // Who was provisional asks nobody once its own clock has identified the same patient since.
        const isAsked = inTime.get(at) === 'number-taken' && all.every(({ ipp, patient }) => !ipp || patient !== UNKNOWN);
        if (isAsked) counts.change += 1;
        if (isAsked) expect([...inOrder]).to.not.deep.equal([]);
        // Of what has come so far; and a change that comes late is held against what was said since of its number, too.
        const soFar = (): readonly (readonly Said[])[] => shuffled.map((_, n) => shuffled.slice(0, n + 1).toSorted((a, b) => a.at - b.at));
        if (inTime.size > 0 || inOrder.has(at) || soFar().some((some) => anew(some).size > 0)) return;
        counts.nothing += 1;
        expect([...inOrder]).to.deep.equal([]);
      }),
      { numRuns: 1500 },
    );

    expect(Math.min(counts.change, counts.nothing)).to.be.above(30);
  });
});
