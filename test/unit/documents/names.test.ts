/** SAFETY B3, B4, B5, B6: a document that its source both numbers (ORU) and names (MDM) is one, whichever of the two is said of it afterwards. */
import { expect } from 'chai';
import type { DeliveryState, MessageHistory } from '../../../core/contract/index.ts';
import { Legs } from '../../../core/documents/index.ts';
import { Archive, index, journalOf, NORTH, oid, RECORD, SOUTH, type Said } from './archive.ts';

const LANE = { name: 'north-in', site: NORTH };
const MADE = { id: `2.25.${'4'.repeat(38)}` };
const ofRecord = (said: Said): Said => ({ site: RECORD, to: [NORTH], content: 'pdf', ...said });
const NUMBERED = ofRecord({ document: { sourceId: 'K1' } });
const NAMED = ofRecord({ document: { id: oid(1) } });
const gone = (said: Said): Said => ({ ...said, type: 'dcc.document.deleted' });
const REPLACEMENT = ofRecord({ content: 'newer', document: { id: oid(2), action: 'replace', replaces: oid(1) } });
const CORRECTION = ofRecord({ content: 'newer', document: { sourceId: 'K1', status: 'corrected', action: 'replace' } });
const ALSO_SOUTH = [NORTH, SOUTH];

describe('documents with two names', () => {
  let archive: Archive;
  let states: Map<number, DeliveryState>;
  beforeEach(() => {
    archive = new Archive();
    states = new Map();
  });
  const codesOf = async (said: Said): Promise<readonly string[]> => {
    const { codes, quarantine, reject, sentTo } = await archive.takes(said);
    const stop = quarantine ?? reject;
    return stop ? [stop.code] : [...codes, ...sentTo];
  };
  const legs = (): Legs =>
    new Legs({
      index,
      sendersOf: () => [],
      destinations: [],
      knowledge: archive.knowledge,
      now: () => 0,
      journal: journalOf({
        tag: 'TEST',
        message: async (message) => {
          const { event, parts } = archive.cases.get(message)!;
          const deliveries = states.has(message) ? [{ lane: LANE.name, eventId: event.id, state: states.get(message), delivery: message }] : [];
          return {
            message: { site: RECORD, controlId: `C${message}`, run: 1, receivedAt: '' },
            events: [{ event }],
            parts,
            deliveries,
            attempts: [],
            acts: [],
          } as unknown as MessageHistory;
        },
        material: async (deliveries) => deliveries.map((delivery) => ({ delivery, message: delivery })) as never,
        keep: async (notes) => archive.keep(notes),
      }),
    });
  const leaving = (message: number): Parameters<Legs['before']>[0] => {
    const { event, parts, keys } = archive.cases.get(message)!;
    return { delivery: message, message, event: { ...event, ...(keys[0] && { subject: keys[0] }) }, parts: parts as never, keys };
  };
  const before = async (message: number): Promise<Awaited<ReturnType<Legs['before']>>> => legs().before(leaving(message), LANE);
  const leaves = async (message: number): Promise<unknown> => {
    const made = await before(message);
    return 'held' in made ? made.held.code : (made.knownAs ?? 'by its own name');
  };
  const take = async (...all: readonly Said[]): Promise<void> => {
    for (const said of all) await archive.takes(said);
  };

  for (const [how, first, second] of [
    ['the number first', NUMBERED, NAMED],
    ['the id first', NAMED, NUMBERED],
  ] as const)
    describe(how, () => {
      it('B4: withdrawn by one name, it is by both: no copy goes anywhere, and to withdraw it again is the same deletion', async () => {
        for (const [withdrawn, again] of [
          [first, second],
          [second, first],
        ] as const) {
          archive = new Archive();
          await take(first);
          expect(await codesOf(second)).to.deep.equal(['duplicate']);
          expect(await codesOf(gone(withdrawn))).to.deep.equal([NORTH]);
          for (const each of [first, second]) expect((await archive.takes({ ...each, to: ALSO_SOUTH })).sentTo).to.deep.equal([]);
          expect(await codesOf(gone(again))).to.deep.equal(['duplicate']);
        }
      });

      it('B3: replaced or corrected by one name, it is by both', async () => {
        for (const next of [REPLACEMENT, CORRECTION, ofRecord({ content: 'newer', document: { id: oid(2), setId: oid(50), version: 2 } })]) {
          archive = new Archive();
          const inSet = next.document?.setId === undefined ? {} : { setId: oid(50), version: 1 };
          const [one, two] = [first, second].map((said) => (said === NAMED ? { ...said, document: { ...said.document, ...inSet } } : said));
          await take(one!, two!);
          expect(await codesOf(next)).to.include(NORTH);
          for (const each of [one!, two!]) expect((await archive.takes({ ...each, to: ALSO_SOUTH })).sentTo, JSON.stringify(next)).to.deep.equal([]);
        }
      });

      it('B3, B4: what waited by one name does not leave after what withdrew, replaced or corrected the other', async () => {
        for (const next of [gone(first), gone(second), REPLACEMENT, CORRECTION]) {
          archive = new Archive();
          await take(first, second, next);
          states = new Map([[3, 'delivered']]);
          for (const waited of [1, 2]) expect(await leaves(waited), JSON.stringify(next)).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
        }
      });

      it('B2, B6: a recipient and a mask that one name brought count for the other', async () => {
        await take(first, second);
        expect(await codesOf({ ...first, to: ALSO_SOUTH, visibility: { hiddenFromPatient: true } })).to.include('masked-by-copy');
        expect(await codesOf({ ...second, to: ALSO_SOUTH })).to.deep.equal(['duplicate']);
        for (const id of [oid(1), `${RECORD}|DPI/K1`]) expect(archive.note(id)?.['flags']).to.include({ hiddenFromPatient: true });
      });

      it('B3: the same correction by both roads is one', async () => {
        for (const [one, two] of [
          [CORRECTION, REPLACEMENT],
          [REPLACEMENT, CORRECTION],
        ] as const) {
          archive = new Archive();
          await take(first, second);
          expect(await codesOf(one)).to.deep.equal([NORTH]);
          expect(await codesOf(two)).to.deep.equal(['duplicate']);
          expect(await codesOf(gone({ ...ofRecord({ document: { id: oid(2) } }) }))).to.deep.equal([NORTH]);
          expect((await archive.takes({ ...CORRECTION, to: ALSO_SOUTH })).sentTo).to.deep.equal([]);
        }
      });

      it('B3: replaced by its id, then corrected to something else by its number, it waits', async () => {
        await take(first, second, REPLACEMENT);
        expect(await codesOf({ ...CORRECTION, content: 'something else' })).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
      });
    });

  it('B3, B4: its deletion, its replacement and its correction leave by the name that their receiver has', async () => {
    const known = { K1: { number: 'K1' }, [oid(1)]: { id: oid(1) } };
    for (const [first, second, name] of [
      [NUMBERED, NAMED, 'K1'],
      [NAMED, NUMBERED, oid(1)],
    ] as const) {
      for (const ids of [undefined, MADE]) {
        archive = new Archive();
        await take(first, second);
        if (ids) await legs().sent(leaving(1), LANE, 'OUT1', { ids, made: [] });
        states = new Map([[1, 'delivered']]);
        await take(gone(second));
        expect(await leaves(3)).to.deep.equal({ document: ids ?? known[name] });
      }
    }
    for (const ids of [undefined, MADE]) {
      archive = new Archive();
      await take(NUMBERED, NAMED);
      if (ids) await legs().sent(leaving(1), LANE, 'OUT1', { ids, made: [] });
      await take(REPLACEMENT);
      expect(await leaves(3)).to.deep.equal({ replaces: ids ?? known['K1'] });
      archive = new Archive();
      await take(NAMED, NUMBERED);
      if (ids) await legs().sent(leaving(1), LANE, 'OUT1', { ids, made: [] });
      await take(CORRECTION);
      states = new Map([
        [1, 'delivered'],
        [3, 'sending'],
      ]);
      const made = await before(3);
      expect('event' in made && made.event['data'])
        .to.have.property('document')
        .which.includes({ action: 'replace', replaces: (ids ?? NAMED.document!).id });
    }
  });

  it('B3, B4: where its correction by the number was refused, the next one and its deletion name what arrived by the id', async () => {
    const other = { id: `2.25.${'5'.repeat(38)}` };
    const twice = { ...CORRECTION, content: 'newest' };
    for (const ids of [undefined, MADE])
      for (const next of [twice, gone(NUMBERED)]) {
        archive = new Archive();
        states = new Map([[1, 'delivered']]);
        await take(NAMED, NUMBERED);
        if (ids) await legs().sent(leaving(1), LANE, 'OUT1', { ids, made: ['ab'] });
        await take(CORRECTION);
        await legs().sent(leaving(3), LANE, 'OUT3', { ids: other, made: ['cd'] });
        states.set(3, 'dead');
        await take(next);
        const name = ids ?? { id: oid(1) };
        expect(await leaves(4)).to.deep.equal(next === twice ? { before: name } : { document: name });
        if (next !== twice) continue;
        await legs().sent(leaving(4), LANE, 'OUT4', { ids: { id: `2.25.${'6'.repeat(38)}` }, made: ['ef'] });
        states.set(4, 'dead');
        await take({ ...CORRECTION, content: 'the last' });
        expect(await leaves(5), 'and the one after it').to.deep.equal({ before: name });
      }
  });

  it('B3: where nothing arrived by the id either, the next correction is new', async () => {
    for (const ids of [undefined, MADE]) {
      archive = new Archive();
      states = new Map([[1, 'dead']]);
      await take(NAMED, NUMBERED);
      if (ids) await legs().sent(leaving(1), LANE, 'OUT1', { ids, made: ['ab'] });
      await take(CORRECTION);
      await legs().sent(leaving(3), LANE, 'OUT3', { ids: { id: `2.25.${'5'.repeat(38)}` }, made: ['cd'] });
      states.set(3, 'dead');
      await take({ ...CORRECTION, content: 'newest' });
      expect(await leaves(4)).to.have.property('isGivenAgain', true);
    }
  });

  it('B4: withdrawn or replaced by one name before the other one came, it stays so', async () => {
    await take(NUMBERED, gone(NUMBERED));
    expect(await codesOf(NAMED)).to.deep.equal(['duplicate']);
    expect((await archive.takes({ ...NAMED, to: ALSO_SOUTH })).sentTo).to.deep.equal([]);
    archive = new Archive();
    await take(NUMBERED, REPLACEMENT);
    expect(await codesOf(NAMED)).to.deep.equal(['duplicate', 'still-shown']);
    expect((await archive.takes({ ...NUMBERED, to: ALSO_SOUTH })).sentTo).to.deep.equal([]);
  });

  it('B4: a number that is given again after its deletion is another document than the id', async () => {
    await take(NUMBERED, NAMED, gone(NAMED));
    expect(await codesOf(ofRecord({ content: 'other', document: { sourceId: 'K1' } }))).to.deep.equal(
      [NORTH, 'reissued-after-deletion'].toReversed(),
    );
    expect(await codesOf(gone(NAMED))).to.deep.equal(['duplicate']);
    expect(archive.note(`${RECORD}|DPI/K1`)).to.not.have.property('deleted');
  });

  it('A8, B4: the same bytes about two patients, or by two establishments, are two documents to the end', async () => {
    await take(NUMBERED, { ...NAMED, patient: '2' }, { ...gone(NAMED), patient: '2' });
    expect(await codesOf({ ...NUMBERED, to: ALSO_SOUTH })).to.deep.equal(['further-recipient', SOUTH]);
    archive = new Archive();
    await take({ content: 'pdf', document: { id: oid(1) } }, { site: SOUTH, content: 'pdf', document: { id: oid(1) } });
    await take({ site: SOUTH, content: 'pdf', document: { sourceId: 'K1' } }, gone({ site: SOUTH, document: { sourceId: 'K1' } }));
    expect(archive.note(oid(1))).to.not.have.property('deleted');
  });

  it('B2, B3: said to be final by one name, it is by the other, and what waits as preliminary does not follow', async () => {
    const as = (said: Said, status: 'preliminary' | 'final'): Said => ({ ...said, document: { ...said.document, status } });
    await take(as(NUMBERED, 'preliminary'), as(NAMED, 'preliminary'));
    expect(await codesOf(as(NUMBERED, 'final'))).to.deep.equal([NORTH]);
    expect(await codesOf(as(NAMED, 'final'))).to.deep.equal(['duplicate']);
    states = new Map([[3, 'delivered']]);
    expect(await leaves(2)).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
  });

  it('B3: what waits by the id does not become the successor of its own correction', async () => {
    await take(NUMBERED, NAMED, CORRECTION);
    states = new Map([[1, 'delivered']]);
    const made = await before(2);
    expect('event' in made && made.event['data'])
      .to.have.property('document')
      .which.does.not.have.property('replaces');
  });

  it('B2: replayed, the one that was a copy is one again', async () => {
    await take(NUMBERED, NAMED);
    expect(await codesOf({ ...NAMED, replays: 2 })).to.deep.equal(['duplicate']);
  });

  describe('final after preliminary', () => {
    const as = (said: Said, status: 'preliminary' | 'final', document: Said['document'] = {}): Said => ({
      ...said,
      document: { ...said.document, ...document, status },
    });
    const DRAFT = as(NUMBERED, 'preliminary');

    it('B3: under an id that comes for the first time, it takes the place of the one that was numbered, by the name that is there', async () => {
      for (const document of [{}, { id: oid(2), action: 'replace', replaces: oid(1) } as const])
        for (const ids of [undefined, MADE]) {
          archive = new Archive();
          await take(DRAFT);
          if (ids) await legs().sent(leaving(1), LANE, 'OUT1', { ids, made: [] });
          const final = as(NAMED, 'final', document);
          expect(await codesOf(final), 'of the same bytes').to.deep.equal([NORTH]);
          states = new Map([[1, 'delivered']]);
          const made = await before(2);
          const action = 'event' in made && (made.event['data'] as { document: { action: string } }).document.action;
          expect([action, 'held' in made ? undefined : made.knownAs]).to.deep.equal(['replace', { replaces: ids ?? { number: 'K1' } }]);
          expect((await archive.takes({ ...final, replays: 2 })).quarantine).to.equal(undefined);
          expect((await archive.takes({ ...DRAFT, to: ALSO_SOUTH })).sentTo, 'the preliminary one is over').to.deep.equal([]);
          states = new Map([[2, 'delivered']]);
          expect(await leaves(1)).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
        }
    });

    it('B3: so it does by its number after its id, with the masks that were said, and where its id is known as another name', async () => {
      await take({ ...as(NAMED, 'preliminary'), visibility: { hiddenFromPatient: true } });
      expect(await codesOf(as(NUMBERED, 'final'))).to.deep.equal([NORTH]);
      expect(archive.note(`${RECORD}|DPI/K1`)?.['flags']).to.include({ hiddenFromPatient: true });
      expect(archive.note(oid(1))?.['superseded']).to.include({ id: 'K1' });
      archive = new Archive();
      await take(DRAFT, as(NAMED, 'preliminary'));
      expect(await codesOf(as(NAMED, 'final', { id: oid(2), action: 'replace', replaces: oid(1) }))).to.deep.equal([NORTH]);
      for (const id of [oid(1), `${RECORD}|DPI/K1`]) expect(archive.note(id)?.['superseded']).to.include({ id: oid(2) });
    });

    it('B3: one that replaces something else waits for a person; what was withdrawn stays so', async () => {
      await take(ofRecord({ content: 'older', document: { id: oid(7) } }), DRAFT);
      expect(await codesOf(as(NAMED, 'final', { action: 'replace', replaces: oid(7) }))).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT']);
      archive = new Archive();
      await take(DRAFT, gone(NUMBERED));
      expect((await archive.takes(as(NAMED, 'final'))).sentTo).to.deep.equal([]);
    });
  });

  describe('three names', () => {
    const inSet = (said: Said): Said => ({ ...said, document: { ...said.document, setId: oid(50), version: 1 } });
    const [ONE, TWO] = [inSet(NAMED), inSet(ofRecord({ document: { id: oid(2) } }))];
    const ORDERS = [
      [NUMBERED, ONE, TWO],
      [ONE, NUMBERED, TWO],
      [ONE, TWO, NUMBERED],
    ];

    it('B4: withdrawn by any of them, it is by all: no copy goes anywhere, and to withdraw it again is the same deletion', async () => {
      for (const names of ORDERS)
        for (const withdrawn of names) {
          archive = new Archive();
          await take(...names);
          expect(await codesOf(gone(withdrawn))).to.deep.equal([NORTH]);
          for (const each of names) {
            expect((await archive.takes({ ...each, to: ALSO_SOUTH })).sentTo).to.deep.equal([]);
            expect(await codesOf(gone(each))).to.deep.equal(['duplicate']);
          }
        }
    });

    it('B4: its deletion by any of them leaves by the name that is there', async () => {
      for (const names of ORDERS)
        for (const withdrawn of names.slice(1)) {
          archive = new Archive();
          await take(...names, gone(withdrawn));
          states = new Map([[1, 'delivered']]);
          const { id } = names[0]!.document!;
          expect(await leaves(4)).to.deep.equal({ document: id === undefined ? { number: 'K1' } : { id } });
        }
    });

    it('B3: replaced by any of them, it is by all', async () => {
      for (const names of ORDERS)
        for (const replaces of [oid(1), oid(2)]) {
          archive = new Archive();
          await take(...names);
          expect(await codesOf({ ...REPLACEMENT, document: { id: oid(3), action: 'replace', replaces } })).to.deep.equal([NORTH]);
          for (const each of names) expect((await archive.takes({ ...each, to: ALSO_SOUTH })).sentTo).to.deep.equal([]);
          states = new Map([[4, 'delivered']]);
          expect(await leaves(1)).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
        }
    });
  });

  it('B3, B4: names in notes of before they were linked lead to each other by their bytes', async () => {
    const unlinked = async (): Promise<void> => {
      archive = new Archive();
      await take(NUMBERED, NAMED);
      for (const [name, value] of archive.notes)
        if (name.startsWith('document ')) {
          const { sameKeys: _, ...old } = JSON.parse(value) as Record<string, unknown>;
          archive.notes.set(name, JSON.stringify(old));
        }
      archive.keep([]);
    };
    for (const by of [NUMBERED, NAMED]) {
      await unlinked();
      const { content: _, ...withoutBytes } = gone(by);
      expect(await codesOf(withoutBytes)).to.deep.equal([NORTH]);
      states = new Map([[1, 'delivered']]);
      if (by === NAMED) expect(await leaves(3)).to.deep.equal({ document: { number: 'K1' } });
      for (const each of [NUMBERED, NAMED]) expect((await archive.takes({ ...each, to: ALSO_SOUTH })).sentTo).to.deep.equal([]);
    }
    states = new Map([[1, 'delivered']]);
    for (const message of [1, 2]) {
      archive = new Archive();
      await take(NUMBERED, NAMED);
      const asLinked = await leaves(message);
      await unlinked();
      expect(await leaves(message)).to.deep.equal(asLinked);
    }
    for (const next of [REPLACEMENT, CORRECTION]) {
      await unlinked();
      expect(await codesOf(next)).to.deep.equal([NORTH]);
      for (const each of [NUMBERED, NAMED]) expect((await archive.takes({ ...each, to: ALSO_SOUTH })).sentTo).to.deep.equal([]);
    }
  });
});
