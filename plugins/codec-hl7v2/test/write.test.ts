import { expect } from 'chai';
import * as fc from 'fast-check';
import { DEFAULT_DELIMITERS, parseHl7, repeat, writeHl7 } from '../index.ts';
import { escape, unescape } from '../escape.ts';

describe('writing an HL7 v2 message', () => {
  it('writes fields by number, with components, subcomponents and repetitions, and cuts what is empty at the end', () => {
    const text = writeHl7([
      ['MSH', { 3: 'DCC', 9: ['ACK', 'A01', 'ACK'], 10: 'X1' }],
      ['PID', { 3: repeat(['1', '', undefined, ['CHX', '1.2', 'ISO'], 'PI'], ['2']), 5: [['A', undefined], ''], 8: '' }],
      ['ZFP', {}],
    ]);
    expect(text).to.equal('MSH|^~\\&|DCC||||||ACK^A01^ACK|X1\rPID|||1^^^CHX&1.2&ISO^PI~2||A\rZFP|\r');
  });

  it('escapes separators, line ends and control characters, framing bytes included', () => {
    const text = writeHl7([
      ['MSH', {}],
      ['NTE', { 3: 'a|b^c~d\\e&f\r\ng\nh\u000bi\u001cj\tk' }],
    ]);
    expect(text).to.equal('MSH|^~\\&\rNTE|||a\\F\\b\\S\\c\\R\\d\\E\\e\\T\\f\\.br\\g\\.br\\h\\X0B\\i\\X1C\\j\tk\r');
    expect(parseHl7(text).get('NTE-3')).to.equal('a|b^c~d\\e&f\ng\nh\u000bi\u001cj\tk');
  });

  it('ignores values given for MSH-1 and MSH-2', () => expect(writeHl7([['MSH', { 1: 'x', 2: 'y', 3: 'A' }]])).to.equal('MSH|^~\\&|A\r'));

  it('refuses what HL7 cannot say', () => {
    for (const value of [[[['deep']]], ['a', repeat('b')], Number.NaN]) expect(() => writeHl7([['PID', { 3: value }]])).to.throw('internal rule');
    expect(() => writeHl7([['pid', {}]])).to.throw('internal rule');
  });

  it('gives back any text that was escaped, line ends as LF', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.constantFrom(DEFAULT_DELIMITERS, { ...DEFAULT_DELIMITERS, truncation: '#' }),
        (text, delimiters) => {
          const written = escape(text, delimiters);
          expect(unescape(written, delimiters)).to.equal(text.replaceAll(/\r\n?/g, '\n'));
          expect(written).not.to.match(/[\r\n|^~&]/);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('gives back every value at its place', () => {
    const value = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.array(value, { maxLength: 4 }), { maxLength: 4 }), (repetitions) => {
        const message = parseHl7(
          writeHl7([
            ['MSH', {}],
            ['ZZZ', { 2: repeat(...repetitions) }],
          ]),
        );
        repetitions.forEach((components, r) =>
          components.forEach((text, c) => expect(message.get(`ZZZ-2[${r + 1}].${c + 1}`)).to.equal(text.replaceAll(/\r\n?/g, '\n'))),
        );
      }),
    );
  });
});
