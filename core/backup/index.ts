/** Backups: what they hold, how they are written, verified and restored, and how a journal moves from one store to another (decision 0015). */
export { lastBackup, recordBackup, type LastBackup } from './last.ts';
export type { Manifest } from './manifest.ts';
export { openBackup } from './read.ts';
export { moveJournal, restoreBackup, type JournalPlace, type Restored } from './restore.ts';
export { keptFiles, type BackupSource, type KeptFile } from './source.ts';
export { fromWire, toWire } from './wire.ts';
export { writeBackup } from './write.ts';
