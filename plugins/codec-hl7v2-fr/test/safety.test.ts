/** Clauses of SAFETY A4, A7, A8, B1, B2 and B7 that are decided where a message is read or written: one test each, that fails when the clause is broken. */
import { expect } from 'chai';
import type { DecodeResult, SiteSettings } from '../../../core/contract/index.ts';
import { acknowledgeFr, encodeFr, NATIONAL_PROFILE } from '../index.ts';
import { cda, codesOf, decodeDocument, documentLines, flagLines } from './documents.ts';
import { contextOf, dataOf, decode, identity, INS, INS_OID, open, pid, header, SITE } from './messages.ts';

const IPP = '00012345^^^GAM&1.2.250.1.999.90.1&ISO^PI';
const UPDATED = 'dcc.identity.updated';
const patientOf = (changes: Readonly<Record<number, string>>, settings: SiteSettings = SITE): Readonly<Record<string, unknown>> =>
  dataOf(decode(identity(changes), settings), UPDATED).patient;
const verdict = ({ decision, error }: DecodeResult): string =>
  [decision, error?.code, error?.applicationCode].filter((one) => one !== undefined).join(' ');

describe('whose a message is', () => {
  for (const mark of ['DOUB', 'COLP', 'COLV', 'USUR', 'ANOM', 'CACH'])
    it(`A4: the mark ${mark} beside the status of PID-32 blocks automatic filing, in any order of the repetitions`, () => {
      for (const field of [`VALI~${mark}`, `${mark}~VALI`]) expect(patientOf({ 32: field }), field).to.include({ automaticFiling: false });
      expect(patientOf({ 32: 'VALI' })).to.not.include({ automaticFiling: false });
    });

  it('A4: neither a telephone nor a social security number is a key, a search term, or tells a patient', () => {
    const nir = '275069999012356';
    const found = decode(identity({ 3: `${IPP}~${nir}^^^CPAM^SS`, 13: '0559000000^PRN^PH', 14: '0600000000^WPN^CP', 19: nir }));
    expect(found.events.flatMap(({ keys }) => keys)).to.deep.equal([{ domain: 'gam', value: '00012345' }]);
    const said = JSON.stringify(found.terms);
    for (const number of ['0559000000', '0600000000', nir]) expect(said).to.not.include(number);
    const alone = decode(identity({ 3: `${nir}^^^CPAM^SS`, 13: '0559000000^PRN^PH' }));
    expect([alone.decision, alone.events]).to.deep.equal(['quarantine', []]);
  });

  it('A7: the IPP is that of the configured authority, wherever it stands among others of its type', () => {
    const others = ['777^^^AUTRE&1.2.250.1.999.5&ISO^PI', '888^^^LABO^PI', '999^^^&1.2.250.1.999.6&ISO'];
    for (let place = 0; place <= others.length; place += 1) {
      const list = [...others.slice(0, place), IPP, ...others.slice(place)].join('~');
      expect(patientOf({ 3: list }), list).to.include({ ipp: '00012345', domain: 'gam' });
    }
  });

  it('A7: of two configured authorities the first of the settings counts, not the first of the message', () => {
    const second = { namespace: 'AUTRE', domain: 'autre', use: 'IPP' as const };
    const ids = ['777^^^AUTRE^PI', IPP];
    const [first] = SITE.identityAuthorities;
    for (const list of [ids.join('~'), ids.toReversed().join('~')]) {
      expect(patientOf({ 3: list }, { ...SITE, identityAuthorities: [first!, second] })).to.include({ ipp: '00012345' });
      expect(patientOf({ 3: list }, { ...SITE, identityAuthorities: [second, first!] })).to.include({ ipp: '777' });
    }
  });

  it('A1, A7: a number under a name that IPPs of two hospitals bear is of neither: the message waits, unless its OID or another number tells', () => {
    const [a, b] = ['1.2.250.1.999.91.1', '1.2.250.1.999.91.2'] as const;
    const settings = {
      ...SITE,
      identityAuthorities: [
        ...[a, b].map((oid, i) => ({ namespace: 'IPP', oid, type: 'PI', domain: `chu-${i}`, use: 'IPP' as const })),
        ...SITE.identityAuthorities,
      ],
    };
    expect(verdict(decode(identity({ 3: '42^^^IPP^PI' }), settings))).to.equal('quarantine ERR_PATIENT_AMBIGUOUS');
    expect(patientOf({ 3: `42^^^IPP&${b}&ISO^PI` }, settings)).to.include({ ipp: '42', domain: 'chu-1' });
    const beside = decode(identity({ 3: `42^^^IPP^PI~${IPP}` }), settings);
    expect(beside.events.flatMap(({ keys }) => keys)).to.deep.equal([{ domain: 'gam', value: '00012345' }]);
    expect(beside.warnings.map(({ code }) => code)).to.include('ipp-authority-ambiguous');
  });

  it('A7: where nothing matches there is no IPP, whatever the type says: the message waits, or its INS alone names the patient', () => {
    for (const id of ['777^^^AUTRE&1.2.250.1.999.5&ISO^PI', '777', '777^^^^PI'])
      expect(verdict(decode(identity({ 3: id }))), id).to.equal('quarantine ERR_PATIENT_NO_IDENTIFIER');
    const ins = `${INS}^^^ASIP-SANTE-INS-NIR&${INS_OID}&ISO^INS`;
    const found = decode(identity({ 3: `777^^^AUTRE^PI~${ins}`, 32: 'VALI', 11: '^^^^^^BDL^^64102' }));
    expect(dataOf(found, UPDATED).patient).to.include({ ipp: null });
    expect(found.events[0]?.keys).to.deep.equal([{ domain: INS_OID, value: INS }]);
  });
});

