/** What is remembered of a person that was just written is what the journal gives back. */
import { expect } from 'chai';
import { noteOf, personOf, readPerson } from '../../../core/identity/index.ts';
import { Hospital, INS, QUALIFIED, TRAITS, VALIDATED, verdict } from './hospital.ts';

describe('the note of a person', () => {
  it('is read as it was written, from memory and from its text', () => {
    const hospital = new Hospital();
    hospital.identity({ birthName: 'INVENTE', sex: 'F', phones: ['0500000001'] });
    hospital.identity({ birthName: 'INVENTE', phones: ['0500000002'] }, { at: 5 });
    hospital.identity({ birthName: 'AUTRE', usedName: 'INVENTE' }, { at: 3, sender: 'GAM' });
    const [[name, value] = ['', '']] = hospital.notes;
    const key = name.split(' ')[1]!;
    const remembered = personOf(hospital.known, key)!;
    const read = readPerson(key, `${value} `);
    expect(read).to.not.equal(remembered);
    expect(read).to.deep.equal(remembered);
    expect(noteOf(key, read).value).to.equal(value);
  });

  it('A2: of before, whose senders are named without their site, goes on as what the first of that name says', () => {
    const hospital = new Hospital([]);
    hospital.identity({ ...TRAITS, birthName: 'VALMORÉE' }, { sender: 'A', at: 1 });
    hospital.identity({ ...TRAITS, birthName: 'ÉTREZAC' }, { sender: 'B', at: 2, id: 'asked' });
    hospital.answer('asked', 'accepted');
    hospital.identity({ ...TRAITS, birthName: 'ÉTREZAC' }, { sender: 'B', at: 2, id: 'asked' });
    for (const [name, value] of hospital.notes) {
      const { chosen, ...rest } = JSON.parse(value) as { chosen?: Record<string, { sender: string }> };
      const preferred = chosen && Object.fromEntries(Object.entries(chosen).map(([attribute, { sender }]) => [attribute, sender]));
      hospital.notes.set(name, JSON.stringify({ ...rest, ...(preferred && { preferred }) }).replaceAll('990001018|', ''));
    }
    expect(Object.keys(hospital.person('1')!.folds)).to.have.members(['A', 'B']);
    expect(hospital.joined('1').patient.birthName).to.equal('ÉTREZAC');
    expect(verdict(hospital.identity({ ...TRAITS, usedName: 'VIEUX' }, { sender: 'B', at: 0 })), 'older than what it said then').to.equal('updated');
    expect(hospital.joined('1').patient).to.include({ birthName: 'ÉTREZAC', usedName: 'VIEUX' });
    expect(verdict(hospital.identity({ ...TRAITS, birthName: 'VALMORÉE' }, { sender: 'A', at: 3 }))).to.equal('updated');
    expect(Object.keys(hospital.person('1')!.folds)).to.have.members(['990001018|A', '990001018|B']);
    expect(hospital.joined('1').patient.birthName, 'the decision holds').to.equal('ÉTREZAC');
  });

  it('A2: of before, with what came with a change of number, is of one sender too', () => {
    const bare = (value: string): string => {
      const { inherited, ...rest } = JSON.parse(value.replaceAll('990001018|', '')) as { inherited?: Record<string, { folds: object }> };
      const [inheritedFrom] = Object.keys(inherited ?? {});
      const folds = Object.assign({}, ...Object.values(inherited ?? {}).map((line) => line.folds)) as object;
      return JSON.stringify({ ...rest, ...(inheritedFrom !== undefined && { inherited: folds, inheritedFrom }) });
    };
    const hospital = new Hospital([{ application: 'DPI', insAuthority: true }]);
    hospital.identity(QUALIFIED, { ipp: '1', at: 1 });
    hospital.merge('2', '1', { at: 2, kind: 'change-id' });
    hospital.merge('3', '2', { at: 3, kind: 'change-id' });
    for (const [name, value] of hospital.notes) hospital.notes.set(name, bare(value));
    expect(hospital.joined('3').ins?.ins).to.equal(INS);
    expect(verdict(hospital.identity({ ...VALIDATED, birthName: 'ÉTREZAC' }, { ipp: '3', at: 5 })), 'its own correction').to.equal('dequalified');
    expect(
      verdict(hospital.identity({ ...VALIDATED, birthName: 'ÉTREZAC', usedName: 'AUTRE' }, { ipp: '1', at: 6 })),
      'under the first number',
    ).to.equal('updated');
    expect(verdict(hospital.identity({ ...VALIDATED, birthName: 'VALORGE' }, { ipp: '3', at: 7 }))).to.equal('updated');
    expect(hospital.joined('3').patient.birthName).to.equal('VALORGE');
  });
});
