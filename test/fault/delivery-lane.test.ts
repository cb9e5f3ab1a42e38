/** What must hold in a delivery lane whatever its backlog, its connector and the people who act on it: nothing skipped, nothing stuck. */
import { hash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { PasserelleError, type EncodedMessage, type QueuedDelivery } from '../../core/contract/index.ts';
import { until } from '../flow/region.ts';
import { LANE, LaneBench, patient } from './lane-bench.ts';
import { at, encoded, routed } from '../contract/journal/samples.ts';

/** What the lane keeps in memory, and more than it keeps. */
const WINDOW = 40;
const BEYOND_WINDOW = 3000;

describe('a delivery lane', () => {
  let bench: LaneBench;
  beforeEach(async () => {
    bench = new LaneBench();
    await bench.open();
  });
  afterEach(() => bench.close());

  const drained = (): Promise<void> =>
    until('nothing is queued or sending', 120_000, async () => {
      const { queued = 0, sending = 0 } = await bench.states();
      return queued + sending === 0;
    });

  it('sends all of a long backlog after a restart', async () => {
    bench.concurrency = 16;
    await bench.queue(Array.from({ length: BEYOND_WINDOW }, (_, n) => ({ keys: patient(`p${n % 500}`) })));
    await bench.make().start();
    await drained();
    expect(await bench.states()).to.deep.equal({ delivered: BEYOND_WINDOW });
  });

  it('goes back to an attempt that it could not take up because the journal went away, before anything behind it', async () => {
    const [first] = await bench.queue([{ keys: patient('a') }, { keys: patient('a') }]);
    const envelope = { format: 'plain', text: 'first', controlId: 'first' };
    const before = encoded({ envelope, controlId: 'first', sha256: hash('sha256', 'first'), bytes: 5 });
    await bench.journal.begin([{ delivery: first!.delivery, startedAt: at(1), encoded: before }]);
    const { settle } = bench.journal;
    let isAway = true;
    bench.journal = {
      ...bench.journal,
      settle: async (...args) => {
        if (isAway) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE');
        return settle(...args);
      },
    };
    await bench.make().start();
    await until('the lane has seen that it is away', 5000, () => bench.logged.some((line) => line.includes('backlog cannot be read')));
    isAway = false;
    await drained();
    expect([bench.sent[0], bench.sent.length, await bench.states()]).to.deep.equal(['first', 2, { delivered: 2 }]);
  });

  it('skips nothing when a person acts on a delivery that is beyond its window', async () => {
    const rows = await bench.queue(Array.from({ length: BEYOND_WINDOW }, (_, n) => ({ keys: patient(`p${n % 500}`) })));
    bench.concurrency = 16;
    await bench.make({}, WINDOW).start();
    bench.lane.pause();
    const last = rows.at(-1)!;
    await bench.journal.act([{ verb: 'discard', delivery: last.delivery, who: 'test', why: 'test', at: at(0) }]);
    bench.lane.update({ ...last, state: 'discarded' });
    bench.lane.resume();
    await drained();
    expect(await bench.states()).to.deep.equal({ delivered: BEYOND_WINDOW - 1, discarded: 1 });
  });

  it('serves other patients when its window is full of deliveries that wait for a person', async () => {
    const blocked = Array.from({ length: BEYOND_WINDOW }, () => ({ keys: patient('blocked') }));
    const rows = await bench.queue([...blocked, { keys: patient('other') }]);
    await bench.journal.settle([
      {
        delivery: rows[0]!.delivery,
        from: 'queued',
        to: 'dead',
        at: at(1),
        counted: false,
        error: new PasserelleError('ERR_ENCODE_UNSUPPORTED').toData(),
      },
    ]);
    await bench.make({}, WINDOW).start();
    await until('the other patient is served', 10_000, async () => (await bench.states())['delivered'] === 1);
    expect(bench.sent).to.have.length(1);
    await bench.journal.act([{ verb: 'discard', delivery: rows[0]!.delivery, who: 'test', why: 'test', at: at(2) }]);
    bench.lane.update({ ...rows[0]!, state: 'discarded' });
    await drained();
    expect(await bench.states()).to.deep.equal({ delivered: BEYOND_WINDOW, discarded: 1 });
  });

  it('D2: sends no message that is shorter than it was built', async () => {
    bench.meanwhile = (pieces) => pieces.splice(0, 1, pieces[0]!.subarray(0, 2));
    const [row] = await bench.queue([{}]);
    await bench.make().start();
    await until('it is dead', 5000, async () => (await bench.states())['dead'] === 1);
    expect(bench.sent).to.deep.equal([]);
    const [delivery] = (await bench.journal.deliveries({ message: row!.message }, { limit: 10 })).items;
    expect(delivery?.error).to.include({ code: 'ERR_INVARIANT', expected: 'the bytes as they were built' });
  });

  it('B2: what its connector could not put into a message is said, without a word of it', async () => {
    bench.encode = (id) => ({
      outcome: 'message',
      envelope: { format: 'plain', text: id },
      warnings: [{ code: 'something-left-out', detail: 'DUPONT' }],
    });
    await bench.queue([{}]);
    await bench.make().start();
    await until('it is delivered', 5000, async () => (await bench.states())['delivered'] === 1);
    const [line = ''] = bench.logged.filter((each) => each.includes('written with a warning'));
    expect(line).to.include('something-left-out').and.not.include('DUPONT');
  });

  for (const isIdempotent of [false, true])
    it(`B6: sends what is known now once nothing of the first attempt arrived, under another control id${isIdempotent ? ', to who recognises doubles too' : ''}`, async () => {
      let restrictions: readonly string[] = [];
      bench.legs = {
        before: async ({ event, encoded }) => ({
          event,
          restrictions,
          ...(encoded && restrictions.length > encoded.restrictions!.length && { isTighter: true }),
        }),
        with: async () => undefined,
        sent: async () => undefined,
        instead: async () => undefined,
        diedBeside: async () => [],
        isInDoubt: async () => false,
      };
      bench.encode = (_, { seed }) => ({
        outcome: 'message',
        envelope: { format: 'plain', text: `${seed} ${restrictions.join()}`, controlId: seed },
      });
      bench.interpret = (): unknown => (bench.sent.length < 3 ? { outcome: 'later' } : { outcome: 'delivered' });
      bench.send = async () => {
        if (bench.sent.length === 2) restrictions = ['opposed'];
        return { bytes: new TextEncoder().encode('answer') };
      };
      await bench.queue([{ keys: patient('a'), kind: 'document' }]);
      await bench.make({ policy: { idempotent: isIdempotent, duplicates: 'review', resendAfterMs: 1, attempts: 5, firstMs: 1, maxMs: 2 } }).start();
      await drained();
      const [first, second, third] = bench.sent;
      expect([second, third]).to.deep.equal([first, `${first?.trim()}/2 opposed`]);
      const [item] = (await bench.journal.deliveries({}, { limit: 1 })).items;
      expect([item?.state, item?.controlId, item?.attempts]).to.deep.equal(['delivered', `${first?.trim()}/2`, 3]);
    });

  it('A4, B1: what follows of its patient waits behind a dead identity, until a person has decided; others go on', async () => {
    bench.interpret = () => ({ outcome: bench.sent.length === 1 ? 'refused' : 'delivered' });
    const document = { kind: 'document' } as const;
    const [dead, behind] = await bench.queue([{ keys: patient('a') }, { ...document, keys: patient('a') }, { ...document, keys: patient('b') }]);
    for (const start of ['first', 'next']) {
      await bench.make().start();
      await until('nothing goes on', 5000, async () => (await bench.states())['delivered'] === 1);
      expect([await bench.states(), bench.lane.blockerOf(behind!.delivery)?.delivery], start).to.deep.equal([
        { dead: 1, queued: 1, delivered: 1 },
        dead!.delivery,
      ]);
      if (start === 'first') await bench.lane.stop();
    }
    const [acted] = await bench.journal.act([{ verb: 'discard', delivery: dead!.delivery, who: 'camille', why: 'told by hand', at: at(1) }]);
    for (const item of acted!.deliveries) bench.lane.update(item);
    await until('it has left', 5000, async () => (await bench.states())['delivered'] === 2);
  });

  it('B1: what follows of its patient does not wait behind a dead stay, after a restart neither', async () => {
    bench.interpret = () => ({ outcome: bench.sent.length === 1 ? 'refused' : 'delivered' });
    const queue = (): Promise<unknown> =>
      bench.queue([
        { keys: patient('a'), kind: 'visit' },
        { keys: patient('a'), kind: 'document' },
      ]);
    await queue();
    await bench.make().start();
    await until('it has left', 5000, async () => (await bench.states())['delivered'] === 1);
    expect(await bench.states()).to.deep.equal({ dead: 1, delivered: 1 });
    await bench.lane.stop();
    await queue();
    await bench.make().start();
    await until('the others have too', 5000, async () => (await bench.states())['delivered'] === 3);
  });

  it('treats an interpretation that says nothing as an answer it cannot read', async () => {
    bench.interpret = () => ({ outcome: 'perhaps' });
    await bench.queue([{ keys: patient('a'), kind: 'document' }]);
    await bench.make().start();
    await until('the delivery is in review', 5000, async () => (await bench.states())['review'] === 1);
  });

  it('makes dead what a connector encodes into nonsense, and goes on', async () => {
    let first = true;
    bench.encode = (id) => {
      const nonsense = first;
      first = false;
      return nonsense
        ? { outcome: 'perhaps', error: { code: 'ERR_NOT_OURS', message: 'x' } }
        : { outcome: 'message', envelope: { format: 'plain', text: id } };
    };
    await bench.queue([{ keys: patient('a') }, { keys: patient('b') }]);
    await bench.make().start();
    await until('one is dead, the other delivered', 5000, async () => {
      const { dead, delivered } = await bench.states();
      return dead === 1 && delivered === 1;
    });
    const [dead] = (await bench.journal.deliveries({ states: ['dead'] }, { limit: 1 })).items;
    expect(dead?.error?.code).to.equal('ERR_CONNECTOR_FAILED');
  });

  it('does not put its whole backlog into doubt one by one when the receiver takes connections and says nothing', async () => {
    bench.send = async () => {
      throw new PasserelleError('ERR_ACK_TIMEOUT');
    };
    await bench.queue(Array.from({ length: 50 }, (_, n) => ({ keys: patient(`p${n}`), kind: 'document' as const })));
    await bench.make().start();
    await until('the lane tripped', 5000, () => bench.lane.status === 'tripped');
    expect(bench.sent).to.have.length(1);
  });

  it('holds everything back in a downtime, over a restart too, uses no attempt, and opens by itself at its end', async () => {
    const said = { lane: LANE, kind: 'downtime', at: at(0), who: 'test', from: at(0) } as const;
    await bench.queue(Array.from({ length: 20 }, (_, n) => ({ keys: patient(`p${n}`) })));
    await bench.journal.order({ ...said, until: new Date(Date.now() + 3_600_000).toISOString() });
    bench.make().obey(await bench.journal.orders());
    await bench.lane.start();
    expect(bench.lane.status).to.equal('downtime');
    const later = await bench.queue([{ keys: patient('later') }]);
    bench.lane.update(later[0]!);
    bench.lane.resume();
    expect([bench.lane.status, bench.sent]).to.deep.equal(['downtime', []]);
    bench.lane.obey([{ ...said, until: new Date(Date.now() + 300).toISOString() }]);
    await drained();
    expect(await bench.states()).to.deep.equal({ delivered: 21 });
    expect(bench.lane.status).to.equal('open');
    const { items } = await bench.journal.deliveries({}, { limit: 50 });
    expect(new Set(items.map(({ attempts }) => attempts))).to.deep.equal(new Set([1]));
  });

  it('sends all of it at a rate, and in no burst that fills its connections', async () => {
    bench.concurrency = 8;
    let busy = 0;
    let most = 0;
    bench.send = async () => {
      most = Math.max(most, (busy += 1));
      await new Promise((resolve) => setTimeout(resolve, 1));
      busy -= 1;
      return { bytes: new TextEncoder().encode('AA') };
    };
    await bench.queue(Array.from({ length: 12 }, (_, n) => ({ keys: patient(`p${n}`) })));
    bench.make().obey([{ lane: LANE, kind: 'rate', perMinute: 300, at: at(0), who: 'test' }]);
    await bench.lane.start();
    await drained();
    expect(bench.sent).to.have.length(12);
    expect(most, 'what one second gives').to.be.at.most(5);
  });

  it('says since when its endpoint puts everything off and why, until something is delivered', async () => {
    let isBusy = true;
    bench.interpret = () => (isBusy ? { outcome: 'unavailable', ack: 'AE' } : { outcome: 'delivered', ack: 'AA' });
    await bench.queue([{ keys: patient('a') }]);
    const before = Date.now();
    await bench.make().start();
    expect(bench.lane.failing).to.equal(undefined);
    await until('it failed', 5000, () => bench.lane.failing !== undefined);
    const failing = bench.lane.failing!;
    expect([failing.since >= before, failing.code]).to.deep.equal([true, 'ERR_ACK_LATER']);
    await until('it failed again', 20_000, () => bench.sent.length > 1);
    expect(bench.lane.failing).to.deep.equal(failing);
    isBusy = false;
    await drained();
    expect(bench.lane.failing).to.equal(undefined);
  });

  it('B3: what waits because what took its place arrived keeps no version of its document waiting, after a restart neither', async () => {
    const row = { keys: patient('a'), series: hash('sha256', 'of one document') };
    const rows = await bench.queue([row, row]);
    bench.legs = {
      before: async (material) =>
        material.delivery === rows[0]!.delivery ? { held: new PasserelleError('ERR_DOCUMENT_VERSION_CONFLICT').toData() } : { event: material.event },
      with: async () => undefined,
      sent: async () => undefined,
      instead: async () => undefined,
      diedBeside: async () => [],
      isInDoubt: async () => false,
    };
    await bench.make().start();
    await until('the second one has left', 5000, async () => (await bench.states())['delivered'] === 1);
    await bench.lane.stop();
    await bench.queue([row]);
    await bench.make().start();
    await until('the third one has left', 5000, async () => (await bench.states())['delivered'] === 2);
    expect(await bench.states()).to.deep.equal({ delivered: 2, held: 1 });
  });

  it('B2: what was written with an id that another document left with waits, and nothing of it is sent', async () => {
    await bench.queue([{ keys: patient('a') }, { keys: patient('b') }]);
    bench.encode = (text) => ({ outcome: 'message', envelope: { format: 'plain', text, controlId: text, document: { id: '2.25.1' } } });
    let isTaken = false;
    bench.legs = {
      before: async ({ event }) => ({ event }),
      with: async (_, __, { ids }) => (ids?.id === '2.25.1' && isTaken ? new PasserelleError('ERR_DOCUMENT_ID_TAKEN').toData() : undefined),
      sent: async () => {
        isTaken = true;
      },
      instead: async () => undefined,
      diedBeside: async () => [],
      isInDoubt: async () => false,
    };
    bench.concurrency = 1;
    await bench.make().start();
    await until('both were tried', 5000, async () => (await bench.states())['held'] === 1 && (await bench.states())['delivered'] === 1);
    expect(bench.sent).to.have.length(1);
  });

  it('B2, B3: nothing leaves before the ids that it leaves with are noted, and nothing of it has begun when they cannot be', async () => {
    await bench.queue([{ keys: patient('a') }]);
    bench.encode = (text) => ({ outcome: 'message', envelope: { format: 'plain', text, controlId: text, document: { id: '2.25.1' } } });
    const noted: unknown[] = [];
    let tries = 0;
    bench.legs = {
      before: async ({ event }) => ({ event }),
      with: async () => undefined,
      sent: async (_, __, ___, as) => {
        tries += 1;
        expect([bench.sent.length, await bench.states()]).to.deep.equal([0, { queued: 1 }]);
        if (tries < 3) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE');
        noted.push(as?.ids);
      },
      instead: async () => undefined,
      diedBeside: async () => [],
      isInDoubt: async () => false,
    };
    await bench.make().start();
    await until('it has left', 5000, async () => (await bench.states())['delivered'] === 1);
    expect([tries, bench.sent.length, noted]).to.deep.equal([3, 1, [{ id: '2.25.1' }]]);
  });

  it('makes dead, for a person, one that cannot be read in the journal, and sends the others', async () => {
    const rows = await bench.queue([{ keys: patient('a') }, { keys: patient('b') }, { keys: patient('c') }]);
    const { material } = bench.journal;
    bench.journal = {
      ...bench.journal,
      material: async (deliveries) => {
        if (deliveries.includes(rows[0]!.delivery)) throw new PasserelleError('ERR_INVARIANT', { found: 'a damaged row' });
        return material(deliveries);
      },
    };
    await bench.make().start();
    await drained();
    expect(await bench.states()).to.deep.equal({ dead: 1, delivered: 2 });
  });

  it('does not make dead at its first "later" what was not answered before', async () => {
    bench.send = async () => {
      if (bench.sent.length <= 3) throw new PasserelleError('ERR_ACK_TIMEOUT');
      return { bytes: Buffer.from('AA') };
    };
    bench.interpret = () => ({ outcome: bench.sent.length === 4 ? 'later' : 'delivered', ack: 'AE' });
    await bench.queue([{ keys: patient('a') }]);
    await bench.make().start();
    await drained();
    expect(await bench.states()).to.deep.equal({ delivered: 1 });
  });

  it('says that it works again only when it does: an outcome that is stored late is of before', async () => {
    const { settle } = bench.journal;
    const stored = Promise.withResolvers<void>();
    bench.journal = {
      ...bench.journal,
      settle: async (batch, ...rest) => {
        if (batch[0]!.to === 'delivered') await stored.promise;
        return settle(batch, ...rest);
      },
    };
    bench.send = async () => {
      if (bench.sent.length > 1) throw new PasserelleError('ERR_CONNECTION_REFUSED');
      return { bytes: Buffer.from('AA') };
    };
    await bench.queue([{ keys: patient('a') }, { keys: patient('b') }]);
    await bench.make().start();
    await until('the lane tripped', 5000, () => bench.lane.status === 'tripped');
    stored.resolve();
    await until('it is stored', 5000, async () => (await bench.states())['delivered'] === 1);
    expect([bench.lane.status, bench.lane.error?.code, bench.lane.failing?.code]).to.deep.equal([
      'tripped',
      'ERR_CONNECTION_REFUSED',
      'ERR_CONNECTION_REFUSED',
    ]);
    expect(bench.logged.filter((line) => line.includes('works again'))).to.deep.equal([]);
  });

  const IDEMPOTENT = { idempotent: true, duplicates: 'review', resendAfterMs: 1, attempts: 3, firstMs: 5, maxMs: 10_000 } as const;
  const idsOf = async (rows: readonly QueuedDelivery[]): Promise<readonly string[]> =>
    (await bench.journal.material(rows.map(({ delivery }) => delivery))).map(({ event }) => event.id);

  for (const isAway of [false, true])
    it(`keeps the place of one whose outcome it does not take until the doubt is stored${isAway ? ', though the journal is away then' : ''}`, async () => {
      const { settle } = bench.journal;
      const rows = await bench.queue([
        { keys: patient('a'), kind: 'identity' },
        { keys: patient('a'), kind: 'identity' },
      ]);
      const ids = await idsOf(rows);
      let calls = 0;
      bench.journal = {
        ...bench.journal,
        settle: async (batch, ...rest) => {
          calls += 1;
          if (calls === 1) throw new PasserelleError('ERR_INVARIANT', { found: 'an outcome that cannot be stored' });
          if (calls === 2) await wait(50);
          if (calls === 2 && isAway) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE');
          return settle(batch, ...rest);
        },
      };
      bench.concurrency = 2;
      await bench.make().start();
      const pumping = setInterval(() => bench.lane.offer([]), 5);
      await drained().finally(() => clearInterval(pumping));
      expect(bench.sent.map((id) => ids.indexOf(id))).to.deep.equal([0, 0, 1]);
      expect(await bench.states()).to.deep.equal({ delivered: 2 });
    });

  it('does not send over and over what the journal never takes the outcome of', async () => {
    bench.journal = {
      ...bench.journal,
      settle: () => Promise.reject(new PasserelleError('ERR_INVARIANT', { found: 'an outcome that cannot be stored' })),
    };
    await bench.queue([{ keys: patient('a') }]);
    await bench.make({ policy: IDEMPOTENT }).start();
    await wait(500);
    expect(bench.sent).to.have.length(1);
  });

  it('lets nobody decide about what may be with a receiver that recognises doubles', async () => {
    const taken = Promise.withResolvers<void>();
    bench.send = async () => {
      await taken.promise;
      return { bytes: Buffer.from('AA') };
    };
    const [first] = (await bench.queue([{ keys: patient('a') }])) as readonly [QueuedDelivery];
    await bench.make({ policy: IDEMPOTENT }).start();
    await until('it is on the wire', 5000, () => bench.sent.length === 1);
    const still = (): unknown => bench.lane.still(({ delivery }) => delivery === first.delivery);
    expect(still).to.throw(PasserelleError).with.property('code', 'ERR_TRANSITION');
    taken.resolve();
    await drained();
    expect(still).to.not.throw();
  });

  for (const where of ['in memory', 'in the journal only'] as const)
    it(`sends nothing of what a person is deciding about, ${where}, and all else`, async () => {
      const gate = Promise.withResolvers<void>();
      const rows = await bench.queue(Array.from({ length: 4 }, () => ({ keys: patient('a'), kind: 'identity' as const })));
      const ids = await idsOf(rows);
      bench.send = async () => {
        if (bench.sent.length === 1) await gate.promise;
        return { bytes: Buffer.from('AA') };
      };
      await bench.make({ policy: IDEMPOTENT }, where === 'in memory' ? WINDOW : 1).start();
      await until('the first one is on the wire', 5000, () => bench.sent.length === 1);
      const { delivery } = rows[3]!;
      const goOn = bench.lane.still((item) => item.delivery === delivery);
      gate.resolve();
      await until('all before it is sent', 5000, async () => (await bench.states())['delivered'] === 3);
      await wait(100);
      for (const { deliveries } of await bench.journal.act([{ verb: 'discard', delivery, who: 'camille', why: 'essai', at: at(0) }]))
        for (const item of deliveries) bench.lane.forget(item.delivery);
      goOn();
      await drained();
      expect(bench.sent.map((id) => ids.indexOf(id))).to.deep.equal([0, 1, 2]);
      expect(await bench.states()).to.deep.equal({ delivered: 3, discarded: 1 });
    });

  it('says which delivery blocks, and how many wait behind it', async () => {
    const rows = await bench.queue([
      { keys: patient('a'), event: { ...routed().event, type: 'dcc.identity.merged' } },
      { keys: patient('a') },
      { keys: [...patient('a'), ...patient('b')] },
      { keys: patient('b') },
      { keys: patient('c') },
    ]);
    bench.encode = (id) =>
      bench.sent.length === 0 && id === first
        ? { outcome: 'hold', error: new PasserelleError('ERR_DESTINATION_UNKNOWN_PATIENT').toData() }
        : { outcome: 'message', envelope: { format: 'plain', text: id } };
    const first = (await bench.journal.material([rows[0]!.delivery]))[0]!.event.id;
    await bench.make().start();
    await until('the others have left', 5000, async () => (await bench.states())['delivered'] === 1);
    expect(bench.lane.heads(20)).to.deep.equal({ heads: [{ delivery: rows[0]!.delivery, directly: 2, inAll: 3 }], partial: false });
    expect(bench.lane.blocked()).to.deep.equal({ heads: 1, waiting: 3 });
  });

  it('keeps few timers in memory when its whole backlog waits for a next attempt, and sends all of it in the end', async () => {
    bench.concurrency = 16;
    const rows = await bench.queue(Array.from({ length: BEYOND_WINDOW }, (_, n) => ({ keys: patient(`p${n}`) })));
    const notBefore = new Date(Date.now() + 5000).toISOString();
    for (const { delivery } of rows) void bench.journal.begin([{ delivery, startedAt: at(0), encoded: encodedAs('x') }]);
    await bench.journal.settle(rows.map(({ delivery }) => ({ delivery, from: 'sending', to: 'queued', at: at(1), counted: true, notBefore })));
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    await bench.make({}, WINDOW).start();
    expect(timers() - before).to.be.within(1, WINDOW + 1000);
    await drained();
    expect(await bench.states()).to.deep.equal({ delivered: BEYOND_WINDOW });
  });
});

/** What the codec of the bench builds from a text. */
const encodedAs = (text: string): EncodedMessage => ({
  envelope: { format: 'plain', text },
  sha256: hash('sha256', text),
  bytes: text.length,
  connector: 'k-process',
  connectorVersion: '1.0.0',
});
