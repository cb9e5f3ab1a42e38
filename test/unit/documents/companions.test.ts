/** SAFETY B2 to B5: one document in two contents, N1 beside N3, each with an id of its own: what is said of either is said of both. */
import { hash } from 'node:crypto';
import { expect } from 'chai';
import type { DeliveryState, MessageHistory, Note } from '../../../core/contract/index.ts';
import { goesWhereNoneArrived, Legs, whereIs } from '../../../core/documents/index.ts';
import { Archive, caseOf, index, NORTH, oid, RECORD, SOUTH, type Said } from './archive.ts';

const LANES = { [NORTH]: 'north-out', [SOUTH]: 'south-out', [RECORD]: 'dcc-out' };
const DESTINATIONS = Object.entries(LANES).map(([site, lane]) => ({ lane, site, role: 'record', sends: [] }) as const);
const N1: Said = { content: 'n1', document: { id: oid(1), level: 'N1', embeddedSha256: hash('sha256', 'pdf') } };
const N3: Said = { content: 'n3', document: { id: oid(2), level: 'N3' } };
const PAIR: Said = { ...N3, beside: { id: oid(1), content: 'n1', inner: 'pdf' } };
const fromRecord = (said: Said, ...to: string[]): Said => ({ ...said, site: RECORD, to });
const gone = (id: number, rest: Said = {}): Said => ({ ...rest, type: 'dcc.document.deleted', document: { ...rest.document, id: oid(id) } });

