/**
 * What a receiver has of a document, by whichever of its names: of all that left for there, the last that may have arrived. That is what the next one takes the
 * place of, and what a deletion names (SAFETY B2 to B4, decision 0032).
 */
import { isDeepStrictEqual } from 'node:util';
import type { DocumentIds } from '../contract/index.ts';
import { parseId } from '../journal/index.ts';
import type { Known } from '../knowledge/index.ts';
import { lanesOf } from './lanes.ts';
import { documentOf, KINDS, MOST_BY, ref, type DocumentNote, type SentAs } from './notes.ts';
import { broughtOf, isLessFinal, keyOfId, nameRefs, otherNames, rankOf, union, type Found } from './register.ts';
import type { DocumentFacts } from './facts.ts';
import { isRefused, leftOf, readAll, type LegEnd, type LegParts } from './there.ts';

/** What leaves: its status and bytes, how confidential it is, and by which delivery of which message. */
export type What = Pick<DocumentFacts, 'hasOwnId' | 'status' | 'content'> & { readonly code: string; readonly by: string; readonly message: string };

/** One that left, and whose it is. */
export interface Left {
  readonly sent: SentAs;
  /** Of the name that it left by, and what is known of it. */
  readonly key: string;
  readonly note: DocumentNote;
  /** By the name that is asked for, the last of its contents. */
  readonly isOwn: boolean;
  /** A delivery that it left by; none is known of notes of before. */
  readonly by?: string;
  readonly delivery: number;
  /** By which it is noted. */
  readonly lane?: string;
}

/** All that left of it. */
export interface Family {
  readonly own: DocumentNote | undefined;
  /** By its other names, as they are now. */
  readonly others: readonly Found[];
  readonly left: readonly Left[];
  /** Keys of all its names. */
  readonly names: readonly string[];
}

/** `itself`: the message that leaves. */
export async function familyOf(parts: LegParts, key: string, itself: string, to: LegEnd): Promise<Family> {
  const formerly = (all: Known): readonly string[] => documentOf(all, key)?.formerly ?? [];
  const known = await readAll(parts, (all) => [
    ...[key, ...formerly(all)].flatMap((each) => ref(KINDS.document, each)),
    ...nameRefs(key, all, parts.index),
  ]);
  const own = documentOf(known, key);
  if (!own) return { own, others: [], left: [], names: [key] };
  const before = formerly(known).flatMap((each) => {
    const note = documentOf(known, each);
    return note ? [{ key: each, note }] : [];
  });
  const others = [...otherNames(key, known, true), ...before];
  const messages = union(
    broughtOf(own).by,
    others.flatMap((other) => broughtOf(other.note).by),
  ).filter((message) => message !== itself);
  const leftBy = async (each: Found): Promise<readonly Left[]> => {
    const { note } = each;
    const isOwn = each.key === key;
    const lanes = lanesOf(note, to, parts);
    const ofLane = (lane: string): readonly Left[] =>
      chainOf(note.sentAs?.[lane]).flatMap((one, i) => deliveriesOf(parts, { ...each, sent: named(one, note), isOwn: isOwn && i === 0, lane }));
    if (lanes.length > 0) return lanes.flatMap(ofLane);
    const legs = await Promise.all(messages.map((message) => leftOf(parts, { message }, to, (facts) => facts.key === each.key)));
    const ids = namedIn(note);
    const deliveries = legs.flat().map(({ delivery }) => delivery);
    return ids && deliveries.length > 0 ? [{ ...each, sent: ids, isOwn, delivery: Math.max(...deliveries) }] : [];
  };
  const all = [{ key, note: own }, ...others];
  return { own, others, left: (await Promise.all(all.map(leftBy))).flat(), names: all.map((each) => each.key) };
}

/** Of those, the last that may have arrived; where nothing says which is the last, one that nothing took the place of. */
export async function lastThere(parts: LegParts, left: readonly Left[]): Promise<Left | undefined> {
  const isOver = ({ note }: Left): number => Number(note.superseded !== undefined);
  for (const each of left.toSorted((a, b) => b.delivery - a.delivery || isOver(a) - isOver(b)))
    if (!(await isRefused(parts, { by: each.by ?? [] }))) return each;
  return undefined;
}

