/** SAFETY B5, B4, B10: a document of ours that comes back in another wrapping, and what is said of it by the id that it has there. */
import { hash } from 'node:crypto';
import { expect } from 'chai';
import { idAsItCame, Legs } from '../../../core/documents/index.ts';
import type { DocumentData } from '../../../core/model/index.ts';
import type { EncodeInput } from '../../../core/contract/index.ts';
import { encodeFr, NATIONAL_PROFILE } from '../../../plugins/codec-hl7v2-fr/index.ts';
import { contextOf, SITE } from '../../../plugins/codec-hl7v2-fr/test/messages.ts';
import { Archive, caseOf, index, journalOf, NORTH, oid, RECORD, SOUTH, type Said } from './archive.ts';

const sha256 = (content: string): string => hash('sha256', content);
const LANE = { name: 'north-in', site: NORTH };
/** An id and a set that we gave: of the arc of UUIDs, which nobody else uses. */
const MADE = `2.25.${'4'.repeat(38)}`;
const MADE_SET = `2.25.${'5'.repeat(38)}`;

describe('documents in other wrappings', () => {
  let archive: Archive;
  let legs: Legs;
  const kept = () =>
    journalOf({
      tag: 'TEST',
      message: async () => undefined,
      material: async () => [],
      keep: async (notes) => archive.keep(notes),
    });
  beforeEach(() => {
    archive = new Archive();
    legs = new Legs({ index, sendersOf: () => [], destinations: [], knowledge: archive.knowledge, now: () => 0, journal: kept() });
  });

  const leaving = (said: Said): Parameters<Legs['before']>[0] => {
    const { event, parts, keys } = caseOf(said, 1, 1);
    return { delivery: 7, message: 1, event: { ...event, ...(keys[0] && { subject: keys[0] }) }, parts: parts as never, keys };
  };
  /** Within a CDA N1 of that id. */
  const wrapped = (inner: string, document: Partial<DocumentData>, header = ''): Said => ({
    content: `<cda ${header}>${inner}`,
    document: { format: 'CDA-R2-N1', level: 'N1', embeddedSha256: sha256(inner), ...document },
  });
  /** A PDF of the record that was sent to the north within a CDA made for it, whose bytes are `made`. */
  const PDF: Said = { site: RECORD, to: [NORTH], content: 'pdf', document: { id: oid(1), setId: oid(2), version: 1 } };
  const sentAsN1 = async (said: Said = PDF, ids: object = { id: MADE, setId: MADE_SET }, made = 'made'): Promise<void> => {
    expect((await archive.takes(said)).sentTo).to.deep.equal([NORTH]);
    await legs.sent(leaving(said), LANE, 'OUT1', { ids, made: [sha256(made)] });
  };
  const codesOf = async (said: Said): Promise<readonly string[]> => {
    const { codes, quarantine, reject, sentTo } = await archive.takes(said);
    const stop = quarantine ?? reject;
    return stop ? [stop.code] : sentTo.length > 0 ? [...codes, ...sentTo] : codes;
  };
  const MADE_BACK: Said = {
    content: 'made',
    document: { format: 'CDA-R2-N1', id: MADE, setId: MADE_SET, version: 1, embeddedSha256: sha256('pdf') },
  };

  describe('B5: what we sent comes back', () => {
    it('B5: an N1 around a PDF, under the id of that PDF, goes no further', async () => {
      await sentAsN1(PDF, { id: oid(1), setId: oid(2) });
      expect(await codesOf({ ...MADE_BACK, document: { ...MADE_BACK.document, id: oid(1), setId: oid(2) } })).to.deep.equal(['document-returned']);
      // Written again by the hospital's software: other bytes around the same PDF.
      expect(await codesOf(wrapped('pdf', { id: oid(1) }))).to.deep.equal(['document-returned']);
    });

    it('B5: an N1 under the id that we gave it: whole, written again, its PDF alone, or without any id', async () => {
      await sentAsN1();
      for (const back of [
        MADE_BACK,
        wrapped('pdf', { id: MADE, setId: MADE_SET, version: 1 }),
        { content: 'pdf', document: { id: MADE } },
        { content: 'made', document: { sourceId: 'A1' } },
        { content: 'made', document: { id: oid(70) } },
        { content: 'pdf', document: { sourceId: 'A2' } },
        wrapped('pdf', { id: oid(71) }),
        wrapped('pdf', { sourceId: 'A3' }),
      ])
        expect(await codesOf(back), JSON.stringify(back)).to.deep.equal(['document-returned']);
      expect(archive.note(oid(1))?.['to']).to.deep.equal([NORTH]);
    });

    it('B5: a CDA that was written in another version of its model', async () => {
      const sheet: Said = { site: RECORD, to: [NORTH], content: 'sheet', document: { id: oid(1), format: 'CDA-R2-N3', level: 'N3' } };
      await sentAsN1(sheet, { id: MADE }, 'older');
      expect(await codesOf({ content: 'older', document: { id: MADE } })).to.deep.equal(['document-returned']);
      expect(await codesOf({ content: 'older', document: { sourceId: 'A1' } })).to.deep.equal(['document-returned']);
    });

    it('B5: the other way round: of an N1 of the hospital, the record sends the N1, its PDF, or another N1 around it', async () => {
      expect((await archive.takes(wrapped('pdf', { id: oid(5) }))).sentTo).to.deep.equal([RECORD]);
      for (const back of [
        wrapped('pdf', { id: oid(5) }),
        { content: 'pdf', document: { id: oid(5) } },
        { content: 'pdf', document: { id: oid(6) } },
        wrapped('pdf', { id: oid(7) }, 'other header'),
      ])
        expect(await codesOf({ ...back, site: RECORD, to: [NORTH] }), JSON.stringify(back)).to.deep.equal(['document-returned']);
      // To an establishment that does not have it, it goes.
      expect((await archive.takes({ content: 'pdf', document: { id: oid(8) }, site: RECORD, to: [NORTH, SOUTH] })).sentTo).to.deep.equal([SOUTH]);
    });

    it('B5: said to be more final than we sent it, it is ours all the same', async () => {
      await sentAsN1({ ...PDF, document: { ...PDF.document, status: 'preliminary' } });
      for (const id of [MADE, oid(1)])
        expect(await codesOf({ ...MADE_BACK, document: { ...MADE_BACK.document, id } })).to.deep.equal(['document-returned']);
    });

    it('B3, B5: around our bytes, but in the place of another document: it goes, or waits where it may not replace that one; of what ours replaced, it is ours', async () => {
      await sentAsN1();
      expect(await codesOf({ content: 'mine', document: { id: oid(9) } })).to.deep.equal([RECORD]);
      const inPlaceOf = (replaces: string, n: number): Said => wrapped('pdf', { id: oid(n), action: 'replace', replaces }, String(n));
      expect(await codesOf(inPlaceOf(oid(9), 10))).to.deep.equal([RECORD]);
      expect(archive.note(oid(9))?.['superseded']).to.include({ id: oid(10) });
      expect(await codesOf(inPlaceOf(oid(80), 11))).to.deep.equal(['original-not-received', RECORD]);
      await archive.takes({ site: RECORD, to: [NORTH], content: 'else', document: { id: oid(3) } });
      expect(await codesOf(inPlaceOf(oid(3), 12))).to.deep.equal(['ERR_DOCUMENT_NOT_AUTHOR']);
      expect(await codesOf(inPlaceOf(MADE, 13))).to.deep.equal(['document-returned']);
      const newer = { id: oid(4), action: 'replace', replaces: oid(3) } as const;
      expect(await codesOf({ site: RECORD, to: [NORTH], content: 'newer', document: newer })).to.deep.equal([NORTH]);
      expect(await codesOf(wrapped('newer', { id: oid(14), action: 'replace', replaces: oid(3) }))).to.deep.equal(['document-returned']);
    });

    it('B5: changed under the id that we gave it, it waits', async () => {
      await sentAsN1();
      expect(await codesOf({ content: 'printed again', document: { id: MADE } })).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
      expect(await codesOf(wrapped('other pdf', { id: MADE }))).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
    });

    it('A8, B5: the same bytes about another patient are no echo, and under an id of ours they wait', async () => {
      await sentAsN1();
      for (const back of [MADE_BACK, { content: 'pdf', document: { id: MADE } }, wrapped('pdf', { id: oid(1) })])
        expect(await codesOf({ ...back, patient: '2' }), JSON.stringify(back)).to.deep.equal(['ERR_DOCUMENT_OTHER_PATIENT']);
      for (const back of [
        { content: 'pdf', document: { sourceId: 'A1' } },
        { content: 'made', document: { sourceId: 'A2' } },
        wrapped('pdf', { id: oid(71) }),
      ])
        expect(await codesOf({ ...back, patient: '2' }), JSON.stringify(back)).to.deep.equal([RECORD]);
    });

    it('B2, B5: what wraps the same and was never exchanged is another document; two headers of one id are in conflict', async () => {
      expect((await archive.takes({ content: 'form', document: { id: oid(20) } })).sentTo).to.deep.equal([RECORD]);
      expect((await archive.takes(wrapped('form', { id: oid(21) }))).sentTo).to.deep.equal([RECORD]);
      expect((await archive.takes({ ...wrapped('form', { id: oid(22) }, 'x'), site: SOUTH })).sentTo).to.deep.equal([RECORD]);
      expect(await codesOf(wrapped('form', { id: oid(21) }, 'another title'))).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
    });

    it('B5: of a number that has another content now, the form that was sent of the earlier one is old news', async () => {
      const numbered = (content: string, status: 'preliminary' | 'final'): Said => ({
        site: RECORD,
        to: [NORTH],
        content,
        document: { sourceId: 'K1', status },
      });
      await sentAsN1(numbered('draft', 'preliminary'), { id: MADE }, 'made of the draft');
      expect((await archive.takes(numbered('final', 'final'))).sentTo).to.deep.equal([NORTH]);
      expect(archive.note(`${RECORD}|DPI/K1`)).to.deep.include({ earlier: [sha256('draft'), sha256('made of the draft')] });
      expect((await archive.takes({ content: 'made of the draft', document: { id: MADE } })).sentTo).to.deep.equal([]);
    });
  });

  describe('B4, B10: by the id that its receiver knows', () => {
    const ownedByNorth: Said = { ...PDF, document: { ...PDF.document, custodian: { finess: NORTH } } };
    const deletion = (id: string): Said => ({ type: 'dcc.document.deleted', document: { id } });
    const documentOf = async (said: Said): Promise<DocumentData | undefined> => {
      const { event, sentTo } = await archive.takes(said);
      expect(sentTo).to.deep.equal([RECORD]);
      return (event?.data as { document: DocumentData } | undefined)?.document;
    };

    it('B4: a deletion by the receiver is one of the document, refused with 901; by its keeper it is passed on in the words of its source', async () => {
      await sentAsN1();
      expect(await codesOf(deletion(MADE))).to.deep.equal(['ERR_DOCUMENT_NOT_AUTHOR']);
      archive = new Archive();
      legs = new Legs({ index, sendersOf: () => [], destinations: [], knowledge: archive.knowledge, now: () => 0, journal: kept() });
      await sentAsN1(ownedByNorth);
      expect(await documentOf(deletion(MADE))).to.include({ id: oid(1), action: 'delete' });
      expect(archive.note(oid(1))?.['deleted']).to.include({ site: NORTH });
      // Told to the north too, the record's own deletion is the same one.
      expect((await archive.takes({ ...deletion(oid(1)), site: RECORD, to: [NORTH] })).sentTo).to.deep.equal([]);
    });

    it('B4: of a document that its source only numbers, in that number', async () => {
      await sentAsN1({ ...ownedByNorth, document: { sourceId: 'K1', sourceItem: '2', custodian: { finess: NORTH } } }, { id: MADE });
      const passed = await documentOf(deletion(MADE));
      expect(passed).to.include({ sourceId: 'K1', sourceItem: '2' }).and.not.have.property('id');
    });

    it('B4: and never as the one that the receiver numbers so itself', async () => {
      await sentAsN1({ ...ownedByNorth, document: { sourceId: 'K1', custodian: { finess: NORTH } } }, { id: MADE });
      const [own, there] = [{ content: 'own', document: { sourceId: 'K1' } } as const, { name: 'record-in', site: RECORD }];
      expect((await archive.takes(own)).sentTo).to.deep.equal([RECORD]);
      legs = new Legs({ index, sendersOf: () => [], destinations: [], knowledge: archive.knowledge, now: () => 0, journal: kept() });
      await legs.sent(leaving(own), there, 'OUT9', { ids: { id: `2.25.${'7'.repeat(38)}` }, made: [] });
      const { event } = await archive.takes(deletion(MADE));
      legs = new Legs({ index, sendersOf: () => [], destinations: [], knowledge: archive.knowledge, now: () => 0, journal: kept() });
      const made = await legs.before({ ...leaving(deletion(MADE)), event: event as never }, there);
      expect('event' in made && made.knownAs, 'the id of another document').to.equal(undefined);
      expect(archive.note(`${NORTH}|DPI/K1`)).to.not.have.property('deleted');
      const patient = { ipp: '00012345', ippAuthority: '1.2.250.1.999.90.1', domain: 'gam', birthName: 'ESSAI', sex: 'F', birthDate: '1960-01-01' };
      const settings = { ...SITE, connector: { cda: { plain: 'n1', confidentiality: 'N', custodian: { name: 'FICTIF', finess: NORTH } } } };
      const said = { ...event, data: { ...event!.data, patient } } as unknown as EncodeInput['event'];
      const result = encodeFr({ event: said, parts: [] }, contextOf(settings), NATIONAL_PROFILE);
      expect(result.outcome === 'message' && result.envelope.document, 'no id of a document of the receiver').to.deep.equal({ number: 'K1' });
    });

    it('B4, B3: a replacement by the receiver waits; by its keeper it replaces the document as its source knows it', async () => {
      const replacement: Said = { content: 'new', document: { id: oid(60), action: 'replace', replaces: MADE } };
      await sentAsN1();
      expect(await codesOf(replacement)).to.deep.equal(['ERR_DOCUMENT_NOT_AUTHOR']);
      // By its set alone as well.
      expect(await codesOf({ content: 'new', document: { id: oid(61), setId: MADE_SET, version: 2 } })).to.deep.equal(['ERR_DOCUMENT_NOT_AUTHOR']);
      archive = new Archive();
      legs = new Legs({ index, sendersOf: () => [], destinations: [], knowledge: archive.knowledge, now: () => 0, journal: kept() });
      await sentAsN1(ownedByNorth);
      expect(await documentOf({ ...replacement, document: { ...replacement.document, setId: MADE_SET, version: 2 } })).to.include({
        replaces: oid(1),
        setId: oid(2),
      });
      expect(archive.note(oid(1))?.['superseded']).to.include({ id: oid(60) });
    });

    it('B3, B4, B10: a replacement and a deletion leave with the id that the receiver knows', async () => {
      await sentAsN1();
      const before = async (said: Said): Promise<unknown> => {
        await archive.takes(said);
        legs = new Legs({ index, sendersOf: () => [], destinations: [], knowledge: archive.knowledge, now: () => 0, journal: kept() });
        const made = await legs.before({ ...leaving(said), delivery: 8 }, LANE);
        return 'event' in made ? made.knownAs : made.held.code;
      };
      const known = { id: MADE, setId: MADE_SET };
      const newer: Said = { site: RECORD, to: [NORTH], content: 'newer', document: { id: oid(3), action: 'replace', replaces: oid(1) } };
      expect(await before(newer)).to.deep.equal({ replaces: known });
      expect(await before({ ...deletion(oid(1)), site: RECORD, to: [NORTH] })).to.deep.equal({ document: known });
      expect(await before({ site: RECORD, to: [NORTH], content: 'else', document: { id: oid(4) } })).to.equal(undefined);
      const elsewhere = await legs.before(leaving({ ...deletion(oid(1)), site: RECORD }), { name: 'south-in', site: SOUTH });
      expect('event' in elsewhere && elsewhere.knownAs).to.equal(undefined);
    });

    it('B8, B10: asked for by the id or the set that we gave, a document is found by its own; each place it went to says its name there', async () => {
      await sentAsN1();
      const journal = { notes: async (kind: string, keys: readonly string[]) => keys.map((key) => archive.notes.get(`${kind} ${key}`)) };
      const found = (id: string): Promise<string> => idAsItCame(id, { journal, index });
      expect([await found(MADE), await found(MADE_SET), await found(oid(1)), await found('A1')]).to.deep.equal([oid(1), oid(2), oid(1), 'A1']);
      expect(archive.note(oid(1))?.['sentAs'])
        .to.have.property('north-in')
        .that.includes({ id: MADE, setId: MADE_SET });
    });
  });
});
