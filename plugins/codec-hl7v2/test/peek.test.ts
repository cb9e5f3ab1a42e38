import { expect } from 'chai';
import * as fc from 'fast-check';
import { codec } from '../index.ts';
import { bytes, message } from './fixtures.ts';

const peek = (text: string): ReturnType<typeof codec.peek> => codec.peek(bytes(text));

describe('the first look at a message', () => {
  it('says its number, sender and type', () => {
    expect(peek(message({ id: 'X9' }))).to.deep.include({ controlId: 'X9', sender: 'DX/CHX', type: 'ADT^A01' });
    expect(peek('MSH#*!%@#A*x#B#####ACK#7')).to.deep.include({ controlId: '7', sender: 'A/B', type: 'ACK' });
  });

  it('has the same fingerprint for a retransmission with a new MSH-7, and another one for anything else', () => {
    const first = peek(message());
    expect(peek(message().replace('20260915101530', '20260915101544.12+0200')).fingerprint).to.equal(first.fingerprint);
    expect(peek(message().replace('|20260915101530|', '||')).fingerprint).to.equal(first.fingerprint);
    expect(peek(message().replace('ESSAI', 'ESSAJ')).fingerprint).not.to.equal(first.fingerprint);
    expect(peek(message().replace('|DCC|2026', '|DCD|2026')).fingerprint).not.to.equal(first.fingerprint);
    // The value of another field never plays the part of MSH-7.
    expect(peek(message().replace('||ADT', '|20260915|ADT')).fingerprint).not.to.equal(first.fingerprint);
  });

  it('looks past a byte order mark and text before MSH', () => {
    expect(peek(`\ufeff${message()}`).controlId).to.equal('T1');
    expect(peek(`POST /x\r\n\r\n${message()}`).controlId).to.equal('T1');
  });

  it('keeps names short enough for an index', () => {
    expect(peek(message({ id: 'x'.repeat(1000) })).controlId).to.have.length(250);
  });

  it('still reads the number when the delimiters are wrong, so that the refusal can be matched', () => {
    expect(peek('MSH|^^\\&|A|B|C|D|2026||ADT^A01|N5|T').controlId).to.equal('N5');
  });

  it('gives a fingerprint for anything, and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 80 }),
          fc.string({ maxLength: 60 }).map((s) => bytes(`MSH${s}`)),
        ),
        (input) => {
          expect(codec.peek(input).fingerprint).to.match(/^[\da-f]{64}$/);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
