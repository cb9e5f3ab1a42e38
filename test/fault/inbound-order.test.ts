/**
 * Who came first is decided first, of each patient, whatever the journal and the connector do meanwhile: commits that take long, that are refused, that end
 * with the half of a batch, connectors that are away for a moment (SAFETY A2, ARCHITECTURE section 4).
 */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { PasserelleError, type JournalStore } from '../../core/contract/index.ts';
import type { Judge } from '../../core/knowledge/index.ts';
import { until } from '../flow/region.ts';
import { InboundBench, identityOf, nameIn, plainCodec } from './inbound-bench.ts';
import { SEED, chance, trials } from './random.ts';

const away = (): PasserelleError => new PasserelleError('ERR_JOURNAL_UNAVAILABLE');

/** The first letter of a message is its patient; each is judged by what the one before it left. */
const judge: Judge = {
  needs: ({ keys }) => [{ kind: 'said', key: keys[0]! }],
  judge: ({ event, keys }) => ({ notes: [{ kind: 'said', key: keys[0]!, value: nameIn(event.data) }] }),
};
const said = (text: string, over: object = {}): object => {
  const [one] = (identityOf(text) as { events: object[] }).events;
  return { ...identityOf(text), events: [{ ...one, keys: [{ domain: 'd', value: text[0] }] }], ...over };
};
/** What the journal cannot write. */
const UNWRITABLE = { warnings: [{ code: 'x', detail: 1n }] };

