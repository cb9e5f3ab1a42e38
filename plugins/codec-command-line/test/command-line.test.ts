import { expect } from 'chai';
import { array, assert, constantFrom, property, record, uint8Array } from 'fast-check';
import { PasserelleError } from '../../../core/contract/index.ts';
import { decode } from '../charset.ts';
import { LINE_LIMIT_BYTES, plugin } from '../index.ts';

const { open, split } = plugin.message!;
const opened = (line: Uint8Array | string, charsetFallback = 'utf-8') =>
  open(typeof line === 'string' ? Buffer.from(line) : line, { charsetFallback, readDocument: () => undefined });
const valuesOf = (line: string): unknown => JSON.parse(opened(line).envelope.text) as unknown;
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return PasserelleError.from(error).code;
  }
  return 'read';
};

describe('the command-line codec', () => {
  it('gives back values in double quotes, whatever they hold', () => {
    // As Windows programs quote: a backslash before each quote, and before the closing one.
    const quoted = (value: string): string => `"${value.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
    const value = array(constantFrom('a', 'É', ' ', '"', '\\', ':', '/', "'"), { maxLength: 12 }).map((chars) => chars.join(''));
    assert(
      property(record({ ipp: value, nom: value }), ({ ipp, nom }) => {
        expect(valuesOf(`prog.exe /ipp:${quoted(ipp)} /nom:${quoted(nom)}`)).to.deep.equal({ ipp, nom });
      }),
      { numRuns: 2000 },
    );
  });

  it('reads or refuses any bytes at all, and nothing else', () => {
    for (const page of ['utf-8', 'windows-1252', 'cp850', 'nonsense'])
      assert(
        property(uint8Array({ maxLength: 60 }), (bytes) => {
          expect(codeOf(() => opened(Buffer.concat([Buffer.from('/a:'), bytes]), page))).to.match(/^(read|ERR_CODEC_UNREADABLE)$/);
        }),
      );
    expect(codeOf(() => opened(`/a:${'x'.repeat(LINE_LIMIT_BYTES)}`))).to.equal('ERR_CODEC_UNREADABLE');
    expect(codeOf(() => opened('prog.exe'))).to.equal('ERR_CODEC_UNREADABLE');
    expect(codeOf(() => opened('/__proto__:x'))).to.equal('ERR_CODEC_UNREADABLE');
  });

  it('knows each character of its two code pages once', () => {
    for (const page of ['windows-1252', 'cp850'] as const) {
      const all = Array.from({ length: 256 }, (_, byte) => decode(Uint8Array.of(byte), page));
      expect(new Set(all).size, page).to.equal(256);
    }
    expect(decode(Buffer.from([0x82, 0x90, 0x8a, 0x87, 0xd4, 0xff]), 'cp850')).to.equal('éÉèçÈ\u00a0');
  });

  it('finds several calls in a file, and no call in comments', () => {
    expect(split(Buffer.from('@rem essai\r\n/a:1\r\n\r\n:: fin\r\n/a:2')).map((line) => Buffer.from(line).toString())).to.deep.equal([
      '/a:1',
      '/a:2',
    ]);
    expect(split(Buffer.from(''))).to.have.length(1);
  });

  it('leaves a byte order mark out', () => {
    expect(valuesOf('\ufeff/nom:É')).to.deep.equal({ nom: 'É' });
  });
});
