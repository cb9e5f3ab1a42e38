/**
 * What a message of a batch is judged by is what is stored: not what a retransmission before it says, of which nothing is stored (SAFETY A6), nor what became
 * of deliveries that those before it are about to make (SAFETY B2). In one batch each case comes to the same as one message after the other.
 */
import { hash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { PasserelleError, UNCONFIGURED } from '../../core/contract/index.ts';
import { documentJudge } from '../../core/documents/index.ts';
import { PERSON, identityJudge, personOf, undoMerge } from '../../core/identity/index.ts';
import { BlindIndex } from '../../core/journal/index.ts';
import type { Judge, Known } from '../../core/knowledge/index.ts';
import { at, encoded } from '../contract/journal/samples.ts';
import { until } from '../flow/region.ts';
import { ACCEPTED, InboundBench, plainCodec } from './inbound-bench.ts';

const SITE = '990001018';
const REPLY_MS = 600;
const index = new BlindIndex(Buffer.alloc(32));

describe('what a batch of an inbound lane is judged by', () => {
  let bench: InboundBench;
  /** `judge` and `commit`, as they come. */
  let log: string[];

  /** Awaited by who reads what became of a message. */
  let reading: () => Promise<unknown>;
  /** `name:document`: the bytes are the document's, the name tells copies apart. */
  const { open } = plainCodec;
  const openDocument = (bytes: Uint8Array): object => {
    const text = Buffer.from(bytes).toString();
    const content = Buffer.from(text.split(':')[1]!);
    const part = { part: 'p1', encoding: 'text', bytes: content.length, mime: 'application/pdf', sha256: hash('sha256', content) };
    return {
      envelope: { format: 'plain', text, parts: [part], charset: 'utf-8', warnings: [] },
      parts: [{ part: 'p1', content, from: 0, to: content.length, canonical: false }],
    };
  };
  const documentOf = (text: string): object => {
    if (text.startsWith('bad')) return { ...ACCEPTED, decision: 'reject', error: new PasserelleError('ERR_ACK_REFUSED').toData() };
    const id = `1.2.250.1.999.1.8.${text.split(':')[1]!}`;
    const content = { part: 'p1', bytes: 10, mime: 'application/pdf' };
    const document = { canonicalType: 'FRCP', status: 'final', action: 'new', content, id };
    const data = { patient: { ipp: '1', domain: 'region', birthName: text }, document, originApplication: 'DPI' };
    return { ...ACCEPTED, events: [{ type: 'dcc.document.received', keys: [{ domain: 'region', value: '1' }], document: { id }, data }] };
  };
  /** A document of before, which died on its way. */
  const dies = async (text: string): Promise<void> => {
    Object.assign(plainCodec, { open: openDocument });
    await start(
      documentJudge(index, () => []),
      documentOf,
    );
    await say(false, text);
    const [dead] = (await bench.journal.backlog('out', 0, 1000)).slice(-1);
    const begun = { startedAt: at(0), encoded: encoded() };
    await bench.journal.settle([{ delivery: dead!.delivery, from: 'queued', to: 'dead', at: at(0), counted: true, begun }]);
  };

  /** A lane that knows nothing but what is stored, and stores messages with their decisions. */
  const start = async (judge: Judge, decode: (text: string) => object): Promise<void> => {
    await bench.lane.stop();
    const { journal } = bench;
    bench.judges = [{ ...judge, judge: (one, known) => (log.push('judge'), judge.judge(one, known)) }];
    bench.decode = decode;
    bench.journal = {
      ...journal,
      admit: (...args) => (log.push('commit'), journal.admit(...args)),
      message: async (...args) => {
        await reading();
        return journal.message(...args);
      },
    };
    await bench.make('chx-in', { settings: { ...UNCONFIGURED, site: SITE }, replyWithinMs: REPLY_MS }).start();
    bench.journal = journal;
    log = [];
    let n = 900;
    await until('messages are stored with their decisions', 5000, async () => {
      await bench.say(`warm:${(n += 1)}`);
      return log.includes('commit');
    });
    log = [];
    bench.offered.length = 0;
  };
  const say = async (isTogether: boolean, ...texts: readonly string[]): Promise<void> => {
    log = [];
    const answers: string[] = [];
    if (isTogether) answers.push(...(await Promise.all(texts.map((text) => bench.say(text)))));
    else for (const text of texts) answers.push(await bench.say(text));
    expect(answers).to.deep.equal(texts.map(() => 'AA'));
    expect(log.indexOf('commit')).to.equal(isTogether ? texts.length : 1);
  };

  beforeEach(async () => {
    reading = async () => undefined;
    bench = new InboundBench();
    await bench.open();
  });
  afterEach(async () => {
    Object.assign(plainCodec, { open });
    await bench.close();
  });

  for (const [how, isTogether] of [
    ['one after the other', false],
    ['in one batch', true],
  ] as const) {
    it(`A6: what a merge says that is sent again leaves nothing with who comes behind it (${how})`, async () => {
      const keyOf = (value: string): string => index.patient({ domain: 'region', value });
      const patients = [keyOf('1'), keyOf('2')];
      const known = async (): Promise<Known> => {
        const values = await bench.journal.notes(PERSON, patients);
        return (_, key) => values[patients.indexOf(key)];
      };
      const judge = identityJudge(
        () => [],
        () => true,
      );
      const restart = (): Promise<void> =>
        start(judge, (text) => {
          const [what, patient = ''] = text.split(':');
          const merged = { domain: 'region', surviving: '1', absorbed: '2', recordedAt: at(0), patient: { birthName: 'MARTIN' } };
          const updated = { patient: { ipp: patient, domain: 'region', birthName: `NOM${patient}` } };
          const numbers = what === 'merge' ? ['1', '2'] : [patient];
          return {
            ...ACCEPTED,
            events: [
              {
                type: what === 'merge' ? 'dcc.identity.merged' : 'dcc.identity.updated',
                keys: numbers.map((value) => ({ domain: 'region', value })),
                data: what === 'merge' ? merged : updated,
              },
            ],
          };
        });
      await restart();
      for (const text of ['a:1', 'b:2', 'merge']) await say(false, text);
      await bench.journal.keep(undoMerge(patients[1]!, await known(), { who: 'camille', why: 'deux personnes', at: at(5000) }), at(5000));
      await restart();
      await say(isTogether, 'merge', 'c:2');
      await until('it is decided', 5000, async () => (await bench.stateOf('c:2')) === 'decoded');
      const now = await known();
      for (const key of patients) expect(personOf(now, key)).to.not.have.any.keys('open', 'doubts', 'into');
    });

    it(`B2: of two copies of a document that died one goes, and is what the other is a copy of (${how})`, async () => {
      await dies('a:1');
      await say(isTogether, 'b:1', 'c:1');
      expect(bench.offered).to.deep.equal(['a:1', 'b:1']);
    });
  }

  it('nobody is told AA of a message that is being rejected, however long what stands in its batch takes', async () => {
    await dies('a:1');
    let isAway = true;
    bench.decode = (text) => {
      if (isAway) throw new PasserelleError('ERR_HOST_UNAVAILABLE');
      return documentOf(text);
    };
    reading = () => wait(2 * REPLY_MS);
    const answers = Promise.all(['bad:2', 'b:1'].map((text) => bench.say(text)));
    await until('both are stored by themselves', 5000, async () => (await bench.stateOf('b:1')) === 'received');
    isAway = false;
    const [answer] = await answers;
    await until('it is decided', 5000, async () => (await bench.stateOf('bad:2')) !== 'received');
    expect([answer, await bench.stateOf('bad:2')]).to.deep.equal(answer === 'AA' ? ['AA', 'quarantined'] : ['AE', 'rejected']);
  });
});
