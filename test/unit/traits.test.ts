import { expect } from 'chai';
import { differingTrait, fold, type Patient, type Traits } from '../../core/model/index.ts';

const patient: Patient = {
  birthName: "D'ÉTREZAC",
  firstGivenName: 'ANNE-LISE',
  birthGivenNames: 'ANNE-LISE MARIE',
  birthDate: '1975-06-12',
  sex: 'F',
};
const differs = (document: Traits, of: Patient = patient): string | undefined => differingTrait(of, document);

describe('A8: comparing two descriptions of a patient', () => {
  it('sees one name through accents, case, ligatures, hyphens, apostrophes and composition', () => {
    for (const name of ['D ETREZAC', 'd’Étrezac', "D'E\u0301TREZAC", 'DETREZAC']) expect(differs({ birthName: name }), name).to.equal(undefined);
    expect(fold('LŒUVRIER')).to.equal(fold('Loeuvrier'));
    expect(differs({ birthName: 'ETREZAC' })).to.equal('another birth name');
  });

  it('compares a name whose kind the document does not say', () => {
    expect(differs({ nameAsSent: 'AUTRE' })).to.equal('another name');
    expect(differs({ nameAsSent: 'D’ÉTREZAC' })).to.equal(undefined);
    expect(differs({ nameAsSent: 'VALBRUNE' }, { ...patient, usedName: 'VALBRUNE' })).to.equal(undefined);
  });

  it('says nothing of a used name beside a birth name that agrees or is not there', () => {
    expect(differs({ usedName: 'VALBRUNE' })).to.equal(undefined);
    expect(differs({ birthName: "D'ÉTREZAC", usedName: 'VALBRUNE' }, { ...patient, usedName: 'ESSAI' })).to.equal(undefined);
    expect(differs({ birthName: 'VALBRUNE' }, { ...patient, usedName: 'VALBRUNE' }), 'a used name in its place').to.equal('another birth name');
  });

  it('takes a list of given names cut after a name, and no name cut inside', () => {
    for (const list of ['ANNE-LISE', 'ANNE LISE', 'ANNE-LISE MARIE', 'Anne Lise Marie Louise', 'ANNE'])
      expect(differs({ givenNames: list }), list).to.equal(undefined);
    for (const list of ['ANN', 'ANNE-LISETTE', 'MARIE ANNE-LISE', 'LISE', 'ANNETTE'])
      expect(differs({ givenNames: list }), list).to.equal('another list of given names');
    const jean: Patient = { birthName: 'ESSAI', birthGivenNames: 'JEAN' };
    expect(differs({ birthName: 'ESSAI', givenNames: 'JEANNE' }, jean)).to.equal('another list of given names');
  });

  it('compares a first given name with the list of the other side', () => {
    const one: Patient = { birthName: 'ESSAI', firstGivenName: 'PAUL' };
    expect(differs({ birthName: 'ESSAI', givenNames: 'JEAN PIERRE' }, one)).to.equal('another list of given names');
    expect(differs({ birthName: 'ESSAI', givenNames: 'PAUL PIERRE' }, one)).to.equal(undefined);
    expect(differs({ birthName: 'ESSAI', firstGivenName: 'JEAN' }, { birthName: 'ESSAI', birthGivenNames: 'PAUL PIERRE' })).to.not.equal(undefined);
  });
});