describe('the order of an inbound lane', function () {
  this.timeout(60_000);
  let bench: InboundBench;
  /** Awaited by each commit of arrivals, and by each message that is stored by itself. */
  let committing: () => Promise<void>;
  let storing: () => Promise<void>;

  /** A journal that does one thing after the other, when the test lets it. */
  beforeEach(async () => {
    bench = new InboundBench();
    bench.judges = [judge];
    bench.decode = said;
    await bench.open();
    await bench.lane.stop();
    const store = bench.journal;
    let last: Promise<unknown> = Promise.resolve();
    const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
      const done = last.then(work);
      last = done.catch(() => undefined);
      return done;
    };
    committing = storing = async () => undefined;
    let isAdmitted = false;
    bench.journal = {
      ...store,
      admit: (...args) =>
        inTurn(async () => {
          isAdmitted = true;
          await committing();
          return store.admit(...args);
        }),
      receive: (...args) =>
        inTurn(async () => {
          await storing();
          return store.receive(...args);
        }),
      decide: (...args) => inTurn(() => store.decide(...args)),
    } satisfies JournalStore;
    await bench.make().start();
    // What comes while the journal is read for a backlog is stored by itself.
    let earlier = 0;
    await until('one is admitted', 5000, async () => {
      await bench.say(`z${(earlier += 1)}`);
      return isAdmitted;
    });
    bench.offered.length = 0;
  });
  afterEach(() => bench.close());

  const firstCommitTakes = (ms: number): void => {
    committing = async () => {
      committing = async () => undefined;
      await wait(ms);
    };
  };
  /** Says each of them so many milliseconds after the one before; all answers. */
  const sayAfter = async (...steps: readonly (readonly [ms: number, text: string])[]): Promise<string[]> => {
    const all: Promise<string>[] = [];
    for (const [ms, text] of steps) {
      await wait(ms);
      all.push(bench.say(text));
    }
    return Promise.all(all);
  };
  const offered = (count: number): Promise<void> => until('all are decided', 10_000, async () => bench.offered.length >= count);
  const of = (patient: string): string[] => bench.offered.filter((text) => text.startsWith(patient));

  for (const ms of [310, 400])
    it(`holds behind a commit of ${ms} ms, for one that waits for it and one that has just come`, async () => {
      firstCommitTakes(ms);
      expect(await sayAfter([0, 'a1'], [100, 'a2'], [50, 'a3'])).to.deep.equal(['AA', 'AA', 'AA']);
      await offered(3);
      expect(bench.offered).to.deep.equal(['a1', 'a2', 'a3']);
    });

  it('holds for one that was stored by itself and the next of its patient, which was in hand', async () => {
    firstCommitTakes(275);
    expect(await sayAfter([0, 'y1'], [10, 'x1'], [90, 'x2'])).to.deep.equal(['AA', 'AA', 'AA']);
    await offered(3);
    expect(of('x')).to.deep.equal(['x1', 'x2']);
  });

  it('holds for many messages of one patient in one frame', async () => {
    const { split } = plainCodec;
    const count = 130;
    try {
      Object.assign(plainCodec, {
        split: (bytes: Uint8Array) =>
          Buffer.from(bytes)
            .toString()
            .split(',')
            .map((text) => Buffer.from(text)),
      });
      firstCommitTakes(290);
      const texts = Array.from({ length: count }, (_, i) => `m${i}`);
      await bench.say(texts.join(','));
      await offered(count);
      expect(bench.offered).to.deep.equal(texts);
    } finally {
      Object.assign(plainCodec, { split });
    }
  });

  it('holds where the connector was away once, during a commit', async () => {
    let isAway = true;
    bench.decode = (text) => {
      if (text !== 'x1' || !isAway) return said(text);
      isAway = false;
      throw new PasserelleError('ERR_HOST_UNAVAILABLE');
    };
    firstCommitTakes(600);
    expect(await sayAfter([0, 'y1'], [20, 'x1'], [50, 'x2'])).to.deep.equal(['AA', 'AA', 'AA']);
    await offered(3);
    expect(of('x')).to.deep.equal(['x1', 'x2']);
  });

  it('holds behind one that the journal refuses, for what stands in its batch and what comes after', async () => {
    bench.decode = (text) => said(text, text === 'bad' ? UNWRITABLE : {});
    firstCommitTakes(100);
    const all = ['a1', 'bad', 'p1'].map((text) => bench.say(text));
    await wait(30);
    all.push(bench.say('p2'));
    await Promise.all(all);
    await offered(3);
    expect(of('p')).to.deep.equal(['p1', 'p2']);
  });

  it('holds for one that can only be received', async () => {
    const { admit } = bench.journal;
    const refusing: JournalStore['admit'] = (batch, ...rest) =>
      batch.some(({ message }) => message.controlId === 'a1') ? Promise.reject(new PasserelleError('ERR_INVARIANT')) : admit(batch, ...rest);
    Object.assign(bench.journal, { admit: refusing });
    expect(await sayAfter([0, 'a1'], [0, 'a2'], [0, 'a3'])).to.deep.equal(['AA', 'AA', 'AA']);
    await offered(3);
    expect(bench.offered).to.deep.equal(['a1', 'a2', 'a3']);
  });

  for (const [title, isFailing] of [
    ['commits that take long now and then', false],
    ['that, and a journal and a connector that fail', true],
  ] as const)
    for (let trial = 0; trial < trials(2); trial += 1)
      it(`holds by chance: ${title} (seed ${SEED + trial})`, async () => {
        const { next, between, pick } = chance(SEED + trial);
        const fails = (share: number): boolean => isFailing && next() < share;
        bench.decode = (text) => {
          if (fails(0.02)) throw new PasserelleError('ERR_HOST_UNAVAILABLE');
          return said(text, isFailing && text.endsWith('7') ? UNWRITABLE : {});
        };
        committing = async () => {
          await wait(next() < 0.15 ? between(200, 600) : between(0, 25));
          if (fails(0.05)) throw away();
        };
        storing = async () => {
          await wait(between(0, 10));
          if (fails(0.02)) throw away();
        };
        const all: Promise<readonly [string, string]>[] = [];
        for (let n = 0; n < 300; n += 1) {
          const text = `${pick(['a', 'b', 'c', 'd', 'e', 'f'])}${n}`;
          all.push(bench.say(text).then((ack) => [text, ack]));
          if (next() < 0.5) await wait(between(0, 15));
        }
        const answers = await Promise.all(all);
        committing = storing = async () => undefined;
        await until('nothing waits', 30_000, async () => (await bench.journal.lanes()).every(({ counts }) => !counts['received']));
        const stored = (await bench.journal.messages({}, { limit: 1000 })).items.map(({ controlId }) => controlId);
        expect(new Set(stored).size, 'each once').to.equal(stored.length);
        expect(stored).to.include.members(answers.flatMap(([text, ack]) => (ack === 'AA' ? [text] : [])));
        await until('all are offered', 10_000, async () => {
          const { items } = await bench.journal.messages({ states: ['decoded'] }, { limit: 1000 });
          return items.filter(({ controlId }) => !controlId?.startsWith('z')).length === bench.offered.length;
        });
        for (const patient of ['a', 'b', 'c', 'd', 'e', 'f']) {
          const numbers = of(patient).map((text) => Number(text.slice(1)));
          expect(numbers, patient).to.deep.equal(numbers.toSorted((a, b) => a - b));
        }
      });
});
