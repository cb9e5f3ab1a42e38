import { expect } from 'chai';
import * as fc from 'fast-check';
import { PasserelleError, type ErrorCode } from '../../../core/contract/index.ts';
import { fold, sameAs, type Patient } from '../../../core/model/index.ts';
import { isInsDatamatrix, payloadOf, readPayload } from '../index.ts';
import { ESTREMOY, birthDate, insNumber, qualified } from './people.ts';

const HEADER = `IS01${'0'.repeat(22)}`;
const GS = '\x1d';
const good = payloadOf(ESTREMOY, 'production');

/** Code, where, expected and found of what is thrown. */
function refusal(act: () => unknown): { code: ErrorCode; where?: string; expected?: string; found?: string } {
  try {
    act();
  } catch (error) {
    const { code, location, expected, found } = PasserelleError.from(error).toData();
    return { code, ...(location?.path && { where: location.path }), ...(expected && { expected }), ...(found && { found }) };
  }
  throw new Error('nothing was refused');
}

describe('writing an INS datamatrix (F3)', () => {
  it('writes the header, the fields in order, and a separator after what is shorter than its field', () => {
    expect(good).to.equal(
      `${HEADER}S1${ESTREMOY.ins}S21.2.250.1.213.1.4.8${GS}S3MARIE-ANNE LOUISE${GS}S4D'ESTREMOY-LOEUVRIER${GS}S5FS614-03-1958S775056`,
    );
  });

  it('needs no separator after a full field, and leaves an unknown birth place out', () => {
    const { birthPlaceCog: _, ...noPlace } = ESTREMOY;
    const full = { ...noPlace, birthName: 'X'.repeat(100), insOid: '1.2.250.1.213.1.4.10' };
    expect(payloadOf(full, 'test').slice(HEADER.length + 17)).to.equal(
      `S21.2.250.1.213.1.4.10S3MARIE-ANNE LOUISE${GS}S4${full.birthName}S5FS614-03-1958`,
    );
  });

  it('A4: refuses an identity that is not qualified, or lacks a trait', () => {
    const without = (change: Partial<Patient>): string => refusal(() => payloadOf({ ...ESTREMOY, ...change }, 'production')).code;
    for (const change of [
      { insStatus: 'PROV' },
      { insStatus: 'UNKNOWN' },
      { identityStatus: 'VALI' },
      { identityStatus: 'RECUP' },
      { identityStatus: 'PROV' },
      { ins: null },
      { insOid: '' },
      { birthName: null },
      { firstGivenName: '' },
      { birthDate: '1958' },
    ] as const)
      expect(without(change), JSON.stringify(change)).to.equal('ERR_INS_NOT_SENDABLE');
    expect(refusal(() => payloadOf({ ...ESTREMOY, birthName: null }, 'production')).found).to.equal('no birthName');
  });

  it('A5: refuses a test or demonstration authority in production, and the reverse', () => {
    for (const insOid of ['1.2.250.1.213.1.4.10', '1.2.250.1.213.1.4.11']) {
      expect(refusal(() => payloadOf({ ...ESTREMOY, insOid }, 'production')).code).to.equal('ERR_INS_ENVIRONMENT');
      expect(payloadOf({ ...ESTREMOY, insOid }, 'test')).to.include(insOid);
    }
    expect(refusal(() => payloadOf(ESTREMOY, 'test')).code).to.equal('ERR_INS_ENVIRONMENT');
    expect(refusal(() => payloadOf({ ...ESTREMOY, insOid: '1.2.3' }, 'test')).code).to.equal('ERR_INS_ENVIRONMENT');
  });

  it('refuses, and never cuts, what its field cannot hold', () => {
    const of = (change: Partial<Patient>): object => refusal(() => payloadOf({ ...ESTREMOY, ...change }, 'production'));
    expect(of({ birthName: 'X'.repeat(101) })).to.deep.include({ code: 'ERR_INS_DATAMATRIX', where: 'S4', found: '101 characters' });
    expect(of({ birthGivenNames: 'МАРИЯ' })).to.deep.include({ code: 'ERR_INS_DATAMATRIX', where: 'S3' });
    expect(of({ birthName: `X${GS}S5M` })).to.deep.include({ code: 'ERR_INS_DATAMATRIX', where: 'S4' });
    expect(of({ sex: 'U' })).to.deep.include({ code: 'ERR_INS_DATAMATRIX', where: 'S5' });
    expect(of({ birthDate: '1958-00-14' })).to.deep.include({ code: 'ERR_INS_DATAMATRIX', where: 'S6' });
    expect(of({ birthDate: '1958-03-00' })).to.deep.include({ code: 'ERR_INS_DATAMATRIX', where: 'S6' });
    expect(of({ birthPlaceCog: '7505' })).to.deep.include({ code: 'ERR_INS_DATAMATRIX', where: 'S7' });
    expect(of({ ins: '258037505601200' })).to.deep.include({ code: 'ERR_INS_KEY' });
  });
});

