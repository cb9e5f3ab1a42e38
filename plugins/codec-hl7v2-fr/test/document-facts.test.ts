import { hash } from 'node:crypto';
import { expect } from 'chai';
import type { DecodeResult } from '../../../core/contract/index.ts';
import type { DocumentData } from '../../../core/model/index.ts';
import { parseHl7 } from '../../codec-hl7v2/index.ts';
import { encodeFr, interpretFr, NATIONAL_PROFILE } from '../index.ts';
import { contextOf, dataOf, decode, header, open, pid, SITE } from './messages.ts';

const PDF = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64');
const settings = {
  ...SITE,
  documentTypes: [
    { system: 'GAM-DOC', code: '*', type: 'OTHER' },
    { system: 'GAM-DOC', code: 'RCP', type: 'FRCP' },
  ],
};
interface Parts {
  readonly orc?: string;
  readonly obr25?: string;
  readonly obx11?: string;
  readonly code?: string;
  readonly more?: readonly string[];
}
const oru = ({ orc = 'NW', obr25 = '', obx11 = 'F', code = 'RCP^Fiche^GAM-DOC', more = [] }: Parts): DecodeResult =>
  decode(
    [
      header('ORU^R01^ORU_R01'),
      pid(),
      `ORC|${orc}|D1`,
      `OBR|1|D1||${code}${'|'.repeat(21)}${obr25}`,
      `OBX|1|ED|${code}||^application^pdf^Base64^${PDF}||||||${obx11}`,
      ...more,
    ],
    settings,
  );
const documentOf = (found: DecodeResult): Readonly<Record<string, unknown>> => dataOf(found, 'dcc.document.received').document;
const codes = ({ warnings }: DecodeResult): string[] => warnings.map(({ code, detail }) => (detail ? `${code}:${detail}` : code));

/** A CDA as small as the codec reads one. */
const cda = (id: string, body: 'N1' | 'N3', more = ''): string =>
  Buffer.from(
    `<ClinicalDocument xmlns="urn:hl7-org:v3"><templateId root="1.2.250.1.213.1.1.1.8" extension="2022.01"/><id ${id}/>` +
      `<code code="34794-8" codeSystem="2.16.840.1.113883.6.1"/><confidentialityCode code="N"/>${more}` +
      '<recordTarget><patientRole><id root="1.2.250.1.999.90.1" extension="00012345"/></patientRole></recordTarget>' +
      `<component>${body === 'N1' ? '<nonXMLBody><text>x</text></nonXMLBody>' : '<structuredBody/>'}</component></ClinicalDocument>`,
  ).toString('base64');
const mdm = (event: string, documents: readonly string[], txa: Readonly<Record<number, string>> = {}, obx11 = ''): DecodeResult => {
  const fields = Array<string>(20).fill('');
  for (const [field, value] of Object.entries({ 0: 'TXA', 1: '1', 2: '34794-8', ...txa })) fields[Number(field)] = value;
  const obx = documents.map((one, i) => `OBX|${i + 1}|ED|34794-8^RCP^LN||^text^XML^Base64^${one}||||||${obx11}`);
  const type = event === 'R01' ? 'ORU^R01^ORU_R01' : `MDM^${event}^MDM_T02`;
  return decode([header(type, '2.6'), 'EVN||20261001081500', pid(), 'OBR|1|||34794-8^RCP^LN', fields.join('|'), ...obx], settings);
};

