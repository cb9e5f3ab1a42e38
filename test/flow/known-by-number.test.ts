/** Over real sockets: what a plain receiver knows by the number of its source is replaced and withdrawn there by that number, whatever id it has since (SAFETY B3, B4). */
import { readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { once } from 'node:events';
import { expect } from 'chai';
import type { DocumentWhere } from 'passerelle/contract';
import { describeJournals } from '../fault/journals.ts';
import { publishDocument, recordOf } from './hospital.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { freePorts, TestRegion, TOKEN } from './region.ts';

const oid = (n: number): string => `1.2.250.1.999.20.12.${n}`;
const pdfOf = (content: string): string => Buffer.from(`%PDF-1.4\n% ${content}\n%%EOF\n`).toString('base64');
const CORRECTED = { action: 'replace', status: 'corrected' } as const;

describeJournals('documents that their receiver knows by a number', (journal) => {
  const region = new TestRegion(journal);
  let hospital: Receiver;
  let port = 0;
  let count = 0;
  before(async () => {
    [port = 0] = await freePorts(1);
    hospital = await startReceiver(port);
  });
  const record = recordOf(region, (yaml) => yaml.replace(`port: ${String(region.ports.dxcare)}`, `port: ${port}`));
  after(() => hospital?.stop());

  const publish = (content: string, document: object): Promise<void> =>
    publishDocument(region, TOKEN, {
      type: 'published',
      number: (count += 1),
      document: { ...document, content: { mime: 'application/pdf', encoding: 'base64', content: pdfOf(content) } },
    });
  const withdraw = (document: object): Promise<void> => publishDocument(region, TOKEN, { type: 'deleted', number: (count += 1), document });
  const id = (n: number): object => ({ id: { root: oid(n) } });
  /** What the hospital was sent from there on. */
  const told = (from: number): readonly (readonly string[])[] =>
    hospital.received.slice(from).map((message) => ['MSH-9.1', 'ORC-1', 'ORC-2', 'TXA-12.1', 'TXA-13.1'].map((field) => message.get(field)));

  it('B3, B4: by the number that care software has', async () => {
    await publish('c1', { sourceId: 'K1' });
    await publish('c1', id(1));
    await publish('c2', { ...id(2), ...CORRECTED, replaces: oid(1) });
    await withdraw(id(2));
    expect(told(0)).to.deep.equal([
      ['ORU', 'NW', 'K1', '', ''],
      ['ORU', 'RO', 'K1', '', ''],
      ['ORU', 'CA', 'K1', '', ''],
    ]);
  });

  it('B3: refused by its number, it takes the place of the one before it by an id', async () => {
    const before = hospital.received.length;
    await publish('c11', { sourceId: 'K2' });
    hospital.answers = () => 'AE';
    await publish('c12', { sourceId: 'K2', ...CORRECTED });
    hospital.answers = () => 'AA';
    const { legs } = await region.post<DocumentWhere>('documents/search', { document: 'K2' });
    for (const { id: delivery, state } of legs) if (state === 'dead') await region.post(`deliveries/${delivery}:discard`, { why: 'by its id' });
    await publish('c12', id(12));
    await withdraw(id(12));
    expect(told(before)).to.deep.equal([
      ['ORU', 'NW', 'K2', '', ''],
      ['ORU', 'RO', 'K2', '', ''],
      ['ORU', 'RO', 'K2', '', ''],
      ['ORU', 'CA', 'K2', '', ''],
    ]);
  });

  it('B3, B4: where it knows it by an id, that is what a correction by the number names, in a message that can', async () => {
    const before = hospital.received.length;
    await publish('c21', id(21));
    await publish('c21', { sourceId: 'K3' });
    await publish('c22', { sourceId: 'K3', ...CORRECTED });
    await publish('c23', { sourceId: 'K3', ...CORRECTED });
    expect(told(before)).to.deep.equal([
      ['MDM', 'NW', '', oid(21), ''],
      ['MDM', 'RO', 'K3', '', oid(21)],
      ['ORU', 'RO', 'K3', '', ''],
    ]);
  });

  it('B3, B4: by the number that the record has', async () => {
    const type = '34794-8^CR de RCP^LN';
    const send = async (message: string, order: string, result: string, txa: string, content: string): Promise<void> => {
      const at = `202610010900${String((count += 1)).padStart(2, '0')}`;
      const segments = [
        `MSH|^~\\&|DXCARE|CH|DCC|KPROCESS|${at}||${message}|NUMBER${count}|T|2.6|||||FRA|UNICODE UTF-8`,
        'PID|1||D4711^^^DXCARE&1.2.250.1.999.10.1&ISO^PI||ESSAI^JEANNE^JEANNE^^^^L||19600101|F',
        ...(txa ? [] : [`ORC|${order}|K9`]),
        `OBR|1|${txa ? '' : 'K9'}||${type}|||20261001090000`,
        ...(txa ? [`TXA|1|34794-8|TEXT|20261001090000||||||||${txa}||||AU`] : []),
        `OBX|1|ED|${type}||^application^pdf^Base64^${pdfOf(content)}||||||${result}`,
      ];
      const socket = net.connect(region.ports.mllp, '127.0.0.1', () => socket.write(`\x0b${segments.join('\r')}\r\x1c\r`));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      expect(answer.toString()).to.include('MSA|AA');
      await region.drained();
    };
    const before = record.told.length;
    await send('ORU^R01^ORU_R01', 'NW', 'F', '', 'c31');
    await send('MDM^T02^MDM_T02', '', 'F', oid(31), 'c31');
    await send('MDM^T10^MDM_T02', '', 'C', `${oid(32)}|${oid(31)}`, 'c32');
    await send('MDM^T04^MDM_T02', '', 'D', oid(32), 'c32');
    const documents = record.told.slice(before) as unknown as readonly {
      readonly type: string;
      readonly document: Readonly<Record<string, unknown>>;
    }[];
    expect(documents.map(({ type: what, document }) => [what, document['sourceId'], document['id'], document['replaces']])).to.deep.equal([
      ['document.published', 'K9', undefined, undefined],
      ['document.published', 'K9', undefined, undefined],
      ['document.deleted', 'K9', undefined, undefined],
    ]);
  });

  it('B3, B4: once its endpoint has another name, by that number too', async () => {
    const before = hospital.received.length;
    await publish('c41', { sourceId: 'K4' });
    await publish('c41', id(41));
    const documents = readdirSync(region.config).map((file) => {
      const text = readFileSync(path.join(region.config, file), 'utf8');
      return { file, text: text.replaceAll('estuaire-dxcare-out', 'estuaire-dxcare-renamed') };
    });
    await region.post('settings/apply', { documents, why: 'renamed' });
    await publish('c42', { ...id(42), ...CORRECTED, replaces: oid(41) });
    await withdraw(id(42));
    expect(told(before)).to.deep.equal([
      ['ORU', 'NW', 'K4', '', ''],
      ['ORU', 'RO', 'K4', '', ''],
      ['ORU', 'CA', 'K4', '', ''],
    ]);
  });
});
