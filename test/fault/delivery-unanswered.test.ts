/** What waits in a delivery lane until a person has said who its patient is (SAFETY A4). */
import { hash } from 'node:crypto';
import { expect } from 'chai';
import { PasserelleError } from '../../core/contract/index.ts';
import { until } from '../flow/region.ts';
import { LaneBench, patient } from './lane-bench.ts';
import { at } from '../contract/journal/samples.ts';

describe('a delivery lane while nobody has said who a patient is', () => {
  let bench: LaneBench;
  beforeEach(async () => {
    bench = new LaneBench();
    await bench.open();
  });
  afterEach(() => bench.close());

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
});
