import { expect } from 'chai';
import { CATALOGUE, PasserelleError, type ErrorCode, type ReplyOutcome } from '../../../core/contract/index.ts';
import { parseHl7 } from '../../codec-hl7v2/index.ts';
import { APPLICATION_ERRORS } from '../application-errors.ts';
import { acknowledgeFr, decodeFr, dialect, encodeFr, interpretFr, NATIONAL_PROFILE } from '../index.ts';
import { cda, decodeDocument, documentLines, flagLines } from './documents.ts';
import { contextOf, decode, header, INS_OID, open, SITE } from './messages.ts';

const sent = { controlId: 'X1', type: 'dcc.document.received' };
const replyOf = (ack: string, err = ''): ReplyOutcome =>
  interpretFr(open(`${header('ACK^T02^ACK')}\rMSA|${ack}|X1\r${err && `ERR|||${err}\r`}`), sent, NATIONAL_PROFILE);
const refusal = (code: ErrorCode, detail: object = {}, lines = documentLines()): string => {
  const error = new PasserelleError(code, detail).toData();
  const reply = acknowledgeFr({ decision: 'reject', ack: 'AE', error, warnings: [] }, open(lines.join('\r')), contextOf(), NATIONAL_PROFILE);
  return reply?.text ?? '';
};

describe('FACTS A7: technical acknowledgement', () => {
  it('answers in the place, version and processing mode of the message; MSH-17 and 18 always to a message of the guides', () => {
    for (const event of ['T02', 'T10', 'T04', 'R01'] as const) {
      const lines = documentLines({ event });
      const bare = lines.map((one) => one.replace('|||||FRA|UNICODE UTF-8|', '|||||||'));
      for (const message of [lines, bare]) {
        const reply = acknowledgeFr({ decision: 'accept', ack: 'AA', warnings: [] }, open(message.join('\r')), contextOf(), NATIONAL_PROFILE);
        const read = parseHl7(reply?.text ?? '');
        const facts = ['MSH-3', 'MSH-4', 'MSH-5', 'MSH-6', 'MSH-9.1', 'MSH-9.2', 'MSH-9.3', 'MSH-11', 'MSH-12', 'MSH-17', 'MSH-18', 'MSA-1', 'MSA-2'];
        expect(facts.map((one) => read.get(one))).to.deep.equal([
          'DCC',
          'DCC',
          'GAM',
          'CH',
          'ACK',
          event,
          'ACK',
          'T',
          event === 'R01' ? '2.5' : '2.6',
          'FRA',
          'UNICODE UTF-8',
          'AA',
          'M1',
        ]);
      }
    }
  });

  it('names the tables as the guide of the message does', () => {
    expect(refusal('ERR_PATIENT_MISMATCH')).to.match(
      /\|207\^Application error\^messageErrorCondition\|E\|904\^INS différent\^applicationErrorCondition\|/,
    );
    const lps = documentLines({ conformance: '1.1^CISIS_CDA_HL7_LPS' });
    expect(refusal('ERR_PATIENT_MISMATCH', {}, lps)).to.contain('904^INS différent^applicationErrorCode');
    expect(refusal('ERR_PATIENT_MISMATCH', {}, [header('ORU^R01^ORU_R01')])).to.contain('904^INS différent^HL70533');
  });

  it('of a fault of syntax has a code of table 0357 and none of the application', () => {
    expect(refusal('ERR_DOCUMENT_BASE64')).to.match(/\|102\^Data type error\^messageErrorCondition\|E\|\|/);
  });

  it('A5 refuses the other environment: AR 202 for the message, AE for the INS', () => {
    const production = documentLines().map((one) => one.replace('|T|2.6', '|P|2.6'));
    const found = decode(production);
    expect(found.error?.code).to.equal('ERR_HL7_PROCESSING_ID');
    expect(CATALOGUE.ERR_HL7_PROCESSING_ID).to.include({ ack: 'AR', hl7: 202 });
    const ins = decode(documentLines().map((one) => one.replaceAll(INS_OID, '1.2.250.1.213.1.4.8')));
    expect(ins.error?.code).to.equal('ERR_INS_ENVIRONMENT');
    expect(CATALOGUE.ERR_INS_ENVIRONMENT).to.include({ ack: 'AE' });
  });

  it('received: AR is tried again, AE never unchanged', () => {
    expect(replyOf('AA').outcome).to.equal('delivered');
    expect(replyOf('AR').outcome).to.equal('later');
    expect(replyOf('AR', '207^x^x|E|906^x^x').outcome).to.equal('later');
    for (const code of [100, 101, 102, 103, 198, 199, 207]) expect(replyOf('AE', `${code}^x^x`).outcome, String(code)).to.equal('refused');
    for (const code of [200, 201, 202, 203]) expect(replyOf('AR', `${code}^x^x`).outcome, String(code)).to.equal('refused');
  });
});

