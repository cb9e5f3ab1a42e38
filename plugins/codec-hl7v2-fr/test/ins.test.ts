import { expect } from 'chai';
import * as fc from 'fast-check';
import { UNCONFIGURED } from '../../../core/contract/index.ts';
import { hasValidInsKey, isSendableIns, type Patient } from '../../../core/model/index.ts';
import { checkIns } from '../ins.ts';
import { dataOf, decode, identity, INS, INS_OID, SITE } from './messages.ts';

const ins = (number: string, oid: string): string => `00012345^^^GAM^PI~${number}^^^ASIP-SANTE-INS-NIR&${oid}&ISO^INS`;

describe('the INS', () => {
  it('has a key of 97 minus the number modulo 97, Corsica included', () => {
    expect(hasValidInsKey(INS)).to.equal(true);
    const corsica = (department: string, digits: string): boolean => {
      const key = 97 - Number(BigInt(`17506${digits}990123`) % 97n);
      return hasValidInsKey(`17506${department}990123${String(key).padStart(2, '0')}`);
    };
    expect(corsica('2A', '19')).to.equal(true);
    expect(corsica('2B', '18')).to.equal(true);
    expect(corsica('2B', '19')).to.equal(false);
  });

  it('is wrong with any one digit changed', () => {
    fc.assert(
      fc.property(fc.nat(14), fc.integer({ min: 1, max: 9 }), (place, step) => {
        const changed = Array.from(INS)
          .map((digit, i) => (i === place ? String((Number(digit) + step) % 10) : digit))
          .join('');
        expect(hasValidInsKey(changed)).to.equal(false);
      }),
    );
  });

  it('is never judged by sex, month or birth place', () => {
    const patient = { 7: '19310101', 8: 'M', 11: '^^^^^^BDL^^33063', 32: 'VALI', 3: ins(INS, INS_OID) };
    expect(decode(identity(patient)).error).to.equal(undefined);
  });

  it('waits for a person when its key is wrong, and is used for nothing', () => {
    const result = decode(identity({ 3: ins(`${INS.slice(0, 13)}00`, INS_OID), 32: 'VALI' }));
    expect(result.decision).to.equal('quarantine');
    expect(result.error?.code).to.equal('ERR_INS_KEY');
    expect(result.events).to.deep.equal([]);
    expect(JSON.stringify(result.error)).to.not.contain(INS.slice(0, 13));
  });

  it('is refused under an authority of the other environment, in both directions', () => {
    const production = { ...SITE, environment: 'production' as const };
    expect(() => checkIns(INS, INS_OID, production, 'PID-3')).to.throw(/environment/);
    expect(() => checkIns(INS, '1.2.250.1.213.1.4.11', production, 'PID-3')).to.throw(/environment/);
    expect(() => checkIns(INS, '1.2.250.1.213.1.4.8', SITE, 'PID-3')).to.throw(/environment/);
    expect(() => checkIns(INS, '1.2.250.1.213.1.4.9', production, 'PID-3')).to.not.throw();
    expect(() => checkIns(INS, '1.2.250.1.213.1.4.8', UNCONFIGURED, 'PID-3')).to.not.throw();
  });

  it('is known by its OID, whatever its namespace and type say', () => {
    const result = decode(identity({ 3: `00012345^^^GAM^PI~${INS}^^^AUTRE&${INS_OID}&ISO^NH`, 32: 'VALI' }));
    expect(dataOf(result, 'dcc.identity.updated').patient).to.include({ ins: INS, insStatus: 'VALI', identityStatus: 'QUAL' });
    const nameless = decode(identity({ 3: `00012345^^^GAM^PI~${INS}^^^ASIP-SANTE-INS-NIR^INS`, 32: 'VALI' }));
    expect(dataOf(nameless, 'dcc.identity.updated').patient).to.include({ ins: null, identityStatus: 'VALI' });
    expect(nameless.warnings.map(({ code }) => code)).to.deep.equal(['ins-without-authority']);
  });

  it('is a patient key only when qualified and without any IPP', () => {
    const alone = `${INS}^^^ASIP-SANTE-INS-NIR&${INS_OID}&ISO^INS`;
    expect(decode(identity({ 3: alone, 32: 'VALI' })).events[0]?.keys).to.deep.equal([{ domain: INS_OID, value: INS }]);
    expect(decode(identity({ 3: alone, 32: 'PROV' })).error?.code).to.equal('ERR_PATIENT_NO_IDENTIFIER');
    expect(decode(identity({ 3: ins(INS, INS_OID), 32: 'VALI' })).events[0]?.keys).to.deep.equal([{ domain: 'gam', value: '00012345' }]);
  });

  it('of two numbers decides nothing', () => {
    const two = `${INS}^^^A&${INS_OID}&ISO^INS~281039999123408^^^A&${INS_OID}&ISO^INS`;
    expect(decode(identity({ 3: two, 32: 'VALI' })).error?.code).to.equal('ERR_PATIENT_AMBIGUOUS');
  });

  it('leaves only qualified, and with the traits it stands for', () => {
    const whole: Patient = {
      ins: INS,
      insOid: INS_OID,
      insStatus: 'VALI',
      identityStatus: 'QUAL',
      birthName: 'ESSAI',
      firstGivenName: 'ANNE',
      sex: 'F',
      birthDate: '1975-06-12',
    };
    expect(isSendableIns(whole)).to.equal(true);
    const lacking: readonly Partial<Patient>[] = [
      { insStatus: 'NOT-QUALIFIED' },
      { identityStatus: 'PROV' },
      { insStatus: 'UNKNOWN' },
      { birthName: null },
      { birthDate: '1975' },
    ];
    for (const one of lacking) expect(isSendableIns({ ...whole, ...one }), JSON.stringify(one)).to.equal(false);
    const { firstGivenName: _, ...nameless } = whole;
    expect(isSendableIns(nameless)).to.equal(false);
  });
});
