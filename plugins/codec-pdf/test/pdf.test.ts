import { expect } from 'chai';
import { PDF_WINDOW_BYTES, plugin } from '../index.ts';

const { read, recognises } = plugin.document!;
const pdf = (inside: string, tail = '\n%%EOF\n'): Buffer => Buffer.from(`%PDF-1.7\n${inside}${tail}`, 'latin1');

describe('reading a PDF', () => {
  it('recognises it by its signature, not by what is said of it', () => {
    expect(recognises('text/plain', pdf(''))).to.equal(true);
    expect(recognises('application/pdf', Buffer.from('PDF-1.7'))).to.equal(false);
    expect(recognises('application/pdf', Buffer.alloc(0))).to.equal(false);
  });

  it('says the PDF/A claim in both forms that writers use', () => {
    expect(read(pdf('<pdfaid:part>1</pdfaid:part>\n<pdfaid:conformance>b</pdfaid:conformance>'))).to.deep.equal({ kind: 'pdf', pdfaMark: '1B' });
    expect(read(pdf(`<rdf:Description pdfaid:part="3" pdfaid:conformance='A'/>`)).pdfaMark).to.equal('3A');
    expect(read(pdf('<pdfaid:part>4</pdfaid:part><pdfaid:rev>2020</pdfaid:rev>')).pdfaMark).to.equal('4');
  });

  it('says the last claim of a file that was updated, and none when there is none', () => {
    const packet = (part: number): string => `<pdfaid:part>${part}</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>`;
    expect(read(pdf(packet(1) + ' '.repeat(9000) + packet(2))).pdfaMark).to.equal('2B');
    expect(read(pdf('nothing'))).to.deep.equal({ kind: 'pdf' });
    expect(read(pdf('pdfaid:part')).pdfaMark).to.equal(undefined);
  });

  it('finds the claim at either end of a large file', () => {
    const filler = 'x'.repeat(2 * PDF_WINDOW_BYTES + 1000);
    const claim = '<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>';
    expect(read(pdf(claim + filler)).pdfaMark).to.equal('2U');
    expect(read(pdf(filler + claim)).pdfaMark).to.equal('2U');
  });

  it('says that a cut file is cut, and lets bytes added after the end pass', () => {
    expect(read(pdf('x'.repeat(5000), '')).unreadable).to.equal('cut before its end: no %%EOF');
    expect(read(pdf('', `\n%%EOF\n${'\0'.repeat(4096)}`)).unreadable).to.equal(undefined);
    expect(read(pdf('', `\n%%EOF\n-- disclaimer of a gateway --`)).unreadable).to.equal(undefined);
    expect(read(pdf('%%EOF', 'x'.repeat(5000))).unreadable).to.equal('cut before its end: no %%EOF');
  });
});
