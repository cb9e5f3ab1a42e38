/** Plans that were made while the tables were small, and kept: reading one row of a table that has grown since reads no other. */
import { expect } from 'chai';
import { at, decided, hashed, incoming } from '../../../test/contract/journal/samples.ts';
import { postgresFolder, startCluster, type Cluster } from '../../../test/ground/index.ts';
import { openPostgresJournal } from '../store.ts';

const MESSAGES = 1000;
const READINGS = 300;
/** Of a reading, and of a write: a reading of everything would be as many as there are messages. */
const MOST_ROWS = 40;

describe('plans of PostgreSQL', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  before(async function () {
    if (!postgresFolder() && !(process.env['PASSERELLE_REQUIRE'] ?? '').split(',').includes('postgres')) return this.skip();
    // Nobody analyzes the tables meanwhile.
    cluster = await startCluster({ settings: { autovacuum: 'off' } });
  });
  after(() => cluster?.stop());

  it('made for a small journal read by key in a large one', async () => {
    const store = await openPostgresJournal(`${cluster.url}?schema=plans`);
    const key = (i: number): string => hashed(`patient ${i}`);
    const fill = async (count: number, from: number): Promise<readonly number[]> => {
      const received = await store.receive(
        Array.from({ length: count }, (_, i) => incoming({ controlId: `C${from + i}`, fingerprint: key(from + i) })),
      );
      const messages = received.map(({ message }) => message);
      await store.decide(messages.map((message, i) => decided(message, { notes: [{ kind: 'person', key: key(from + i), value: '{}' }] })));
      return messages;
    };
    const read = async (message: number, i: number): Promise<void> => {
      expect(await store.notes('person', [key(i)])).to.deep.equal(['{}']);
      const found = await store.message(message);
      const ids = found?.deliveries.map(({ delivery }) => delivery) ?? [];
      expect(await store.states(ids)).to.have.length(ids.length);
      expect(await store.material(ids)).to.have.length(ids.length);
      expect(await store.raw(message)).not.to.have.length(0);
      await store.keep([{ kind: 'task', key: key(i), value: '1' }], at(1));
    };
    const [first] = await fill(1, 0);
    for (let i = 0; i < 30; i++) await read(first!, 0);
    const messages: number[] = [];
    while (messages.length < MESSAGES) messages.push(...(await fill(100, messages.length + 1)));
    for (let i = 0; i < READINGS; i++) await read(messages[i]!, i + 1);
    await store.close();

    // What the connections that are closed now have counted.
    const rows = await cluster.query(
      "SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE schemaname = 'plans'",
    );
    const counted = new Map(rows.split('\n').map((line) => line.split('|') as [string, string]));
    for (const table of ['note', 'message', 'delivery', 'event', 'attempt', 'act', 'earlier'])
      expect(Number(counted.get(table)), table).to.be.below(MOST_ROWS * (MESSAGES + READINGS));
  });
});
