/** Stories of documents over real sockets: one engine, DxCare over MLLP, the record over HTTP (SAFETY B1 to B8). */
import net from 'node:net';
import { expect } from 'chai';
import type { DeliveryView, DocumentWhere, IdentityTask, LearnedType, MessageView, Page, UntypedDocument } from 'passerelle/contract';
import { passerelle } from '../unit/cli/cli-process.ts';
import { describeJournals } from '../fault/journals.ts';
import { TestRegion, TOKEN, until } from './region.ts';

const HOSPITAL = '990001018';
const RECORD = '990009995';
const oid = (n: number): string => `1.2.250.1.999.20.7.${n}`;

interface Sent {
  readonly id?: string;
  readonly replaces?: string;
  readonly content: string;
  readonly number?: string;
  readonly event?: 'T02' | 'T10' | 'T04';
  readonly type?: string;
  /** ZFA-9. */
  readonly zfa?: string;
  /** PID as sent. */
  readonly pid?: string;
}

const JEANNE = 'PID|1||D4711^^^DXCARE&1.2.250.1.999.10.1&ISO^PI||ESSAI^JEANNE^JEANNE^^^^L||19600101|F';
const pidOf = (ipp: string, name: string, ...rest: readonly string[]): string =>
  [`PID|1||${ipp}^^^DXCARE&1.2.250.1.999.10.1&ISO^PI||ESSAI^${name}^${name}^^^^L||19600101|F`, ...rest].join('');

