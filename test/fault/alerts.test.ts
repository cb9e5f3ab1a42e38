/** Alerts after a restart and after a takeover, on the real journals: what they tell of is read from there, not remembered. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { AlertList, JournalStore } from '../../core/contract/index.ts';
import { at, decided, encoded, incoming, routed, T0 } from '../contract/journal/samples.ts';
import { until } from '../flow/region.ts';
import { AlertGround, HOUR, iso } from '../unit/alerts/ground.ts';
import { passerelle } from '../unit/cli/cli-process.ts';
import { describeJournals, describePostgres, openJournal } from './journals.ts';
import { Stand } from './stand.ts';

const inbound = { lane: 'dx-in', site: '990001018' };

describeJournals('alerts after a restart', (under) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'passerelle-alerts-'));
  let journal: JournalStore;
  after(async () => {
    await journal.close();
    rmSync(folder, { recursive: true });
  });

  it('know when an endpoint last sent, since when deliveries and messages wait for a person, and what is left after an act', async () => {
    journal = await openJournal(under, folder);
    const [first, second] = await journal.receive([incoming({ ...inbound, receivedAt: at(0) }), incoming({ ...inbound, receivedAt: at(2000) })]);
    // A busy neighbour: its messages are the newest of the journal.
    await journal.receive(Array.from({ length: 20 }, () => incoming({ lane: 'other-in', receivedAt: at(2 * HOUR) })));
    const destination = routed({ destinations: [{ lane: 'dx-out' }] });
    const [[delivery]] = (await journal.decide([
      decided(first!.message, { events: [destination] }),
      decided(second!.message, { state: 'quarantined', decision: 'quarantine', events: [] }),
    ])) as unknown as [[{ delivery: number }]];
    await journal.begin([{ delivery: delivery.delivery, startedAt: at(3000), encoded: encoded() }]);
    await journal.settle([{ delivery: delivery.delivery, from: 'sending', to: 'dead', at: at(4000), counted: true }]);
    await journal.close();

    journal = await openJournal(under, folder);
    const ground = new AlertGround({ journal });
    ground.now = T0 + 2 * HOUR + 2001;
    const { items } = await ground.watch.list();
    expect(items.map(({ code, lane, count, since }) => [code, lane, count, since])).to.deep.equal([
      ['ALERT_ENDPOINT_SILENT', 'dx-in', undefined, iso(T0 + 2000)],
      ['ALERT_DELIVERY_DEAD', 'dx-out', 1, iso(T0 + 4000)],
      ['ALERT_MESSAGE_QUARANTINED', 'dx-in', 1, iso(T0 + 2000)],
    ]);
    await journal.act([{ verb: 'discard', message: second!.message, who: 'A. Person', why: 'test', at: at(9000) }]);
    await journal.receive([incoming({ ...inbound, receivedAt: iso(ground.now) })]);
    expect(await ground.after(1000)).to.deep.equal(['ALERT_DELIVERY_DEAD']);
  });
});

describePostgres('alerts of two engines on one database', (under) => {
  let stand: Stand;
  before(async () => {
    stand = await new Stand({ journal: under }).open();
    await stand.start();
    await stand.startSecond();
  });
  after(() => stand.close());

  const of = async (data: string): Promise<{ elsewhere: boolean; lanes: string[] }> => {
    const { elsewhere, items } = JSON.parse((await passerelle(['alerts', '--json', '--data', data])).out) as AlertList;
    return { elsewhere, lanes: items.filter(({ lane }) => lane !== undefined).map(({ code, lane }) => `${code} ${lane}`) };
  };

  it('those of lanes are told by the engine that works them, and by the other one once it took over', async () => {
    stand.archive.script = () => ({ how: 'AR' });
    const refused = { elsewhere: false, lanes: ['ALERT_DELIVERY_DEAD archive-out'] };
    await until('the archive refused', 60_000, async () => {
      await stand.senders[0]?.play(4);
      return (await stand.deliveries('state=dead&lane=archive-out')).length > 0;
    });
    expect(await of(stand.data)).to.deep.equal(refused);
    expect(await of(`${stand.data}-2`)).to.deep.equal({ elsewhere: true, lanes: [] });
    await stand.kill();
    await until('the other one works the lanes', 60_000, async () => !(await of(`${stand.data}-2`)).elsewhere);
    expect(await of(`${stand.data}-2`)).to.deep.equal(refused);
  });
});