describe('what a document is said to be', () => {
  it('B2: several documents of one order are told apart by OBX-4, else by their code, else by their place; one alone needs no more than its number', () => {
    const second = (sub: string, code: string): string => `OBX|2|ED|${code}|${sub}|^application^pdf^Base64^${PDF}||||||F`;
    const items = (found: DecodeResult): unknown[] =>
      found.events.map(({ data }) => {
        const { sourceId, sourceItem } = (data as { document: { sourceId: string; sourceItem?: string } }).document;
        return [sourceId, sourceItem];
      });
    const named = (found: DecodeResult): unknown[] => found.events.map(({ document }) => document?.id);
    const [same, other] = ['RCP^Fiche^GAM-DOC', 'BIO^Bilan^GAM-DOC'];
    expect(items(oru({}))).to.deep.equal([['D1', undefined]]);
    expect(items(oru({ more: [second('', other)] }))).to.deep.equal([
      ['D1', 'RCP'],
      ['D1', 'BIO'],
    ]);
    expect(items(oru({ more: [second('', same)] }))).to.deep.equal([
      ['D1', '1'],
      ['D1', '2'],
    ]);
    expect(new Set(named(oru({ more: [second('', same)] }))).size).to.equal(2);
    const places = (found: DecodeResult): unknown[] =>
      found.events.map(({ data }) => (data as { document: { sourcePlaces?: number } }).document.sourcePlaces);
    expect(places(oru({ more: [second('', same)] })), 'only their place').to.deep.equal([2, 2]);
    expect(places(oru({ more: [second('', other)] }))).to.deep.equal([undefined, undefined]);
    const groups = oru({ more: ['ORC|NW|D1|F2', `OBR|2|D1|F2|${same}`, second('b', same)] });
    expect(items(groups)).to.deep.equal([
      ['D1', '1'],
      ['D1', '2'],
    ]);
  });

  it('never files what was posted for the wrong patient, or is no result', () => {
    for (const status of ['W', 'X', 'N', 'O']) expect(oru({ obx11: status }).error?.code, status).to.equal('ERR_HL7_FIELD_INVALID');
    expect(oru({ obx11: '', obr25: 'X' }).error?.code).to.equal('ERR_HL7_FIELD_INVALID');
  });

  it('reads the status of the order where that of the document is left out', () => {
    expect(documentOf(oru({ orc: 'RE', obx11: '', obr25: 'P' }))).to.include({ action: 'new', status: 'preliminary' });
    expect(documentOf(oru({ orc: 'RE', obx11: '', obr25: 'C' }))).to.include({ action: 'replace', status: 'corrected' });
    expect(documentOf(oru({ orc: 'RO', obx11: '', obr25: 'F' }))).to.include({ action: 'replace' });
  });

  it('says preliminary what TXA-17 says nobody has signed', () => {
    const found = mdm('T02', [cda('root="1.2.3"', 'N3')], { 17: 'IN' });
    expect(documentOf(found)).to.include({ status: 'preliminary' });
    expect(codes(found)).to.include('document-not-signed');
    expect(documentOf(mdm('T02', [cda('root="1.2.3"', 'N3')], { 17: 'LA' }))).to.include({ status: 'final' });
  });

  it('B3: a replacement may be preliminary: by its result, or since nobody signed it; a deletion is not, and a new one replaces nothing', () => {
    const replacing = (obx11: string, txa17: string): unknown[] => {
      const found = mdm('T10', [cda('root="1.2.3"', 'N3')], { 17: txa17 }, obx11);
      const { action, status } = documentOf(found);
      return [action, status, codes(found).includes('document-not-signed')];
    };
    expect(replacing('C', 'AU')).to.deep.equal(['replace', 'corrected', false]);
    expect(replacing('C', 'DI')).to.deep.equal(['replace', 'preliminary', true]);
    expect(replacing('P', 'AU')).to.deep.equal(['replace', 'preliminary', false]);
    expect(mdm('T04', [cda('root="1.2.3"', 'N3')], {}, 'P').error?.code).to.equal('ERR_DOCUMENT_INCOHERENT');
    expect(oru({ orc: 'RO', obx11: 'P' }).error).to.equal(undefined);
    expect(documentOf(oru({ orc: 'RE', obx11: 'P' }))).to.include({ action: 'new', status: 'preliminary' });
  });

  it('restricts by TXA-18 what the document does not restrict itself', () => {
    expect(documentOf(mdm('T02', [cda('root="1.2.3"', 'N3')], { 18: 'V' }))).to.include({ confidentiality: 'V' });
    expect(documentOf(mdm('T02', [cda('root="1.2.3"', 'N3')], { 18: 'U' }))).to.include({ confidentiality: 'N' });
  });

  it('loses no document: repetitions of OBX-5, and two of one level in one group', () => {
    const twice = `^application^pdf^Base64^${PDF}~^application^pdf^Base64^${PDF}`;
    const lines = [header('ORU^R01^ORU_R01'), pid(), 'ORC|NW|D1', 'OBR|1|D1||RCP^x^GAM-DOC', `OBX|1|ED|RCP^x^GAM-DOC||${twice}||||||F`];
    expect(decode(lines, settings).events).to.have.length(2);
    expect(mdm('R01', [cda('root="1.2.3"', 'N3'), cda('root="1.2.4"', 'N3')]).events).to.have.length(2);
    expect(mdm('R01', [cda('root="1.2.3"', 'N1'), cda('root="1.2.4"', 'N3')]).events).to.have.length(2);
  });

  const wrapping = (xml: string): string =>
    Buffer.from(
      Buffer.from(xml, 'base64').toString().replace('<text>', '<text mediaType="application/pdf" representation="B64">').replace('>x<', `>${PDF}<`),
    ).toString('base64');

  it('B2, B4: an N1 and an N3 of one content are two documents in the order of the message, each as its own CDA says, and named to the other', () => {
    const meeting = '<componentOf><encompassingEncounter><id root="1.2.7" extension="M"/></encompassingEncounter></componentOf>';
    const n1 = wrapping(cda('root="1.2.3" extension="a"', 'N1', `<setId root="1.2.8"/><versionNumber value="2"/>${meeting}`));
    const n3 = cda('root="1.2.4"', 'N3', `<setId root="1.2.9"/>${meeting}`);
    for (const contents of [
      [n1, n3],
      [n3, n1],
    ]) {
      const found = mdm('R01', contents);
      const documents = found.events.map(({ data }) => (data as { document: DocumentData }).document);
      const [first, second] = contents[0] === n1 ? documents : documents.toReversed();
      expect(first).to.include({ id: '1.2.3', idExtension: 'a', setId: '1.2.8', version: 2, level: 'N1', canonicalType: 'FRCP' });
      expect(first!.embeddedSha256).to.equal(hash('sha256', Buffer.from(PDF, 'base64')));
      expect(first!.companions).to.deep.equal([{ id: '1.2.4', format: 'CDA-R2-N3' }]);
      expect(second).to.include({ id: '1.2.4', setId: '1.2.9', level: 'N3' }).and.not.have.any.keys('version', 'embeddedSha256');
      expect(second!.companions).to.deep.equal([{ id: '1.2.3', idExtension: 'a', format: 'CDA-R2-N1' }]);
      expect(found.events.map(({ parts }) => parts)).to.deep.equal([['p1'], ['p2']]);
      for (const value of ['1.2.3', '1.2.4']) expect(found.terms).to.deep.include({ field: 'document', value });
    }
    expect(documentOf(mdm('R01', [n1])))
      .to.include({ id: '1.2.3', idExtension: 'a' })
      .and.not.have.property('companions');
  });

  it('B3: each of two has the status that its own OBX-11 says, and both the same order', () => {
    const contents = [cda('root="1.2.3"', 'N1'), cda('root="1.2.4"', 'N3')];
    const obx = (n3: string): string[] =>
      ['P', n3].map((status, i) => `OBX|${i + 1}|ED|34794-8^CR de RCP^LN||^TEXT^XML^Base64^${contents[i]}||||||${status}`);
    const said = (orc: string, n3: string): DecodeResult =>
      decode([header('ORU^R01^ORU_R01'), pid(), `ORC|${orc}|D1`, 'OBR|1|D1||34794-8^CR de RCP^LN', ...obx(n3)], settings);
    const statuses = said('NW', 'F').events.map(({ data }) => (data as { document: DocumentData }).document.status);
    expect(statuses).to.deep.equal(['preliminary', 'final']);
    expect(said('NW', 'C').error?.code).to.equal('ERR_DOCUMENT_INCOHERENT');
  });

  it('B2: an N1 and an N3 of one code are of one content unless their headers tell of two, by a date, a title, a version, an order, a meeting or a set', () => {
    const meeting = (rcp: string): string =>
      `<componentOf><encompassingEncounter><id root="1.2.250.1.161.1.20.3.1" extension="${rcp}"/></encompassingEncounter></componentOf>`;
    const time = (at: string): string => `<effectiveTime value="${at}"/>`;
    const order = (id: string): string => `<inFulfillmentOf><order><id root="1.2.9" extension="${id}"/></order></inFulfillmentOf>`;
    const set = (id: string): string => `<setId root="${id}"/>`;
    const act = (at: string): string =>
      `<documentationOf><serviceEvent><effectiveTime><low value="${at}"/></effectiveTime></serviceEvent></documentationOf>`;
    const linked = (one: string, other: string): number =>
      mdm('R01', [cda('root="1.2.3"', 'N1', one), cda('root="1.2.4"', 'N3', other)]).events.filter(
        ({ data }) => (data as { document: DocumentData }).document.companions,
      ).length;
    const AGREE: readonly (readonly [string, string])[] = [
      ['', ''],
      [time('20261001101500+0200'), time('20261001101517+0200')],
      ['<title>Fiche RCP</title>', '<title>FICHE RCP</title>'],
      [set('1.2.7'), set('1.2.7')],
      // As in the official example of a pair.
      [set('1.2.7') + order('A'), set('1.2.8') + order('A')],
      [meeting('27011113'), meeting('27011113') + '<title>Fiche RCP</title>'],
    ];
    for (const [one, other] of AGREE) expect(linked(one, other), one).to.equal(2);
    const DIFFER: readonly (readonly [string, string])[] = [
      [time('20261001'), time('20261002')],
      ['<title>Fiche RCP sein</title>', '<title>Fiche RCP côlon</title>'],
      ['<versionNumber value="1"/>', '<versionNumber value="2"/>'],
      [order('A'), order('B')],
      [meeting('27011113'), meeting('27011114')],
      [set('1.2.7'), set('1.2.8')],
      [set('1.2.7') + time('20261001'), set('1.2.8') + time('20261001')],
      [set('1.2.7') + act('20261001'), set('1.2.8') + act('20261001')],
      ['', set('1.2.8') + '<versionNumber value="1"/>'],
    ];
    for (const [one, other] of DIFFER) expect(linked(one, other), one).to.equal(0);
  });

  it('B2: a PDF or a CDA of another code is of another content than the one beside it; of the same code it has the type of that', () => {
    const obx = (i: number, code: string, form: string, content: string): string => `OBX|${i}|ED|${code}||${form}^Base64^${content}||||||F`;
    const [rcp, bio] = ['34794-8^CR de RCP^LN', '11502-2^CR de biologie^LN'];
    const [pdf, xml] = ['^application^pdf', '^TEXT^XML'];
    const [n1, n3] = [cda('root="1.2.3"', 'N1'), cda('root="1.2.3"', 'N3')];
    const lines = (...contents: string[]): DecodeResult =>
      decode([header('ORU^R01^ORU_R01'), pid(), 'ORC|NW|D1', `OBR|1|D1||${rcp}`, ...contents], settings);
    const types = (found: DecodeResult): unknown[] =>
      found.events.map(({ data }) => {
        const { canonicalType, sourceItem, companions } = (
          data as { document: { canonicalType: string; sourceItem?: string; companions?: object[] } }
        ).document;
        return [canonicalType, sourceItem, companions?.length ?? 0];
      });
    expect(types(lines(obx(1, rcp, xml, n3), obx(2, bio, pdf, PDF)))).to.deep.equal([
      ['FRCP', '34794-8', 0],
      ['CR-BIO', '11502-2', 0],
    ]);
    expect(types(lines(obx(1, rcp, xml, n3), obx(2, rcp, pdf, PDF)))).to.deep.equal([
      ['FRCP', '1', 0],
      ['FRCP', '2', 1],
    ]);
    expect(types(lines(obx(1, rcp, xml, n1), obx(2, rcp, xml, n3)))).to.deep.equal([
      ['FRCP', '1', 1],
      ['FRCP', '2', 1],
    ]);
    const local = 'FICHE^x^GAM-LOCAL';
    expect(types(lines(obx(1, local, xml, n3), obx(2, local, pdf, PDF))).map((one) => (one as unknown[])[0])).to.deep.equal(['FRCP', 'FRCP']);
    expect(lines(obx(1, rcp, xml, n1), obx(2, bio, xml, n3)).events).to.have.length(2);
    const other = Buffer.from(Buffer.from(n1, 'base64').toString().replace('34794-8', '11502-2')).toString('base64');
    expect(lines(obx(1, rcp, xml, other), obx(2, rcp, xml, n3)).events).to.have.length(2);
  });

  it('B7: an MDM says in TXA-18 that a document is confidential, which its content may not say', () => {
    const { events } = mdm('T02', [cda('root="1.2.3"', 'N3')]);
    const data = events[0]!.data as { document: object };
    const txa18 = (confidentiality?: string): unknown => {
      const event = { type: 'dcc.document.received', data: { ...data, document: { ...data.document, confidentiality } } } as never;
      const parts = [{ part: 'p1', bytes: 9, mime: 'text/xml', sha256: 'p1' }];
      const written = encodeFr({ event, parts }, contextOf({ ...settings, connector: { documentMessage: 'MDM' } }), NATIONAL_PROFILE);
      return written.outcome === 'message' && parseHl7(written.envelope.text).get('TXA-18');
    };
    expect([txa18(), txa18('N'), txa18('R'), txa18('V')]).to.deep.equal(['', '', 'R', 'V']);
  });

  it('B2: an MDM that brings a second document is refused; the very bytes that its N1 wraps are none', () => {
    const pdf = `OBX|2|ED|34794-8^RCP^LN||^application^pdf^Base64^${PDF}`;
    const content = (xml: string): string => `OBX|1|ED|34794-8^RCP^LN||^text^XML^Base64^${xml}`;
    const lines = (first: string, second: string): DecodeResult =>
      decode([header('MDM^T02^MDM_T02', '2.6'), 'EVN||20261001081500', pid(), 'OBR|1|||34794-8^RCP^LN', 'TXA|1|34794-8', first, second], settings);
    const n3 = cda('root="1.2.3"', 'N3');
    for (const second of [pdf, pdf.replace('34794-8^RCP', '11502-2^Bio'), content(cda('root="1.2.4"', 'N1')).replace('OBX|1', 'OBX|2')])
      expect(lines(content(n3), second).error, second.slice(0, 60)).to.deep.include({
        code: 'ERR_HL7_FIELD_INVALID',
        expected: 'one document in an MDM',
      });
    const found = lines(content(wrapping(cda('root="1.2.3"', 'N1'))), pdf);
    expect([found.events.length, codes(found).includes('embedded-copy')]).to.deep.equal([1, true]);
  });

  it('says which observations beside a document are left out', () => {
    expect(codes(oru({ more: ['OBX|2|ST|CONCL^Conclusion^GAM-DOC||Surveillance||||||F'] }))).to.include('observation-left-out:ST');
  });

  it('prefers a line for the code to a line for its whole system', () => {
    expect(documentOf(oru({}))).to.include({ canonicalType: 'FRCP' });
    expect(documentOf(oru({ code: 'LET^Lettre^GAM-DOC' }))).to.include({ canonicalType: 'OTHER' });
  });

  it('never sends the code of another type than the one that was decided', () => {
    const found = oru({ code: '11502-2^Biologie^LN^RCP^Fiche^GAM-DOC' });
    expect(documentOf(found)).to.include({ canonicalType: 'FRCP', loinc: '11502-2' });
    expect(codes(found)).to.include('document-code-mismatch');
    const sent = encodeFr(
      {
        event: { type: 'dcc.document.received', data: found.events[0]?.data } as never,
        parts: [{ part: 'p1', bytes: 15, mime: 'application/pdf', sha256: '' }],
        format: 'hl7v2',
      },
      contextOf(),
      NATIONAL_PROFILE,
    );
    expect(sent.outcome === 'message' && sent.envelope.text).to.match(/OBR\|1\|D1\|\|34794-8\^/);
  });
});

