/** What is remembered of a person that was just written is what the journal gives back. */
import { expect } from 'chai';
import { noteOf, personOf, readPerson } from '../../../core/identity/index.ts';
import { Hospital } from './hospital.ts';

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
});