describe('FACTS A8: application errors 900 to 906', () => {
  it('are all in the table, each with a refusal that earns it or gives it', () => {
    expect(Object.keys(APPLICATION_ERRORS).map(Number)).to.deep.equal([900, 901, 902, 903, 904, 905, 906]);
    for (const [code, { from }] of Object.entries(APPLICATION_ERRORS))
      for (const one of from) expect((CATALOGUE[one] as { err5?: number }).err5, one).to.equal(Number(code));
  });

  const situations: Readonly<Record<number, () => ReturnType<typeof decode>>> = {
    900: () => decodeDocument({ event: 'T10', txa13: '1.2.250.1.999.92.1' }),
    903: () => decodeDocument({ documents: [cda({ ids: '<id root="1.2.250.1.999.77" extension="X1"/>' })] }),
    904: () => decodeDocument({ documents: [cda({ ids: `<id root="${INS_OID}" extension="258033399990170"/>` })] }),
    905: () => decodeDocument({ documents: [cda({ ids: `<id root="${INS_OID}" extension="1750699990123"/>` })] }),
    906: () => decodeDocument({ rest: flagLines({ DESTDMP: 'Y', DESTMSSANTEPAT: 'Y' }) }, { ...SITE, connector: { mailMatrix: 'strict' } }),
  };
  for (const [code, situation] of Object.entries(situations))
    it(`${code} is answered AE 207 in its situation`, () => {
      const found = situation();
      expect(found).to.include({ decision: 'reject' });
      const { code: error, message: _, ...detail } = found.error ?? { code: 'ERR_ENGINE_DEFECT', message: '' };
      const reply = parseHl7(refusal(error as ErrorCode, detail));
      expect([reply.get('MSA-1'), reply.get('ERR-3.1'), reply.get('ERR-5.1')]).to.deep.equal(['AE', '207', code]);
    });

  it('901 is answered when the memory of documents says it', () => {
    expect(refusal('ERR_DOCUMENT_VERSION', { applicationCode: 901 })).to.contain('|901^Auteur non autorisé^applicationErrorCondition|');
  });

  it('904 for a patient without anything in common, whose traits differ as well', () => {
    const found = decodeDocument({ documents: [cda({ ids: '<id root="1.2.250.1.999.77" extension="X1"/>', cog: '51215' })] });
    expect(found.error).to.include({ code: 'ERR_PATIENT_MISMATCH', applicationCode: 904 });
  });

  it('are understood: 902 holds until the patient is known, the others are refused whatever MSA-1 says', () => {
    for (const code of [900, 901, 902, 903, 904, 905, 906])
      for (const ack of ['AE', 'AR', 'CE']) {
        const found = replyOf(ack, `207^x^messageErrorCondition|E|${code}^x^applicationErrorCode`);
        const expected = code === 902 ? 'unknown-there' : code === 906 && ack === 'AR' ? 'later' : 'refused';
        expect(found, `${ack} ${code}`).to.include({ outcome: expected, applicationCode: code });
      }
  });

  it('are understood in a second ERR, or where the code of HL7 belongs', () => {
    const two = open(`${header('ACK^T02^ACK')}\rMSA|AE|X1\rERR|||207^x^x|W\rERR|||207^x^x|E|902^x^x\r`);
    expect(interpretFr(two, sent, NATIONAL_PROFILE)).to.include({ outcome: 'unknown-there', hl7Code: 207, applicationCode: 902 });
    expect(replyOf('AE', '904^INS différent^x')).to.include({ outcome: 'refused', hl7Code: 207, applicationCode: 904 });
  });
});

