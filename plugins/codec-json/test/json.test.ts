import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { array, assert, boolean, constant, dictionary, integer, jsonValue, oneof, property, record, string, uint8Array } from 'fast-check';
import { PART_THRESHOLD_BYTES, PasserelleError, type MessageCodec, type OpenOptions, type OutgoingEnvelope } from '../../../core/contract/index.ts';
import { plugin } from '../index.ts';

const { split, peek, open } = plugin.message!;
const build = (...args: Parameters<MessageCodec['build']>): Buffer => Buffer.concat(plugin.message!.build(...args));
const OPTIONS: OpenOptions = {
  charsetFallback: 'utf-8',
  readDocument: (content, mime) => (mime === 'application/pdf' ? { kind: 'pdf', pdfaMark: String(content.length) } : undefined),
};
const opened = (text: string | Uint8Array) => open(typeof text === 'string' ? Buffer.from(text) : text, OPTIONS);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    const { code, detail } = PasserelleError.from(error);
    return [code, detail.location?.offset].filter((x) => x !== undefined).join(' ');
  }
  return 'accepted';
};
const PDF = Buffer.from('%PDF-1.4\n%%EOF\n');
const DEPOSIT = `{"messageId":"m-1","type":"document","document":{"mime":"application/pdf","encoding":"base64","content":"${PDF.toString('base64')}"}}`;

/** What a connector that changes nothing would send. */
const unchanged = ({ envelope }: ReturnType<typeof open>): OutgoingEnvelope => ({
  format: 'json',
  text: envelope.text,
  parts: envelope.parts.map(({ part, at, encoding }) => ({ at, encoding, from: { part } })),
});

