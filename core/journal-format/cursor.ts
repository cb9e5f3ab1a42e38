/** Opaque cursors: journal tag, kind of reading, numbers. A cursor of another journal or of another reading is refused. */
import { PasserelleError } from '../contract/index.ts';
import { MATERIAL_ITEMS, PAGE_ITEMS } from './limits.ts';

export const writeCursor = (tag: string, kind: string, ...numbers: number[]): string => [tag, kind, ...numbers.map((n) => n.toString(36))].join('.');

/** The numbers of a cursor; undefined without one. Throws ERR_REQUEST_INVALID. */
export function readCursor(tag: string, kind: string, cursor: string | undefined, count = 1): number[] | undefined {
  if (cursor === undefined) return undefined;
  const [ofJournal, ofKind, ...rest] = cursor.split('.');
  const numbers = rest.map((text) => parseInt(text, 36));
  if (ofJournal !== tag || ofKind !== kind || numbers.length !== count || !numbers.every(Number.isSafeInteger))
    throw new PasserelleError('ERR_REQUEST_INVALID', { expected: 'a cursor that this reading gave' });
  return numbers;
}

/** A position in an order of times that several keys may share. */
export const writeKeyCursor = (tag: string, kind: string, at: number, key: string): string => [tag, kind, at.toString(36), key].join('.');

/** Throws ERR_REQUEST_INVALID. */
export function readKeyCursor(tag: string, kind: string, cursor: string | undefined): { readonly at: number; readonly key: string } | undefined {
  if (cursor === undefined) return undefined;
  const key = /\.((?:[0-9a-f]{2})+)$/.exec(cursor)?.[1];
  const [at] = (key && readCursor(tag, kind, cursor.slice(0, -key.length - 1))) || [];
  if (key === undefined || at === undefined) throw new PasserelleError('ERR_REQUEST_INVALID', { expected: 'a cursor that this reading gave' });
  return { at, key };
}

export const pageSize = (limit: number): number => Math.min(Math.max(Math.trunc(limit) || 1, 1), PAGE_ITEMS);

/** Deliveries that are asked for together. Throws ERR_REQUEST_INVALID past their bound. */
export function atOnce(deliveries: readonly number[]): readonly number[] {
  if (deliveries.length <= MATERIAL_ITEMS) return deliveries;
  throw new PasserelleError('ERR_REQUEST_INVALID', { expected: `${MATERIAL_ITEMS} deliveries at most`, found: String(deliveries.length) });
}
