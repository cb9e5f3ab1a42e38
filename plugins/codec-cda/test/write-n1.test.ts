import { hash } from 'node:crypto';
import { expect } from 'chai';
import { PasserelleError, assemblePart } from '../../../core/contract/index.ts';
import { writeN1, type N1Request } from '../index.ts';
import { plugin, validate } from '../../codec-cda-reader/index.ts';
import { escapeXml } from '../xml-text.ts';
import { hl7Time } from '../hl7-time.ts';
import { needs, sharedFile } from './official-files.ts';
import { SYNTHETIC_PDF } from './synthetic.ts';

const SCHEMAS = 'specs/cda';

const REQUEST: N1Request = {
  patient: {
    ins: '258033399990170',
    insOid: '1.2.250.1.213.1.4.10',
    insStatus: 'VALI',
    ipp: '0004512387',
    ippAuthority: '1.2.250.1.999.10.1',
    birthName: 'FAUXVILLE',
    birthGivenNames: 'ÉLODIE MARIE',
    firstGivenName: 'ÉLODIE',
    usedName: "D'ESSAI & <FILS>",
    sex: 'F',
    birthDate: '1958-03-14',
    birthPlaceCog: '33999',
  },
  document: {
    canonicalType: 'PPS',
    id: '1.2.250.1.999.20.2',
    setId: '1.2.250.1.999.20.1',
    version: 2,
    replaces: '1.2.250.1.999.20.0',
    title: 'PPS "Sein"',
    date: '2026-10-08T10:55:00',
    createdAt: '2026-10-08T11:00:00+02:00',
    confidentiality: 'R',
    participants: [
      { role: 'author', rpps: '99700700018', family: 'TESTMED', given: 'CAMILLE', organization: { name: 'DSRC DE TEST', finess: '990099012' } },
      { role: 'recipient', rpps: '99700700026', family: 'TESTDOC' },
      { role: 'recipient', isPatient: true, family: 'FAUXVILLE' },
    ],
    custodian: { name: 'DSRC DE TEST', finess: '990099012' },
  },
  visit: { id: '260914001', authority: '1.2.250.1.999.10.2', start: '2026-09-10T08:00:00', end: '2026-09-14' },
  part: 'p1',
  now: '2026-10-09T09:00:00+02:00',
  timeZone: 'Europe/Paris',
  legalAuthenticator: { rpps: '99700700018', family: 'TESTMED', given: 'CAMILLE' },
  facilityType: { code: 'SA07', system: '1.2.250.1.71.4.2.4', label: 'Cabinet individuel' },
  practiceSetting: { code: 'ETABLISSEMENT', system: '1.2.250.1.213.1.1.4.9', label: 'Etablissement de santé' },
};
/** As little as is accepted: an IPP, an id, a confidentiality. */
const BARE: N1Request = {
  patient: { ipp: '12' },
  document: { canonicalType: 'FRCP', id: '1.2.250.1.999.20.9' },
  confidentiality: 'N',
  ippOid: '1.2.250.1.999.10.1',
  part: 'p1',
  now: '2026-10-09T09:00:00+02:00',
  timeZone: 'Europe/Paris',
};

const bytesOf = (request: N1Request): Uint8Array => assemblePart(writeN1(request), () => SYNTHETIC_PDF);
const headerOf = (request: N1Request) => plugin.document!.read(bytesOf(request)).cda!;
const refusal = (request: N1Request): string => {
  try {
    writeN1(request);
  } catch (error) {
    if (error instanceof PasserelleError) return `${error.code} ${error.detail.location?.path}`;
  }
  return 'written';
};

