/** Decision 0038 over real sockets: an N1 and an N3 that one ORU brings are two documents, each of which arrives once, whatever becomes of the other (SAFETY B2 to B4). */
import net from 'node:net';
import { expect } from 'chai';
import type { DocumentWhere, MessageView } from 'passerelle/contract';
import type { Hl7Message } from '../../plugins/codec-hl7v2/index.ts';
import { describeJournals } from '../fault/journals.ts';
import { publishDocument, recordOf, type Told } from './hospital.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { freePorts, TestRegion, TOKEN, until } from './region.ts';

const TYPE = '34794-8^CR de RCP^LN';
const PDF = Buffer.from('%PDF-1.4\n% fiche\n%%EOF\n').toString('base64');
const oid = (n: number): string => `1.2.250.1.999.20.8.${n}`;

interface Form {
  readonly id: number;
  readonly level: 'N1' | 'N3';
  readonly replaces?: number;
}

/** Both of one set, as in the official example; the N3 has a section that no reader of its model knows. */
const cda = ({ id, level, replaces }: Form, version = 1): string =>
  Buffer.from(
    '<ClinicalDocument xmlns="urn:hl7-org:v3"><templateId root="1.2.250.1.213.1.1.1.8" extension="2022.01"/>' +
      `<id root="${oid(id)}"/><code code="34794-8" codeSystem="2.16.840.1.113883.6.1"/><confidentialityCode code="N"/>` +
      `<setId root="${oid(1000 + Math.floor(id / 10))}"/><versionNumber value="${version}"/>` +
      '<recordTarget><patientRole><id root="1.2.250.1.999.10.1" extension="D4711"/><patient><name><family qualifier="BR">ESSAI</family>' +
      '<given>JEANNE</given></name><administrativeGenderCode code="F"/><birthTime value="19600101"/></patient></patientRole></recordTarget>' +
      (replaces === undefined
        ? ''
        : `<relatedDocument typeCode="RPLC"><parentDocument><id root="${oid(replaces)}"/></parentDocument></relatedDocument>`) +
      (level === 'N1'
        ? `<component><nonXMLBody><text mediaType="application/pdf" representation="B64">${PDF}</text></nonXMLBody></component>`
        : '<component><structuredBody><component><section><code code="10164-2" codeSystem="2.16.840.1.113883.6.1"/><text>Exemple</text>' +
          '</section></component></structuredBody></component>') +
      '</ClinicalDocument>',
  ).toString('base64');

/** Sends one message; MSA-1 of its answer. */
const exchange = (port: number, segments: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(`\x0b${segments.join('\r')}\r\x1c\r`));
    let heard = '';
    socket.on('error', reject).on('data', (chunk) => {
      heard += chunk.toString();
      if (!heard.includes('\x1c')) return;
      socket.destroy();
      resolve(/MSA\|(\w\w)/.exec(heard)?.[1]);
    });
  });

/** What the receiver of a lane got: which id, by which message, as what. */
interface Got {
  readonly id: string;
  readonly control: string;
  readonly what: string;
  readonly number: string;
}

