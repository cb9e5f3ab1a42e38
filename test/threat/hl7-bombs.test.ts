/**
 * Policy: a message costs time and memory in proportion to its size, whatever it is made of. Each filling below made some search start again at each
 * of its pieces, or made an object of each; at 8 MB such work does not end before the test runner gives up.
 */
import { expect } from 'chai';
import { PasserelleError } from '../../core/contract/index.ts';
import { codec } from '../../plugins/codec-hl7v2/index.ts';

const BYTES = 8 * 1024 * 1024;
const HEAD = 'MSH|^~\\&|A|B|C|D|2026||MDM^T02^MDM_T02|1\rOBX|1|ED|||^a^b^Base64^';

const FILLINGS: Readonly<Record<string, string>> = {
  'line ends': '\r',
  'lines of one letter': 'a\r',
  'lines of blanks': '\r    ',
  'message headers': '\rMSH|',
  'field separators': '|',
  'repetition separators': '~',
  'component separators': '^',
  'folded Base64': `${'QUJD'.repeat(19)}\r\n`,
  'Base64 folded with escapes': 'QUJD\\.br\\',
  'damaged Base64': 'QUJ?',
  'escape characters': '\\',
  'empty segments': '\rZZZ',
  'empty frames': '\x0bx\x1c\r',
  'ends of frames': '\x1c\r',
  'starts of frames': '\x0bMSH|',
  'letters beyond ASCII': '\xe9',
};

describe('a message made to exhaust the engine', () => {
  for (const [name, filling] of Object.entries(FILLINGS))
    for (const [place, head] of [
      ['in a document', HEAD],
      ['in a text', HEAD.replace('ED', 'FT').replace('^a^b^Base64^', '')],
      ['before MSH', ''],
    ] as const)
      it(`of ${name} ${place} is opened, or refused by name`, () => {
        const bytes = Buffer.concat([Buffer.from(head), Buffer.alloc(BYTES, filling, 'latin1'), Buffer.from(head ? '' : HEAD)]);
        expect(codec.peek(bytes).fingerprint).to.have.length(64);
        expect(codec.split(bytes).length).to.be.at.most(200_002);
        try {
          const { envelope } = codec.open(bytes, { charsetFallback: 'windows-1252', readDocument: () => undefined });
          expect(envelope.text.length).to.be.below(512 * 1024);
        } catch (error) {
          expect(error).to.be.instanceOf(PasserelleError);
        }
      });
});
