/** What one hospital application says of a person, in any order (SAFETY A1 to A4). */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { joinedOf } from '../../../core/identity/index.ts';
import type { Judgement } from '../../../core/knowledge/index.ts';
import type { Patient } from '../../../core/model/index.ts';
import { Hospital, INS, OID, OTHER_INS, PLAIN, QUALIFIED, TRAITS, VALIDATED, patientOf, verdict } from './hospital.ts';

const RUNS = 300;

describe('identities of one sender', () => {
  let hospital: Hospital;
  beforeEach(() => (hospital = new Hospital()));

  it('A1: keeps one identity for each number of a domain', () => {
    hospital.identity(TRAITS, { ipp: '1' });
    hospital.identity({ ...TRAITS, birthName: 'ÉTREZAC' }, { ipp: '2' });
    expect([hospital.joined('1').patient.birthName, hospital.joined('2').patient.birthName]).to.deep.equal(['VALMORÉE', 'ÉTREZAC']);
  });

  it('A2: a late older event that changes nothing is stale, kept and delivered nowhere', () => {
    hospital.identity({ ...TRAITS, usedName: 'NEUVE' }, { at: 5 });
    const late = hospital.identity({ ...TRAITS, usedName: 'ANCIENNE' }, { at: 1 });
    expect(verdict(late)).to.equal('stale-ignored');
    expect(late).to.include({ isSilent: true });
    expect(hospital.joined('1').patient.usedName).to.equal('NEUVE');
  });

  it('A2, A4: what is stale and changes nothing is not in the history: and what a person released is not held again', () => {
    const said = { ...TRAITS, identityFlags: ['DOUB'], automaticFiling: false };
    hospital.merge('9', '2', { kind: 'change-id', at: 1 });
    for (const [ipp, person] of [
      ['1', '1'],
      ['2', '9'],
    ] as const) {
      for (const at of [1, 5]) hospital.identity(said, { ipp, at });
      const before = hospital.person(person)!;
      expect(hospital.identity(said, { ipp, at: 2 }).notes, 'the same').to.deep.equal([]);
      hospital.identity(said, { ipp, at: 0 });
      expect(hospital.person(person)!.history, 'since when, at most').to.deep.equal(before.history);
      expect(verdict(hospital.identity({ ...said, usedName: 'VIEUX' }, { ipp, at: 2 })), 'more').to.not.include('stale');
      const { history } = hospital.person(person)!;
      expect(history).to.have.length(before.history.length + 1);
      hospital.identity({ usedName: 'NEUVE' }, { ipp, at: 4 });
      for (let i = 0; i < 3; i += 1) hospital.identity({ ...said, usedName: 'VIEUX' }, { ipp, at: 2 });
      expect(hospital.person(person)!.history, ipp).to.have.length(before.history.length + 2);
    }
  });

  it('A2: a late older event adds what nobody said since', () => {
    hospital.identity({ birthName: 'VALMORÉE' }, { at: 5 });
    const late = hospital.identity({ birthName: 'VALMOREE', phones: ['0500000000'] }, { at: 1 });
    expect(verdict(late)).to.equal('updated');
    expect(patientOf(late))
      .to.include({ birthName: 'VALMORÉE' })
      .and.deep.include({ phones: ['0500000000'] });
  });

  it('A2: PID-33 counts before EVN-2, then the control id by its number', () => {
    hospital.identity({ ...TRAITS, usedName: 'NEUF' }, { at: 3, controlId: 'M9' });
    expect(verdict(hospital.identity({ ...TRAITS, usedName: 'DIX' }, { at: 3, controlId: 'M10' }))).to.equal('updated');
    expect(verdict(hospital.identity({ ...TRAITS, usedName: 'HUIT' }, { at: 3, controlId: 'M8' }))).to.equal('stale-ignored');
  });

  it('A2: of two with the same times and control id the later message counts, whichever is replayed', () => {
    const tell = (usedName: string, id: string): string => verdict(hospital.identity({ ...TRAITS, usedName }, { at: 3, controlId: 'SAME', id }));
    tell('FAUTE', 'M9');
    expect(tell('CORRIGÉE', 'M10')).to.equal('updated');
    expect(tell('FAUTE', 'M9')).to.equal('stale-ignored');
    expect(hospital.joined('1').patient.usedName).to.equal('CORRIGÉE');
    hospital = new Hospital();
    tell('CORRIGÉE', 'M10');
    tell('FAUTE', 'M9');
    expect(hospital.joined('1').patient.usedName, 'decided in the other order').to.equal('CORRIGÉE');
  });

  describe('A2: a time in the future', () => {
    const receivedAt = '2026-10-01T09:00:00.000Z';
    const later = '2026-10-01T10:00:00.000Z';
    const wrong: Patient = { ...TRAITS, birthName: 'FAUTE', updatedAt: '2096-10-01T08:00:00Z' };

    it('A2: does not hold against the corrections to come: EVN-2 counts in its place, with a warning', () => {
      hospital.identity(TRAITS, { at: 1, receivedAt });
      const told = hospital.identity(wrong, { at: 3, receivedAt });
      expect(told.warnings).to.deep.equal([{ code: 'identity-time-ahead', detail: 'updatedAt' }]);
      expect(patientOf(told)).to.include({ birthName: 'FAUTE', updatedAt: '2026-10-01T08:03:00.000Z' });
      expect(verdict(hospital.identity({ ...TRAITS, usedName: 'AVANT' }, { at: 2, receivedAt: later })), 'older than that').to.equal('updated');
      expect(hospital.joined('1').patient).to.include({ birthName: 'FAUTE', usedName: 'AVANT' });
      expect(verdict(hospital.identity(QUALIFIED, { at: 4, receivedAt: later }))).to.equal('qualified');
      expect(hospital.joined('1').patient.birthName).to.equal('VALMORÉE');
    });

    it('A2: of EVN-2 as well leaves reception to count, of the first decision as of a replay', () => {
      const year = 70 * 365 * 24 * 60;
      const wrongToo = (): Judgement => hospital.identity(wrong, { at: year, id: 'wrong', receivedAt });
      expect(wrongToo().warnings).to.deep.equal([{ code: 'identity-time-ahead', detail: 'updatedAt, recordedAt' }]);
      expect(wrongToo().event!.data).to.include({ recordedAt: receivedAt });
      expect(verdict(hospital.identity(TRAITS, { at: 61, receivedAt: later }))).to.equal('updated');
      expect(verdict(wrongToo()), 'replayed').to.equal('stale-ignored');
      expect(hospital.joined('1').patient.birthName).to.equal('VALMORÉE');
    });

    it('A2: of a merge or a link is none either', () => {
      const at = 70 * 365 * 24 * 60;
      const linked = hospital.link('1', '2', { at, receivedAt });
      expect(linked.warnings).to.deep.equal([{ code: 'identity-time-ahead', detail: 'recordedAt' }]);
      hospital.link('1', '2', { at: 61, receivedAt: later, undone: true });
      expect(hospital.person('1')!.links!.map(({ isLinked }) => isLinked)).to.deep.equal([false]);
      hospital.merge('3', '4', { at, receivedAt });
      expect(hospital.person('4')!.into!.at.startsWith(receivedAt)).to.equal(true);
    });

    it('A2: within a day of reception is a clock or a time zone that is wrong, and counts as it is said', () => {
      const told = hospital.identity({ ...TRAITS, updatedAt: '2026-10-02T08:59:59Z' }, { receivedAt });
      expect(told.warnings).to.deep.equal([]);
      expect(verdict(hospital.identity(wrong, { at: 3, receivedAt }))).to.equal('stale-ignored');
    });
  });

  it('A2: times of a site without offset are of its time zone, over the hour that summer time repeats', () => {
    const told = (updatedAt: string, usedName: string): string => verdict(hospital.identity({ ...TRAITS, usedName, updatedAt }, { id: usedName }));
    told('2026-10-25T01:59:00', 'UN');
    expect(told('2026-10-25T03:01:00+02:00', 'DEUX')).to.equal('updated');
    expect(told('2026-10-25T02:59:00+02:00', 'TROIS')).to.equal('stale-ignored');
  });

  describe('A2: in the hour that autumn repeats', () => {
    const [first, second] = ['2026-10-25T02:50:00', '2026-10-25T02:10:00'];
    const tell = (patient: Patient, updatedAt: string, id: string): Judgement => hospital.identity({ ...patient, updatedAt }, { id, at: 0 });

    it('A2: two statements of one sender that differ on the identity are for a person, in either order', () => {
      for (const [one, other] of [
        [first, second],
        [second, first],
      ] as const) {
        hospital = new Hospital();
        tell(QUALIFIED, one, 'M1');
        const { folds } = hospital.person('1')!;
        for (const [i, differs] of [{ birthName: 'ÉTREZAC' }, { birthDate: '1958-03-14' }, { ins: OTHER_INS }, { identityFlags: ['DOUB'] }].entries())
          expect(verdict(tell({ ...QUALIFIED, ...differs }, other, `M${i + 2}`))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
        expect(hospital.person('1')!.folds).to.deep.equal(folds);
        expect(hospital.tasks().map(({ kind }) => kind)).to.deep.equal(Array(4).fill('order'));
      }
    });

    it('A2: what a person accepts is the newer one, whatever its control id; what follows that hour is newer than both', () => {
      tell({ ...TRAITS, usedName: 'UN' }, first, 'M2');
      const late = { ...TRAITS, birthName: 'ÉTREZAC' };
      tell(late, second, 'M1');
      hospital.answer('M1', 'accepted');
      expect(verdict(tell(late, second, 'M1'))).to.equal('updated');
      expect(hospital.joined('1').patient).to.include({ birthName: 'ÉTREZAC' });
      expect(verdict(tell(TRAITS, '2026-10-25T03:00:00', 'M0'))).to.equal('updated');
      expect(hospital.joined('1').patient).to.include({ birthName: 'VALMORÉE' });
    });

    it('A2: of anything else the control id counts, with a warning', () => {
      tell({ ...TRAITS, usedName: 'UN' }, first, 'M1');
      const told = tell({ ...TRAITS, usedName: 'DEUX' }, second, 'M2');
      expect(told.warnings).to.deep.equal([{ code: 'identity-order-unsure', detail: 'usedName' }]);
      expect(hospital.joined('1').patient).to.include({ usedName: 'DEUX' });
      expect(tell(TRAITS, second, 'M3').warnings, 'said again').to.deep.equal([]);
    });

    it('A2: an offset, or an EVN-2 that tells them apart, leaves no doubt', () => {
      tell(TRAITS, `${first}+02:00`, 'M9');
      expect(verdict(tell({ ...TRAITS, birthName: 'ÉTREZAC' }, `${second}+01:00`, 'M1'))).to.equal('updated');
      tell(TRAITS, first, 'M9');
      expect(
        hospital.tasks().map(({ kind }) => kind),
        'one of them has none',
      ).to.deep.equal(['order']);
      hospital.identity({ ...TRAITS, updatedAt: first }, { ipp: '2', id: 'M9', at: 1 });
      expect(verdict(hospital.identity({ ...TRAITS, birthName: 'ÉTREZAC', updatedAt: second }, { ipp: '2', id: 'M1', at: 2 }))).to.equal('updated');
    });
  });

  it('A2: any order of the same events gives the same person', () => {
    const patient = fc.record(
      {
        birthName: fc.constantFrom('VALMORÉE', 'Valmoree', 'ÉTREZAC', ''),
        firstGivenName: fc.constantFrom('ÉLISE', 'ANNE'),
        birthDate: fc.constantFrom('1937-06-12', '1937', '1937-00-00'),
        sex: fc.constantFrom('F', 'U', 'M'),
        usedName: fc.constantFrom('A', 'B', 'C'),
        email: fc.constantFrom('a@b.fr', null),
        identityFlags: fc.constantFrom(['DOUB'], []),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Patient>;
    const surety = fc.constantFrom<Patient>({ identityStatus: 'VALI', insStatus: 'UNKNOWN' }, { identityStatus: 'PROV', insStatus: 'PROV' }, {});
    const said = fc.array(fc.record({ patient, surety, claims: fc.boolean(), at: fc.nat({ max: 6 }), sender: fc.constantFrom('DPI', 'GAM') }), {
      minLength: 1,
      maxLength: 7,
    });
    const order = (length: number): fc.Arbitrary<number[]> =>
      fc.shuffledSubarray(
        Array.from({ length }, (_, i) => i),
        { minLength: length },
      );
    const cases = said.chain((all) => fc.tuple(fc.constant(all), order(all.length)));
    let folded = 0;
    fc.assert(
      fc.property(cases, ([all, shuffled]) => {
        const run = (indices: readonly number[]): { end: Hospital; isAsked: boolean } => {
          const end = new Hospital();
          let isAsked = false;
          for (const i of indices) {
            const { patient: traits, surety: how, claims, at, sender } = all[i]!;
            const claim = claims ? { ins: INS, insOid: OID, insStatus: 'VALI' as const, identityStatus: 'QUAL' as const } : { ins: null, ...how };
            isAsked ||= end.identity({ ...traits, ...claim }, { at, sender, id: `M${i}` }).quarantine !== undefined;
          }
          return { end, isAsked };
        };
        const [one, other] = [run(all.map((_, i) => i)), run(shuffled)];
        // What waits for a person is not part of what is known; it is said by other properties.
        fc.pre(!one.isAsked && !other.isAsked);
        folded += 1;
        expect(other.end.person('1')!.folds).to.deep.equal(one.end.person('1')!.folds);
        const { senders } = one.end.settings;
        expect(joinedOf(other.end.person('1')!, senders)).to.deep.equal(joinedOf(one.end.person('1')!, senders));
      }),
      { numRuns: RUNS, maxSkipsPerRun: 200 },
    );
    expect(folded).to.equal(RUNS);
  });

  it('A3: empty means unchanged, and neither null nor an unknown sex erases a strict trait', () => {
    hospital.identity(TRAITS);
    const next = hospital.identity({ birthName: null, firstGivenName: '', sex: 'U' });
    expect(patientOf(next)).to.include({ birthName: 'VALMORÉE', firstGivenName: 'ÉLISE', sex: 'F' });
  });

  it('A3: absence of an INS, or PROV, from who is not INS authority withdraws nothing', () => {
    hospital.identity(QUALIFIED);
    for (const patient of [PLAIN, { ...PLAIN, identityStatus: 'PROV', insStatus: 'PROV' } as Patient]) {
      const next = hospital.identity(patient, { sender: 'GAM' });
      expect(verdict(next)).to.equal('updated');
      expect(patientOf(next)).to.include({ ins: INS, insOid: OID, identityStatus: 'QUAL', insStatus: 'VALI' });
    }
  });

  it('A3: an INS authority that says how sure it is and names no INS withdraws it; one that says nothing does not', () => {
    hospital.identity(QUALIFIED);
    expect(verdict(hospital.identity(PLAIN))).to.equal('updated');
    const lost = hospital.identity(VALIDATED);
    expect(verdict(lost)).to.equal('dequalified');
    expect(patientOf(lost)).to.include({ ins: null, identityStatus: 'VALI' }).and.not.have.property('insOid');
  });

  it('A3: a changed strict trait downgrades and takes number and OID away, until a new qualified INS (rule 27)', () => {
    hospital.identity(QUALIFIED, { at: 1 });
    const changed = hospital.identity({ birthName: 'ÉTREZAC' }, { at: 2 });
    expect(verdict(changed)).to.equal('dequalified');
    expect(patientOf(changed)).to.include({ birthName: 'ÉTREZAC', ins: null, identityStatus: 'VALI' }).and.not.have.property('insOid');
    expect(verdict(hospital.identity({ birthName: 'VALMORÉE' }, { at: 3 })), 'the old name alone qualifies nothing').to.equal('updated');
    expect(verdict(hospital.identity(QUALIFIED, { at: 4 }))).to.equal('qualified');
  });

  describe('A3, A4: an INS that comes with fewer traits', () => {
    const BARE: Patient = { ins: INS, insOid: OID, insStatus: 'VALI', identityStatus: 'QUAL' };
    const { birthName: _, ...nameless } = QUALIFIED;

    for (const [how, say] of [
      ['alone', () => hospital.identity(BARE)],
      ['without the birth name', () => hospital.identity(nameless)],
      ['in a merge', () => hospital.merge('1', '2', { patient: BARE })],
    ] as const)
      it(`A3: said again ${how} stands for the traits it came with, and is lost when one changes (rule 27)`, () => {
        hospital.identity(QUALIFIED);
        say();
        expect(hospital.joined('1').ins).to.deep.include({ ins: INS, traits: TRAITS });
        const changed = hospital.identity({ ...PLAIN, birthName: 'ÉTREZAC' });
        expect(verdict(changed)).to.equal('dequalified');
        expect(patientOf(changed)).to.include({ ins: null, birthName: 'ÉTREZAC' });
        expect(hospital.identity(BARE).warnings, 'the number alone qualifies nothing again').to.deep.equal([{ code: 'ins-not-counted' }]);
        expect(hospital.joined('1')).to.not.have.property('ins');
      });

    it('A3: said again of the next number of the patient stands for the traits it came with under the one before', () => {
      for (const steps of [
        [0, 1, 2, 3],
        [0, 2, 1, 3],
        [2, 0, 1, 3],
      ]) {
        hospital = new Hospital();
        const said = [
          () => hospital.identity({ ...PLAIN, birthName: 'ÉTREZAC' }, { at: 1 }),
          () => hospital.identity(QUALIFIED, { at: 2 }),
          () => hospital.merge('9', '1', { kind: 'change-id', at: 3 }),
          () => hospital.identity(BARE, { ipp: '9', at: 4 }),
        ];
        for (const step of steps) said[step]!();
        expect(hospital.joined('9').ins, steps.join()).to.deep.include({ ins: INS, traits: TRAITS });
        expect(verdict(hospital.identity({ ...PLAIN, birthName: 'ÉTREZAC' }, { ipp: '9', at: 5 }))).to.equal('dequalified');
      }
    });

    it('A3: is lost as well when a note of before kept the traits of the last claim only', () => {
      hospital.identity(QUALIFIED);
      const [[name, value] = ['', '']] = hospital.notes;
      const note = JSON.parse(value) as { folds: Record<string, { registers: Record<string, unknown> }> };
      const { registers } = Object.values(note.folds)[0]!;
      for (const register of Object.keys(registers)) if (register.includes('#')) delete registers[register];
      hospital.notes.set(name, JSON.stringify(note));
      expect(hospital.joined('1').ins?.ins).to.equal(INS);
      hospital.identity(BARE);
      expect(verdict(hospital.identity({ birthName: 'ÉTREZAC' }))).to.equal('dequalified');
    });

    it('A4: takes the traits that its sender has always said, and counts for nothing without them', () => {
      expect(hospital.identity(BARE).warnings).to.deep.equal([{ code: 'ins-not-counted' }]);
      expect(hospital.joined('1').patient).to.include({ ins: null }).and.not.have.property('insOid');
      expect(verdict(hospital.identity(PLAIN))).to.equal('qualified');
      hospital.identity({ ...PLAIN, birthName: 'ÉTREZAC' }, { ipp: '2' });
      hospital.identity(PLAIN, { ipp: '2' });
      expect(verdict(hospital.identity(BARE, { ipp: '2' })), 'whichever of the two names it is of').to.equal('updated');
    });

    it('A4: is contradicted by another number all the same', () => {
      for (const ipp of ['1', '2', '3']) hospital.identity(ipp === '3' ? { ...QUALIFIED, ins: OTHER_INS } : BARE, { ipp });
      for (const told of [
        hospital.identity({ ...QUALIFIED, ins: OTHER_INS }),
        hospital.document({ ...TRAITS, ins: OTHER_INS }, { ipp: '2' }),
        hospital.merge('1', '3'),
      ])
        expect(verdict(told)).to.match(/^quarantined ERR_IDENTITY_(CONFLICT|MERGE)$/);
    });
  });

  it('A3: another spelling of a name is no change of it', () => {
    hospital.identity({ ...QUALIFIED, birthName: 'D’ESTRE-MŒUR' });
    const next = hospital.identity({ birthName: 'd estre moeur'.normalize('NFD') });
    expect(verdict(next)).to.equal('updated');
    expect(patientOf(next)).to.include({ birthName: 'd estre moeur', ins: INS });
  });

  it('A4: a late INS qualifies; it is its sender’s claim unless a contract is recorded', () => {
    expect(verdict(hospital.identity(PLAIN))).to.equal('created');
    const late = hospital.identity(QUALIFIED);
    expect(verdict(late)).to.equal('qualified');
    expect(late.event!.data).to.include({ insStanding: 'claimed' });
    const trusted = new Hospital([{ application: 'DPI', insAuthority: true, insContract: 'Convention 2026-03' }]);
    expect(trusted.identity(QUALIFIED).event!.data).to.include({ insStanding: 'contract' });
  });

  it('A4: number and OID of what is not qualified go nowhere', () => {
    const told = hospital.identity({ ...TRAITS, ins: INS, insOid: OID, insStatus: 'NOT-QUALIFIED', identityStatus: 'RECUP' });
    expect(patientOf(told)).to.include({ ins: null, identityStatus: 'RECUP' }).and.not.have.property('insOid');
  });

  it('A4: another INS, or the same with other traits, changes nothing and asks a person', () => {
    hospital.identity(QUALIFIED);
    const { folds } = hospital.person('1')!;
    for (const patient of [
      { ...QUALIFIED, ins: OTHER_INS },
      { ...QUALIFIED, birthDate: '1937-06-13' },
    ]) {
      expect(verdict(hospital.identity(patient, { id: patient.ins! + patient.birthDate! }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
      expect(hospital.person('1')!.folds).to.deep.equal(folds);
    }
    const [task] = hospital.tasks();
    expect(task).to.include({ kind: 'ins', state: 'open', sender: 'DPI' });
    expect(task!.candidates.map((one) => one.as)).to.deep.equal(['on file', 'received']);
    expect(task!.differences.map(({ attribute }) => attribute)).to.deep.equal(['ins']);
    expect(task!.differences[0]).to.deep.nested.include({ 'onFile.value': INS, 'onFile.source': 'DPI', 'received.value': OTHER_INS });
  });

  it('A4: another INS asks though a trait took the first one away, in either order; one that was withdrawn is over', () => {
    const renamed = { ...QUALIFIED, ins: OTHER_INS, birthName: 'ÉTREZAC' };
    const steps: readonly ((of: Hospital) => Judgement)[] = [
      (of) => of.identity({ ...TRAITS, birthName: 'ÉTREZAC' }, { at: 2, id: 'trait' }),
      (of) => of.identity(renamed, { at: 3, id: 'asked' }),
    ];
    for (const order of [steps, steps.toReversed()]) {
      hospital = new Hospital();
      hospital.identity(QUALIFIED, { at: 1 });
      for (const step of order) step(hospital);
      const [{ kind, candidates } = { kind: '', candidates: [] }] = hospital.tasks();
      expect([kind, candidates.map(({ patient }) => patient.ins)]).to.deep.equal(['ins', [INS, OTHER_INS]]);
      expect(hospital.joined('1').ins).to.equal(undefined);
      // Asked before the trait changed, it is another question now.
      for (let i = 0; i < 2 && hospital.tasks()[0]!.state === 'open'; i += 1) {
        hospital.answer('asked', 'accepted');
        steps[1]!(hospital);
      }
      expect([hospital.tasks()[0]!.state, hospital.joined('1').ins?.ins]).to.deep.equal(['accepted', OTHER_INS]);
    }
    hospital = new Hospital();
    hospital.identity(QUALIFIED, { at: 1 });
    hospital.identity({ ...VALIDATED, birthName: 'ÉTREZAC' }, { at: 2 });
    expect(verdict(hospital.identity(renamed, { at: 3 }))).to.equal('qualified');
  });

  it('A4: an accepted conflict takes the place of what was on file, a rejected one leaves it', () => {
    hospital.identity(QUALIFIED);
    hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { id: 'asked' });
    hospital.answer('asked', 'accepted');
    expect(verdict(hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { id: 'asked' }))).to.equal('qualified');
    expect(hospital.joined('1').patient.ins).to.equal(OTHER_INS);
    expect(hospital.person('1')).to.not.have.any.keys('open', 'accepted');
    hospital.identity(QUALIFIED, { id: 'again' });
    hospital.answer('again', 'rejected');
    expect(hospital.joined('1').patient.ins).to.equal(OTHER_INS);
    expect(verdict(hospital.identity(QUALIFIED, { id: 'again' }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
  });

  it('A4: a message that says of one person twice what contradicts is accepted once, and ends', () => {
    hospital.identity(QUALIFIED);
    const other = { ...TRAITS, birthName: 'ÉTREZAC' };
    const send = (): readonly string[] =>
      hospital
        .message(
          'two',
          (id) => hospital.document(other, { id }),
          (id) => hospital.document({ ...other, usedName: 'AUTRE' }, { id }),
        )
        .map(verdict);
    expect(send()[0]).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    hospital.answer('two', 'accepted');
    expect(send()).to.deep.equal(['as it is', 'as it is']);
    expect(hospital.tasks()).to.have.length(1);
    expect(hospital.tasks()[0]).to.deep.include({ state: 'accepted', closed: { who: 'camille', why: 'checked', at: '2026-10-01T08:00:00.000Z' } });
    expect(hospital.person('1')).to.not.have.property('open');
    expect(send()[0], 'a replay later on is not accepted unseen').to.equal('quarantined ERR_IDENTITY_CONFLICT');
  });

  it('A4: a message that contradicts what is known of two persons asks of each, and ends', () => {
    hospital.identity(TRAITS, { ipp: '1' });
    hospital.identity(TRAITS, { ipp: '2' });
    const other = { ...TRAITS, birthName: 'ÉTREZAC' };
    const send = (): readonly string[] =>
      hospital
        .message(
          'two',
          (id) => hospital.document(other, { id, ipp: '1' }),
          (id) => hospital.document(other, { id, ipp: '2' }),
        )
        .map(verdict);
    send();
    hospital.answer('two', 'accepted');
    expect(send(), 'of the second one nobody was asked').to.deep.equal(['as it is', 'quarantined ERR_IDENTITY_CONFLICT']);
    hospital.answer('two', 'accepted');
    expect(send()).to.deep.equal(['as it is', 'as it is']);
    for (const ipp of ['1', '2']) expect(hospital.person(ipp)).to.not.have.property('open');
  });

  it('A4: a task stays open until what it released is decided, and may be answered again', () => {
    hospital.identity(QUALIFIED);
    hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { id: 'asked' });
    hospital.answer('asked', 'accepted');
    expect(hospital.tasks()[0]).to.include({ state: 'open' }).and.deep.nested.include({ 'answered.verdict': 'accepted' });
    expect(hospital.person('1')!.open).to.deep.equal(['asked']);
    hospital.answer('asked', 'rejected');
    expect(hospital.tasks()[0]).to.include({ state: 'rejected' });
    expect(hospital.person('1')).to.not.have.property('open');
    expect(verdict(hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { id: 'asked' }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
  });

  it('A4: what is contradicted no more when it is decided again leaves no task', () => {
    hospital.identity(QUALIFIED);
    hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { id: 'asked', at: 9 });
    hospital.identity(VALIDATED);
    expect(verdict(hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { id: 'asked', at: 9 }))).to.equal('qualified');
    expect(hospital.tasks()[0]).to.include({ state: 'accepted' }).and.nested.include({ 'closed.who': 'passerelle' });
  });

  const OTHER_MAN: Patient = {
    birthName: 'DUFRESNE',
    firstGivenName: 'PAUL',
    birthGivenNames: 'PAUL',
    sex: 'M',
    birthDate: '1961-02-03',
    birthPlaceCog: '75056',
  };

  it('A1, A4: a number that comes with the traits of somebody else asks a person, with an INS or without', () => {
    hospital.identity(QUALIFIED);
    const reused = { ...VALIDATED, ...OTHER_MAN };
    expect(verdict(hospital.identity(reused, { id: 'asked' }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    expect([hospital.joined('1').ins?.ins, hospital.joined('1').patient.birthName]).to.deep.equal([INS, 'VALMORÉE']);
    const [task] = hospital.tasks();
    expect(task!.kind).to.equal('traits');
    expect(task!.differences.map(({ attribute }) => attribute)).to.include.members(['birthName', 'firstGivenName', 'sex', 'birthDate']);
    expect(verdict(hospital.identity(reused, { sender: 'GAM' })), 'whoever says it').to.equal('quarantined ERR_IDENTITY_CONFLICT');
    hospital.answer('asked', 'accepted');
    expect(verdict(hospital.identity(reused, { id: 'asked' }))).to.equal('dequalified');
    expect(verdict(hospital.identity(reused)), 'said again').to.equal('updated');
  });

  it('A3, A4: a correction of one trait, of a birth place beside, or of an identity that was provisional asks nobody', () => {
    const corrections: readonly Patient[] = [
      { birthName: 'ÉTREZAC', birthPlaceCog: '75056' },
      { firstGivenName: 'ANNE', birthGivenNames: 'ANNE ÉLISE' },
      { sex: 'M' },
      { birthDate: '1937-12-06' },
      { usedName: 'AUTRE', birthDate: '1937', birthGivenNames: 'ÉLISE' },
    ];
    for (const [i, correction] of corrections.entries()) {
      hospital.identity(TRAITS, { ipp: `c${i}` });
      expect(verdict(hospital.identity({ ...TRAITS, ...correction }, { ipp: `c${i}` })), JSON.stringify(correction)).to.equal('updated');
    }
    hospital.identity({ ...OTHER_MAN, identityStatus: 'PROV', insStatus: 'PROV' }, { ipp: 'p' });
    expect(verdict(hospital.identity(QUALIFIED, { ipp: 'p' }))).to.equal('qualified');
    for (const two of [
      { birthName: 'ÉTREZAC', birthDate: '1938-06-12' },
      { sex: 'M', firstGivenName: 'PAUL' },
    ] as const)
      expect(verdict(hospital.identity({ ...TRAITS, ...two }, { ipp: 'p' })), JSON.stringify(two)).to.equal('quarantined ERR_IDENTITY_CONFLICT');
  });

  it('A4: a number whose digits disagree with sex, month and birth place is taken', () => {
    const disagrees = { ...QUALIFIED, sex: 'M', birthDate: '1990-01-01', birthPlaceCog: '75056' } as Patient;
    expect(patientOf(hospital.identity(disagrees))).to.include({ ins: INS, sex: 'M' });
  });

  it('A4: a document that contradicts the person on file is filed nowhere, an incomplete or lunar date contradicts nothing', () => {
    hospital.identity({ ...QUALIFIED, birthDate: '1937-06-00' });
    expect(verdict(hospital.document({ ...TRAITS, birthDate: '1937' }))).to.equal('as it is');
    expect(verdict(hospital.document({ ...TRAITS, birthName: 'valmoree'.normalize('NFD'), birthDate: '1937-06-00' }))).to.equal('as it is');
    expect(verdict(hospital.document({ ...TRAITS, birthName: 'ÉTREZAC' }, { id: 'doc' }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    expect(verdict(hospital.document({ ...TRAITS, birthDate: '1937-06-00', ins: OTHER_INS }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    hospital.answer('doc', 'accepted');
    expect(verdict(hospital.document({ ...TRAITS, birthName: 'ÉTREZAC' }, { id: 'doc' }))).to.equal('as it is');
  });

  it('A4: marks of PID-32 hold documents until they are gone', () => {
    hospital.identity({ ...VALIDATED, identityFlags: ['DOUB'], automaticFiling: false });
    expect(verdict(hospital.document(TRAITS))).to.equal('held ERR_FILING_BLOCKED');
    hospital.identity(VALIDATED);
    expect(verdict(hospital.document(TRAITS))).to.equal('as it is');
  });

  it('A2: a stay that comes late brings no old name', () => {
    hospital.identity({ ...TRAITS, usedName: 'NEUVE' }, { at: 5 });
    expect(patientOf(hospital.visit({ ...TRAITS, usedName: 'ANCIENNE' }, { at: 1 }))).to.include({ usedName: 'NEUVE' });
  });

  it('keeps the note of a person small however much is said', () => {
    for (let i = 0; i < 200; i += 1) hospital.identity({ ...QUALIFIED, usedName: `N${i}` });
    expect(hospital.person('1')!.history).to.have.length(20);
    expect([...hospital.notes.values()][0]!.length).to.be.below(6000);
  });
});
