import { deflateSync } from 'node:zlib';
import { expect } from 'chai';
import { assert, property, uint8Array } from 'fast-check';
import { PDF_WINDOW_BYTES, plugin, readPdf } from '../index.ts';

const { read, recognises } = plugin.document!;
const pdf = (inside: string, tail = '\n%%EOF\n'): Buffer => Buffer.from(`%PDF-1.7\n${inside}${tail}`, 'latin1');
const claim = (part: number, conformance = 'B'): string =>
  `<pdfaid:part>${part}</pdfaid:part><pdfaid:conformance>${conformance}</pdfaid:conformance>`;
const metadata = (packet: string, filter = '/Filter /FlateDecode '): string => {
  const stream = filter ? deflateSync(packet).toString('latin1') : packet;
  return `9 0 obj\n<< /Type /Metadata ${filter}/Subtype /XML /Length ${stream.length} >>\nstream\n${stream}\nendstream\nendobj\n`;
};

describe('reading a PDF at first sight', () => {
  it('recognises it by its signature, not by what is said of it', () => {
    expect(recognises('text/plain', pdf(''))).to.equal(true);
    expect(recognises('image/jpeg', Buffer.from('\ufeff\r\n%PDF-1.4'))).to.equal(true);
    expect(recognises('application/pdf', Buffer.from('PDF-1.7'))).to.equal(false);
    expect(recognises('application/pdf', Buffer.from('{\\rtf1 %PDF-1.4'))).to.equal(false);
    expect(recognises('application/pdf', Buffer.from([0xff, 0xd8, 0xff, 0xe0]))).to.equal(false);
    expect(recognises('application/pdf', Buffer.alloc(0))).to.equal(false);
  });

  it('says the PDF/A claim in both forms that writers use', () => {
    expect(read(pdf('<pdfaid:part>1</pdfaid:part>\n<pdfaid:conformance>b</pdfaid:conformance>'))).to.deep.equal({
      kind: 'pdf',
      pdfaMark: '1B',
      version: '1.7',
    });
    expect(read(pdf(`<rdf:Description pdfaid:part="3" pdfaid:conformance='A'/>`)).pdfaMark).to.equal('3A');
    expect(read(pdf('<pdfaid:part>4</pdfaid:part><pdfaid:rev>2020</pdfaid:rev>')).pdfaMark).to.equal('4');
  });

  it('says the claim of compressed metadata', () => {
    expect(read(pdf(metadata(claim(2, 'u')))).pdfaMark).to.equal('2U');
    expect(read(pdf('x'.repeat(500_000) + metadata(claim(3)) + 'y'.repeat(500_000))).pdfaMark).to.equal('3B');
  });

  it('says the last claim of a file that was updated, and none when there is none', () => {
    expect(read(pdf(claim(1) + ' '.repeat(9000) + claim(2))).pdfaMark).to.equal('2B');
    expect(read(pdf(claim(1) + ' '.repeat(9000) + metadata(claim(3)))).pdfaMark).to.equal('3B');
    expect(read(pdf(metadata(claim(3)) + ' '.repeat(9000) + claim(1))).pdfaMark).to.equal('1B');
    expect(read(pdf(metadata(claim(2)) + metadata('<x:xmpmeta/>').repeat(9))).pdfaMark, 'images have metadata too').to.equal('2B');
    expect(read(pdf('nothing'))).to.deep.equal({ kind: 'pdf', version: '1.7' });
    expect(read(pdf('pdfaid:part')).pdfaMark).to.equal(undefined);
    expect(read(pdf(metadata('<x:xmpmeta/>'))).pdfaMark).to.equal(undefined);
  });

  it('finds the claim at either end of a large file', () => {
    const filler = 'x'.repeat(2 * PDF_WINDOW_BYTES + 1000);
    for (const packet of [claim(2, 'U'), metadata(claim(2, 'U'))]) {
      expect(read(pdf(packet + filler)).pdfaMark).to.equal('2U');
      expect(read(pdf(filler + packet)).pdfaMark).to.equal('2U');
    }
  });

  it('says that it is encrypted: by its trailer, by its cross-reference stream, and in a linearised file', () => {
    const encrypted = (inside: string, startxref: number): unknown => read(pdf(`${inside}startxref\n${startxref}`)).encrypted;
    expect(encrypted('trailer << /Size 4 /Root 1 0 R /Encrypt 3 0 R >>\n', 9)).to.equal(true);
    expect(encrypted('7 0 obj << /Type /XRef /Encrypt 3 0 R >> stream\nxx endstream endobj\n', 9)).to.equal(true);
    expect(encrypted(`xref\n0 1\ntrailer << /Encrypt<</V 4>> >>\n${'x'.repeat(9000)}trailer << /Size 4 >>\n`, 9)).to.equal(true);
    expect(encrypted('trailer << /Size 4 /Root 1 0 R >>\n', 9)).to.equal(undefined);
    expect(encrypted('(about /Encrypt 3 0 R) trailer << /Size 4 >>\n', 31)).to.equal(undefined);
    expect(encrypted('trailer << /Size 4 /EncryptMetadata false >>\n', 999_999_999)).to.equal(undefined);
  });

  it('says that a cut file is cut, and lets bytes added after the end pass', () => {
    expect(read(pdf('x'.repeat(5000), '')).unreadable).to.equal('cut before its end: no %%EOF');
    expect(read(pdf('', `\n%%EOF\n${'\0'.repeat(4096)}`)).unreadable).to.equal(undefined);
    expect(read(pdf('', `\n%%EOF\n-- disclaimer of a gateway --`)).unreadable).to.equal(undefined);
    expect(read(pdf('%%EOF', 'x'.repeat(5000))).unreadable).to.equal('cut before its end: no %%EOF');
  });

  it('inflates no bomb, and is not fooled by metadata that is none', () => {
    const bomb = metadata(claim(1) + ' '.repeat(50_000_000));
    expect(read(pdf(bomb)).pdfaMark).to.equal(undefined);
    expect(read(pdf('/Type/Metadata/Subtype/XML/Filter/FlateDecode>>stream\nnot zlib')).pdfaMark).to.equal(undefined);
    expect(read(pdf('/Metadata /XML /FlateDecode '.repeat(100_000))).pdfaMark).to.equal(undefined);
  });

  it('property: says something of any bytes after the signature, and never throws', () => {
    assert(
      property(uint8Array({ maxLength: 400 }), uint8Array({ maxLength: 400 }), (head, tail) => {
        const bytes = Buffer.concat([pdf('', ''), head, Buffer.from('startxref '), tail, Buffer.from('%%EOF')]);
        expect(readPdf(bytes)).to.include({ version: '1.7' });
        expect(readPdf(head, tail)).to.be.an('object');
      }),
    );
  });
});
