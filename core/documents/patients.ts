/** Whose a document is, over every road it comes by: identifiers as keyed hashes with the authority that gave them, and merges followed (SAFETY A8). */
import type { BlindIndex } from '../journal/index.ts';
import type { Case, Known, NoteRef } from '../knowledge/index.ts';
import type { EventData, Patient } from '../model/index.ts';
import { KINDS, note, read, ref } from './notes.ts';
import type { Note } from '../contract/index.ts';

/** Merges that follow one another; more is a circle. */
const LONGEST = 16;

/** `authority#hash` of each number that names the patient: those of its domains, and its INS once it is qualified. */
export function tokensOf(
  { event, draft }: { readonly event: Case['event']; readonly draft: Pick<Case['draft'], 'keys'> },
  index: BlindIndex,
): readonly string[] {
  const { patient } = event.data as { patient?: Patient };
  const ins = patient?.insStatus === 'VALI' && patient.ins && patient.insOid ? [{ domain: patient.insOid, value: patient.ins }] : [];
  return [...new Set([...draft.keys, ...ins].map((key) => `${key.domain}#${index.patient(key)}`))];
}

export const hashOf = (token: string): string => token.slice(token.lastIndexOf('#') + 1);
const authorityOf = (token: string): string => token.slice(0, token.lastIndexOf('#'));

/** Where each number leads to, as far as is known. */
export function aliasRefs(tokens: readonly string[], known: Known): readonly NoteRef[] {
  return tokens.flatMap((token) => chain(hashOf(token), known)).flatMap((key) => ref(KINDS.alias, key));
}

function chain(start: string, known: Known): readonly string[] {
  const keys = [start];
  for (let next = read(known, KINDS.alias, start); next && !keys.includes(next) && keys.length < LONGEST; next = read(known, KINDS.alias, next))
    keys.push(next);
  return keys;
}

/**
 * `same`: a number in common, a merge taken into account. `other`: an authority in common, and none of its numbers. `unknown`: nothing in common to
 * compare (an establishment's number against an INS).
 */
export function comparePatients(one: readonly string[], other: readonly string[], known: Known): 'same' | 'other' | 'unknown' {
  const along = (tokens: readonly string[]): readonly string[] => tokens.flatMap((token) => chain(hashOf(token), known));
  const mine = new Set(along(one));
  if (along(other).some((key) => mine.has(key))) return 'same';
  const authorities = new Set(one.map(authorityOf));
  return other.some((token) => authorities.has(authorityOf(token))) ? 'other' : 'unknown';
}

/** A number that stands for another from now on. */
export function aliasOf({ event }: Case, index: BlindIndex): Note | undefined {
  const { domain, surviving, absorbed } = event.data as EventData<'dcc.identity.merged'>;
  if (domain === undefined || surviving === absorbed) return undefined;
  const key = (value: string): string => index.patient({ domain, value });
  return note(KINDS.alias, key(absorbed), key(surviving));
}
