/** Over real sockets: what is said of a version that its receiver refused is said there of the one that it shows (SAFETY B3, B4). */
import net from 'node:net';
import { expect } from 'chai';
import type { DocumentWhere, MessageTimeline, MessageView } from 'passerelle/contract';
import { describeJournals } from '../fault/journals.ts';
import { publishDocument, recordOf } from './hospital.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { freePorts, TestRegion, TOKEN, until } from './region.ts';

const TYPE = '34794-8^CR de RCP^LN';
const oid = (n: number): string => `1.2.250.1.999.20.11.${n}`;
const ACTIONS = { T02: ['NW', 'F'], T10: ['RO', 'C'], T04: ['CA', 'D'] } as const;

const pdfOf = (n: number): string => Buffer.from(`%PDF-1.4\n% ${n}\n%%EOF\n`).toString('base64');

/** It says its id, and what it replaces, itself. */
const cda = (id: number, replaces: number | undefined): string =>
  '<ClinicalDocument xmlns="urn:hl7-org:v3"><templateId root="1.2.250.1.213.1.1.1.8" extension="2022.01"/>' +
  `<id root="${oid(id)}"/><code code="34794-8" codeSystem="2.16.840.1.113883.6.1"/><confidentialityCode code="N"/>` +
  '<recordTarget><patientRole><id root="1.2.250.1.999.10.1" extension="D4711"/><patient><name><family qualifier="BR">ESSAI</family>' +
  '<given>JEANNE</given></name><administrativeGenderCode code="F"/><birthTime value="19600101"/></patient></patientRole></recordTarget>' +
  (replaces === undefined
    ? ''
    : `<relatedDocument typeCode="RPLC"><parentDocument><id root="${oid(replaces)}"/></parentDocument></relatedDocument>`) +
  `<component><nonXMLBody><text mediaType="application/pdf" representation="B64">${pdfOf(id)}</text>` +
  '</nonXMLBody></component></ClinicalDocument>';

