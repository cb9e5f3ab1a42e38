import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { prometheusText } from '../../../plugins/app-api/prometheus.ts';
import { AlertGround, HOUR, iso, MINUTE, settingsOf, T0 } from './ground.ts';

describe('alerts', () => {
  let ground: AlertGround;
  beforeEach(() => (ground = new AlertGround()));

  it('say nothing of a region that works, and then the journal is asked for its counts only', async () => {
    expect(await ground.after(0)).to.deep.equal([]);
    ground.counts = { 'dx-in': { decoded: 5 }, 'dx-out': { delivered: 5, queued: 1 } };
    ground.oldest = { 'dx-out': T0 };
    expect(await ground.after(MINUTE)).to.deep.equal([]);
    expect(ground.looks).to.equal(0);
    expect(ground.logged).to.deep.equal([]);
  });

  for (const [lane, state, code] of [
    ['dx-in', 'quarantined', 'ALERT_MESSAGE_QUARANTINED'],
    ['dx-in', 'dead', 'ALERT_MESSAGE_DEAD'],
    ['dx-out', 'dead', 'ALERT_DELIVERY_DEAD'],
    ['dx-out', 'review', 'ALERT_DELIVERY_REVIEW'],
    ['dx-out', 'held', 'ALERT_DELIVERY_HELD'],
  ] as const)
    it(`${code}: raised once with lane, count, time and what to do, and cleared at once when a person decided`, async () => {
      await ground.after(0);
      ground.counts = { [lane]: { [state]: 1 } };
      expect(await ground.after(MINUTE)).to.deep.equal([code]);
      ground.counts = { [lane]: { [state]: 3 } };
      ground.now += MINUTE;
      const [alert] = (await ground.watch.list()).items;
      expect(alert).to.deep.include({ code, lane, site: '990001018', count: 3, since: iso(T0 + MINUTE) });
      expect(
        [alert?.fix.fr, alert?.fix.en].every((fix) => fix?.includes(`--lane ${lane} `)),
        'commands to copy',
      ).to.equal(true);
      ground.counts = { [lane]: {} };
      expect(await ground.after(1)).to.deep.equal([]);
      expect(ground.logged.map((line) => line.replace(/^(error|warn)/, 'loud'))).to.deep.equal([
        `loud alert raised ${code}`,
        `info alert cleared ${code}`,
      ]);
    });

  it('tell since when something stands from before the start, read once', async () => {
    ground.counts = { 'dx-in': { quarantined: 2 }, 'dx-out': { held: 2 } };
    ground.messages = [{ receivedAt: iso(T0 - HOUR) }];
    ground.deliveries = [{ queuedAt: iso(T0 - 9 * HOUR), settledAt: iso(T0 - HOUR) }, { queuedAt: iso(T0 - 3 * HOUR) }];
    ground.settings = settingsOf('');
    const { items } = await ground.watch.list();
    expect(items.map(({ code, since }) => [code, since])).to.deep.equal([
      ['ALERT_DELIVERY_HELD', iso(T0 - 3 * HOUR)],
      ['ALERT_MESSAGE_QUARANTINED', iso(T0 - HOUR)],
    ]);
    const { looks } = ground;
    await ground.live(MINUTE);
    expect([looks, ground.looks]).to.deep.equal([2, 2]);
  });

  it('A8 ALERT_PATIENT_MISMATCH: one document of another patient is enough, said from its receipt for a day, also after a restart; other refusals are none', async () => {
    const refused = (at: number, code = 'ERR_PATIENT_MISMATCH'): object => ({ receivedAt: iso(at), error: { code, message: '' } });
    ground.counts = { 'dx-in': { rejected: 1, decoded: 9 } };
    ground.messages = [refused(T0 - HOUR, 'ERR_HL7_SEGMENT_MISSING')];
    expect(await ground.after(MINUTE)).to.deep.equal([]);
    ground.counts = { 'dx-in': { rejected: 3, decoded: 9 } };
    ground.messages = [...ground.messages, refused(T0 - MINUTE), refused(T0)];
    expect(await ground.after(MINUTE)).to.deep.equal(['ALERT_PATIENT_MISMATCH']);
    expect((await ground.watch.list()).items[0]).to.deep.include({ lane: 'dx-in', site: '990001018', count: 2, since: iso(T0 - MINUTE) });
    const { looks } = ground;
    expect(await ground.after(23 * HOUR)).to.include('ALERT_PATIENT_MISMATCH');
    expect(await ground.after(HOUR)).to.not.include('ALERT_PATIENT_MISMATCH');
    expect(ground.looks - looks, 'read once').to.be.below(3);
    const again = new AlertGround();
    again.now = T0 + HOUR;
    again.counts = { 'dx-in': { rejected: 3 } };
    again.messages = ground.messages;
    expect(await again.after(0)).to.include('ALERT_PATIENT_MISMATCH');
  });

  it('ALERT_LANE_FAILING: only past its bound, with the reason, and over two minutes after the last failure', async () => {
    ground.counts = { 'dx-out': { queued: 4 } };
    ground.oldest = { 'dx-out': T0 - MINUTE };
    ground.failing = { since: T0, code: 'ERR_CONNECTION_REFUSED' };
    expect(await ground.after(4 * MINUTE)).to.deep.equal([]);
    expect(await ground.after(MINUTE)).to.deep.equal(['ALERT_LANE_FAILING']);
    expect((await ground.watch.list()).items[0]).to.deep.include({ since: iso(T0), count: 4, error: 'ERR_CONNECTION_REFUSED', lane: 'dx-out' });
    ground.failing = undefined;
    ground.counts = { 'dx-out': {} };
    expect(await ground.after(MINUTE)).to.deep.equal(['ALERT_LANE_FAILING']);
    expect(await ground.after(MINUTE)).to.deep.equal([]);
  });

  it('one alert for a lane that fails, works and fails again, raised and cleared once', async () => {
    ground.counts = { 'dx-out': { queued: 4 } };
    const flap = (): void => {
      const fails = (ground.now - T0) % MINUTE < 30_000;
      ground.failing = fails ? { since: ground.now } : undefined;
      ground.oldest = { 'dx-out': ground.now };
    };
    expect(await ground.live(4 * MINUTE, flap)).to.deep.equal([]);
    expect(await ground.live(30 * MINUTE, flap)).to.deep.equal(['ALERT_LANE_FAILING']);
    ground.failing = undefined;
    expect(await ground.live(3 * MINUTE)).to.deep.equal([]);
    expect(ground.logged).to.deep.equal(['error alert raised ALERT_LANE_FAILING', 'info alert cleared ALERT_LANE_FAILING']);
  });

  it('does not call failing a lane with nothing to send, or one that a person paused', async () => {
    ground.failing = { since: T0 };
    expect(await ground.after(HOUR)).to.deep.equal([]);
    ground.counts = { 'dx-out': { queued: 1 } };
    ground.oldest = { 'dx-out': ground.now };
    ground.status = 'paused';
    expect(await ground.after(10 * MINUTE)).to.deep.equal([]);
  });

  it('ALERT_LANE_WAITING: the oldest of a lane, in or out, waited past its bound, paused or not', async () => {
    ground.settings = settingsOf('', 'alerts: { waitingAfter: 10min }\n');
    ground.status = 'paused';
    ground.counts = { 'dx-in': { received: 1 }, 'dx-out': { queued: 2 } };
    ground.oldest = { 'dx-in': T0, 'dx-out': T0 + MINUTE };
    expect(await ground.after(9 * MINUTE)).to.deep.equal([]);
    expect(await ground.after(2 * MINUTE)).to.deep.equal(['ALERT_LANE_WAITING', 'ALERT_LANE_WAITING']);
    ground.oldest = { 'dx-in': ground.now, 'dx-out': ground.now };
    expect(await ground.live(3 * MINUTE)).to.deep.equal([]);
  });

  it('is silent about a lane in planned downtime, and counts from its end afterwards', async () => {
    ground.counts = { 'dx-out': { queued: 2, dead: 1 } };
    ground.oldest = { 'dx-out': T0 - HOUR };
    ground.failing = { since: T0 - HOUR };
    expect(await ground.after(0)).to.have.members(['ALERT_LANE_FAILING', 'ALERT_DELIVERY_DEAD']);
    ground.status = 'downtime';
    expect(await ground.live(HOUR)).to.deep.equal([]);
    expect(ground.logged.slice(-2)).to.have.members(['info alert silenced ALERT_DELIVERY_DEAD', 'info alert silenced ALERT_LANE_FAILING']);
    ground.status = 'open';
    expect(await ground.live(4 * MINUTE), 'it drains').to.deep.equal(['ALERT_DELIVERY_DEAD']);
    expect(await ground.live(2 * MINUTE), 'it does not').to.have.members(['ALERT_LANE_FAILING', 'ALERT_DELIVERY_DEAD']);
  });

  it('count from the end of a planned downtime also when it ended before the start', async () => {
    const [from, until] = [iso(T0 - 3 * HOUR), iso(T0 - MINUTE)];
    ground.orders = [{ kind: 'downtime', lane: 'dx-out', at: from, who: 'A. Person', from, until }];
    ground.counts = { 'dx-in': { decoded: 1 }, 'dx-out': { queued: 2 } };
    ground.oldest = { 'dx-out': T0 - 3 * HOUR };
    ground.messages = [{ receivedAt: iso(T0 - 3 * HOUR) }];
    expect(await ground.after(0)).to.deep.equal([]);
    expect(await ground.after(29 * MINUTE)).to.deep.equal(['ALERT_LANE_WAITING']);
    ground.oldest = {};
    ground.counts = { 'dx-in': { decoded: 1 } };
    expect(await ground.live(90 * MINUTE)).to.deep.equal([]);
    expect(await ground.after(MINUTE)).to.deep.equal(['ALERT_ENDPOINT_SILENT']);
  });

  it('ALERT_ENDPOINT_SILENT: past expectEvery, cleared by the next message', async () => {
    ground.counts = { 'dx-in': { decoded: 7 } };
    ground.messages = [{ receivedAt: iso(T0 - HOUR) }];
    expect(await ground.after(HOUR)).to.deep.equal([]);
    expect(await ground.after(1)).to.deep.equal(['ALERT_ENDPOINT_SILENT']);
    expect((await ground.watch.list()).items[0]).to.deep.include({ since: iso(T0 - HOUR), lane: 'dx-in' });
    ground.counts = { 'dx-in': { decoded: 7, filtered: 1 } };
    expect(await ground.after(MINUTE)).to.deep.equal([]);
    expect(await ground.after(2 * HOUR)).to.deep.equal([]);
    expect(await ground.after(1)).to.deep.equal(['ALERT_ENDPOINT_SILENT']);
    expect(ground.looks, 'the journal was read once').to.equal(1);
  });

  it('ALERT_ENDPOINT_SILENT: not while the product that sends is in planned downtime, nor before it had its time afterwards', async () => {
    ground.counts = { 'dx-in': { decoded: 7, received: 1 } };
    ground.messages = [{ receivedAt: iso(T0) }];
    ground.status = 'downtime';
    expect(await ground.live(3 * HOUR)).to.deep.equal([]);
    ground.oldest = { 'dx-in': ground.now - HOUR };
    expect(await ground.after(0), 'what waits here is not its affair').to.deep.equal(['ALERT_LANE_WAITING']);
    ground.counts = { 'dx-in': { decoded: 8 } };
    ground.status = 'open';
    ground.oldest = {};
    expect(await ground.live(2 * HOUR)).to.deep.equal([]);
    expect(await ground.after(15_000)).to.deep.equal(['ALERT_ENDPOINT_SILENT']);
    expect((await ground.watch.list()).items[0]?.since).to.equal(iso(T0));
  });

  it('ALERT_ENDPOINT_SILENT: since the start for an endpoint that never sent, never without expectEvery, and not by what a person replays', async () => {
    expect(await ground.after(0)).to.deep.equal([]);
    expect(await ground.after(2 * HOUR)).to.deep.equal([]);
    expect(await ground.after(1)).to.deep.equal(['ALERT_ENDPOINT_SILENT']);
    ground.counts = { 'dx-in': { quarantined: 1 } };
    await ground.after(1);
    ground.counts = { 'dx-in': { decoded: 1 } };
    expect(await ground.after(3 * HOUR)).to.deep.equal(['ALERT_ENDPOINT_SILENT']);
    ground.settings = settingsOf('');
    expect(await ground.after(1)).to.deep.equal([]);
  });

  it('ALERT_ENDPOINT_REFUSED: refusals over the bound with nothing accepted, until something is', async () => {
    ground.counts = { 'dx-in': { decoded: 1, rejected: 10 } };
    ground.messages = [{ receivedAt: iso(T0) }];
    await ground.after(0);
    const refuse = (count: number, decoded = 1): void => void (ground.counts = { 'dx-in': { decoded, rejected: 10 + count } });
    refuse(1);
    await ground.after(MINUTE);
    expect(await ground.after(20 * MINUTE), 'one refusal is one mistake').to.deep.equal([]);
    refuse(2);
    expect(await ground.after(MINUTE)).to.deep.equal(['ALERT_ENDPOINT_REFUSED']);
    refuse(3);
    await ground.after(MINUTE);
    expect((await ground.watch.list()).items[0]).to.deep.include({ since: iso(T0 + MINUTE), count: 3 });
    refuse(4, 2);
    expect(await ground.after(MINUTE)).to.deep.equal([]);
  });

  it('ALERT_DISK_LOW, ALERT_DISK_FULL: by the space that is left', async () => {
    ground.free = 4 * 1024 ** 3;
    expect(await ground.after(0)).to.deep.equal(['ALERT_DISK_LOW']);
    ground.free = 400 * 1024 ** 2;
    expect(await ground.live(3 * MINUTE)).to.deep.equal(['ALERT_DISK_FULL']);
    ground.free = 50 * 1024 ** 3;
    expect(await ground.live(3 * MINUTE)).to.deep.equal([]);
  });

  it('ALERT_JOURNAL_UNAVAILABLE: when it refuses writes or does not answer, and what was known of lanes stays', async () => {
    ground.refused = { since: T0 - MINUTE, code: 'ERR_JOURNAL_UNAVAILABLE' };
    expect((await ground.watch.list()).items[0]).to.deep.include({ since: iso(T0 - MINUTE), error: 'ERR_JOURNAL_UNAVAILABLE' });
    ground.refused = undefined;
    ground.counts = { 'dx-out': { dead: 1 } };
    expect(await ground.after(1)).to.deep.equal(['ALERT_DELIVERY_DEAD']);
    ground.journalFails = true;
    expect(await ground.after(1)).to.have.members(['ALERT_JOURNAL_UNAVAILABLE', 'ALERT_DELIVERY_DEAD']);
    ground.journalFails = false;
    expect(await ground.after(1)).to.deep.equal(['ALERT_DELIVERY_DEAD']);
    expect(ground.logged.filter((line) => line.includes('ALERT_DELIVERY_DEAD'))).to.have.length(1);
  });

  it('ALERT_CERTIFICATE_EXPIRES: thirty days before, with the day (skipped without openssl)', async function () {
    const folder = mkdtempSync(path.join(tmpdir(), 'passerelle-alerts-'));
    const cert = path.join(folder, 'cert.pem');
    try {
      const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '60', '-subj', '/CN=test'];
      execFileSync('openssl', [...make, '-keyout', path.join(folder, 'key.pem'), '-out', cert], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
    const expires = new X509Certificate(readFileSync(cert)).validToDate;
    ground.settings = settingsOf(`, tls: { cert: ${cert} }`);
    ground.now = expires.getTime() - 31 * 24 * HOUR;
    expect(await ground.after(0)).to.deep.equal([]);
    expect(await ground.after(24 * HOUR)).to.deep.equal(['ALERT_CERTIFICATE_EXPIRES']);
    expect((await ground.watch.list()).items[0]).to.deep.include({ lane: 'dx-in', expires: expires.toISOString() });
    rmSync(folder, { recursive: true });
  });

  it('on a node that does not work the lanes: only of the machine, and it says so', async () => {
    ground.counts = { 'dx-out': { dead: 1 } };
    expect(await ground.after(0)).to.deep.equal(['ALERT_DELIVERY_DEAD']);
    ground.isOwner = false;
    ground.free = 4 * 1024 ** 3;
    const list = await ground.watch.list();
    expect([list.elsewhere, list.items.map(({ code }) => code)]).to.deep.equal([true, ['ALERT_DISK_LOW']]);
    ground.isOwner = true;
    ground.deliveries = [{ queuedAt: iso(T0 - 2 * HOUR), settledAt: iso(T0 - HOUR) }];
    expect(await ground.after(0)).to.have.members(['ALERT_DELIVERY_DEAD', 'ALERT_DISK_LOW']);
    const [dead] = (await ground.watch.list()).items;
    expect(dead?.since, 'what the other node saw is read from the journal').to.equal(iso(T0 - HOUR));
  });

  it('are metrics: one gauge for each that is on, counters of raised and cleared', async () => {
    ground.counts = { 'dx-out': { dead: 2 } };
    await ground.after(0);
    const labels = 'code="ALERT_DELIVERY_DEAD",severity="problem",lane="dx-out",site="990001018"';
    const text = (): string => prometheusText(ground.metrics.snapshot());
    expect(text()).to.include(`\npasserelle_alert{${labels}} 1\n`);
    expect(text()).to.include('\npasserelle_alerts_raised_total{code="ALERT_DELIVERY_DEAD"} 1\n');
    expect(text()).to.include(`\npasserelle_alerts_looked_timestamp_seconds ${T0 / 1000}\n`);
    expect(text()).to.include('\npasserelle_lanes_owner 1\n');
    ground.counts = {};
    await ground.after(1);
    expect(text()).not.to.include('passerelle_alert{');
    expect(text()).to.include('\npasserelle_alerts_cleared_total{code="ALERT_DELIVERY_DEAD"} 1\n');
  });
});
