/** What must hold in an inbound lane whatever a connector returns and whenever the engine stops: no message holds up the others, no AA is taken back. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { PasserelleError, type MessageCodec } from '../../core/contract/index.ts';
import { until } from '../flow/region.ts';
import { at, hashed, incoming } from '../contract/journal/samples.ts';
import { ACCEPTED, identityOf, InboundBench, plainCodec } from './inbound-bench.ts';

describe('an inbound lane', () => {
  let bench: InboundBench;
  const say = (text: string): Promise<string> => bench.say(text);
  const stateOf = (text: string): Promise<string | undefined> => bench.stateOf(text);

  beforeEach(async () => {
    bench = new InboundBench();
    await bench.open();
  });
  afterEach(() => bench.close());

  const NONSENSE: readonly (readonly [string, unknown])[] = [
    ['nothing', undefined],
    ['a decision nobody knows', { ...ACCEPTED, decision: 'perhaps' }],
    ['no warnings', { decision: 'accept', events: [] }],
    ['an error code that is not in the catalogue', { ...ACCEPTED, decision: 'reject', error: { code: 'ERR_NOT_OURS', message: '' } }],
    ['terms that are no text', { ...ACCEPTED, terms: [{ field: 'ipp', value: 7 }] }],
    ['an event without keys', { ...ACCEPTED, events: [{ type: 'dcc.identity.updated', data: {} }] }],
    ['a warning that cannot be written', { ...ACCEPTED, warnings: [{ code: 'x', detail: 1n }] }],
  ];
  for (const [what, result] of NONSENSE)
    it(`makes dead, with AA, a message of which the connector says ${what}, and goes on`, async () => {
      bench.decode = (text) => (text === 'bad' ? result : ACCEPTED);
      expect(await Promise.all([say('before'), say('bad'), say('after')])).to.deep.equal(['AA', 'AA', 'AA']);
      await until('it is decided', 5000, async () => (await stateOf('bad')) === 'dead');
      expect(await stateOf('after')).to.equal('decoded');
    });

  it('decides on a message whose acknowledgement the connector wrote in a way that cannot be built', async () => {
    bench.acknowledgement = {
      format: 'plain',
      text: undefined,
      get parts() {
        throw new TypeError('no parts');
      },
    };
    const build = plainCodec.build;
    (plainCodec as { build: MessageCodec['build'] }).build = (envelope, part) => {
      if (envelope.text === undefined) throw new PasserelleError('ERR_CHARSET_CANNOT_HOLD');
      return build(envelope, part);
    };
    expect(await say('one')).to.equal('AA');
    expect(await stateOf('one')).to.equal('decoded');
    (plainCodec as { build: MessageCodec['build'] }).build = build;
  });

  it('does not reject after a restart what its sender may have been told is ours', async () => {
    bench.decode = () => {
      throw new PasserelleError('ERR_HOST_UNAVAILABLE');
    };
    expect(await say('late')).to.equal('AA');
    await bench.lane.stop();
    bench.decode = () => ({ ...ACCEPTED, decision: 'reject', error: new PasserelleError('ERR_PATIENT_MISSING').toData() });
    await bench.make().start();
    expect(await say('late'), 'a retransmission after the restart').to.equal('AA');
    await until('it is decided', 5000, async () => (await stateOf('late')) !== 'received');
    expect(await stateOf('late')).to.equal('quarantined');
  });

  it('decides again what is replayed in its order, far beyond what it keeps in memory', async () => {
    const texts = Array.from({ length: 2500 }, (_, n) => `m${n}`);
    for (let from = 0; from < texts.length; from += 50) await Promise.all(texts.slice(from, from + 50).map(say));
    const seen: string[] = [];
    bench.decode = (text) => {
      seen.push(text);
      return ACCEPTED;
    };
    for (let after: string | undefined; ;) {
      const page = await bench.journal.messages({ states: ['decoded'], oldestFirst: true }, { limit: 500, ...(after !== undefined && { after }) });
      const acted = await bench.journal.act(page.items.map(({ message }) => ({ verb: 'replay', message, who: 'test', why: 'test', at: at(0) })));
      for (const { message, again } of acted) if (again) bench.lane.again(message, again);
      if (page.next === undefined) break;
      after = page.next;
    }
    await until('all are decided again', 20_000, async () => (await bench.journal.lanes()).every(({ counts }) => !counts.received));
    expect(seen).to.deep.equal(texts);
  });

  for (const reply of ['stored', 'decoded'] as const)
    it(`A2: decides in the order of the journal what another node stored before, when it has not been told yet (reply: ${reply})`, async () => {
      await bench.lane.stop();
      // Two nodes have the journal, and no notice of the other one comes.
      bench.journal = { ...bench.journal, watch: () => () => undefined };
      bench.decode = identityOf;
      await bench.make('chx-in', { reply }).start();
      await say('before');
      await until('it is decided', 5000, async () => (await stateOf('before')) === 'decoded');
      await bench.journal.receive([
        incoming({ lane: 'chx-in', raw: Buffer.from('elsewhere'), controlId: 'elsewhere', fingerprint: hashed('elsewhere') }),
      ]);
      await say('after');
      await until('all are decided', 5000, () => bench.offered.length === 3);
      expect(bench.offered).to.deep.equal(['before', 'elsewhere', 'after']);
    });

  it('keeps no other lane waiting for its backlog', async () => {
    await bench.lane.stop();
    for (let n = 0; n < 8; n += 1) await bench.journal.receive(Array.from({ length: 500 }, () => incoming({ lane: 'busy-in' })));
    const busy = bench.make('busy-in');
    await bench.make().start();
    await busy.start();
    expect(await say('other')).to.equal('AA');
    const decided = (await bench.journal.lanes()).find((l) => l.lane === 'busy-in')?.counts.decoded ?? 0;
    expect(decided).to.be.lessThan(2000);
    await until('the backlog is decided too', 60_000, async () => (await bench.journal.lanes()).every(({ counts }) => !counts.received));
    await busy.stop();
  });

  describe('while a commit is under way', () => {
    let seen: string[];
    let commits: PromiseWithResolvers<void>[];
    let earlier: number;

    /** A journal whose commits wait for the test. */
    beforeEach(async () => {
      await bench.lane.stop();
      seen = [];
      commits = [];
      earlier = 0;
      const store = bench.journal;
      let admitted = 0;
      bench.journal = {
        ...store,
        admit: async (...args) => {
          const commit = Promise.withResolvers<void>();
          admitted += 1;
          if (admitted > 1) {
            commits.push(commit);
            await commit.promise;
          }
          return store.admit(...args);
        },
      };
      bench.decode = (text) => {
        seen.push(text);
        return ACCEPTED;
      };
      await bench.make().start();
      // What comes while the journal is read for a backlog is stored by itself.
      await until('one is admitted', 5000, async () => {
        await say(`earlier ${(earlier += 1)}`);
        return admitted > 0;
      });
    });
    const isDecoded = (text: string): Promise<void> => until(`${text} is decoded`, 5000, async () => seen.includes(text));
    const storedTexts = async (): Promise<readonly (string | undefined)[]> =>
      (await bench.journal.messages({ oldestFirst: true }, { limit: 100 })).items.map(({ controlId }) => controlId).slice(earlier);

    it('decides what comes behind, and commits it after', async () => {
      const first = say('first');
      await isDecoded('first');
      const second = say('second');
      await isDecoded('second');
      expect(commits, 'the second waits for the first').to.have.length(1);
      commits[0]!.resolve();
      expect(await first).to.equal('AA');
      await until('the second is being committed', 5000, async () => commits.length === 2);
      commits[1]!.resolve();
      expect(await second).to.equal('AA');
      expect(await storedTexts()).to.deep.equal(['first', 'second']);
    });

    it('commits together all that was decided meanwhile', async () => {
      const first = say('first');
      await isDecoded('first');
      const behind: Promise<string>[] = [];
      for (const text of ['second', 'third']) {
        behind.push(say(text));
        await isDecoded(text);
        await new Promise(setImmediate);
      }
      commits[0]!.resolve();
      expect(await first).to.equal('AA');
      await until('the others are being committed', 5000, async () => commits.length === 2);
      commits[1]!.resolve();
      expect(await Promise.all(behind)).to.deep.equal(['AA', 'AA']);
      expect(commits).to.have.length(2);
      expect(await storedTexts()).to.deep.equal(['first', 'second', 'third']);
    });

    it('stores by itself, once, what is decided and has waited long for the commit before it', async () => {
      const { receive } = bench.journal;
      const alone: (string | undefined)[] = [];
      const isAlone = (text: string): Promise<void> => until(`${text} is stored by itself`, 5000, async () => alone.includes(text));
      Object.assign(bench.journal, {
        receive: (...args: Parameters<typeof receive>) => (alone.push(...args[0].map(({ controlId }) => controlId)), receive(...args)),
      });
      const first = say('first');
      await isDecoded('first');
      const second = say('second');
      await isDecoded('second');
      await isAlone('second');
      // While that goes on, what comes does not wait as long again.
      const third = say('third');
      await isAlone('third');
      commits[0]!.resolve();
      expect(await Promise.all([first, second, third])).to.deep.equal(['AA', 'AA', 'AA']);
      expect(await storedTexts()).to.have.members(['first', 'second', 'third']);
      expect(alone).to.deep.equal(['second', 'third']);
      for (const text of ['first', 'second', 'third']) expect(await stateOf(text)).to.equal('decoded');
    });

    it('refuses only what the journal refused', async () => {
      const first = say('first');
      await isDecoded('first');
      const second = say('second');
      await isDecoded('second');
      commits[0]!.reject(new PasserelleError('ERR_JOURNAL_UNAVAILABLE'));
      expect(await first).to.equal('AR');
      // Stored by itself, as all that waits while the lane fails, then decided.
      expect(await second).to.equal('AA');
      expect(await storedTexts()).to.deep.equal(['second']);
      expect(await stateOf('second')).to.equal('decoded');
    });

    it('stops only when everything taken is answered', async () => {
      const first = say('first');
      await isDecoded('first');
      const second = say('second');
      await isDecoded('second');
      const stopped = bench.lane.stop();
      for (const n of [0, 1]) {
        await until(`commit ${n} is under way`, 5000, async () => commits.length > n);
        commits[n]!.resolve();
      }
      await stopped;
      expect(await Promise.all([first, second])).to.deep.equal(['AA', 'AA']);
    });
  });

  it('admits what comes behind a few messages that are stored: a moment of trouble does not have all that follows stored by itself', async () => {
    await bench.lane.stop();
    const calls: string[] = [];
    const isArrived = Promise.withResolvers<void>();
    let isGated = false;
    const store = bench.journal;
    bench.journal = {
      ...store,
      receive: (messages) => {
        calls.push(...messages.map(({ controlId }) => `store ${controlId}`));
        if (calls.at(-1) === 'store behind') isArrived.resolve();
        return store.receive(messages);
      },
      admit: (all, lease) => (calls.push(...all.map(({ message }) => `admit ${message.controlId}`)), store.admit(all, lease)),
      decide: async (...args) => (await (isGated && isArrived.promise), store.decide(...args)),
    };
    bench.decode = (text) => {
      if (text === 'behind') isArrived.resolve();
      return ACCEPTED;
    };
    const lane = bench.make();
    await lane.start();
    let earlier = 0;
    await until('its journal is read', 5000, async () => {
      await say(`earlier ${(earlier += 1)}`);
      return calls.at(-1) === `admit earlier ${earlier}`;
    });
    isGated = true;
    await lane.resubmit(new TextEncoder().encode('corrected'), 1, 'somebody');
    expect(await say('behind')).to.equal('AA');
    expect(calls.slice(-2)).to.deep.equal(['store corrected', 'admit behind']);
    const { items } = await bench.journal.messages({ oldestFirst: true }, { limit: 100 });
    expect(items.slice(-2).map(({ controlId, state }) => `${controlId} ${state}`)).to.deep.equal(['corrected decoded', 'behind decoded']);
  });

  it('stores by itself what comes while the connector is away, also in the moment in which another one is being stored', async () => {
    bench.decode = () => {
      throw new PasserelleError('ERR_HOST_UNAVAILABLE');
    };
    await bench.lane.stop();
    const store = bench.journal;
    let behind: Promise<string> | undefined;
    bench.journal = {
      ...store,
      receive: (messages) => {
        if (messages.some(({ controlId }) => controlId === 'before')) behind ??= say('behind');
        return store.receive(messages);
      },
    };
    await bench.make('chx-in', { replyWithinMs: 200 }).start();
    for (let n = 0; n < 8; n += 1) expect(await say(`earlier ${n}`)).to.equal('AA');
    expect([await say('before'), await behind]).to.deep.equal(['AA', 'AA']);
    expect(await Promise.all([stateOf('before'), stateOf('behind')])).to.deep.equal(['received', 'received']);
  });

  for (const reply of ['stored', 'decoded'] as const)
    it(`D2: decides a large message from all of its bytes, whoever else is done with them (reply: ${reply})`, async () => {
      const large = 'x'.repeat(100_000);
      const decoded: string[] = [];
      bench.decode = (text) => {
        decoded.push(text);
        return ACCEPTED;
      };
      await bench.lane.stop();
      await bench.make('chx-in', { reply }).start();
      await say('before');
      const bytes = Buffer.from(large);
      expect(Buffer.from((await bench.lane.receive({ bytes, peer: 'test' })).bytes!).toString()).to.equal('AA');
      await until('it is decided', 5000, async () => (await stateOf(large)) === 'decoded');
      expect(decoded).to.deep.equal(['before', large]);
      expect(Buffer.from(await bench.journal.raw((await bench.journal.messages({}, { limit: 1 })).items[0]!.message)).toString()).to.equal(large);
      // Nobody is left who reads them; of what was stored by itself it is not known when.
      expect(bytes.length).to.equal(reply === 'decoded' ? 0 : large.length);
    });

  it('lets go of what was answered while the connector is away, and answers a retransmission the same', async () => {
    bench.decode = () => {
      throw new PasserelleError('ERR_HOST_UNAVAILABLE');
    };
    await bench.lane.stop();
    await bench.make('chx-in', { replyWithinMs: 500 }).start();
    expect(await Promise.all([say('waits'), say('waits'), say('waits')])).to.deep.equal(['AA', 'AA', 'AA']);
    expect(await say('waits')).to.equal('AA');
    expect((await bench.journal.messages({}, { limit: 5 })).items.map(({ retransmissions, state }) => [retransmissions, state])).to.deep.equal([
      [3, 'received'],
    ]);
  });

  for (const end of ['stored', 'stopped'] as const)
    it(`answers AA once it is stored, when that takes longer than the time to answer and the connector is away (${end})`, async () => {
      const { journal } = bench;
      const storing = Promise.withResolvers<void>();
      bench.decode = () => {
        throw new PasserelleError('ERR_HOST_UNAVAILABLE');
      };
      bench.journal = { ...journal, receive: (...args) => storing.promise.then(() => journal.receive(...args)) };
      await bench.lane.stop();
      await bench.make('chx-in', { replyWithinMs: end === 'stored' ? 400 : 60_000 }).start();
      const answer = say('waits');
      await wait(800);
      storing.resolve();
      if (end === 'stopped') {
        await until('it is stored', 5000, async () => (await stateOf('waits')) === 'received');
        await bench.lane.stop();
      }
      expect(await answer).to.equal('AA');
      expect(await stateOf('waits')).to.equal('received');
    });
});
