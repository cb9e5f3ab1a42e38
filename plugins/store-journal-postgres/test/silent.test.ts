/** A server, or the way to it, that vanished without a word: no error, no end, nothing that comes back. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { useFakeTimers, type SinonFakeTimers } from 'sinon';
import { PasserelleError, type JournalStore } from '../../../core/contract/index.ts';
import { incoming } from '../../../test/contract/journal/samples.ts';
import { postgresFolder, startCluster, type Cluster } from '../../../test/ground/index.ts';
import { GROUP_MS, WATCH_MS } from '../limits.ts';
import { openPostgresJournal } from '../store.ts';
import { Proxy } from './proxy.ts';

const STEP_MS = 100;
const LONG_MS = 3_600_000;

describe('a journal on a PostgreSQL that falls silent', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let proxy: Proxy;
  let store: JournalStore;
  let clock: SinonFakeTimers | undefined;

  before(async function () {
    if (!postgresFolder() && !(process.env['PASSERELLE_REQUIRE'] ?? '').split(',').includes('postgres')) return this.skip();
    cluster = await startCluster();
  });
  after(() => cluster?.stop());
  beforeEach(async () => {
    const url = new URL(cluster.url);
    proxy = await Proxy.to(Number(url.port));
    url.port = String(proxy.port);
    store = await openPostgresJournal(url.href);
    await store.receive([incoming()]);
    clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'], shouldClearNativeTimers: true });
  });
  afterEach(async () => {
    clock?.restore();
    await store.close();
    await proxy.close();
  });

  /** Lets time pass for timers, and as much as they need for sockets, until so much is over or it is so. */
  const pass = async (ms: number, isSo: () => boolean = () => false): Promise<void> => {
    for (let passed = 0; passed < ms && !isSo(); passed += STEP_MS) {
      await clock!.tickAsync(STEP_MS);
      for (let i = 0; i < 20; i += 1) await turn();
    }
  };

  it('refuses what waits once its time is over, and stores again on another connection', async () => {
    proxy.silenceAll();
    let refusal: unknown;
    const asked = store.receive([incoming()]).catch((error: unknown) => (refusal = error));
    await pass(GROUP_MS - 1000);
    expect(refusal).to.equal(undefined);
    await pass(LONG_MS, () => refusal !== undefined);
    await asked;
    expect((refusal as PasserelleError).code).to.equal('ERR_JOURNAL_UNAVAILABLE');
    let isStored = false;
    for (let i = 0; i < 100 && !isStored; i += 1) {
      isStored = await store.receive([incoming()]).then(
        () => true,
        () => false,
      );
      await pass(500);
    }
    expect(isStored).to.equal(true);
    clock!.restore();
    expect((await store.messages({}, { limit: 10 })).items.length).to.be.above(1);
  });

  it('listens on another connection, and tells of every lane then', async () => {
    const told: string[] = [];
    store.watch!((lane) => told.push(lane));
    await pass(LONG_MS, () => told.length > 0);
    expect(told).to.deep.equal([incoming().lane]);
    proxy.silenceAll();
    await pass(WATCH_MS - 1000);
    expect(told).to.have.length(1);
    await pass(LONG_MS, () => told.length > 1);
    expect(told).to.deep.equal([incoming().lane, incoming().lane]);
  });
});
