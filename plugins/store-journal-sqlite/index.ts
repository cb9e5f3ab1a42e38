/** Journal store on SQLite: one file, one owner, one worker thread, group commit. The embedded default (decisions D2, D3). */
import type { StorePlugin } from '../../core/contract/index.ts';
import { dumpStopped } from './dump.ts';
import { loadJournal, retireJournal } from './load.ts';
import { openSqliteJournal } from './store.ts';

export const plugin: StorePlugin = {
  kind: 'store',
  id: 'sqlite',
  open: (address) => openSqliteJournal(address),
  dump: dumpStopped,
  load: loadJournal,
  retire: retireJournal,
};

export type { OpenOptions } from './calls.ts';
export { openSqliteJournal, type SqliteJournal } from './store.ts';