describeJournals('the life of documents', (journal) => {
  const region = new TestRegion(journal);
  let count = 0;
  before(async () => {
    await region.prepare();
    await region.start();
  });
  after(() => region.stop());

  /** A PDF of the hospital as an MDM, or an ORU when it has no id; the answer it gets. */
  async function send(one: Sent): Promise<string> {
    const { id, replaces, content, number = 'N1', event = 'T02', type = '34794-8^CR de RCP^LN', zfa, pid = JEANNE } = one;
    const control = `DOC${(count += 1)}`;
    const pdf = Buffer.from(`%PDF-1.4\n% ${content}\n%%EOF\n`).toString('base64');
    const [order, result] = { T02: ['NW', 'F'], T10: ['RO', 'C'], T04: ['CA', 'D'] }[event];
    const message = id === undefined ? 'ORU^R01^ORU_R01' : `MDM^${event}^MDM_T02`;
    const txa = id === undefined ? [] : [`TXA|1|${type.split('^')[0]}|TEXT|20261001090000||||||||${id}|${replaces ?? ''}||||AU`];
    const segments = [
      `MSH|^~\\&|DXCARE|CH|DCC|KPROCESS|20261001090000||${message}|${control}|T|${id === undefined ? '2.5' : '2.6'}|||||FRA|UNICODE UTF-8`,
      ...(id === undefined ? [] : ['EVN||20261001090000']),
      pid,
      ...(zfa ? [`ZFA|ACTIF||||||||${zfa}`] : []),
      `ORC|${order}|${number}`,
      `OBR|1|${number}||${type}|||20261001090000`,
      ...txa,
      `OBX|1|ED|${type}||^application^pdf^Base64^${pdf}||||||${result}`,
    ];
    return deliver(segments);
  }
  /** An identity of the patient. */
  const identify = (zfa?: string, pid = JEANNE): Promise<string> =>
    deliver([
      `MSH|^~\\&|DXCARE|CH|DCC|KPROCESS|20261001090000||ADT^A28^ADT_A05|DOC${(count += 1)}|T|2.5|||||FRA|UNICODE UTF-8`,
      'EVN||20261001090000',
      pid,
      'PV1|1|N',
      ...(zfa ? [`ZFA|ACTIF||||||||${zfa}`] : []),
    ]);
  /** What was delivered last. */
  let bytes = '';
  function deliver(segments: readonly string[]): Promise<string> {
    bytes = segments.join('\r');
    return new Promise((resolve, reject) => {
      const socket = net.connect(region.ports.mllp, '127.0.0.1', () => socket.write(`\x0b${bytes}\r\x1c\r`));
      let heard = '';
      socket.on('error', reject).on('data', (chunk) => {
        heard += chunk.toString();
        if (!heard.includes('\x1c')) return;
        socket.destroy();
        resolve([/MSA\|(\w\w)/.exec(heard)?.[1], /\^(9\d\d)|\|(9\d\d)\^/.exec(heard)?.[2]].filter(Boolean).join(' '));
      });
    });
  }
  async function publish(id: string, content: string, type: 'published' | 'deleted' = 'published', custodian?: string): Promise<void> {
    const messageId = `REC-${(count += 1)}`;
    const pdf = { mime: 'application/pdf', encoding: 'base64', content: Buffer.from(`%PDF-1.4\n% ${content}\n%%EOF\n`).toString('base64') };
    const document = {
      type: 'FRCP',
      id: { root: id },
      ...(custodian && { custodian: { finess: custodian } }),
      ...(type === 'published' && { content: pdf }),
    };
    const traits = { birthName: 'ESSAI', firstGivenName: 'JEANNE', sex: 'F', birthDate: '1960-01-01' };
    const patient = { identifiers: [{ value: 'D4711', authority: { oid: '1.2.250.1.999.10.1' }, type: 'PI' }], traits };
    const body = { contract: '1.0', type: `document.${type}`, messageId, occurredAt: '2026-10-01T09:00:00+02:00', environment: 'test', site: RECORD };
    const path = type === 'published' ? 'documents' : 'documents/deletions';
    const response = await fetch(`http://127.0.0.1:${region.ports.public}/entrant/k-process/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, 'idempotency-key': messageId },
      body: JSON.stringify({ ...body, patient, document, destinations: [HOSPITAL] }),
    });
    expect(response.status, await response.text()).to.be.below(300);
  }
  const where = (id: string): Promise<DocumentWhere> => region.post('documents/search', { document: id });
  /** Decided: an engine that has just started may answer AA before it is. */
  const last = async (): Promise<MessageView> => {
    const newest = async (): Promise<MessageView> => (await region.messages('limit=1'))[0]!;
    await until('the last message is decided', 30_000, async () => (await newest()).state !== 'received');
    return newest();
  };
  const codes = async (): Promise<readonly string[]> => (await last()).warnings.map(({ code }) => code);
  const sentOf = async (): Promise<readonly string[]> => (await region.timeline((await last()).id)).deliveries.map(({ lane }) => lane);

  it('B6: a document of a patient unknown there is held as unknown there, and made known it leaves when it is released', async () => {
    await send({ id: oid(30), content: 'early' });
    await region.drained();
    const held = async (): Promise<unknown[]> => (await where(oid(30))).legs.map(({ state, error }) => [state, error?.code]);
    expect(await held()).to.deep.equal([['held', 'ERR_DESTINATION_UNKNOWN_PATIENT']]);
    expect(await identify()).to.equal('AA');
    await region.drained();
    await region.post('lanes/dcc-out:release');
    await region.drained();
    expect(await held()).to.deep.equal([['delivered', undefined]]);
  });

  it('B3, B6: what makes a patient known there is not held back by what replaces a document that waits for it', async () => {
    const unknown = pidOf('D4799', 'INCONNUE');
    await send({ id: oid(72), content: 'first', number: 'N72', pid: unknown });
    await region.drained();
    expect((await where(oid(72))).legs[0]?.error?.code).to.equal('ERR_DESTINATION_UNKNOWN_PATIENT');
    await send({ id: oid(73), replaces: oid(72), event: 'T10', content: 'second', number: 'N72', pid: unknown });
    await last();
    await identify(undefined, unknown);
    await until('both leave', 30_000, async () => {
      const legs = (await Promise.all([72, 73].map((n) => where(oid(n))))).flatMap((one) => one.legs);
      return legs.every(({ state }) => state === 'delivered');
    });
  });

  it('A2, A4, B6: a document that came before its patient is filed under nobody else: a person sees both, and releases or discards it', async () => {
    const legs = async (id: string): Promise<unknown[]> => (await where(id)).legs.map(({ state, error }) => [state, error?.code]);
    for (const [ipp, id, verdict, ends] of [
      ['D4801', oid(41), 'reject', ['discarded', 'ERR_IDENTITY_CONFLICT']],
      ['D4802', oid(42), 'accept', ['delivered', undefined]],
    ] as const) {
      await send({ id, content: ipp, pid: pidOf(ipp, 'PAULE') });
      await region.drained();
      expect(await legs(id)).to.deep.equal([['held', 'ERR_DESTINATION_UNKNOWN_PATIENT']]);
      await identify(undefined, pidOf(ipp, 'JEANNE'));
      await until('it was looked at again', 30_000, async () => (await where(id)).legs[0]?.error?.code === 'ERR_IDENTITY_CONFLICT');
      await region.drained();
      await region.post('lanes/dcc-out:release');
      await region.drained();
      expect(await legs(id), 'the order to the whole lane').to.deep.equal([['held', 'ERR_IDENTITY_CONFLICT']]);
      const { items } = await region.get<Page<IdentityTask>>('identities/tasks?state=open');
      const message = (await where(id)).messages[0]?.message.id;
      expect(items.map((task) => [task.id, task.kind, task.attributes.includes('firstGivenName')])).to.deep.equal([[message, 'document', true]]);
      if (verdict === 'accept') await region.accept(message ?? '', 'asked at the desk');
      else await region.post(`identities/tasks/${message}:reject`, { why: 'asked at the desk' });
      await region.drained();
      expect(await legs(id)).to.deep.equal([ends]);
      expect((await region.get<Page<IdentityTask>>('identities/tasks?state=open')).items).to.deep.equal([]);
    }
  });

  it('A4: what a mark of PID-32 holds leaves by its own release, not with the backlog of its lane', async () => {
    const pid = pidOf('D4803', 'LUCIE', `${'|'.repeat(24)}VALI~DOUB`);
    await identify(undefined, pidOf('D4803', 'LUCIE'));
    await send({ id: oid(43), content: 'perhaps of two people', pid });
    await region.drained();
    const leg = async (): Promise<DeliveryView | undefined> => (await where(oid(43))).legs[0];
    expect((await leg())?.error?.code).to.equal('ERR_FILING_BLOCKED');
    await region.post('lanes/dcc-out:release');
    await region.drained();
    expect((await leg())?.state).to.equal('held');
    await region.post(`deliveries/${(await leg())?.id}:release`);
    await region.drained();
    expect((await leg())?.state).to.equal('delivered');
  });

  it('B3: a replacement that names its original, and a deletion that names the replacement, wait behind what died of it, and leave after it', async () => {
    await region.record.misbehave({ how: 'refuse' });
    await send({ id: oid(31), content: 'first' });
    await region.drained();
    const statesOf = async (n: number): Promise<string[]> => (await where(oid(n))).legs.map(({ state }) => state);
    const [first] = (await where(oid(31))).legs;
    expect(first?.state).to.equal('dead');
    await send({ id: oid(32), replaces: oid(31), event: 'T10', content: 'second' });
    await last();
    expect(await statesOf(32)).to.deep.equal(['queued']);
    await send({ id: oid(32), event: 'T04', content: 'second' });
    await last();
    expect((await where(oid(32))).legs.map(({ behindState }) => behindState)).to.deep.equal(['dead', 'dead']);
    await send({ id: oid(71), content: 'another document of the same patient', number: 'N71' });
    await last();
    await until('what is no version of it leaves', 30_000, async () => (await statesOf(71))[0] === 'delivered');
    await region.post(`deliveries/${first?.id}:resend`, { why: 'mended over there' });
    await region.drained();
    expect([await statesOf(31), await statesOf(32)]).to.deep.equal([['delivered'], ['delivered', 'delivered']]);
  });

  it('B6: opposition said with the identity is remembered for the documents, also after a restart', async () => {
    await identify('IO');
    await region.kill();
    await region.start();
    await send({ id: oid(33), content: 'opposed' });
    expect(await codes()).to.include('patient-opposed');
    await identify('INO');
    await send({ id: oid(34), content: 'no longer' });
    expect(await codes()).not.to.include('patient-opposed');
  });

  it('B6: opposition in a message that waits to be typed is remembered', async () => {
    await send({ id: oid(35), content: 'nobody can type it', type: 'X78^Courrier^LOCAL-DX', zfa: 'IO' });
    const waiting = await last();
    expect(waiting.error?.code).to.equal('ERR_DOCUMENT_TYPE_UNKNOWN');
    await region.post(`messages/${waiting.id}:discard`, { why: 'remembered' });
    await send({ id: oid(36), content: 'opposed before' });
    expect(await codes()).to.include('patient-opposed');
    await identify('INO');
    await region.drained();
  });

  it('B2: a document that the record refused is delivered when it is sent again', async () => {
    await region.record.misbehave({ how: 'refuse' });
    await send({ id: oid(37), content: 'again' });
    await region.drained();
    const states = async (): Promise<string[]> => (await where(oid(37))).legs.map(({ state }) => state).toSorted();
    expect(await states()).to.deep.equal(['dead']);
    await send({ id: oid(37), content: 'again' });
    expect([await codes(), await sentOf()]).to.deep.equal([['sent-again'], ['dcc-out']]);
    const dead = (await where(oid(37))).legs.find(({ state }) => state === 'dead');
    expect((await where(oid(37))).legs.find(({ state }) => state === 'queued')).to.include({ behind: dead?.id, behindState: 'dead' });
    const told = (await passerelle(['message', (await last()).id, '--data', region.data])).out;
    expect(told, 'what it waits for, and what ends that')
      .to.contain(`derrière ${dead?.id} (en échec`)
      .and.contain(`passerelle delivery discard ${dead?.id}`);
    await region.post(`deliveries/${dead?.id}:discard`, { why: 'sent again' });
    await region.drained();
    expect(await states()).to.deep.equal(['delivered', 'discarded']);
  });

  for (const [n, how] of (['replay', 'resubmit'] as const).entries())
    it(`B2: a person's ${how} of a document is the decision about its delivery that is dead: the lane goes on with it`, async () => {
      const id = oid(38 + n);
      await region.record.misbehave({ how: 'refuse' });
      await send({ id, content: how });
      const first = await last();
      await region.drained();
      expect((await where(id)).legs.map(({ state }) => state)).to.deep.equal(['dead']);
      if (how === 'replay') {
        await send({ id, content: how });
        await region.post(`messages/${(await last()).id}:replay`, { why: 'mended over there' });
      } else {
        const content = Buffer.from(bytes.replace(/DOC\d+/, 'CORRECTED')).toString('base64');
        await region.post(`messages/${first.id}:resubmit`, { content, why: 'its header' });
      }
      await region.drained();
      const legs = (await where(id)).legs.filter(({ state }) => state !== 'discarded');
      expect(legs.map(({ state }) => state)).to.deep.equal(['delivered']);
      const { acts } = await region.timeline(first.id);
      expect(acts.map(({ verb, who }) => [verb, who])).to.deep.equal([['discard', 'passerelle']]);
    });

  it('B2: two roads, one document: it is delivered once, both are answered AA', async () => {
    expect(await send({ content: 'one', number: 'A1' })).to.equal('AA');
    expect(await send({ id: oid(1), content: 'one', number: 'A1' })).to.equal('AA');
    expect([await codes(), await sentOf()]).to.deep.equal([['duplicate'], []]);
    await region.drained();
  });

  it('B2: the same id with other content waits, answered AA, and is seen where the document is', async () => {
    expect([await send({ id: oid(2), content: 'a' }), await send({ id: oid(2), content: 'b' })]).to.deep.equal(['AA', 'AA']);
    expect((await last()).error?.code).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
    const { documents, messages } = await where(oid(2));
    expect(documents[0]?.conflicts).to.have.length(1);
    expect(messages.map(({ message }) => message.state)).to.deep.equal(['quarantined', 'decoded']);
  });

  it('B3: a replacement before its original; the late original goes nowhere, also after a kill of the engine', async () => {
    await send({ id: oid(4), replaces: oid(3), event: 'T10', content: 'new' });
    expect(await sentOf()).to.deep.equal(['dcc-out']);
    await region.kill();
    await region.start();
    await send({ id: oid(3), content: 'old' });
    expect([(await codes()).includes('document-superseded'), await sentOf()]).to.deep.equal([true, []]);
    const view = await region.get<DocumentWhere>(`documents/${oid(3)}`);
    expect(view.documents[0]).to.deep.include({ state: 'superseded', from: [HOSPITAL], to: [] });
    expect(view.documents[0]?.superseded?.id).to.equal(oid(4));
    const told = await passerelle(['where', '--document', oid(3), '--data', region.data]);
    expect(told.out).to.contain(`superseded by : `).and.to.contain(oid(4));
  });

  it('B4: a deletion by a stranger is refused with 901, by the author passed on', async () => {
    await publish(oid(5), 'of the record');
    expect(await send({ id: oid(5), event: 'T04', content: 'of the record' })).to.equal('AE 901');
    await publish(oid(6), 'kept by the hospital', 'published', HOSPITAL);
    expect(await send({ id: oid(6), event: 'T04', content: 'kept by the hospital' })).to.equal('AA');
    expect(await sentOf()).to.deep.equal(['dcc-out']);
  });

  it('B5: what the record sent and the hospital sends back goes no further; and the other way round', async () => {
    await publish(oid(7), 'round');
    await region.drained();
    expect(await send({ content: 'round', number: 'B9' })).to.equal('AA');
    expect([await codes(), await sentOf()]).to.deep.equal([['document-returned'], []]);
    await send({ id: oid(8), content: 'trip' });
    await publish(oid(8), 'trip');
    expect([await codes(), await sentOf()]).to.deep.equal([['document-returned'], []]);
  });

  it('B8: an answer to our message is found with the document it is about, as what it says and nothing more', async () => {
    await region.dxcare.act('admission');
    await region.drained();
    await region.record.act('frcp');
    await region.drained();
    const said = await region.get<{ document: { id: { root: string } } }>(`messages/${(await last()).id}/content?reason=its%20id`);
    const id = said.document.id.root;
    const [leg] = (await where(id)).legs;
    expect([leg?.state, leg?.proofs]).to.deep.equal(['delivered', []]);
    const zam = (trigger: string, code: string, value: string, err = ''): Promise<string> =>
      deliver([
        `MSH|^~\\&|DXCARE|CH|DCC|KPROCESS|20261001090000||ZAM^${trigger}^ZAM_Z01|DOC${(count += 1)}|T|2.6|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2`,
        'EVN||20261001090000',
        `OBX|1|CWE|${code}^^AckMetierZAM|${leg?.controlId}|${value}^^expandedYes-NoIndicator||||||F`,
        ...(err ? [`ERR|||207^Application error^messageErrorCondition|E|${err}`] : []),
      ]);
    await zam('Z02', 'ACK_RECEPTION_MSS', 'Y');
    await zam('Z01', 'ACK_RECEPTION_DMP', 'N', 'DMPRefused^label^DMP_ERROR_CODE');
    await zam('Z02', 'ACK_RECEPTION_MSS', 'Y');
    const [now] = (await where(id)).legs;
    expect(now?.proofs.map(({ proof, channel, code }) => [proof, channel, code])).to.deep.equal([
      ['delivered', 'MSSANTE', undefined],
      ['filing-refused', 'DMP', 'DMPRefused'],
    ]);
    expect((await passerelle(['where', '--document', id, '--data', region.data])).out).to.contain(
      'classement refusé / filing refused DMP DMPRefused',
    );
  });

  it('B1: a document nobody can type waits in a list; one decision types it, those that wait with it and those to come', async () => {
    const type = 'X77^Courrier^LOCAL-DX';
    for (const n of [1, 2]) expect(await send({ id: oid(20 + n), content: `untyped ${n}`, type })).to.equal('AA');
    const { items } = await region.get<{ items: readonly UntypedDocument[] }>('documents/untyped?limit=100');
    expect(items.map(({ system, code }) => [system, code])).to.deep.equal([
      ['LOCAL-DX', 'X77'],
      ['LOCAL-DX', 'X77'],
    ]);
    const decided = await region.post<{ ids: string[] }>(`documents/untyped/${items[0]?.message.id}:type`, {
      type: 'OTHER',
      remember: true,
      why: 'letters',
    });
    expect(decided.ids.toSorted()).to.deep.equal(items.map(({ message }) => message.id).toSorted());
    await region.drained();
    expect((await where(oid(21))).legs.map(({ state, error }) => [state, error?.code])).to.deep.equal([['delivered', undefined]]);
    await region.kill();
    await region.start();
    await send({ id: oid(23), content: 'untyped 3', type });
    expect(await sentOf(), 'after a restart').to.deep.equal(['dcc-out']);
    const kept = await region.get<{ items: readonly LearnedType[] }>('documents/types');
    expect(kept.items.map(({ system, code, type: given, why }) => [system, code, given, why])).to.deep.equal([
      ['LOCAL-DX', 'X77', 'OTHER', 'letters'],
    ]);
    await region.post('documents/types:forget', { site: HOSPITAL, system: 'LOCAL-DX', code: 'X77', why: 'too wide' });
    await send({ id: oid(24), content: 'untyped 4', type });
    const waiting = (await last()).id;
    expect((await last()).state).to.equal('quarantined');
    await region.post(`documents/untyped/${waiting}:type`, { type: 'FRCP', why: 'this one only' });
    await region.drained();
    expect((await where(oid(24))).legs.map(({ state }) => state)).to.deep.equal(['delivered']);
    await send({ id: oid(25), content: 'untyped 5', type });
    expect((await last()).state, 'the next one waits again').to.equal('quarantined');
  });
});
