import { expect } from 'chai';
import * as fc from 'fast-check';
import { ENVELOPE_LIMIT_BYTES } from '../../../core/contract/index.ts';
import { parseHl7, restore } from '../index.ts';
import { bytes, codeOf, message, opened, warnings } from './fixtures.ts';

describe('opening an HL7 v2 message', () => {
  it('gives the text as it came when nothing has to be repaired', () => {
    const text = message();
    expect(opened(text).envelope).to.deep.equal({ format: 'hl7v2', text, parts: [], charset: 'utf-8', warnings: [] });
  });

  it('ends segments with CR and says what ended them', () => {
    for (const [end, name] of [
      ['\n', 'LF'],
      ['\r\n', 'CRLF'],
    ] as const) {
      const found = opened(message({ end }));
      expect(found.envelope.text).to.equal(message());
      expect(warnings(found)).to.deep.equal([`segment-terminator:${name}`]);
    }
    expect(opened(message().slice(0, -1)).envelope.text).to.equal(message());
    expect(warnings(opened(message().slice(0, -1)))).to.deep.equal([]);
    expect(warnings(opened(`${message()}\r\r\x1c\r`))).to.deep.equal([]);
    expect(warnings(opened(message({ rest: ['PID|1', 'PV1|1\nZFP|'] })))).to.deep.equal(['segment-terminator:LF']);
  });

  it('drops text before MSH with a warning', () => {
    for (const before of ['banner\r\n', 'X-Header: MSH\r\n\r\n', 'noise']) {
      const found = opened(before + message());
      expect(found.envelope.text).to.equal(message());
      expect(warnings(found)).to.contain('text-before-msh');
    }
    expect(warnings(opened(`\r\n \x0b${message()}`))).to.deep.equal([]);
  });

  it('repairs a blank before the name of a segment', () => {
    const found = opened(message({ rest: ['PID|1', ' ZBE|1', '\tZFA|', '  ZBE|2'] }));
    expect(found.envelope.text).to.equal(message({ rest: ['PID|1', 'ZBE|1', 'ZFA|', 'ZBE|2'] }));
    expect(warnings(found)).to.deep.equal(['segment-leading-space:ZBE', 'segment-leading-space:ZFA']);
  });

  it('joins a line that is no segment to the field before it', () => {
    const found = opened(message({ rest: ['OBX|1|FT|A||first', 'second line', '', 'third|||||F', 'NTE|1'] }));
    const text = parseHl7(found.envelope.text);
    expect(text.get('OBX-5')).to.equal('first\nsecond line\n\nthird');
    expect(text.get('OBX-10')).to.equal('F');
    expect(text.segments).to.have.length(3);
    expect(warnings(found)).to.deep.equal(['line-break-in-field:OBX']);
  });

  it('takes a bare Z name for a segment, and a bare word inside a text for text', () => {
    expect(parseHl7(opened(message({ rest: ['PID|1', 'PV1', 'ZFP'] })).envelope.text).segments.map((s) => s.name)).to.deep.equal([
      'MSH',
      'PID',
      'PV1',
      'ZFP',
    ]);
    expect(parseHl7(opened(message({ rest: ['OBX|1|FT|||a', 'OUI', 'NTE|1'] })).envelope.text).get('OBX-5')).to.equal('a\nOUI');
  });

  it('refuses a line that may be a damaged segment, and one that belongs to no field', () => {
    for (const rest of [
      ['PID|1', 'OB|1|x'],
      ['PID|1', 'OBXX|1'],
      ['more of MSH', 'PID|1'],
    ])
      expect(
        codeOf(() => opened(message({ rest }))),
        rest.join(),
      ).to.equal('ERR_CODEC_UNREADABLE');
  });

  it('refuses what is not HL7, cannot be delimited, is cut, or has no number', () => {
    expect(codeOf(() => opened(''))).to.equal('ERR_HL7_NOT_HL7');
    expect(codeOf(() => opened('{"json": true}'))).to.equal('ERR_HL7_NOT_HL7');
    expect(codeOf(() => opened('PID|1||7\r'))).to.equal('ERR_HL7_NOT_HL7');
    expect(codeOf(() => opened('MSH|^^\\&|A\r'))).to.equal('ERR_HL7_DELIMITERS');
    expect(codeOf(() => opened('MSH|^~\\&|DX|CHX|DCC|DCC|2026||ADT'))).to.equal('ERR_HL7_TRUNCATED');
    expect(codeOf(() => opened(message() + message()))).to.equal('ERR_HL7_TRUNCATED');
    expect(codeOf(() => opened(message({ id: '' })))).to.equal('ERR_HL7_CONTROL_ID_MISSING');
    expect(codeOf(() => opened('MSH|^~\\&|DX|CHX\rPID|1\r'))).to.equal('ERR_HL7_CONTROL_ID_MISSING');
  });

  it('says when MSH-9.3 is missing, but not of an ACK', () => {
    expect(warnings(opened(message({ type: 'ORU^R01' })))).to.deep.equal(['msh9-3-missing']);
    expect(warnings(opened(message({ type: 'ACK^A01' })))).to.deep.equal([]);
  });

  it('refuses a text larger than an envelope, whatever makes it so', () => {
    const many = (segment: string, total: number): string =>
      message({ rest: Array.from({ length: Math.ceil(total / segment.length) }, () => segment) });
    expect(codeOf(() => opened(many('NTE|1||0123456789', ENVELOPE_LIMIT_BYTES * 1.2)))).to.equal('ERR_ENVELOPE_TOO_LARGE');
    expect(codeOf(() => opened(many('ZZZ', 180_000)))).to.equal('ERR_ENVELOPE_TOO_LARGE');
    expect(codeOf(() => opened(message({ rest: [`NTE|${'^'.repeat(2_000_000)}`] })))).to.equal('ERR_ENVELOPE_TOO_LARGE');
    expect(codeOf(() => opened(message({ rest: [`NTE|${'~'.repeat(2_000_000)}`] })))).to.equal('ERR_ENVELOPE_TOO_LARGE');
    expect(codeOf(() => opened(message({ rest: [`OBX|1|ED|||${'~^^^Base64^QQ=='.repeat(300)}`] })))).to.equal('ERR_ENVELOPE_TOO_LARGE');
    // Latin-1 that grows past the limit in UTF-8.
    const accents = message({ charset: '8859/1', rest: Array.from({ length: 40 }, () => `NTE|1||${'é'.repeat(8000)}`) });
    expect(codeOf(() => opened(Buffer.from(accents, 'latin1')))).to.equal('ERR_ENVELOPE_TOO_LARGE');
  });

  it('throws nothing but its own errors on any bytes, and gives back what it opened', () => {
    const token = fc.constantFrom(
      'MSH|^~\\&|',
      'A|B|C|D|2026||ADT^A01|1|T|2.5',
      'PID|1||é',
      'OBX|1|ED|||^a^b^Base64^QUJD',
      ' ZBE|1',
      'text',
      '\r',
      '\n',
      '\r\n',
      '\r',
      '\\',
      '~',
      '|',
      'ZFP',
      'OB|',
      '\x1c',
      '\x0b',
      '\ufeff',
    );
    const made = fc.array(token, { maxLength: 16 }).map((tokens) => bytes(`MSH|^~\\&|A|B|C|D|2026||ADT^A01|1\r${tokens.join('')}`));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 100 }),
          made,
          fc.uint8Array({ maxLength: 40 }).map((tail) => Buffer.concat([bytes(message({ charset: '' })), tail])),
        ),
        (input) => {
          const original = Buffer.from(input);
          const code = codeOf(() => {
            const found = opened(original);
            expect(restore(found).equals(original)).to.equal(true);
            expect(found.envelope.text).to.match(/^MSH[^]*\r$/);
            parseHl7(found.envelope.text).get('PID-3');
          });
          if (code) expect(code).to.match(/^ERR_(HL7|CODEC|ENVELOPE)_/);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
