/** Opaque cursors: journal tag, kind of reading, numbers. A cursor of another journal or of another reading is refused. */
import { PasserelleError } from '../contract/index.ts';
import { PAGE_ITEMS } from './limits.ts';

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

export const pageSize = (limit: number): number => Math.min(Math.max(Math.trunc(limit) || 1, 1), PAGE_ITEMS);