describe('documents of one root', () => {
  const event = (found: DecodeResult): unknown => found.events[0]?.document;

  it('are told apart by their extension', () => {
    const set = '<setId root="1.2.8" extension="S1"/><versionNumber value="2"/>';
    const parent = '<relatedDocument typeCode="RPLC"><parentDocument><id root="1.2.3" extension="A1"/></parentDocument></relatedDocument>';
    const found = mdm('T10', [cda('root="1.2.3" extension="A2"', 'N3', set + parent)], { 12: 'A2^^1.2.3^ISO', 13: 'A1^^1.2.3^ISO' });
    expect(event(found)).to.deep.equal({ id: 'A2^^1.2.3', setId: 'S1^^1.2.8', version: 2, replaces: 'A1^^1.2.3' });
    expect(documentOf(found)).to.include({ id: '1.2.3', idExtension: 'A2', setId: '1.2.8', replaces: '1.2.3', replacesExtension: 'A1' });
    expect(codes(found)).to.not.include('document-id-mismatch');
  });

  it('are replaced by their own number', () => {
    const found = mdm('T10', [cda('root="1.2.3" extension="A2"', 'N3')], { 13: 'A1^^1.2.3^ISO' });
    const content = documentOf(found)['content'] as { part: string; bytes: number; mime: string };
    const sent = encodeFr(
      { event: { type: 'dcc.document.received', data: found.events[0]?.data } as never, parts: [{ ...content, sha256: '' }], format: 'hl7v2' },
      contextOf(),
      NATIONAL_PROFILE,
    );
    expect(sent.outcome === 'message' && sent.envelope.text).to.match(/\|A2\^\^1\.2\.3\^ISO\|A1\^\^1\.2\.3\^ISO\|/);
  });

  it('say when a parent is named and no replacement announced', () => {
    expect(codes(mdm('T02', [cda('root="1.2.3"', 'N3')], { 13: '1.2.2' }))).to.include('replacement-not-announced');
  });
});

