/** Journal store on PostgreSQL: a schema of its own, one writer per node, all writers of a journal one after the other (decision 0013). */
import type { StorePlugin } from '../../core/contract/index.ts';
import { dumpStopped } from './dump.ts';
import { loadJournal, retireJournal } from './load.ts';
import { openPostgresJournal } from './store.ts';

export const plugin: StorePlugin = {
  kind: 'store',
  id: 'postgres',
  open: (address) => openPostgresJournal(address),
  dump: (address) => dumpStopped(address),
  load: (address, dump, check) => loadJournal(address, dump, check),
  retire: (address) => retireJournal(address),
};

export { makePartitions } from './partitions.ts';
export { openPostgresJournal } from './store.ts';
