/** The system's clock jumps one hour, back and forth, in traffic and over restarts: nothing is stuck, nothing overtakes. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { until } from '../flow/region.ts';
import { describeJournals } from './journals.ts';
import { SEED, trials } from './random.ts';
import { Stand } from './stand.ts';

const HOUR_MS = 3_600_000;
const JUMPS = trials(4);

describeJournals(`a clock that jumps: ${JUMPS} jumps, seed ${SEED}`, function (journal) {
  let stand: Stand;
  let file: string;
  const set = (offset: number): void => writeFileSync(file, String(offset));
  beforeEach(async () => {
    stand = await new Stand({ journal, paceMs: 2, ackTimeoutMs: 500 }).open();
    file = path.join(stand.folder, 'clock');
  });
  afterEach(() => stand.close());

  it('in traffic: breaks no law', async () => {
    set(0);
    await stand.start({ PASSERELLE_FAULT_CLOCK: file }, ['clock']);
    for (const sender of stand.senders) void sender.play();
    // Now and then an answer is lost, so that retries are under way when the clock jumps.
    stand.receiver.script = () => (stand.random.next() < 0.02 ? { how: 'cut' } : undefined);
    for (let jump = 1; jump <= JUMPS; jump += 1) {
      const before = stand.acknowledged;
      set(jump % 2 === 1 ? -HOUR_MS : HOUR_MS);
      stand.engine?.kill('SIGUSR2');
      await until('messages go on', 60_000, () => stand.acknowledged > before + 20);
    }
    await Promise.all(stand.senders.map((s) => s.stop()));
    stand.receiver.script = () => undefined;
    await stand.drained();
    expect(await stand.breaches(true)).to.deep.equal([]);
  });

  it('one hour back over a restart: a retry that was to be in a moment is not in an hour', async () => {
    set(HOUR_MS);
    await stand.start({ PASSERELLE_FAULT_CLOCK: file }, ['clock']);
    stand.receiver.script = () => ({ how: 'silent' });
    await Promise.all(stand.senders.map((s) => s.play(3)));
    await until('an attempt was put off', 30_000, async () => (await stand.deliveries('state=queued')).some((d) => d.notBefore !== undefined));
    await stand.kill();
    stand.receiver.script = () => undefined;
    set(0);
    await stand.start({ PASSERELLE_FAULT_CLOCK: file }, ['clock']);
    await stand.drained(20_000);
    expect(await stand.breaches(true)).to.deep.equal([]);
  });
});