describe('a document in two contents', () => {
  let archive: Archive;
  let states: Map<number, readonly (readonly [lane: string, state: DeliveryState])[]>;
  beforeEach(() => {
    archive = new Archive();
    states = new Map();
  });
  const journal = {
    tag: 'TEST',
    material: async (deliveries: readonly number[]) =>
      deliveries.map((delivery) => ({ delivery, event: {}, encoded: { restrictions: [] } })) as never,
    keep: async (notes: readonly Note[]) => archive.keep(notes),
    message: async (id: number): Promise<MessageHistory> => {
      const { event, parts } = archive.cases.get(id)!;
      const deliveries = (states.get(id) ?? []).map(([lane, state], i) => ({ lane, state, delivery: 10 * id + i, eventId: event.id }));
      return { message: { state: 'decoded', site: event.site }, events: [{ event }], parts, deliveries, attempts: [], acts: [] } as never;
    },
  };
  const takes = async (
    said: Said,
  ): Promise<{ codes: readonly string[]; insteadOf?: readonly number[]; document?: { id?: string; content?: object } }> => {
    const { sentTo, message, codes, ...judgement } = await archive.takes(said);
    const stop = judgement.quarantine ?? judgement.reject;
    if (stop) return { codes: [stop.code] };
    const made = await goesWhereNoneArrived(archive.cases.get(message)!, judgement, { journal, destinations: DESTINATIONS, index });
    const targets = made.isSilent ? [] : (made.targets ?? sentTo);
    const { document } = (made.event ?? archive.cases.get(message)!.event).data as { document: { id?: string } };
    return {
      codes: [...(made.warnings?.map(({ code }) => code) ?? codes), ...targets],
      document,
      ...(made.insteadOf && { insteadOf: made.insteadOf }),
    };
  };
  const codesOf = async (said: Said): Promise<readonly string[]> => (await takes(said)).codes;

  it('B5: one of them does not come back to who wrote them: by its id, by its bytes, by what it wraps, or around that', async () => {
    await takes(PAIR);
    for (const back of [
      N1,
      { ...N1, document: { ...N1.document, id: oid(7) } },
      { content: 'pdf', document: { id: oid(8) } },
      { content: 'n1 again', document: { ...N1.document, id: oid(9) } },
    ])
      expect(await codesOf(fromRecord(back, NORTH)), JSON.stringify(back)).to.deep.equal(['document-returned']);
  });

  it('B2: one of them alone is no new document where both went; elsewhere it goes, once, and both go there after it', async () => {
    await takes(PAIR);
    expect(await codesOf(N1)).to.deep.equal(['duplicate']);
    const { codes, document } = await takes(fromRecord(N1, NORTH, SOUTH));
    expect([codes, document?.id]).to.deep.equal([['further-recipient', SOUTH], oid(1)]);
    expect(await codesOf(fromRecord(N1, SOUTH))).to.deep.equal(['document-returned']);
    expect(await codesOf(fromRecord(PAIR, SOUTH))).to.deep.equal(['further-recipient', SOUTH]);
    expect(await codesOf({ ...N1, content: 'other' })).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
  });

  it('B2, B7: what one of them said before without a mask brought nothing of what it says now', async () => {
    const visibility = { hiddenFromPatient: true };
    for (const said of [N3, N1, PAIR]) await takes(said);
    expect(await codesOf({ ...N3, visibility })).to.include(RECORD);
    expect(await codesOf({ ...N1, visibility })).to.include(RECORD);
    expect(await codesOf({ ...N1, visibility })).to.not.include(RECORD);
  });

  it('B2: both go where the record sent the first one alone; then neither goes there again', async () => {
    await takes(fromRecord(N3, NORTH, SOUTH));
    expect(await codesOf(fromRecord(PAIR, NORTH, SOUTH))).to.deep.equal(['further-recipient', NORTH, SOUTH]);
    for (const again of [N1, N3, PAIR]) expect(await codesOf(fromRecord(again, NORTH, SOUTH))).to.deep.equal(['duplicate']);
  });

  it('B4: neither is withdrawn by who did not write it; by its author either id withdraws the document, in its own name', async () => {
    await takes(PAIR);
    for (const id of [1, 2]) expect(await codesOf(gone(id, { site: SOUTH }))).to.deep.equal(['ERR_DOCUMENT_NOT_AUTHOR']);
    expect(await codesOf(gone(1, { patient: '2' }))).to.deep.equal(['ERR_DOCUMENT_OTHER_PATIENT']);
    const { codes, document } = await takes(gone(1, N1));
    expect(codes).to.deep.equal([RECORD]);
    expect(document)
      .to.include({ id: oid(2) })
      .and.not.have.any.keys('content', 'level', 'embeddedSha256');
    expect(archive.note(oid(2))).to.have.property('deleted');
    expect(await codesOf(gone(2))).to.deep.equal(['duplicate']);
    for (const again of [PAIR, N1]) expect(await codesOf(again)).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
  });

  it('B3: what replaces one of them replaces that one, by its author only; what was said before it came counts too', async () => {
    const newer: Said = { content: 'newer', document: { id: oid(3), action: 'replace', replaces: oid(1) } };
    await takes(PAIR);
    expect(await codesOf({ ...newer, site: SOUTH })).to.deep.equal(['ERR_DOCUMENT_NOT_AUTHOR']);
    const { document } = await takes(newer);
    expect(document).to.include({ replaces: oid(1) });
    expect(archive.note(oid(1))?.['superseded']).to.include({ id: oid(3) });
    expect(await codesOf(N1), 'not again').to.deep.equal(['duplicate']);
    expect(await codesOf(fromRecord(N1, SOUTH)), 'nor elsewhere').to.deep.equal(['document-returned']);
    expect(await codesOf(gone(1)), 'withdrawn by the name of what was replaced').to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
    archive = new Archive();
    await takes(newer);
    expect(await codesOf({ ...PAIR, at: 0 }), 'the other one is in force').to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
    expect(await codesOf({ ...N3, at: 0 })).to.deep.equal([RECORD]);
    archive = new Archive();
    await takes(gone(1));
    expect(await codesOf(PAIR)).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
  });

  it('B3: each of them is replaced by another one, alone or both together, in any order; not twice', async () => {
    const newer = (id: number, replaces: number, rest: Partial<Said> = {}): Said => ({
      content: `newer ${id}`,
      ...rest,
      document: { id: oid(id), action: 'replace', replaces: oid(replaces) },
    });
    const both = newer(4, 2, { beside: { id: oid(3), content: 'newer 3' } });
    for (const [first, second] of [
      [newer(3, 1), newer(4, 2)],
      [newer(4, 2), newer(3, 1)],
      [newer(3, 1), both],
    ] as const) {
      archive = new Archive();
      await takes(PAIR);
      for (const said of [first, second]) expect(await codesOf(said)).to.deep.equal([RECORD]);
      expect(archive.note(oid(2))?.['superseded']).to.include({ id: oid(4) });
      for (const replaced of [1, 2]) expect(await codesOf(newer(5, replaced))).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
    }
    archive = new Archive();
    for (const said of [PAIR, both]) expect(await codesOf(said)).to.deep.equal([RECORD]);
    expect(await codesOf({ ...both, document: { ...both.document, id: oid(6) } })).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
    expect(await codesOf(newer(6, 4, { beside: { id: oid(3), content: 'newer 3' } })), 'the second content as it was').to.deep.equal([RECORD]);
    expect((await takes(gone(3))).document?.id).to.equal(oid(6));
  });

  const N1_NEXT: Said = { content: 'n1b', document: { id: oid(3), replaces: oid(1), action: 'replace', status: 'corrected' } };

  it('B2, B3: where one was replaced alone the other still goes: for one more, and where it died; both no longer', async () => {
    for (const said of [fromRecord(PAIR, NORTH), fromRecord(N1_NEXT, NORTH)]) expect(await codesOf(said)).to.deep.equal([NORTH]);
    expect(await codesOf(fromRecord(PAIR, NORTH, SOUTH))).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
    expect(await codesOf(fromRecord(PAIR, NORTH))).to.deep.equal(['duplicate']);
    expect(await codesOf(fromRecord(N3, NORTH, SOUTH))).to.deep.equal(['further-recipient', SOUTH]);
    archive = new Archive();
    for (const said of [PAIR, N1_NEXT]) await takes(said);
    states.set(1, [['dcc-out', 'dead']]);
    states.set(2, [['dcc-out', 'delivered']]);
    expect(await codesOf(N1)).to.deep.equal(['duplicate']);
    expect(await codesOf(N3)).to.deep.equal(['sent-again', RECORD]);
    states.set(4, [['dcc-out', 'delivered']]);
    expect(await codesOf(N3)).to.deep.equal(['duplicate']);
  });

  it('B2: each of them went where it went, alone or with the other: any of them, then both, then the other, each once', async () => {
    for (const [one, other] of [
      [N3, N1],
      [N1, N3],
    ] as const) {
      archive = new Archive();
      await takes(PAIR);
      for (const said of [one, PAIR]) expect(await codesOf(fromRecord(said, SOUTH))).to.deep.equal(['further-recipient', SOUTH]);
      for (const said of [one, other, PAIR]) expect(await codesOf(fromRecord(said, SOUTH))).to.deep.equal(['document-returned']);
      archive = new Archive();
      await takes(PAIR);
      for (const said of [one, other]) expect(await codesOf(fromRecord(said, SOUTH))).to.deep.equal(['further-recipient', SOUTH]);
      for (const said of [one, other, PAIR]) expect(await codesOf(fromRecord(said, SOUTH))).to.deep.equal(['document-returned']);
    }
  });

  it('B2, B3: a final word of one of two that came as preliminary is not silent', async () => {
    const preliminary: Said = { ...PAIR, document: { ...PAIR.document, status: 'preliminary' } };
    await takes(preliminary);
    expect(await codesOf(N1)).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
    expect(await codesOf(N3)).to.deep.equal([RECORD]);
    expect(await codesOf(N1), 'the other was final before it').to.deep.equal(['further-recipient', RECORD]);
    for (const again of [N1, N3, PAIR]) expect(await codesOf(again)).to.deep.equal(['duplicate']);
    expect(await codesOf(preliminary)).to.deep.equal(['document-superseded']);
  });

  it('B2: a second content of a document that is known is news; not from who did not write it', async () => {
    await takes(N3);
    expect(await codesOf({ ...PAIR, site: SOUTH })).to.deep.equal(['ERR_DOCUMENT_NOT_AUTHOR']);
    expect(await codesOf(PAIR)).to.deep.equal([RECORD]);
    for (const known of [PAIR, N3, N1]) expect(await codesOf(known)).to.deep.equal(['duplicate']);
  });

  it('B2, B4: one that came alone before is the same: its patient, its content, its deletion', async () => {
    await takes(N1);
    expect(await codesOf({ ...PAIR, patient: '2' })).to.deep.equal(['ERR_DOCUMENT_OTHER_PATIENT']);
    expect(await codesOf({ ...PAIR, beside: { id: oid(1), content: 'other' } })).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
    expect(await codesOf(PAIR)).to.deep.equal([RECORD]);
    expect((await takes(gone(1))).document?.id).to.equal(oid(2));
    expect(await codesOf({ content: 'n3 of another', document: { id: oid(5) }, beside: { id: oid(1), content: 'n1' } })).to.deep.equal([
      'ERR_DOCUMENT_VERSION_CONFLICT',
    ]);
  });

  it('B4: one that another establishment wrote stays a document of its own', async () => {
    await takes({ ...N1, site: SOUTH });
    expect(await codesOf(PAIR)).to.deep.equal([RECORD]);
    expect((await takes(gone(1, { site: SOUTH }))).document?.id).to.equal(oid(1));
    expect(archive.note(oid(2))).not.to.have.property('deleted');
  });

  it('B2: where both died one of them goes, and does not stand for both, which go when they come again', async () => {
    for (const alone of [N1, N3]) {
      archive = new Archive();
      states.clear();
      await takes(PAIR);
      states.set(1, [['dcc-out', 'dead']]);
      expect(await takes(alone))
        .to.deep.include({ codes: ['sent-again', RECORD] })
        .and.deep.include({ insteadOf: [] });
      states.set(2, [['dcc-out', 'delivered']]);
      expect(await codesOf(alone)).to.deep.equal(['duplicate']);
      expect(await takes(PAIR)).to.deep.include({ codes: ['sent-again', RECORD], insteadOf: [10] });
    }
  });

  it('B2, B7: a mask that comes with one of them holds for what leaves, and is told with both', async () => {
    const visibility = { hiddenFromPatient: true, sendToDmp: true };
    await takes(PAIR);
    expect(await codesOf({ ...N1, visibility })).to.deep.equal(['duplicate', 'visibility-known', 'mask-not-told']);
    expect(await codesOf({ ...PAIR, visibility })).to.deep.equal(['masked-by-copy', 'leg-refused', RECORD]);
  });

  it('B2: replayed, both and one of them are what they were', async () => {
    await takes(PAIR);
    await takes(N1);
    expect(await codesOf({ ...N1, replays: 2 })).to.deep.equal(['duplicate']);
    expect(await codesOf({ ...PAIR, replays: 1 })).to.deep.equal([RECORD]);
    archive = new Archive();
    await takes(N1);
    await takes(PAIR);
    expect(await codesOf({ ...N1, replays: 1 })).to.deep.equal(['duplicate']);
  });

  describe('on their way out', () => {
    const legs = (): Legs => new Legs({ index, sendersOf: () => [], knowledge: archive.knowledge, now: () => 0, journal });
    const TO = { name: LANES[SOUTH]!, site: SOUTH };
    const leaving = (message: number): Parameters<Legs['before']>[0] => {
      const { event, parts, keys } = archive.cases.get(message)!;
      return { delivery: 10 * message, message, event: { ...event }, parts: parts as never, keys };
    };
    const sentTo = async (said: Said): Promise<void> => {
      await takes(fromRecord(said, SOUTH));
      states.set(archive.cases.size, [[TO.name, 'delivered']]);
    };

    it('B3, B4, B7: one of them that waits is held once what took the place of both was sent there, and has their masks', async () => {
      await takes(fromRecord(PAIR, NORTH));
      await takes(fromRecord(N1, SOUTH));
      await takes(fromRecord({ ...PAIR, visibility: { hiddenFromPatient: true } }, NORTH));
      const left = await legs().before(leaving(2), TO);
      expect('event' in left && left.event['data']).to.have.nested.property('visibility.hiddenFromPatient', true);
      await sentTo({ content: 'newer', document: { id: oid(3), action: 'replace', replaces: oid(2) } });
      expect(await legs().before(leaving(2), TO)).to.have.nested.property('held.code', 'ERR_DOCUMENT_VERSION_CONFLICT');
    });

    it('B2: one of them leaves with its id, though both left there, or elsewhere, as that one', async () => {
      await takes(fromRecord(PAIR, NORTH));
      await legs().sent(leaving(1), { name: LANES[NORTH]!, site: NORTH }, 'OUT1', { ids: { id: oid(1) }, made: [] });
      await takes(fromRecord(N1, SOUTH));
      expect(await legs().with(leaving(2), TO, { ids: { id: oid(1) } })).to.equal(undefined);
      expect(await legs().before(leaving(2), TO)).to.have.property('event');
      await takes({ content: 'else', document: { sourceId: 'K1' } });
      expect(await legs().with(leaving(3), TO, { ids: { id: oid(1) } })).to.have.property('code', 'ERR_DOCUMENT_VERSION_CONFLICT');
    });

    const MDM = [{ at: 'x', encoding: 'base64', from: { part: 'p1' } }] as const;
    const RECORDS = { name: LANES[RECORD]!, site: RECORD };

    it('B2: one that its message left out goes when it comes alone, once, and replaces what was sent by itself only', async () => {
      await takes(PAIR);
      await legs().sent(leaving(1), RECORDS, 'OUT1', { made: [], ids: { id: oid(2) }, parts: MDM });
      states.set(1, [['dcc-out', 'delivered']]);
      await takes(N1_NEXT);
      const next = await legs().before(leaving(2), RECORDS);
      expect('event' in next && next.event['data']).to.deep.nested.include({ 'document.action': 'new', 'document.status': 'final' });
      expect('event' in next && next.event['data']).not.to.have.nested.property('document.replaces');
      archive = new Archive();
      await takes(PAIR);
      await legs().sent(leaving(1), RECORDS, 'OUT1', { made: [], ids: { id: oid(2) }, parts: MDM });
      for (const again of [N3, PAIR]) expect(await codesOf(again)).to.deep.equal(['duplicate']);
      expect(await codesOf(N1)).to.deep.equal(['further-recipient', RECORD]);
      expect(await legs().before(leaving(4), RECORDS)).to.have.property('event');
      for (const again of [N3, N1, PAIR]) expect(await codesOf(again)).to.deep.equal(['duplicate']);
      await takes(N1_NEXT);
      const last = await legs().before(leaving(8), RECORDS);
      expect('event' in last && last.event['data']).to.have.nested.property('document.replaces', oid(1));
    });

    it('B2: so does one that only the record passes on', async () => {
      await takes(N3);
      await takes(fromRecord(PAIR, SOUTH));
      await legs().sent(leaving(2), { name: LANES[SOUTH]!, site: SOUTH }, 'OUT1', { made: [], ids: { id: oid(2) }, parts: MDM });
      expect(await codesOf(fromRecord(N1, SOUTH))).to.deep.equal(['further-recipient', SOUTH]);
      expect(await codesOf(fromRecord(N1, SOUTH))).to.deep.equal(['duplicate']);
    });

    it('B2: both do not leave by a message that carries one of them, which came there alone before', async () => {
      for (const said of [N3, PAIR]) expect(await codesOf(said)).to.deep.equal([RECORD]);
      states.set(1, [['dcc-out', 'delivered']]);
      expect(await legs().before(leaving(2), RECORDS)).to.have.property('event');
      const ids = { id: oid(2) };
      expect(await legs().with(leaving(2), RECORDS, { ids, parts: MDM })).to.have.property('code', 'ERR_DOCUMENT_VERSION_CONFLICT');
      const both = [...MDM, { at: 'y', encoding: 'base64', from: { part: 'p2' } } as const];
      expect(await legs().with(leaving(2), RECORDS, { ids, parts: both })).to.equal(undefined);
      states.set(1, [['dcc-out', 'dead']]);
      expect(await legs().with(leaving(2), RECORDS, { ids, parts: MDM })).to.equal(undefined);
    });

    it('B3: both that wait are held once what took the place of one was sent there; the other alone leaves', async () => {
      for (const said of [PAIR, N3, N1_NEXT]) await takes(said);
      states.set(3, [['dcc-out', 'delivered']]);
      expect(await legs().before(leaving(1), RECORDS)).to.have.nested.property('held.code', 'ERR_DOCUMENT_VERSION_CONFLICT');
      expect(await legs().before(leaving(2), RECORDS)).to.have.property('event');
    });

    it('B4: a deletion names the one that was sent there', async () => {
      await takes(fromRecord(PAIR, NORTH));
      await sentTo(N1);
      await takes(gone(2, fromRecord({}, SOUTH)));
      expect(await legs().before(leaving(3), TO)).to.have.nested.property('knownAs.document.id', oid(1));
      expect(await legs().before(leaving(3), { name: LANES[NORTH]!, site: NORTH })).not.to.have.property('knownAs');
    });
  });

  it('B2: asked for by either id, the document is found', async () => {
    await takes(PAIR);
    const { event } = caseOf(PAIR, 1, 1);
    const deliveries = [{ eventId: event.id, id: 'TEST-d1' }];
    const notes = async (kind: string, keys: readonly string[]): Promise<(string | undefined)[]> =>
      keys.map((key) => archive.notes.get(`${kind} ${key}`));
    for (const id of [1, 2]) {
      const story = (): never => ({ deliveries }) as never;
      const history = { events: [{ event }], parts: archive.cases.get(1)!.parts } as unknown as MessageHistory;
      const where = await whereIs(oid(id), [history], { journal: { notes }, index, story });
      expect(where.documents.map((one) => [one.id, one.state])).to.deep.equal([[oid(2), 'in-force']]);
      expect(where.legs).to.have.length(1);
    }
  });
});
