/** What must hold in an inbound lane whatever a connector returns and whenever the engine stops: no message holds up the others, no AA is taken back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { PasserelleError, UNCONFIGURED, type JournalStore, type MessageCodec } from '../../core/contract/index.ts';
import { Codecs } from '../../core/codecs/index.ts';
import { BlindIndex } from '../../core/journal/index.ts';
import { Knowledge } from '../../core/knowledge/index.ts';
import { InboundLane, type InboundEndpoint } from '../../core/lanes/index.ts';
import type { HostCall } from '../../core/registry/index.ts';
import { openSqliteJournal } from '../../plugins/store-journal-sqlite/index.ts';
import { until } from '../flow/region.ts';
import { at, hashed, incoming } from '../contract/journal/samples.ts';

const encoder = new TextEncoder();
const accepted = { decision: 'accept', events: [], warnings: [] };

/** A message is its own control id; the answer says the acknowledgement code. */
const codec: MessageCodec = {
  id: 'plain',
  split: (bytes) => [bytes],
  peek: (bytes) => ({ controlId: Buffer.from(bytes).toString(), fingerprint: hashed(Buffer.from(bytes).toString()) }),
  open: (bytes) => ({ envelope: { format: 'plain', text: Buffer.from(bytes).toString(), parts: [], charset: 'utf-8', warnings: [] }, parts: [] }),
  plainReply: (_, { ack }) => ({ bytes: encoder.encode(ack) }),
  build: (envelope) => [encoder.encode(envelope.text)],
};

