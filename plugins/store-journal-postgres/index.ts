/**
 * Journal store on PostgreSQL: a schema of its own, one writer per node, all writers of a journal one after the other (decision 0013). Its driver is loaded
 * where a journal is there: the others need its memory for messages.
 */
import type { StorePlugin } from '../../core/contract/index.ts';

export const plugin: StorePlugin = {
  kind: 'store',
  id: 'postgres',
  open: async (address) => (await import('./store.ts')).openPostgresJournal(address),
  dump: async (address) => (await import('./dump.ts')).dumpStopped(address),
  load: async (address, dump, check) => (await import('./load.ts')).loadJournal(address, dump, check),
  retire: async (address, to) => (await import('./load.ts')).retireJournal(address, to),
};
