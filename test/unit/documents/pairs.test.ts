/** SAFETY B2 to B5, decision 0038: two documents of one content, N1 beside N3, that one message brings. Each of them is a document by itself. */
import { hash } from 'node:crypto';
import { expect } from 'chai';
import type { DeliveryState, EncodedMessage, MessageHistory, Note } from '../../../core/contract/index.ts';
import { goesWhereNoneArrived, Legs, whereIs } from '../../../core/documents/index.ts';
import type { Case } from '../../../core/knowledge/index.ts';
import { Archive, index, journalOf, NORTH, oid, RECORD, SOUTH, type Said } from './archive.ts';

const LANES = { [NORTH]: 'north-out', [SOUTH]: 'south-out', [RECORD]: 'dcc-out' };
const DESTINATIONS = [...Object.entries(LANES), [RECORD, 'pilot-out'] as const].map(
  ([site, lane]) => ({ lane, site, role: 'record', sends: [] }) as const,
);
const N1: Said = { content: 'n1', document: { id: oid(1), level: 'N1', embeddedSha256: hash('sha256', 'pdf') } };
const N3: Said = { content: 'n3', document: { id: oid(2), level: 'N3' } };
const PAIR: readonly Said[] = [
  { ...N1, beside: [oid(2)] },
  { ...N3, beside: [oid(1)] },
];
const next = (id: number, replaces: number, level: 'N1' | 'N3', rest: Partial<Said['document']> = {}): Said => ({
  content: `next ${id}`,
  document: { id: oid(id), action: 'replace', status: 'corrected', replaces: oid(replaces), level, ...rest },
});
const NEXT: readonly Said[] = [
  { ...next(3, 1, 'N1'), beside: [oid(4)] },
  { ...next(4, 2, 'N3'), beside: [oid(3)] },
];
const gone = (id: number): Said => ({ type: 'dcc.document.deleted', document: { id: oid(id) } });
const masked = (said: Said): Said => ({ ...said, visibility: { hiddenFromPatient: true, sendToDmp: true } });
const fromRecord = (said: Said, ...to: string[]): Said => ({ ...said, site: RECORD, to });
const PAIR_GOES = [[RECORD], [RECORD]];
const inSet = (all: readonly Said[], version: number): readonly Said[] =>
  all.map((said) => ({ ...said, document: { ...said.document, setId: oid(50), version } }));