describe('FACTS A8, B8: business acknowledgements (ZAM)', () => {
  const mail = 'lea.testard@test-ci-sis.mssante.fr';
  const answers: readonly (readonly [type: string, trigger: string, data: Readonly<Record<string, string | number | boolean | undefined>>])[] = [
    ['dcc.delivery.dmp.accepted', 'Z01', { channel: 'DMP', status: 'accepted' }],
    ['dcc.delivery.dmp.refused', 'Z01', { channel: 'DMP', status: 'refused', hl7Code: 207, dmpCode: 'DMPClosed', label: 'DMP fermé' }],
    ['dcc.delivery.mss.delivered', 'Z02', { channel: 'MSSANTE', recipient: mail, recipientRpps: '99705500025' }],
    ['dcc.delivery.mss.failed', 'Z02', { channel: 'MSSANTE', recipient: mail, hl7Code: 207, label: 'Inconnu', smtpCode: 550, permanent: true }],
    ['dcc.delivery.mss.failed', 'Z02', { channel: 'MSSANTE', recipient: mail, hl7Code: 207, label: 'Occupé', smtpCode: 450, permanent: false }],
    ['dcc.delivery.mss.read', 'Z03', { channel: 'MSSANTE', reader: mail }],
    ...[900, 901, 902, 903, 904, 905, 906].map(
      (applicationCode) =>
        [
          'dcc.delivery.mss.integration-failed',
          'Z03',
          { channel: 'MSSANTE', reader: mail, hl7Code: 207, applicationCode, label: APPLICATION_ERRORS[applicationCode]?.label },
        ] as const,
    ),
  ];
  const write = (type: string, data: object, profile = NATIONAL_PROFILE): ReturnType<typeof encodeFr> =>
    encodeFr(
      { event: { id: 'e', source: '', time: '2026-10-15T08:00:00Z', site: SITE.site, type, data: { originalMessageId: '015', ...data } }, parts: [] },
      contextOf(),
      profile,
    );
  const textOf = (result: ReturnType<typeof encodeFr>): string => (result.outcome === 'message' ? result.envelope.text : '');

  for (const [type, trigger, data] of answers)
    it(`${type} ${String(data['applicationCode'] ?? data['smtpCode'] ?? '')} is a ZAM^${trigger}, and comes back as itself with its correlation`, () => {
      const text = textOf(write(type, data));
      const message = parseHl7(text);
      const head = ['MSH-9.1', 'MSH-9.2', 'MSH-9.3', 'MSH-12', 'MSH-21.1', 'MSH-21.2', 'OBX-4'].map((one) => message.get(one));
      expect(head).to.deep.equal(['ZAM', trigger, 'ZAM_Z01', '2.6', '2.1', 'CISIS_CDA_HL7_V2', '015']);
      const found = decodeFr(open(text), contextOf(), NATIONAL_PROFILE);
      expect(found.events).to.have.length(1);
      expect(found.events[0]).to.deep.include({ type, correlation: '015', data: { originalMessageId: '015', ...data } });
      expect(found.terms).to.deep.include({ field: 'control-id', value: '015' });
    });

  it('are answered by an ACK of their own event', () => {
    const reply = acknowledgeFr(
      { decision: 'accept', ack: 'AA', warnings: [] },
      open(textOf(write('dcc.delivery.mss.read', {}))),
      contextOf(),
      NATIONAL_PROFILE,
    );
    expect(parseHl7(reply?.text ?? '').get('MSH-9.2')).to.equal('Z03');
  });

  it('B8 say no more than is known: care software that took it has received, not read; a relay proves nothing', () => {
    expect(textOf(write('dcc.document.delivered', { ack: 'AA' }))).to.contain('ACK_RECEPTION_MSS');
    expect(textOf(write('dcc.document.refused', { ack: 'AE', applicationCode: 904 })))
      .to.contain('ACK_LECTURE_MSS')
      .and.to.contain('|904^');
    expect(write('dcc.delivery.mss.relayed', {}).outcome).to.equal('refuse');
    expect(write('dcc.delivery.mss.read', { originalMessageId: undefined }).outcome).to.equal('refuse');
    expect(write('dcc.delivery.mss.read', {}, dialect('x', { writing: { answers: 'none' } })).outcome).to.equal('refuse');
  });

  it('B8 whose code and event are of two facts are refused, in any order of their OBX', () => {
    const lines = (code: string): string[] => [
      header('ZAM^Z03^ZAM_Z01', '2.6'),
      'EVN||20261001081500',
      `OBX|1|XTN|LECTEUR_MSS^x^AckMetierZAM||^^X.400^${mail}||||||F`,
      `OBX|2|CWE|${code}^x^AckMetierZAM|015|Y^^expandedYes-NoIndicator||||||F`,
    ];
    expect(decode(lines('ACK_LECTURE_MSS')).events[0]?.data).to.deep.include({ originalMessageId: '015', reader: mail });
    expect(decode(lines('ACK_RECEPTION_MSS')).error?.code).to.equal('ERR_HL7_FIELD_INVALID');
  });

  it('of several recipients in one message lose none', () => {
    const person = (n: number): string => `OBX|${n}|XTN|DESTINATAIRE_MSS^x^AckMetierZAM||^^X.400^r${n}@test-ci-sis.mssante.fr||||||F`;
    const about = 'OBX|1|CWE|ACK_RECEPTION_MSS^x^AckMetierZAM|015|Y^^expandedYes-NoIndicator||||||F';
    const found = decode([header('ZAM^Z02^ZAM_Z01', '2.6'), 'EVN||20261001081500', about, person(2), person(3)]);
    const recipients = found.events.map(({ data }) => (data as { recipient?: string }).recipient);
    expect(recipients).to.deep.equal(['r2@test-ci-sis.mssante.fr', 'r3@test-ci-sis.mssante.fr']);
  });

  it('a technical acknowledgement that came by itself has the id it is about as its correlation', () => {
    const found = decode([header('ACK^T02^ACK'), 'MSA|AE|KP-1', 'ERR|||207^x^x|E|902^x^x']);
    expect(found.events[0]).to.deep.include({ type: 'dcc.document.refused', correlation: 'KP-1' });
  });
});
