/** What needs a person, said before anybody asks: alerts computed from the journal's counts, the lanes, the disk and the certificates; nothing of them is stored. */
export { diskBytesFree, LOW_DISK_BYTES, NO_DISK_BYTES } from './machine.ts';
export { JournalWrites } from './journal-writes.ts';
export { AlertWatch, type AlertWatchParts, type WatchedRegion } from './watch.ts';
export type { Condition } from './rules.ts';
