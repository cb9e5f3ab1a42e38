import { expect } from 'chai';
import { array, assert, property, string, tuple, uint8Array } from 'fast-check';
import { PasserelleError, type HttpMeta } from '../../../core/contract/index.ts';
import { FORM_LIMIT_BYTES, PAIR_LIMIT, plugin } from '../index.ts';

const { open, build, peek, split, plainReply } = plugin.message!;
const opened = (form: string | Uint8Array, http?: HttpMeta) =>
  open(typeof form === 'string' ? Buffer.from(form, 'latin1') : form, {
    charsetFallback: 'windows-1252',
    readDocument: () => undefined,
    ...(http && { http }),
  });
const textOf = (form: string | Uint8Array): unknown => JSON.parse(opened(form).envelope.text) as unknown;
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return PasserelleError.from(error).code;
  }
  return 'read';
};

describe('the form codec', () => {
  it('gives back what it writes, whatever the names and values', () => {
    assert(
      property(array(tuple(string({ minLength: 1, unit: 'grapheme' }), string({ unit: 'grapheme' })), { minLength: 1, maxLength: 20 }), (pairs) => {
        const values = Object.fromEntries(pairs.filter(([name]) => name !== '__proto__'));
        if (Object.keys(values).length === 0) return;
        const bytes = Buffer.concat(build({ format: 'http-form', text: JSON.stringify(values) }, () => new Uint8Array()));
        expect(textOf(bytes)).to.deep.equal(values);
      }),
    );
  });

  it('reads or refuses any bytes at all, and nothing else', () => {
    const isSafe = (form: string | Uint8Array): boolean => /^(read|ERR_CODEC_UNREADABLE)$/.test(codeOf(() => opened(form)));
    assert(property(uint8Array({ maxLength: 60 }), isSafe));
    assert(property(string({ unit: 'binary-ascii' }), (text) => isSafe(`a=${text}`)));
  });

  it('is bounded in bytes and in pairs', () => {
    expect(codeOf(() => opened(`a=${'x'.repeat(FORM_LIMIT_BYTES)}`))).to.equal('ERR_CODEC_UNREADABLE');
    const pairs = (count: number): string => Array.from({ length: count }, (_, index) => `k${index}=v`).join('&');
    expect(codeOf(() => opened(pairs(PAIR_LIMIT)))).to.equal('read');
    expect(codeOf(() => opened(pairs(PAIR_LIMIT + 1)))).to.equal('ERR_CODEC_UNREADABLE');
    expect(codeOf(() => opened('__proto__=x'))).to.equal('ERR_CODEC_UNREADABLE');
  });

  it('takes no character from two values', () => {
    // The first byte of an UTF-8 letter at the end of one value, the second at the beginning of the next.
    expect(textOf('a=%C3&b=%A9')).to.deep.equal({ a: 'Ã', b: '©' });
  });

  it('leaves the line end of a capture out, and an empty form empty', () => {
    expect(textOf('a=1\r\n')).to.deep.equal({ a: '1' });
    expect(textOf('')).to.deep.equal({});
  });

  it('has no message id: each one stands for itself', () => {
    const bytes = Buffer.from('a=1');
    expect(split(bytes)).to.deep.equal([bytes]);
    expect(peek(bytes)).to.have.all.keys('fingerprint');
    expect(plainReply(bytes, { ack: 'AE', now: '', id: '', error: { code: 'ERR_CALL_CONTEXT', message: '' } })?.http?.status).to.equal(422);
  });
});