/** Lanes that are gone left another one there each, and nothing says which of them this one is now. */
export async function isUnclear(parts: LegParts, left: readonly Left[]): Promise<boolean> {
  for (const own of Map.groupBy(left, ({ key }) => key).values()) {
    const lanes = [...new Set(own.map(({ lane }) => lane))];
    const ofLane = (lane: string | undefined): readonly Left[] => own.filter((each) => each.lane === lane);
    const last = lanes.length > 1 ? await Promise.all(lanes.map((lane) => lastThere(parts, ofLane(lane)))) : [];
    const [one, ...others] = last.flatMap((each) => (each ? [idsOf(each.sent)] : []));
    if (others.some((each) => !isDeepStrictEqual(each, one))) return true;
  }
  return false;
}

/**
 * Of what it replaces: by name, as its other name does, and, where nothing of that is there and its author names none, as that one did in its turn. What its author
 * names is his to name (decision 0020).
 */
export async function replacedBy(
  parts: LegParts,
  facts: DocumentFacts,
  { others }: Family,
  itself: string,
  to: LegEnd,
): Promise<Omit<Family, 'own' | 'others'>> {
  const ofSame = others.filter(({ note }) => note.content === facts.content).map(({ note }) => replacedKey(note, parts));
  const next = facts.replaces ? [facts.replaces.key] : ofSame.filter((key) => key !== undefined);
  const found: { left: Left[]; names: string[] } = { left: [], names: [] };
  for (const key of next) {
    if (found.names.includes(key)) continue;
    const family = await familyOf(parts, key, itself, to);
    found.left.push(...family.left.map((each) => ({ ...each, isOwn: false })));
    found.names.push(...family.names);
    const below = family.own && replacedKey(family.own, parts);
    if (!facts.replaces && below !== undefined && !(await lastThere(parts, found.left))) next.push(below);
  }
  return found;
}

const replacedKey = ({ replaces, from }: DocumentNote, { index }: LegParts): string | undefined =>
  replaces === undefined ? undefined : keyOfId(replaces, from[0], index);

/** Contents of one number, one after the other. */
export const chainOf = (sent: SentAs | undefined): readonly SentAs[] => (sent ? [sent, ...chainOf(sent.before)] : []);

/** By each delivery; past what is kept of them the first ones may have arrived. */
function deliveriesOf({ journal }: LegParts, one: Omit<Left, 'delivery'>): readonly Left[] {
  const all = [one.sent.by ?? []].flat().flatMap((by) => {
    const parsed = parseId(journal.tag, by);
    return 'delivery' in parsed ? [{ ...one, by, delivery: parsed.delivery }] : [];
  });
  const isAll = all.length > 0 && all.length < MOST_BY;
  return isAll ? all : [{ ...one, delivery: (all[0]?.delivery ?? 0) - 1 }, ...all];
}

/** Notes of before do not say by which number it left. */
const named = (sent: SentAs, note: DocumentNote): SentAs => (isNamed(sent) ? sent : { ...sent, ...namedIn(note) });

export const isNamed = ({ id, number }: DocumentIds): boolean => (id ?? number) !== undefined;

/** The names that it came by. */
function namedIn({ id, isNumbered }: DocumentNote): DocumentIds | undefined {
  // By its bytes it was never named to anybody.
  if (isNumbered) return id.startsWith('sha256:') ? undefined : { number: id };
  const at = id.lastIndexOf('^^');
  return at < 0 ? { id } : { id: id.slice(at + 2), idExtension: id.slice(0, at) };
}

export function idsOf(sent: SentAs): DocumentIds {
  const { what: _, by: __, before: ___, isDeleted: ____, site: _____, after: ______, ...ids } = sent;
  return ids;
}

/** With as final a word, and told to be as confidential. */
export function isSaid({ status, content = '', code }: What, before: string): boolean {
  const [word, bytes, told = ''] = before.split(' ');
  return bytes === content && rankOf(word) >= rankOf(status) && told >= code;
}

/** It holds what leaves; of before that was noted, the document tells. */
export const holds = ({ sent, note }: Left, what: What): boolean =>
  sent.what === undefined ? note.content === what.content && !isLessFinal(note.status, what.status) : isSaid(what, sent.what);

/** Of one delivery none arrived before, or the attempt would not be made anew. */
export const isThis = (sent: SentAs, what: What): boolean => [sent.by].flat().includes(what.by) && sent.what?.split(' ')[1] === (what.content ?? '');