describe('writing an N1', () => {
  it('B1: has the code of its type, whatever it came with, and none by itself for a PPAC', () => {
    const coded = (document: Partial<N1Request['document']>): N1Request => ({ ...BARE, document: { ...BARE.document, ...document } });
    expect(headerOf(coded({ loinc: '11502-2' })).code!.code).to.equal('34794-8');
    for (const loinc of [undefined, '18776-5', '11502-2'])
      expect(refusal(coded({ canonicalType: 'PPAC', label: 'PPAC', ...(loinc && { loinc }) }))).to.equal('ERR_DOCUMENT_INCOMPLETE /document/loinc');
  });

  it('is read back as it was asked for', () => {
    const header = headerOf(REQUEST);
    expect(header).to.deep.include({
      level: 'N1',
      id: { root: '1.2.250.1.999.20.2' },
      setId: { root: '1.2.250.1.999.20.1' },
      version: 2,
      title: 'PPS "Sein"',
      effectiveTime: '20261008110000+0200',
      serviceStart: '20261008105500+0200',
      confidentiality: 'R',
      replaces: { root: '1.2.250.1.999.20.0' },
      custodian: { ids: [{ root: '1.2.250.1.71.4.2.2', extension: '1990099012' }], name: 'DSRC DE TEST' },
      recipients: [{ ids: [{ root: '1.2.250.1.71.4.2.1', extension: '899700700026' }], family: 'TESTDOC' }],
      body: { mediaType: 'application/pdf', bytes: SYNTHETIC_PDF.length, sha256: hash('sha256', SYNTHETIC_PDF), pdfaMark: '1B' },
    });
    expect(header.code).to.include({ code: '18776-5', label: 'Plan personnalisé de soins' });
    expect(header.patient).to.deep.include({
      ids: [
        { root: '1.2.250.1.213.1.4.10', extension: '258033399990170' },
        { root: '1.2.250.1.999.10.1', extension: '0004512387' },
      ],
      usedName: "D'ESSAI & <FILS>",
      birthDate: '19580314',
    });
    expect(header.author!.ids).to.deep.equal([{ root: '1.2.250.1.71.4.2.1', extension: '899700700018' }]);
    expect(header.encounter).to.include({ start: '20260910080000+0200', end: '20260914' });
  });

  it('never holds the PDF: the engine writes it', () => {
    const { pieces, mime } = writeN1(REQUEST);
    expect(pieces).to.have.length(3);
    expect(pieces[1]).to.deep.equal({ part: 'p1', encoding: 'base64' });
    expect(mime).to.equal('text/xml');
  });

  it('invents nothing: what is not known is null or left out', () => {
    const header = headerOf(BARE);
    expect(header.patient).to.deep.equal({ ids: [{ root: '1.2.250.1.999.10.1', extension: '12' }] });
    expect(header.author).to.deep.equal({ ids: [] });
    expect(header).to.not.have.any.keys('setId', 'version', 'serviceStart', 'replaces');
    expect(Buffer.from(bytesOf(BARE)).toString()).to.include('<legalAuthenticator><time nullFlavor="UNK"/>');
  });

  it('writes an INS only when it is qualified', () => {
    const { ids } = headerOf({ ...REQUEST, patient: { ...REQUEST.patient, insStatus: 'PROV' } }).patient;
    expect(ids).to.deep.equal([{ root: '1.2.250.1.999.10.1', extension: '0004512387' }]);
  });

  it('refuses what would be no document, naming the field', () => {
    expect(
      refusal({ ...REQUEST, patient: { birthName: 'X', ins: '1', insOid: '1.2', insStatus: 'PROV', ipp: '1', ippAuthority: 'HMTest' } }),
    ).to.equal('ERR_PATIENT_NO_IDENTIFIER /patient');
    const document = (fields: Partial<N1Request['document']>): N1Request => ({ ...REQUEST, document: { ...REQUEST.document, ...fields } });
    expect(refusal(document({ idExtension: '7' }))).to.equal('ERR_DOCUMENT_INCOMPLETE /document/id');
    expect(refusal({ ...document({ idExtension: '7' }), ids: { id: '1.2.250.1.999.20.77' } })).to.equal('written');
    expect(refusal(document({ id: 'DOC-12' }))).to.equal('ERR_DOCUMENT_INCOMPLETE /document/id');
    expect(refusal(document({ replaces: 'DOC-11' }))).to.equal('ERR_DOCUMENT_INCOMPLETE /document/replaces');
    expect(refusal({ ...BARE, confidentiality: 'secret' })).to.equal('ERR_DOCUMENT_INCOMPLETE /document/confidentiality');
    expect(refusal(document({ canonicalType: 'PPAC' }))).to.equal('ERR_DOCUMENT_INCOMPLETE /document/loinc');
    expect(
      refusal({ ...document({ canonicalType: 'PPAC' }), type: { code: '34133-9', system: '2.16.840.1.113883.6.1', label: 'Synthèse' } }),
    ).to.equal('written');
  });

  it('sends the national code in the place of a legacy one', () => {
    expect(
      headerOf({ ...REQUEST, document: { ...REQUEST.document, canonicalType: 'CR-ACP', loinc: '11526-1', nationalCode: '60568-3' } }).code?.code,
    ).to.equal('60568-3');
  });

  for (const [title, request] of [
    ['with everything', REQUEST],
    ['with as little as is accepted', BARE],
  ] as const) {
    it(`is valid against the official schema and rules ${title} (skipped when the folder of specifications is absent)`, async function () {
      needs(this, SCHEMAS);
      const findings = await validate(bytesOf(request), sharedFile(SCHEMAS));
      // A patient whose names nobody said has none in the document.
      expect(findings.filter(({ message }) => request === REQUEST || !message.includes('patient/name/family/@qualifier'))).to.deep.equal([]);
    });
  }
});

describe('times of HL7 v3', () => {
  const paris = (iso: string): string | undefined => hl7Time(iso, 'Europe/Paris');

  it('keep their precision and their offset', () => {
    expect(['2026', '2026-09', '2026-09-14'].map(paris)).to.deep.equal(['2026', '202609', '20260914']);
    expect(paris('2026-09-14T17:00:00.123+02:00')).to.equal('20260914170000+0200');
    expect(paris('2026-09-14T17:00Z')).to.equal('20260914170000+0000');
    expect(paris('hier')).to.equal(undefined);
  });

  it('get the offset of the site, on both sides of the changes of hour and in them', () => {
    expect(paris('2026-01-14T17:00')).to.equal('20260114170000+0100');
    expect(paris('2026-07-14T17:00')).to.equal('20260714170000+0200');
    expect(paris('2026-03-29T01:59:59')).to.equal('20260329015959+0100');
    expect(paris('2026-03-29T02:30:00')).to.equal('20260329023000+0100');
    expect(paris('2026-03-29T03:00:00')).to.equal('20260329030000+0200');
    expect(paris('2026-10-25T01:59:59')).to.equal('20261025015959+0200');
    expect(paris('2026-10-25T02:30:00')).to.equal('20261025023000+0200');
    expect(paris('2026-10-25T03:00:00')).to.equal('20261025030000+0100');
    expect(hl7Time('2026-07-14T17:00', 'Indian/Reunion')).to.equal('20260714170000+0400');
  });
});

describe('escaping', () => {
  it('keeps white space, drops what XML cannot carry, and repairs halves of characters', () => {
    expect(escapeXml('a\u0000\u0008\tb\n<&>"\ud800\ufffe')).to.equal('a\tb\n&lt;&amp;&gt;&quot;\ufffd');
  });
});
