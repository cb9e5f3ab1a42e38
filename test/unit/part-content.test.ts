import { expect } from 'chai';
import type { MessageCodec } from 'passerelle/contract';
import { openMessage } from '../../core/codecs/open.ts';
import { contentOf } from '../../core/codecs/part-content.ts';
import { plugin as hl7v2 } from '../../plugins/codec-hl7v2/index.ts';
import { plugin as json } from '../../plugins/codec-json/index.ts';

const document = Buffer.from(`%PDF-1.4\n${'contenu fictif >>> ???'.repeat(20)}\n%%EOF\n`);
const base64 = document.toString('base64');
const lines = (fold: string): string => base64.match(/.{1,64}/g)!.join(fold);

/** The content that a delivery would place, for each part of the message. */
function contents(codec: MessageCodec | undefined, raw: Buffer): string[] {
  const { refs, error } = openMessage(raw, codec!, [], 'windows-1252');
  expect(error).to.equal(undefined);
  const source = { codec: codec!, charsetFallback: 'windows-1252', raw: (from = 0, to = raw.length) => raw.subarray(from, to) };
  return refs.map((ref) => Buffer.from(contentOf(ref, source)).toString('utf8'));
}

const oru = (carried: string, escape = '\\'): string =>
  `MSH|^~${escape}&|A|B|C|D|20261002||ORU^R01|C1|T|2.5\rOBX|1|ED|X||^application^pdf^Base64^${carried}||||||F\r`;

describe('the content of a part that leaves', () => {
  it('is the document received, however its Base64 was folded', () => {
    for (const message of [oru(base64), oru(lines('\\.br\\')), oru(lines('!.br!'), '!'), oru(base64.replace(/=+$/, ''))])
      expect(contents(hl7v2.message, Buffer.from(message))).to.deep.equal([document.toString()]);
    for (const carried of [base64, lines('\\n'), lines('\\r\\n'), base64.replaceAll('/', '\\/')]) {
      const message = Buffer.from(`{"d":{"mime":"application/pdf","encoding":"base64","content":"${carried}"}}`);
      expect(contents(json.message, message)).to.deep.equal([document.toString()]);
    }
  });

  it('is the text meant, whatever charset and escapes carried it', () => {
    const head = 'MSH|^~\\&|A|B|C|D|20261002||ORU^R01|C1|T|2.5|||||FRA|8859/1\rOBX|1|FT|X||';
    const long = 'été T '.repeat(4000);
    expect(contents(hl7v2.message, Buffer.from(`${head}${long.replaceAll('T', '\\T\\')}||||||F\r`, 'latin1'))).to.deep.equal([
      long.replaceAll('T', '&'),
    ]);
    expect(contents(json.message, Buffer.from(JSON.stringify({ note: `"${long}"\n` })))).to.deep.equal([`"${long}"\n`]);
  });

  it('is refused when it is not what was received', () => {
    const ref = { part: 'p1', from: 0, to: 4, encoding: 'base64' as const, bytes: 3, mime: 'text/plain', sha256: 'other' };
    const source = { codec: hl7v2.message!, charsetFallback: 'utf-8', raw: () => Buffer.from('QUJD') };
    expect(() => contentOf(ref, source)).to.throw('as it was received');
  });
});
