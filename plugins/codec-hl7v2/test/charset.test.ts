import { expect } from 'chai';
import * as fc from 'fast-check';
import { charsetNamed, decode, encode } from '../charset.ts';
import { codeOf, message, opened, warnings } from './fixtures.ts';

const NAME = 'PID|1||7||LÉVRIER^FRANÇOISE';
const made = (charset: string, segment: string, encoding: BufferEncoding): Buffer => Buffer.from(message({ charset, rest: [segment] }), encoding);

describe('the charset of a message', () => {
  it('is what MSH-18 says when the bytes agree', () => {
    expect(opened(made('UNICODE UTF-8', NAME, 'utf8')).envelope).to.deep.include({ charset: 'utf-8', warnings: [] });
    expect(opened(made('8859/1', NAME, 'latin1')).envelope).to.deep.include({ charset: 'iso-8859-1', warnings: [] });
    const fifteen = opened(made('8859/15', 'PID|1||7||C\xbdUR', 'latin1'));
    expect(fifteen.envelope).to.deep.include({ charset: 'iso-8859-15', warnings: [] });
    expect(fifteen.envelope.text).to.contain('CœUR');
  });

  it('is known by the names that senders really write', () => {
    for (const name of ['8859/1', '8859', 'ISO-8859-1', ' 8859/1 ']) expect(charsetNamed(name), name).to.equal('iso-8859-1');
    for (const name of ['UTF-8', 'utf8', 'UNICODE UTF-8', 'Unicode UTF8']) expect(charsetNamed(name), name).to.equal('utf-8');
    expect(charsetNamed('constructor')).to.equal(undefined);
  });

  it('is the fallback, with a warning, when UTF-8 is declared and the bytes are not', () => {
    const wrong = opened(made('UNICODE UTF-8', 'PID|1||7||L\xc9VRIER C\x9cur\x92', 'latin1'));
    expect(wrong.envelope.charset).to.equal('windows-1252');
    expect(wrong.envelope.text).to.contain('LÉVRIER Cœur’');
    expect(warnings(wrong)).to.deep.equal(['charset-mismatch']);
    expect(opened(made('UTF-8', 'PID|1||7||C\xbdUR', 'latin1'), '8859/15').envelope.text).to.contain('CœUR');
    expect(opened(made('UTF-8', 'PID|1||7||L\xc9', 'latin1'), 'utf-8').envelope.charset).to.equal('windows-1252');
  });

  it('is UTF-8, with a warning, when Latin-1 is declared and the bytes are UTF-8', () => {
    const wrong = opened(made('8859/1', NAME, 'utf8'));
    expect(wrong.envelope).to.deep.include({ charset: 'utf-8' });
    expect(warnings(wrong)).to.deep.equal(['charset-mismatch']);
  });

  it('stays Latin-1 when its bytes look like UTF-8 by accident but give no letter of ours', () => {
    // `É»` of Latin-1 is a letter of phonetics in UTF-8.
    const accident = opened(made('8859/1', 'NTE|1||\xabNON CLASS\xc9\xbb'.replace('\xab', ''), 'latin1'));
    expect(accident.envelope).to.deep.include({ charset: 'iso-8859-1', warnings: [] });
    expect(accident.envelope.text).to.contain('CLASSÉ»');
  });

  it('is Windows-1252 when Latin-1 is declared and typographic bytes are there', () => {
    const word = opened(made('8859/1', 'NTE|1||l\x92\x9cdème', 'latin1'));
    expect(word.envelope.text).to.contain('l’œdème');
    expect(warnings(word)).to.deep.equal(['charset-mismatch']);
  });

  it('is told by the bytes when MSH-18 says nothing', () => {
    for (const nothing of ['', 'ASCII', 'UNICODE', '""']) {
      expect(opened(made(nothing, NAME, 'utf8')).envelope).to.deep.include({ charset: 'utf-8', warnings: [] });
      expect(opened(made(nothing, NAME, 'latin1')).envelope).to.deep.include({ charset: 'windows-1252', warnings: [] });
    }
    expect(opened(made('', 'PID|1||7||C\xbdUR', 'latin1'), 'iso-8859-15').envelope.text).to.contain('CœUR');
    expect(warnings(opened(made('GB 18030', NAME, 'utf8')))).to.deep.equal(['charset-unknown']);
  });

  it('is UTF-8 under a byte order mark, which leaves the text', () => {
    const marked = opened(`\ufeff${message({ charset: '8859/1', rest: [NAME] })}`);
    expect(marked.envelope).to.deep.include({ charset: 'utf-8', warnings: [] });
    expect(marked.envelope.text.startsWith('MSH')).to.equal(true);
  });

  it('is refused when it is UTF-16', () => {
    for (const wide of [Buffer.from(`\ufeff${message()}`, 'utf16le'), Buffer.from(message(), 'utf16le')])
      expect(codeOf(() => opened(wide))).to.equal('ERR_CODEC_UNREADABLE');
  });

  it('gives back any bytes exactly, once decoded and encoded', () => {
    const charset = fc.constantFrom('windows-1252' as const, 'iso-8859-1' as const, 'iso-8859-15' as const);
    fc.assert(
      fc.property(fc.uint8Array(), charset, (input, name) => {
        expect([...encode(decode(Buffer.from(input), name), name)]).to.deep.equal([...input]);
      }),
      { numRuns: 1000 },
    );
  });

  it('writes typographic characters plainly where they do not exist, and decomposed accents composed', () => {
    expect(encode('l’œdème… – «\u202fŸ\u202f» 5 €', 'iso-8859-1').toString('latin1')).to.equal("l'oedème... - «\u00a0Y\u00a0» 5 EUR");
    expect(encode('CŒUR 5 €', 'iso-8859-15').toString('latin1')).to.equal('C\xbcUR 5 \xa4');
    expect(encode('l’œ', 'windows-1252').toString('latin1')).to.equal('l\x92\x9c');
    expect(encode('E\u0301', 'iso-8859-1').toString('latin1')).to.equal('É');
  });

  it('refuses to write a letter that the charset lacks: a wrong name would be another patient', () => {
    for (const name of ['iso-8859-1', 'iso-8859-15', 'windows-1252'] as const)
      expect(codeOf(() => encode('BOŞTAN', name))).to.equal('ERR_CHARSET_CANNOT_HOLD');
    expect(codeOf(() => encode('¤', 'iso-8859-15'))).to.equal('ERR_CHARSET_CANNOT_HOLD');
  });
});