describe('an inbound lane', () => {
  let folder: string;
  let journal: JournalStore;
  let lane: InboundLane;
  let decode: (text: string) => unknown;
  let acknowledgement: unknown;

  const make = (name = 'chx-in', over: Partial<InboundEndpoint> = {}): InboundLane =>
    (lane = new InboundLane(
      {
        name,
        connector: 'dxcare',
        connectorVersion: '1.0.0',
        format: 'plain',
        settings: UNCONFIGURED,
        role: 'establishment',
        reply: 'decoded',
        replyWithinMs: 2000,
        address: 'test',
        ...over,
      },
      {
        journal,
        knowledge: new Knowledge(journal, []),
        connectors: {
          call: async <T>(_: string, __: string, call: HostCall): Promise<T> => {
            if (call.operation === 'decode') return { result: decode(call.envelope.text), acknowledgement } as T;
            if (call.operation === 'acknowledge') return { format: 'plain', text: call.reception.ack } as T;
            throw new Error('not asked for');
          },
        },
        index: new BlindIndex(Buffer.alloc(32)),
        codec: () => codec,
        codecs: new Codecs(() => codec, []),
        now: Date.now,
        random: Math.random,
        count: () => undefined,
        log: () => undefined,
        destinations: () => [{ lane: 'out', site: 'dcc', role: 'record', sends: ['*'] }],
        queued: () => undefined,
        identified: () => undefined,
        deliveredOf: () => Promise.resolve(),
      },
    ));
  const say = async (text: string): Promise<string> => {
    const { bytes } = await lane.receive({ bytes: encoder.encode(text), peer: 'test' });
    return bytes ? Buffer.from(bytes).toString() : '';
  };
  const stateOf = async (text: string): Promise<string | undefined> =>
    (await journal.messages({}, { limit: 100 })).items.find((m) => m.controlId === text)?.state;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'passerelle-in-'));
    journal = await openSqliteJournal(folder);
    acknowledgement = undefined;
    decode = () => accepted;
    await make().start();
  });
  afterEach(async () => {
    await lane.stop();
    await journal.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const NONSENSE: readonly (readonly [string, unknown])[] = [
    ['nothing', undefined],
    ['a decision nobody knows', { ...accepted, decision: 'perhaps' }],
    ['no warnings', { decision: 'accept', events: [] }],
    ['an error code that is not in the catalogue', { ...accepted, decision: 'reject', error: { code: 'ERR_NOT_OURS', message: '' } }],
    ['terms that are no text', { ...accepted, terms: [{ field: 'ipp', value: 7 }] }],
    ['an event without keys', { ...accepted, events: [{ type: 'dcc.identity.updated', data: {} }] }],
    ['a warning that cannot be written', { ...accepted, warnings: [{ code: 'x', detail: 1n }] }],
  ];
  for (const [what, result] of NONSENSE)
    it(`makes dead, with AA, a message of which the connector says ${what}, and goes on`, async () => {
      decode = (text) => (text === 'bad' ? result : accepted);
      expect(await Promise.all([say('before'), say('bad'), say('after')])).to.deep.equal(['AA', 'AA', 'AA']);
      await until('it is decided', 5000, async () => (await stateOf('bad')) === 'dead');
      expect(await stateOf('after')).to.equal('decoded');
    });

  it('decides on a message whose acknowledgement the connector wrote in a way that cannot be built', async () => {
    acknowledgement = {
      format: 'plain',
      text: undefined,
      get parts() {
        throw new TypeError('no parts');
      },
    };
    const build = codec.build;
    (codec as { build: MessageCodec['build'] }).build = (envelope, part) => {
      if (envelope.text === undefined) throw new PasserelleError('ERR_CHARSET_CANNOT_HOLD');
      return build(envelope, part);
    };
    expect(await say('one')).to.equal('AA');
    expect(await stateOf('one')).to.equal('decoded');
    (codec as { build: MessageCodec['build'] }).build = build;
  });

  it('does not reject after a restart what its sender may have been told is ours', async () => {
    decode = () => {
      throw new PasserelleError('ERR_HOST_UNAVAILABLE');
    };
    expect(await say('late')).to.equal('AA');
    await lane.stop();
    decode = () => ({ ...accepted, decision: 'reject', error: new PasserelleError('ERR_PATIENT_MISSING').toData() });
    await make().start();
    expect(await say('late'), 'a retransmission after the restart').to.equal('AA');
    await until('it is decided', 5000, async () => (await stateOf('late')) !== 'received');
    expect(await stateOf('late')).to.equal('quarantined');
  });

  it('decides again what is replayed in its order, far beyond what it keeps in memory', async () => {
    const texts = Array.from({ length: 2500 }, (_, n) => `m${n}`);
    for (let from = 0; from < texts.length; from += 50) await Promise.all(texts.slice(from, from + 50).map(say));
    const seen: string[] = [];
    decode = (text) => {
      seen.push(text);
      return accepted;
    };
    for (let after: string | undefined; ;) {
      const page = await journal.messages({ states: ['decoded'], oldestFirst: true }, { limit: 500, ...(after !== undefined && { after }) });
      const acted = await journal.act(page.items.map(({ message }) => ({ verb: 'replay', message, who: 'test', why: 'test', at: at(0) })));
      for (const { message, again } of acted) if (again) lane.again(message, again.run, again.receivedAt);
      if (page.next === undefined) break;
      after = page.next;
    }
    await until('all are decided again', 20_000, async () => (await journal.lanes()).every(({ counts }) => !counts.received));
    expect(seen).to.deep.equal(texts);
  });

  it('keeps no other lane waiting for its backlog', async () => {
    await lane.stop();
    for (let n = 0; n < 8; n += 1) await journal.receive(Array.from({ length: 500 }, () => incoming({ lane: 'busy-in' })));
    const busy = make('busy-in');
    await make().start();
    await busy.start();
    expect(await say('other')).to.equal('AA');
    const decided = (await journal.lanes()).find((l) => l.lane === 'busy-in')?.counts.decoded ?? 0;
    expect(decided).to.be.lessThan(2000);
    await until('the backlog is decided too', 60_000, async () => (await journal.lanes()).every(({ counts }) => !counts.received));
    await busy.stop();
  });

  describe('while a commit is under way', () => {
    let seen: string[];
    let commits: PromiseWithResolvers<void>[];
    let earlier: number;

    /** A journal whose commits wait for the test. */
    beforeEach(async () => {
      await lane.stop();
      seen = [];
      commits = [];
      earlier = 0;
      const store = journal;
      let admitted = 0;
      journal = {
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
      decode = (text) => {
        seen.push(text);
        return accepted;
      };
      await make().start();
      // What comes while the journal is read for a backlog is stored by itself.
      await until('one is admitted', 5000, async () => {
        await say(`earlier ${(earlier += 1)}`);
        return admitted > 0;
      });
    });
    const isDecoded = (text: string): Promise<void> => until(`${text} is decoded`, 5000, async () => seen.includes(text));
    const storedTexts = async (): Promise<readonly (string | undefined)[]> =>
      (await journal.messages({ oldestFirst: true }, { limit: 100 })).items.map(({ controlId }) => controlId).slice(earlier);

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

    it('refuses only what the journal refused', async () => {
      const first = say('first');
      await isDecoded('first');
      const second = say('second');
      await isDecoded('second');
      commits[0]!.reject(new PasserelleError('ERR_JOURNAL_UNAVAILABLE'));
      expect(await first).to.equal('AR');
      await until('the second is being committed', 5000, async () => commits.length === 2);
      commits[1]!.resolve();
      expect(await second).to.equal('AA');
      expect(await storedTexts()).to.deep.equal(['second']);
    });

    it('stops only when everything taken is answered', async () => {
      const first = say('first');
      await isDecoded('first');
      const second = say('second');
      await isDecoded('second');
      const stopped = lane.stop();
      for (const n of [0, 1]) {
        await until(`commit ${n} is under way`, 5000, async () => commits.length > n);
        commits[n]!.resolve();
      }
      await stopped;
      expect(await Promise.all([first, second])).to.deep.equal(['AA', 'AA']);
    });
  });

  it('lets go of what was answered while the connector is away, and answers a retransmission the same', async () => {
    decode = () => {
      throw new PasserelleError('ERR_HOST_UNAVAILABLE');
    };
    await lane.stop();
    await make('chx-in', { replyWithinMs: 500 }).start();
    expect(await Promise.all([say('waits'), say('waits'), say('waits')])).to.deep.equal(['AA', 'AA', 'AA']);
    expect(await say('waits')).to.equal('AA');
    expect((await journal.messages({}, { limit: 5 })).items.map(({ retransmissions, state }) => [retransmissions, state])).to.deep.equal([
      [3, 'received'],
    ]);
  });
});
