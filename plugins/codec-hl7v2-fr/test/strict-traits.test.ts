import { expect } from 'chai';
import { dataOf, decode, header, identity, INS, INS_OID, pid, SITE } from './messages.ts';

const IPP = '00012345^^^GAM&1.2.250.1.999.90.1&ISO^PI';
const patientOf = (changes: Readonly<Record<number, string>>): Readonly<Record<string, unknown>> =>
  dataOf(decode(identity(changes)), 'dcc.identity.updated').patient;
const codeOf = (changes: Readonly<Record<number, string>>): string | undefined => decode(identity(changes)).error?.code;

describe('names of a patient, never guessed', () => {
  it('keeps two different birth names for a person, and takes one said twice', () => {
    expect(codeOf({ 5: 'ESSAI^ANNE^^^^^L~TESTEUR^ANNE^^^^^L' })).to.equal('ERR_PATIENT_AMBIGUOUS');
    expect(patientOf({ 5: 'ÉSSAI^ANNE^^^^^L~ESSAI^ANNE^^^^^L' })).to.include({ birthName: 'ÉSSAI' });
  });

  it('never takes the given name of the used name for the first one of birth', () => {
    const patient = patientOf({ 5: 'ESSAI^^^^^^L~VALBRUNE^LISE^^^^^D' });
    expect(patient).to.include({ birthName: 'ESSAI', usedGivenName: 'LISE' });
    expect(patient).to.not.have.property('firstGivenName');
  });

  it('keeps a name of another code page for a person, whatever MSH-18 says', () => {
    for (const name of ['LOEUVR\u0090', 'L¼UVRE', 'ESSAI€', 'Ã‰TREZAC', 'Ã©trezac', 'ESSAI\ufffd'])
      expect(codeOf({ 5: `${name}^ANNE^^^^^L` }), name).to.equal('ERR_CHARSET_DOUBTFUL');
    for (const name of ['JOÃO', "N'GUYRAT", 'D’ESTRÉE', 'MÜLLER-NIÑO', 'LŒUVRE', 'SAINT. JEAN', 'D\\T\\A'])
      expect(patientOf({ 5: `${name}^ANNE^^^^^L` })['birthName'], name).to.not.equal(null);
  });
});

describe('other strict traits, never guessed', () => {
  it('refuses a birth date written day first, cut or out of this world', () => {
    for (const date of ['14031958', '08081952', '20011912', '1952080', '19521308', '99991231'])
      expect(codeOf({ 7: date }), date).to.equal('ERR_HL7_FIELD_INVALID');
  });

  it('keeps a date as precise as it was sent, and knows that zeros say nothing', () => {
    const dates = Object.entries({ '1952': '1952', '195200': '1952-00', '19520231': '1952-02-31', '195208081230': '1952-08-08' });
    for (const [sent, read] of dates) expect(patientOf({ 7: sent }), sent).to.include({ birthDate: read });
    expect(patientOf({ 7: '00000000' })).to.not.have.property('birthDate');
  });

  it('changes no sex by a code outside the table', () => {
    for (const sex of ['A', 'N', '1']) expect(patientOf({ 8: sex }), sex).to.not.have.property('sex');
  });

  it('prefers the place of birth to that of residence, and takes no town for its code', () => {
    expect(patientOf({ 11: '1 RUE^^PAU^^64000^^BR~^^DAX^^^^BDL^^40088' })).to.include({ birthPlaceCog: '40088', birthPlaceText: 'DAX' });
    expect(patientOf({ 11: '^^DAX^^^^N^^40088' })).to.include({ birthPlaceCog: '40088' });
    expect(patientOf({ 11: '^^DAX^^^^BDL^^DAX' })).to.not.have.property('birthPlaceCog');
  });
});

describe('A4, A7: numbers that are never identifiers', () => {
  it('drops a national number under whatever name it comes', () => {
    for (const id of [`${INS}^^^ASIP-SANTE-INS-NIR^PI`, `${INS}^^^CPAM^NH`, `${INS}^^^CPAM^SS`, '0599900000000000000142^^^ASIP-SANTE-INS-C'])
      expect(patientOf({ 3: `${IPP}~${id}` }), id).to.not.have.property('otherIds');
  });

  it('takes neither of two patient numbers under an authority without type', () => {
    const settings = { ...SITE, identityAuthorities: [{ namespace: 'GAM', domain: 'gam', use: 'IPP' as const }] };
    const found = (ids: string): string | undefined => decode(identity({ 3: ids }), settings).error?.code;
    expect(found('1^^^GAM^PI~2^^^GAM^PI')).to.equal('ERR_PATIENT_AMBIGUOUS');
    expect(found('9^^^GAM^RI~1^^^GAM^PI')).to.equal(undefined);
  });

  it('warns of an INS that a partial birth date makes incomplete', () => {
    const found = decode(identity({ 3: `${IPP}~${INS}^^^&${INS_OID}&ISO^INS`, 7: '1975', 11: '^^^^^^BDL^^64102', 32: 'VALI' }));
    expect(found.warnings.map(({ code }) => code)).to.include('ins-incomplete');
  });
});

describe('events that contradict themselves', () => {
  it('keeps an admission that its movement cancels, and a cancel that it inserts', () => {
    const message = (event: string, action: string): string | undefined =>
      decode([header(`ADT^${event}^ADT_A01`), 'EVN||20261001', pid(), 'PV1|1|I', `ZBE|M1^GAM|20261001||${action}|N`]).error?.code;
    expect(message('A01', 'CANCEL')).to.equal('ERR_HL7_MOVEMENT_SHIFTED');
    expect(message('A11', 'INSERT')).to.equal('ERR_HL7_MOVEMENT_SHIFTED');
    expect(message('A11', 'CANCEL')).to.equal(undefined);
    expect(message('Z99', 'UPDATE')).to.equal(undefined);
  });

  it('refuses a merge of which one patient has nobody to absorb', () => {
    const mrg = 'MRG|9^^^GAM^PI';
    const found = decode([header('ADT^A40^ADT_A39'), 'EVN||20261001', pid(), mrg, pid({ 3: '7^^^GAM^PI' })]);
    expect(found.error?.code).to.equal('ERR_HL7_SEGMENT_MISSING');
  });

  it('refuses an answer whose code is none', () => {
    const found = decode([header('ACK^T02^ACK'), 'MSA|OK|X1']);
    expect(found.error?.code).to.equal('ERR_HL7_FIELD_INVALID');
  });
});
