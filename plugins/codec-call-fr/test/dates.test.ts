import { expect } from 'chai';
import { assert, date, property } from 'fast-check';
import { birthDateOf } from '../index.ts';

describe('birth dates as French software writes them', () => {
  it('are one date in every form', () => {
    const days = date({ min: new Date('1850-01-01T00:00:00Z'), max: new Date('2026-12-31T00:00:00Z'), noInvalidDate: true });
    assert(
      property(days, (day) => {
        const wanted = day.toISOString().slice(0, 10);
        const [year = '', month = '', dayOfMonth = ''] = wanted.split('-');
        const forms = [
          wanted,
          `${year}/${month}/${dayOfMonth}`,
          `${dayOfMonth}/${month}/${year}`,
          `${dayOfMonth}-${month}-${year}`,
          `${Number(dayOfMonth)}.${Number(month)}.${year}`,
          `${year}${month}${dayOfMonth}`,
          `${dayOfMonth}${month}${year}`,
          `${dayOfMonth}/${month}/${year} 00:00:00`,
        ];
        for (const form of forms) expect(birthDateOf(form), form).to.equal(wanted);
      }),
    );
  });

  it('are none when something has to be guessed, or is not of our calendar', () => {
    for (const text of [
      '',
      '28/07/63',
      '07/28/1963',
      '28/7',
      '1963',
      '31/06/1963',
      '28/07-1963',
      '28/07/1963 12:00',
      '28 juillet 1963',
      '0028/07/1963',
    ])
      expect(birthDateOf(text), text).to.equal(undefined);
  });
});
