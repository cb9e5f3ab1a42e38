import { expect } from 'chai';
import type { OutgoingPart } from '../../../core/contract/index.ts';
import { codec, parseHl7 } from '../index.ts';
import { bytes, codeOf, message, opened } from './fixtures.ts';

const none = (): Uint8Array => new Uint8Array();
const build = (text: string, parts: readonly OutgoingPart[], contents: Record<string, string> = {}, charset?: string): Buffer =>
  Buffer.concat(codec.build({ format: 'hl7v2', text, parts, ...(charset && { charset }) }, (name) => bytes(contents[name] ?? '')));

describe('building the bytes of a message', () => {
  it('writes the text in its charset, UTF-8 when none is said', () => {
    const text = message({ rest: ['PID|1||7||LÉVRIER'] });
    expect(Buffer.concat(codec.build({ format: 'hl7v2', text }, none)).toString()).to.equal(text);
    expect(build(text, [], {}, '8859/1').toString('latin1')).to.equal(text);
  });

  it('places documents where the encoder says, adding the separators that are missing', () => {
    const text = message({ rest: ['OBX|1|ED|A', 'OBX|2|ED|B||^text^XML^Base64^||||||F', 'NTE|1'] });
    const built = build(
      text,
      [
        { at: 'OBX[2]-5.5', encoding: 'base64', from: { part: 'p1' } },
        { at: 'OBX[1]-5[2].5.2', encoding: 'base64', from: { part: 'p2' } },
        { at: 'NTE-3', encoding: 'text', from: { part: 'p3' } },
      ],
      { p1: 'ABC', p2: 'DE', p3: 'a|b\r\né' },
    ).toString();
    expect(built).to.equal(message({ rest: ['OBX|1|ED|A||~^^^^&REU=', 'OBX|2|ED|B||^text^XML^Base64^QUJD||||||F', 'NTE|1||a\\F\\b\\.br\\é'] }));
  });

  it('puts a document inside a document', () => {
    const built = build(
      message({ rest: ['OBX|1|ED|A||^text^XML^Base64^'] }),
      [
        {
          at: 'OBX[1]-5.5',
          encoding: 'base64',
          from: { pieces: ['<é>', { part: 'p1', encoding: 'base64' }, '</é>', { part: 'p1', encoding: 'text' }], mime: 'text/xml' },
        },
      ],
      { p1: 'ABC' },
    );
    expect(Buffer.from(parseHl7(built.toString()).get('OBX-5.5'), 'base64').toString()).to.equal('<é>QUJD</é>ABC');
  });

  it('gives back an opened message when its parts are put where they were', () => {
    const raw = bytes(message({ rest: ['PID|1||é', 'OBX|1|ED|||^a^b^Base64^QUJD~^a^b^Base64^REVG||||||F', 'OBX|2|FT|||fin'] }));
    const { envelope, parts } = opened(raw);
    const built = codec.build(
      {
        format: 'hl7v2',
        text: envelope.text,
        charset: envelope.charset,
        parts: envelope.parts.map(({ at, encoding, part }) => ({ at, encoding, from: { part } })),
      },
      (name) => parts.find((part) => part.part === name)?.content ?? bytes(''),
    );
    expect(Buffer.concat(built).equals(raw)).to.equal(true);
  });

  it('refuses a letter that the charset lacks, an unknown charset, a place that does not exist or is taken twice', () => {
    expect(codeOf(() => build(message({ rest: ['PID|1||7||BOŞTAN'] }), [], {}, 'iso-8859-1'))).to.equal('ERR_CHARSET_CANNOT_HOLD');
    expect(codeOf(() => build(message(), [], {}, 'ebcdic'))).to.equal('ERR_CONNECTOR_FAILED');
    const part: OutgoingPart = { at: 'OBX[2]-5.5', encoding: 'base64', from: { part: 'p1' } };
    expect(codeOf(() => build(message({ rest: ['OBX|1'] }), [part]))).to.equal('ERR_CONNECTOR_FAILED');
    expect(codeOf(() => build(message({ rest: ['OBX|1', 'OBX|2||||^^^^x'] }), [part, part]))).to.equal('ERR_CONNECTOR_FAILED');
  });
});