describe('a flag said twice', () => {
  const flag = (code: string, value: string): string => `OBX|9|CE|${code}^x^MetaDMPMSS||${value}||||||F`;
  const all = ['MASQUE_PS', 'INVISIBLE_PATIENT', 'INVISIBLE_REP_LEGAUX', 'CONNEXION_SECRETE', 'MODIF_CONF_CODE'].map((one) => flag(one, 'N'));
  const wishes = ['DESTDMP', 'DESTMSSANTEPS', 'DESTMSSANTEPAT'].map((one) => flag(one, 'Y'));

  it('is unknown when one of its values is unreadable, unless the other restricts', () => {
    const found = oru({ more: [...all, ...wishes, flag('INVISIBLE_PATIENT', 'X'), flag('DESTDMP', '?')] });
    expect(codes(found)).to.include.members(['flag-missing:INVISIBLE_PATIENT', 'flag-missing:DESTDMP']);
    expect(found.events[0]?.data)
      .to.have.property('visibility')
      .that.includes({ hiddenFromPatient: null, sendToMssPatient: 'held', sendToDmp: 'held' });
    const hidden = oru({ more: [...all, ...wishes, flag('INVISIBLE_PATIENT', 'Y'), flag('INVISIBLE_PATIENT', 'X')] });
    expect(hidden.events[0]?.data).to.have.property('visibility').that.includes({ hiddenFromPatient: true, sendToMssPatient: false });
  });
});

