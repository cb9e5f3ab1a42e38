/** Each trap seen in the official examples (specs FACTS C), and what becomes of a message that holds it. */
import { expect } from 'chai';
import type { DecodeResult } from '../../../core/contract/index.ts';
import { encodeFr, interpretFr, NATIONAL_PROFILE } from '../index.ts';
import { decodeFr } from '../decode.ts';
import { cda, codesOf, decodeDocument, DOCUMENT_ID, documentLines, flagLines } from './documents.ts';
import { contextOf, dataOf, decode, header, open, pid, SITE } from './messages.ts';

const documentOf = (found: DecodeResult, type = 'dcc.document.received'): Readonly<Record<string, unknown>> => dataOf(found, type).document;
const participantsOf = (found: DecodeResult): readonly Readonly<Record<string, unknown>>[] =>
  documentOf(found)['participants'] as readonly Readonly<Record<string, unknown>>[];
const visibilityOf = ({ events }: DecodeResult): unknown => (events[0]?.data as { visibility?: unknown } | undefined)?.visibility;

describe('FACTS C: traps of the official examples', () => {
  it('line feeds instead of carriage returns, and blank lines at the end', () => {
    const found = decodeFr(open(`${documentLines().join('\n')}\n\n\n`), contextOf(SITE), NATIONAL_PROFILE);
    expect(found.error).to.equal(undefined);
    expect(documentOf(found)).to.include({ id: DOCUMENT_ID, canonicalType: 'FRCP' });
  });

  it('a sentence in the place of the CDA waits for a person', () => {
    const found = decodeDocument({ documents: [Buffer.from('Document médical au format CDA niveau 1').toString('base64')] });
    expect(found.decision).to.equal('quarantine');
    expect(found.error?.code).to.equal('ERR_DOCUMENT_PLACEHOLDER');
  });

  it('Base64 without its padding, or with too much of it, is read with a warning', () => {
    const whole = cda({ version: '<setId root="1.2.8"/>' }).replace(/=+$/, '');
    for (const end of ['', '====']) {
      const found = decodeDocument({ documents: [whole + (end || '')] });
      expect(documentOf(found), end).to.include({ id: DOCUMENT_ID });
      if (whole.length % 4 !== 0 || end) expect(codesOf(found), end).to.include('base64-padding');
    }
  });

  it('MDM T02: hidden from the patient and the representatives, mailed to professionals', () => {
    const rest = flagLines({ INVISIBLE_PATIENT: 'Y', INVISIBLE_REP_LEGAUX: 'Y', CONNEXION_SECRETE: 'Y', DESTDMP: 'Y', DESTMSSANTEPS: 'Y' });
    const found = decodeDocument({ rest });
    expect(visibilityOf(found)).to.include({ sendToMssPro: true, sendToMssPatient: false, sendToDmp: false });
    expect(codesOf(found)).to.include('leg-refused:DESTDMP').and.to.not.include('mail-combination');
    const strict = decodeDocument({ rest }, { ...SITE, connector: { mailMatrix: 'strict' } });
    expect(strict.error?.code).to.equal('ERR_DOCUMENT_DESTINATIONS');
  });

  it('MDM T04: visible to everybody, mailed to professionals', () => {
    const rest = flagLines({ CONNEXION_SECRETE: 'Y', DESTDMP: 'Y', DESTMSSANTEPS: 'Y' });
    const found = decodeDocument({ event: 'T04', rest });
    expect(found.events[0]?.type).to.equal('dcc.document.deleted');
    expect(visibilityOf(found)).to.include({ sendToMssPro: true, sendToDmp: true });
  });

  it('B4: a deletion is refused by no table of destinations, and waits for nobody to type it or to mend the copy that it carries', () => {
    const rest = flagLines({ INVISIBLE_PATIENT: 'Y', INVISIBLE_REP_LEGAUX: 'Y', CONNEXION_SECRETE: 'Y', DESTDMP: 'Y', DESTMSSANTEPS: 'Y' });
    const strict = { ...SITE, connector: { mailMatrix: 'strict' } };
    expect(decodeDocument({ event: 'T02', rest }, strict).error?.code).to.equal('ERR_DOCUMENT_DESTINATIONS');
    const found = decodeDocument({ event: 'T04', rest }, strict);
    expect([found.error, found.events[0]?.type]).to.deep.equal([undefined, 'dcc.document.deleted']);
    const bad = Buffer.from('Document médical au format CDA niveau 1').toString('base64');
    for (const content of [`^text^XML^Base64^${bad}`, '^application^pdf^Base64^%%%', '', 'une phrase']) {
      const lines = documentLines({ event: 'T04' }).map((line) =>
        line.startsWith('OBX|1|')
          ? `OBX|1|ED|X77^Courrier^LOCAL||${content}||||||D`
          : line.replace(/34794-8\^Fiche RCP\^LN|34794-8/, 'X77^Courrier^LOCAL'),
      );
      const deletion = decode(lines);
      expect(deletion.error, content).to.equal(undefined);
      expect(documentOf(deletion, 'dcc.document.deleted')).to.include({
        id: DOCUMENT_ID,
        canonicalType: 'OTHER',
        localCode: 'X77',
        action: 'delete',
      });
      expect(codesOf(deletion)).to.include('deletion-type-unknown');
      expect(decode(lines.map((line) => line.replace('MDM^T04', 'MDM^T02').replace('ORC|CA', 'ORC|NW').replace(/D$/, 'F'))).events).to.have.length(0);
      const { patient, ...rest } = deletion.events[0]!.data as { patient: object };
      const data = { patient: { ...patient, ipp: '1', ippAuthority: '1.2.250.1.999.90.1', domain: 'gam' }, ...rest };
      const event = { id: 'e', source: '', time: '', site: '', type: 'dcc.document.deleted', data };
      for (const canonicalType of ['OTHER', 'PPAC']) {
        const typed = { ...event, data: { ...data, document: { ...documentOf(deletion, event.type), canonicalType } } };
        expect(encodeFr({ event: typed, parts: [] }, contextOf(), NATIONAL_PROFILE).outcome).to.equal('message');
      }
    }
  });

  it('B4: a deletion whose copy alone says which document it is waits when that cannot be read', () => {
    const lines = documentLines({ event: 'R01', orc: 'CA', obx11: 'D', documents: [Buffer.from('une phrase').toString('base64')] });
    expect(decode(lines).error?.code).to.equal('ERR_DOCUMENT_PLACEHOLDER');
  });

  it('TXA-12 with the name of an organisation, a letter, or a missing dot: the document says its own id', () => {
    expect(codesOf(decodeDocument({ txa12: `${DOCUMENT_ID}^Organisation-Y` }))).to.not.include('document-id-mismatch');
    for (const txa12 of ['1.2.250.1.999.92.A1^Organisation-Y', '1.2.250.1.99992.1']) {
      const found = decodeDocument({ txa12 });
      expect(documentOf(found), txa12).to.include({ id: DOCUMENT_ID });
      expect(codesOf(found), txa12).to.include('document-id-mismatch');
    }
  });

  it('PRT-4 is told by its code alone: no label, labels in any case', () => {
    const roles = ['SB^^participation', 'SB^Send by^participation', 'SB^Send By', 'sb', 'SB^^HL70912'];
    for (const role of roles) {
      const found = decodeDocument({ participants: [`PRT||UC||${role}|899705500017^ESSAIDOC^PAUL^^^^^^X&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS`] });
      expect(participantsOf(found), role).to.deep.equal([{ role: 'sender', rpps: '99705500017', family: 'ESSAIDOC', given: 'PAUL' }]);
    }
  });

  it('PRT-15 with or without NET, or an address where telephones stand', () => {
    for (const mail of ['^^X.400^a@b.mssante.fr', '^NET^X.400^a@b.mssante.fr', 'a@b.mssante.fr^NET^Internet']) {
      const found = decodeDocument({ participants: [`PRT||UC||RCT|||||||||||${mail}`] });
      expect(participantsOf(found), mail).to.deep.equal([{ role: 'recipient', mail: 'a@b.mssante.fr' }]);
    }
  });

  it('B6: every establishment that a recipient names in PRT-8 is a destination, by its number or by its authority; a sender is none', () => {
    const to = (role: string, organisations: string): unknown =>
      decodeDocument({ participants: [`PRT||UC||${role}||||${organisations}|||||||^^X.400^a@b.mssante.fr`] }).events[0]!.destinations;
    const [one, other] = ['A^^^^^^FINEG^^^1990001018', 'B^^^^^^FINEG^^^990001026'];
    expect(to('RCT', `${one}~${other}`)).to.deep.equal(['990001018', '990001026']);
    expect(to('RCT', `Oncologie^^^^^990001018^UF^^^3435~Accueil^^^^^990001026^IDNST^^^X12`)).to.deep.equal(['990001018', '990001026']);
    expect(to('SB', `${one}~${other}`)).to.equal(undefined);
    const unknown = decodeDocument({ participants: ['PRT||UC||SB||||Accueil^^^^^990001026^IDNST^^^X12'] });
    expect(participantsOf(unknown)[0]!.organization, 'who sends may withdraw (B4)').to.not.have.property('finess');
  });

  it('PRT-5.9: the OID counts, never the namespace', () => {
    const found = decodeDocument({ participants: ['PRT||UC||RCT|899705500017^E^P^^^^^^ASIP-SANTE- PS&1.2.250.1.71.4.2.1&ISO^D^^^RPPS'] });
    expect(participantsOf(found)[0]).to.include({ rpps: '99705500017' });
    const local = decodeDocument({ participants: ['PRT||UC||RCT|899705500017^E^P^^^^^^ASIP-SANTE-PS&1.2.250.1.999.4&ISO^D^^^EI'] });
    expect(participantsOf(local)[0]).to.not.have.property('rpps');
    for (const other of ['0123456782', '39900010182', '49900010189']) {
      const none = decodeDocument({ participants: [`PRT||UC||RCT|${other}^E^P^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS`] });
      expect(participantsOf(none)[0], 'ADELI, or a number inside an organisation').to.not.have.property('rpps');
      expect(none.warnings.map(({ code }) => code)).to.not.include('rpps-key');
    }
    for (const wrong of ['899705500018', '99705500016']) {
      const none = decodeDocument({ participants: [`PRT||UC||RCT|${wrong}^E^P^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS`] });
      expect(participantsOf(none)[0], 'a wrong key').to.include({ family: 'E', rpps: wrong.slice(-11) });
      expect(none.warnings).to.deep.include({ code: 'rpps-key', detail: 'PRT[1]-5' });
    }
  });

  it('ZAM^Z01: whatever its table of DMP codes is called', () => {
    for (const system of ['DMPERRORCODE', 'DMP_ERROR_CODE', '']) {
      const found = decode([
        header('ZAM^Z01^ZAM_Z01', '2.6'),
        'EVN||20261001081500',
        'OBX|1|CWE|ACK_RECEPTION_DMP^Accusé^AckMetierZAM|015|N^^expandedYes-NoIndicator||||||F',
        `ERR|||207^Application internal error^messageErrorCondition|E|DMPClosed^DMP fermé^${system}`,
      ]);
      expect(found.events[0], system).to.include({ type: 'dcc.delivery.dmp.refused', correlation: '015' });
      expect(found.events[0]?.data).to.deep.include({ originalMessageId: '015', dmpCode: 'DMPClosed', label: 'DMP fermé' });
    }
  });

  it('an ACK in another charset than the message it answers', () => {
    const text = `${header('ACK^T02^ACK').replace('UNICODE UTF-8', '8859/15')}\rMSA|AE|015\rERR|||207^Erreur é^x|E|902^Inconnu à l'accueil^x\r`;
    const found = interpretFr(open(Buffer.from(text, 'latin1')), { controlId: '015', type: 'dcc.document.received' }, NATIONAL_PROFILE);
    expect(found).to.deep.include({ outcome: 'unknown-there', applicationCode: 902 });
  });

  it('the level is that of the content; a replacement whose document names none is accepted by TXA-13, with a warning', () => {
    expect(documentOf(decodeDocument({ documents: [cda({ level: 'N1' })] }))).to.include({ level: 'N1', format: 'CDA-R2-N1' });
    const found = decodeDocument({ event: 'T10', txa13: '1.2.250.1.999.92.0' });
    expect(documentOf(found)).to.include({ action: 'replace', replaces: '1.2.250.1.999.92.0' });
    expect(codesOf(found)).to.include('replace-without-related-document');
    const unnamed = decodeDocument({ event: 'R01', orc: 'RO', obx11: 'C' });
    expect(documentOf(unnamed)).to.include({ action: 'replace' }).and.to.not.have.property('replaces');
    expect(codesOf(unnamed)).to.include('replaced-document-unknown');
  });

  it('version 2.0: an MDM without ORC and OBR, the body of the mail before the last flags', () => {
    const flags = flagLines({ DESTMSSANTEPS: 'Y' });
    const body = `OBX|10|ED|CORPSMAIL_PS^Corps^MetaDMPMSS||^text^^Base64^${Buffer.from('Bonjour').toString('base64')}||||||F`;
    const rest = [...flags.slice(0, 8), body, ...flags.slice(8)];
    const found = decodeDocument({ conformance: '2.0^CISIS_CDA_HL7_V2', orders: false, rest });
    expect(found.error).to.equal(undefined);
    expect(documentOf(found)).to.include({ action: 'new', status: 'final' }).and.to.have.property('mailBody');
    expect(codesOf(found).filter((code) => code.startsWith('flag'))).to.deep.equal([]);
    const deleted = decodeDocument({ event: 'T04', conformance: '2.0^CISIS_CDA_HL7_V2', orders: false, rest });
    expect(deleted.events[0]?.type).to.equal('dcc.document.deleted');
  });

  it('version 1.2: other names of flags, no system, lots, ORC-1 = SC', () => {
    const names = ['MASQUE_PS', 'INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX', 'CONNEXION_SECRETE', 'MODIF_CONFIDENTIALITYCODE'];
    const rest = [
      ...names.map((code) => `OBX|2|CE|${code}^x||${code === 'INVISIBLE_REPRESENTANTS_LEGAUX' ? 'Y' : 'N'}||||||F`),
      'OBX|7|CE|DESTDMP^x||Y||||||F',
      'OBX|11|CE|COMP_LOT^Lot||1.2.250.1.213.1.1.8^CDAN1||||||F',
    ];
    const found = decodeDocument({
      event: 'R01',
      orc: 'SC',
      conformance: '1.2^CISIS_CDA_HL7_V1',
      rest,
      participants: ['PRT||UC||REPLY|||||||||||^^X.400^a@b.fr'],
    });
    expect(documentOf(found)).to.include({ action: 'new' });
    expect(visibilityOf(found)).to.include({ hiddenFromLegalRepresentatives: true, changesConfidentiality: false, sendToDmp: true });
    expect(codesOf(found)).to.include.members(['order-control:SC', 'flag-synonym:INVISIBLE_REP_LEGAUX', 'flag-synonym:MODIF_CONF_CODE']);
    expect(participantsOf(found)).to.deep.equal([{ role: 'reply-to', mail: 'a@b.fr' }]);
  });

  it('the flag is written by its own name, whatever the confidentiality code of the DMP is called', () => {
    const found = decodeDocument({ rest: flagLines({ INVISIBLE_REP_LEGAUX: 'Y' }) });
    const content = documentOf(found)['content'] as { part: string; bytes: number; mime: string };
    const event = { type: 'dcc.document.received', data: found.events[0]?.data } as never;
    const sent = encodeFr({ event, parts: [{ ...content, sha256: '' }] }, contextOf({ ...SITE, identityAuthorities: [] }), NATIONAL_PROFILE);
    const text = sent.outcome === 'message' ? sent.envelope.text : JSON.stringify(sent);
    expect(text)
      .to.match(/INVISIBLE_REP_LEGAUX\^[^|]*\^MetaDMPMSS\|\|Y/)
      .and.to.not.contain('INVISIBLE_REPRESENTANTS_LEGAUX');
  });

  it('PAM: a movement shifted by one field waits for a person', () => {
    const found = decode([header('ADT^A01^ADT_A05'), 'EVN||20261001081500', pid(), 'PV1|1|I', 'ZBE|M1^GAM||20261001080000||INSERT|N']);
    expect(found).to.include({ decision: 'quarantine' });
    expect(found.error?.code).to.equal('ERR_HL7_MOVEMENT_SHIFTED');
  });

  it('the test patient of two sets, born in two places, is two patients: 904', () => {
    const found = decodeDocument({ documents: [cda({ cog: '51215' })] });
    expect(found).to.include({ decision: 'reject' });
    expect(found.error).to.include({ code: 'ERR_PATIENT_MISMATCH', applicationCode: 904, found: 'another birth place code' });
  });

  it('a deletion is of the document that it carries, the last version', () => {
    const found = decodeDocument({
      event: 'T04',
      documents: [cda({ id: '1.2.250.1.999.92.2', version: '<versionNumber value="2"/>', related: DOCUMENT_ID })],
      txa12: '1.2.250.1.999.92.2^Organisation-Y',
      txa13: `${DOCUMENT_ID}^Organisation-Y`,
    });
    expect(found.events[0]).to.deep.include({ type: 'dcc.document.deleted', document: { id: '1.2.250.1.999.92.2', version: 2 } });
    expect(documentOf(found, 'dcc.document.deleted')).to.include({ status: 'deleted' });
  });

  it('an INS of 15 digits with a start date; the birth place in the second address', () => {
    const { patient } = dataOf(decodeDocument(), 'dcc.document.received');
    expect(patient).to.include({ ins: '175069999012356', insStatus: 'VALI', identityStatus: 'QUAL', birthPlaceCog: '64102' });
    expect(patient['address']).to.include({ city: 'PAU' });
  });
});

