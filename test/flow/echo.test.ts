/** B5, B4 and B10 over real sockets: what the record publishes as a PDF reaches the hospital in a CDA made for it, and comes back in every wrapping. */
import net from 'node:net';
import { expect } from 'chai';
import type { DocumentWhere, MessageView } from 'passerelle/contract';
import { passerelle } from '../unit/cli/cli-process.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { freePorts, TestRegion, TOKEN, until } from './region.ts';

const HOSPITAL = '990001018';
const ID = '1.2.250.1.999.20.7.31';
const PDF = Buffer.from('%PDF-1.4\n% fiche de la concertation\n%%EOF\n').toString('base64');

/** Sends one message; MSA-1 of its answer, with ERR-5 when there is one. */
const send = (port: number, segments: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(`\x0b${segments.join('\r')}\r\x1c\r`));
    let heard = '';
    socket.on('error', reject).on('data', (chunk) => {
      heard += chunk.toString();
      if (!heard.includes('\x1c')) return;
      socket.destroy();
      resolve([/MSA\|(\w\w)/.exec(heard)?.[1], /\|(9\d\d)\^/.exec(heard)?.[1]].filter(Boolean).join(' '));
    });
  });

describe('a document that comes back from where it was sent', () => {
  const region = new TestRegion();
  let hospital: Receiver;
  let record: Receiver;
  let count = 0;
  before(async () => {
    const [toHospital = 0, toRecord = 0] = await freePorts(2);
    hospital = await startReceiver(toHospital);
    record = await startReceiver(toRecord);
    await region.prepare((yaml) =>
      yaml
        .replace('commandLine: legacy, ', 'commandLine: legacy, cda: { plain: n1, confidentiality: N }, ')
        .replace('port: ' + String(region.ports.dxcare), `port: ${toHospital}`)
        .replace(
          '      - name: dcc-in\n',
          `      - { name: pilot-out, direction: out, transport: mllp, host: 127.0.0.1, port: ${toRecord}, idempotent: true, sends: [dcc.document.*] }\n` +
            '      - name: dcc-in\n',
        ),
    );
    await region.start();
  });
  after(async () => {
    await region.stop();
    await hospital?.stop();
    await record?.stop();
  });

  /** The record publishes a PDF that it only numbers: the hospital's CDA gets an id of ours. */
  async function publish(document: object): Promise<void> {
    const messageId = `PUB-${(count += 1)}`;
    const traits = { birthName: 'ESSAI', firstGivenName: 'JEANNE', sex: 'F', birthDate: '1960-01-01' };
    const answer = await fetch(`http://127.0.0.1:${region.ports.public}/entrant/k-process/v1/documents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, 'idempotency-key': messageId },
      body: JSON.stringify({
        contract: '1.0',
        type: 'document.published',
        messageId,
        occurredAt: '2026-10-01T09:00:00+02:00',
        environment: 'test',
        patient: { identifiers: [{ value: 'D4711', authority: { oid: '1.2.250.1.999.10.1' }, type: 'PI' }], traits },
        document: { type: 'FRCP', content: { mime: 'application/pdf', encoding: 'base64', content: PDF }, ...document },
        destinations: [HOSPITAL],
      }),
    });
    expect(answer.status, await answer.text()).to.equal(201);
    await region.drained();
  }
  const back = (txa12: string | undefined, obx5: string, event = 'T02', ipp = 'D4711', name = 'ESSAI'): Promise<string> =>
    send(region.ports.mllp, [
      `MSH|^~\\&|DXCARE|CH|DCC|KPROCESS|20261002090000||${txa12 ? `MDM^${event}^MDM_T02` : 'ORU^R01^ORU_R01'}|BACK-${(count += 1)}|T|${txa12 ? '2.6' : '2.5'}|||||FRA|UNICODE UTF-8`,
      ...(txa12 ? ['EVN||20261002090000'] : []),
      `PID|1||${ipp}^^^DXCARE&1.2.250.1.999.10.1&ISO^PI||${name}^JEANNE^JEANNE^^^^L||19600101|F`,
      `ORC|${event === 'T04' ? 'CA' : 'NW'}|H${count}`,
      `OBR|1|H${count}||34794-8^CR de RCP^LN|||20261002090000`,
      ...(txa12 ? [`TXA|1|34794-8|TEXT|20261002090000||||||||${txa12}|||||AU`] : []),
      `OBX|1|ED|34794-8^CR de RCP^LN||${obx5}||||||${event === 'T04' ? 'D' : 'F'}`,
    ]);
  /** Decided: an engine that has just started may answer AA before it is. */
  const last = async (): Promise<MessageView> => {
    const newest = async (): Promise<MessageView> => (await region.messages('limit=1'))[0]!;
    await until('the last message is decided', 30_000, async () => (await newest()).state !== 'received');
    return newest();
  };
  const warningsOf = async (): Promise<readonly string[]> => (await last()).warnings.map(({ code }) => code);
  const inHospital = (): { id: string; cda: string } => {
    const last = hospital.received.at(-1)!;
    return { id: last.get('TXA-12.1'), cda: last.get('OBX-5.5') };
  };

  it('B5: as the CDA that we made, its PDF alone, under the id it has there or a number; of another patient it waits', async () => {
    await publish({ sourceId: 'K-31' });
    const { id, cda } = inHospital();
    expect(id).to.match(/^2\.25\.\d{25,}$/);
    for (const [txa12, obx5] of [
      [id, `^text^XML^Base64^${cda}`],
      [id, `^application^pdf^Base64^${PDF}`],
      [undefined, `^application^pdf^Base64^${PDF}`],
    ] as const) {
      expect(await back(txa12, obx5)).to.equal('AA');
      expect(await warningsOf()).to.include('document-returned');
    }
    expect(await back(id, `^application^pdf^Base64^${PDF}`, 'T02', 'D4712', 'AUTRE')).to.equal('AA');
    expect((await last()).state).to.equal('quarantined');
    await region.drained();
    expect(record.received.length).to.equal(0);
  });

  it('B5: an N1 of ours under the id of its PDF', async () => {
    const other = Buffer.from('%PDF-1.4\n% autre fiche\n%%EOF\n').toString('base64');
    await publish({ id: { root: ID }, content: { mime: 'application/pdf', encoding: 'base64', content: other } });
    const { id, cda } = inHospital();
    expect(id).to.equal(ID);
    expect(await back(id, `^text^XML^Base64^${cda}`)).to.equal('AA');
    expect(await warningsOf()).to.include('document-returned');
    await region.drained();
    expect(record.received.length).to.equal(0);
  });

  it('B4, B8: deleted under the id it has there it is refused with 901; where it is can be asked by either name', async () => {
    const { id } = { id: hospital.received[0]!.get('TXA-12.1') };
    expect(await back(id, '', 'T04')).to.equal('AE 901');
    const byTheirs = await region.post<DocumentWhere>('documents/search', { document: id });
    expect(byTheirs.documents.map((one) => [one.id, one.state, one.knownAs])).to.deep.equal([
      ['K-31', 'in-force', [{ lane: 'estuaire-dxcare-out', id }]],
    ]);
    expect(byTheirs.legs.map(({ state }) => state)).to.deep.equal(['delivered']);
    expect((await region.post<DocumentWhere>('documents/search', { document: 'K-31' })).documents).to.deep.equal(byTheirs.documents);
    const { out } = await passerelle(['where', '--document', id, '--data', region.data]);
    expect(out).to.include('K-31 : en vigueur').and.to.include(`connu par estuaire-dxcare-out sous / known there as : ${id}`);
  });
});
