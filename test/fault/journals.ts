/**
 * The journals that every fault is proven on. SQLite lives in the data directory. PostgreSQL needs its plugin and, for each suite, an empty
 * schema: `PASSERELLE_TEST_JOURNAL` names the database (`test/ground/with-cluster.ts` makes one); without, it is skipped visibly.
 */
import type { JournalStore } from '../../core/contract/index.ts';
import { loadPlugins } from '../../core/registry/index.ts';

export interface TestJournal {
  readonly name: string;
  readonly store: 'sqlite' | 'postgres';
  /** Address of an empty database; absent when the journal is in the data directory. */
  readonly address?: string;
}

export const SQLITE: TestJournal = { name: 'SQLite', store: 'sqlite' };

/** One suite for each journal; the ones that cannot run say so. */
export function describeJournals(title: string, suite: (journal: TestJournal) => void, address = process.env['PASSERELLE_TEST_JOURNAL']): void {
  describe(`${title} (SQLite)`, () => suite(SQLITE));
  describePostgres(title, suite, address);
}

/** The same for faults that only a database server has. */
export function describePostgres(title: string, suite: (journal: TestJournal) => void, address = process.env['PASSERELLE_TEST_JOURNAL']): void {
  if (address)
    describe(`${title} (PostgreSQL)`, () => suite({ name: 'PostgreSQL', store: 'postgres', address: `${address}?schema=fault_${(suites += 1)}` }));
  else it.skip(`${title} (PostgreSQL): no PASSERELLE_TEST_JOURNAL`);
}

let suites = 0;

/** Opens it from here, while no engine has it. */
export async function openJournal(journal: TestJournal, data: string): Promise<JournalStore> {
  const { stores } = await loadPlugins();
  const store = stores.get(journal.store);
  if (!store) throw new Error(`there is no journal store ${journal.store}`);
  return store.open(journal.address ?? data);
}
