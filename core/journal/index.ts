/** The engine's side of the journal: where it is, public ids and keyed hashes. The store itself is a plugin (`plugins/store-journal-*`). */
export { journalAddress, type JournalAddress } from './address.ts';
export { BlindIndex, loadIndexKey } from './blind-index.ts';
export { deliveryId, messageId, parseId } from './ids.ts';
