/**
 * Several documents of one number of their source, told apart by what their message says of each, or by nothing but their place in it: what moved there is
 * not the next version of what stood there before (SAFETY B2, B3).
 */
import type { Case, Known } from '../knowledge/index.ts';
import type { DocumentFacts } from './facts.ts';
import { documentOf, KINDS, read, type DocumentNote } from './notes.ts';
import { broughtOf, type Found } from './register.ts';
import { stop } from './stops.ts';

export const shared = (by: string): ReturnType<typeof stop> =>
  stop('ERR_DOCUMENT_VERSION_CONFLICT', `${by} used this number for other documents, or another count of them`);

/** The document of these bytes among those of its source that share the number, by another name than this one. */
export function ofNumber({ event }: Case, { key: own, id, number = id, contentKey }: DocumentFacts, known: Known): Found | undefined {
  for (const key of read(known, KINDS.content, contentKey) ?? []) {
    const note = documentOf(known, key);
    if (key !== own && note?.first && note.isNumbered && note.from[0] === event.site && note.id.startsWith(`${number}#`)) return { key, note };
  }
  return undefined;
}

/** By an earlier message than this one. */
export const isSharedBefore = ({ message }: Case, number: DocumentNote): boolean =>
  number.isShared === true && !broughtOf(number).by.includes(message.id);

/** Other bytes at a place, where the places are not those of before: there were more of them or fewer, or these bytes stood at another. */
export function isMoved(one: Case, facts: DocumentFacts, own: DocumentNote, known: Known): boolean {
  const { siblings, content } = facts;
  if (!siblings || !own.first || own.first.message === one.message.id || own.content === content) return false;
  const isThere = (note: DocumentNote | undefined): boolean =>
    note?.first !== undefined && (!note.deleted || note.deleted.message === one.message.id);
  const other = ofNumber(one, facts, known);
  return !isThere(documentOf(known, siblings.last)) || isThere(documentOf(known, siblings.next)) || (other !== undefined && isThere(other.note));
}