describe('two documents of one content', () => {
  let archive: Archive;
  /** Of an event, by the number of its message and its own among those (and `@` its run, if not the first): where its deliveries stand. */
  let states: Map<string, readonly (readonly [lane: string, state: DeliveryState, code?: string])[]>;
  /** Deliveries that a person gave up. */
  let givenUp: number[];
  /** Of each message, the cases of its runs. */
  let runs: Map<number, (readonly Case[])[]>;
  beforeEach(() => {
    archive = new Archive();
    states = new Map();
    givenUp = [];
    runs = new Map();
  });
  const journal = {
    tag: 'TEST',
    material: async (deliveries: readonly number[]) =>
      deliveries.map((delivery) => ({ delivery, message: Math.floor((delivery % 10_000) / 100), event: {}, encoded: { restrictions: [] } })) as never,
    keep: async (notes: readonly Note[]) => archive.keep(notes),
    notes: async (kind: string, keys: readonly string[]) => keys.map((key) => archive.notes.get(`${kind} ${key}`)),
    message: async (id: number): Promise<MessageHistory> => {
      const all = runs.get(id) ?? [archive.together.get(id)!];
      const deliveries = all.flatMap((cases, run) =>
        cases.flatMap(({ event }, i) =>
          (states.get(`${id}/${i}${run > 0 ? `@${run + 1}` : ''}`) ?? []).map(([lane, state, code], j) => ({
            lane,
            state,
            delivery: 10_000 * run + 100 * id + 10 * i + j,
            eventId: event.id,
            ...(code && { error: { code } }),
          })),
        ),
      );
      const cases = all.flat();
      const message = { state: 'decoded', site: cases[0]!.event.site, run: all.length };
      const acts = givenUp.map((delivery) => ({ verb: 'discard', delivery }));
      const parts = all.at(-1)!.flatMap((one) => one.parts);
      return { message, events: cases.map(({ event }) => ({ event })), parts, deliveries, attempts: [], acts } as never;
    },
  };
  const legsNow = (): Legs =>
    new Legs({ index, sendersOf: () => [], destinations: [], knowledge: archive.knowledge, now: () => 0, journal: journalOf(journal) });
  interface Became {
    readonly codes: readonly string[];
    /** Warnings that a document is shown on: which. */
    readonly shown: readonly string[];
    readonly insteadOf?: readonly number[];
  }
  const together = async (all: readonly Said[], replays?: number): Promise<readonly Became[]> => {
    const { taken, message } = await archive.takesTogether(all, replays);
    runs.set(message, [...(replays === undefined ? [] : (runs.get(message) ?? [])), archive.together.get(message)!]);
    return Promise.all(
      taken.map(async ({ sentTo, codes, ...judgement }, i) => {
        const stop = judgement.quarantine ?? judgement.reject;
        if (stop) return { codes: [stop.code], shown: [] };
        const made = await goesWhereNoneArrived(archive.together.get(message)![i]!, judgement, { journal, destinations: DESTINATIONS, index });
        const targets = made.isSilent ? [] : (made.targets ?? sentTo);
        const shown = (made.warnings ?? []).flatMap(({ code, detail }) => (code === 'still-shown' ? [detail ?? ''] : []));
        const all = (made.warnings?.map(({ code }) => code) ?? codes).filter((code) => code !== 'still-shown');
        return { codes: [...all, ...targets], shown, ...(made.insteadOf && { insteadOf: made.insteadOf }) };
      }),
    );
  };
  const takes = async (said: Said): Promise<Became> => (await together([said], said.replays))[0]!;
  const codesOf = async (...all: Said[]): Promise<readonly (readonly string[])[]> => (await together(all)).map(({ codes }) => codes);
  const shownBy = async (...all: Said[]): Promise<readonly string[]> => (await together(all)).flatMap(({ shown }) => shown);
  const delivered = (...which: string[]): void => which.forEach((each) => states.set(each, [['dcc-out', 'delivered']]));

  it('B2: both go, each once; each of them alone is a copy of itself', async () => {
    expect(await codesOf(...PAIR)).to.deep.equal(PAIR_GOES);
    for (const again of [[N1], [N3], PAIR]) expect((await codesOf(...again)).flat()).to.deep.equal(again.map(() => 'duplicate'));
    for (const said of [N1, N3]) expect(await codesOf(fromRecord(said, SOUTH))).to.deep.equal([['further-recipient', SOUTH]]);
    expect((await codesOf(...PAIR.map((said) => fromRecord(said, SOUTH)))).flat()).to.deep.equal(['document-returned', 'document-returned']);
  });

  it('B2: of one set and one version they are no rivals, in either order; a third one is', async () => {
    const [first, second] = PAIR.map((said) => ({ ...said, document: { ...said.document, setId: oid(50), version: 1 } }));
    for (const all of [
      [first!, second!],
      [second!, first!],
    ]) {
      archive = new Archive();
      expect(await codesOf(...all)).to.deep.equal(PAIR_GOES);
      expect(await codesOf({ content: 'n', document: { id: oid(9), setId: oid(50), version: 1 } })).to.deep.equal([
        ['ERR_DOCUMENT_VERSION_CONFLICT'],
      ]);
      const [one, other] = NEXT.map((said) => ({ ...said, document: { ...said.document, setId: oid(50), version: 2 } }));
      expect(await together([one!, other!])).to.deep.equal([
        { codes: [RECORD], shown: [] },
        { codes: [RECORD], shown: [] },
      ]);
    }
  });

  it('B3: both may replace one document that came alone, and name it', async () => {
    await takes(N3);
    const [one, other] = NEXT.map((said) => ({ ...said, document: { ...said.document, replaces: oid(2) } }));
    expect(await codesOf(one!, other!)).to.deep.equal(PAIR_GOES);
    expect(await codesOf(next(7, 2, 'N3'))).to.deep.equal([['ERR_DOCUMENT_VERSION_CONFLICT']]);
  });

  it('B5: neither comes back to who wrote it: by its id, by its bytes, by what it wraps', async () => {
    await together(PAIR);
    for (const back of [N1, N3, { ...N1, document: { ...N1.document, id: oid(7) } }, { content: 'pdf', document: { id: oid(8) } }])
      expect(await codesOf(fromRecord(back, NORTH)), JSON.stringify(back)).to.deep.equal([['document-returned']]);
  });

  it('A8, B2: one of another patient, or with another content under its id, stops the message that brings both', async () => {
    await takes(N1);
    for (const wrong of [
      { ...PAIR[0]!, content: 'other' },
      { ...PAIR[0]!, patient: '2' },
    ]) {
      const { state } = await archive.takesTogether([wrong, PAIR[1]!]);
      expect(state).to.equal('quarantined');
      expect(archive.note(oid(2))).to.equal(undefined);
    }
  });

  it('B4: a deletion of one that left alone goes where that went, and the other stays, which is said; then the other', async () => {
    for (const [first, second] of [
      [1, 2],
      [2, 1],
    ] as const) {
      archive = new Archive();
      await takes(first === 1 ? N1 : N3);
      await together(PAIR);
      expect(await takes({ ...gone(first), site: SOUTH })).to.deep.include({ codes: ['ERR_DOCUMENT_NOT_AUTHOR'] });
      expect(await takes(gone(first))).to.deep.equal({ codes: [RECORD], shown: [oid(second)] });
      expect(archive.note(oid(second))).to.not.have.property('deleted');
      expect((await takes(gone(first))).shown, 'said again').to.deep.equal([oid(second)]);
      expect(await takes(gone(second))).to.deep.equal({ codes: [RECORD], shown: [] });
    }
  });

  it('B4: a message that withdraws both, in either order, says nothing of either', async () => {
    for (const ids of [
      [1, 2],
      [2, 1],
    ] as const) {
      archive = new Archive();
      await together(PAIR);
      expect(await together(ids.map(gone))).to.deep.equal([
        { codes: [RECORD], shown: [] },
        { codes: [RECORD], shown: [] },
      ]);
    }
  });

  it('B2: one that died goes again when it is sent again, or with both, or when both are replayed; the other is left alone', async () => {
    for (const again of [[N1], PAIR]) {
      archive = new Archive();
      await together(PAIR);
      states.set('1/0', [['dcc-out', 'dead']]);
      delivered('1/1');
      const [first, ...others] = await together(again);
      expect(first).to.deep.include({ codes: ['sent-again', RECORD], insteadOf: [100] });
      expect(others.map(({ codes }) => codes)).to.deep.equal(others.map(() => ['duplicate']));
      delivered('2/0');
      expect(await codesOf(N1), 'a third time').to.deep.equal([['duplicate']]);
    }
    archive = new Archive();
    await together(PAIR);
    states.set('1/0', [['dcc-out', 'dead']]);
    expect((await together(PAIR, 1)).map(({ codes }) => codes)).to.deep.equal([[RECORD], ['duplicate']]);
    states.set('1/0', [['dcc-out', 'delivered']]);
    expect(
      (await together(PAIR, 1)).map(({ codes }) => codes),
      'both arrived: a person wants both again',
    ).to.deep.equal(PAIR_GOES);
  });

  it('B2: replayed, what arrived by one of two lanes to a place only goes there again; what has nothing left to bring does not', async () => {
    await together(PAIR);
    const there = (dcc: DeliveryState, pilot: DeliveryState): readonly (readonly [string, DeliveryState])[] => [
      ['dcc-out', dcc],
      ['pilot-out', pilot],
    ];
    states.set('1/0', there('dead', 'delivered'));
    states.set('1/1', there('delivered', 'dead'));
    expect((await together(PAIR, 1)).map(({ codes }) => codes)).to.deep.equal(PAIR_GOES);
    states.set('1/1', there('delivered', 'delivered'));
    expect((await together(PAIR, 1)).map(({ codes }) => codes)).to.deep.equal([[RECORD], ['duplicate']]);
  });

  describe('B2: what is replayed once more', () => {
    const replayed = async (all = PAIR): Promise<readonly (readonly string[])[]> => (await together(all, 1)).map(({ codes }) => codes);
    const discarded = (...which: string[]): void => which.forEach((each) => states.set(each, [['dcc-out', 'discarded']]));

    it('is lacking where the last that was sent of it did not arrive, though an earlier replay or the first try did', async () => {
      await together(PAIR);
      delivered('1/0', '1/1');
      expect(await replayed()).to.deep.equal(PAIR_GOES);
      discarded('1/0@2', '1/1@2');
      expect(await replayed(), 'both were lost and died').to.deep.equal(PAIR_GOES);
      delivered('1/0@3');
      discarded('1/1@3');
      expect(await replayed(), 'one of them arrived').to.deep.equal([['duplicate'], [RECORD]]);
    });

    it('is not lacking for ever: once it arrived by a replay, both go again', async () => {
      await together(PAIR);
      discarded('1/0');
      delivered('1/1');
      expect(await replayed()).to.deep.equal([[RECORD], ['duplicate']]);
      delivered('1/0@2');
      expect(await replayed()).to.deep.equal(PAIR_GOES);
    });

    it('is not lacking where it was given up, or its N1 went there instead', async () => {
      await together(PAIR);
      delivered('1/0');
      states.set('1/1', [['dcc-out', 'discarded', 'ERR_DOCUMENT_N1_INSTEAD']]);
      expect(await replayed()).to.deep.equal(PAIR_GOES);
      discarded('1/1');
      givenUp.push(110);
      delivered('1/0@2');
      expect(await replayed()).to.deep.equal(PAIR_GOES);
    });

    it('is not lacking where another message brought it: the other goes when it is asked for', async () => {
      for (const state of ['held', 'discarded'] as const) {
        archive = new Archive();
        states.clear();
        runs.clear();
        await together(PAIR);
        states.set('1/0', [['dcc-out', state, 'ERR_DOCUMENT_VERSION_CONFLICT']]);
        delivered('1/1');
        expect(await replayed(), state).to.deep.equal(PAIR_GOES);
      }
    });

    it('is lacking where another document left with its id: the other one, which arrived, does not go twice', async () => {
      for (const state of ['held', 'discarded'] as const) {
        archive = new Archive();
        states.clear();
        runs.clear();
        await together(PAIR);
        states.set('1/0', [['dcc-out', state, 'ERR_DOCUMENT_ID_TAKEN']]);
        delivered('1/1');
        expect(await replayed(), state).to.deep.equal([[RECORD], ['duplicate']]);
      }
    });

    it('goes to each place by what arrived there: what is lacking elsewhere keeps nothing back', async () => {
      const both = PAIR.map((said) => fromRecord(said, SOUTH, NORTH));
      await together(both);
      for (const each of ['1/0', '1/1'])
        states.set(each, [
          ['south-out', 'delivered'],
          ['north-out', 'discarded'],
        ]);
      expect(await replayed(both)).to.deep.equal([
        [SOUTH, NORTH],
        [SOUTH, NORTH],
      ]);
      for (const each of ['1/0@2', '1/1@2'])
        states.set(each, [
          ['south-out', 'delivered'],
          ['north-out', each === '1/0@2' ? 'delivered' : 'discarded'],
        ]);
      expect(await replayed(both)).to.deep.equal([
        ['duplicate', SOUTH],
        [SOUTH, NORTH],
      ]);
    });
  });

  it('B2: one that came while both wait for a person is known by itself when they go on', async () => {
    const stopped = [PAIR[0]!, { ...PAIR[1]!, patient: '2' }];
    await takes(N3);
    expect((await archive.takesTogether(stopped)).state).to.equal('quarantined');
    expect(await codesOf(N1)).to.deep.equal([[RECORD]]);
    delivered('3/0');
    expect((await together(PAIR, 2)).map(({ codes }) => codes)).to.deep.equal([['duplicate'], ['duplicate']]);
  });

  it('B3: an old one that is in force beside what replaced the other is named, whoever comes first; not where both were replaced', async () => {
    await together(PAIR);
    expect(await takes(NEXT[1]!)).to.deep.equal({ codes: [RECORD], shown: [oid(1)] });
    expect(archive.note(oid(1))).to.not.have.property('superseded');
    expect(await takes(NEXT[0]!)).to.deep.equal({ codes: [RECORD], shown: [] });
    archive = new Archive();
    await together(PAIR);
    expect(await shownBy(...NEXT)).to.deep.equal([]);
    archive = new Archive();
    await takes(NEXT[1]!);
    expect(await together(PAIR.map((said) => ({ ...said, at: 0 }))), 'the original comes late').to.deep.equal([
      { codes: [RECORD], shown: [] },
      { codes: ['document-superseded'], shown: [oid(1)] },
    ]);
  });

  it('B3: in one set too, where the next version of one does not name the other', async () => {
    await together(PAIR.map((said) => ({ ...said, document: { ...said.document, setId: oid(50), version: 1 } })));
    expect(await takes(next(4, 2, 'N3', { setId: oid(50), version: 2 }))).to.deep.equal({ codes: [RECORD], shown: [oid(1)] });
  });

  describe('B3: in the order of its own versions', () => {
    const seriesOf = async (...all: Said[]): Promise<readonly (string | undefined)[]> =>
      (await archive.takesTogether(all)).taken.map(({ series }) => series);
    const alone = (said: Said): Said => ({ ...said, beside: [] });

    for (const [what, first, second] of [
      ['of one set', inSet(PAIR, 1), inSet(NEXT, 2)],
      ['of no set', PAIR, NEXT],
    ] as const)
      it(`${what}, neither waits for the other; what withdraws, copies or replaces one waits for that one, by whatever it is named`, async () => {
        const [n1, n3] = await seriesOf(...first);
        expect(n1).to.be.a('string').and.not.equal(n3);
        expect(await seriesOf(alone(first[0]!))).to.deep.equal([n1]);
        expect(await seriesOf(alone(second[1]!))).to.deep.equal([n3]);
        expect(await seriesOf(second[0]!)).to.deep.equal([n1]);
        expect(await seriesOf(gone(3), gone(4))).to.deep.equal([n1, n3]);
        archive = new Archive();
        await together(first);
        expect(await seriesOf({ ...first[1]!, type: 'dcc.document.deleted' })).to.deep.equal([n3]);
        expect(await seriesOf(gone(1))).to.deep.equal([n1]);
      });

    it('by its id alone, a document alone is withdrawn behind what waits of its set; its next version too, in its set or by name', async () => {
      const [v1] = await seriesOf(inSet([N1], 1)[0]!);
      expect(await seriesOf(alone(next(3, 1, 'N1')))).to.deep.equal([v1]);
      expect(await seriesOf({ content: 'v4', document: { id: oid(5), setId: oid(50), version: 4 } })).to.deep.equal([v1]);
      expect(await seriesOf(gone(5))).to.deep.equal([v1]);
      expect(await seriesOf({ content: 'other', document: { id: oid(6) } })).to.not.deep.equal([v1]);
    });

    it('a next version that names none of both follows the form that it has', async () => {
      const series = await seriesOf(...inSet(PAIR, 1));
      for (const [i, level] of (['N1', 'N3'] as const).entries())
        expect(await seriesOf({ content: level, document: { id: oid(20 + i), level, setId: oid(50), version: 2 + i } })).to.deep.equal([series[i]]);
    });
  });

  describe('B3, B4, B7: of one set, a next version that names nothing, or nothing known, is of its own form only', () => {
    const first = inSet(PAIR, 1);
    const unnamed = (id: number, level: 'N1' | 'N3', version: number): Said => ({
      content: `unnamed ${id}`,
      document: { id: oid(id), level, setId: oid(50), version },
    });
    for (const [what, all] of [
      ['the N1 first', first],
      ['the N3 first', first.toReversed()],
    ] as const)
      it(`${what}: the other is masked, leaves, and is withdrawn`, async () => {
        for (const said of [unnamed(4, 'N3', 2), next(6, 99, 'N3', { setId: oid(50), version: 3 })]) {
          archive = new Archive();
          await together(all);
          expect((await takes(said)).codes).to.include(RECORD);
          delivered('2/0');
          const { event, keys, parts } = archive.together.get(1)!.find(({ draft }) => draft.document?.id === oid(1))!;
          const legs = legsNow();
          const leaving = { delivery: 100, message: 1, event: { ...event }, parts: parts as never, keys };
          expect(await legs.before(leaving, { name: LANES[RECORD]!, site: RECORD })).to.have.property('event');
          expect((await takes(masked(first[0]!))).codes).to.include.members(['masked-by-copy', RECORD]);
          expect(await codesOf(gone(1))).to.deep.equal([[RECORD]]);
        }
      });

    it('whatever comes of them, in two steps: each next version and each withdrawal goes', async () => {
      const forms = { N1: 1, N3: 3 } as const;
      type Step = readonly ['named' | 'unnamed' | 'withdrawn', 'N1' | 'N3'] | readonly ['both'];
      const STEPS: readonly Step[] = [
        ...(['named', 'unnamed', 'withdrawn'] as const).flatMap(
          (how) =>
            [
              [how, 'N1'],
              [how, 'N3'],
            ] as const,
        ),
        ['both'],
      ];
      for (const order of [first, first.toReversed()])
        for (const isTogether of [true, false])
          for (const steps of STEPS.flatMap((one) => STEPS.map((two) => [one, two] as const))) {
            archive = new Archive();
            runs.clear();
            const now: Record<'N1' | 'N3', { readonly id: number; readonly version: number } | undefined> = {
              N1: { id: 1, version: 1 },
              N3: { id: 2, version: 1 },
            };
            for (const all of isTogether ? [order] : order.map((said) => [said])) await together(all);
            for (const [n, [how, level]] of steps.entries()) {
              if (level ? !now[level] : !now.N1 || !now.N3) break;
              const made = (of: 'N1' | 'N3', isNamed: boolean): Said => {
                const { id: old, version } = now[of]!;
                now[of] = { id: 10 * n + 20 + forms[of], version: version + 1 };
                return isNamed ? next(now[of].id, old, of, { setId: oid(50), version: version + 1 }) : unnamed(now[of].id, of, version + 1);
              };
              const withdrawn = how === 'withdrawn' ? gone(now[level]!.id) : undefined;
              if (withdrawn) now[level!] = undefined;
              const both = (['N1', 'N3'] as const).map((of, i, all) => () => ({
                ...made(of, true),
                beside: [oid(10 * n + 20 + forms[all[1 - i]!])],
              }));
              const said = withdrawn ? [withdrawn] : level ? [made(level, how === 'named')] : both.map((each) => each());
              for (const codes of await codesOf(...said)) expect(codes, JSON.stringify([isTogether, steps])).to.include(RECORD);
            }
          }
    });

    it('and a form that comes new beside the next version of the other has a line of its own', async () => {
      await takes(inSet([N1], 1)[0]!);
      const both = [{ ...inSet([NEXT[0]!], 2)[0]! }, { ...unnamed(4, 'N3', 2), beside: [oid(3)] }];
      const [n1, n3] = (await archive.takesTogether(both)).taken.map(({ series }) => series);
      expect(n3).to.be.a('string').and.not.equal(n1);
    });
  });

  describe('B3, B4: of one set, once the N3 alone has a next version, the N1 is in force', () => {
    const SET = PAIR.map((said) => ({ ...said, document: { ...said.document, setId: oid(50), version: 1 } }));
    const NEXT3 = next(4, 2, 'N3', { setId: oid(50), version: 2 });
    const withdrawn = (id: number, version: number): Said => ({ type: 'dcc.document.deleted', document: { id: oid(id), setId: oid(50), version } });
    for (const order of [SET, SET.toReversed()])
      describe(`${order[0]!.content} first`, () => {
        const n1 = order.indexOf(SET[0]!);
        beforeEach(async () => {
          await together(order);
          delivered('1/0', '1/1');
          expect(await takes(NEXT3)).to.deep.equal({ codes: [RECORD], shown: [oid(1)] });
          delivered('2/0');
        });

        it('it can be withdrawn, alone or with the other', async () => {
          expect((await takes(gone(1))).codes).to.deep.equal([RECORD]);
          expect(await codesOf(withdrawn(4, 2))).to.deep.equal([[RECORD]]);
        });

        it('both are withdrawn by one message', async () =>
          expect(await codesOf(withdrawn(1, 1), withdrawn(4, 2))).to.deep.equal([[RECORD], [RECORD]]));

        it('B7: a mask on it is told', async () => expect((await takes(masked(SET[0]!))).codes).to.include.members(['masked-by-copy', RECORD]));

        it('its own next version goes, and is the one that the next follows', async () => {
          const NEXT1 = next(3, 1, 'N1', { setId: oid(50), version: 2 });
          expect(await takes(NEXT1)).to.deep.equal({ codes: [RECORD], shown: [] });
          expect(await codesOf(gone(1)), 'the first').to.deep.equal([['ERR_DOCUMENT_VERSION_CONFLICT']]);
          expect(await codesOf(next(8, 1, 'N1', { setId: oid(50), version: 2 })), 'a rival').to.deep.equal([['ERR_DOCUMENT_VERSION_CONFLICT']]);
          expect(await codesOf(next(9, 3, 'N1', { setId: oid(50), version: 3 }))).to.deep.equal([[RECORD]]);
        });

        it('it leaves, though the next N3 did; the first N3 does not', async () => {
          const legs = legsNow();
          const parts = archive.together.get(1)!.flatMap((one) => one.parts);
          const leaves = ({ event, keys }: Case, i: number): ReturnType<Legs['before']> =>
            legs.before({ delivery: 100 + i, message: 1, event: { ...event }, parts: parts as never, keys }, { name: 'dcc-out', site: RECORD });
          const [first, second] = await Promise.all(archive.together.get(1)!.map(leaves));
          const [own, other] = n1 === 0 ? [first, second] : [second, first];
          expect(own).to.have.property('event');
          expect(other).to.have.nested.property('held.code', 'ERR_DOCUMENT_VERSION_CONFLICT');
        });
      });
  });

  it('B4: nobody draws the document of another to his own: both must say that they belong together', async () => {
    await takes(N3);
    await takes({ content: 'x', site: SOUTH, document: { id: oid(7) }, beside: [oid(2)] });
    expect(await shownBy({ ...gone(7), site: SOUTH })).to.deep.equal([]);
  });

  it('B4: nor by a copy of that beside it, nor of another patient', async () => {
    await takes(N3);
    await together([
      { ...N3, site: SOUTH, beside: [oid(7)] },
      { content: 'x', site: SOUTH, document: { id: oid(7), level: 'N1' }, beside: [oid(2)] },
    ]);
    expect(archive.note(oid(2))).to.not.have.property('pairedWith');
    expect(await shownBy({ ...gone(7), site: SOUTH })).to.deep.equal([]);
    await takes({ ...N3, beside: [oid(1)] });
    expect(archive.note(oid(2)), 'by its author').to.have.deep.nested.property('pairedWith[0].id', oid(1));
    archive = new Archive();
    await takes({ ...fromRecord(N3, SOUTH), beside: [oid(8)] });
    await takes({ ...fromRecord({ content: 'y', patient: '2', document: { id: oid(8), level: 'N1' } }, SOUTH), beside: [oid(2)] });
    expect(await shownBy({ ...fromRecord(gone(8), SOUTH), patient: '2' })).to.deep.equal([]);
  });

  it('B2: hundreds of documents of one message are decided, each beside its own other form', async () => {
    const all = Array.from({ length: 300 }, (_, i): Said => {
      const [id, other] = [1000 + i, 1000 + (i % 2 === 0 ? i + 1 : i - 1)];
      return {
        content: `c${i}`,
        document: { id: oid(id), setId: oid(5000 + (i >> 1)), version: 2, action: 'replace', replaces: oid(id + 1000) },
        beside: [oid(other)],
      };
    });
    expect(await archive.takesTogether(all)).to.have.property('state', 'decoded');
    expect(await shownBy(gone(1000))).to.deep.equal([oid(1001)]);
  });

  it('B7: a mask on one of them alone is said to be wanting on the other, where that is shown; not once both have it', async () => {
    await together(PAIR);
    const first = await takes(masked(N1));
    expect(first.codes).to.include.members(['masked-by-copy', RECORD]);
    expect(first.shown).to.deep.equal([oid(2)]);
    expect(await takes(masked(N3))).to.deep.include({ shown: [] });
    archive = new Archive();
    await together(PAIR);
    expect(await shownBy(...PAIR.map(masked))).to.deep.equal([]);
  });

  it('B2: asked for by either id, both are found, each with the other', async () => {
    await together(PAIR);
    const cases = archive.together.get(1)!;
    const story = (): never => ({ deliveries: cases.map(({ event }, i) => ({ eventId: event.id, id: `TEST-d${i}` })) }) as never;
    const history = { events: cases.map(({ event }) => ({ event })), parts: cases.flatMap(({ parts }) => parts) } as unknown as MessageHistory;
    for (const [id, other] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const where = await whereIs(oid(id), [history], { journal, index, story });
      expect(where.documents.map((one) => [one.id, one.state, one.pairedWith])).to.deep.equal([
        [oid(id), 'in-force', [oid(other)]],
        [oid(other), 'in-force', [oid(id)]],
      ]);
      expect(where.legs.map((leg) => leg.id)).to.deep.equal([`TEST-d${id - 1}`]);
    }
  });

  describe('on their way out', () => {
    const TO = { name: LANES[RECORD]!, site: RECORD };
    const leaving = (message: number, i = 0, encoded?: EncodedMessage): Parameters<Legs['before']>[0] => {
      const { event, keys } = archive.together.get(message)![i]!;
      const parts = archive.together.get(message)!.flatMap((one) => one.parts);
      return { delivery: 100 * message + 10 * i, message, event: { ...event }, parts: parts as never, keys, ...(encoded && { encoded }) };
    };
    const MASK = 'visibility.hiddenFromPatient';

    it('B7: neither leaves without a mask that the other has, whichever came with it', async () => {
      for (const which of [0, 1]) {
        archive = new Archive();
        await together(PAIR.map((said, i) => (i === which ? said : { ...said, visibility: { sendToDmp: true } })));
        await takes({ ...masked(PAIR[which]!), site: SOUTH });
        for (const i of [0, 1]) {
          const left = await legsNow().before(leaving(1, i), TO);
          expect('event' in left && left.event['data'], `${which} ${i}`).to.have.nested.property(MASK, true);
        }
      }
    });

    it('B7: what is unknown of one of them, or held, stays so, whatever is said of the other', async () => {
      for (const visibility of [undefined, { sendToMssPatient: 'held', sendToDmp: 'held' }, { sendToDmp: true }] as const) {
        archive = new Archive();
        await together(PAIR.map((said) => ({ ...said, ...(visibility && { visibility }) })));
        await takes({ ...N1, visibility: { hiddenFromPatient: false, maskedToProfessionals: false, sendToMssPatient: true, sendToDmp: false } });
        const left = await legsNow().before(leaving(1, 1), TO);
        expect('event' in left && (left.event['data'] as { readonly visibility?: object }).visibility).to.deep.equal(visibility);
      }
    });

    it('B3: what took the place of one holds that one back, and not the other', async () => {
      for (const said of [PAIR, [NEXT[0]!]]) await together(said);
      delivered('2/0');
      expect(await legsNow().before(leaving(1, 0), TO)).to.have.nested.property('held.code', 'ERR_DOCUMENT_VERSION_CONFLICT');
      expect(await legsNow().before(leaving(1, 1), TO)).to.have.property('event');
    });

    it('B2: a second content within an event of before is not lost unseen: it ends, unless what was written carries it', async () => {
      await takes(N3);
      const companions = [{ id: oid(1), format: 'CDA-R2-N1', content: { part: 'p2', bytes: 2, mime: 'text/xml' } }];
      const old = (encoded?: object): Parameters<Legs['before']>[0] => {
        const one = leaving(1, 0, encoded as EncodedMessage);
        const data = one.event['data'] as { document: object };
        return { ...one, event: { ...one.event, data: { ...data, document: { ...data.document, companions } } } };
      };
      const left = await legsNow().before(old(), TO);
      expect(left).to.deep.include({ ends: 'refuse' }).and.have.nested.property('held.code', 'ERR_DOCUMENT_COMPANION');
      expect(left).to.have.nested.property('held.location.path', '/data/document/companions/0/content');
      const wrote = (...parts: string[]): object => ({ envelope: { parts: parts.map((part) => ({ at: 'x', encoding: 'base64', from: { part } })) } });
      expect(await legsNow().before(old(wrote('p1')), TO)).to.have.property('ends', 'refuse');
      expect(await legsNow().before(old(wrote('p1', 'p2')), TO)).to.have.property('event');
    });

    describe('where the N3 cannot be written whole (decision 0031)', () => {
      const insteadOf = async (message: number, i: number): Promise<string | undefined> => {
        const error = await legsNow().instead(leaving(message, i), TO);
        return error && `${error.code} ${error.found}`;
      };
      const N1_GOES = `ERR_DOCUMENT_N1_INSTEAD its N1 ${oid(1)}`;

      it('B10: its N1 that waits, left or arrived there is named; one that did not is no excuse', async () => {
        await together(PAIR);
        for (const [state, expected] of [
          ['queued', N1_GOES],
          ['delivered', N1_GOES],
          ['held', N1_GOES],
          ['dead', undefined],
          ['discarded', undefined],
        ] as const) {
          states.set('1/0', [['dcc-out', state]]);
          expect(await insteadOf(1, 1), state).to.equal(expected);
        }
        states.set('1/0', [['north-out', 'delivered']]);
        expect(await insteadOf(1, 1), 'elsewhere').to.equal(undefined);
        delivered('1/0');
        await takes(gone(1));
        expect(await insteadOf(1, 1), 'withdrawn').to.equal(undefined);
      });

      it('B10: nor is what came beside nothing, or beside another N3', async () => {
        await takes(N3);
        await together([
          { ...N3, content: 'm3', document: { ...N3.document, id: oid(6) }, beside: [oid(5)] },
          { ...N3, content: 'k3', document: { ...N3.document, id: oid(5) }, beside: [oid(6)] },
        ]);
        delivered('2/0', '2/1');
        for (const [message, i] of [
          [1, 0],
          [2, 0],
        ] as const)
          expect(await insteadOf(message, i)).to.equal(undefined);
      });

      it('B10: one that died before its N1 came is found as that arrives, where it died for that', async () => {
        await takes(PAIR[1]!);
        await takes(PAIR[0]!);
        const died = (message = 2): Promise<readonly number[]> => legsNow().diedBeside(leaving(message), TO);
        for (const [lane, state, code, expected] of [
          ['dcc-out', 'dead', 'ERR_DOCUMENT_REWRITE', [100]],
          ['dcc-out', 'dead', 'ERR_NACK', []],
          ['dcc-out', 'discarded', 'ERR_DOCUMENT_REWRITE', []],
          ['north-out', 'dead', 'ERR_DOCUMENT_REWRITE', []],
        ] as const) {
          states.set('1/0', [[lane, state, code]]);
          expect(await died(), `${lane} ${state} ${code}`).to.deep.equal(expected);
        }
        states.set('1/0', [['dcc-out', 'dead', 'ERR_DOCUMENT_REWRITE']]);
        expect(await died(1), 'beside itself').to.deep.equal([]);
        await takes({ ...gone(1), document: { id: oid(1), level: 'N1' } });
        expect(await died(3), 'by a withdrawal').to.deep.equal([]);
      });

      it('B4: an N1 that stood for it and is withdrawn alone leaves nothing to see, which is said; unless it left after all', async () => {
        const withdrawn = async (): Promise<readonly string[]> =>
          (await archive.takes(gone(1))).warnings!.map(({ code, detail }) => `${code} ${detail}`);
        for (const isSent of [false, true]) {
          archive = new Archive();
          await together(PAIR);
          delivered('1/0');
          await insteadOf(1, 1);
          if (isSent) await legsNow().sent(leaving(1, 1), TO, 'OUT1', { ids: { id: oid(2) }, made: [] });
          expect(await withdrawn()).to.deep.equal([`${isSent ? 'still-shown' : 'shown-nowhere'} ${oid(2)}`]);
        }
        archive = new Archive();
        await together(PAIR.map((said) => fromRecord(said, SOUTH, NORTH)));
        states.set('1/0', [['dcc-out', 'delivered']]);
        await insteadOf(1, 1);
        expect((await archive.takes(fromRecord(gone(1), SOUTH, NORTH))).warnings, 'elsewhere').to.deep.equal([
          { code: 'still-shown', detail: oid(2) },
        ]);
      });

      it('B2: of one that came before, by itself, too', async () => {
        await takes(N1);
        await together(PAIR);
        delivered('1/0');
        expect(await insteadOf(2, 1)).to.equal(N1_GOES);
      });

      it('B3, B4: what withdraws the N3 there has nothing to withdraw, what replaces it replaces nothing; unless it left after all', async () => {
        await together(PAIR);
        delivered('1/0');
        await insteadOf(1, 1);
        await together(NEXT);
        const replacement = await legsNow().before(leaving(2, 1), TO);
        expect('event' in replacement && replacement.event['data']).to.not.have.nested.property('document.replaces');
        await together([3, 4].map(gone));
        const earlier = await legsNow().before(leaving(3, 1), TO);
        expect(earlier, 'of the next, which left').to.have.property('event');
        archive = new Archive();
        await together(PAIR);
        await insteadOf(1, 1);
        await together([1, 2].map(gone));
        expect(await legsNow().before(leaving(2, 0), TO), 'of the N1').to.have.property('event');
        expect(await legsNow().before(leaving(2, 1), TO))
          .to.deep.include({ ends: 'discard' })
          .and.have.nested.property('held.found', `its N1 ${oid(1)}`);
        expect(await legsNow().before(leaving(2, 1), { name: 'north-out', site: NORTH }), 'elsewhere').to.have.property('event');
        await legsNow().sent(leaving(1, 1), TO, 'OUT1', { ids: { id: oid(2) }, made: [] });
        expect(await legsNow().before(leaving(2, 1), TO), 'sent since').to.have.property('event');
      });
    });
  });
});
