/** Whose a document is, over every road it comes by: identifiers as keyed hashes with the authority that gave them, and merges followed (SAFETY A8, B6). */
import { PERSON, claimsOf, isAccepted, joinedOf, personOf, survivorOf, type SendersOf } from '../identity/index.ts';
import type { BlindIndex } from '../journal/index.ts';
import type { ClearKey, Note } from '../contract/index.ts';
import type { Case, Known, NoteRef } from '../knowledge/index.ts';
import { isInsOid, type Patient } from '../model/index.ts';
import { KINDS, lately, note, read, ref } from './notes.ts';

/** `authority#hash` of each number that names the patient: those of its domains, and its INS once it is qualified. */
export function tokensOf(
  { event, draft }: { readonly event: Case['event']; readonly draft: Pick<Case['draft'], 'keys'> },
  index: BlindIndex,
): readonly string[] {
  return [...new Set([...draft.keys, ...insIn(event)].map((key) => `${key.domain}#${index.patient(key)}`))];
}

function insIn({ data }: Case['event']): readonly ClearKey[] {
  const { patient } = data as { patient?: Patient };
  return patient?.insStatus === 'VALI' && patient.ins && patient.insOid ? [{ domain: patient.insOid, value: patient.ins }] : [];
}

/** Keys of the INS that an event says: once it is judged, its patient's. */
export const insSaid = ({ event }: Pick<Case, 'event'>, index: BlindIndex): readonly string[] => insIn(event).map((key) => index.patient(key));

export const hashOf = (token: string): string => token.slice(token.lastIndexOf('#') + 1);
const authorityOf = (token: string): string => token.slice(0, token.lastIndexOf('#'));

/** Where each number leads to, as far as is known. */
export function survivorRefs(tokens: readonly string[], known: Known): readonly NoteRef[] {
  return tokens.flatMap((token) => survivorOf(hashOf(token), known).chain).flatMap((key) => ref(PERSON, key));
}

/** Numbers that one INS is known to be claimed for: more is an application that gives one INS to everybody. */
const MOST_HOLDERS = 64;

/**
 * Keys of everybody these numbers stand for, as far as is known: whom they absorbed, who absorbed them, every INS that a sender claims for one of them, and
 * the numbers that an INS is claimed for. One that a trait took away since, or that another sender contradicts, counts: opposition errs towards no.
 */
export function relatives(keys: readonly string[], known: Known, index: BlindIndex): ReadonlySet<string> {
  const all = new Set(keys);
  for (const key of all) {
    const { into, absorbed = [] } = personOf(known, key) ?? {};
    for (const one of [into, ...absorbed]) if (one) all.add(one.key);
    for (const holder of read(known, KINDS.holders, key) ?? []) if (insKeysOf(holder, known, index).includes(key)) all.add(holder);
    for (const ins of insKeysOf(key, known, index)) all.add(ins);
  }
  return all;
}

/** Keys of every INS that a sender claims for the number with this key. */
export function insKeysOf(key: string, known: Known, index: BlindIndex): readonly string[] {
  const person = personOf(known, key);
  return person ? claimsOf(person).map(({ ins, insOid }) => index.patient({ domain: insOid, value: ins })) : [];
}

/** Whoever names an INS alone has to find the numbers behind it, and so their merges. */
export function holderNotes(keys: readonly string[], known: Known, index: BlindIndex): readonly Note[] {
  const holders = new Map<string, readonly string[]>();
  for (const key of keys)
    for (const ins of insKeysOf(key, known, index)) {
      const now = holders.get(ins) ?? read(known, KINDS.holders, ins) ?? [];
      if (!now.includes(key)) holders.set(ins, lately(now, key, MOST_HOLDERS));
    }
  return [...holders].map(([ins, list]) => note(KINDS.holders, ins, list));
}

/** Of the number with this key, the key of the INS on file. */
export function insKeyOf(key: string, known: Known, index: BlindIndex, sendersOf: SendersOf): string | undefined {
  const person = personOf(known, key);
  const ins = person && joinedOf(person, sendersOf(person.domain)).ins;
  return ins && index.patient({ domain: ins.insOid, value: ins.ins });
}

/** A document, and whether the INS that it names is the one on file. */
export interface Compared extends Case {
  readonly isSettled: boolean;
}

/**
 * `same`: a number in common, a merge taken into account. `other`: an authority in common, and none of its numbers; or two qualified INS, whatever else
 * is in common. `unknown`: nothing in common to compare (an establishment's number against an INS).
 */
export function comparePatients(one: Compared, noted: readonly string[], received: readonly string[], known: Known): 'same' | 'other' | 'unknown' {
  const along = (tokens: readonly string[]): readonly string[] => tokens.flatMap((token) => survivorOf(hashOf(token), known).chain);
  const mine = new Set(along(noted));
  const isCommon = (tokens: readonly string[]): boolean => along(tokens).some((key) => mine.has(key));
  const insOf = (tokens: readonly string[]): readonly string[] => tokens.filter((token) => isInsOid(authorityOf(token)));
  const hasBoth = insOf(noted).length > 0 && insOf(received).length > 0;
  if (hasBoth && !isCommon(insOf(received)) && !one.isSettled) return 'other';
  if (isCommon(received)) return 'same';
  const authorities = new Set(noted.map(authorityOf));
  return received.some((token) => authorities.has(authorityOf(token))) ? 'other' : 'unknown';
}

/** The INS was corrected since: the one received is on file now, which identities have made sure of, or a person said that it counts. */
export const isSettled = (one: Case, known: Known, sendersOf: SendersOf): boolean =>
  one.keys.some((key) => {
    const person = personOf(known, key);
    return person !== undefined && (isAccepted(one, known, key) || joinedOf(person, sendersOf(person.domain)).ins !== undefined);
  });
