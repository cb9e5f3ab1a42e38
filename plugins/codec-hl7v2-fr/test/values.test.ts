import { expect } from 'chai';
import * as fc from 'fast-check';
import { fold } from '../../../core/model/index.ts';
import { toBirthDate, toHl7Time, toIsoTime, toLocalHl7Time } from '../values.ts';

describe('HL7 values', () => {
  it('keep the precision and the offset of a time', () => {
    expect(toIsoTime('20260914170000')).to.equal('2026-09-14T17:00:00');
    expect(toIsoTime('202609141700')).to.equal('2026-09-14T17:00');
    expect(toIsoTime('20260930123110.703+0200')).to.equal('2026-09-30T12:31:10.703+02:00');
    expect(toIsoTime('20260914')).to.equal('2026-09-14');
  });

  it('are no time when they are none', () => {
    for (const value of ['', '""', '2026', '20261345', '20260230', '20260914250000', 'N', '14/09/2026'])
      expect(toIsoTime(value), value).to.equal(undefined);
  });

  it('come back from ISO as they were', () => {
    const date = fc.date({ min: new Date('1900-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true });
    fc.assert(
      fc.property(date, fc.constantFrom(6, 8, 12, 14), fc.constantFrom('', '+0200', '-1130'), (when, length, zone) => {
        const sent = when.toISOString().replaceAll(/\D/g, '').slice(0, length) + (length > 8 ? zone : '');
        expect(toHl7Time(toIsoTime(sent))).to.equal(sent);
      }),
    );
  });

  it('leave the dummy time out of a birth date, and a lunar date as it is', () => {
    expect(toBirthDate('19471102000000')).to.equal('1947-11-02');
    expect(toBirthDate('19500000')).to.equal('1950-00-00');
    expect(toBirthDate('1950')).to.equal('1950');
    expect(toBirthDate('12/06/1975')).to.equal(undefined);
  });

  it('fold names for comparison, and never two scripts into nothing', () => {
    expect(fold('LŒUVRIER')).to.equal(fold('Loeuvrier'));
    expect(fold('D’ESTREMOY')).to.equal(fold("d'estrémoy"));
    expect(fold('SAINT-ÉLOYRE')).to.equal(fold('SAINT ELOYRE'));
    expect(fold('ГОНЧАРОВ')).to.not.equal(fold('ИВАНОВ'));
  });

  it('write the time of the site, summer and winter', () => {
    expect(toLocalHl7Time('2026-07-01T08:00:00.123Z', 'Europe/Paris')).to.equal('20260701100000');
    expect(toLocalHl7Time('2026-12-31T23:30:00Z', 'Europe/Paris')).to.equal('20270101003000');
  });
});
