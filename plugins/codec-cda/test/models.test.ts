import { expect } from 'chai';
import { DOCUMENT_TYPES } from '../../../core/model/index.ts';
import { MODELS, isPpacTitle, nationalCodeOf, nationalTypeOf, recogniseModel } from '../index.ts';

const templates = (...ids: readonly (readonly [string, string?])[]) => ({
  templateIds: ids.map(([root, extension]) => ({ root, ...(extension !== undefined && { extension }) })),
});

describe('recognising a document', () => {
  it('B1, B10: follows the model OID, whatever version, and says when the version is new to us', () => {
    expect(recogniseModel(templates(['1.2.250.1.213.1.1.1.1'], ['1.2.250.1.213.1.1.1.8', '2022.01']))).to.deep.equal({
      name: 'CANCER-FRCP',
      oid: '1.2.250.1.213.1.1.1.8',
      version: '2022.01',
      versionKnown: true,
      type: 'FRCP',
      loinc: '34794-8',
    });
    expect(recogniseModel(templates(['1.2.250.1.213.1.1.1.26', '2025.01']))).to.include({ type: 'PPS', versionKnown: true });
    expect(recogniseModel(templates(['1.2.250.1.213.1.1.1.26', '2031.01']))).to.include({ type: 'PPS', versionKnown: false });
  });

  it('prefers the national model to the IHE one beside it, and takes the IHE one alone', () => {
    const lab = ['1.3.6.1.4.1.19376.1.3.3'] as const;
    expect(recogniseModel(templates(lab, ['1.2.250.1.213.1.1.1.55', '2024.01']))).to.include({ name: 'BIO-CR-BIO', type: 'CR-BIO' });
    expect(recogniseModel(templates(lab))).to.include({ name: 'XD-LAB', type: 'CR-BIO' });
    expect(recogniseModel(templates(['1.3.6.1.4.1.19376.1.8.1.1.4']))).to.include({ type: 'CR-ACP' });
  });

  it('decides nothing from XDS-SD, an unknown template, or models that contradict each other', () => {
    expect(recogniseModel(templates(['1.3.6.1.4.1.19376.1.2.20']))).to.equal(undefined);
    expect(recogniseModel(templates(['1.2.250.1.999.1']))).to.equal(undefined);
    expect(recogniseModel(templates(['1.2.250.1.213.1.1.1.8'], ['1.2.250.1.213.1.1.1.26']))).to.equal(undefined);
  });

  it('knows the request for imaging as a model without a canonical type', () => {
    expect(recogniseModel(templates(['1.2.250.1.213.1.1.1.47', '2024.01'])))
      .to.include({ name: 'IMG-DA-IMG' })
      .and.not.have.property('type');
  });

  it('names each model once, with a type of ours and the code of its type', () => {
    expect(new Set(MODELS.map(({ oid }) => oid)).size).to.equal(MODELS.length);
    for (const { type, loinc } of MODELS) {
      if (type === undefined) continue;
      expect(DOCUMENT_TYPES).to.include(type);
      expect(nationalTypeOf(loinc)?.type ?? type).to.equal(type);
    }
  });
});

describe('the national type codes', () => {
  it('give a type, tell a legacy code, and decide nothing where a code is shared or not ours', () => {
    expect(nationalTypeOf('34794-8')?.type).to.equal('FRCP');
    expect(nationalTypeOf('11526-1')).to.include({ type: 'CR-ACP', nationalCode: '60568-3' });
    expect(nationalTypeOf('18776-5')).to.be.an('object').and.not.have.property('type');
    expect(nationalTypeOf('11488-4')).to.equal(undefined);
  });

  it('are sent only where the list has exactly one for the type', () => {
    expect(nationalCodeOf('PPS')?.code).to.equal('18776-5');
    expect(nationalCodeOf('CR-ACP')?.code).to.equal('60568-3');
    for (const type of ['PPAC', 'OTHER', 'CR-CONCERTATION', 'LDL'] as const) expect(nationalCodeOf(type), type).to.equal(undefined);
  });
});

describe('the title of a PPAC', () => {
  for (const title of [
    'Programme personnalisé de l’après-cancer',
    "PROGRAMME PERSONNALISE DE L'APRES CANCER - Sein",
    'Programme Personnalise d Apres Cancer',
    'Plan personnalisé après cancer',
    'PPAC',
    'ppac / Institut de test',
  ])
    it(`is ${title}`, () => expect(isPpacTitle(title)).to.equal(true));

  for (const title of [
    '',
    'PPACO',
    'Lettre pour le PPAC',
    'Plan personnalisé de soins',
    'Programme personnalisé de soins',
    'Consultation après cancer',
  ])
    it(`is not "${title}"`, () => expect(isPpacTitle(title)).to.equal(false));
});
