/**
 * kill -9 in the middle of traffic: nothing acknowledged is lost, nothing is doubled at a receiver that honours control ids, each patient's order
 * holds. The moments are drawn from a seed (`PASSERELLE_SEED`, `PASSERELLE_KILLS` for a longer run).
 */
import { expect } from 'chai';
import { TestRegion } from '../flow/region.ts';

const seed = Number(process.env['PASSERELLE_SEED'] ?? 1);
const kills = Number(process.env['PASSERELLE_KILLS'] ?? 8);
const PATIENTS = 40;

describe(`kill -9 of the engine in the middle of traffic (seed ${seed}, ${kills} kills)`, () => {
  const region = new TestRegion();
  let draw = seed;
  const random = (): number => {
    draw = (draw * 1_103_515_245 + 12_345) % 2 ** 31;
    return draw / 2 ** 31;
  };
  before(async () => {
    await region.prepare();
    await region.start();
  });
  after(() => region.stop());

  it('loses nothing, doubles nothing, and keeps each patient in order', async () => {
    const state = { playing: true };
    const play = async (): Promise<number> => {
      let sent = 0;
      for (let i = 0; i < PATIENTS; i += 1) {
        for (const action of ['admission', 'identity-change', 'letter', 'merge']) {
          const outcome = await region.dxcare.act(action, {}, 120_000);
          expect(
            outcome.every((o) => o.verdict === 'taken'),
            `${action} ${JSON.stringify(outcome)}`,
          ).to.equal(true);
          sent += outcome.length;
        }
      }
      state.playing = false;
      return sent;
    };
    const traffic = play();
    let done = 0;
    for (; done < kills && state.playing; done += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20 + random() * 400));
      await region.kill();
      await region.start();
    }
    const sent = await traffic;
    await region.drained(60_000);

    const messages = new Map((await allMessages(region)).map((m) => [m.controlId, m]));
    expect(messages.size, 'every acknowledged message is stored, once').to.equal(sent);
    expect([...messages.values()].filter((m) => m.state !== 'decoded').map((m) => [m.id, m.state, m.error?.code])).to.deep.equal([]);
    const counts = await region.record.counts();
    const deliveries = await region.deliveries('lane=dcc-out&limit=500');
    expect(deliveries.filter((d) => d.state !== 'delivered')).to.deep.equal([]);
    expect(counts.distinct, 'every delivery reached the record, once').to.equal(deliveries.length);
    expect(counts.outOfOrder, 'order of each patient').to.deep.equal({});
    expect(done, 'kills that hit traffic').to.be.above(0);
  });
});

async function allMessages(region: TestRegion): ReturnType<TestRegion['messages']> {
  return region.messages('limit=500');
}
