import { expect } from 'chai';
import { alsoRead, beginReading, endReading } from '../../core/lanes/readers.ts';

const LARGE = 64 * 1024;

describe('the bytes of a message', () => {
  it('D2: are there for everybody who still reads them, and their memory is given back by the last one', () => {
    const frame = Buffer.alloc(LARGE, 'a');
    const messages = [frame.subarray(0, LARGE / 2), frame.subarray(LARGE / 2)];
    beginReading(frame);
    messages.forEach(alsoRead);
    for (const reader of [messages[1]!, frame]) {
      endReading(reader);
      expect(frame.every((byte) => byte === 0x61) && frame.length).to.equal(LARGE);
    }
    endReading(messages[0]!);
    expect([frame, ...messages].map(({ length }) => length)).to.deep.equal([0, 0, 0]);
  });

  it('stay when nobody said who reads them, and when others stand in the same memory', () => {
    const [unknown, shared] = [Buffer.alloc(LARGE), Buffer.alloc(2 * LARGE)];
    beginReading(shared.subarray(LARGE));
    for (const bytes of [unknown, shared]) endReading(bytes);
    expect([unknown.length, shared.length]).to.deep.equal([LARGE, 2 * LARGE]);
  });
});
