/** Policy: depth, number of values and size of a JSON body are bounded before anything is built from it, and an error never quotes it. */
import { expect } from 'chai';
import { assert, nat, property, uint8Array } from 'fast-check';
import { PasserelleError } from 'passerelle/contract';
import { BODY_LIMIT_BYTES, DEPTH_LIMIT, VALUE_LIMIT, plugin } from '../../plugins/codec-json/index.ts';

const errorOf = (body: string | Uint8Array): PasserelleError | undefined => {
  try {
    plugin.message!.open(typeof body === 'string' ? Buffer.from(body) : body, { charsetFallback: 'utf-8', readDocument: () => undefined });
  } catch (error) {
    return PasserelleError.from(error);
  }
  return undefined;
};

describe('a hostile JSON body', () => {
  it('does not exhaust the stack by its depth', () => {
    expect(errorOf('['.repeat(1_000_000))?.code).to.equal('ERR_CODEC_UNREADABLE');
    expect(errorOf('{"a":'.repeat(1_000_000))?.code).to.equal('ERR_CODEC_UNREADABLE');
    expect(errorOf('['.repeat(DEPTH_LIMIT) + ']'.repeat(DEPTH_LIMIT))).to.equal(undefined);
  });

  it('does not exhaust memory by its number of values, names or bytes', () => {
    expect(errorOf(`[${'0,'.repeat(VALUE_LIMIT)}0]`)?.code).to.equal('ERR_CODEC_UNREADABLE');
    expect(errorOf(Buffer.alloc(BODY_LIMIT_BYTES + 1, ' '))?.code).to.equal('ERR_CODEC_UNREADABLE');
    expect(errorOf(`[${'1'.repeat(1_000_000)}]`)?.code).to.equal('ERR_CODEC_UNREADABLE');
  });

  it('does not set the prototype of what is built from it', () => {
    expect(errorOf('{"__proto__":{"admin":true}}')?.code).to.equal('ERR_CODEC_UNREADABLE');
    expect(errorOf('{"a":{"\\u005f_proto__":1}}')?.code).to.equal('ERR_CODEC_UNREADABLE');
  });

  it('does not put its content into an error, and fails only with errors of ours', () => {
    const body = Buffer.from('{"ins":"258033399990170","name":"FAUXVILLE","items":[1,true,null,{"x":"\\u00e9"}]}');
    assert(
      property(nat(body.length - 1), uint8Array({ maxLength: 6 }), nat(20), (at, put, removed) => {
        const error = errorOf(Buffer.concat([body.subarray(0, at), put, body.subarray(at + removed)]));
        if (!error) return;
        expect(error.code).to.equal('ERR_CODEC_UNREADABLE');
        expect(JSON.stringify(error.toData())).to.not.match(/FAUX|2580|items/);
      }),
      { numRuns: 1000 },
    );
  });
});
