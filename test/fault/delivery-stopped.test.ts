/** A delivery lane that is stopped, paused or started while something is under way: it sends nothing that it should not, and leaves the next lane alone. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { until } from '../flow/region.ts';
import { LaneBench, patient } from './lane-bench.ts';

const answer = { bytes: new TextEncoder().encode('AA') };
/** Long enough for anything that would leave. */
const A_WHILE_MS = 200;

describe('a delivery lane that ends or begins', () => {
  let bench: LaneBench;
  beforeEach(async () => {
    bench = new LaneBench();
    await bench.open();
  });
  afterEach(() => bench.close());

  const readSlowly = (): void => {
    const { journal } = bench;
    bench.journal = { ...journal, backlog: (...args) => wait(100).then(() => journal.backlog(...args)) };
  };

  it('sends nothing once it was stopped, though a person resumes it', async () => {
    await bench.queue([{ keys: patient('a') }, { keys: patient('b') }]);
    await bench.make().start(true);
    await bench.lane.stop();
    bench.lane.resume();
    await wait(A_WHILE_MS);
    expect(bench.sent).to.deep.equal([]);
  });

  it('takes nothing more while it is being stopped, though a person resumes it while the last answer is waited for', async () => {
    const answered = Promise.withResolvers<void>();
    bench.send = async () => {
      if (bench.sent.length === 1) await answered.promise;
      return answer;
    };
    await bench.queue(['a', 'b', 'c', 'd'].map((name) => ({ keys: patient(name) })));
    await bench.make().start();
    await until('one is on the wire', 5000, () => bench.sent.length === 1);
    const stopped = bench.lane.stop();
    bench.lane.resume();
    answered.resolve();
    await stopped;
    await wait(A_WHILE_MS);
    expect(bench.sent).to.have.length(1);
  });

  for (const [what, then] of [
    ['paused', 'pause'],
    ['stopped', 'stop'],
  ] as const)
    it(`sends nothing when it is ${what} while its backlog is read`, async () => {
      await bench.queue([{ keys: patient('a') }]);
      readSlowly();
      const started = bench.make().start();
      await bench.lane[then]();
      await started;
      await wait(A_WHILE_MS);
      expect([bench.lane.status, bench.sent]).to.deep.equal(['paused', []]);
    });

  it('puts nothing into doubt, once stopped, that the next lane is sending', async () => {
    const { journal } = bench;
    const reading = Promise.withResolvers<void>();
    await bench.queue(Array.from({ length: 1000 }, (_, n) => ({ keys: patient(`p${n % 2}`) })));
    let pages = 0;
    bench.journal = {
      ...journal,
      backlog: async (...args) => {
        if ((pages += 1) === 2) await reading.promise;
        return journal.backlog(...args);
      },
    };
    const old = bench.make();
    void old.start(true);
    await until('its second page is asked for', 5000, () => pages === 2);
    await old.stop();
    bench.journal = journal;
    const [late] = await bench.queue([{ keys: patient('late'), kind: 'document' }]);
    const [material] = await journal.material([late!.delivery]);
    const { id } = material!.event;
    const taken = Promise.withResolvers<void>();
    bench.send = async (sent) => {
      if (sent === id) await taken.promise;
      return answer;
    };
    bench.concurrency = 4;
    await bench.make().start();
    await until('the next lane sends it', 20_000, () => bench.sent.includes(id));
    reading.resolve();
    await wait(A_WHILE_MS);
    taken.resolve();
    await until('all is delivered', 20_000, async () => (await bench.states())['delivered'] === 1001);
  });
});