describe('whose a document is', () => {
  const ids = (...said: readonly (readonly [root: string, extension: string])[]): string =>
    said.map(([root, extension]) => `<id root="${root}" extension="${extension}"/>`).join('');
  const ipp = '1.2.250.1.999.90.1';
  /** The envelope with its IPP beside the INS, around that document. */
  const within = (document: string): DecodeResult =>
    decode(documentLines({ documents: [document] }).map((line) => (line.startsWith('PID') ? line.replace('PID|||', `PID|||${IPP}~`) : line)));

  it('A8: number and OID, or the IPP with its authority, and every trait: what differs in one is refused with AE and 904', () => {
    expect(verdict(within(cda()))).to.equal('accept');
    expect(verdict(within(cda({ ids: ids([ipp, '00012345']) })))).to.equal('accept');
    // Nothing in common contradicts nothing, and proves nothing.
    expect(verdict(within(cda({ ids: ids(['1.2.250.1.999.5', '7']) })))).to.equal('reject ERR_DOCUMENT_INS 903');
    const changed = (from: string, to: string): string => Buffer.from(Buffer.from(cda(), 'base64').toString().replace(from, to)).toString('base64');
    for (const [what, document] of [
      ['number', cda({ ids: ids([INS_OID, '279035121518989']) })],
      ['OID', cda({ ids: ids(['1.2.250.1.213.1.4.11', INS]) })],
      ['IPP', cda({ ids: ids([INS_OID, INS], [ipp, '99999']) })],
      ['birth name', changed('ÉTREZAC', 'MARTIN')],
      ['given names', changed('ANNE-LISE', 'JEANNE')],
      ['birth date', changed('19750612', '19750613')],
      ['sex', changed('code="F"', 'code="M"')],
      ['birth place', cda({ cog: '33063' })],
    ] as const) {
      const found = within(document);
      expect(verdict(found), what).to.match(/^reject (ERR_PATIENT_MISMATCH 904|ERR_INS_ENVIRONMENT)$/);
      expect(found.events, what).to.deep.equal([]);
    }
  });

  it('A8: the answer is AE with ERR-5 904, and names where the envelope says the patient, never who it is', () => {
    const lines = documentLines({ documents: [cda({ cog: '33063' })] });
    const { error } = decode(lines);
    const envelope = open(`${lines.join('\r')}\r`);
    const answer = acknowledgeFr({ decision: 'reject', ack: 'AE', error: error!, warnings: [] }, envelope, contextOf(), NATIONAL_PROFILE);
    expect(answer?.text)
      .to.match(/MSA\|AE\|M1/)
      .and.match(/\|904\^/)
      .and.not.include('33063')
      .and.not.include('TREZAC');
  });
});