describe('FACTS A6: replacement and deletion', () => {
  const send = (event: string, data: unknown): string => {
    const content = (data as { document: { content?: { part: string; bytes: number; mime: string } } }).document.content;
    const parts = content ? [{ ...content, sha256: '' }] : [];
    const sent = encodeFr({ event: { type: event, data } as never, parts }, contextOf({ ...SITE, identityAuthorities: [] }), NATIONAL_PROFILE);
    return sent.outcome === 'message' ? sent.envelope.text : JSON.stringify(sent);
  };

  it('a deletion need not carry its document again: the id is enough, in and out', () => {
    const found = decodeDocument({ event: 'T04' });
    const data = structuredClone(found.events[0]?.data) as { document: Record<string, unknown> };
    for (const field of ['content', 'bytes', 'mime', 'format', 'level']) delete data.document[field];
    const text = send('dcc.document.deleted', data);
    expect(text)
      .to.match(/ORC\|CA/)
      .and.to.match(/TXA\|1\|34794-8\|.*\|1\.2\.250\.1\.999\.92\.1\|/);
    const again = decodeFr(open(text), contextOf(SITE), NATIONAL_PROFILE);
    expect(again.error).to.equal(undefined);
    expect(again.events[0]).to.deep.include({ type: 'dcc.document.deleted', document: { id: DOCUMENT_ID } });
  });

  it('a deletion that names no document is refused, in and out', () => {
    const lines = documentLines({ event: 'T04', documents: [''], orders: false, txa12: '' });
    expect(decode(lines).error?.code).to.equal('ERR_HL7_FIELD_MISSING');
    const data = structuredClone(decodeDocument({ event: 'T04' }).events[0]?.data) as { document: Record<string, unknown> };
    for (const field of ['id', 'sourceId']) delete data.document[field];
    expect(send('dcc.document.deleted', data)).to.contain('ERR_ENCODE_UNSUPPORTED');
  });

  it('the event, ORC-1 and OBX-11 agree, or the message is refused (FACTS A1)', () => {
    const actions = { T02: ['NW', 'F'], T10: ['RO', 'C'], T04: ['CA', 'D'], R01: ['', ''] } as const;
    for (const event of ['T02', 'T10', 'T04', 'R01'] as const)
      for (const orc of ['NW', 'RO', 'CA'])
        for (const obx11 of ['F', 'C', 'D']) {
          const found = decodeDocument({ event, orc, obx11, txa13: '1.2.3' });
          const pair = orc + obx11;
          const agrees = event === 'R01' ? ['NWF', 'ROC', 'CAD'].includes(pair) : pair === actions[event].join('');
          expect(found.error?.code, `${event} ${pair}`).to.equal(agrees ? undefined : 'ERR_DOCUMENT_INCOHERENT');
        }
  });

  it('the id, the set and the version of the document are its own; TXA-13 names what it replaces where the document does not', () => {
    const version = '<setId root="1.2.250.1.999.92.100"/><versionNumber value="2"/>';
    const documents = [cda({ id: '1.2.250.1.999.92.2', version, related: DOCUMENT_ID })];
    const found = decodeDocument({ event: 'T10', documents, txa12: '1.2.250.1.999.92.2', txa13: DOCUMENT_ID });
    const named = { id: '1.2.250.1.999.92.2', setId: '1.2.250.1.999.92.100', version: 2, replaces: DOCUMENT_ID };
    expect(found.events[0]).to.deep.include({ type: 'dcc.document.received', document: named });
    expect(found.warnings).to.deep.equal([]);
    expect(send('dcc.document.received', found.events[0]?.data)).to.match(
      /MDM\^T10.*ORC\|RO.*\|1\.2\.250\.1\.999\.92\.2\|1\.2\.250\.1\.999\.92\.1\|.*\|C\r/s,
    );
    expect(codesOf(decodeDocument({ event: 'T10', documents, txa12: '1.2.250.1.999.92.2', txa13: '1.2.9' }))).to.include(
      'replaced-document-mismatch',
    );
  });
});
