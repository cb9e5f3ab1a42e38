/** `passerelle document read|print|write` with the real plugins, on files. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { composeServices, type CliServices } from '../../../core/cli/index.ts';
import { assemblePart } from '../../../core/contract/index.ts';
import { writeN1 } from '../../../plugins/codec-cda/index.ts';
import { frcpRequest, RCP } from '../../../plugins/codec-cda/test/synthetic-content.ts';
import { ESTREMOY } from '../../../plugins/codec-ins-datamatrix/test/people.ts';
import { archiveOf, mailOf, metadataOf, zipOf, FOLDER, entryOf } from '../../../plugins/codec-xdm/test/synthetic.ts';
import { withServices, type Outcome } from './cli-process.ts';

interface Carrier {
  readonly kind: string;
  readonly documents: readonly { readonly name: string; readonly kind?: string; readonly samePatient?: object }[];
  readonly problems: readonly {
    readonly code: string;
    readonly location: { readonly file: string };
    readonly found?: string;
    readonly expected?: string;
  }[];
  readonly warnings: readonly object[];
}

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
    services = await composeServices();
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

  describe('archives and mails', () => {
    const INS = `${ESTREMOY.ins}^^^&${ESTREMOY.insOid}&ISO^NH`;
    const cda = async (patient: object = ESTREMOY): Promise<Buffer> => readFile(await n1(patient));
    const read = async (name: string, content: Uint8Array, ...more: string[]): Promise<Outcome & { readonly json: Carrier }> => {
      const outcome = await run('read', ...more, await put(name, content));
      return { ...outcome, json: (outcome.out === '' ? undefined : JSON.parse(outcome.out)) as Carrier };
    };
    const codesOf = ({ json }: { readonly json: Carrier }): unknown => json.problems.map(({ code, location, found }) => [code, location.file, found]);

    it('A8: reads the documents of an IHE_XDM archive and of the mail around it, with the PDF beside it', async () => {
      const alone = await read('IHE_XDM.ZIP', archiveOf(await cda(), { id: '1.2.250.1.999.20.9', patientId: INS }));
      expect([alone.code, alone.err, alone.json.kind, alone.json.documents.length]).to.deep.equal([0, '', 'xdm', 1]);
      expect(alone.json.documents[0]).to.deep.include({ name: `${FOLDER}/DOC0001.XML`, kind: 'cda', samePatient: { verdict: 'same' } });
      const pdf = await readFile(place('letter.pdf'));
      const mail = await read(
        'm.eml',
        mailOf(
          ['X-MSS-CODECDA: 34794-8', 'X-MSS-INS: O'],
          [
            ['l.pdf', pdf],
            ['IHE_XDM.ZIP', archiveOf(await cda(), { patientId: INS })],
            ['l.rtf', Buffer.from('{\\rtf1}')],
          ],
        ),
      );
      expect(mail.err).to.equal('');
      expect(mail.json.documents.map(({ name, kind }) => [name, kind])).to.deep.equal([
        ['IHE_XDM.ZIP', 'xdm'],
        ['l.rtf', undefined],
        ['l.pdf', 'pdf'],
      ]);
      // The pages of what stands beside the archive are held against the patient of the archive.
      expect(mail.json.documents[2]?.samePatient).to.deep.equal({ verdict: 'same' });
      expect(mail.json.warnings).to.deep.equal([{ code: 'document-not-read', detail: 'l.rtf' }]);
    });

    it('A8: what METADATA.XML says of the patient, the id, the hash or the size and is not so is an error, in French first', async () => {
      const content = await cda();
      const file = `${FOLDER}/DOC0001.XML`;
      for (const [said, code, found] of [
        [{ patientId: `${ESTREMOY.ins.slice(0, -1)}0^^^&${ESTREMOY.insOid}&ISO^NH` }, 'ERR_PATIENT_MISMATCH', 'another number of the same authority'],
        [{ patientId: INS, patientInfo: ['PID-7|19580315'] }, 'ERR_PATIENT_MISMATCH', 'another birth date'],
        [{ patientId: INS, patientInfo: ['PID-5|MARTIN^A^^^^^L'] }, 'ERR_PATIENT_MISMATCH', 'another birth name'],
        [{ id: '1.2.250.1.999.20.10' }, 'ERR_ARCHIVE_DISAGREES', 'another id'],
        [{ hash: 'ff' }, 'ERR_ARCHIVE_DISAGREES', 'another SHA-1'],
        [{ size: 3 }, 'ERR_ARCHIVE_DISAGREES', `${content.length} bytes`],
      ] as const) {
        const outcome = await read('bad.zip', archiveOf(content, said));
        expect([outcome.code, codesOf(outcome)], found).to.deep.equal([1, [[code, file, found]]]);
        expect(outcome.err).to.match(/^ERR_\w+ IHE_XDM\/SUBSET01\/DOC0001.XML : (l'archive|le document) [^]*À faire : [^]*To do: /);
        expect(outcome.err).to.not.include(ESTREMOY.ins).and.not.include('MARTIN');
      }
      // A number of another authority contradicts nothing, and proves nothing.
      const unproven = await read('u.zip', archiveOf(content, { patientId: '7^^^&1.2.3&ISO^PI' }));
      expect([unproven.code, unproven.json.warnings]).to.deep.equal([0, [{ code: 'patient-unproven', detail: file }]]);
    });

    it('A8: a mail is about one patient, whatever carries the others: archives, a PDF with a datamatrix, a mail within', async () => {
      const [one, other] = [await cda(), await cda({ ...ESTREMOY, birthName: 'MARTIN' })];
      const two = zipOf({
        [`${FOLDER}/METADATA.XML`]: metadataOf(entryOf(one, {}), entryOf(other, { uri: 'DOC0002.XML' })),
        [`${FOLDER}/DOC0001.XML`]: one,
        [`${FOLDER}/DOC0002.XML`]: other,
      });
      const names = async (bytes: Uint8Array): Promise<readonly unknown[]> => {
        const outcome = await read('two', bytes);
        expect(outcome.code).to.equal(1);
        return outcome.json.problems.filter(({ code }) => code === 'ERR_PATIENT_MISMATCH').map(({ location, expected }) => [location.file, expected]);
      };
      const once = 'one patient in all that is carried';
      // The letter that the second one wraps has the datamatrix of the first.
      expect(await names(two)).to.deep.equal([
        [`${FOLDER}/DOC0002.XML`, undefined],
        [`${FOLDER}/DOC0002.XML`, once],
      ]);
      expect(
        await names(
          mailOf(
            [],
            [
              ['a.zip', archiveOf(one)],
              ['b.zip', archiveOf(other)],
            ],
          ),
        ),
      ).to.deep.include([`${FOLDER}/DOC0001.XML`, once]);
      expect(
        await names(
          mailOf(
            [],
            [
              ['a.xml', one],
              ['b.eml', mailOf([], [['b.xml', other]]), 'message/rfc822'],
            ],
          ),
        ),
      ).to.deep.include(['a.xml', once]);
      const martin = { ...ESTREMOY, birthName: 'MARTIN' };
      expect((await run('print', await put('martin.json', event(martin)), '-o', place('martin.pdf'))).code).to.equal(0);
      expect(
        await names(
          mailOf(
            [],
            [
              ['l.pdf', await readFile(place('martin.pdf'))],
              ['a.xml', one],
            ],
          ),
        ),
      ).to.deep.equal([['l.pdf', undefined]]);
      // And that of the event that it is said to be of.
      const outcome = await read('one.zip', archiveOf(one), '--patient', place('martin.json'));
      expect([outcome.code, outcome.json.problems.some(({ found }) => found === 'another birth name')]).to.deep.equal([1, true]);
    });

    it('A8: without a CDA too: pages name their patients, and METADATA.XML that of each document', async () => {
      const martin = { ...ESTREMOY, birthName: 'MARTIN' };
      expect((await run('print', await put('martin.json', event(martin)), '-o', place('martin.pdf'))).code).to.equal(0);
      const [own, other] = [await readFile(place('letter.pdf')), await readFile(place('martin.pdf'))];
      const once = 'one patient in all that is carried';
      const mismatches = async (bytes: Uint8Array): Promise<readonly unknown[]> =>
        (await read('carried', bytes)).json.problems.map(({ code, location, expected }) => [code, location.file, expected]);
      const both = mailOf(
        [],
        [
          ['a.pdf', own],
          ['b.pdf', other],
        ],
      );
      expect(await mismatches(both)).to.deep.equal([['ERR_PATIENT_MISMATCH', 'b.pdf', undefined]]);
      const said = (patientInfo: string): Buffer =>
        zipOf({
          [`${FOLDER}/METADATA.XML`]: metadataOf(
            entryOf(own, { patientInfo: ['PID-5|AUTRE^A^^^^^L'] }),
            entryOf(other, { uri: 'B.PDF', patientInfo: [patientInfo] }),
          ),
          [`${FOLDER}/DOC0001.XML`]: Buffer.from('%PDF-1.4\nno page'),
          [`${FOLDER}/B.PDF`]: Buffer.from('%PDF-1.4\nno page'),
        });
      const file = `${FOLDER}/B.PDF`;
      expect(await mismatches(said('PID-5|MARTIN^A^^^^^L'))).to.deep.include(['ERR_PATIENT_MISMATCH', file, once]);
      expect(await mismatches(said('PID-5|AUTRE^A^^^^^L'))).to.not.deep.include(['ERR_PATIENT_MISMATCH', file, once]);
    });

    it('says where the header of a mail is not that of its documents, and which PDF is not the one in the CDA', async () => {
      const content = await cda();
      const wrong = await read('m.eml', mailOf(['X-MSS-CODECDA: 11488-4', 'X-MSS-INS: N'], [['a.zip', archiveOf(content)]]));
      expect(codesOf(wrong)).to.deep.equal([
        ['ERR_ARCHIVE_DISAGREES', 'X-MSS-CODECDA', '34794-8'],
        ['ERR_ARCHIVE_DISAGREES', 'X-MSS-INS', 'an INS in a document'],
      ]);
      const letter = await put('other.json', event(ESTREMOY, { text: 'Autre texte' }));
      expect((await run('print', letter, '-o', place('other.pdf'))).code).to.equal(0);
      const differs = await read(
        'd.eml',
        mailOf(
          [],
          [
            ['a.xml', content],
            ['other.pdf', await readFile(place('other.pdf'))],
          ],
        ),
      );
      expect([differs.code, differs.json.warnings]).to.deep.equal([0, [{ code: 'attached-pdf-differs', detail: 'other.pdf' }]]);
    });

    it('opens nothing too deep, and reads what stands beside what it cannot open', async () => {
      const content = await cda();
      const nested = await read('n.zip', archiveOf(archiveOf(content), { uri: 'DOC0001.XML' }));
      expect(codesOf(nested)).to.deep.equal([['ERR_ARCHIVE_UNREADABLE', `${FOLDER}/DOC0001.XML`, 'an archive within an archive']]);
      const deep = [1, 2, 3, 4].reduce((inner) => mailOf([], [['m.eml', inner, 'message/rfc822']]), mailOf([], [['a.xml', content]]));
      expect(codesOf(await read('deep.eml', deep))).to.deep.equal([['ERR_ARCHIVE_UNREADABLE', 'm.eml', 'nested too deep']]);
      const cut = archiveOf(content);
      const beside = await read(
        'b.eml',
        mailOf(
          [],
          [
            ['cut.zip', Buffer.concat([cut.subarray(0, 90), cut.subarray(120)])],
            ['a.xml', content],
          ],
        ),
      );
      expect([beside.code, beside.json.problems[0]?.code, beside.json.documents.map(({ kind }) => kind)]).to.deep.equal([
        1,
        'ERR_ARCHIVE_UNREADABLE',
        [undefined, 'cda'],
      ]);
      const alone = await read('cut.zip', Buffer.concat([cut.subarray(0, 90), cut.subarray(120)]));
      expect([alone.code, alone.json]).to.deep.equal([1, undefined]);
      expect(alone.err).to.match(/^ERR_ARCHIVE_UNREADABLE : l'archive ou le courriel ne s'ouvre pas/);
    });
  });
});
