/** What a receiver does not know the patient of, held in its lane: it leaves once the identity has, in its order, whatever stops meanwhile (SAFETY A2, A3, B6). */
import { hash } from 'node:crypto';
import { expect } from 'chai';
import { PasserelleError, type JournalStore, type QueuedDelivery, type RoutedEvent } from '../../core/contract/index.ts';
import { until } from '../flow/region.ts';
import { LaneBench, patient } from './lane-bench.ts';
import { at, decided, encoded, incoming, routed } from '../contract/journal/samples.ts';

describe('a delivery lane whose receiver does not know the patient', () => {
  let bench: LaneBench;
  beforeEach(async () => {
    bench = new LaneBench();
    await bench.open();
  });
  afterEach(() => bench.close());

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
});
