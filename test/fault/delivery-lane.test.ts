/** What must hold in a delivery lane whatever its backlog, its connector and the people who act on it: nothing skipped, nothing stuck. */
import { hash } from 'node:crypto';
import { expect } from 'chai';
import { PasserelleError, type EncodedMessage, type JournalStore, type QueuedDelivery, type RoutedEvent } from '../../core/contract/index.ts';
import { until } from '../flow/region.ts';
import { LANE, LaneBench, patient } from './lane-bench.ts';
import { at, decided, encoded, incoming, routed } from '../contract/journal/samples.ts';

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

  describe('B6: what is held as unknown there', () => {
    const document = { keys: patient('a'), kind: 'document' } as const;
    const unknownOnce = (): void => {
      let isKnown = false;
      bench.interpret = () => ({ outcome: isKnown ? 'delivered' : 'unknown-there' });
      bench.encode = (id) => ({ outcome: 'message', envelope: { format: 'plain', text: id } });
      bench.send = async () => {
        isKnown ||= bench.sent.length > 1;
        return { bytes: new TextEncoder().encode('answer') };
      };
    };
    const held = (): Promise<void> => until('the document is held', 5000, async () => (await bench.states())['held'] === 1);

    for (const kind of ['identity', 'visit'] as const)
      it(`leaves once this lane has told the identity, not before; beyond its window too (${kind})`, async () => {
        unknownOnce();
        await bench.queue([document]);
        await bench.make({}, 1).start();
        await held();
        const rows = await bench.queue([{ keys: patient('a'), kind }, { keys: patient('b') }, { keys: patient('c') }]);
        bench.lane.offer(rows.map((item) => ({ item, format: 'plain', event: routed().event, parts: [], queuedAt: at(0) })));
        await bench.lane.lookAgain(new Set(patient('a')));
        await until('all is delivered', 5000, async () => (await bench.states())['delivered'] === 4);
      });

    for (const kind of ['identity', 'visit'] as const)
      it(`leaves once this lane has told the INS that is all it names, not before (${kind})`, async () => {
        unknownOnce();
        const ins = { domain: '1.2.250.1.213.1.4.10', value: '279035121518989' };
        const known = bench.index.patient(ins);
        await bench.queue([{ keys: [known], kind: 'document' }]);
        await bench.make().start();
        await held();
        const event = { ...routed().event, data: { patient: { ins: ins.value, insOid: ins.domain, insStatus: 'VALI' } } };
        const rows = await bench.queue([{ keys: patient('a'), kind, event }]);
        bench.lane.pause();
        bench.lane.offer(rows.map((item) => ({ item, format: 'plain', event, parts: [], queuedAt: at(0) })));
        await bench.lane.lookAgain(new Set([...patient('a'), known]));
        expect(await bench.states()).to.deep.equal({ held: 1, queued: 1 });
        bench.lane.resume();
        await until('all is delivered', 5000, async () => (await bench.states())['delivered'] === 2);
      });

    for (const kind of ['identity', 'visit'] as const)
      it(`leaves once a person says that the identity arrived which brought the INS that is all it names (${kind})`, async () => {
        const ins = { domain: '1.2.250.1.213.1.4.10', value: '279035121518989' };
        let outcome = 'unknown-there';
        bench.interpret = () => ({ outcome });
        await bench.queue([{ keys: [bench.index.patient(ins)], kind: 'document' }]);
        await bench.make().start();
        await held();
        outcome = 'delivered';
        const event = { ...routed().event, data: { patient: { ins: ins.value, insOid: ins.domain, insStatus: 'VALI' } } };
        const [item] = await bench.queue([{ keys: patient('a'), kind, event }]);
        await bench.journal.begin([{ delivery: item!.delivery, startedAt: at(1), encoded: encoded() }]);
        const error = new PasserelleError('ERR_CONNECTOR_FAILED').toData();
        await bench.journal.settle([{ delivery: item!.delivery, from: 'sending', to: 'review', at: at(2), counted: true, error }]);
        expect(await bench.states()).to.deep.equal({ held: 1, review: 1 });
        const [acted] = await bench.journal.act([{ verb: 'confirm', delivery: item!.delivery, who: 'test', why: 'seen there', at: at(3) }]);
        for (const changed of acted!.deliveries) bench.lane.update(changed);
        await until('all is delivered', 5000, async () => (await bench.states())['delivered'] === 2);
      });

    for (const kind of ['identity', 'visit'] as const)
      for (const end of ['refused', 'put away'])
        it(`is looked at again when what it waits for is ${end} (${kind})`, async () => {
          let outcome = 'unknown-there';
          bench.interpret = () => ({ outcome: end === 'refused' && bench.sent.length === 2 ? 'refused' : outcome });
          await bench.queue([document]);
          await bench.make().start();
          await held();
          outcome = 'delivered';
          bench.lane.pause();
          const [item] = await bench.queue([{ keys: patient('a'), kind }]);
          bench.lane.update(item!);
          await bench.lane.lookAgain(new Set(patient('a')));
          expect(await bench.states(), 'it waits').to.deep.equal({ held: 1, queued: 1 });
          if (end === 'put away') {
            await bench.journal.act([{ verb: 'discard', delivery: item!.delivery, who: 'camille', why: 'a test', at: at(1) }]);
            bench.lane.forget(item!.delivery);
          }
          bench.lane.resume();
          await until('it has left', 5000, async () => (await bench.states())['delivered'] === 1);
        });

    it('leaves after a restart too, beyond the window as well', async () => {
      unknownOnce();
      await bench.queue([document]);
      await bench.make().start();
      await held();
      await bench.lane.stop();
      await bench.queue(Array.from({ length: 50 }, (_, n) => ({ keys: patient(`p${n % 2}`) })));
      await bench.make({}, 5).start();
      await bench.lane.lookAgain(new Set(patient('a')));
      await until('all is delivered', 10_000, async () => (await bench.states())['delivered'] === 51);
    });

    for (const window of [undefined, 2])
      it(`lets the identity that it waits for pass its own later versions${window ? ', beyond the window' : ''}; after a restart too`, async () => {
        unknownOnce();
        const version = { ...document, series: hash('sha256', 'of one document') };
        const [first] = await bench.queue([version]);
        await bench.make({}, window).start();
        await held();
        const rows = await bench.queue([version, version, { keys: patient('b') }]);
        for (const item of rows) bench.lane.update(item);
        await until('another patient has left', 5000, async () => (await bench.states())['delivered'] === 1);
        await bench.lane.stop();
        const [identity] = await bench.queue([{ keys: patient('a') }]);
        await bench.make({}, window).start();
        await until('all is delivered', 5000, async () => (await bench.states())['delivered'] === 5);
        const [second, third, other] = rows;
        const order = [first, other, identity, first, second, third].map((one) => one!.delivery);
        expect(bench.sent).to.deep.equal((await bench.journal.material(order)).map(({ event }) => event.id));
      });

    it('leaves at once when the lane has nothing to tell, and stays held for the identity of somebody else', async () => {
      unknownOnce();
      await bench.queue([document]);
      await bench.make().start();
      await held();
      await bench.lane.lookAgain(new Set(patient('b')));
      expect(await bench.states()).to.deep.equal({ held: 1 });
      await bench.lane.lookAgain(new Set(patient('a')));
      await until('it is delivered', 5000, async () => (await bench.states())['delivered'] === 1);
    });

    it('leaves after a stop that came between an identity and the look at what is held; one whose identity is older stays', async () => {
      let outcome = 'unknown-there';
      bench.interpret = () => ({ outcome });
      const hears = async (name: string, decidedAt: string): Promise<void> => {
        const [received] = await bench.journal.receive([incoming()]);
        const events = [routed({ keys: patient(name), destinations: [] })];
        await bench.journal.decide([decided(received!.message, { events, terms: patient(name), decidedAt })]);
      };
      await hears('b', at(0));
      // Whichever is looked at first, the second one is between the others.
      const rows = await bench.queue(['a', 'b', 'c'].map((name) => ({ ...document, keys: patient(name) })));
      await bench.make().start();
      await until('they are held', 5000, async () => (await bench.states())['held'] === 3);
      await bench.lane.stop();
      outcome = 'delivered';
      for (const name of ['a', 'c']) await hears(name, new Date().toISOString());
      await bench.make().start();
      await until('they have left', 5000, async () => (await bench.states())['delivered'] === 2);
      const { items } = await bench.journal.deliveries({ states: ['held'] }, { limit: 10 });
      expect(items.map(({ delivery }) => delivery)).to.deep.equal([rows[1]!.delivery]);
    });

    for (const by of ['this lane', 'the hospital'] as const)
      it(`leaves though the journal was away for a moment when ${by} told the identity`, async () => {
        unknownOnce();
        const { act } = bench.journal;
        let refusals = 2;
        bench.journal = {
          ...bench.journal,
          act: async (...args) => {
            refusals -= 1;
            if (refusals >= 0) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE');
            return act(...args);
          },
        };
        await bench.queue([document]);
        await bench.make().start();
        await held();
        const told = by === 'this lane' ? await bench.queue([{ keys: patient('a') }]) : [];
        if (by === 'the hospital') await bench.lane.lookAgain(new Set(patient('a')));
        else bench.lane.offer(told.map((item) => ({ item, format: 'plain', event: routed().event, parts: [], queuedAt: at(0) })));
        await until('all is delivered', 10_000, async () => (await bench.states())['delivered'] === told.length + 1);
        expect(refusals).to.be.lessThan(0);
      });

    it('leaves though the identity came while it was being tried', async () => {
      unknownOnce();
      const { send } = bench;
      bench.send = async (id) => {
        if (bench.sent.length === 1) await bench.lane.lookAgain(new Set(patient('a')));
        return send(id);
      };
      await bench.queue([document]);
      await bench.make().start();
      await until('it is delivered', 5000, async () => (await bench.states())['delivered'] === 1);
      expect(bench.sent).to.have.length(2);
    });
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

  it('a stay whose patient is unknown there lets the identity pass that ends that, and leaves after it', async () => {
    let isKnown = false;
    bench.interpret = () => ({ outcome: isKnown ? 'delivered' : 'unknown-there' });
    const [stay] = await bench.queue([{ keys: patient('a'), kind: 'visit' }]);
    await bench.make().start();
    await until('the stay is held', 5000, async () => (await bench.states())['held'] === 1);
    isKnown = true;
    const [identity] = await bench.queue([{ keys: patient('a') }]);
    bench.lane.update(identity!);
    await bench.lane.lookAgain(new Set(patient('a')));
    await until('both have left', 5000, async () => (await bench.states())['delivered'] === 2);
    const ids = (await bench.journal.material([stay!.delivery, identity!.delivery])).map(({ event }) => event.id);
    expect(bench.sent).to.deep.equal([ids[0], ids[1], ids[0]]);
  });

  it('A2, B1: stays that are held as unknown there leave before those that come later, and documents after the first of them', async () => {
    let outcome = 'unknown-there';
    bench.interpret = () => ({ outcome });
    const stay = { keys: patient('a'), kind: 'visit' } as const;
    const rows = await bench.queue([stay, stay, { ...stay, kind: 'document' }]);
    await bench.make().start();
    await until('they are held', 5000, async () => (await bench.states())['held'] === 3);
    outcome = 'delivered';
    bench.lane.pause();
    const [last] = await bench.queue([stay]);
    bench.lane.update(last!);
    await bench.lane.lookAgain(new Set(patient('a')));
    bench.lane.resume();
    await until('all have left', 5000, async () => (await bench.states())['delivered'] === 4);
    const ids = (await bench.journal.material([...rows, last!].map(({ delivery }) => delivery))).map(({ event }) => event.id);
    expect(bench.sent.slice(3).filter((id) => id !== ids[2])).to.deep.equal([ids[0], ids[1], ids[3]]);
    expect(bench.sent[3], 'the document after it').to.equal(ids[0]);
  });

  describe('A2, A3: an identity that is held as unknown there, and the next one of its patient', () => {
    const UNKNOWN = 'ERR_DESTINATION_UNKNOWN_PATIENT';
    const state = (type = 'dcc.identity.updated', subject = 'a'): { event: RoutedEvent['event'] } => ({
      event: { ...routed().event, type, subject },
    });
    const one = (over: Partial<RoutedEvent> = {}): Partial<RoutedEvent> => ({ keys: patient('a'), ...state(), ...over });
    const both = [...patient('a'), ...patient('also')];
    const ends = async (): Promise<readonly string[]> =>
      (await bench.journal.deliveries({}, { limit: 20 })).items
        .toReversed()
        .map(({ state: is, error }) => (is === 'held' || is === 'discarded' ? `${is} ${error?.code}` : is));
    const offer = async (items: readonly QueuedDelivery[]): Promise<void> => {
      const [material] = await bench.journal.material([items[0]!.delivery]);
      bench.lane.offer([{ item: items[0]!, format: 'plain', event: material!.event, parts: [], queuedAt: at(0) }]);
    };
    const nth = async (rows: readonly QueuedDelivery[]): Promise<readonly number[]> => {
      const ids = (await bench.journal.material(rows.map(({ delivery }) => delivery))).map(({ event }) => event.id);
      return bench.sent.map((id) => ids.indexOf(id) + 1);
    };
    /** From its attempt of that number on. */
    const knows = (from: number): void => {
      bench.interpret = () => ({ outcome: bench.sent.length >= from ? 'delivered' : 'unknown-there' });
      bench.encode = (id) => ({ outcome: 'message', envelope: { format: 'plain', text: id } });
    };
    const settled = (...all: readonly string[]): Promise<void> =>
      until(`it is ${all.join(', ')}`, 5000, async () => (await ends()).join() === all.join());
    const SAID_ANEW = 'discarded ERR_IDENTITY_SAID_ANEW';

    type Act = JournalStore['act'];
    const aroundAct = (around: (act: Act, actions: Parameters<Act>[0]) => ReturnType<Act>): void => {
      const act = bench.journal.act.bind(bench.journal);
      Object.defineProperty(bench.journal, 'act', { value: (actions: Parameters<Act>[0]) => around(act, actions) });
    };

    for (const when of ['before the answer', 'after it', 'while nothing ran'] as const)
      it(`the later one, which says all that is known, leaves, and the one before never does again: it comes ${when}`, async () => {
        knows(2);
        const [first] = await bench.queue([one()]);
        const queued: QueuedDelivery[] = [];
        const comes = async (): Promise<void> => void queued.push(...(await bench.queue([one({ keys: both })])));
        if (when === 'before the answer') await comes();
        await bench.make().start();
        if (when !== 'before the answer') await settled(`held ${UNKNOWN}`);
        if (when === 'while nothing ran') await bench.lane.stop();
        if (when !== 'before the answer') await comes();
        if (when === 'after it') await offer(queued);
        if (when === 'while nothing ran') await bench.make().start();
        await settled(SAID_ANEW, 'delivered');
        await bench.lane.stop();
        await bench.make().start();
        expect(await nth([first!, ...queued])).to.deep.equal([1, 2]);
      });

    it('so it is in a lane that sends everything in its order: what stands between them leaves before', async () => {
      bench.interpret = () => ({ outcome: bench.sent.length > 1 ? 'delivered' : 'unknown-there' });
      bench.encode = (id) => ({ outcome: 'message', envelope: { format: 'plain', text: id } });
      const rows = await bench.queue([one(), { keys: patient('b') }, one(), { keys: patient('b') }]);
      await bench.make({ order: 'lane' }).start();
      await settled(SAID_ANEW, 'delivered', 'delivered', 'delivered');
      expect(await nth(rows)).to.deep.equal([1, 2, 3, 4]);
    });

    it('a kill between its release and its end sends it again at its place, and the later one after it', async () => {
      knows(3);
      const [first] = await bench.queue([one()]);
      await bench.make().start();
      await settled(`held ${UNKNOWN}`);
      await bench.lane.stop();
      const [next] = await bench.queue([one()]);
      await bench.journal.act([{ verb: 'release', delivery: first!.delivery, who: 'passerelle', why: 'as the lane does', at: at(1) }]);
      await bench.make().start();
      await settled(SAID_ANEW, 'delivered');
      expect(await nth([first!, next!])).to.deep.equal([1, 1, 2]);
    });

    it('what stands between the two leaves in its order; one that is unknown there as well keeps the place, until the next', async () => {
      knows(4);
      const rows = await bench.queue([one(), one({ kind: 'document' }), one()]);
      await bench.make().start();
      await settled(SAID_ANEW, `held ${UNKNOWN}`, `held ${UNKNOWN}`);
      const [last] = await bench.queue([one()]);
      await offer([last!]);
      await settled(SAID_ANEW, 'delivered', SAID_ANEW, 'delivered');
      expect(await nth([...rows, last!])).to.deep.equal([1, 2, 3, 4, 2]);
    });

    for (const [what, ...others] of [
      ['one of fewer numbers', one()],
      ['a merge', one({ keys: both, ...state('dcc.identity.merged') })],
      ['a merge, before the one that says it', one({ keys: both, ...state('dcc.identity.merged') }), one({ keys: both })],
      ['one of somebody else, with its number beside', one({ keys: both, ...state('dcc.identity.updated', 'b') })],
      ['a stay', one({ keys: both, kind: 'visit' })],
    ] as const)
      it(`stays held behind no other word than that: ${what}`, async () => {
        knows(2);
        await bench.queue([one({ keys: both }), ...others]);
        const [other] = await bench.queue([{ keys: patient('other') }]);
        await bench.make().start();
        await until('somebody else has left', 5000, async () => (await ends()).at(-1) === 'delivered');
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect([await ends(), bench.sent.length], what).to.deep.equal([[`held ${UNKNOWN}`, ...others.map(() => 'queued'), 'delivered'], 2]);
        expect(other).to.include({ state: 'queued' });
      });

    it('A6: a merge that is held as unknown there is said by no later identity, and keeps its place', async () => {
      knows(2);
      await bench.queue([one(state('dcc.identity.merged')), one(), { keys: patient('other') }]);
      await bench.make().start();
      await settled(`held ${UNKNOWN}`, 'queued', 'delivered');
    });

    for (const end of ['put away', 'said to have arrived'] as const)
      it(`ends once what stands between it and the next one is ${end}, without a restart`, async () => {
        knows(2);
        const rows = await bench.queue([one(), one({ keys: both, ...state('dcc.identity.merged') }), one({ keys: both })]);
        await bench.make().start();
        await settled(`held ${UNKNOWN}`, 'queued', 'queued');
        const action = { verb: 'discard', delivery: rows[1]!.delivery, who: 'camille', why: 'a test', at: at(1) } as const;
        const [acted] = await bench.journal.act([action]);
        if (end === 'put away') bench.lane.forget(rows[1]!.delivery);
        else bench.lane.update({ ...acted!.deliveries[0]!, state: 'delivered' });
        await settled(SAID_ANEW, 'discarded undefined', 'delivered');
      });

    it('of many that come at once the next one ends it, with one release', async () => {
      knows(2);
      await bench.queue([one()]);
      await bench.make().start();
      await settled(`held ${UNKNOWN}`);
      await bench.lane.stop();
      await bench.queue(Array.from({ length: 50 }, () => one()));
      const acts: unknown[] = [];
      aroundAct((act, actions) => {
        acts.push(...actions);
        return act(actions);
      });
      await bench.make().start();
      await until('all have left', 5000, async () => (await bench.states())['delivered'] === 50);
      expect([acts.length, bench.logged]).to.deep.equal([1, []]);
    });

    it('a stop waits for its release: the lane of the next start finds it released', async () => {
      knows(2);
      await bench.queue([one()]);
      await bench.make().start();
      await settled(`held ${UNKNOWN}`);
      const [next] = await bench.queue([one()]);
      let isOver = false;
      const begun = new Promise<void>((resolve) =>
        aroundAct(async (act, actions) => {
          resolve();
          await new Promise((later) => setTimeout(later, 50));
          return act(actions).finally(() => (isOver = true));
        }),
      );
      await offer([next!]);
      await begun;
      await bench.lane.stop();
      expect(isOver).to.equal(true);
    });

    it('is followed where it was released behind the back of its lane', async () => {
      knows(2);
      const [first] = await bench.queue([one()]);
      await bench.make().start();
      await settled(`held ${UNKNOWN}`);
      await bench.journal.act([{ verb: 'release', delivery: first!.delivery, who: 'passerelle', why: 'of another start', at: at(1) }]);
      await offer([...(await bench.queue([one()]))]);
      await settled(SAID_ANEW, 'delivered');
    });

    it('stays held while the next one waits for another decision as well, and ends with that', async () => {
      bench.interpret = () => ({ outcome: bench.sent.length > 2 ? 'delivered' : 'unknown-there' });
      bench.encode = (id) => ({ outcome: 'message', envelope: { format: 'plain', text: id } });
      const rows = await bench.queue([one(), one({ keys: patient('also'), ...state('dcc.identity.updated', 'b') }), one({ keys: both })]);
      await bench.make().start();
      await settled(`held ${UNKNOWN}`, `held ${UNKNOWN}`, 'queued');
      await new Promise((resolve) => setTimeout(resolve, 50));
      await settled(`held ${UNKNOWN}`, `held ${UNKNOWN}`, 'queued');
      await bench.journal.act([{ verb: 'discard', delivery: rows[1]!.delivery, who: 'camille', why: 'a test', at: at(1) }]);
      bench.lane.forget(rows[1]!.delivery);
      await settled(SAID_ANEW, `discarded ${UNKNOWN}`, 'delivered');
    });

    for (const by of ['an identity that this lane need not send', 'such a one, with a merge behind it', 'what a stop cut short'])
      it(`B6: is looked at again, and what waits for it leaves: by ${by}`, async () => {
        let outcome = 'unknown-there';
        bench.interpret = () => ({ outcome });
        bench.encode = (id) => ({ outcome: 'message', envelope: { format: 'plain', text: id } });
        await bench.queue([one({ kind: 'document' })]);
        await bench.make().start();
        await settled(`held ${UNKNOWN}`);
        const rows = await bench.queue([one(), ...(by.endsWith('merge behind it') ? [one(state('dcc.identity.merged'))] : [])]);
        for (const row of rows) bench.lane.update(row);
        const behind = rows.slice(1).map(() => 'queued');
        await settled(`held ${UNKNOWN}`, `held ${UNKNOWN}`, ...behind);
        if (behind.length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
        outcome = 'delivered';
        if (by === 'what a stop cut short') {
          await bench.lane.stop();
          const [received] = await bench.journal.receive([incoming()]);
          const events = [routed({ keys: patient('a'), destinations: [] })];
          await bench.journal.decide([decided(received!.message, { events, terms: patient('a'), decidedAt: new Date().toISOString() })]);
          await bench.make().start();
        } else await bench.lane.lookAgain(new Set(patient('a')));
        await settled('delivered', 'delivered', ...rows.slice(1).map(() => 'delivered'));
        expect(bench.sent).to.have.length(2 * 2 + behind.length);
      });

    it('ends once what a stay between it and the next one waits for by its other number is put away', async () => {
      bench.interpret = () => ({ outcome: bench.sent.length > 2 ? 'delivered' : 'unknown-there' });
      bench.encode = (id) => ({ outcome: 'message', envelope: { format: 'plain', text: id } });
      const rows = await bench.queue([
        one(),
        one({ keys: patient('also'), ...state('dcc.identity.merged', 'b') }),
        one({ keys: both, kind: 'visit' }),
        one(),
      ]);
      await bench.make().start();
      await settled(`held ${UNKNOWN}`, `held ${UNKNOWN}`, 'queued', 'queued');
      await bench.journal.act([{ verb: 'discard', delivery: rows[1]!.delivery, who: 'camille', why: 'a test', at: at(1) }]);
      bench.lane.forget(rows[1]!.delivery);
      await settled(SAID_ANEW, `discarded ${UNKNOWN}`, 'delivered', 'delivered');
      expect(await nth(rows)).to.deep.equal([1, 2, 3, 4]);
    });

    it('a stop waits for the look that follows its being put away: nothing is released behind the next start', async () => {
      knows(9);
      await bench.queue([one({ kind: 'document' })]);
      await bench.make().start();
      await settled(`held ${UNKNOWN}`);
      const [identity] = await bench.queue([one()]);
      await offer([identity!]);
      await settled(`held ${UNKNOWN}`, `held ${UNKNOWN}`);
      const material = bench.journal.material.bind(bench.journal);
      const value = (ids: readonly number[]): ReturnType<typeof material> => new Promise((resolve) => setTimeout(() => resolve(material(ids)), 50));
      Object.defineProperty(bench.journal, 'material', { value });
      await bench.journal.act([{ verb: 'discard', delivery: identity!.delivery, who: 'camille', why: 'a test', at: at(1) }]);
      bench.lane.forget(identity!.delivery);
      await bench.lane.stop();
      expect(await ends()).to.deep.equal(['queued', `discarded ${UNKNOWN}`]);
    });

    it('is tried again when the later one is put away before it ends', async () => {
      knows(2);
      const [first] = await bench.queue([one()]);
      await bench.make().start();
      await settled(`held ${UNKNOWN}`);
      bench.lane.pause();
      const [next] = await bench.queue([one()]);
      await offer([next!]);
      await settled('queued', 'queued');
      await bench.journal.act([{ verb: 'discard', delivery: next!.delivery, who: 'camille', why: 'a test', at: at(1) }]);
      bench.lane.forget(next!.delivery);
      bench.lane.resume();
      await settled('delivered', 'discarded undefined');
      expect(await nth([first!])).to.deep.equal([1, 1]);
    });
  });

  for (const by of ['an identity that this lane need not send', 'what a stop cut short'])
    it(`A2, B6: stays that are held as unknown there leave in their order after a restart too: by ${by}`, async () => {
      let outcome = 'unknown-there';
      bench.interpret = () => ({ outcome });
      const stay = { keys: patient('a'), kind: 'visit' } as const;
      const rows = await bench.queue([stay, stay, stay]);
      await bench.make().start();
      await until('they are held', 5000, async () => (await bench.states())['held'] === 3);
      await bench.lane.stop();
      outcome = 'delivered';
      if (by === 'what a stop cut short') {
        const [received] = await bench.journal.receive([incoming()]);
        const events = [routed({ keys: patient('a'), destinations: [] })];
        const decidedAt = new Date().toISOString();
        await bench.journal.decide([decided(received!.message, { events, terms: patient('a'), decidedAt })]);
      }
      await bench.make().start();
      if (by !== 'what a stop cut short') await bench.lane.lookAgain(new Set(patient('a')));
      await until('all have left', 5000, async () => (await bench.states())['delivered'] === 3);
      const ids = (await bench.journal.material(rows.map(({ delivery }) => delivery))).map(({ event }) => event.id);
      expect(bench.sent.slice(3)).to.deep.equal(ids);
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

  describe('A4: what waits until a person has said who its patient is', () => {
    let inDoubt: ReadonlySet<string>;
    const doubtful = (keys: readonly string[]): boolean => keys.some((key) => inDoubt.has(key));

    beforeEach(() => {
      inDoubt = new Set(patient('a'));
      bench.legs = {
        before: async ({ event, keys }) => (doubtful(keys) ? { held: new PasserelleError('ERR_IDENTITY_IN_DOUBT').toData() } : { event }),
        with: async () => undefined,
        sent: async () => undefined,
        instead: async () => undefined,
        diedBeside: async () => [],
        isInDoubt: async ({ keys }) => doubtful(keys),
      };
    });

    const documents = [1, 2, 3].map((n) => ({ kind: 'document', keys: patient('a'), series: hash('sha256', `document ${n}`) }) as const);
    const eventsOf = async (rows: readonly { readonly delivery: number }[]): Promise<readonly string[]> =>
      (await bench.journal.material(rows.map(({ delivery }) => delivery))).map(({ event }) => event.id);

    for (const kind of ['identity', 'visit'] as const)
      it(`leaves in order, after the identity that was accepted, and holds up nobody else (${kind})`, async () => {
        const rows = await bench.queue([...documents, { kind: 'document', keys: patient('b') }]);
        await bench.make().start();
        await until('they wait', 5000, async () => (await bench.states())['held'] === 3);
        expect(bench.sent).to.deep.equal(await eventsOf(rows.slice(3)));
        await bench.lane.answered();
        expect(await bench.states(), 'as long as nobody has answered').to.deep.equal({ held: 3, delivered: 1 });
        inDoubt = new Set();
        bench.lane.pause();
        const [identity] = await bench.queue([{ keys: patient('a'), kind }]);
        bench.lane.offer([]);
        bench.lane.update(identity!);
        await bench.lane.answered();
        expect(await bench.states(), 'its identity goes before').to.deep.equal({ held: 3, queued: 1, delivered: 1 });
        bench.lane.resume();
        await until('all have left', 5000, async () => (await bench.states())['delivered'] === 5);
        expect(bench.sent.slice(1)).to.deep.equal(await eventsOf([identity!, ...rows.slice(0, 3)]));
      });

    for (const kind of ['identity', 'visit'] as const)
      it(`leaves when the identity that it waits behind is put away (${kind})`, async () => {
        await bench.queue(documents.slice(1));
        await bench.make().start();
        await until('they wait', 5000, async () => (await bench.states())['held'] === 2);
        inDoubt = new Set();
        bench.lane.pause();
        const [identity] = await bench.queue([{ keys: patient('a'), kind }]);
        bench.lane.update(identity!);
        await bench.lane.answered();
        expect(await bench.states()).to.deep.equal({ held: 2, queued: 1 });
        await bench.journal.act([{ verb: 'discard', delivery: identity!.delivery, who: 'camille', why: 'a test', at: at(1) }]);
        bench.lane.forget(identity!.delivery);
        bench.lane.resume();
        await until('both have left', 5000, async () => (await bench.states())['delivered'] === 2);
      });

    for (const kind of ['identity', 'visit'] as const)
      it(`is not asked about when this lane has told of somebody else (${kind})`, async () => {
        await bench.queue(documents);
        await bench.make().start();
        await until('they wait', 5000, async () => (await bench.states())['held'] === 3);
        let asked = 0;
        bench.legs!.isInDoubt = async () => (asked += 1) > 0;
        const [other] = await bench.queue([{ keys: patient('b'), kind }]);
        bench.lane.update(other!);
        await until('it has left', 5000, async () => (await bench.states())['delivered'] === 1);
        await bench.lane.stop();
        expect(asked).to.equal(0);
      });

    it('leaves though the answer came while it was being asked about, or while the engine was stopped', async () => {
      const [before] = [bench.legs!.before];
      bench.legs = {
        ...bench.legs!,
        before: async (...leaving) => {
          const said = await before(...leaving);
          inDoubt = new Set();
          void bench.lane.answered();
          return said;
        },
      };
      await bench.queue(documents.slice(2));
      await bench.make().start();
      await until('it has left', 5000, async () => (await bench.states())['delivered'] === 1);
      inDoubt = new Set(patient('a'));
      bench.legs = { ...bench.legs, before };
      await bench.lane.stop();
      await bench.queue(documents.slice(2));
      await bench.make().start();
      await until('the next one waits', 5000, async () => (await bench.states())['held'] === 1);
      await bench.lane.stop();
      inDoubt = new Set();
      await bench.make().start();
      await until('it has left too', 5000, async () => (await bench.states())['delivered'] === 2);
    });
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
