/** One message of a batch that cannot be written or judged costs that message only: what stands before and behind it is decided, delivered and in order. */
import { expect } from 'chai';
import { PasserelleError, type JournalStore, type MessageDecision } from '../../core/contract/index.ts';
import type { Judge } from '../../core/knowledge/index.ts';
import { until } from '../flow/region.ts';
import { InboundBench, identityOf, nameIn } from './inbound-bench.ts';

describe('a batch of an inbound lane with one bad message', () => {
  let bench: InboundBench;
  const say = (text: string): Promise<string> => bench.say(text);

  beforeEach(async () => {
    bench = new InboundBench();
    await bench.open();
  });
  afterEach(() => bench.close());

  /** What the journal cannot write, because of a warning that is no JSON. */
  const unwritable = (text: string): object => ({ ...identityOf(text), ...(text === 'bad' && { warnings: [{ code: 'x', detail: 1n }] }) });

  const restart = async (reply: 'stored' | 'decoded', over: Partial<JournalStore> = {}): Promise<void> => {
    await bench.lane.stop();
    let [isWarm, earlier] = [false, 0];
    const store = { ...bench.journal, ...over };
    bench.journal = {
      ...store,
      admit: (...args) => {
        isWarm = true;
        return store.admit(...args);
      },
    };
    await bench.make('chx-in', { reply }).start();
    // What comes while the journal is read for a backlog is stored by itself.
    await until('messages are stored with their decisions', 5000, async () => {
      if (reply === 'decoded') await say(`earlier ${(earlier += 1)}`);
      return reply === 'stored' || isWarm;
    });
  };

  /** A journal that goes away once, when the second message is written alone. */
  const away = <R>(write: (batch: readonly MessageDecision[]) => Promise<R>): ((batch: readonly MessageDecision[]) => Promise<R>) => {
    let isAway = true;
    return (batch) => {
      const [only] = batch;
      const isSecond = batch.length === 1 && only?.events.some(({ event }) => nameIn(event['data']) === 'second');
      if (!isAway || !isSecond) return write(batch);
      isAway = false;
      return Promise.reject(new PasserelleError('ERR_JOURNAL_UNAVAILABLE'));
    };
  };

  it('offers to its lanes what was stored before the journal went away', async () => {
    const { admit } = bench.journal;
    const pass = away(async () => undefined);
    await restart('decoded', { admit: async (batch) => pass(batch.map(({ decision }) => decision)).then(() => admit(batch)) });
    bench.decode = unwritable;
    expect(await Promise.all([say('first'), say('second'), say('bad')])).to.deep.equal(['AA', 'AR', 'AR']);
    expect(bench.offered).to.deep.equal(['first']);
    expect(await Promise.all([say('second'), say('bad')])).to.deep.equal(['AA', 'AA']);
    expect(bench.offered).to.deep.equal(['first', 'second']);
  });

  it('offers once and in order what was stored by itself, whatever the journal does meanwhile', async () => {
    await restart('stored', { decide: away(bench.journal.decide) });
    bench.decode = unwritable;
    await Promise.all(['first', 'second', 'bad', 'last'].map(say));
    await until('all are decided', 5000, async () => bench.offered.includes('last'));
    expect(bench.offered).to.deep.equal(['first', 'second', 'last']);
    expect(await bench.stateOf('bad')).to.equal('dead');
  });

  for (const reply of ['stored', 'decoded'] as const) {
    /** Keeps the last name said, and shows what was known before `after`. */
    const saw: (string | undefined)[] = [];
    const judge: Judge = {
      needs: ({ keys }) => [{ kind: 'said', key: keys[0]! }],
      judge: ({ event, keys }, known) => {
        const value = nameIn(event.data);
        if (value === 'cannot be judged') throw new TypeError('no such thing');
        if (value === 'after') saw.push(known('said', keys[0]!));
        return { notes: [{ kind: 'said', key: keys[0]!, value }] };
      },
    };

    it(`judges what comes behind without what it said (reply ${reply})`, async () => {
      bench.judges = [judge];
      await restart(reply);
      bench.decode = unwritable;
      await Promise.all(['before', 'bad', 'after'].map(say));
      await until('all are decided', 5000, async () => bench.offered.includes('after'));
      expect(saw.at(-1)).to.equal('before');
      expect(bench.offered).to.deep.equal(['before', 'after']);
      expect(await bench.stateOf('bad')).to.equal('dead');
    });

    it(`lets a person look at one that a judge could not judge, and goes on (reply ${reply})`, async () => {
      bench.judges = [judge];
      await restart(reply);
      bench.decode = identityOf;
      expect(await Promise.all(['before', 'cannot be judged', 'after'].map(say))).to.deep.equal(['AA', 'AA', 'AA']);
      await until('all are decided', 5000, async () => bench.offered.includes('after'));
      expect(saw.at(-1)).to.equal('before');
      expect(bench.offered).to.deep.equal(['before', 'after']);
      expect(await bench.stateOf('cannot be judged')).to.equal('quarantined');
    });
  }

  it('waits with all of them when it is the journal that cannot be read, and judges them when it can', async () => {
    bench.judges = [{ needs: ({ keys }) => [{ kind: 'said', key: keys[0]! }], judge: () => ({}) }];
    const { notes } = bench.journal;
    let isAway = true;
    let refused = 0;
    const away = (): Promise<never> => {
      refused += 1;
      return Promise.reject(new PasserelleError('ERR_JOURNAL_UNAVAILABLE'));
    };
    await restart('stored', { notes: async (...args) => (isAway ? away() : notes(...args)) });
    bench.decode = identityOf;
    await Promise.all(['one', 'two'].map(say));
    await until('it was asked twice', 5000, async () => refused > 1);
    expect(bench.offered).to.deep.equal([]);
    isAway = false;
    await until('all are decided', 5000, async () => bench.offered.length === 2);
    expect(bench.offered).to.deep.equal(['one', 'two']);
  });
});
