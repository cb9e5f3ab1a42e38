import { expect } from 'chai';
import { array, assert, constantFrom, nat, property } from 'fast-check';
import { destinationsFor, FORBIDDEN_LEGS, MAIL_MATRIX } from '../destinations.ts';
import type { Flags } from '../flags.ts';
import { decode, header, pid, SITE } from './messages.ts';

const OPEN = { opposed: false };
const CODES = ['MASQUE_PS', 'INVISIBLE_PATIENT', 'INVISIBLE_REP_LEGAUX', 'CONNEXION_SECRETE', 'DESTDMP', 'DESTMSSANTEPS', 'DESTMSSANTEPAT'] as const;
/** `NNN-YYN` in the order of the columns; `?` = unknown. */
const flagsOf = (letters: string): Flags => Object.fromEntries(CODES.flatMap((code, i) => (letters[i] === '?' ? [] : [[code, letters[i] === 'Y']])));
const mails = (letters: string, mode: 'strict' | 'practical', restrictions = OPEN): string => {
  const { legs } = destinationsFor(flagsOf(letters), restrictions, mode);
  return [legs.DESTMSSANTEPS, legs.DESTMSSANTEPAT].map((leg) => (leg === 'held' ? '?' : leg ? 'Y' : 'N')).join('');
};
const every = Array.from({ length: 128 }, (_, i) =>
  i
    .toString(2)
    .padStart(7, '0')
    .split('')
    .map((bit) => (bit === '1' ? 'Y' : 'N'))
    .join(''),
);
/** The list of the guide in words, written apart from the table that the code reads. */
const inGuide = (one: string): boolean => /^NNN..YY$/.test(one) || /^NYN..YN$/.test(one) || /^[YN]N[YN]NNNY$/.test(one) || one.endsWith('NN');

describe('FACTS A5, B7: the matrix of destinations', () => {
  it('has every column in every row', () => {
    for (const { cells } of MAIL_MATRIX) expect(cells).to.have.length(CODES.length);
    expect(MAIL_MATRIX.filter(({ of }) => of === 'guide')).to.have.length(3);
  });

  it('strict: every one of the 128 combinations leaves as the list of the guide says, or is refused with 906', () => {
    for (const one of every) {
      if (inGuide(one)) expect(mails(one, 'strict'), one).to.equal(one.slice(5));
      else
        expect(() => mails(one, 'strict'), one)
          .to.throw()
          .with.property('code', 'ERR_DOCUMENT_DESTINATIONS');
    }
  });

  it('practical: leaves as the guide says where it says something, and never more than was asked', () => {
    for (const one of every) {
      const found = mails(one, 'practical');
      if (inGuide(one)) expect(found, one).to.equal(one.slice(5));
      for (const i of [0, 1]) if (one[5 + i] === 'N') expect(found[i], one).to.equal('N');
    }
  });

  it('practical: also letters to professionals alone, whatever the patient sees of them', () => {
    for (const one of ['NNNNNYN', 'NNNYYYN', 'NYYYYYN', 'NNYNNYN']) expect(mails(one, 'practical'), one).to.equal('YN');
  });

  it('practical: holds what no row has, and says so', () => {
    expect(mails('NNNNYNY', 'practical')).to.equal('N?');
    expect(mails('NNYNNYY', 'practical')).to.equal('Y?');
    expect(destinationsFor(flagsOf('NNNNYNY'), OPEN, 'practical').outside).to.equal(true);
    expect(destinationsFor(flagsOf('YYYYYNN'), OPEN, 'practical').outside).to.equal(false);
  });

  it('B7 in every mode: hidden from professionals, from the patient, opposed, R or V forbid their legs', () => {
    for (const one of every) {
      for (const restrictions of [OPEN, { opposed: true }, ...['R', 'V'].map((confidentiality) => ({ ...OPEN, confidentiality }))]) {
        const { legs } = destinationsFor(flagsOf(one), restrictions, 'practical');
        const restricted = restrictions !== OPEN || one[1] === 'Y';
        if (one[0] === 'Y') expect(legs.DESTMSSANTEPS, one).to.equal(false);
        if (restricted) expect([legs.DESTDMP, legs.DESTMSSANTEPAT], one).to.deep.equal([false, false]);
        else expect(legs.DESTDMP, one).to.equal(one[4] === 'Y');
      }
    }
    expect(Object.keys(FORBIDDEN_LEGS)).to.include.members(['MASQUE_PS', 'INVISIBLE_PATIENT', 'IO', 'R', 'V']);
    expect(mails('NNNNNYY', 'strict', { opposed: true })).to.equal('YN');
  });

  it('B7 an unknown flag decides nothing: a leg is decided only where it would come out the same both ways', () => {
    expect(mails('N?NNNYN', 'practical')).to.equal('YN');
    expect(mails('?NNNNYN', 'practical')).to.equal('?N');
    expect(mails('N?NNNYY', 'practical')).to.equal('Y?');
    expect(mails('NNNNN?Y', 'practical')).to.equal('?Y');
    for (const i of [0, 1, 2, 3]) {
      const letters = 'NNNNYNN'
        .split('')
        .map((one, at) => (at === i ? '?' : one))
        .join('');
      expect(destinationsFor(flagsOf(letters), OPEN, 'practical').legs.DESTDMP, letters).to.equal('held');
      expect(mails(letters.replace(/NN$/, 'YY'), 'practical')[1], letters).to.equal('?');
    }
  });

  it('B7 knowing less never sends more (any flags, any of them unknown)', () => {
    const letter = constantFrom('Y', 'N', '?');
    assert(
      property(array(letter, { minLength: 7, maxLength: 7 }), nat(6), (letters, hidden) => {
        const known = destinationsFor(flagsOf(letters.join('')), OPEN, 'practical').legs;
        const less = destinationsFor(flagsOf(letters.map((one, i) => (i === hidden ? '?' : one)).join('')), OPEN, 'practical').legs;
        for (const code of ['DESTDMP', 'DESTMSSANTEPS', 'DESTMSSANTEPAT'] as const)
          if (less[code] === true) expect(known[code], `${letters.join('')} ${code}`).to.equal(true);
      }),
    );
  });
});