describe('an unknown patient in an answer', () => {
  it('is held until known, whether refused by AE or AR', () => {
    for (const ack of ['AE', 'AR']) {
      const reply = open(`${header('ACK^T02^ACK')}\rMSA|${ack}|X1\rERR|||207^x^HL70357|E|902^x\r`);
      expect(interpretFr(reply, { controlId: 'X1', type: 'dcc.document.received' }, NATIONAL_PROFILE).outcome, ack).to.equal('unknown-there');
    }
  });
});

describe('a message of two patients', () => {
  const obx = `OBX|1|ED|RCP^x^GAM-DOC||^application^pdf^Base64^${PDF}||||||F`;
  const group = (one: string): string[] => [one, 'ORC|NW|D1', 'OBR|1|D1||RCP^x^GAM-DOC', obx];

  it('is kept for a person: nothing of the second is filed under the first', () => {
    const other = pid({ 3: '9^^^GAM^PI', 5: 'AUTRE^PAUL^^^^^L' });
    const found = decode([header('ORU^R01^ORU_R01'), ...group(pid()), ...group(other)], settings);
    expect(found).to.include({ decision: 'quarantine' });
    expect(found.error?.code).to.equal('ERR_PATIENT_AMBIGUOUS');
    expect(decode([header('ADT^A31^ADT_A05'), pid(), other, 'PV1|1|N']).error?.code).to.equal('ERR_PATIENT_AMBIGUOUS');
    expect(decode([header('ORU^R01^ORU_R01'), ...group(pid()), ...group(pid())], settings).events).to.have.length(2);
  });

  it('loses no order that stands after its OBR, and refuses one that belongs to no document', () => {
    const lines = (...orders: string[]): DecodeResult => decode([header('ORU^R01^ORU_R01'), pid(), ...orders], settings);
    const [obr, deleted] = ['OBR|1|D1||RCP^x^GAM-DOC', obx.replace(/F$/, 'D')];
    expect(lines(obr, 'ORC|CA|D1', deleted).events.map(({ type }) => type)).to.deep.equal(['dcc.document.deleted']);
    expect(lines(obr, 'ORC|CA|D1', obx).error?.code).to.equal('ERR_DOCUMENT_INCOHERENT');
    expect(lines('ORC|CA|D1', 'ORC|NW|D1', obr, obx).error?.code).to.equal('ERR_HL7_SEGMENT_MISSING');
    expect(lines('ORC|NW|D1', obr, obx, 'ORC|CA|D1').error?.code).to.equal('ERR_HL7_SEGMENT_MISSING');
  });
});
