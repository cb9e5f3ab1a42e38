/** Journal store on SQLite: one file, one owner, one worker thread, group commit. The embedded default (decisions D2, D3). */
import type { StorePlugin } from '../../core/contract/index.ts';
import { openSqliteJournal } from './store.ts';

export const plugin: StorePlugin = { kind: 'store', id: 'sqlite', open: (address) => openSqliteJournal(address) };

export type { OpenOptions } from './calls.ts';
export { openSqliteJournal, type SqliteJournal } from './store.ts';