describe('reading an INS datamatrix (F3)', () => {
  const ALPHABET = /^[A-Z][A-Z' -]*$/;

  it('property: reads back the identity that was written, whoever it is', () => {
    fc.assert(
      fc.property(qualified, (patient) => {
        const code = readPayload(payloadOf(patient, 'production'));
        expect([code.ins, code.insOid, code.sex, code.birthDate]).to.deep.equal([patient.ins, patient.insOid, patient.sex, patient.birthDate]);
        expect(code.birthPlaceCog).to.equal(patient.birthPlaceCog);
        expect([fold(code.birthName), fold(code.birthGivenNames)]).to.deep.equal([fold(patient.birthName), fold(patient.birthGivenNames)]);
        expect([code.birthName, code.birthGivenNames].every((each) => ALPHABET.test(each))).to.equal(true);
      }),
      { numRuns: 500 },
    );
  });

  it('property: reading what was read and written again gives the same text', () => {
    fc.assert(
      fc.property(qualified, (patient) => {
        const text = payloadOf(patient, 'production');
        const { birthGivenNames, ...code } = readPayload(text);
        const again = { ...code, birthGivenNames, firstGivenName: birthGivenNames, insStatus: 'VALI', identityStatus: 'QUAL' } as const;
        expect(payloadOf(again, 'production')).to.equal(text);
      }),
    );
  });

  it('property: any text is read or refused with the place, quickly, and never quoted', () => {
    const piece = fc.oneof(fc.constantFrom('S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7', GS, 'SECRET', '1.2.250.1.213.1.4.8', '14-03-1958'), fc.string());
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.boolean(), (pieces, isIns) => {
        try {
          readPayload((isIns ? HEADER : '') + pieces.join(''));
        } catch (error) {
          const { code, message } = PasserelleError.from(error).toData();
          expect(code).to.be.oneOf(['ERR_INS_DATAMATRIX', 'ERR_INS_KEY']);
          expect(message).not.to.include('SECRET');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('says which field is wrong, what was expected and what was found', () => {
    const of = (text: string): object => refusal(() => readPayload(text));
    const ins = 'ERR_INS_DATAMATRIX';
    expect(of('https://example.org')).to.deep.equal({ code: ins, where: 'header', expected: 'IS01', found: 'something else' });
    expect(of(good.replace('IS01', 'IS02'))).to.deep.include({ where: 'header', found: 'another version' });
    expect(of(good.replace('IS010', 'IS01A'))).to.deep.include({ where: 'header', expected: 'IS01 and 22 zeros' });
    expect(of(HEADER)).to.deep.include({ where: 'S1', found: 'nothing' });
    expect(of(good.replace('S5F', 'S5X'))).to.deep.include({ where: 'S5', expected: 'F, M or I' });
    expect(of(good.replace('S5F', ''))).to.deep.include({ where: 'S5', found: 'nothing' });
    expect(of(good.replace('14-03-1958', '1958-03-14'))).to.deep.include({ where: 'S6', expected: 'a date DD-MM-YYYY' });
    expect(of(good.replace('MARIE', 'MARIÉ'))).to.deep.include({ where: 'S3', found: 'U+00C9 at character 5' });
    expect(of(`${good}S5F`)).to.deep.include({ where: 'S5', expected: 'one', found: 'a second' });
    expect(of(`${good}S8X`)).to.deep.include({ where: `character ${good.length + 1}`, found: 'another tag' });
    expect(of(good.slice(0, -2))).to.deep.include({ where: 'S7', found: '3 characters' });
    expect(of(good.replace('1.4.8', '1.4.7'))).to.deep.include({ where: 'S2', found: 'another OID' });
    expect(of(good.replace(ESTREMOY.ins, ESTREMOY.ins.slice(0, -1)))).to.deep.include({ where: 'S1' });
    expect(of(HEADER + 'S'.repeat(1_000_000))).to.deep.include({ where: 'length', found: '1000026' });
  });

  it('does not swallow the next field when a separator is missing', () => {
    expect(refusal(() => readPayload(good.replace(`LOUISE${GS}`, 'LOUISE')))).to.deep.include({
      where: 'S3',
      found: '39 characters of another form',
    });
    expect(refusal(() => readPayload(good.replace(`4.8${GS}`, '4.8')))).to.deep.include({ where: 'S2' });
  });

  it('takes fields in another order, a separator after a full field, and a birth place that is not said', () => {
    const code = readPayload(good);
    const [head, places] = [good.slice(0, -7), good.slice(-7)];
    expect(readPayload(HEADER + places + head.slice(HEADER.length))).to.deep.equal(code);
    expect(readPayload(good.replace('S5F', `S5F${GS}`) + GS)).to.deep.equal(code);
    expect(readPayload(head)).not.to.have.property('birthPlaceCog');
    expect(readPayload(good.replace('S5F', 'S5I')).sex).to.equal('U');
  });

  it('A4: a number whose digits disagree with sex, month or place is read; one whose key is wrong is not', () => {
    fc.assert(
      fc.property(insNumber, birthDate, fc.constantFrom('F' as const, 'M' as const), (ins, date, sex) => {
        expect(readPayload(payloadOf({ ...ESTREMOY, ins, birthDate: date, sex }, 'production')).ins).to.equal(ins);
        const wrongKey = ins.slice(0, 13) + String((Number(ins.slice(13)) % 97) + 1).padStart(2, '0');
        expect(refusal(() => readPayload(good.replace(ESTREMOY.ins, wrongKey)))).to.deep.equal({ code: 'ERR_INS_KEY', where: 'S1' });
      }),
    );
  });

  it('tells an INS datamatrix from the others', () => {
    expect([good, 'IS02', 'ISBN 978', '0103400930000120', ''].map(isInsDatamatrix)).to.deep.equal([true, true, false, false, false]);
  });
});

describe('A8: the datamatrix and the envelope name the same patient', () => {
  const code = readPayload(good);

  it('property: a patient is the same as their own datamatrix', () => {
    fc.assert(
      fc.property(qualified, (patient) => {
        // The usual first given name is one of the list.
        const { firstGivenName: _, ...envelope } = patient;
        expect(sameAs(envelope, [readPayload(payloadOf(patient, 'production'))])).to.deep.equal({ verdict: 'same' });
      }),
    );
  });

  it('another number, authority or trait is another patient', () => {
    const differs = (change: Partial<Patient>): object => sameAs({ ...ESTREMOY, ...change }, [code]);
    expect(differs({})).to.deep.equal({ verdict: 'same' });
    expect(differs({ ins: '158037505601270' })).to.deep.equal({ verdict: 'another', reason: 'another INS' });
    expect(differs({ insOid: '1.2.250.1.213.1.4.9' })).to.deep.equal({ verdict: 'another', reason: 'another INS authority' });
    expect(differs({ birthDate: '1958-03-15' })).to.deep.equal({ verdict: 'another', reason: 'another birth date' });
    expect(differs({ birthName: 'MARTIN' })).to.deep.equal({ verdict: 'another', reason: 'another birth name' });
    expect(differs({ birthGivenNames: 'LOUISE' })).to.deep.equal({ verdict: 'another', reason: 'another list of given names' });
    expect(differs({ sex: 'M' })).to.deep.equal({ verdict: 'another', reason: 'another sex' });
    expect(differs({ birthPlaceCog: '13055' })).to.deep.equal({ verdict: 'another', reason: 'another birth place code' });
  });

  it('an envelope without INS proves nothing, and a second code that names somebody else is seen', () => {
    const { ins: _ins, insOid: _oid, ...traits } = ESTREMOY;
    expect(sameAs(traits, [code]).verdict).to.equal('unproven');
    expect(sameAs(ESTREMOY, []).verdict).to.equal('unproven');
    const other = readPayload(payloadOf({ ...ESTREMOY, birthName: 'MARTIN' }, 'production'));
    expect(sameAs(ESTREMOY, [code, other])).to.deep.equal({ verdict: 'another', reason: 'another birth name' });
  });
});
