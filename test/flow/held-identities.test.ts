/** Over real sockets: an identity whose patient its receiver does not know, and the next one of that patient (SAFETY A2, A3; decision 0004). */
import { expect } from 'chai';
import type { DeliveryView } from 'passerelle/contract';
import { describeJournals } from '../fault/journals.ts';
import { hospitalOf } from './hospital.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { freePorts, TestRegion, until } from './region.ts';

describeJournals('an identity that is held as unknown there', (journal) => {
  const region = new TestRegion(journal);
  const tell = hospitalOf(region);
  const known = new Set<string>();
  let record: Receiver;

  before(async () => {
    const [port = 0] = await freePorts(1);
    record = await startReceiver(port);
    // Who was told this name is known there.
    record.answers = (message) => {
      const [number, name] = [message.first('PID')?.reps(3)[0]?.get(1) ?? '', message.get('PID-5.1')];
      if (name === 'CONNUE') known.add(number);
      return known.has(number) ? 'AA' : 'unknown';
    };
    const endpoint = `{ name: pilot-out, direction: out, transport: mllp, host: 127.0.0.1, port: ${port}, idempotent: true, sends: [dcc.identity.*] }`;
    await region.prepare((yaml) => yaml.replace('      - name: dcc-in\n', `      - ${endpoint}\n      - name: dcc-in\n`));
    await region.start();
  });
  after(async () => {
    await region.stop();
    await record?.stop();
  });

  const legOf = async (message: string): Promise<DeliveryView> =>
    (await region.timeline(message)).deliveries.find(({ lane }) => lane === 'pilot-out') as DeliveryView;
  const states = async (...messages: readonly string[]): Promise<readonly string[]> =>
    Promise.all(messages.map(async (message) => legOf(message).then(({ state, error }) => (error ? `${state} ${error.code}` : state))));
  const told = (ipp: string): readonly string[] =>
    record.received.flatMap((message) => (message.first('PID')?.reps(3)[0]?.get(1) === ipp ? [message.get('PID-5.1')] : []));
  const waiting = async (): Promise<string> => {
    const found = async (): Promise<DeliveryView | undefined> =>
      (await region.deliveries('limit=50')).find(({ lane, state, attempts }) => lane === 'pilot-out' && state === 'queued' && attempts === 0);
    await until('it waits', 10_000, async () => (await found()) !== undefined);
    return (await found())!.message;
  };
  const UNKNOWN = 'held ERR_DESTINATION_UNKNOWN_PATIENT';
  const SAID_ANEW = 'discarded ERR_IDENTITY_SAID_ANEW';

  for (const isKilled of [false, true])
    it(`A2, A3: ends as the next one of its patient leaves, by which it is known${isKilled ? '; over a kill of the engine' : ''}`, async () => {
      const ipp = isKilled ? '8102' : '8101';
      const first = await tell({ ipp, name: 'PREMIERE', minute: 1 });
      expect(await states(first)).to.deep.equal([UNKNOWN]);
      if (isKilled) await region.post('lanes/pilot-out:pause');
      const second = isKilled ? undefined : await tell({ ipp, name: 'SECONDE', minute: 2 });
      if (second) expect(await states(first, second)).to.deep.equal([SAID_ANEW, UNKNOWN]);
      const last = tell({ ipp, name: 'CONNUE', minute: 3 });
      const final = isKilled ? await waiting() : await last;
      if (isKilled) {
        // Whoever waits for what it leads to is cut off.
        void last.catch(() => undefined);
        await region.kill();
        await region.start();
        await region.post('lanes/pilot-out:resume');
      }
      await until('it has left', 10_000, async () => (await legOf(final)).state === 'delivered');
      expect(await states(first, ...(second ? [second] : []), final)).to.deep.equal([SAID_ANEW, ...(second ? [SAID_ANEW] : []), 'delivered']);
      const all = told(ipp);
      expect(all.at(-1), 'nothing older after it').to.equal('CONNUE');
      expect(new Set(all)).to.deep.equal(new Set(['PREMIERE', ...(second ? ['SECONDE'] : []), 'CONNUE']));
    });

  it('A6: behind a merge that is unknown there everything waits for a person', async () => {
    const [one, two] = ['8111', '8112'];
    known.add(one).add(two);
    for (const ipp of [one, two]) await tell({ ipp, minute: 1 });
    known.clear();
    const merge = await tell({ ipp: one, minute: 2, trigger: 'A40', absorbs: two });
    expect(await states(merge)).to.deep.equal([UNKNOWN]);
    const next = tell({ ipp: one, name: 'CONNUE', minute: 3 });
    await waiting();
    expect(await states(merge)).to.deep.equal([UNKNOWN]);
    await region.post(`deliveries/${(await legOf(merge)).id}:discard`, { why: 'told by telephone' });
    expect(await states(await next)).to.deep.equal(['delivered']);
  });
});