for (const lane of ['dcc-out', 'pilot-out'] as const)
  describeJournals(`an N1 and an N3 of the hospital, by ${lane === 'dcc-out' ? 'JSON' : 'MDM'}`, (journal) => {
    const region = new TestRegion(journal);
    let pilot: Receiver;
    let toPilot = 0;
    let count = 0;
    before(async () => {
      [toPilot = 0] = await freePorts(1);
      pilot = await startReceiver(toPilot);
    });
    const record = recordOf(region, (yaml) =>
      lane === 'dcc-out'
        ? yaml.replace('sends: [dcc.identity.*, dcc.visit.*, dcc.document.*]', 'sends: [dcc.document.*]')
        : yaml
            .replace('sends: [dcc.identity.*, dcc.visit.*, dcc.document.*]', 'sends: [dcc.identity.*]')
            .replace(
              '      - name: dcc-in\n',
              `      - { name: pilot-out, direction: out, transport: mllp, host: 127.0.0.1, port: ${toPilot}, idempotent: true, sends: [dcc.document.*] }\n` +
                '      - name: dcc-in\n',
            ),
    );
    after(() => pilot?.stop());

    const ACTIONS = { new: ['NW', 'F'], replace: ['RO', 'C'], delete: ['CA', 'D'] } as const;
    /** In one ORU, with nothing but their ids and their places to tell them apart. */
    async function send(action: keyof typeof ACTIONS, forms: readonly Form[], version = 1): Promise<void> {
      const [order, result] = ACTIONS[action];
      const number = `R${Math.floor(forms[0]!.id / 10)}`;
      const at = `202610010900${String((count += 1)).padStart(2, '0')}`;
      const answer = await exchange(region.ports.mllp, [
        `MSH|^~\\&|DXCARE|CH|DCC|KPROCESS|${at}||ORU^R01^ORU_R01|PAIR${count}|T|2.5|||||FRA|UNICODE UTF-8`,
        'PID|1||D4711^^^DXCARE&1.2.250.1.999.10.1&ISO^PI||ESSAI^JEANNE^JEANNE^^^^L||19600101|F',
        `ORC|${order}|${number}`,
        `OBR|1|${number}||${TYPE}|||20261001090000`,
        ...forms.map((form, i) => `OBX|${i + 1}|ED|${TYPE}||^TEXT^XML^Base64^${cda(form, version)}||||||${result}`),
      ]);
      expect(answer).to.equal('AA');
    }
    const last = async (): Promise<MessageView> => {
      const newest = async (): Promise<MessageView> => (await region.messages('limit=1'))[0]!;
      await until('the last message is decided', 30_000, async () => (await newest()).state !== 'received');
      return newest();
    };
    const where = (id: number): Promise<DocumentWhere> => region.post('documents/search', { document: oid(id) });
    const statesOf = async (id: number): Promise<readonly string[]> => (await where(id)).legs.map(({ state }) => state);
    const stillShown = async (): Promise<readonly string[]> =>
      (await last()).warnings.flatMap(({ code, detail }) => (code === 'still-shown' ? [detail!] : []));
    const asTold = (one: Told & { readonly messageId?: string }): Got => {
      const { action = 'delete', sourceId = '' } = one.document as { readonly action?: string; readonly sourceId?: string };
      return {
        id: one.document?.id.root ?? '',
        control: one.messageId ?? '',
        what: { new: 'T02', replace: 'T10', delete: 'T04' }[action]!,
        number: sourceId,
      };
    };
    const asMdm = (one: Hl7Message): Got => ({
      id: one.get('TXA-12.1'),
      control: one.get('MSH-10'),
      what: one.get('MSH-9.2'),
      number: one.get('ORC-2'),
    });
    /** What is sent again after a kill, or a refusal, is the same message. */
    const got = (id: number): readonly Got[] => {
      const all = lane === 'dcc-out' ? record.told.map(asTold) : pilot.received.map(asMdm);
      return [...new Map(all.filter((one) => one.id === oid(id)).map((one) => [one.control, one])).values()];
    };
    const arrived = (...ids: readonly number[]): readonly string[] =>
      ids.map((id) =>
        got(id)
          .map(({ what }) => what)
          .join(' '),
      );
    const pair = (tens: number): readonly Form[] => [
      { id: tens * 10 + 1, level: 'N1' },
      { id: tens * 10 + 2, level: 'N3' },
    ];
    /** Documents with this id are refused there. */
    function refuse(id?: number): void {
      record.answers = (one) => (id !== undefined && one.document?.id.root === oid(id) ? 'refused' : 'filed');
      pilot.answers = (one) => (id !== undefined && one.get('TXA-12.1') === oid(id) ? 'AE' : 'AA');
    }

    it('B2: each arrives in a message of its own under its own id, number and control id, once, and names the other', async () => {
      await send('new', pair(1));
      await region.drained();
      expect(arrived(11, 12)).to.deep.equal(['T02', 'T02']);
      expect([...got(11), ...got(12)].map(({ number }) => number)).to.deep.equal(['R1#1', 'R1#2']);
      if (lane === 'dcc-out')
        expect(record.told.map(({ document }) => (document as { companions?: object }).companions)).to.deep.equal([
          [{ id: oid(12), format: 'CDA-R2-N3' }],
          [{ id: oid(11), format: 'CDA-R2-N1' }],
        ]);
      else expect(pilot.received.map((one) => one.get('OBX-5.5'))).to.deep.equal(pair(1).map((form) => cda(form)));
      const { documents } = await where(11);
      expect(documents.map(({ id, state, pairedWith }) => [id, state, pairedWith])).to.deep.equal([
        [oid(11), 'in-force', [oid(12)]],
        [oid(12), 'in-force', [oid(11)]],
      ]);
      for (const again of [pair(1), pair(1).slice(0, 1), pair(1).slice(1)]) await send('new', again);
      await region.drained();
      expect(arrived(11, 12), 'sent again').to.deep.equal(['T02', 'T02']);
    });

    for (const [tens, how] of [
      [2, 'a resend of its delivery'],
      [3, 'a replay of the message'],
      [4, 'the same message again'],
      [5, 'the N1 sent alone'],
    ] as const)
      it(`B2: an N1 that died holds no N3 back; ${how} brings it there, and the N3 is left alone`, async () => {
        const [n1, n3] = [tens * 10 + 1, tens * 10 + 2];
        refuse(n1);
        await send('new', pair(tens));
        await region.drained();
        expect([await statesOf(n1), await statesOf(n3)]).to.deep.equal([['dead'], ['delivered']]);
        refuse();
        const dead = (await where(n1)).legs[0]!.id;
        if (how === 'a resend of its delivery') await region.post(`deliveries/${dead}:resend`, { why: 'mended over there' });
        else if (how === 'a replay of the message') await region.post(`messages/${(await last()).id}:replay`, { why: 'mended over there' });
        else {
          await send('new', how === 'the N1 sent alone' ? pair(tens).slice(0, 1) : pair(tens));
          await last();
          // What comes by another message stands behind what is dead, for a person to end.
          await region.post(`deliveries/${dead}:discard`, { why: 'sent again' });
        }
        await region.drained();
        expect((await statesOf(n1)).filter((state) => state !== 'discarded')).to.deep.equal(['delivered']);
        expect([await statesOf(n3), arrived(n3)]).to.deep.equal([['delivered'], ['T02']]);
      });

    it('B2: a dead N1 that came alone is not sent twice by its replay once both came', async () => {
      refuse(131);
      await send('new', pair(13).slice(0, 1));
      await region.drained();
      const alone = await last();
      refuse();
      await send('new', pair(13));
      await last();
      await region.post(`deliveries/${(await where(131)).legs.find(({ state }) => state === 'dead')!.id}:discard`, { why: 'both came' });
      await region.drained();
      await region.post(`messages/${alone.id}:replay`, { why: 'by mistake' });
      await region.drained();
      expect((await statesOf(131)).filter((state) => state === 'delivered')).to.have.length(1);
      expect([await statesOf(132), arrived(132)]).to.deep.equal([['delivered'], ['T02']]);
    });

    it('B2: killed while both are on their way, the engine sends each of them, once', async () => {
      if (lane === 'dcc-out') record.answers = () => 'lost';
      await send('new', pair(6));
      await until('one of them is on its way', 30_000, () => [61, 62].some((id) => got(id).length > 0));
      await region.kill();
      refuse();
      await region.start();
      await region.drained(60_000);
      expect(arrived(61, 62)).to.deep.equal(['T02', 'T02']);
    });

    it('B2: an N1 that comes alone while both wait is not sent twice when they go on', async () => {
      await region.post(`lanes/${lane}:pause`);
      for (const forms of [pair(7), pair(7).slice(0, 1)]) await send('new', forms);
      await last();
      await region.post(`lanes/${lane}:resume`);
      await region.drained();
      expect(arrived(71, 72)).to.deep.equal(['T02', 'T02']);
    });

    it('B3: a new N3 leaves the old N1 in force, which the message says; both replaced together say nothing', async () => {
      await send('new', pair(8));
      await send('replace', [{ id: 84, level: 'N3', replaces: 82 }], 2);
      expect(await stillShown()).to.deep.equal([oid(81)]);
      await region.drained();
      expect(arrived(81, 82, 84)).to.deep.equal(['T02', 'T02', 'T10']);
      await send('new', pair(9));
      const next: readonly Form[] = [
        { id: 93, level: 'N1', replaces: 91 },
        { id: 94, level: 'N3', replaces: 92 },
      ];
      await send('replace', next, 2);
      expect(await stillShown()).to.deep.equal([]);
      await region.drained();
      expect(arrived(93, 94)).to.deep.equal(['T10', 'T10']);
    });

    it('B4: of one set, the old N1 beside a new N3 can be withdrawn', async () => {
      await send('new', pair(14));
      await send('replace', [{ id: 144, level: 'N3', replaces: 142 }], 2);
      await send('delete', pair(14).slice(0, 1));
      await region.drained();
      expect(arrived(141, 142, 144)).to.deep.equal(['T02 T04', 'T02', 'T10']);
    });

    it('B3: an N3 that died keeps its own withdrawal behind it, and nothing of its N1', async () => {
      refuse(152);
      await send('new', pair(15));
      await region.drained();
      refuse();
      for (const form of pair(15)) await send('delete', [form]);
      await last();
      await until('the N1 is withdrawn', 30_000, () => arrived(151)[0] === 'T02 T04');
      expect([await statesOf(152), arrived(152)]).to.deep.equal([['queued', 'dead'], ['T02']]);
      await region.post(`deliveries/${(await where(152)).legs.find(({ state }) => state === 'dead')!.id}:resend`, { why: 'mended over there' });
      await region.drained();
      expect(arrived(152)).to.deep.equal(['T02 T04']);
    });

    it('B2: both arrived, died when replayed, and go once more by the next replay', async () => {
      await send('new', pair(16));
      await region.drained();
      const { id } = await last();
      record.answers = () => 'refused';
      pilot.answers = () => 'AE';
      for (const time of ['refused', 'filed'] as const) {
        if (time === 'filed') refuse();
        await region.post(`messages/${id}:replay`, { why: 'it was lost over there' });
        await region.drained();
      }
      for (const form of [161, 162]) expect((await statesOf(form)).toSorted()).to.deep.equal(['delivered', 'delivered', 'discarded']);
    });

    it('B4: a deletion of one that left alone goes there, and the other, in force, is named; both in one message, in either order, say nothing', async () => {
      await send('new', pair(10).slice(0, 1));
      await send('new', pair(10));
      await send('delete', pair(10).slice(0, 1));
      expect(await stillShown()).to.deep.equal([oid(102)]);
      await region.drained();
      expect(arrived(101, 102)).to.deep.equal(['T02 T04', 'T02']);
      await send('delete', pair(10).slice(1));
      expect(await stillShown()).to.deep.equal([]);
      for (const tens of [11, 12]) {
        await send('new', pair(tens));
        await send('delete', tens === 11 ? pair(tens) : pair(tens).toReversed());
        expect(await stillShown()).to.deep.equal([]);
        await region.drained();
        expect(arrived(tens * 10 + 1, tens * 10 + 2)).to.deep.equal(['T02 T04', 'T02 T04']);
      }
      expect((await region.deliveries('state=dead&limit=50')).map(({ id }) => id)).to.deep.equal([]);
    });
  });

