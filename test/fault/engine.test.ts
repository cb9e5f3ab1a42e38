/** The engine when the ground goes: a journal whose worker dies, more held deliveries than one reading gives, a key that was cut. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import { Writable } from 'node:stream';
import { expect } from 'chai';
import { PasserelleError } from '../../core/contract/index.ts';
import { Engine } from '../../core/engine/index.ts';
import { packageRoot } from '../../core/registry/index.ts';
import { readSettingsFiles } from '../../core/settings/index.ts';
import { createLogger, createMetrics } from '../../core/telemetry/index.ts';
import { at, decided, encoded, incoming, routed } from '../contract/journal/samples.ts';
import { freePorts, until } from '../flow/region.ts';

const nowhere = new Writable({ write: (_, __, done) => done() });

describe('the engine', () => {
  let data: string;
  beforeEach(() => (data = mkdtempSync(path.join(tmpdir(), 'passerelle-engine-'))));
  afterEach(() => {
    delete process.env['PASSERELLE_PUBLIC_PORT'];
    rmSync(data, { recursive: true, force: true });
  });

  async function open(documents: Awaited<ReturnType<typeof readSettingsFiles>> = []): Promise<Engine> {
    return Engine.open({ version: '0', data, documents, secretsFolder: data, logger: createLogger({ stream: nowhere }), metrics: createMetrics() });
  }

  /** The demonstration on free ports; nobody is at the other end. */
  async function region(): Promise<Engine> {
    const [mllp = 0, pub = 0, dxcare = 0, record = 0] = await freePorts(4);
    const files = await readSettingsFiles(path.join(packageRoot, 'config/demo'));
    const engine = await open(
      files.map((f) => ({
        ...f,
        text: f.text.replaceAll('2575', `${mllp}`).replaceAll('7001', `${dxcare}`).replaceAll('7002', `${record}`).replaceAll('8081', `${pub}`),
      })),
    );
    process.env['PASSERELLE_PUBLIC_PORT'] = `${pub}`;
    await engine.start();
    return engine;
  }

  it('ends, and can be stopped, when the worker of its journal dies', async () => {
    const worker = once(process, 'worker') as Promise<[Worker]>;
    const engine = await region();
    const ended = engine.ended.then(
      () => undefined,
      (error: unknown) => PasserelleError.from(error).code,
    );
    await (await worker)[0].terminate();
    expect(await ended).to.equal('ERR_JOURNAL_UNAVAILABLE');
    await engine.stop();
  });

  it('keeps a lane paused that a person paused, when settings change', async () => {
    const engine = await region();
    await engine.face.lane('dcc-out', 'pause');
    const text = (await engine.face.settings.active())?.documents.map((d, i) => ({ file: `${i}.yaml`, text: JSON.stringify(d) })) ?? [];
    const renamed = text.map((d) => ({
      ...d,
      text: d.text.replace('"retry":', '"onDead":"continue","retry":').replace(/"name":"([^"]*)"/, '"name":"$1 bis"'),
    }));
    const { revision, plan } = await engine.face.settings.apply(renamed, 'test');
    expect([revision, plan.issues], 'applied').to.deep.equal([2, []]);
    expect((await engine.face.lanes()).find((l) => l.lane === 'dcc-out')?.status).to.equal('paused');
    await engine.stop();
  });

  it('keeps a lane paused that a person paused, over a restart, until a person resumes it', async () => {
    const status = async (engine: Engine): Promise<string | undefined> => (await engine.face.lanes()).find((l) => l.lane === 'dcc-out')?.status;
    const first = await region();
    await first.face.lane('dcc-out', 'pause');
    await first.stop();
    const second = await open();
    await second.start();
    expect(await status(second)).to.equal('paused');
    await second.face.lane('dcc-out', 'resume');
    await second.stop();
    const third = await open();
    await third.start();
    expect(await status(third)).to.equal('open');
    await third.stop();
  });

  it('keeps a downtime and a rate over a restart, is silent about that lane, and refuses a downtime that is over', async () => {
    const lane = 'dcc-out';
    const first = await region();
    const from = new Date().toISOString();
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const order = { lane, kind: 'downtime', at: from, who: 'test', from, until, why: 'mise à jour' } as const;
    expect((await first.face.order(order)).status).to.equal('downtime');
    expect(await first.face.order({ lane, kind: 'rate', perMinute: 60, at: from, who: 'test' })).to.include({ perMinute: 60 });
    for (const [wrong, code] of [
      [{ ...order, until: from }, 'ERR_REQUEST_INVALID'],
      [{ ...order, lane: 'none' }, 'ERR_NOT_FOUND'],
    ] as const) {
      const thrown = await first.face.order(wrong).then(
        () => undefined,
        (error: unknown) => PasserelleError.from(error).code,
      );
      expect(thrown).to.equal(code);
    }
    await first.stop();
    const second = await open();
    await second.start();
    expect(await second.face.laneDetail(lane)).to.deep.include({
      status: 'downtime',
      downtime: { from, until, why: 'mise à jour' },
      perMinute: 60,
      heads: [],
    });
    expect((await second.face.health()).problems).to.deep.equal([]);
    expect(await second.face.withdraw(lane, 'downtime')).to.include({ status: 'open', perMinute: 60 });
    expect(await second.face.withdraw(lane, 'rate')).to.not.have.property('perMinute');
    await second.stop();
  });

  it('releases every held delivery of a lane, however many', async () => {
    const engine = await region();
    engine.region?.outbound.get('dcc-out')?.pause();
    const held = new PasserelleError('ERR_DESTINATION_UNKNOWN_PATIENT').toData();
    const received = await engine.journal.receive(Array.from({ length: 600 }, () => incoming()));
    const rows = await engine.journal.decide(
      received.map(({ message }) => decided(message, { events: [routed({ kind: 'document', destinations: [{ lane: 'dcc-out', held }] })] })),
    );
    engine.region?.queued(
      rows.flat().map((item) => ({ item, format: 'hl7v2', event: routed().event, queuedAt: at(0), parts: [] })),
      false,
    );
    await engine.face.lane('dcc-out', 'release');
    expect((await engine.journal.deliveries({ states: ['held'] }, { limit: 10 })).items).to.have.length(0);
    await engine.stop();
  });

  it('replays a filter in pages, each message once and oldest first, passes over what must not be, and waits while its lane is behind', async () => {
    const engine = await region();
    engine.region?.outbound.get('dcc-out')?.pause();
    const lane = 'estuaire-dxcare-in';
    // Stored and decided in one commit: the lane, which reads what is undecided when it starts, never sees them.
    const ids = await engine.journal.reserve(620);
    const admitted = await engine.journal.admit(ids.map((id) => ({ message: incoming({ lane }), decision: decided(id) })));
    const rows = admitted.map(({ deliveries = [] }) => deliveries);
    const [sending, stale] = [ids[5]!, ids[6]!];
    await engine.journal.begin([{ delivery: rows[5]![0]!.delivery, startedAt: at(0), encoded: encoded() }]);
    const newer = await engine.journal.receive([incoming({ lane: 'another-in' })]);
    await engine.journal.decide([decided(newer[0]!.message, { events: [routed({ keys: rows[6]![0]!.keys })], terms: rows[6]![0]!.keys })]);
    const seen: string[] = [];
    const refused: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await engine.face.replay({ lane, who: 'test', limit: 250, ...(after !== undefined && { after }) });
      seen.push(...page.messages.map(({ id }) => id));
      refused.push(...page.refused.map(({ id, error }) => `${id} ${error.code}`));
      if (page.next === undefined) break;
      after = page.next;
    }
    const { tag } = engine.journal;
    expect(refused).to.deep.equal([`${tag}-${sending} ERR_TRANSITION`, `${tag}-${stale} ERR_REPLAY_STALE`]);
    expect(seen).to.deep.equal(ids.filter((id) => id !== sending && id !== stale).map((id) => `${tag}-${id}`));
    await until('all are decided again', 20_000, async () => {
      const counts = (await engine.journal.lanes()).find((l) => l.lane === lane)?.counts;
      return counts?.received === undefined;
    });
    for (const id of [ids[0]!, ids.at(-1)!]) expect((await engine.journal.message(id))?.message.run).to.equal(2);
    expect((await engine.journal.message(stale))?.message.run).to.equal(1);
    // Stored behind the lane's back, so that it does not decide them.
    for (let n = 0; n < 4; n += 1) await engine.journal.receive(Array.from({ length: 500 }, () => incoming({ lane })));
    const busy = await engine.face.replay({ lane, who: 'test', limit: 1 }).then(
      () => undefined,
      (error: unknown) => PasserelleError.from(error).code,
    );
    expect(busy).to.equal('ERR_BACKPRESSURE');
    await engine.stop();
  });

  it('does not start with an index key that was cut: every patient would be another one', async () => {
    mkdirSync(data, { recursive: true });
    writeFileSync(path.join(data, 'index.key'), '');
    const thrown = await open().then(
      () => undefined,
      (error: unknown) => PasserelleError.from(error).code,
    );
    expect(thrown).to.equal('ERR_SECRET_MISSING');
  });
});
