/** How a journal is written, whatever the store: codes, hashes, packed records, cursors, common bounds. For `plugins/store-journal-*`. */
export * from './codes.ts';
export * from './cursor.ts';
export * from './hashes.ts';
export * from './history-rows.ts';
export * from './limits.ts';
export * from './notes.ts';
export * from './pack.ts';
export * from './rows.ts';
export * from './values.ts';
export type * from './packed.ts';