describe('the type of a document', () => {
  const LABEL = "Programme personnalisé de l'après-cancer";
  const typed = (settings: Partial<SiteSettings>, code: string, document?: string): string => {
    const obx = document === undefined ? '^application^pdf^Base64^JVBERi0xLjQKJSVFT0YK' : `^text^XML^Base64^${document}`;
    const lines = [
      header('ORU^R01^ORU_R01'),
      pid({ 5: 'ÉTREZAC^ANNE-LISE^ANNE-LISE^^^^L' }),
      'ORC|NW|D1',
      `OBR|1|D1||${code}`,
      `OBX|1|ED|${code}||${obx}||||||F`,
    ];
    const found = decode(lines, { ...SITE, ...settings });
    return found.error?.code ?? String(dataOf(found, 'dcc.document.received').document['canonicalType']);
  };
  const UNKNOWN = 'ERR_DOCUMENT_TYPE_UNKNOWN';
  const map = (system: string, code: string, type: string): Partial<SiteSettings> => ({ documentTypes: [{ system, code, type }] });
  /** Of a model, or of none, and with that title. */
  const sheet = (model: boolean, code: string, title = ''): string =>
    Buffer.from(
      Buffer.from(cda({ ids: '<id root="1.2.250.1.999.90.1" extension="00012345"/>' }), 'base64')
        .toString()
        .replace('<templateId root="1.2.250.1.213.1.1.1.8" extension="2022.01"/>', (one) => (model ? one : ''))
        .replace('code="34794-8"', `code="${code}"`)
        .replace('<confidentialityCode', `<title>${title}</title><confidentialityCode`),
    ).toString('base64');

  it('B1: first the model, then the map of the site, then the title of a PPAC, then the national code', () => {
    const mapped = map('LOCAL', 'L1', 'LDL');
    const codes = 'L1^lettre^LOCAL^34794-8^Fiche RCP^LN';
    expect(typed(mapped, codes, sheet(true, '34794-8', LABEL)), 'model before map, title and code').to.equal('FRCP');
    expect(typed(mapped, codes, sheet(false, '34794-8', LABEL)), 'map before title and code').to.equal('LDL');
    expect(typed({}, codes, sheet(false, '34794-8', LABEL)), 'title before code').to.equal('PPAC');
    expect(typed({}, codes), 'the national code').to.equal('FRCP');
  });

  it('B1: 18776-5 alone waits to be typed; a model, a line of the map or the title of a PPAC types it', () => {
    expect(typed({}, '18776-5^Plan^LN')).to.equal(UNKNOWN);
    expect(typed({}, '18776-5^Plan^LN', sheet(false, '18776-5', 'Plan'))).to.equal(UNKNOWN);
    expect(typed(map('LN', '18776-5', 'PPS'), '18776-5^Plan^LN')).to.equal('PPS');
    expect(typed({}, `18776-5^${LABEL}^LN`)).to.equal('PPAC');
  });

  it('B1: OTHER is a line of the map, never what is left when nothing else fits', () => {
    for (const code of ['L1^lettre^LOCAL', '99999-9^inconnu^LN', '^sans code^']) expect(typed({}, code), code).to.equal(UNKNOWN);
    expect(typed(map('LOCAL', 'L1', 'OTHER'), 'L1^lettre^LOCAL')).to.equal('OTHER');
    expect(typed(map('LOCAL', 'L1', 'SOMETHING'), 'L1^lettre^LOCAL'), 'a type that is none').to.equal(UNKNOWN);
  });

  it('B1: a PPAC leaves with the code that was agreed with its receiver, and with no other', () => {
    const document = { canonicalType: 'PPAC', loinc: '18776-5', id: '1.2.250.1.999.92.1', text: 'x' } as const;
    const sent = (ppacCode?: unknown): string => {
      const event = { id: 'e', source: '', time: '', site: SITE.site, type: 'dcc.document.received', data: { patient: patientOf({}), document } };
      const settings = { ...SITE, connector: ppacCode === undefined ? {} : { ppacCode } };
      const made = encodeFr({ event, parts: [] }, contextOf(settings), NATIONAL_PROFILE);
      return made.outcome === 'message' ? (/OBR\|1?\|*([^|\r]*)/.exec(made.envelope.text)?.[1] ?? '') : made.error.code;
    };
    for (const none of [undefined, 'none']) expect(sent(none)).to.equal('ERR_ENCODE_UNSUPPORTED');
    expect(sent({ code: 'P1', label: 'PPAC', system: 'LOCAL' })).to.equal('P1^PPAC^LOCAL');
  });
});

describe('masks that are absent', () => {
  const legs = (values: Readonly<Record<string, string | null>>): Readonly<Record<string, unknown>> => {
    const found = decodeDocument({ rest: flagLines({ DESTDMP: 'Y', DESTMSSANTEPS: 'Y', DESTMSSANTEPAT: 'Y', ...values }) });
    expect(found.error).to.equal(undefined);
    const { visibility } = found.events[0]!.data as { visibility: Readonly<Record<string, unknown>> };
    return { ...visibility, codes: codesOf(found) };
  };

  it('B7: whichever mask is absent, the document is accepted with flag-missing, and the ways to the DMP and the patient are held', () => {
    expect(legs({})).to.include({ sendToDmp: true, sendToMssPatient: true });
    for (const mask of ['INVISIBLE_PATIENT', 'INVISIBLE_REP_LEGAUX', 'MASQUE_PS', 'CONNEXION_SECRETE']) {
      const seen = legs({ [mask]: null });
      expect([seen['sendToDmp'], seen['sendToMssPatient']], mask).to.deep.equal(['held', 'held']);
      expect(seen['codes'], mask).to.include(`flag-missing:${mask}`);
    }
  });
});
