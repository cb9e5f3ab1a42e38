import { expect } from 'chai';
import * as fc from 'fast-check';
import { Framer, type Budget, type Framed } from '../framer.ts';

const VT = '\x0b';
const FS = '\x1c';
const framed = (text: string): string => `${VT}${text}${FS}\r`;
const say = (one: Framed): string => (one.kind === 'frame' ? Buffer.concat(one.pieces).toString('latin1') : `${one.code}${one.fatal ? '!' : ''}`);
const push = (framer: Framer, text: string): readonly string[] => framer.push(Buffer.from(text, 'latin1')).map(say);

describe('cutting a stream into frames', () => {
  it('gives the content of each frame, several in one chunk or one in several', () => {
    const framer = new Framer(100);
    expect(push(framer, framed('a') + framed('') + framed('b') + VT)).to.deep.equal(['a', '', 'b']);
    expect(push(framer, 'c')).to.deep.equal([]);
    expect(framer.isInside).to.equal(true);
    expect(push(framer, FS)).to.deep.equal([]);
    expect(push(framer, '\r')).to.deep.equal(['c']);
    expect(framer.isInside).to.equal(false);
  });

  it('passes over line ends between frames, and says other bytes once for each run', () => {
    const framer = new Framer(100);
    expect(push(framer, `\r\n${framed('a')}\r\n`)).to.deep.equal(['a']);
    expect(push(framer, 'noise')).to.deep.equal(['ERR_MLLP_NO_START']);
    expect(push(framer, 'more noise')).to.deep.equal([]);
    expect(push(framer, framed('b'))).to.deep.equal(['b']);
    expect(push(framer, `x${framed('c')}`)).to.deep.equal(['ERR_MLLP_NO_START', 'c']);
  });

  it('takes an FS for data unless CR, the next VT, quiet or the end follows', () => {
    expect(push(new Framer(100), `${VT}a${FS}b${FS}${FS}\r`)).to.deep.equal([`a${FS}b${FS}`]);
    expect(push(new Framer(100), `${VT}a${FS}${VT}b${FS}\r`)).to.deep.equal(['a', 'b']);
    const quiet = new Framer(100);
    expect(push(quiet, `${VT}a${FS}`)).to.deep.equal([]);
    expect(quiet.isEnding).to.equal(true);
    expect(quiet.quiet().map(say)).to.deep.equal(['a']);
    expect(push(quiet, `\r${framed('b')}`)).to.deep.equal(['b']);
    const ended = new Framer(100);
    push(ended, `${VT}a${FS}`);
    expect(ended.end().map(say)).to.deep.equal(['a']);
  });

  it('says that a frame was cut by the end of the stream, and gives nothing of it', () => {
    const framer = new Framer(100);
    push(framer, `${framed('a')}${VT}half`);
    expect(framer.quiet()).to.deep.equal([]);
    expect(framer.end().map(say)).to.deep.equal(['ERR_MLLP_FRAME_CUT!']);
    expect(framer.end()).to.deep.equal([]);
  });

  it('finds the message again when a sender broke off and began anew, but keeps a VT that is text', () => {
    expect(push(new Framer(100), `${VT}MSH|half${VT}MSH|whole${FS}\r`)).to.deep.equal(['ERR_MLLP_FRAME_CUT', 'MSH|whole']);
    expect(push(new Framer(100), framed(`MSH|soft${VT}line`))).to.deep.equal([`MSH|soft${VT}line`]);
  });

  it('refuses a frame as soon as its bound is passed, with its beginning, and looks at nothing after it', () => {
    const framer = new Framer(10);
    expect(push(framer, framed('0123456789'))).to.deep.equal(['0123456789']);
    expect(push(framer, `${VT}01234`)).to.deep.equal([]);
    const [fault] = framer.push(Buffer.from('56789A'));
    expect(fault).to.deep.include({ kind: 'fault', code: 'ERR_MLLP_FRAME_TOO_LARGE', fatal: true });
    expect(fault?.kind === 'fault' && fault.head?.toString()).to.equal('0123456789A');
    expect(push(framer, `${FS}\r${framed('good')}`)).to.deep.equal([]);
    expect(push(new Framer(10), framed('0123456789A'))).to.deep.equal(['ERR_MLLP_FRAME_TOO_LARGE!']);
  });

  it('refuses a stream of noise', () => {
    const framer = new Framer(10);
    const noise = 'GET / HTTP/1.1 '.repeat(1000);
    const said = Array.from({ length: 6 }, () => push(framer, noise)).flat();
    expect(said).to.deep.equal(['ERR_MLLP_NO_START', 'ERR_MLLP_NO_START!']);
  });

  it('gives the memory of a frame back once it is dealt with, or at once when it is refused or cut', () => {
    let used = 0;
    const budget: Budget = {
      take: (bytes) => used + bytes <= 20 && (used += bytes) >= 0,
      give: (bytes) => (used -= bytes),
    };
    const [one, two, three] = [new Framer(100, budget), new Framer(100, budget), new Framer(100, budget)];
    push(one, `${VT}0123456789`);
    push(two, `${VT}01234`);
    expect(used).to.equal(15);
    expect(push(three, `${VT}0123456789`)).to.deep.equal(['ERR_BACKPRESSURE!']);
    expect(used).to.equal(15);
    expect(two.end().map(say)).to.deep.equal(['ERR_MLLP_FRAME_CUT!']);
    expect(used).to.equal(10);
    const [whole] = one.push(Buffer.from(`${FS}\r`));
    expect(whole).to.deep.include({ kind: 'frame', held: 10 });
    expect(used).to.equal(10);
  });

  it('gives the same frames wherever the stream is cut, and what was framed', () => {
    const content = fc
      .string({ unit: fc.constantFrom('a', 'MSH', FS, '\r', '\n', 'é'), maxLength: 12 })
      .filter((text) => !text.includes(`${FS}\r`) && !text.endsWith(FS));
    fc.assert(
      fc.property(fc.array(content, { maxLength: 6 }), fc.array(fc.nat({ max: 100 }), { maxLength: 12 }), (contents, cuts) => {
        const stream = Buffer.concat(contents.map((text) => Buffer.from(`${VT}${text}${FS}\r`, 'latin1')));
        const framer = new Framer(1000);
        const edges = [0, ...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length];
        const found = edges.slice(1).flatMap((edge, i) => framer.push(stream.subarray(edges[i], edge)));
        expect(found.map(say)).to.deep.equal(contents);
      }),
      { numRuns: 3000 },
    );
  });

  it('never throws, and never gives more than it got', () => {
    const byte = fc.constantFrom(0x0b, 0x1c, 0x0d, 0x0a, 0x4d, 0x53, 0x48, 0x61);
    fc.assert(
      fc.property(fc.array(fc.array(byte, { maxLength: 10 }), { maxLength: 8 }), (chunks) => {
        const framer = new Framer(12);
        const found = [...chunks.flatMap((chunk) => framer.push(Buffer.from(chunk))), ...framer.end()];
        const given = found.reduce((sum, one) => sum + (one.kind === 'frame' ? Buffer.concat(one.pieces).length : 0), 0);
        expect(given).to.be.at.most(chunks.flat().length);
      }),
      { numRuns: 3000 },
    );
  });
});
