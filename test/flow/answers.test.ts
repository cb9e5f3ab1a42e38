/** B8 and the ZAM of the guide over real sockets: what the record says of our message comes to the hospital as news of its own message. */
import { expect } from 'chai';
import type { DocumentWhere } from 'passerelle/contract';
import net from 'node:net';
import { startReceiver, type Receiver } from './receiver.ts';
import { freePorts, TestRegion, TOKEN, until } from './region.ts';

const ID = '1.2.250.1.999.20.7.4242';
const frame = (segments: readonly string[]): string => `\x0b${segments.join('\r')}\r\x1c\r`;

/** Sends one message; MSA-1 of its answer. */
const send = (port: number, segments: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(frame(segments)));
    let heard = '';
    socket.on('error', reject).on('data', (chunk) => {
      heard += chunk.toString();
      if (!heard.includes('\x1c')) return;
      socket.destroy();
      resolve(/MSA\|(\w\w)/.exec(heard)?.[1]);
    });
  });

describe('answers of the record', () => {
  const region = new TestRegion();
  let hospital: Receiver;
  let record: Receiver;
  let pilotIn = 0;
  before(async () => {
    const [toHospital = 0, toRecord = 0, fromRecord = 0] = await freePorts(3);
    pilotIn = fromRecord;
    hospital = await startReceiver(toHospital);
    record = await startReceiver(toRecord);
    await region.prepare((yaml) =>
      yaml
        .replace('id: dxcare', 'id: ci-sis')
        .replace('commandLine: legacy, ', '')
        // The call of the site is DxCare's.
        .replace(/contextualCall:\n {2}connector: dxcare\n[^]*$/, '')
        .replace('port: ' + String(region.ports.dxcare), `port: ${toHospital}`)
        .replace('sends: [dcc.document.received, dcc.document.deleted]', 'sends: [dcc.document.received, dcc.delivery.*]')
        .replace(
          '      - name: dcc-in\n',
          `      - { name: pilot-in, direction: in, transport: mllp, port: ${fromRecord} }\n` +
            `      - { name: pilot-out, direction: out, transport: mllp, host: 127.0.0.1, port: ${toRecord}, idempotent: true, sends: [dcc.document.*] }\n` +
            '      - name: dcc-in\n',
        )
        .replace('sends: [dcc.identity.*, dcc.visit.*, dcc.document.*]', 'sends: [dcc.document.*, dcc.delivery.*]'),
    );
    await region.start();
  });
  after(async () => {
    await region.stop();
    await hospital?.stop();
    await record?.stop();
  });

  it('B8: a ZAM that names our message reaches the hospital as a ZAM that names its own, once, and stands with the document', async () => {
    const pdf = Buffer.from('%PDF-1.4\n% fiche\n%%EOF\n').toString('base64');
    const type = '34794-8^CR de RCP^LN';
    const sent = await send(region.ports.mllp, [
      'MSH|^~\\&|DXCARE|CH|DCC|KPROCESS|20261001090000||MDM^T02^MDM_T02|HOSPITAL-77|T|2.6|||||FRA|UNICODE UTF-8',
      'EVN||20261001090000',
      'PID|1||D4711^^^DXCARE&1.2.250.1.999.10.1&ISO^PI||ESSAI^JEANNE^JEANNE^^^^L||19600101|F',
      'ORC|NW|N1',
      `OBR|1|N1||${type}|||20261001090000`,
      `TXA|1|34794-8|TEXT|20261001090000||||||||${ID}|||||AU`,
      `OBX|1|ED|${type}||^application^pdf^Base64^${pdf}||||||F`,
    ]);
    expect(sent).to.equal('AA');
    await region.drained();
    const ours = record.received[0]!.get('MSH-10');
    expect(ours).to.not.equal('HOSPITAL-77');
    const zam = (control: string): string[] => [
      `MSH|^~\\&|KPROCESS|DCC|PASSERELLE|X|20261001100000||ZAM^Z01^ZAM_Z01|${control}|T|2.6|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2`,
      'EVN||20261001100000',
      `OBX|1|CWE|ACK_RECEPTION_DMP^Accusé^AckMetierZAM|${ours}|N^^expandedYes-NoIndicator||||||F`,
      'ERR|||207^Application error^messageErrorCondition|E|DMPClosed^DMP fermé^DMP_ERROR_CODE',
    ];
    expect(await send(pilotIn, zam('Z-1'))).to.equal('AA');
    expect(await send(pilotIn, zam('Z-2'))).to.equal('AA');
    await region.drained();
    await until('the hospital is told', 10_000, () => hospital.received.length > 0);
    expect(hospital.received.map((one) => ['MSH-9.2', 'OBX-3.1', 'OBX-4', 'OBX-5.1', 'ERR-5.1'].map((field) => one.get(field)))).to.deep.equal([
      ['Z01', 'ACK_RECEPTION_DMP', 'HOSPITAL-77', 'N', 'DMPClosed'],
    ]);
    const { legs } = await region.get<DocumentWhere>(`documents/${ID}`);
    expect(legs.flatMap(({ proofs }) => proofs.map(({ proof, code }) => `${proof} ${code}`))).to.deep.equal(['filing-refused DMPClosed']);
  });

  it('B8: of two documents of one ORU each is answered by itself, as news of that ORU, and each answer stands with its own', async () => {
    const ids = [1, 2].map((n) => `1.2.250.1.999.20.7.425${n}`);
    const cda = (id: string, body: string): string =>
      Buffer.from(
        `<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="${id}"/><code code="34794-8" codeSystem="2.16.840.1.113883.6.1"/><recordTarget>` +
          '<patientRole><id root="1.2.250.1.999.10.1" extension="D4711"/><patient><name><family qualifier="BR">ESSAI</family><given>JEANNE</given></name>' +
          `<administrativeGenderCode code="F"/><birthTime value="19600101"/></patient></patientRole></recordTarget><component>${body}</component></ClinicalDocument>`,
      ).toString('base64');
    const pdf = `<nonXMLBody><text mediaType="application/pdf" representation="B64">${Buffer.from('%PDF-1.4\n% pair\n%%EOF\n').toString('base64')}</text></nonXMLBody>`;
    const type = '34794-8^CR de RCP^LN';
    const [before, told] = [record.received.length, hospital.received.length];
    await send(region.ports.mllp, [
      'MSH|^~\\&|DXCARE|CH|DCC|KPROCESS|20261001090000||ORU^R01^ORU_R01|HOSPITAL-78|T|2.5|||||FRA|UNICODE UTF-8',
      'PID|1||D4711^^^DXCARE&1.2.250.1.999.10.1&ISO^PI||ESSAI^JEANNE^JEANNE^^^^L||19600101|F',
      'ORC|NW|N2',
      `OBR|1|N2||${type}|||20261001090000`,
      ...[cda(ids[0]!, pdf), cda(ids[1]!, '<structuredBody/>')].map((each, i) => `OBX|${i + 1}|ED|${type}||^TEXT^XML^Base64^${each}||||||F`),
    ]);
    await region.drained();
    const ours = record.received.slice(before).map((one) => one.get('MSH-10'));
    expect(ours).to.have.length(2);
    for (const [i, control] of ours.entries())
      await send(pilotIn, [
        `MSH|^~\\&|KPROCESS|DCC|PASSERELLE|X|20261001100000||ZAM^Z01^ZAM_Z01|Z-2${i}|T|2.6|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2`,
        'EVN||20261001100000',
        `OBX|1|CWE|ACK_RECEPTION_DMP^Accusé^AckMetierZAM|${control}|${i === 0 ? 'Y' : 'N'}^^expandedYes-NoIndicator||||||F`,
        ...(i === 0 ? [] : ['ERR|||207^Application error^messageErrorCondition|E|DMPClosed^DMP fermé^DMP_ERROR_CODE']),
      ]);
    await region.drained();
    await until('the hospital is told of both', 10_000, () => hospital.received.length === told + 2);
    expect(hospital.received.slice(told).map((one) => [one.get('OBX-4'), one.get('OBX-5.1')])).to.deep.equal([
      ['HOSPITAL-78', 'Y'],
      ['HOSPITAL-78', 'N'],
    ]);
    const proofsOf = async (id: string): Promise<unknown[]> =>
      (await region.get<DocumentWhere>(`documents/${id}`)).legs.flatMap(({ proofs }) => proofs.map(({ proof }) => proof));
    expect([await proofsOf(ids[0]!), await proofsOf(ids[1]!)]).to.deep.equal([['filed'], ['filing-refused']]);
  });

  const post = async (path: string, messageId: string, body: object): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${region.ports.public}/entrant/k-process/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, 'idempotency-key': messageId },
      body: JSON.stringify({ contract: '1.0', messageId, occurredAt: '2026-10-01T10:00:00+02:00', environment: 'test', ...body }),
    });
    return answer.status;
  };

  it('B8: a ZAM of the hospital reaches the record as JSON about its own message: nothing of it is dead', async () => {
    const identifiers = [{ value: 'D4711', authority: { oid: '1.2.250.1.999.10.1' }, type: 'PI' }];
    const content = { mime: 'application/pdf', encoding: 'base64', content: Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64') };
    const document = { type: 'FRCP', id: { root: `${ID}1` }, content };
    const published = { type: 'document.published', patient: { identifiers }, document, destinations: ['990001018'] };
    expect(await post('documents', 'RECORD-5', published)).to.equal(201);
    await region.drained();
    const ours = hospital.received.at(-1)!.get('MSH-10');
    const answered = await send(region.ports.mllp, [
      'MSH|^~\\&|DXCARE|CH|DCC|KPROCESS|20261001100000||ZAM^Z03^ZAM_Z01|Z-5|T|2.6|||||FRA|UNICODE UTF-8',
      'EVN||20261001100000',
      `OBX|1|CWE|ACK_LECTURE_MSS^Accusé^AckMetierZAM|${ours}|N^^expandedYes-NoIndicator||||||F`,
      'ERR|||207^Application error^messageErrorCondition|E|902^Patient inconnu^applicationErrorCondition',
    ]);
    expect(answered).to.equal('AA');
    await region.drained();
    const [message] = await region.messages('controlId=Z-5&limit=1');
    const { deliveries } = await region.timeline(message!.id);
    expect(deliveries.map(({ lane, state }) => [lane, state])).to.deep.equal([['dcc-out', 'delivered']]);
    expect((await region.record.counts()).told).to.deep.equal({ 'RECORD-5': ['mss.integration-failed'] });
  });

  it('B8: what the record says of our message over JSON reaches the hospital as a ZAM about its own', async () => {
    const [sent] = await region.messages('controlId=HOSPITAL-77&limit=1');
    const { deliveries } = await region.timeline(sent!.id);
    const about = deliveries.find(({ lane }) => lane === 'dcc-out')!.controlId;
    const before = hospital.received.length;
    expect(await post('documents/answers', 'RECORD-6', { type: 'document.answer', answer: { about, what: 'mss.read', reader: 'a@b.fr' } })).to.equal(
      201,
    );
    await region.drained();
    expect(hospital.received.slice(before).map((one) => ['MSH-9.2', 'OBX-4', 'OBX-5.1'].map((field) => one.get(field)))).to.deep.equal([
      ['Z03', 'HOSPITAL-77', 'Y'],
    ]);
  });

  it('an answer about a message that is none of ours is kept, and told to nobody', async () => {
    const before = hospital.received.length;
    const answer = await send(pilotIn, [
      'MSH|^~\\&|KPROCESS|DCC|PASSERELLE|X|20261001100000||ZAM^Z01^ZAM_Z01|Z-9|T|2.6|||||FRA|UNICODE UTF-8',
      'EVN||20261001100000',
      'OBX|1|CWE|ACK_RECEPTION_DMP^Accusé^AckMetierZAM|NOBODY|Y^^expandedYes-NoIndicator||||||F',
    ]);
    expect(answer).to.equal('AA');
    await region.drained();
    const [message] = await region.messages('controlId=Z-9&limit=1');
    expect([message!.state, message!.warnings.map(({ code }) => code), hospital.received.length]).to.deep.equal([
      'decoded',
      ['answer-unmatched'],
      before,
    ]);
  });
});
