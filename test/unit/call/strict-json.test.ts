/** JSON of strangers, as one reading only. */
import { expect } from 'chai';
import { strictJson } from '../../../core/call/strict-json.ts';
import { PasserelleError } from '../../../core/contract/index.ts';

describe('JSON of one reading', () => {
  it('C4 refuses what is very deep in its own words: objects, arrays, and both', () => {
    const nested = (open: string, close: string, deep: number): Uint8Array => Buffer.from(open.repeat(deep) + '1' + close.repeat(deep));
    for (const [open, close, each] of [
      ['[', ']', 1],
      ['{"a":', '}', 1],
      ['[{"a":', '}]', 2],
    ] as const) {
      expect(() => strictJson(nested(open, close, 64 / each)), open).to.not.throw();
      for (const deep of [64 / each + 1, 5000, 100_000])
        expect(() => strictJson(nested(open, close, deep)), `${open} ${deep}`)
          .to.throw(PasserelleError)
          .with.property('code', 'ERR_CALL_CONTEXT');
    }
  });
});