describe('opening a JSON message', () => {
  it('takes a document out whatever its size, names it and reads it', () => {
    const { envelope, parts } = opened(DEPOSIT);
    expect(envelope).to.deep.equal({
      format: 'json',
      text: DEPOSIT.replace(PDF.toString('base64'), ''),
      parts: [
        {
          part: 'p1',
          at: '/document/content',
          bytes: PDF.length,
          sha256: sha256(PDF),
          mime: 'application/pdf',
          encoding: 'base64',
          read: { kind: 'pdf', pdfaMark: '15' },
        },
      ],
      charset: 'utf-8',
      warnings: [],
    });
    expect(parts[0]).to.deep.include({ part: 'p1', canonical: true });
    expect(Buffer.from(DEPOSIT).subarray(parts[0]!.from, parts[0]!.to).toString()).to.equal(PDF.toString('base64'));
    expect(Buffer.from(parts[0]!.content).equals(PDF)).to.equal(true);
  });

  it('finds the encoding before or after the content, and names parts in order of appearance', () => {
    const { envelope } = opened(
      '{"b":[{"content":"SGVsbG8=","encoding":"base64"},{"x":1}],"a/~":{"encoding":"base64","content":"SGk="},"content":"plain"}',
    );
    expect(envelope.parts.map(({ part, at, bytes }) => [part, at, bytes])).to.deep.equal([
      ['p1', '/b/0/content', 5],
      ['p2', '/a~1~0/content', 2],
    ]);
    expect(envelope.text).to.include('"content":"plain"');
  });

  it('takes out any long string, in an object, an array, or alone', () => {
    const long = 'é\n"'.repeat(PART_THRESHOLD_BYTES);
    for (const value of [{ note: long }, [long], long]) {
      const { envelope, parts } = opened(JSON.stringify(value));
      expect(envelope.parts[0]).to.include({ encoding: 'text', mime: 'text/plain', bytes: Buffer.byteLength(long) });
      expect(parts[0]!.canonical).to.equal(true);
      expect(Buffer.from(parts[0]!.content).toString()).to.equal(long);
    }
    expect(opened(`{"note":"${'x'.repeat(PART_THRESHOLD_BYTES)}"}`).envelope.parts).to.deep.equal([]);
  });

  it('reads the escaped slashes of PHP, and says that we would write them otherwise', () => {
    const { parts, envelope } = opened('{"encoding":"base64","content":"\\/\\/\\/\\/"}');
    expect(Buffer.from(parts[0]!.content).toString('base64')).to.equal('////');
    expect(parts[0]!.canonical).to.equal(false);
    expect(envelope.parts[0]).to.not.have.property('damage');
  });

  it('repairs padding with a warning, and says what does not decode', () => {
    const padding = opened('{"encoding":"base64","content":"SGVsbG8"}').envelope;
    expect(padding.parts[0]).to.include({ damage: 'padding', bytes: 5 });
    expect(padding.warnings).to.deep.equal([{ code: 'base64-padding', location: { path: '/content' } }]);
    expect(opened('{"encoding":"base64","content":"à venir"}').envelope.parts[0]).to.include({ damage: 'invalid' });
  });

  it('takes no body, or a blank one, for an empty object', () => {
    for (const body of ['', ' \r\n', ' '.repeat(1000)]) expect(opened(body).envelope.text, JSON.stringify(body)).to.equal('{}');
  });

  it('keeps the HTTP side, and bears a byte order mark', () => {
    const http = { method: 'DELETE', path: '/documents/1' };
    expect(open(Buffer.alloc(0), { ...OPTIONS, http }).envelope.http).to.deep.equal(http);
    const { envelope, parts } = opened(`\ufeff${DEPOSIT}`);
    expect(envelope.warnings).to.deep.equal([{ code: 'byte-order-mark' }]);
    expect(envelope.text.startsWith('{')).to.equal(true);
    expect(Buffer.from(`\ufeff${DEPOSIT}`).subarray(parts[0]!.from, parts[0]!.to).toString()).to.equal(PDF.toString('base64'));
  });

  it('accepts exactly the JSON of the standard', () => {
    const same = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const atoms = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '1',
      '-0',
      '0.5e+3',
      '01',
      '1.',
      'true',
      'nul',
      ' ',
      '\n',
      '"\\u00e9"',
      '"\\x"',
      '"\t"',
      '.5',
      '-',
      '\\',
    ];
    assert(
      property(array(oneof(...atoms.map(constant)), { minLength: 1, maxLength: 9 }), (pieces) => {
        const text = pieces.join('');
        if (text.trim() === '' || /"a"\s*:[^]*"a"\s*:|"b"\s*:[^]*"b"\s*:|00e9"\s*:[^]*00e9"\s*:/.test(text)) return;
        expect(codeOf(() => opened(text)) === 'accepted', text).to.equal(same(text));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('the first look at a JSON message', () => {
  it('says its id, type and fingerprint', () => {
    expect(peek(Buffer.from(DEPOSIT))).to.deep.equal({ controlId: 'm-1', type: 'document', fingerprint: sha256(Buffer.from(DEPOSIT)) });
    expect(split(Buffer.from(DEPOSIT))).to.have.length(1);
  });

  it('takes them from the message itself only, and never throws', () => {
    const absent = ['', '{', '[]', '{"messageId":7}', '{"a":{"messageId":"x","type":"y"}}', `{"messageId":"${'x'.repeat(300)}"}`];
    for (const text of absent) expect(peek(Buffer.from(text)), text).to.have.all.keys('fingerprint');
    assert(property(uint8Array({ maxLength: 50 }), (bytes) => peek(bytes).fingerprint === sha256(bytes)));
  });
});

describe('building a JSON message', () => {
  it('writes parts where their strings stand', () => {
    const bytes = build(
      {
        format: 'json',
        text: '{"a":{"content":""},"notes":["","keep"]}',
        parts: [
          { at: '/notes/0', encoding: 'text', from: { part: 'p2' } },
          { at: '/a/content', encoding: 'base64', from: { pieces: ['<a>', { part: 'p1', encoding: 'base64' }, '</a>'], mime: 'text/xml' } },
        ],
      },
      (name) => (name === 'p1' ? PDF : Buffer.from('l\'été\n"')),
    );
    const value = JSON.parse(Buffer.from(bytes).toString()) as { a: { content: string }; notes: string[] };
    expect(Buffer.from(value.a.content, 'base64').toString()).to.equal(`<a>${PDF.toString('base64')}</a>`);
    expect(value.notes).to.deep.equal(['l\'été\n"', 'keep']);
  });

  it('gives back byte for byte a message that nobody changed', () => {
    const content = uint8Array({ maxLength: 400 });
    const document = record({ mime: string(), encoding: constant('base64'), content: content.map((bytes) => Buffer.from(bytes).toString('base64')) });
    const message = record({
      messageId: string(),
      n: integer(),
      flag: boolean(),
      documents: array(document, { maxLength: 3 }),
      more: dictionary(string(), jsonValue()),
    });
    assert(
      property(message, boolean(), (value, pretty) => {
        const bytes = Buffer.from(JSON.stringify(value, null, pretty ? 2 : 0));
        if (bytes.includes('__proto__')) return;
        const result = opened(bytes);
        expect(result.envelope.parts.filter(({ at }) => at.startsWith('/documents/'))).to.have.length(value.documents.length);
        const rebuilt = build(unchanged(result), (name) => result.parts.find(({ part }) => part === name)!.content);
        expect(Buffer.from(rebuilt).equals(bytes)).to.equal(true);
      }),
      { numRuns: 300 },
    );
  });

  it('writes a large document whole', () => {
    const content = Buffer.alloc(1_000_003, 'pdf');
    const bytes = build(
      { format: 'json', text: '{"content":""}', parts: [{ at: '/content', encoding: 'base64', from: { part: 'p1' } }] },
      () => content,
    );
    expect(Buffer.from(bytes).toString()).to.equal(JSON.stringify({ content: content.toString('base64') }));
  });

  it('sends nothing for an empty text', () => {
    expect(build({ format: 'json', text: '' }, () => PDF)).to.have.length(0);
  });

  it('refuses the mistakes of a connector: no JSON, no such place, one place twice', () => {
    const part = { at: '/a', encoding: 'text', from: { part: 'p1' } } as const;
    for (const [text, parts] of [
      ['{', []],
      ['{"b":""}', [part]],
      ['{"a":1}', [part]],
      ['{"a":""}', [part, part]],
    ] as const)
      expect(
        codeOf(() => build({ format: 'json', text, parts }, () => PDF)),
        text,
      ).to.equal('ERR_CONNECTOR_FAILED');
  });
});

describe('a JSON message that is refused', () => {
  it('has bytes that are not UTF-8', () => {
    expect(codeOf(() => opened(Buffer.from('{"a":"é"}', 'latin1')))).to.equal('ERR_CODEC_UNREADABLE');
    expect(codeOf(() => opened(Buffer.from('{"a":1}', 'utf16le')))).to.match(/^ERR_CODEC_UNREADABLE/);
  });

  it('names something twice, also by way of an escape, and the offset says where', () => {
    expect(codeOf(() => opened('{"ins":"1","ins":"2"}'))).to.equal('ERR_CODEC_UNREADABLE 11');
    expect(codeOf(() => opened('{"ins":"1","in\\u0073":"2"}'))).to.equal('ERR_CODEC_UNREADABLE 11');
    expect(codeOf(() => opened('[{"ins":"1"},{"ins":"2"}]'))).to.equal('accepted');
  });

  it('is larger than an envelope without its documents', () => {
    expect(codeOf(() => opened(JSON.stringify(Array.from({ length: 60 }, () => 'x'.repeat(10_000)))))).to.equal('ERR_ENVELOPE_TOO_LARGE');
  });
});