describe('FACTS A5, B7: a message whose flags are in no row', () => {
  const PDF = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64');
  const message = (letters: string): string[] => [
    header('ORU^R01^ORU_R01'),
    pid(),
    'ORC|NW|D1',
    'OBR|1|D1||RCP^Fiche^GAM-DOC',
    `OBX|1|ED|RCP^Fiche^GAM-DOC||^application^pdf^Base64^${PDF}||||||F`,
    ...[...CODES, 'MODIF_CONF_CODE', 'ACK_RECEPTION', 'ACK_LECTURE_MSS'].map(
      (code, i) => `OBX|${i + 2}|CE|${code}^x^MetaDMPMSS||${letters[i] ?? 'N'}||||||F`,
    ),
  ];
  const settings = (mailMatrix?: string): typeof SITE => ({
    ...SITE,
    documentTypes: [{ system: 'GAM-DOC', code: '*', type: 'FRCP' }],
    connector: { ...(mailMatrix && { mailMatrix }) },
  });

  it('is accepted by default with its mail held and a warning', () => {
    const found = decode(message('NNNNYNY'), settings());
    expect(found.decision).to.equal('accept-with-warning');
    expect(found.warnings.map(({ code }) => code)).to.include('mail-combination');
    expect(found.events[0]?.data).to.have.property('visibility').that.includes({ sendToDmp: true, sendToMssPatient: 'held', sendToMssPro: false });
  });

  it('is refused in strict mode, AE 207 with 906', () => {
    const found = decode(message('NNNNYNY'), settings('strict'));
    expect(found).to.include({ decision: 'reject' });
    expect(found.error?.code).to.equal('ERR_DOCUMENT_DESTINATIONS');
    expect(decode(message('NNNNYYY'), settings('strict')).decision).to.not.equal('reject');
  });
});
