import { expect } from 'chai';
import { XmlDocument } from 'libxml2-wasm';
import { cda, pdf, person } from '../index.ts';

describe('the synthetic documents', () => {
  it('are of people with a valid test INS whose commune does not exist', () => {
    const seen = new Set<string>();
    for (let index = 1; index <= 200; index += 1) {
      const someone = person(index);
      expect(someone.insOid).to.equal('1.2.250.1.213.1.4.10');
      expect(someone.ins).to.match(/^[12]\d{4}3399\d{6}$/);
      expect(Number(someone.ins.slice(13))).to.equal(97 - Number(BigInt(someone.ins.slice(0, 13)) % 97n));
      expect(someone.ins.slice(1, 3)).to.equal(someone.birthDate.slice(2, 4));
      seen.add(someone.ins);
    }
    expect(seen.size).to.equal(200);
    expect(person(7)).to.deep.equal(person(7));
  });

  it('are PDF whose table points at each object, with the PDF/A mark', () => {
    const bytes = Buffer.from(pdf(['TITRE (essai)', 'Une ligne']));
    const text = bytes.toString('latin1');
    const table = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)![1]);
    expect(text.slice(table, table + 4)).to.equal('xref');
    const offsets = [...text.slice(table).matchAll(/(\d{10}) 00000 n/g)].map(([, offset]) => Number(offset));
    offsets.forEach((offset, index) => expect(text.slice(offset)).to.match(new RegExp(`^${index + 1} 0 obj\n`)));
    expect(text).to.contain('<pdfaid:part>1</pdfaid:part>');
  });

  it('are well-formed CDA whose names survive markup characters', () => {
    const someone = { ...person(3), birthName: 'A<B & "C"' };
    const body = pdf(['x']);
    const xml = cda({
      person: someone,
      patientIds: [{ root: '1.2.250.1.999.10.1', extension: '0000000001' }],
      id: '1.2.250.1.999.9.1',
      setId: '1.2.250.1.999.9.2',
      version: 2,
      replaces: '1.2.250.1.999.9.0',
      code: '60568-3',
      title: "CR d'anatomie",
      at: '2026-09-14T17:00:00.000Z',
      custodian: { finess: '990001018', name: 'CH' },
      body: { mime: 'application/pdf', bytes: body },
    });
    const parsed = XmlDocument.fromBuffer(xml);
    const text = (xpath: string): string => parsed.get(xpath, { h: 'urn:hl7-org:v3' })?.content ?? '';
    expect(text('//h:patient/h:name/h:family[1]')).to.equal('A<B & "C"');
    expect(text('/h:ClinicalDocument/h:effectiveTime/@value')).to.equal('20260914170000+0000');
    expect(text('//h:parentDocument/h:id/@root')).to.equal('1.2.250.1.999.9.0');
    expect(Buffer.from(text('//h:nonXMLBody/h:text'), 'base64').equals(Buffer.from(body))).to.equal(true);
    parsed.dispose();
  });
});
