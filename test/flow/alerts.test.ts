/** What operators and their monitoring are told, over real sockets: by the API, the command line and the metrics of one engine. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { AlertList, AlertView } from 'passerelle/contract';
import { passerelle } from '../unit/cli/cli-process.ts';
import { TestRegion } from './region.ts';

const OUT = 'estuaire-dxcare-out';

describe('alerts of a region', () => {
  const region = new TestRegion();
  before(async () => {
    await region.prepare();
    await region.start();
  });
  after(() => region.stop());

  /** Of lanes: the disk of the machine that tests is its own affair. */
  const alerts = async (): Promise<readonly AlertView[]> => (await region.get<AlertList>('alerts')).items.filter(({ lane }) => lane !== undefined);
  const facts = async (): Promise<unknown[]> => (await alerts()).map(({ code, lane, count }) => [code, lane, count]);
  const metrics = async (): Promise<string> =>
    (await fetch(new URL('/metrics', readFileSync(path.join(region.data, 'admin.url'), 'utf8').trim()))).text();
  const both = [
    ['ALERT_DELIVERY_DEAD', OUT, 1],
    ['ALERT_MESSAGE_QUARANTINED', 'estuaire-dxcare-in', 1],
  ];

  it('are none while everything passes', async () => {
    await region.dxcare.act('admission');
    await region.drained();
    expect(await alerts()).to.deep.equal([]);
  });

  it('name what a person has to decide, to the API, the command line and the metrics, and no patient', async () => {
    await region.dxcare.act('quarantined');
    await region.dxcare.misbehave({ how: 'refuse' });
    await region.record.act('frcp');
    await region.drained();
    expect(await facts()).to.deep.equal(both);
    const { code, out } = await passerelle(['alerts', '--json', '--data', region.data]);
    const listed = (JSON.parse(out) as AlertList).items.filter(({ lane }) => lane !== undefined);
    expect([code, listed]).to.deep.equal([0, await alerts()]);
    for (const alert of listed) expect(Object.keys(alert)).to.have.members(['code', 'severity', 'since', 'lane', 'site', 'count', 'fr', 'en', 'fix']);
    const table = await passerelle(['alerts', '--data', region.data]);
    expect(table.out).to.contain('ALERT_DELIVERY_DEAD').and.to.contain(`passerelle deliveries --lane ${OUT} --state dead`);
    expect(await metrics())
      .to.contain(`\npasserelle_alert{code="ALERT_DELIVERY_DEAD",severity="problem",lane="${OUT}",site="990001018"} 1\n`)
      .and.to.contain('\npasserelle_lanes_owner 1\n');
  });

  it('are silent about a lane in planned downtime, and speak again when it is cancelled', async () => {
    await region.post(`lanes/${OUT}:downtime`, { until: new Date(Date.now() + 3_600_000).toISOString() });
    expect(await facts()).to.deep.equal([both[1]]);
    await region.post(`lanes/${OUT}:downtime`, { cancel: true });
    expect(await facts()).to.deep.equal(both);
  });

  it('are the same after a kill, and end when a person decided', async () => {
    await region.kill();
    await region.start();
    expect(await facts()).to.deep.equal(both);
    const [dead] = await region.deliveries('state=dead&limit=10');
    const [quarantined] = await region.messages('state=quarantined&limit=10');
    const since = (await alerts()).map((alert) => alert.since);
    expect(since).to.deep.equal([dead?.settledAt, quarantined?.receivedAt]);
    await region.post(`deliveries/${dead?.id}:resend`, { why: 'corrected over there' });
    await region.post(`messages/${quarantined?.id}:discard`, { why: 'sent by mistake' });
    await region.drained();
    expect(await alerts()).to.deep.equal([]);
  });
});
