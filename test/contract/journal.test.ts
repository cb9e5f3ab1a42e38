/** Every journal store against the one contract. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { plugin as postgres } from '../../plugins/store-journal-postgres/index.ts';
import { plugin as sqlite } from '../../plugins/store-journal-sqlite/index.ts';
import { postgresFolder, startCluster, type Cluster } from '../ground/index.ts';
import { crossing } from './journal/crossing.ts';
import { journalSuite, type StoreUnderTest } from './journal-suite.ts';

const SQLITE: StoreUnderTest = {
  name: 'sqlite',
  plugin: sqlite,
  address: () => mkdtemp(join(tmpdir(), 'passerelle-journal-')),
  dispose: (folder) => rm(folder, { recursive: true }),
};

/** One cluster for all journals, a schema for each. */
function onPostgres(cluster: () => Cluster): StoreUnderTest {
  let schemas = 0;
  return {
    name: 'postgres',
    plugin: postgres,
    shared: true,
    address: async () => `${cluster().url}?schema=journal_${++schemas}`,
    dispose: async (address) => {
      const client = new Client(cluster().url);
      await client.connect();
      await client.query(`DROP SCHEMA IF EXISTS ${new URL(address).searchParams.get('schema')} CASCADE`);
      await client.end();
    },
  };
}

journalSuite(SQLITE);

describe('PostgreSQL', function () {
  this.timeout(60_000);
  let cluster: Cluster | undefined;
  before(async function () {
    if (!postgresFolder() && !(process.env['PASSERELLE_REQUIRE'] ?? '').split(',').includes('postgres')) this.skip();
    cluster = await startCluster();
  });
  after(() => cluster?.stop());
  const under = onPostgres(() => cluster!);
  journalSuite(under);
  crossing(SQLITE, under);
});
