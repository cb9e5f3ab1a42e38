/**
 * Policy: a document type is refused before the parser sees it; no entity is replaced, no file or address opened; depth, size, number
 * of tags and length of values are bounded; whatever the bytes are, reading answers, in bounded time, without content in its reason.
 */
import { expect } from 'chai';
import { diag } from 'libxml2-wasm';
import { assert, nat, property, uint8Array } from 'fast-check';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CDA_LIMIT_BYTES, MARKUP_LIMIT_BYTES, TAG_LIMIT } from '../../plugins/codec-cda/index.ts';
import { plugin } from '../../plugins/codec-cda-reader/index.ts';
import { n1Body, syntheticCda } from '../../plugins/codec-cda/test/synthetic.ts';

const read = (content: string | Uint8Array) => plugin.document!.read(typeof content === 'string' ? Buffer.from(content) : content);
const withDocumentType = (subset: string, title: string): string =>
  syntheticCda({ declaration: `<?xml version="1.0"?>\n<!-- c --><!DOCTYPE ClinicalDocument ${subset}>` }).replace(
    /<title>[^]*<\/title>/,
    `<title>${title}</title>`,
  );
const DOCTYPE = 'it declares a document type';

describe('a hostile CDA', () => {
  it('does not expand nested entities (billion laughs)', () => {
    const laughs = Array.from({ length: 12 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
    expect(read(withDocumentType(`[<!ENTITY l0 "ha">${laughs}]`, '&l12;')).unreadable).to.equal(DOCTYPE);
    expect(read(withDocumentType(`[<!ENTITY l0 "${'ha'.repeat(50_000)}">]`, '&l0;'.repeat(50_000))).unreadable).to.equal(DOCTYPE);
  });

  it('does not open a file or an address (external entity, external subset, parameter entity)', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'passerelle-xxe-'));
    try {
      writeFileSync(path.join(folder, 'secret.txt'), 'SECRET');
      const url = `file://${folder}/secret.txt`;
      for (const subset of [
        `[<!ENTITY e SYSTEM "${url}">]`,
        `SYSTEM "${url}"`,
        `[<!ENTITY % p SYSTEM "${url}">%p;]`,
        '[<!ENTITY e SYSTEM "http://127.0.0.1:9/">]',
      ]) {
        expect(read(withDocumentType(subset, '&e;'))).to.deep.equal({ kind: 'cda', unreadable: DOCTYPE });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('does not hide a document type behind an encoding, an instruction or its case', () => {
    const bomb = withDocumentType('[<!ENTITY e "SECRET">]', '&e;');
    expect(read(Buffer.from(`\ufeff${bomb}`, 'utf16le')).unreadable).to.equal(DOCTYPE);
    expect(read(Buffer.from(`\ufeff${bomb}`)).unreadable).to.equal(DOCTYPE);
    expect(read(`  \n${bomb}`).unreadable).to.equal(DOCTYPE);
    expect(read(bomb.replace('<!-- c -->', '<?pi a="<x>"?><!-- <ClinicalDocument> -->')).unreadable).to.equal(DOCTYPE);
    expect(read(bomb.replace('DOCTYPE', 'doctype')).unreadable).to.equal(DOCTYPE);
  });

  it('does not read UTF-7, EBCDIC or another encoding that hides markup from a filter', () => {
    for (const encoding of ['UTF-7', 'EBCDIC-CP-US', 'x-unknown']) {
      const hidden = `<?xml version="1.0" encoding="${encoding}"?>+ADw-ClinicalDocument xmlns=+ACI-urn:hl7-org:v3+ACI-/+AD4-`;
      expect(read(hidden).unreadable, encoding).to.equal('not valid in its declared character encoding');
    }
  });

  it('does not believe a wrong declared encoding', () => {
    const declared = (encoding: string): string => syntheticCda({ declaration: `<?xml version="1.0" encoding="${encoding}"?>` });
    expect(read(Buffer.from(declared('UTF-8').replaceAll('’', ''), 'latin1')).unreadable).to.equal('not valid in its declared character encoding');
    expect(read(Buffer.from(declared('UTF-16'))).unreadable).to.be.a('string');
    const cutPair = Buffer.from(`\ufeff${declared('UTF-16')}`, 'utf16le');
    expect(read(cutPair.subarray(0, cutPair.length - 1)).unreadable).to.equal('not valid in its character encoding');
  });

  it('does not descend without end (100,000 levels)', () => {
    const deep = (levels: number): string => `${'<x>'.repeat(levels)}${'</x>'.repeat(levels)}`;
    expect(read(syntheticCda({ header: '<x>'.repeat(100_000) })).unreadable).to.match(/^nested too deep/);
    expect(read(deep(90_000)).unreadable).to.match(/^nested too deep/);
    expect(read(syntheticCda({ header: deep(200) })).unreadable).to.equal(undefined);
  });

  it('does not carry a huge attribute, text or list into the header', () => {
    const long = 'é'.repeat(5000);
    expect(read(syntheticCda().replace('extension="0004512387"', `extension="${long}"`)).unreadable).to.equal('a header value is too long');
    expect(read(syntheticCda().replace('CAMILLE', long)).unreadable).to.equal('a header value is too long');
    expect(read(syntheticCda({ header: `<x a="${'a'.repeat(MARKUP_LIMIT_BYTES)}"/>` })).unreadable).to.equal('more than 8 MB of markup');
    expect(read(syntheticCda({ templateIds: '<templateId root="1.2"/>'.repeat(300) })).unreadable).to.match(/^more than 200 elements/);
    expect(read(syntheticCda({ header: '<x/>'.repeat(TAG_LIMIT) })).unreadable).to.equal('more than 200,000 tags');
    expect(read(Buffer.alloc(CDA_LIMIT_BYTES + 1, '<')).unreadable).to.equal('larger than 80 MB');
  });

  it('does not take a cut document for a whole one, wherever it is cut', () => {
    const whole = Buffer.from(syntheticCda({ body: n1Body(Buffer.alloc(40_000, 7).toString('base64')) }));
    for (let length = 0; length < whole.length; length += 997) {
      const reading = read(whole.subarray(0, length));
      expect(reading.cda, `cut at ${length}`).to.equal(undefined);
      expect(reading.unreadable).to.match(/^(cut before its end|not well-formed XML|not valid in its .*encoding)$/);
    }
  });

  it('does not leak content through its reason, nor throw, whatever the bytes are', () => {
    const document = Buffer.from(syntheticCda());
    assert(
      property(nat(document.length - 1), uint8Array({ maxLength: 12 }), nat(40), (at, put, removed) => {
        const reading = read(Buffer.concat([document.subarray(0, at), put, document.subarray(at + removed)]));
        if (reading.unreadable !== undefined) expect(reading.unreadable).to.not.match(/FAUXVILLE|2580333|TESTMED/);
        else expect(reading.cda).to.be.an('object');
      }),
      { numRuns: 500 },
    );
    assert(property(uint8Array({ maxLength: 300 }), (bytes) => read(bytes).unreadable !== undefined));
  });

  it('does not keep the memory of the parser, whatever became of the reading', () => {
    diag.configure({ enabled: true });
    try {
      const good = syntheticCda();
      for (const content of [good, good.slice(0, 900), good.replace('CAMILLE', 'é'.repeat(5000)), '<other/>', syntheticCda({ body: '' })])
        read(content);
      expect(diag.report()).to.deep.equal({});
    } finally {
      diag.configure({ enabled: false });
    }
  });
});
