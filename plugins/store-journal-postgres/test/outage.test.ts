/** What PostgreSQL alone can do to a journal: connections that are lost, a COMMIT without an answer, a server that restarts, one that is not safe. */
import { expect } from 'chai';
import { PasserelleError, type JournalStore } from '../../../core/contract/index.ts';
import { refused } from '../../../test/contract/journal/fixture.ts';
import { incoming } from '../../../test/contract/journal/samples.ts';
import { postgresFolder, startCluster, type Cluster } from '../../../test/ground/index.ts';
import { openPostgresJournal } from '../store.ts';
import { Proxy } from './proxy.ts';

describe('a journal on PostgreSQL', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let proxy: Proxy;
  let store: JournalStore;
  let schemas = 0;
  let schema = '';

  before(async function () {
    if (!postgresFolder() && !(process.env['PASSERELLE_REQUIRE'] ?? '').split(',').includes('postgres')) return this.skip();
    // Nothing but a commit writes the log: what was not committed is lost in a crash, its transaction id too.
    cluster = await startCluster({ settings: { wal_writer_delay: '10s' } });
  });
  after(() => cluster?.stop());
  beforeEach(async () => {
    const url = new URL(cluster.url);
    proxy = await Proxy.to(Number(url.port));
    url.port = String(proxy.port);
    schema = `outage_${++schemas}`;
    url.searchParams.set('schema', schema);
    store = await openPostgresJournal(url.href);
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
  });

  /** Tries until the store is connected again; any other refusal than an outage fails. */
  const again = async <T>(work: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof PasserelleError) || error.code !== 'ERR_JOURNAL_UNAVAILABLE') throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  };
  const stored = async (): Promise<number[]> => (await again(() => store.messages({}, { limit: 100 }))).items.map(({ message }) => message);

  it('answers a commit whose answer was lost with what became of it', async () => {
    await store.receive([incoming()]);
    proxy.cutCommit = 'after';
    const asked = store.receive([incoming()]);
    while (!proxy.isDown) await new Promise(setImmediate);
    // Unknown until the server can be asked; what comes meanwhile is refused.
    await refused(
      waitForLoss(() => store.receive([incoming()])),
      'ERR_JOURNAL_UNAVAILABLE',
    );
    proxy.isDown = false;
    const [result] = await asked;
    expect(await stored()).to.include(result!.message);
    expect(await stored()).to.have.length(2);
  });

  it('refuses what the server never heard the commit of, and nothing of it is stored', async () => {
    const [first] = await store.receive([incoming()]);
    proxy.cutCommit = 'before';
    const asked = store.receive([incoming(), incoming()]).catch((error: unknown) => error);
    while (!proxy.isDown) await new Promise(setImmediate);
    proxy.isDown = false;
    expect(((await asked) as PasserelleError).code).to.equal('ERR_JOURNAL_UNAVAILABLE');
    expect(await stored()).to.deep.equal([first!.message]);
    const [next] = await again(() => store.receive([incoming()]));
    expect(next!.message).to.be.above(first!.message);
  });

  it('refuses what a server that crashed lost, though another transaction got its id since', async () => {
    const [first] = await store.receive([incoming()]);
    proxy.cutCommit = 'before';
    const asked = store.receive([incoming()]).catch((error: unknown) => error);
    while (!proxy.isDown) await new Promise(setImmediate);
    await cluster.kill();
    await cluster.start();
    await cluster.query('CREATE TABLE IF NOT EXISTS others (n int)');
    for (let n = 0; n < 20; n++) await cluster.query('INSERT INTO others VALUES (1)');
    proxy.isDown = false;
    expect(((await asked) as PasserelleError).code).to.equal('ERR_JOURNAL_UNAVAILABLE');
    expect(await stored()).to.deep.equal([first!.message]);
  });

  it('connects again after a cut, and says the outage without a text of the server', async () => {
    await store.receive([incoming()]);
    proxy.isDown = true;
    proxy.cutAll();
    const error = await waitForLoss(() => store.receive([incoming()])).catch((thrown: unknown) => thrown as PasserelleError);
    expect(error.code).to.equal('ERR_JOURNAL_UNAVAILABLE');
    expect(JSON.stringify(error.toData())).to.not.match(/127\.0\.0\.1|passerelle@|relation/);
    proxy.isDown = false;
    await again(() => store.receive([incoming()]));
    expect(await stored()).to.have.length(2);
  });

  it('keeps what it answered through a killed server, and goes on', async () => {
    const answered: number[] = [];
    const load = { isRunning: true };
    const caller = async (): Promise<void> => {
      while (load.isRunning) answered.push(...(await again(() => store.receive([incoming()]))).map(({ message }) => message));
    };
    const callers = Promise.all([caller(), caller(), caller()]);
    while (answered.length < 20) await new Promise(setImmediate);
    await cluster.kill();
    await cluster.start();
    const before = answered.length;
    while (answered.length < before + 20) await new Promise((resolve) => setTimeout(resolve, 5));
    load.isRunning = false;
    await callers;
    const found = new Set<number>();
    for (let after: string | undefined; ;) {
      const page = await store.messages({}, { limit: 1000, ...(after !== undefined && { after }) });
      for (const { message } of page.items) found.add(message);
      if (page.next === undefined) break;
      after = page.next;
    }
    expect(answered.filter((id) => !found.has(id))).to.deep.equal([]);
    expect(new Set(answered).size).to.equal(answered.length);
  });

  it('says what the server does not let it do, in words that a person can act on', async () => {
    await cluster.query('create role stranger login');
    const at = (change: (url: URL) => void): string => {
      const url = new URL(cluster.url);
      change(url);
      return url.href;
    };
    const of = async (address: string): Promise<string | undefined> =>
      (await refused(openPostgresJournal(address), 'ERR_CONFIG_INVALID')).detail.found;
    expect(await of(at((url) => (url.pathname = '/nowhere')))).to.match(/^no such database/);
    expect(await of(at((url) => ((url.username = 'stranger'), url.searchParams.set('schema', 'strange'))))).to.match(/may not create a schema/);
    expect(await of(at((url) => (url.username = 'nobody')))).to.match(/^(a user|SQLSTATE 28)/);
  });

  it('is refused on a server that does not sync what it commits, and when a newer engine wrote it', async () => {
    const address = `${cluster.url}?schema=${schema}`;
    await cluster.query('ALTER ROLE passerelle SET synchronous_commit = off');
    await refused(openPostgresJournal(address), 'ERR_JOURNAL_UNSAFE');
    await cluster.query('ALTER ROLE passerelle RESET synchronous_commit');
    await cluster.query(`UPDATE ${schema}.meta SET version = 999`);
    await refused(openPostgresJournal(address), 'ERR_JOURNAL_VERSION');
    await refused(openPostgresJournal(address.replace(/\/passerelle\?/, '/nowhere?')), 'ERR_CONFIG_INVALID');
    await refused(openPostgresJournal('postgres://127.0.0.1:1/passerelle'), 'ERR_JOURNAL_UNAVAILABLE');
  });

  it('numbers on after rows that came by another way, and finds their terms where they stand', async () => {
    const [first] = await store.receive([incoming()]);
    await store.close();
    await cluster.query(`UPDATE ${schema}.message SET id = id + 1000; UPDATE ${schema}.head SET part = 0, event = 0, delivery = 0`);
    store = await openPostgresJournal(`${cluster.url}?schema=${schema}`);
    expect((await store.receive([incoming()]))[0]!.message).to.be.above(first!.message + 1000);
    expect(Number(await cluster.query(`SELECT indexed FROM ${schema}.head`))).to.equal(first!.message + 1000);
  });

  it('moves terms into their index in batches, and finds them wherever they wait', async () => {
    const term = 'ab'.repeat(16);
    const admit = async (terms: readonly string[]): Promise<number> => {
      const [id] = (await store.reserve(1)) as [number];
      const decision = { message: id, run: 1, state: 'filtered', decidedAt: '2026-09-14T08:00:00.000Z', decision: 'accept' } as const;
      await store.admit([{ message: incoming(), decision: { ...decision, warnings: [], parts: [], events: [], terms } }]);
      return id;
    };
    const [late] = (await store.reserve(1)) as [number];
    const one = await admit([term]);
    await Promise.all(Array.from({ length: 1100 }, () => admit([])));
    const two = await admit([term]);
    expect(Number(await cluster.query(`SELECT count(*) FROM ${schema}.term`))).to.equal(1);
    // Its number was passed by the index before it was stored.
    const decision = { message: late, run: 1, state: 'filtered', decidedAt: '2026-09-14T08:00:00.000Z', decision: 'accept' } as const;
    await store.admit([{ message: incoming(), decision: { ...decision, warnings: [], parts: [], events: [], terms: [term] } }]);
    const found = (await store.messages({ terms: [term] }, { limit: 10 })).items.map(({ message }) => message);
    expect(found).to.deep.equal([two, one, late]);
  });
});

/** Asks until the store knows that its connection is gone; rejects as it then does. */
async function waitForLoss(work: () => Promise<unknown>): Promise<never> {
  for (;;) {
    await work();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