describeJournals('versions that their receiver refused', (journal) => {
  const region = new TestRegion(journal);
  const record = recordOf(region);
  let count = 0;

  /** A PDF as an MDM, a CDA as an ORU. */
  async function send(form: 'PDF' | 'CDA', event: keyof typeof ACTIONS, id: number, replaces?: number, mask = ''): Promise<MessageView> {
    const [order, result] = ACTIONS[event];
    const at = `202610010900${String((count += 1)).padStart(2, '0')}`;
    const content = form === 'CDA' ? Buffer.from(cda(id, replaces)).toString('base64') : pdfOf(id);
    const message = form === 'CDA' ? 'ORU^R01^ORU_R01' : `MDM^${event}^MDM_T02`;
    const segments = [
      `MSH|^~\\&|DXCARE|CH|DCC|KPROCESS|${at}||${message}|VERSION${count}|T|${form === 'CDA' ? '2.5' : '2.6'}|||||FRA|UNICODE UTF-8`,
      'PID|1||D4711^^^DXCARE&1.2.250.1.999.10.1&ISO^PI||ESSAI^JEANNE^JEANNE^^^^L||19600101|F',
      `ORC|${order}|V${id}`,
      `OBR|1|V${id}||${TYPE}|||20261001090000`,
      ...(form === 'CDA' ? [] : [`TXA|1|34794-8|TEXT|20261001090000||||||||${oid(id)}|${replaces === undefined ? '' : oid(replaces)}||||AU|${mask}`]),
      `OBX|1|ED|${TYPE}||${form === 'CDA' ? '^TEXT^XML' : '^application^pdf'}^Base64^${content}||||||${result}`,
    ];
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = net.connect(region.ports.mllp, '127.0.0.1', () => socket.write(`\x0b${segments.join('\r')}\r\x1c\r`));
      socket.on('error', reject).once('data', (chunk) => {
        socket.destroy();
        resolve(chunk.toString());
      });
    });
    expect(answer).to.include('MSA|AA');
    const newest = async (): Promise<MessageView> => (await region.messages('limit=1'))[0]!;
    await until('it is decided', 30_000, async () => (await newest()).state !== 'received');
    await region.drained();
    return newest();
  }
  /** It is refused, and a person gives it up. */
  async function refused(form: 'PDF' | 'CDA', id: number, replaces: number, mask?: 'R'): Promise<void> {
    record.answers = () => 'refused';
    await send(form, 'T10', id, replaces, mask);
    await discarded(id);
  }
  async function discarded(id: number): Promise<void> {
    record.answers = () => 'filed';
    const { legs } = await region.post<DocumentWhere>('documents/search', { document: oid(id) });
    for (const { id: delivery, state } of legs)
      if (state === 'dead') await region.post(`deliveries/${delivery}:discard`, { why: 'it will be sent better' });
  }
  const told = (): unknown => {
    const { type, document } = record.told.at(-1) as unknown as {
      readonly type: string;
      readonly document: { readonly id: { readonly root: string }; readonly replaces?: string };
    };
    return [type, document.id.root, document.replaces];
  };
  const stillShown = ({ warnings }: MessageView): readonly unknown[] =>
    warnings.flatMap(({ code, detail }) => (code === 'still-shown' ? [detail] : []));

  for (const [form, n] of [
    ['PDF', 0],
    ['CDA', 20],
  ] as const)
    it(`B3, B4: a ${form} that replaces or withdraws what never arrived leaves as its author says, and its message says which one is shown on`, async () => {
      await send(form, 'T02', n + 1);
      await refused(form, n + 2, n + 1);
      expect(stillShown(await send(form, 'T10', n + 3, n + 2))).to.deep.equal([oid(n + 1)]);
      expect(told()).to.deep.equal(['document.published', oid(n + 3), oid(n + 2)]);
      await send(form, 'T02', n + 11);
      await refused(form, n + 12, n + 11);
      expect(stillShown(await send(form, 'T04', n + 12))).to.deep.equal([oid(n + 11)]);
      expect(told()).to.deep.equal(['document.deleted', oid(n + 12), undefined]);
    });

  it('B3, B4: the delivery that died, and is given up, says what its receiver shows on: in where, and in its message', async () => {
    const shown = async (id: number): Promise<readonly unknown[]> => {
      const { legs, messages } = await region.post<DocumentWhere>('documents/search', { document: oid(id) });
      const told = legs.map(({ state, stillShown: on }) => [state, on]);
      const [{ deliveries }] = messages as [MessageTimeline];
      expect(deliveries.at(-1)!.stillShown).to.equal(legs[0]!.stillShown);
      return told;
    };
    await send('PDF', 'T02', 61);
    record.answers = () => 'refused';
    await send('PDF', 'T10', 62, 61);
    expect(await shown(62)).to.deep.equal([['dead', oid(61)]]);
    await discarded(62);
    expect(await shown(62)).to.deep.equal([['discarded', oid(61)]]);
    await send('PDF', 'T10', 62, 61);
    expect(await shown(62), 'it came again, and arrived').to.deep.equal([
      ['delivered', undefined],
      ['discarded', undefined],
    ]);
    record.answers = () => 'refused';
    await send('PDF', 'T04', 62);
    expect((await shown(62))[0]).to.deep.equal(['dead', oid(62)]);
    await discarded(62);
    await send('PDF', 'T04', 62);
    expect(await shown(62), 'withdrawn there at last').to.not.deep.include(['discarded', oid(62)]);
  });

  it('B3: where neither a version nor what it was to replace arrived, nothing is shown on', async () => {
    record.answers = () => 'refused';
    await send('PDF', 'T02', 71);
    await discarded(71);
    record.answers = () => 'refused';
    await send('PDF', 'T10', 72, 71);
    await discarded(72);
    const { legs } = await region.post<DocumentWhere>('documents/search', { document: oid(72) });
    expect(legs.map(({ state, stillShown: on }) => [state, on])).to.deep.equal([['discarded', undefined]]);
  });

  it('B3, B4: what its receiver refused of a version that it has leaves that one in its place', async () => {
    await send('PDF', 'T02', 41);
    await send('PDF', 'T10', 42, 41);
    await refused('PDF', 42, 41, 'R');
    expect(stillShown(await send('PDF', 'T04', 42))).to.deep.equal([]);
    expect(told()).to.deep.equal(['document.deleted', oid(42), undefined]);
  });

  it('B3, B4: what was replaced by what its author withdrew goes nowhere, though neither arrived', async () => {
    record.answers = () => 'refused';
    await send('PDF', 'T02', 51);
    await discarded(51);
    await refused('PDF', 52, 51);
    await send('PDF', 'T04', 52);
    const before = record.told.length;
    await send('PDF', 'T02', 51);
    expect(record.told).to.have.length(before);
  });
});

describe('a PDF that only has an id, for care software', () => {
  const region = new TestRegion();
  let hospital: Receiver;
  let count = 0;
  before(async () => {
    const [toHospital = 0] = await freePorts(1);
    hospital = await startReceiver(toHospital);
    await region.prepare((yaml) => yaml.replace(`port: ${String(region.ports.dxcare)}`, `port: ${toHospital}`));
    await region.start();
  });
  after(async () => {
    await region.stop();
    await hospital?.stop();
  });

  async function publish(type: 'published' | 'deleted', document: object): Promise<void> {
    const content = { mime: 'application/pdf', encoding: 'base64', content: pdfOf((count += 1)) };
    await publishDocument(region, TOKEN, { type, number: count, document: { ...document, ...(type === 'published' && { content }) } });
  }

  it('B3, B4: is named when it comes, when it is replaced and when it is withdrawn', async () => {
    const id = (n: number): object => ({ id: { root: oid(n) } });
    await publish('published', id(31));
    await publish('published', { ...id(32), action: 'replace', status: 'corrected', replaces: oid(31) });
    await publish('deleted', id(32));
    const fields = ['MSH-9.2', 'ORC-1', 'TXA-12.1', 'TXA-13.1'];
    expect(hospital.received.map((message) => fields.map((field) => message.get(field)))).to.deep.equal([
      ['T02', 'NW', oid(31), ''],
      ['T10', 'RO', oid(32), oid(31)],
      ['T04', 'CA', oid(32), ''],
    ]);
  });
});
