import { expect } from 'chai';
import * as fc from 'fast-check';
import { codec } from '../index.ts';
import { bytes, message } from './fixtures.ts';

const split = (input: string): readonly string[] => codec.split(bytes(input)).map((piece) => Buffer.from(piece).toString());
const VT = '\x0b';
const FS = '\x1c';
const frame = (content: string): string => `${VT}${content}${FS}\r`;
const A = message({ id: 'A' });
const B = message({ id: 'B' });
const C = message({ id: 'C' });

describe('taking apart what holds several messages', () => {
  it('leaves a single message unchanged', () => {
    const one = bytes(A);
    expect(codec.split(one)).to.deep.equal([one]);
    expect(split('')).to.deep.equal(['']);
    expect(split('not HL7')).to.deep.equal(['not HL7']);
  });

  it('takes messages out of their frames', () => {
    expect(split(frame(A))).to.deep.equal([A]);
    expect(split(frame(A) + frame(B) + frame(C))).to.deep.equal([A, B, C]);
    expect(split(`\r\n${frame(A)}\r\n\x0b${B}\x1c`)).to.deep.equal([A, B]);
  });

  it('loses no good message to a cut frame, a foreign one or bytes between frames', () => {
    expect(split(`\x0b${A}${frame(B)}`)).to.deep.equal([A, B]);
    expect(split(frame(A) + frame('GARBAGE') + frame(B))).to.deep.equal([A, 'GARBAGE', B]);
    expect(split(`${frame(A)}noise${frame(B)}`)).to.deep.equal([A, 'noise', B]);
    expect(split(`end of a message\x1c\r${frame(B)}`)).to.deep.equal(['end of a message', B]);
  });

  it('keeps an FS that is data inside its frame', () => {
    const odd = `${A}NTE|1||a\x1cb\r`;
    expect(split(frame(odd) + frame(B))).to.deep.equal([odd, B]);
  });

  for (const [name, end] of [
    ['CR', '\r'],
    ['LF', '\n'],
    ['CRLF', '\r\n'],
  ] as const)
    it(`removes the envelope of a batch file whose lines end with ${name}`, () => {
      const [a, b] = [message({ id: 'A', end }), message({ id: 'B', end })];
      expect(split(`FHS|^~\\&|X${end}BHS|^~\\&|X${end}${a}${b}BTS|2${end}FTS|1${end}`)).to.deep.equal([a, b]);
      expect(split(`BHS|^~\\&${end}${a}BTS|1${end}BHS|^~\\&${end}${b}BTS|1${end}`)).to.deep.equal([a, b]);
    });

  it('cuts joined messages, framed or not', () => {
    expect(split(A + B + C)).to.deep.equal([A, B, C]);
    expect(split(frame(A + B) + frame(C))).to.deep.equal([A, B, C]);
  });

  it('gives a message with impossible delimiters its own piece, so that it refuses only itself', () => {
    const bad = 'MSH|^^^^|X\rPID|1\r';
    expect(split(A + bad + B)).to.deep.equal([A, bad, B]);
  });

  it('gives a message without MSH in a batch its own piece', () => {
    expect(split(`BHS|^~\\&\rPID|1||7\rBTS|1\r${A}`)).to.deep.equal(['PID|1||7\r', A]);
  });

  it('never cuts at an MSH that does not begin a segment', () => {
    const quoting = message({ rest: ['NTE|1||MSH|^~\\&|quoted', 'OBX|1|ED|||^a^b^Base64^MSHMSH', 'NTE|2||x MSH|'] });
    expect(split(quoting)).to.deep.equal([quoting]);
    expect(split(quoting + A)).to.deep.equal([quoting, A]);
  });

  it('keeps text before the first MSH with it, where opening drops it with a warning', () =>
    expect(split(`banner\r${A}${B}`)).to.deep.equal([`banner\r${A}`, B]));

  it('gives an empty batch back as it came: it is refused by name, not lost', () =>
    expect(split('FHS|^~\\&\rFTS|0\r')).to.deep.equal(['FHS|^~\\&\rFTS|0\r']));

  it('finds every message whatever the framing and blanks around it', () => {
    const blank = fc.constantFrom('', '\r', '\n', '\r\n', '\r\n\r\n');
    const piece = fc.tuple(fc.nat({ max: 999 }), fc.constantFrom('\r', '\n', '\r\n'), blank);
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.boolean(), (pieces, isFramed) => {
        const messages = pieces.map(([id, end]) => message({ id: `M${id}`, end }));
        const capture = messages.map((text, i) => (isFramed ? frame(text) : text) + (pieces[i]?.[2] ?? '')).join('');
        expect(codec.split(bytes(capture)).map((piece) => codec.peek(piece).controlId)).to.deep.equal(pieces.map(([id]) => `M${id}`));
      }),
    );
  });

  it('throws away nothing but framing and blanks when there is no batch, and never throws', () => {
    const token = fc.constantFrom('MSH|^~\\&|', 'PID|1', '\r', '\n', VT, `${FS}\r`, FS, ' ', 'text');
    const essence = (text: string): string => text.replaceAll(VT, '').replaceAll(FS, '').replaceAll(/\s/g, '');
    fc.assert(
      fc.property(fc.array(token, { maxLength: 20 }), (tokens) => {
        expect(essence(split(tokens.join('')).join(''))).to.equal(essence(tokens.join('')));
      }),
      { numRuns: 1000 },
    );
  });
});
