/** Applications of one hospital that speak of the same person (SAFETY A2). */
import { expect } from 'chai';
import type { Patient } from '../../../core/model/index.ts';
import { Hospital, INS, OTHER_INS, PLAIN, QUALIFIED, TRAITS, VALIDATED, patientOf, verdict } from './hospital.ts';

describe('identities of several senders', () => {
  it('A2: attribute by attribute the most trusted sender counts, whatever its clock', () => {
    const hospital = new Hospital();
    hospital.identity({ birthName: 'VALMORÉE', usedName: 'DU DPI' }, { sender: 'DPI', at: 1 });
    const told = hospital.identity({ birthName: 'ÉTREZAC', usedName: 'DE LA GAM', phones: ['0500000000'] }, { sender: 'GAM', at: 50 });
    expect(verdict(told)).to.equal('updated');
    expect(patientOf(told))
      .to.include({ birthName: 'VALMORÉE', usedName: 'DU DPI' })
      .and.deep.include({ phones: ['0500000000'] });
    expect(hospital.joined('1').sources).to.nested.include({ 'birthName.sender': 'DPI', 'phones.sender': 'GAM' });
  });

  for (const order of [
    ['A', 'B'],
    ['B', 'A'],
  ] as const) {
    it(`A2: senders trusted alike that differ on a strict trait are for a person (${order.join(' then ')})`, () => {
      const hospital = new Hospital([]);
      const names = { A: 'VALMORÉE', B: 'ÉTREZAC' };
      hospital.identity({ ...TRAITS, birthName: names[order[0]] }, { sender: order[0], id: 'first' });
      const second = hospital.identity({ ...TRAITS, birthName: names[order[1]] }, { sender: order[1], id: 'second' });
      expect(verdict(second)).to.equal('quarantined ERR_IDENTITY_CONFLICT');
      expect(hospital.joined('1').patient.birthName).to.equal(names[order[0]]);
      const [task] = hospital.tasks();
      expect(task).to.include({ id: 'second', kind: 'traits' });
      expect(task!.differences.map(({ attribute, onFile, received }) => [attribute, onFile.source, received.source])).to.deep.equal([
        ['birthName', order[0], order[1]],
      ]);
      hospital.answer('second', 'accepted');
      const again = hospital.identity({ ...TRAITS, birthName: names[order[1]] }, { sender: order[1], id: 'second' });
      expect(patientOf(again)).to.include({ birthName: names[order[1]] });
      expect(verdict(hospital.identity({ ...TRAITS, birthName: names[order[0]] }, { sender: order[0] })), 'the decision holds').to.equal('updated');
      expect(hospital.joined('1').patient.birthName).to.equal(names[order[1]]);
    });
  }

  it('A2, A4: what a person rejects of one sender makes no other one count more, whichever spoke first, and asks each time', () => {
    for (const order of [
      ['GAM', 'DPI'],
      ['DPI', 'GAM'],
    ]) {
      const hospital = new Hospital([{ application: 'GAM', insAuthority: true }]);
      const say = (sender: string, id: string, more: Patient = {}): string =>
        verdict(hospital.identity({ ...(sender === 'GAM' ? QUALIFIED : PLAIN), ...more }, { sender, id }));
      for (const sender of order) say(sender, sender);
      for (const id of ['one', 'two']) {
        expect(say('RIS', id, { birthName: 'ÉTREZAC' })).to.equal('quarantined ERR_IDENTITY_CONFLICT');
        hospital.answer(id, 'rejected');
      }
      expect(hospital.person('1')).to.not.have.property('chosen');
      say('DPI', 'mistyped', { birthName: 'VALMOREL' });
      expect(hospital.joined('1').patient).to.include({ birthName: 'VALMORÉE', ins: INS });
    }
  });

  it('A2: what a person decided holds until the other sender says something new', () => {
    const hospital = new Hospital([]);
    hospital.identity({ ...TRAITS, birthName: 'VALMORÉE' }, { sender: 'A' });
    hospital.identity({ ...TRAITS, birthName: 'ÉTREZAC' }, { sender: 'B', id: 'asked' });
    hospital.answer('asked', 'accepted');
    hospital.identity({ ...TRAITS, birthName: 'ÉTREZAC' }, { sender: 'B', id: 'asked' });
    expect(verdict(hospital.identity({ ...TRAITS, birthName: 'VALBRUNE' }, { sender: 'A' }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
  });

  describe('of which a person chose the word of one', () => {
    const said = { birthName: 'ÉTREZAC', birthDate: '1938-06-12' };
    let hospital: Hospital;
    const say = (sender: string, more: Patient, telling: { readonly id?: string; readonly at?: number } = {}): string =>
      verdict(hospital.identity({ ...TRAITS, ...more }, { sender, ...telling }));
    const choose = (): void => {
      say('B', said, { id: 'asked', at: 5 });
      hospital.answer('asked', 'accepted');
      expect(say('B', said, { id: 'asked', at: 5 })).to.equal('updated');
    };
    const name = (): unknown => hospital.joined('1').patient.birthName;

    for (const [rank, ...applications] of [['alike'], ['less', 'A', 'B'], ['more', 'B', 'A']] as const)
      it(`A2, A4: its next word asks again, of the value only, though it is trusted ${rank}; what it said before that comes late does not`, () => {
        hospital = new Hospital(applications.map((application) => ({ application })));
        say('A', {}, { at: 1 });
        choose();
        expect([say('B', { ...said, usedName: 'NEUVE' }, { at: 7 }), say('B', { birthName: 'VALMOREL' }, { at: 4 }), name()]).to.deep.equal([
          'updated',
          'stale-ignored',
          'ÉTREZAC',
        ]);
        const next = (): string => say('B', { ...said, birthName: 'VALBRUNE' }, { id: 'next', at: 8 });
        expect([next(), name(), hospital.tasks().at(-1)!.kind]).to.deep.equal(['quarantined ERR_IDENTITY_CONFLICT', 'ÉTREZAC', 'traits']);
        hospital.answer('next', 'rejected');
        expect([say('A', {}, { at: 9 }), name()]).to.deep.equal(['updated', 'ÉTREZAC']);
        next();
        hospital.answer('next', 'accepted');
        expect([next(), name(), say('A', {}, { at: 10 }), name()]).to.deep.equal(['updated', 'VALBRUNE', 'updated', 'VALBRUNE']);
        expect([say('B', said, { id: 'back', at: 11 }), name()]).to.deep.equal(['quarantined ERR_IDENTITY_CONFLICT', 'VALBRUNE']);
      });

    it('A4: one that nobody contradicts corrects itself as ever', () => {
      hospital = new Hospital();
      say('B', {}, { at: 1 });
      choose();
      expect([say('B', { ...said, birthName: 'ÉTRESAC' }, { at: 6 }), name()]).to.deep.equal(['updated', 'ÉTRESAC']);
    });

    it('A2, A4: of the record, its next word asks too, and what it said before does not come back', () => {
      hospital = new Hospital();
      hospital.identity(TRAITS, { at: 1 });
      const record = (birthName: string, id: string): string =>
        verdict(hospital.identity({ ...TRAITS, birthName }, { sender: 'DCC', isOfRecord: true, id }));
      record('ÉTREZAC', 'asked');
      hospital.answer('asked', 'accepted');
      expect([record('ÉTREZAC', 'asked'), name()]).to.deep.equal(['updated', 'ÉTREZAC']);
      expect([record('VALBRUNE', 'next'), name()]).to.deep.equal(['quarantined ERR_IDENTITY_CONFLICT', 'ÉTREZAC']);
    });
  });

  describe('of which a person chose one over a more trusted one', () => {
    let hospital: Hospital;
    const chosen = { ...QUALIFIED, ins: OTHER_INS, birthName: 'ÉTREZAC' };
    const now = (): unknown => [hospital.joined('1').patient.birthName, hospital.joined('1').ins?.ins];
    const kind = (id: string): string | undefined => hospital.tasks().find((task) => task.id === id)?.kind;
    beforeEach(() => {
      hospital = new Hospital([{ application: 'DPI', insAuthority: true }, { application: 'GAM' }, { application: 'LAB', insAuthority: true }]);
      hospital.identity(QUALIFIED, { at: 1 });
      hospital.identity(chosen, { sender: 'GAM', id: 'asked', at: 2 });
      hospital.answer('asked', 'accepted');
      hospital.identity(chosen, { sender: 'GAM', id: 'asked', at: 2 });
      expect(now()).to.deep.equal(['ÉTREZAC', OTHER_INS]);
    });

    it('A2, A4: a third one that says the same, or less, ends no choice', () => {
      expect(verdict(hospital.identity(chosen, { sender: 'LAB', at: 3 }))).to.equal('updated');
      expect(now()).to.deep.equal(['ÉTREZAC', OTHER_INS]);
      expect(hospital.identity({ birthName: 'ÉTREZAC', birthGivenNames: 'ÉLISE' }, { sender: 'LAB', at: 4 })).to.not.have.property('quarantine');
      expect(now()).to.deep.equal(['ÉTREZAC', OTHER_INS]);
    });

    it('A2, A4: one that says something else asks, whoever it is: what was not chosen does not come back by itself', () => {
      for (const [sender, birthName] of [
        ['LAB', 'VALBRUNE'],
        ['LAB', 'VALMORÉE'],
        ['DPI', 'VALBRUNE'],
      ] as const) {
        const id = `${sender} ${birthName}`;
        expect(verdict(hospital.identity({ birthName }, { sender, id, at: 5 })), id).to.equal('quarantined ERR_IDENTITY_CONFLICT');
        expect([kind(id), now()]).to.deep.equal(['traits', ['ÉTREZAC', OTHER_INS]]);
      }
      hospital.answer('LAB VALBRUNE', 'accepted');
      hospital.identity({ birthName: 'VALBRUNE' }, { sender: 'LAB', id: 'LAB VALBRUNE', at: 5 });
      expect(hospital.joined('1').patient.birthName).to.equal('VALBRUNE');
    });

    it('A2: the authority that was overruled says what it always said: it goes on, and changes nothing that was chosen', () => {
      const again = hospital.identity(QUALIFIED, { at: 5 });
      expect([verdict(again), again.warnings?.map(({ code }) => code), now()]).to.deep.equal([
        'updated',
        ['ins-not-counted'],
        ['ÉTREZAC', OTHER_INS],
      ]);
      expect(verdict(hospital.identity({ ...QUALIFIED, ins: '258033399990170' }, { id: 'third', at: 6 }))).to.equal(
        'quarantined ERR_IDENTITY_CONFLICT',
      );
    });

    it('A2, A4: the one that was chosen says other traits than its INS came with: the other INS comes back, by a person', () => {
      const back = (): string => verdict(hospital.identity(PLAIN, { sender: 'GAM', id: 'back', at: 5 }));
      expect([back(), kind('back'), now()]).to.deep.equal(['quarantined ERR_IDENTITY_CONFLICT', 'ins', ['ÉTREZAC', OTHER_INS]]);
      hospital.answer('back', 'accepted');
      expect([back(), now()]).to.deep.equal(['qualified', ['VALMORÉE', INS]]);
      expect(verdict(hospital.identity(QUALIFIED, { at: 6 }))).to.equal('updated');
      expect(now()).to.deep.equal(['VALMORÉE', INS]);
    });

    it('A4: an authority that takes the INS back asks too, and accepted there is none, not the one that was not chosen', () => {
      const without = (): string => verdict(hospital.identity({ ...VALIDATED, birthName: 'ÉTREZAC' }, { sender: 'LAB', id: 'without', at: 5 }));
      expect([without(), kind('without'), now()]).to.deep.equal(['quarantined ERR_IDENTITY_CONFLICT', 'ins', ['ÉTREZAC', OTHER_INS]]);
      hospital.answer('without', 'accepted');
      expect([without(), now()]).to.deep.equal(['dequalified', ['ÉTREZAC', undefined]]);
    });

    it('A2: once the one that was chosen says something else, who agreed with it before does not make it fall back', () => {
      hospital.identity(chosen, { sender: 'LAB', at: 3 });
      expect(verdict(hospital.identity({ birthName: 'VALBRUNE' }, { sender: 'GAM', id: 'changed', at: 5 }))).to.equal(
        'quarantined ERR_IDENTITY_CONFLICT',
      );
      expect([kind('changed'), now()]).to.deep.equal(['traits', ['ÉTREZAC', OTHER_INS]]);
    });
  });

  it('A2, A4: an acceptance chooses what was seen, nothing that its sender said since', () => {
    const hospital = new Hospital();
    const other = { ...QUALIFIED, ins: OTHER_INS, birthName: 'ÉTREZAC' };
    hospital.identity(QUALIFIED, { at: 1 });
    const say = () => hospital.identity(other, { sender: 'GAM', id: 'asked', at: 2 });
    expect(verdict(say())).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    hospital.identity({ birthName: 'VALBRUNE' }, { sender: 'GAM', at: 3 });
    hospital.answer('asked', 'accepted');
    expect(say()).to.not.have.property('quarantine');
    expect([hospital.joined('1').patient.birthName, hospital.joined('1').ins?.ins]).to.deep.equal(['VALMORÉE', INS]);
  });

  it('A4: an acceptance answers what was seen: another question is asked again, and what nobody asks any more overrules nobody', () => {
    const hospital = new Hospital([]);
    hospital.identity({ ...TRAITS, birthName: 'VALMORÉE' }, { sender: 'A' });
    const other = { ...QUALIFIED, birthName: 'ÉTREZAC', ins: OTHER_INS };
    const say = (): string => verdict(hospital.identity(other, { sender: 'B', id: 'asked' }));
    const task = () => hospital.tasks()[0]!;
    expect([say(), task().kind]).to.deep.equal(['quarantined ERR_IDENTITY_CONFLICT', 'traits']);
    hospital.identity({ ...QUALIFIED, birthName: 'VALMORÉE' }, { sender: 'A' });
    hospital.answer('asked', 'accepted');
    expect([say(), task().kind, task().state]).to.deep.equal(['quarantined ERR_IDENTITY_CONFLICT', 'ins', 'open']);
    expect(hospital.joined('1').ins?.ins).to.equal(INS);
    expect(task().differences.map(({ attribute }) => attribute)).to.include.members(['ins', 'birthName']);
    hospital.answer('asked', 'accepted');
    expect([say(), hospital.joined('1').ins?.ins]).to.deep.equal(['qualified', OTHER_INS]);
    hospital.identity({ ...TRAITS, birthName: 'VALBRUNE' }, { sender: 'A', id: 'later' });
    for (const _ of [1, 2]) {
      hospital.identity({ ...TRAITS, birthName: 'VALBRUNE' }, { sender: 'B', id: 'own' });
      if (hospital.tasks().some(({ id, state }) => id === 'own' && state === 'open')) hospital.answer('own', 'accepted');
    }
    hospital.answer('later', 'accepted');
    expect(verdict(hospital.identity({ ...TRAITS, birthName: 'VALBRUNE' }, { sender: 'A', id: 'later' }))).to.equal('updated');
    expect(hospital.person('1')!.chosen?.['birthName']?.sender).to.not.include('A');
  });

  it('A4: what is corrected after it was accepted is asked again; what no identity is known by may have changed', () => {
    const hospital = new Hospital();
    hospital.identity(QUALIFIED, { id: 'first' });
    const say = (patient: Patient): string => verdict(hospital.identity(patient, { id: 'asked', at: 55 }));
    say({ ...QUALIFIED, ins: OTHER_INS });
    hospital.identity({ phones: ['0500000000'] });
    hospital.answer('asked', 'accepted');
    expect(say({ ...QUALIFIED, ins: OTHER_INS, birthName: 'ÉTREZAC' }), 'another message').to.equal('quarantined ERR_IDENTITY_CONFLICT');
    expect(say({ ...QUALIFIED, ins: OTHER_INS }), 'the one that was seen').to.equal('qualified');
  });

  it('A4: a late message that would change the INS or a strict trait on file asks a person, as it would have in time', () => {
    const hospital = new Hospital([
      { application: 'GAM', insAuthority: true },
      { application: 'DPI', insAuthority: true },
    ]);
    hospital.identity(QUALIFIED, { sender: 'GAM', at: 5 });
    hospital.identity({ phones: ['0500000000'] }, { sender: 'DPI', at: 20 });
    expect(verdict(hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { sender: 'DPI', at: 10 }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    const alike = new Hospital([]);
    alike.identity({ ...TRAITS, birthName: 'VALMORÉE' }, { sender: 'B', at: 5 });
    alike.identity({ phones: ['0500000000'] }, { sender: 'A', at: 20 });
    expect(verdict(alike.identity({ ...TRAITS, birthName: 'ÉTREZAC' }, { sender: 'A', at: 10 }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
  });

  it('A2: what one cuts short or leaves out contradicts nothing', () => {
    const hospital = new Hospital([]);
    hospital.identity(TRAITS, { sender: 'A' });
    const { birthPlaceCog: _, ...shorter } = { ...TRAITS, birthGivenNames: 'ÉLISE', birthDate: '1937' };
    expect(verdict(hospital.identity(shorter, { sender: 'B' }))).to.equal('updated');
  });

  it('A2, A4, A8: a document of the record is held against the person as the hospital knows it', () => {
    const hospital = new Hospital([{ application: 'IDENT', insAuthority: true }, { application: 'GAM' }]);
    hospital.identity(QUALIFIED, { sender: 'IDENT' });
    hospital.identity({ ...PLAIN, birthName: 'VALMOREL' }, { sender: 'GAM' });
    expect(hospital.joined('1').ins?.ins).to.equal(INS);
    const record = { sender: 'DCC', isOfRecord: true };
    expect(verdict(hospital.document(QUALIFIED, record))).to.equal('as it is');
    const other = { birthName: 'VALMOREL', ins: OTHER_INS, insOid: QUALIFIED.insOid!, insStatus: 'VALI' as const };
    expect(verdict(hospital.document(other, record))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    expect(patientOf(hospital.visit(PLAIN, record))).to.include({ ins: INS, birthName: 'VALMORÉE' });
  });

  it('A4: a qualified INS without its traits does not sit on those of another sender', () => {
    const hospital = new Hospital([{ application: 'IDENT', insAuthority: true }, { application: 'GAM' }]);
    hospital.identity({ ...PLAIN, birthName: 'ÉTREZAC' }, { sender: 'GAM' });
    const { ins, insOid, insStatus, identityStatus } = QUALIFIED;
    const told = hospital.identity({ ins: ins!, insOid: insOid!, insStatus: insStatus!, identityStatus: identityStatus! }, { sender: 'IDENT' });
    expect(verdict(told)).to.equal('updated');
    expect(patientOf(told)).to.include({ ins: null, birthName: 'ÉTREZAC' });
    expect(verdict(hospital.identity(QUALIFIED, { sender: 'GAM' })), 'who says whose it is').to.equal('qualified');
  });

  it('A4: marks of PID-32 of any sender hold documents, until that sender takes them away', () => {
    const hospital = new Hospital();
    hospital.identity(VALIDATED);
    const told = hospital.identity({ ...VALIDATED, identityFlags: ['COLV'], automaticFiling: false }, { sender: 'GAM' });
    expect(patientOf(told)).to.deep.include({ identityFlags: ['COLV'], automaticFiling: false });
    hospital.identity({ ...VALIDATED, identityFlags: ['DOUB'], automaticFiling: false });
    expect(hospital.joined('1').patient.identityFlags).to.deep.equal(['DOUB', 'COLV']);
    hospital.identity(VALIDATED);
    expect(verdict(hospital.document(TRAITS))).to.equal('held ERR_FILING_BLOCKED');
    hospital.identity(VALIDATED, { sender: 'GAM' });
    expect(verdict(hospital.document(TRAITS))).to.equal('as it is');
  });

  describe('A2: of sites that share a domain', () => {
    const SOUTH = '990001026';
    const trusted = [{ application: 'IDENT', insAuthority: true }, { application: 'DPI' }];

    it('A2, A4: what is told does not depend on whose settings list whom', () => {
      const hospital = new Hospital(trusted);
      hospital.identity(QUALIFIED, { sender: 'IDENT' });
      const told = hospital.identity({ ...PLAIN, birthName: 'ÉTREZAC' }, { sender: 'OTHER', site: SOUTH });
      expect(verdict(told)).to.equal('updated');
      expect(patientOf(told)).to.include({ ins: INS, birthName: 'VALMORÉE' });
    });

    it('A6: a merge of two INS asks whoever says it', () => {
      const hospital = new Hospital(trusted);
      hospital.identity(QUALIFIED, { sender: 'IDENT', ipp: '1' });
      hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { sender: 'IDENT', ipp: '2' });
      hospital.identity({ ...PLAIN, birthName: 'ÉTREZAC' }, { sender: 'OTHER', site: SOUTH, ipp: '1' });
      expect(verdict(hospital.merge('1', '2', { sender: 'OTHER', site: SOUTH }))).to.equal('quarantined ERR_IDENTITY_MERGE');
    });

    it('A2: the same application of two sites is two senders: their clocks are not compared, and where they differ a person decides', () => {
      const hospital = new Hospital(trusted);
      hospital.identity({ ...TRAITS, usedName: 'NORD' }, { at: 50 });
      const early = hospital.identity({ ...TRAITS, usedName: 'SUD', phones: ['0500000000'] }, { at: 10, site: SOUTH });
      expect(verdict(early)).to.equal('updated');
      expect(Object.keys(hospital.person('1')!.folds)).to.deep.equal(['990001018|DPI', '990001026|DPI']);
      expect(verdict(hospital.identity({ ...TRAITS, birthName: 'ÉTREZAC' }, { at: 11, site: SOUTH }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
      const [{ differences } = { differences: [] }] = hospital.tasks();
      expect(differences.map(({ onFile, received }) => [onFile.source, received.source])).to.deep.equal([['DPI (990001018)', 'DPI (990001026)']]);
    });

    it('A3: a site that the domain is not of has no authority over it, whatever its application is called', () => {
      const hospital = new Hospital(trusted.map((one) => ({ ...one, sites: ['990001018'] })));
      hospital.identity(QUALIFIED, { sender: 'IDENT' });
      expect(verdict(hospital.identity(VALIDATED, { sender: 'IDENT', site: SOUTH }))).to.equal('updated');
      expect(verdict(hospital.identity(VALIDATED, { sender: 'IDENT' }))).to.equal('dequalified');
    });
  });

  it('A3: a strict trait of a more trusted sender that is not that of the INS takes the INS away', () => {
    const hospital = new Hospital([{ application: 'DPI' }, { application: 'INSI', insAuthority: true }]);
    hospital.identity(PLAIN, { sender: 'DPI' });
    expect(verdict(hospital.identity(QUALIFIED, { sender: 'INSI' }))).to.equal('qualified');
    expect(hospital.joined('1').ins).to.include({ ins: INS, sender: 'INSI' });
    expect(verdict(hospital.identity({ ...PLAIN, birthName: 'ÉTREZAC' }, { sender: 'DPI' }))).to.equal('dequalified');
  });

  describe('the record that speaks of a number of the hospital', () => {
    const record = { sender: 'DPI', isOfRecord: true };
    const other = { ...PLAIN, birthName: 'ÉTREZAC' };

    it('A3, A6: adds what the hospital does not say, and changes neither its traits nor its INS, whatever its clock and its name', () => {
      const hospital = new Hospital();
      hospital.identity({ ...VALIDATED, usedName: 'DU DPI' }, { at: 5 });
      const told = hospital.identity({ ...QUALIFIED, usedName: 'DU DCC', phones: ['0500000000'] }, { ...record, at: 50 });
      expect(verdict(told)).to.equal('updated');
      expect(patientOf(told)).to.deep.include({ usedName: 'DU DPI', phones: ['0500000000'], ins: null, identityStatus: 'VALI' });
      expect(Object.keys(hospital.person('1')!.folds)).to.deep.equal(['990001018|DPI', '~990009995|DPI']);
    });

    it('A2, A6: what contradicts the hospital is for a person, and changes nothing until then', () => {
      const hospital = new Hospital();
      hospital.identity(QUALIFIED);
      for (const [id, said] of [
        ['traits', other],
        ['ins', { ...QUALIFIED, ins: OTHER_INS }],
      ] as const) {
        expect(verdict(hospital.identity(said, { ...record, id }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
        expect(hospital.joined('1').patient).to.include({ birthName: 'VALMORÉE', ins: INS });
        expect(hospital.tasks().find((task) => task.id === id)).to.include({ kind: id, state: 'open', sender: 'DPI', site: '990009995' });
      }
      hospital.answer('traits', 'accepted');
      expect(patientOf(hospital.identity(other, { ...record, id: 'traits' }))).to.include({ birthName: 'ÉTREZAC' });
      hospital.identity({ ...PLAIN, birthName: 'VALBRUNE' });
      expect(hospital.joined('1').patient.birthName, 'the hospital says something new').to.equal('VALBRUNE');
    });

    it('A2, A6: what it said first gives way to the hospital, whose message does not wait, with a warning', () => {
      const hospital = new Hospital();
      hospital.identity({ ...other, ins: OTHER_INS, insOid: QUALIFIED.insOid!, insStatus: 'VALI' }, { ...record, at: 50 });
      expect(hospital.joined('1').ins?.ins, 'nothing better is known').to.equal(OTHER_INS);
      const told = hospital.identity(QUALIFIED, { at: 5 });
      expect(verdict(told)).to.equal('created');
      expect(told.warnings).to.deep.equal([{ code: 'identity-otherwise-elsewhere', detail: 'birthName' }]);
      expect(hospital.joined('1').patient).to.include({ birthName: 'VALMORÉE', ins: INS });
      expect(hospital.tasks()).to.deep.equal([]);
    });

    it('A6: its merge of two numbers of the hospital is for a person', () => {
      const hospital = new Hospital();
      for (const ipp of ['1', '2']) hospital.identity(PLAIN, { ipp });
      const merge = (): string => verdict(hospital.merge('1', '2', { ...record, id: 'merge' }));
      expect(merge()).to.equal('quarantined ERR_IDENTITY_MERGE');
      expect(hospital.person('2')).to.not.have.property('into');
      expect(hospital.tasks()[0]).to.include({ kind: 'merge-foreign' });
      hospital.answer('merge', 'accepted');
      expect(merge()).to.equal('as it is');
      expect(hospital.person('2')!.into?.ipp).to.equal('1');
    });
  });
});
