/** SAFETY B2, B4: what is sent again after its first delivery ended without being made is delivered. */
import { expect } from 'chai';
import type { DeliveryState, MessageHistory, MessageState } from '../../../core/contract/index.ts';
import { goesWhereNoneArrived, shownOn } from '../../../core/documents/index.ts';
import type { Judgement } from '../../../core/knowledge/index.ts';
import type { EventData } from '../../../core/model/index.ts';
import { Archive, caseOf, index, NORTH, RECORD, SOUTH, oid, type Said } from './archive.ts';

const LANES = { [NORTH]: 'north-out', [SOUTH]: 'south-out', [RECORD]: 'dcc-out' };
const DESTINATIONS = [...Object.entries(LANES), [RECORD, 'dcc-too'] as const].map(
  ([site, lane]) => ({ lane, site, role: 'record', sends: [] }) as const,
);
const ONE: Said = { document: { id: oid(1) }, content: 'one' };

describe('a document that is sent again', () => {
  let archive: Archive;
  /** By message: where its deliveries stand; of its own document, or of another that came with it. */
  let states: Map<number, readonly (readonly [lane: string, state: DeliveryState, of?: Said])[]>;
  let messageStates: Map<number, MessageState>;
  /** What the journal no longer knows. */
  let purged: Set<number>;
  let last: Judgement;
  let warnings: Map<number, Judgement['warnings']>;
  beforeEach(() => {
    archive = new Archive();
    states = new Map();
    messageStates = new Map();
    purged = new Set();
    warnings = new Map();
  });

  const history = (id: number): MessageHistory => {
    const { event, parts } = archive.cases.get(id)!;
    const legs = (states.get(id) ?? []).map(([lane, state, of], i) => ({
      lane,
      state,
      delivery: 100 * id + i,
      event: of ? caseOf(of, 100 + i, 1).event : event,
    }));
    return {
      message: { state: messageStates.get(id) ?? 'decoded', warnings: warnings.get(id) ?? [] },
      events: [event, ...legs.map((leg) => leg.event)].map((each) => ({ event: each })),
      parts,
      deliveries: legs.map(({ event: { id: eventId, type: eventType }, ...leg }) => ({ ...leg, eventId, eventType })),
      attempts: [],
    } as never;
  };
  const journal = {
    tag: 'TEST',
    message: async (id: number): Promise<MessageHistory | undefined> => (purged.has(id) ? undefined : history(id)),
    notes: async (kind: string, keys: readonly string[]): Promise<readonly (string | undefined)[]> =>
      keys.map((key) => archive.notes.get(`${kind} ${key}`)),
  };
  const takes = async (said: Said): Promise<{ sentTo: readonly string[]; codes: readonly string[] }> => {
    const { sentTo, message, ...judgement } = await archive.takes(said);
    const made = await goesWhereNoneArrived(archive.cases.get(message)!, judgement, { journal, destinations: DESTINATIONS, index });
    last = made;
    warnings.set(message, made.warnings);
    const targets = made.isSilent ? [] : (made.targets ?? sentTo);
    return { sentTo: targets, codes: (made.warnings ?? []).map(({ code }) => code) };
  };

  for (const state of ['dead', 'discarded'] as const)
    it(`B2: after its first delivery was ${state} it is delivered, and a third time it is a copy of that`, async () => {
      await takes(ONE);
      states.set(1, [['dcc-out', state]]);
      expect(await takes(ONE)).to.deep.equal({ sentTo: [RECORD], codes: ['sent-again'] });
      states.set(2, [['dcc-out', 'queued']]);
      expect(await takes(ONE)).to.deep.equal({ sentTo: [], codes: ['duplicate'] });
      states.set(2, [['dcc-out', 'dead']]);
      expect(await takes(ONE)).to.deep.equal({ sentTo: [RECORD], codes: ['sent-again'] });
    });

  it('B2, B3: what the journal no longer knows may have arrived: its copy does not go where its replacement died', async () => {
    const second: Said = { content: 'two', document: { id: oid(2), action: 'replace', replaces: oid(1) } };
    await takes(ONE);
    await takes(second);
    states.set(1, [['dcc-out', 'dead']]);
    states.set(2, [['dcc-out', 'dead']]);
    purged.add(1);
    expect((await takes(ONE)).sentTo).to.deep.equal([]);
    purged.clear();
    expect((await takes(ONE)).sentTo).to.deep.equal([RECORD]);
  });

  it('B3, B4: what replaces or withdraws what never arrived warns of what its receiver shows on', async () => {
    const version = (n: number, format?: 'CDA-R2-N1'): Said => ({
      content: `v${n}`,
      document: { id: oid(n), ...(n > 1 && { action: 'replace', status: 'corrected', replaces: oid(n - 1) }), ...(format && { format }) },
    });
    const gone: Said = { ...version(2), type: 'dcc.document.deleted', document: { id: oid(2) } };
    for (const [end, said, shown] of [
      ['dead', version(3, 'CDA-R2-N1'), [oid(1)]],
      ['discarded', version(3, 'CDA-R2-N1'), [oid(1)]],
      ['discarded', { ...gone, document: { id: oid(2), format: 'CDA-R2-N1' } }, [oid(1)]],
      ['delivered', version(3, 'CDA-R2-N1'), []],
      ['queued', version(3, 'CDA-R2-N1'), []],
      ['discarded', version(3), [oid(1)]],
      ['discarded', gone, [oid(1)]],
      ['delivered', gone, []],
    ] as const) {
      archive = new Archive();
      for (const n of [1, 2]) await takes(version(n));
      states.set(1, [['dcc-out', 'delivered']]);
      states.set(2, [['dcc-out', end]]);
      expect((await takes(said)).sentTo).to.deep.equal([RECORD]);
      const told = (last.warnings ?? []).flatMap(({ code, detail }) => (code === 'still-shown' ? [detail] : []));
      expect(told, `${end} ${JSON.stringify(said.document)}`).to.deep.equal(shown);
    }
  });

  it('B3: what the other form of the next version took the place of is not shown on; nor is it said of what waits for a person', async () => {
    const form = (n: number, level: 'N1' | 'N3', replaces: number, beside: readonly string[] = []): Said => ({
      content: `${n} ${level}`,
      document: { id: oid(n), level, action: 'replace', status: 'corrected', replaces: oid(replaces) },
      beside,
    });
    const [n1, n3] = [form(2, 'N1', 1, [oid(3)]), form(3, 'N3', 1, [oid(2)])] as const;
    for (const [delivered, shown] of [
      [true, [oid(2)]],
      [false, [oid(2), oid(1)]],
    ] as const) {
      archive = new Archive();
      await takes({ content: 'v1', document: { id: oid(1), level: 'N1' } });
      states.set(1, [['dcc-out', 'delivered']]);
      expect((await archive.takesTogether([n1, n3])).state).to.equal('decoded');
      states.set(2, [
        ['dcc-out', delivered ? 'delivered' : 'discarded', n1],
        ['dcc-out', 'discarded', n3],
      ]);
      await takes(form(4, 'N3', 3));
      expect((last.warnings ?? []).flatMap(({ code, detail }) => (code === 'still-shown' ? [detail] : []))).to.deep.equal(shown);
      await takes({ type: 'dcc.document.deleted', site: NORTH, document: { id: oid(3) } });
      expect(last.quarantine ?? last.reject).to.not.equal(undefined);
      expect((last.warnings ?? []).map(({ code }) => code)).to.not.include('still-shown');
    }
  });

  describe('what the delivery that never arrived leaves in its place there', () => {
    const shownBy = async (message: number): Promise<readonly unknown[]> => [
      ...(await shownOn(history(message), { journal, index, destinations: DESTINATIONS })).values(),
    ];
    const all = async (...given: readonly (readonly [Said, DeliveryState])[]): Promise<void> => {
      for (const [said, state] of given) {
        await takes(said);
        states.set(archive.cases.size, [['dcc-out', state]]);
      }
    };
    const version = (n: number, replaces: number, set?: number): Said => ({
      content: `v${n}`,
      document: { id: oid(n), action: 'replace', status: 'corrected', replaces: oid(replaces), ...(set && { setId: oid(90), version: set }) },
    });

    it('B3: is the version before it, if that arrived; of a number the one that stands for it there', async () => {
      for (const [first, shown] of [
        ['delivered', [oid(1)]],
        ['review', [oid(1)]],
        ['dead', []],
      ] as const) {
        archive = new Archive();
        await all([ONE, first], [version(2, 1), 'dead']);
        expect(await shownBy(2), first).to.deep.equal(shown);
      }
      archive = new Archive();
      const numbered = (content: string): Said => ({ document: { sourceId: '7', ...(content !== 'v1' && { action: 'replace' }) }, content });
      await all([numbered('v1'), 'delivered'], [numbered('v2'), 'discarded']);
      expect(await shownBy(2)).to.deep.equal(['7']);
      await all([numbered('v3'), 'delivered']);
      expect(await shownBy(2)).to.deep.equal([]);
      archive = new Archive();
      await all([numbered('v1'), 'delivered'], [{ ...numbered('v1'), type: 'dcc.document.deleted' }, 'delivered'], [numbered('other'), 'dead']);
      expect(await shownBy(3), 'given again after it was withdrawn there').to.deep.equal([]);
    });

    it('B3: is nothing by a lane that it never went by, where its receiver has what was refused there by another one', async () => {
      for (const [other, shown] of [
        ['delivered', []],
        ['dead', [oid(1), oid(1)]],
      ] as const) {
        archive = new Archive();
        await all([ONE, 'delivered'], [version(2, 1), other]);
        states.set(2, [
          ['dcc-out', other],
          ['dcc-too', 'dead'],
        ]);
        expect(await shownBy(2), other).to.deep.equal(shown);
        await takes(version(3, 2));
        expect(last.warnings?.filter(({ code }) => code === 'still-shown')).to.have.length(shown.length === 0 ? 0 : 1);
      }
      states.set(1, [...states.get(1)!, ['dcc-too', 'delivered']]);
      states.set(2, [
        ['dcc-out', 'delivered'],
        ['dcc-too', 'dead'],
      ]);
      expect(await shownBy(2), 'two programs, one of which has the new one').to.deep.equal([oid(1)]);
      archive = new Archive();
      await all([ONE, 'delivered'], [{ document: { id: oid(1) }, type: 'dcc.document.deleted' }, 'delivered']);
      states.set(2, [...states.get(2)!, ['dcc-too', 'dead']]);
      expect(await shownBy(2), 'withdrawn by the lane that it went by').to.deep.equal([]);
    });

    it('B3, B4: is nothing once a copy of it, what replaces the same, or a withdrawal said again went there', async () => {
      await all([ONE, 'delivered'], [version(2, 1), 'dead'], [version(2, 1), 'queued']);
      expect(await shownBy(2)).to.deep.equal([]);
      archive = new Archive();
      const first: Said = { content: 'v1', document: { id: oid(1), setId: oid(90), version: 1 } };
      await all([first, 'delivered'], [version(2, 1, 2), 'discarded'], [version(3, 1, 3), 'discarded']);
      expect(await shownBy(2)).to.deep.equal([oid(1)]);
      states.set(3, [['dcc-out', 'delivered']]);
      expect(await shownBy(2)).to.deep.equal([]);
      archive = new Archive();
      const gone: Said = { document: { id: oid(1) }, type: 'dcc.document.deleted' };
      await all([ONE, 'delivered'], [gone, 'dead']);
      expect(await shownBy(2)).to.deep.equal([oid(1)]);
      await all([gone, 'queued']);
      expect(await shownBy(2)).to.deep.equal([]);
    });
  });

  it('B4: what was replaced by what its author withdrew waits for a person when it is said again after that', async () => {
    const second: Said = { content: 'two', document: { id: oid(2), action: 'replace', status: 'corrected', replaces: oid(1) } };
    for (const said of [ONE, second, { ...second, type: 'dcc.document.deleted', document: { id: oid(2) } } as Said]) await takes(said);
    await takes(ONE);
    expect(last.quarantine?.code).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
    await takes({ ...second, content: 'three', document: { id: oid(3), action: 'replace', status: 'corrected', replaces: oid(1) } });
    await takes({ ...ONE, replays: 1 });
    expect([last.quarantine, last.isSilent]).to.deep.equal([undefined, true]);
  });

  it('B2, B3, B7: a correction that comes again as a final word of the same bytes is a copy of it: for one more, where it died, and with its mask', async () => {
    const V1: Said = { document: { id: oid(4) }, content: 'v1' };
    const V2: Said = { document: { id: oid(5), replaces: oid(4), action: 'replace', status: 'corrected' }, content: 'v2' };
    const AGAIN: Said = { document: { id: oid(5) }, content: 'v2' };
    for (const said of [V1, V2]) expect((await takes({ ...said, site: RECORD, to: [NORTH] })).sentTo).to.deep.equal([NORTH]);
    expect(await takes({ ...AGAIN, site: RECORD, to: [SOUTH] })).to.deep.equal({ sentTo: [SOUTH], codes: ['further-recipient'] });
    for (const again of [AGAIN, { ...V2, document: { ...V2.document, status: 'final' } } as Said]) {
      archive = new Archive();
      await takes(V1);
      await takes(V2);
      states.set(2, [['dcc-out', 'dead']]);
      expect(await takes(again)).to.deep.equal({ sentTo: [RECORD], codes: ['sent-again'] });
      states.set(3, [['dcc-out', 'delivered']]);
      expect(await takes(again)).to.deep.equal({ sentTo: [], codes: ['duplicate'] });
      expect((await takes({ ...again, visibility: { hiddenFromPatient: true } })).codes).to.include('masked-by-copy');
    }
  });

  it('B2, B3: by its number too; and a final word that is replayed after its correction of the same bytes goes where none of them arrived', async () => {
    const F = (content: string, status: 'final' | 'corrected' = 'final'): Said => ({
      document: { sourceId: '7', status, action: status === 'final' ? 'new' : 'replace' },
      content,
    });
    await takes(F('v1'));
    states.set(1, [['dcc-out', 'delivered']]);
    await takes(F('v2', 'corrected'));
    states.set(2, [['dcc-out', 'dead']]);
    expect(await takes(F('v2'))).to.deep.equal({ sentTo: [RECORD], codes: ['sent-again'] });
    archive = new Archive();
    await takes(F('v1'));
    await takes(F('v1', 'corrected'));
    states.set(1, [['dcc-out', 'discarded']]);
    states.set(2, [['dcc-out', 'delivered']]);
    expect(await takes({ ...F('v1'), replays: 1 })).to.deep.equal({ sentTo: [], codes: ['duplicate'] });
    states.set(2, [['dcc-out', 'dead']]);
    expect(await takes({ ...F('v1'), replays: 1 })).to.deep.equal({ sentTo: [RECORD], codes: ['sent-again'] });
  });

  it('B2: what waits, is under way, was delivered, or is being decided again is not lost: the copy stays', async () => {
    await takes(ONE);
    for (const state of ['queued', 'sending', 'review', 'held', 'delivered'] as const) {
      states.set(1, [['dcc-out', state]]);
      expect((await takes(ONE)).codes, state).to.deep.equal(['duplicate']);
    }
    states.set(1, [['dcc-out', 'discarded']]);
    messageStates.set(1, 'received');
    expect((await takes(ONE)).codes, 'a replay').to.deep.equal(['duplicate']);
  });

  it('B2: only where it did not arrive, and where it is sent now', async () => {
    await takes({ ...ONE, site: RECORD, to: [NORTH] });
    states.set(1, [['north-out', 'dead']]);
    expect((await takes({ ...ONE, site: RECORD, to: [NORTH, SOUTH] })).sentTo).to.have.members([NORTH, SOUTH]);
    states.set(2, [
      ['north-out', 'dead'],
      ['south-out', 'delivered'],
    ]);
    expect((await takes({ ...ONE, site: RECORD, to: [NORTH, SOUTH] })).sentTo).to.deep.equal([NORTH]);
    expect((await takes({ ...ONE, site: RECORD, to: [SOUTH] })).sentTo).to.deep.equal([]);
    expect((await takes({ ...ONE, site: NORTH })).sentTo, 'B5: nothing goes back').to.deep.equal([]);
  });

  it('B2: another document of the same message arrived: this one did not', async () => {
    const numbered: Said = { document: { sourceId: '4711', sourceItem: 'x' }, content: 'one' };
    await takes(numbered);
    states.set(1, [
      ['dcc-out', 'dead'],
      ['dcc-out', 'delivered', { document: { sourceId: '4711', sourceItem: 'y' } }],
    ]);
    expect((await takes(ONE)).sentTo, 'by its other name').to.deep.equal([RECORD]);
    states.set(2, [['dcc-out', 'dead']]);
    expect((await takes(numbered)).sentTo).to.deep.equal([RECORD]);
  });

  it('B3, B4: not what was replaced or withdrawn meanwhile; but a deletion is told again', async () => {
    const gone = { type: 'dcc.document.deleted', document: { id: oid(1) } };
    await takes(ONE);
    states.set(1, [['dcc-out', 'dead']]);
    await takes({ document: { id: oid(2), action: 'replace', replaces: oid(1) }, content: 'two' });
    expect((await takes(ONE)).sentTo).to.deep.equal([]);
    await takes({ ...gone, document: { id: oid(2) } });
    states.set(4, [['dcc-out', 'dead']]);
    expect(await takes({ ...gone, document: { id: oid(2) } })).to.deep.equal({ sentTo: [RECORD], codes: ['sent-again'] });
  });

  it('B3: an original that comes after its replacement goes where that never arrived, and where nothing that replaced that in turn did', async () => {
    const next = (n: number): Said => ({ document: { id: oid(n), action: 'replace', replaces: oid(n - 1) }, content: `version ${n}` });
    await takes(next(2));
    for (const state of ['queued', 'held', 'delivered'] as const) {
      states.set(1, [['dcc-out', state]]);
      expect(await takes(ONE), state).to.deep.equal({ sentTo: [], codes: ['document-superseded'] });
      archive = new Archive();
      await takes(next(2));
    }
    states.set(1, [['dcc-out', 'dead']]);
    await takes(next(3));
    states.set(2, [['dcc-out', 'delivered']]);
    expect((await takes(ONE)).sentTo, 'the third one arrived').to.deep.equal([]);
    states.set(2, [['dcc-out', 'discarded']]);
    expect(await takes({ ...ONE, replays: 3 })).to.deep.equal({ sentTo: [RECORD], codes: ['document-superseded', 'replacement-undelivered'] });
    states.set(3, [['dcc-out', 'delivered']]);
    expect((await takes(ONE)).sentTo, 'a copy of it').to.deep.equal([]);
    const set = (version: number): Said => ({
      document: { id: oid(20 + version), setId: oid(20), version },
      content: `of a set ${version}`,
      at: version,
    });
    const { size } = archive.cases;
    await takes(set(2));
    states.set(size + 1, [['dcc-out', 'dead']]);
    expect((await takes(set(1))).sentTo, 'a lower number').to.deep.equal([RECORD]);
  });

  describe('a copy of what was replaced', () => {
    const NEXT: Said = { document: { id: oid(2), action: 'replace', replaces: oid(1) }, content: 'two' };
    const to = (said: Said, ...sites: string[]): Said => ({ ...said, site: RECORD, to: sites });

    for (const [how, again] of [
      ['the same road', ONE],
      ['a road that only numbers it', { document: { sourceId: '4711' }, content: 'one' }],
    ] as const)
      it(`B2, B3: by ${how}, goes where neither it nor any that took its place arrived, and nowhere else`, async () => {
        await takes(ONE);
        await takes(NEXT);
        for (const [own, next] of [
          ['dead', 'queued'],
          ['dead', 'held'],
          ['discarded', 'delivered'],
          ['delivered', 'dead'],
          ['queued', 'discarded'],
        ] as const) {
          states.set(1, [['dcc-out', own]]);
          states.set(2, [['dcc-out', next]]);
          expect((await takes(again)).sentTo, `${own}, ${next}`).to.deep.equal([]);
        }
        states.set(1, [['dcc-out', 'dead']]);
        states.set(2, [['dcc-out', 'discarded']]);
        expect(await takes(again)).to.deep.equal({ sentTo: [RECORD], codes: ['replacement-undelivered'] });
        states.set(archive.cases.size, [['dcc-out', 'queued']]);
        expect((await takes(again)).sentTo, 'on its way').to.deep.equal([]);
        states.set(archive.cases.size - 1, [['dcc-out', 'dead']]);
        await takes({ document: { id: oid(3), action: 'replace', replaces: oid(2) }, content: 'three' });
        states.set(archive.cases.size, [['dcc-out', 'queued']]);
        expect((await takes(again)).sentTo, 'the third one is').to.deep.equal([]);
      });

    it('B3, B4: by the recipient: where its replacement died, not where that did not go; and never what was withdrawn', async () => {
      await takes(to(ONE, SOUTH));
      await takes(to(NEXT, SOUTH, NORTH));
      states.set(1, [['south-out', 'dead']]);
      states.set(2, [
        ['south-out', 'delivered'],
        ['north-out', 'dead'],
      ]);
      expect((await takes(to(ONE, SOUTH, NORTH))).sentTo).to.deep.equal([NORTH]);
      expect(JSON.parse(last.notes![0]!.value), 'which is noted').to.deep.include({ to: [SOUTH, NORTH] });
      archive = new Archive();
      await takes(to(ONE, SOUTH, NORTH));
      await takes(to(NEXT, SOUTH));
      states.set(1, [['north-out', 'dead']]);
      states.set(2, [['south-out', 'dead']]);
      expect((await takes(to(ONE, NORTH))).sentTo).to.deep.equal([]);
      archive = new Archive();
      for (const said of [ONE, { type: 'dcc.document.deleted', document: { id: oid(1) } }, NEXT]) await takes(to(said, SOUTH));
      states.set(1, [['south-out', 'dead']]);
      states.set(3, [['south-out', 'dead']]);
      expect(await takes(to(ONE, SOUTH))).to.deep.equal({ sentTo: [], codes: ['duplicate'] });
    });
  });

  it('B2, B3: of a number, only what brought the version in force counts: an older one that arrived is not it', async () => {
    const step = (status: 'preliminary' | 'final', content: string): Said => ({ document: { sourceId: '4711', status }, content });
    await takes(step('preliminary', 'draft'));
    states.set(1, [['dcc-out', 'delivered']]);
    expect((await takes(step('final', 'final'))).sentTo).to.deep.equal([RECORD]);
    states.set(2, [['dcc-out', 'discarded']]);
    expect(await takes(step('final', 'final'))).to.deep.equal({ sentTo: [RECORD], codes: ['sent-again'] });
    states.set(3, [['dcc-out', 'delivered']]);
    expect(await takes(step('final', 'final'))).to.deep.equal({ sentTo: [], codes: ['duplicate'] });
  });

  describe('a preliminary copy of what is final by now', () => {
    for (const [how, ids] of [
      ['a number', { sourceId: '4711' }],
      ['an id', { id: oid(1) }],
    ] as const) {
      const word = (status: 'preliminary' | 'final', rest: Said = {}): Said => ({ ...rest, document: { ...ids, status }, content: 'same' });

      it(`B2, B3: by ${how}, does not take the place of the final one that died, which goes when it comes again`, async () => {
        await takes(word('preliminary'));
        states.set(1, [['dcc-out', 'delivered']]);
        await takes(word('final'));
        states.set(2, [['dcc-out', 'dead']]);
        expect(await takes(word('preliminary'))).to.deep.equal({ sentTo: [], codes: ['document-superseded'] });
        expect(await takes({ ...word('preliminary'), replays: 3 }), 'replayed').to.deep.equal({ sentTo: [], codes: ['document-superseded'] });
        expect(await takes(word('final'))).to.deep.equal({ sentTo: [RECORD], codes: ['sent-again'] });
      });

      it(`B3: by ${how}, goes to no further recipient, and its mask waits for the final one to tell it`, async () => {
        await takes(word('final', { site: RECORD, to: [NORTH] }));
        const hidden = { visibility: { hiddenFromPatient: true } };
        const copy = await takes(word('preliminary', { site: RECORD, to: [NORTH, SOUTH], ...hidden }));
        expect(copy).to.deep.equal({ sentTo: [], codes: ['document-superseded', 'visibility-known', 'mask-not-told'] });
        expect((await takes(word('final', { site: RECORD, to: [NORTH, SOUTH], ...hidden }))).sentTo).to.have.members([NORTH, SOUTH]);
      });
    }

    it('B3: by its other name, leaves that name as final as the document', async () => {
      await takes(ONE);
      states.set(1, [['dcc-out', 'dead']]);
      const numbered = (status: 'preliminary' | 'final'): Said => ({ document: { sourceId: '4711', status }, content: 'one' });
      expect(await takes(numbered('preliminary'))).to.deep.equal({ sentTo: [], codes: ['document-superseded'] });
      expect(await takes(numbered('final'))).to.deep.equal({ sentTo: [RECORD], codes: ['sent-again'] });
    });

    it('B2: as notes of before have it, one that arrived is not the final one', async () => {
      const word = (status: 'preliminary' | 'final'): Said => ({ document: { id: oid(1), status }, content: 'same' });
      await takes(word('final'));
      states.set(1, [['dcc-out', 'discarded']]);
      await takes(word('preliminary'));
      states.set(2, [['dcc-out', 'delivered']]);
      const key = index.term({ field: 'document', value: oid(1) });
      archive.keep([
        { kind: 'document', key, value: JSON.stringify({ ...archive.note(oid(1)), brought: { by: ['TEST-1', 'TEST-2'], to: [RECORD] } }) },
      ]);
      expect(await takes(word('final'))).to.deep.equal({ sentTo: [RECORD], codes: ['sent-again'] });
    });
  });

  it('B2, B3: the version in force goes where only an older one was sent', async () => {
    const step = (status: 'preliminary' | 'final', ...to: string[]): Said => ({
      site: RECORD,
      to,
      document: { sourceId: '4711', status },
      content: status,
    });
    await takes(step('preliminary', NORTH));
    await takes(step('final', SOUTH));
    expect((await takes(step('final', NORTH, SOUTH))).sentTo).to.deep.equal([NORTH]);
  });

  it('B2, B7: a mask that a copy was to tell and did not is told by the next one, wherever it is not known', async () => {
    const seen: Said = { ...ONE, visibility: { hiddenFromPatient: false } };
    const hidden: Said = { ...ONE, visibility: { hiddenFromPatient: true } };
    await takes(seen);
    states.set(1, [['dcc-out', 'delivered']]);
    expect((await takes(hidden)).sentTo).to.deep.equal([RECORD]);
    states.set(2, [['dcc-out', 'discarded']]);
    expect((await takes(hidden)).sentTo, 'hidden').to.deep.equal([RECORD]);
    states.set(3, [['dcc-out', 'dead']]);
    expect((await takes(seen)).sentTo, 'which it does not say, but leaves with').to.deep.equal([RECORD]);
    states.set(4, [['dcc-out', 'delivered']]);
    expect((await takes(hidden)).sentTo, 'told').to.deep.equal([]);
  });

  it('A8, B2: a copy whose patient cannot be compared never stands for what died of another establishment; it waits, unless it was sent there', async () => {
    const ins = '258033399990170';
    await takes(ONE);
    states.set(1, [['dcc-out', 'dead']]);
    const elsewhere: Said = { ...ONE, site: SOUTH, ins, patient: '' };
    await takes(elsewhere);
    expect(last.quarantine?.code).to.equal('ERR_DOCUMENT_OTHER_PATIENT');
    expect(last).not.to.have.any.keys('insteadOf', 'notes');
    await takes({ ...elsewhere, document: { sourceId: '4711' } });
    expect(last.quarantine, 'a document of its own').to.equal(undefined);
    await takes({ ...ONE, site: RECORD, to: [SOUTH] });
    states.set(4, [['south-out', 'delivered']]);
    expect(await takes(elsewhere), 'comes back').to.deep.equal({ sentTo: [], codes: ['document-returned'] });
    expect((await takes({ ...ONE, ins })).sentTo, 'its own').to.deep.equal([RECORD]);
  });

  it('B2, B7: what is sent again in the place of what died is as confidential as that', async () => {
    await takes({ ...ONE, document: { id: oid(1), confidentiality: 'R' } });
    states.set(1, [['dcc-out', 'dead']]);
    const made = await takes({ ...ONE, visibility: { sendToDmp: true, sendToMssPatient: true } });
    expect(made).to.deep.equal({ sentTo: [RECORD], codes: ['sent-again'] });
    const left = last.event!.data as EventData<'dcc.document.received'>;
    expect(left.document.confidentiality).to.equal('R');
    expect(left.visibility).to.include({ sendToDmp: false, sendToMssPatient: false });
  });

  it('B2: by its other name too it goes when what was sent of it by the first one is lost', async () => {
    const numbered: Said = { document: { sourceId: '4711' }, content: 'one' };
    await takes(ONE);
    states.set(1, [['dcc-out', 'queued']]);
    expect((await takes(numbered)).sentTo).to.deep.equal([]);
    states.set(1, [['dcc-out', 'dead']]);
    expect((await takes(numbered)).sentTo).to.deep.equal([RECORD]);
  });

  describe('replayed: its own deliveries that waited are discarded', () => {
    const step = (status: 'preliminary' | 'final', content: string): Said => ({ document: { sourceId: '4711', status }, content });

    it('B2, B3: the version in force goes again; one that was delivered is a copy', async () => {
      await takes(step('preliminary', 'draft'));
      states.set(1, [['dcc-out', 'delivered']]);
      await takes(step('final', 'final'));
      states.set(2, [['dcc-out', 'discarded']]);
      messageStates.set(2, 'received');
      expect(await takes({ ...step('final', 'final'), replays: 2 })).to.deep.equal({ sentTo: [RECORD], codes: ['sent-again'] });
      states.set(2, [
        ['dcc-out', 'discarded'],
        ['dcc-out', 'delivered'],
      ]);
      expect(await takes({ ...step('final', 'final'), replays: 2 })).to.deep.equal({ sentTo: [], codes: ['duplicate'] });
    });

    it('B2: a further recipient gets it, the first one not twice', async () => {
      await takes({ ...ONE, site: RECORD, to: [NORTH] });
      states.set(1, [['north-out', 'delivered']]);
      await takes({ ...ONE, site: RECORD, to: [NORTH, SOUTH] });
      states.set(2, [['south-out', 'discarded']]);
      messageStates.set(2, 'received');
      expect((await takes({ ...ONE, site: RECORD, to: [NORTH, SOUTH], replays: 2 })).sentTo).to.deep.equal([SOUTH]);
    });

    it('B2, B7: a copy that adds a mask goes again', async () => {
      const hidden: Said = { ...ONE, visibility: { hiddenFromPatient: true } };
      await takes(ONE);
      states.set(1, [['dcc-out', 'delivered']]);
      await takes(hidden);
      states.set(2, [['dcc-out', 'discarded']]);
      messageStates.set(2, 'received');
      expect((await takes({ ...hidden, replays: 2 })).sentTo).to.deep.equal([RECORD]);
    });

    it('B3: a version that another one took the place of stays, and what is in force remains', async () => {
      await takes(step('preliminary', 'draft'));
      await takes(step('final', 'final'));
      expect(await takes({ ...step('preliminary', 'draft'), replays: 1 })).to.deep.equal({ sentTo: [], codes: ['document-superseded'] });
      expect(archive.notes.get([...archive.notes.keys()].find((key) => key.startsWith('document '))!)).to.include('"status":"final"');
      await takes({ document: { sourceId: '4712', status: 'preliminary' }, content: 'same bytes' });
      await takes({ document: { sourceId: '4712', status: 'final' }, content: 'same bytes' });
      states.set(5, [['dcc-out', 'delivered']]);
      const again = await takes({ document: { sourceId: '4712', status: 'preliminary' }, content: 'same bytes', replays: 4 });
      expect(again.sentTo, 'the same bytes').to.deep.equal([]);
    });
  });

  it('B2: it goes where nothing was ever sent of it, since all that brought it waits in quarantine or was discarded', async () => {
    await takes(ONE);
    expect((await takes(ONE)).sentTo, 'decided, and its deliveries are no longer known').to.deep.equal([]);
    messageStates.set(1, 'quarantined');
    expect((await takes(ONE)).sentTo, 'one of them is decided').to.deep.equal([]);
    messageStates.set(2, 'discarded').set(3, 'discarded');
    expect((await takes(ONE)).sentTo).to.deep.equal([RECORD]);
  });
});
