/** `passerelle document read|print` with the real plugins, on files. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { composeServices, type CliServices } from '../../../core/cli/index.ts';
import { assemblePart } from '../../../core/contract/index.ts';
import { writeN1 } from '../../../plugins/codec-cda/index.ts';
import { frcpRequest, RCP } from '../../../plugins/codec-cda/test/synthetic-content.ts';
import { ESTREMOY } from '../../../plugins/codec-ins-datamatrix/test/people.ts';
import { withServices, type Outcome } from './cli-process.ts';

describe('passerelle document, on files', () => {
  let folder: string;
  let services: CliServices;
  const place = (name: string): string => path.join(folder, name);
  const put = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(place(name), content);
    return place(name);
  };
  const run = (...args: string[]): Promise<Outcome> => withServices(services, ['document', ...args]);
  const event = (patient: object = ESTREMOY, document: object = { text: 'Cher confrère' }, type = 'dcc.document.received'): string =>
    JSON.stringify({ type, data: { patient, document: { canonicalType: 'OTHER', title: 'Lettre', ...document } } });
  /** An N1 about `patient` around the letter. */
  const n1 = async (patient: object): Promise<string> => {
    const document = { canonicalType: 'FRCP', id: '1.2.250.1.999.20.9' } as const;
    const source = writeN1({
      patient: { ipp: '12', ...patient },
      document,
      confidentiality: 'N',
      ippOid: '1.2.250.1.999.10.1',
      part: 'p1',
      now: '2026-10-09T09:00:00+02:00',
      timeZone: 'Europe/Paris',
    });
    const pdf = await readFile(place('letter.pdf'));
    return put(
      'n1.xml',
      assemblePart(source, () => pdf),
    );
  };

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'passerelle-documents-'));
    services = await composeServices('0.1.0');
    const { code, err } = await run('print', await put('event.json', event()), '-o', place('letter.pdf'));
    expect([code, err]).to.deep.equal([0, '']);
  });
  after(() => rm(folder, { recursive: true }));

  it('prints a text as PDF/A, and reads it back with its datamatrix', async () => {
    const { code, out } = await run('read', place('letter.pdf'));
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.deep.include({ kind: 'pdf', pdfaMark: '1B', pages: 1, title: 'Lettre' });
    expect(JSON.parse(out).datamatrix[0].ins).to.include({ ins: ESTREMOY.ins, birthName: "D'ESTREMOY-LOEUVRIER", birthDate: '1958-03-14' });
  });

  it('refuses to print a test identity for production, an event of another kind, and a document without text', async () => {
    const test = await put('test.json', event({ ...ESTREMOY, insOid: '1.2.250.1.213.1.4.10' }));
    expect((await run('print', test)).err).to.include('ERR_INS_ENVIRONMENT');
    expect((await run('print', '--environment', 'test', test)).out).to.match(/^%PDF-1\.4/);
    expect((await run('print', await put('o.json', event({}, {}, 'dcc.identity.updated')))).err).to.include('ERR_REQUEST_INVALID');
    expect((await run('print', await put('n.json', event(ESTREMOY, {})))).err).to.include('ERR_DOCUMENT_MISSING');
    expect((await run('print', await put('p.json', event({ ins: 5 })))).err).to.include('/data/patient/ins');
  });

  it('A8: says whether the datamatrix names the patient of an event, and exits with 1 when it names another', async () => {
    const same = await run('read', '--patient', place('event.json'), place('letter.pdf'));
    expect([same.code, JSON.parse(same.out).samePatient]).to.deep.equal([0, { verdict: 'same' }]);
    const other = await put('other.json', event({ ...ESTREMOY, birthDate: '1958-03-15' }));
    const another = await run('read', '--patient', other, place('letter.pdf'));
    expect([another.code, JSON.parse(another.out).samePatient]).to.deep.equal([1, { verdict: 'another', reason: 'another birth date' }]);
  });

  it('A8: looks inside an N1, and compares its header with the datamatrix of the PDF', async () => {
    const same = await run('read', await n1(ESTREMOY));
    expect(JSON.parse(same.out)).to.deep.include({ samePatient: { verdict: 'same' } });
    expect(JSON.parse(same.out).wrapped).to.deep.include({ kind: 'pdf', pages: 1 });
    expect(same.code).to.equal(0);
    const other = await run('read', await n1({ ...ESTREMOY, birthName: 'MARTIN' }));
    expect([other.code, JSON.parse(other.out).samePatient]).to.deep.equal([1, { verdict: 'another', reason: 'another birth name' }]);
    const { ins: _ins, insOid: _oid, ...traits } = ESTREMOY;
    expect(JSON.parse((await run('read', await n1(traits))).out).samePatient.verdict).to.equal('unproven');
  });

  it('writes a CDA N3 of the content of an event, in the version asked for, and an N1 around a PDF; both are read back', async () => {
    const { patient, document } = frcpRequest();
    const sheet = await put('sheet.json', JSON.stringify({ type: 'dcc.document.received', data: { patient, document } }));
    for (const version of ['2021.01', '2022.01']) {
      expect((await run('write', '--model-version', version, '-o', place('sheet.xml'), sheet)).code).to.equal(0);
      const { cda } = JSON.parse((await run('read', place('sheet.xml'))).out);
      expect(cda.content).to.deep.equal({ rcp: RCP });
      expect(cda.templateIds.at(-1)).to.deep.equal({ root: '1.2.250.1.213.1.1.1.8', extension: version });
    }
    const settings = await put(
      'site.yaml',
      "site: '990001018'\nenvironment: test\nconnector: { cda: { confidentiality: R, ippOid: 1.2.250.1.999.10.1 } }\n",
    );
    const letter = await put('letter.json', event({ ...ESTREMOY, ipp: '12' }, { canonicalType: 'FRCP', id: '1.2.250.1.999.20.9', loinc: '34794-8' }));
    expect((await run('write', '--settings', settings, '--pdf', place('letter.pdf'), '-o', place('letter.xml'), letter)).err).to.equal('');
    const read = JSON.parse((await run('read', place('letter.xml'))).out);
    expect([read.cda.level, read.cda.confidentiality, read.wrapped.pdfaMark, read.samePatient]).to.deep.equal(['N1', 'R', '1B', { verdict: 'same' }]);
  });

  it('refuses to write what would be no CDA, and names the field', async () => {
    const letter = await put('letter.json', event({ ...ESTREMOY, ipp: '12' }, { canonicalType: 'FRCP', id: '1.2.250.1.999.20.9', loinc: '34794-8' }));
    const { code, err } = await run('write', '--pdf', place('letter.pdf'), letter);
    expect([code, err.includes('ERR_DOCUMENT_INCOMPLETE'), err.includes('/document/confidentiality')]).to.deep.equal([1, true, true]);
    expect((await run('write', letter)).err)
      .to.include('ERR_DOCUMENT_MISSING')
      .and.include('/data/document');
  });

  it('says of what cannot be read why, in which file, and what to do; never what it holds', async () => {
    const start = '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>SECRET</title>';
    const whole = `${start}<component><nonXMLBody><text>x</text></nonXMLBody></component></ClinicalDocument>`;
    const utf16 = Buffer.from(`\uFEFF${whole}`, 'utf16le');
    for (const [content, reason] of [
      [whole.slice(0, -9), 'cut before its end'],
      [`<!DOCTYPE a [<!ENTITY b "${'c'.repeat(99)}">]>${whole}`, 'it declares a document type'],
      [`${start}${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}</ClinicalDocument>`, 'nested too deep'],
      [utf16.subarray(0, utf16.length - 1), 'not valid in its character encoding'],
      [
        Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${whole.replace('SECRET', 'SECR\xc9T')}`, 'latin1'),
        'not valid in its declared character encoding',
      ],
      [Buffer.concat([Buffer.from(start), Buffer.alloc(81 * 1024 * 1024, 'A')]), 'larger than 80 MB'],
      ['%PDF-1.7\nSECRET', ''],
    ] as const) {
      const { code, err, out } = await run('read', await put('bad', content));
      expect([code, err.includes('ERR_DOCUMENT_UNREADABLE'), err.includes(place('bad'))], reason).to.deep.equal([1, true, true]);
      expect(err).to.include(reason).and.include('À faire').and.not.include('SECR');
      expect(out).to.not.include('SECR');
    }
    // A byte order mark and UTF-16 are no fault.
    for (const fine of [`\uFEFF${whole}`, utf16]) expect((await run('read', await put('fine', fine))).code).to.equal(0);
  });

  it('says what a file is that nobody reads', async () => {
    for (const [content, mime] of [
      ['{\\rtf1 lettre}', 'text/rtf'],
      ['II*\0', 'image/tiff'],
      ['Cher confrère', 'text/plain'],
    ] as const)
      expect((await run('read', await put('x', content))).err)
        .to.include('ERR_DOCUMENT_UNREADABLE')
        .and.include(mime);
  });
});