describeJournals('an N1 and an N3 of the record, for care software that takes another version of the N3', (journal) => {
  const region = new TestRegion(journal);
  let hospital: Receiver;
  let count = 0;
  before(async () => {
    const [toHospital = 0] = await freePorts(1);
    hospital = await startReceiver(toHospital);
    await region.prepare((yaml) =>
      yaml
        .replace(
          'commandLine: legacy, ',
          "commandLine: legacy, documentMessage: ORU, documentGuide: platform-2.1, cda: { versions: { FRCP: ['2021.01'] } }, ",
        )
        .replace('port: ' + String(region.ports.dxcare), `port: ${toHospital}`),
    );
    await region.start();
  });
  after(async () => {
    await region.stop();
    await hospital?.stop();
  });

  async function publish({ id, level }: Form, beside: readonly number[], type: 'published' | 'deleted' = 'published'): Promise<void> {
    const other = level === 'N1' ? 'CDA-R2-N3' : 'CDA-R2-N1';
    const content = { mime: 'text/xml', encoding: 'base64', content: cda({ id, level }) };
    const said = type === 'published' && { content, companions: beside.map((each) => ({ id: oid(each), format: other })) };
    await publishDocument(region, TOKEN, { type, number: (count += 1), document: { id: { root: oid(id) }, ...said } });
  }
  const ends = async (id: number): Promise<unknown[]> => {
    const { legs } = await region.post<DocumentWhere>('documents/search', { document: oid(id) });
    return legs.map(({ state, error }) => [state, error?.code, error?.found].filter(Boolean).join(' '));
  };
  const received = (): readonly string[] =>
    hospital.received.map(
      (one) =>
        `${one.get('MSH-9.1')} ${one.get('ORC-1')} ${/1\.2\.250\.1\.999\.20\.8\.\d+/.exec(Buffer.from(one.get('OBX-5.5'), 'base64').toString())?.[0]}`,
    );

  it('B10: its N1 leaves as an ORU, and the N3, which would lose what could not be read, says that it does; nothing is dead', async () => {
    await publish({ id: 21, level: 'N1' }, [22]);
    await publish({ id: 22, level: 'N3' }, [21]);
    expect([await ends(21), await ends(22)]).to.deep.equal([['delivered'], [`discarded ERR_DOCUMENT_N1_INSTEAD its N1 ${oid(21)}`]]);
    expect(received()).to.deep.equal([`ORU NW ${oid(21)}`]);
    await publish({ id: 22, level: 'N3' }, [], 'deleted');
    await publish({ id: 21, level: 'N1' }, [], 'deleted');
    expect(await ends(22))
      .to.include(`discarded ERR_DOCUMENT_N1_INSTEAD its N1 ${oid(21)}`)
      .and.have.length(2);
    expect(
      hospital.received.map((one) => one.get('ORC-1')),
      'one deletion, of the N1',
    ).to.deep.equal(['NW', 'CA']);
    expect(await region.deliveries('state=dead')).to.deep.equal([]);
  });

  it('B10: an N3 that has no N1 there is dead; once its N1 came and arrived it is as if that had been first', async () => {
    await publish({ id: 32, level: 'N3' }, [31]);
    expect(await ends(32)).to.deep.equal(['dead ERR_DOCUMENT_REWRITE more than was read: section 10164-2']);
    hospital.answers = () => 'AE';
    await publish({ id: 31, level: 'N1' }, [32]);
    expect(await region.deliveries('state=dead'), 'its N1 was refused').to.have.length(2);
    hospital.answers = () => 'AA';
    const { legs } = await region.post<DocumentWhere>('documents/search', { document: oid(31) });
    await region.post(`deliveries/${legs.find(({ state }) => state === 'dead')!.id}:resend`, { why: 'mended over there' });
    await until('nothing is dead', 30_000, async () => (await region.deliveries('state=dead')).length === 0);
    await region.drained();
    expect(await ends(32)).to.deep.equal([`discarded ERR_DOCUMENT_N1_INSTEAD its N1 ${oid(31)}`]);
  });

  it('B10: so it is once a person saw over there that its N1 has arrived', async () => {
    await publish({ id: 42, level: 'N3' }, [41]);
    hospital.answers = () => 'lost';
    await publish({ id: 41, level: 'N1' }, [42]);
    hospital.answers = () => 'AA';
    const [doubtful] = await region.deliveries('state=review');
    await region.post(`deliveries/${doubtful!.id}:confirm`, { why: 'seen there' });
    await until('nothing is dead', 10_000, async () => (await region.deliveries('state=dead')).length === 0);
    await region.drained();
    expect(await ends(42)).to.deep.equal([`discarded ERR_DOCUMENT_N1_INSTEAD its N1 ${oid(41)}`]);
  });
});
