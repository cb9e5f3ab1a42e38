/** The engine's side of the journal: public ids and keyed hashes. The store itself is a plugin (`plugins/store-journal-*`). */
export { BlindIndex, loadIndexKey } from './blind-index.ts';
export { deliveryId, messageId, parseId } from './ids.ts';
