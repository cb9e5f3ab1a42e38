import { expect } from 'chai';
import { assert, property, uint8Array } from 'fast-check';
import { assemblePart, decodeBase64, encodeBase64, release, sniffMime, type MessageCodec } from 'passerelle/contract';
import { openMessage } from '../../core/codecs/index.ts';

describe('what bytes are', () => {
  const cases: readonly (readonly [string, string | Buffer])[] = [
    ['application/pdf', '%PDF-1.4\n'],
    ['application/pdf', '\ufeff \r\n%PDF-1.4\n'],
    ['text/xml', '<?xml version="1.0"?><a/>'],
    ['text/xml', '\ufeff\n  <ClinicalDocument xmlns="urn:hl7-org:v3">'],
    ['text/xml', '<!-- c --><a/>'],
    ['text/xml', Buffer.from('\ufeff<?xml version="1.0"?><a/>', 'utf16le')],
    ['text/xml', Buffer.from('\ufeff<a/>', 'utf16le').swap16()],
    ['text/xml', Buffer.from('<?xml version="1.0"?><a/>', 'utf16le')],
    ['text/html', '<!DOCTYPE html><html>'],
    ['text/html', '<html lang="fr">'],
    ['text/rtf', '{\\rtf1\\ansi'],
    ['image/jpeg', Buffer.from([0xff, 0xd8, 0xff, 0xe0])],
    ['image/png', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
    ['image/tiff', Buffer.from('II*\0', 'latin1')],
    ['application/zip', Buffer.from('PK\x03\x04', 'latin1')],
    ['application/dicom', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')])],
    ['text/plain', 'Cher confrère,\r\n\tmerci < 3 > 2'],
    ['text/plain', Buffer.from('Déjà vu', 'latin1')],
    ['application/octet-stream', Buffer.from([0, 1, 2, 3])],
    ['application/octet-stream', ''],
  ];
  cases.forEach(([mime, content], index) => {
    it(`are ${mime} (${index + 1})`, () => expect(sniffMime(Buffer.from(content as Buffer))).to.equal(mime));
  });

  it('are always something, whatever they are', () => {
    assert(property(uint8Array({ maxLength: 200 }), (bytes) => /^[a-z]+\/[a-z-]+$/.test(sniffMime(bytes))));
  });
});

describe('Base64', () => {
  it('gives back any bytes, from text or from its bytes', () => {
    assert(
      property(uint8Array({ maxLength: 300 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        for (const carried of [text, Buffer.from(text)]) {
          const decoded = decodeBase64(carried);
          expect(decoded).to.include({ canonical: true }).and.not.have.property('damage');
          expect(Buffer.from(decoded.content).equals(bytes)).to.equal(true);
        }
      }),
    );
  });

  it('goes both ways whatever the size', () => {
    for (const size of [49_151, 49_152, 49_153, 200_000]) {
      const bytes = Buffer.alloc(size, 'Passerelle').map((byte, i) => byte ^ (i >> 3));
      const carried = encodeBase64(bytes);
      expect(carried.toString('latin1') === Buffer.from(bytes).toString('base64'), String(size)).to.equal(true);
      const { content, canonical } = decodeBase64(carried);
      expect(canonical && Buffer.from(content).equals(bytes), String(size)).to.equal(true);
    }
  });

  it('finds padding in the middle wherever it stands', () => {
    for (const groups of [1, 16_382, 16_383, 16_384, 32_767]) {
      const text = `${'QUJD'.repeat(groups)}QQ==QUJD`;
      for (const carried of [text, Buffer.from(text)])
        expect(decodeBase64(carried), String(groups)).to.include({ canonical: false, damage: 'invalid' });
    }
  });

  it('is canonical exactly when encoding it again gives what came', () => {
    const odd = ['', ' ', '\n', '-', '_', '=', '==', 'B', '{', '\0', 'é', '\u0141', '\u4141', '\u3d3d'];
    // Short, and around the end of a chunk.
    for (const size of [1, 2, 3, 5, 6, 49_150, 49_152, 49_155]) {
      const text = Buffer.alloc(size, 'Passerelle').toString('base64');
      for (const at of new Set([0, 1, text.length - 4, text.length - 3, text.length - 2, text.length - 1, 65_535, 65_536]))
        for (const put of odd)
          for (const taken of [0, 1]) {
            const carried = text.slice(0, at) + put + text.slice(at + taken);
            const name = `${size} ${at} ${JSON.stringify(put)} ${taken}`;
            expect(decodeBase64(carried).canonical, name).to.equal(Buffer.from(carried, 'base64').toString('base64') === carried);
            const bytes = Buffer.from(carried, 'latin1');
            expect(decodeBase64(bytes).canonical, name).to.equal(
              Buffer.from(bytes.toString('latin1'), 'base64').toString('base64') === bytes.toString('latin1'),
            );
          }
    }
  });

  it('ignores the line breaks of mail', () => {
    expect(decodeBase64('SGVs\r\nbG8=\n')).to.include({ canonical: false }).and.not.have.property('damage');
  });

  it('repairs wrong padding, and says so', () => {
    for (const text of ['SGVsbG8', 'SGVsbG8==', 'SGVs====', 'SGVsbG9=']) expect(decodeBase64(text).damage, text).to.equal('padding');
    expect(Buffer.from(decodeBase64('SGVsbG8').content).toString()).to.equal('Hello');
  });

  it('does not decode a sentence, the alphabet of URLs, padding in the middle or a lost character', () => {
    for (const text of ['CDA en base 64', 'a-b_', 'SGVs=bG8=', 'SGVsb', 'SGVs{}']) expect(decodeBase64(text).damage, text).to.equal('invalid');
  });
});

describe('a part that is placed', () => {
  it('is a part of the message, or text around one', () => {
    const part = (name: string): Uint8Array => Buffer.from(name === 'p1' ? 'Hello' : 'é');
    expect(Buffer.from(assemblePart({ part: 'p1' }, part)).toString()).to.equal('Hello');
    const pieces = ['<é>', { part: 'p1', encoding: 'base64' }, '|', { part: 'p2', encoding: 'text' }] as const;
    expect(Buffer.from(assemblePart({ pieces, mime: 'text/xml' }, part)).toString()).to.equal('<é>SGVsbG8=|é');
  });
});

describe('memory that is given back', () => {
  const LARGE = 64 * 1024;

  it('is that of bytes which own it, framing and padding left out; what shares it with others is left alone', () => {
    const own = Buffer.alloc(LARGE, 'a');
    const framed = Buffer.alloc(LARGE, 'a').subarray(1, LARGE - 2);
    const [one, other] = [Buffer.alloc(2 * LARGE, 'a')].flatMap((both) => [both.subarray(0, LARGE), both.subarray(LARGE)]) as [Buffer, Buffer];
    const pooled = Buffer.from('a');
    for (const bytes of [own, framed, one, pooled]) release(bytes);
    expect([own, framed].map(({ length }) => length)).to.deep.equal([0, 0]);
    expect([one, other, pooled].map((bytes) => bytes.every((byte) => byte === 0x61) && bytes.length)).to.deep.equal([LARGE, LARGE, 1]);
  });

  it('is that of the content of parts once they are read, and never the message', () => {
    const message = Buffer.alloc(LARGE, 'a');
    const decoded = Buffer.alloc(LARGE, 'b');
    const part = { mime: 'text/plain', encoding: 'text', bytes: LARGE, sha256: '', at: '' } as const;
    const parts = [message, decoded].map((content, i) => ({ part: `p${i}`, content, from: 0, to: LARGE, canonical: true }));
    const envelope = { format: 'plain', text: '', charset: 'utf-8', warnings: [], parts: parts.map((one) => ({ ...part, part: one.part })) };
    const { refs } = openMessage(message, { id: 'plain', open: () => ({ envelope, parts }) } as unknown as MessageCodec, [], 'utf-8');
    expect(refs).to.have.length(2);
    expect(decoded).to.have.length(0);
    expect(message.toString()).to.equal('a'.repeat(LARGE));
  });
});
