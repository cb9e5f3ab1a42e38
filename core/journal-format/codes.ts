/** How words of the contract are written in a journal: by position. Lists are append-only, their order is part of the format. */
import { PasserelleError, type AckCode, type DeliveryState, type MessageState, type RoutedEvent } from '../contract/index.ts';

export const MESSAGE_CODES: readonly MessageState[] = ['received', 'decoded', 'filtered', 'quarantined', 'rejected', 'dead', 'discarded'];
export const DELIVERY_CODES: readonly DeliveryState[] = ['queued', 'sending', 'review', 'held', 'dead', 'discarded', 'delivered'];
export const ACK_CODES: readonly AckCode[] = ['AA', 'AE', 'AR'];
export const KIND_CODES: readonly RoutedEvent['kind'][] = ['identity', 'visit', 'document', 'other'];

/** Number of a word; a word that is not in the list is a defect of the caller. */
export function codeOf<T extends string>(list: readonly T[], word: T): number {
  const code = list.indexOf(word);
  if (code < 0) throw new PasserelleError('ERR_INVARIANT', { expected: list.join(', ') });
  return code;
}

/** Word of a number; a number that no list has was written by a newer engine or by damage. */
export function wordOf<T extends string>(list: readonly T[], code: number): T {
  const word = list[code];
  if (word === undefined) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { expected: `a code below ${list.length}`, found: String(code) });
  return word;
}

let lastIso = '';
let lastMs = 0;

/** ms of an ISO time given by the caller; many rows of one command have the same. */
export function msOf(iso: string): number {
  if (iso === lastIso) return lastMs;
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) throw new PasserelleError('ERR_INVARIANT', { expected: 'an ISO 8601 time' });
  [lastIso, lastMs] = [iso, ms];
  return ms;
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();

/** What a payload is, in the column `part`: with the message and the chunk it names a row for sealing. */
export const RAW_PART = 0;
export const eventPart = (event: number): number => 4 * event + 1;
export const encodedPart = (delivery: number): number => 4 * delivery + 2;
