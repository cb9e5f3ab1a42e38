/** Links absorb nobody; stays and links that move say of both what is known (SAFETY A2, A4, A6). */
import { expect } from 'chai';
import type { Judgement } from '../../../core/knowledge/index.ts';
import type { Patient } from '../../../core/model/index.ts';
import { survivorOf } from '../../../core/identity/index.ts';
import { Hospital, INS, OTHER_INS, QUALIFIED, TRAITS, VALIDATED, keyed, verdict } from './hospital.ts';

const NUMBERS = ['1', '2', '3', '4', '5'] as const;
const OTHERWISE = { ...QUALIFIED, ins: OTHER_INS };

describe('links', () => {
  let hospital: Hospital;
  const fresh = (): void => {
    hospital = new Hospital();
    for (const ipp of NUMBERS) hospital.identity({ ...TRAITS, usedName: `N${ipp}` }, { ipp });
  };
  beforeEach(fresh);
  const survivor = (ipp: string): string => survivorOf(keyed(ipp), hospital.known).person!.ipp;

  it('A6: links absorb nobody, and the newest statement about two counts in any order', () => {
    hospital.link('1', '2', { at: 5, undone: true });
    hospital.link('1', '2', { at: 3 });
    expect(hospital.person('1')!.links!.map(({ ipp, isLinked }) => [ipp, isLinked])).to.deep.equal([['2', false]]);
    hospital.link('2', '1', { at: 7 });
    expect(hospital.person('1')!.links!.map(({ ipp, isLinked }) => [ipp, isLinked])).to.deep.equal([['2', true]]);
    expect(NUMBERS.map(survivor)).to.deep.equal([...NUMBERS]);
    expect(hospital.link('1', '2', { at: 6, undone: true }), 'late, it goes nowhere').to.deep.include({
      isSilent: true,
      warnings: [{ code: 'identity-stale' }],
    });
  });

  it('A2, A6: where two senders do not agree on a link a person decides, whatever their clocks; the record separates no two of a hospital alone', () => {
    const links = (): unknown => hospital.person('1')!.links!.map(({ isLinked, sender }) => [isLinked, sender]);
    for (const other of [{ sender: 'GAM' }, { sender: 'DCC', isOfRecord: true }])
      for (const at of [5, 12]) {
        hospital = new Hospital();
        hospital.identity(TRAITS, { ipp: '1' });
        hospital.identity({ ...TRAITS, usedName: 'DEUX' }, { ipp: '2' });
        hospital.link('1', '2', { at: 9 });
        const unlink = (): string => verdict(hospital.link('2', '1', { ...other, at, undone: true, id: 'asked' }));
        expect(unlink()).to.equal('quarantined ERR_IDENTITY_CONFLICT');
        const [{ kind, candidates, differences } = { kind: '', candidates: [], differences: [] }] = hospital.tasks();
        expect([kind, candidates.map(({ ipp }) => ipp)]).to.deep.equal(['link', ['2', '1']]);
        expect(
          differences.map(({ attribute, onFile, received }) => [attribute, onFile.value, onFile.source, received.value, received.source]),
        ).to.deep.equal([['linked', true, 'DPI', false, other.sender]]);
        expect([links(), hospital.person('1')!.doubts], 'and no document waits').to.deep.equal([[[true, '990001018|DPI']], undefined]);
        hospital.answer('asked', 'accepted');
        expect(unlink()).to.equal('unlinked');
        expect((links() as [boolean][]).map(([isLinked]) => isLinked)).to.deep.equal([false]);
        expect(verdict(hospital.link('1', '2', { at: 13 })), 'said again by the first').to.equal('quarantined ERR_IDENTITY_CONFLICT');
      }
    hospital = new Hospital();
    hospital.link('1', '2', { at: 9 });
    expect(verdict(hospital.link('1', '2', { sender: 'GAM', at: 1 })), 'both agree').to.equal('linked');
    expect(verdict(hospital.link('1', '2', { at: 10, undone: true })), 'one of them no more').to.equal('quarantined ERR_IDENTITY_CONFLICT');
  });

  it('A2, A4: an acceptance against the link of one sender is none against that of another one', () => {
    hospital = new Hospital();
    for (const ipp of ['1', '2']) hospital.identity(TRAITS, { ipp, at: 0 });
    hospital.link('1', '2', { sender: 'DPI', at: 5 });
    const unlink = (): string => verdict(hospital.link('1', '2', { sender: 'GAM', at: 3, undone: true, id: 'asked' }));
    expect(unlink()).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    hospital.answer('asked', 'accepted');
    hospital.link('1', '2', { sender: 'LAB', at: 6 });
    expect(unlink(), 'nobody has seen what LAB says').to.equal('quarantined ERR_IDENTITY_CONFLICT');
    expect(
      hospital
        .tasks()
        .find(({ id }) => id === 'asked')!
        .differences.map(({ onFile }) => onFile.source),
    ).to.deep.equal(['DPI', 'LAB']);
  });

  describe('a link and a stay that moves', () => {
    const told = (
      type: 'dcc.identity.linked' | 'dcc.identity.unlinked' | 'dcc.visit.reassigned',
      one: Patient,
      two: Patient,
      at?: number,
      sender?: string,
    ): Judgement => {
      const [patient, from] = [
        { domain: 'fictif', ipp: '1', ...one },
        { domain: 'fictif', ipp: '2', ...two },
      ];
      return hospital.tell(type, ['1', '2'], { id: 'asked', ...(at !== undefined && { at }), ...(sender && { sender }) }, (data) => ({
        ...data,
        ...(type === 'dcc.visit.reassigned' ? { patient, from, visit: { id: 'S1' } } : { patients: [patient, from] }),
      }));
    };
    const patients = ({ event }: Judgement): readonly Patient[] => {
      const { patient, from, patients: pair = [patient!, from!] } = event!.data as { patient?: Patient; from?: Patient; patients?: Patient[] };
      return pair;
    };
    const PAUL = { ...OTHERWISE, birthName: 'ÉTREZAC', firstGivenName: 'PAUL', birthGivenNames: 'PAUL', sex: 'M', birthDate: '1980-01-01' } as const;

    for (const type of ['dcc.identity.linked', 'dcc.identity.unlinked', 'dcc.visit.reassigned'] as const) {
      it(`A4: say of both what is known, and bring no old name along: ${type}`, () => {
        hospital.identity(QUALIFIED, { ipp: '1' });
        const { sex, birthDate } = TRAITS;
        const said = patients(told(type, { birthName: 'ÉTREZAC', sex: sex!, birthDate: birthDate! }, {}));
        expect(said.map(({ ipp, ins, birthName }) => [ipp, ins, birthName])).to.deep.equal([
          ['1', INS, 'VALMORÉE'],
          ['2', null, 'VALMORÉE'],
        ]);
      });

      it(`A2, A4: that come late with what their sender has replaced since ask nobody, and bring none of it: ${type}`, () => {
        const [married, other] = [
          { ...QUALIFIED, birthName: 'VALBRUNE' },
          { ...VALIDATED, birthName: 'VALBRUNE' },
        ];
        for (const [at, said] of [QUALIFIED, other, married].entries()) hospital.identity(said, { ipp: '1', at: 1000 + 10 * at });
        const late = told(type, QUALIFIED, {}, 1005);
        expect([verdict(late).startsWith('quarantined'), patients(late)[0]!.birthName, patients(late)[0]!.ins]).to.deep.equal([
          false,
          'VALBRUNE',
          INS,
        ]);
        expect(verdict(told(type, QUALIFIED, {}, 1030)), 'said after all of it').to.equal('quarantined ERR_IDENTITY_CONFLICT');
      });

      it(`A2, A4: that come late and name whom their sender never said ask, decided again as well: ${type}`, () => {
        const paul = { ...VALIDATED, birthName: 'ETREZAC', firstGivenName: 'PAUL', birthGivenNames: 'PAUL', sex: 'M' } as const;
        for (const at of [1000, 1010]) hospital.identity(VALIDATED, { ipp: '1', at });
        for (const at of [1005, 1015, 1015]) {
          expect(verdict(told(type, paul, {}, at)), `${at}`).to.equal('quarantined ERR_IDENTITY_CONFLICT');
          hospital.identity(VALIDATED, { ipp: '1', at: 1020 });
        }
      });

      it(`A2, A4: that come late and repeat whom an application of their site named so ask nobody; whom it never named ask, though it named that number otherwise once: ${type}`, () => {
        const unknown = { birthName: 'INCONNU', firstGivenName: 'X', birthGivenNames: 'X', sex: 'M', identityStatus: 'PROV' } as const;
        const martin = { ...unknown, birthName: 'MARTIN', firstGivenName: 'PAUL', birthGivenNames: 'PAUL' } as const;
        const asked = [martin, { ...martin, identityStatus: 'VALI' }, { ...unknown, firstGivenName: 'PAUL', birthGivenNames: 'PAUL' }] as const;
        for (const by of ['GAM', 'DPI'])
          for (const late of [unknown, ...asked]) {
            hospital = new Hospital([{ application: 'GAM' }, { application: 'DPI' }]);
            hospital.identity(unknown, { ipp: '1', at: 1000, sender: by });
            hospital.identity(VALIDATED, { ipp: '1', at: 1005, sender: by });
            hospital.identity(VALIDATED, { ipp: '1', at: 1020, sender: 'GAM' });
            const said = told(type, late, {}, 1010, 'GAM');
            expect(verdict(said).startsWith('quarantined'), JSON.stringify([by, late])).to.equal(late !== unknown);
            if (late === unknown) expect(patients(said)[0]!.birthName).to.equal('VALMORÉE');
          }
      });

      it(`A4: that come late and mix what was said of that number at two times ask; what was said at one of them does not: ${type}`, () => {
        const provisional = {
          ...VALIDATED,
          identityStatus: 'PROV',
          sex: 'M',
          birthDate: '1980-01-01',
          firstGivenName: 'PAUL',
          birthGivenNames: 'PAUL',
        } as const;
        const named = provisional;
        hospital = new Hospital();
        for (const [at, said] of [{ ...provisional, birthName: 'MARTIN' }, named, VALIDATED].entries())
          hospital.identity(said, { ipp: '1', at: 1000 + 10 * at });
        const { sex, birthDate } = VALIDATED;
        const mixed = { ...provisional, birthName: 'MARTIN', ...(sex && { sex }), ...(birthDate && { birthDate }) };
        for (const late of [named, mixed])
          expect(verdict(told(type, late, {}, 1015)).startsWith('quarantined'), JSON.stringify(late)).to.equal(late === mixed);
      });

      it(`A2, A4: that come late ask where a note of before does not say what was said once: ${type}`, () => {
        const once = { ...VALIDATED, birthName: 'VALBRUNE', sex: 'M', identityStatus: 'PROV' } as const;
        hospital = new Hospital();
        for (const [at, said] of [once, VALIDATED].entries()) hospital.identity(said, { ipp: '1', at: 1000 + 10 * at });
        const late = (): string => verdict(told(type, once, {}, 1005)).split(' ')[0]!;
        const before = new Map(hospital.notes);
        expect(late()).to.not.equal('quarantined');
        for (const [name, value] of before) hospital.notes.set(name, value.replace(/,"VALBRUNE"\]/, ']'));
        expect(late()).to.equal('quarantined');
      });

      it(`A4, A8: whose patient is somebody else than the one on file ask, with both, and do nothing meanwhile: ${type}`, () => {
        for (const [one, two, ipp, kinds] of [
          [PAUL, {}, '1', ['ins', 'traits']],
          [{}, { ...PAUL, ins: null, insStatus: 'UNKNOWN' }, '2', ['traits']],
          [OTHERWISE, {}, '1', ['ins']],
        ] as const) {
          fresh();
          hospital.identity(QUALIFIED, { ipp: '1' });
          expect(verdict(told(type, one, two))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
          expect(hospital.person('1')).to.not.have.property('links');
          const [{ kind, candidates } = { kind: '', candidates: [] }] = hospital.tasks();
          expect(kind).to.equal(kinds[0]);
          expect(candidates.map((each) => [each.ipp, each.as, each.patient.birthName])).to.deep.equal([
            [ipp, 'on file', 'VALMORÉE'],
            [ipp, 'received', { ...one, ...two }.birthName ?? 'VALMORÉE'],
          ]);
          hospital.answer('asked', 'accepted');
          expect(
            patients(told(type, one, two)).map((each) => each.birthName),
            'accepted, it is the one on file',
          ).to.deep.equal(['VALMORÉE', 'VALMORÉE']);
        }
      });
    }
  });
});
