/** Notes of documents as they are changed: a document comes, another one takes its place, its set grows. */
import type { Note } from '../contract/index.ts';
import type { BlindIndex } from '../journal/index.ts';
import type { Case, Known, NoteRef } from '../knowledge/index.ts';
import { contentKeyOf, documentData, worldwideKey, type DocumentFacts } from './facts.ts';
import { documentOf, KINDS, lately, note, read, ref, type Act, type Deletion, type DocumentNote, type Named, type SetNote } from './notes.ts';
import { sayingOf } from './stops.ts';

/** Table 0085 in its order: what is less final never takes the place of what is more so. */
const RANK: Readonly<Record<string, number>> = { preliminary: 0, final: 1, corrected: 2 };
export const rankOf = (status: string | undefined): number => RANK[status ?? ''] ?? 1;
/** Of the same bytes: a correction and a final word say the same of them. */
export const isLessFinal = (status: string | undefined, than: string | undefined): boolean =>
  status === 'preliminary' && rankOf(than) > rankOf(status);

/** Versions of one set that are kept: the highest ones decide. */
const VERSIONS = 32;

export const actOf = ({ message, event, now }: Case): Act => ({ message: message.id, run: message.run, at: now, site: event.site });

/** Keys of the other documents that this one has to be held against. */
export function documentsIn(facts: DocumentFacts, known: Known): readonly string[] {
  const set = read(known, KINDS.set, facts.set);
  const same = set?.versions.filter(({ version }) => version === facts.version) ?? [];
  const replacedBy = documentOf(known, facts.replaces?.key)?.superseded?.key;
  const named = [
    facts.replaces?.key,
    replacedBy,
    ...newestOfEach(set).map(({ key }) => key),
    facts.shares,
    facts.siblings?.last,
    facts.siblings?.next,
    ...same.map(({ key }) => key),
    ...[facts.contentKey, facts.innerKey].flatMap((key) => read(known, KINDS.content, key) ?? []),
  ];
  const others = [facts.key, ...named].flatMap((key) => namesOf(documentOf(known, key)));
  const paired = [facts.key, ...named, ...others].flatMap((key) => documentOf(known, key)?.pairedWith ?? []);
  const all = [...named, ...others, ...[...facts.pairedWith, ...paired].map(({ key }) => key)];
  return [...new Set(all.filter((key) => key !== undefined))].filter((key) => key !== facts.key);
}

const newestOfEach = (set: SetNote | undefined): SetNote['versions'] => [
  ...new Map((set?.versions ?? []).toReversed().map((each) => [each.series, each])).values(),
];

type Line = Pick<DocumentNote, 'series' | 'beside'>;

/** Of one set, and neither is a version of the other: each of them is one of two forms of one content, or a version of such a form (decision 0038). */
export const areApart = (one: Line, other: Line): boolean =>
  one.series !== other.series && (one.beside?.includes(other.series!) === true || other.beside?.includes(one.series!) === true);

/** Its set, without the versions of its other form: some of these may be of before both were known. */
export const setOf = (own: Line & Pick<DocumentNote, 'set'>, known: Known): SetNote | undefined => {
  const set = read(known, KINDS.set, own.set);
  const apart = set?.versions.filter((each) => areApart(each, own)).map(({ series }) => series);
  return set && { ...set, versions: set.versions.filter(({ series }) => !apart!.includes(series)) };
};

/**
 * It leaves after what waits of the very document that it is, replaces or withdraws, and of what came before it in its set. Two forms of one content that both are new
 * wait for nothing of each other.
 */
export function lined(one: Pick<Case, 'event' | 'draft'>, facts: DocumentFacts, known: Known, index: BlindIndex): DocumentFacts {
  const named = [facts.key, facts.replaces?.key].flatMap((key) => [
    documentOf(known, key),
    ...otherNames(key, known, true).map((other) => other.note),
  ]);
  const before = named.find((each) => each?.series !== undefined);
  const series = before?.series ?? seriesOf(one, facts, known, index);
  if (series === undefined) return facts;
  const paired = facts.pairedWith.flatMap(({ key }) => documentOf(known, key)?.series ?? []);
  const versions = (read(known, KINDS.set, facts.set)?.versions ?? []).filter((each) => each.series === series);
  const all = [before, ...versions].flatMap((each) => each?.beside ?? []);
  const beside = union(all, paired).filter((each) => each !== series);
  return { ...facts, series, ...(beside.length > 0 && { beside }) };
}

function seriesOf({ event, draft }: Pick<Case, 'event' | 'draft'>, facts: DocumentFacts, known: Known, index: BlindIndex): string | undefined {
  const name = draft.document?.setId ?? draft.document?.id;
  if (name === undefined) return undefined;
  const { companions = [], level = '' } = documentData({ event }).document;
  const [plain, ofForm] = [name, `${name} ${level}`].map((each) => index.series(event.site, each)) as [string, string];
  const versions = read(known, KINDS.set, facts.set)?.versions ?? [];
  const paired = facts.pairedWith.map(({ key }) => documentOf(known, key)?.series);
  const earlier = versions
    .filter(({ version, series: each }) => version < facts.version! && !paired.includes(each))
    .flatMap((each) => each.series ?? []);
  return [ofForm, plain].find((each) => earlier.includes(each)) ?? earlier[0] ?? (companions.length > 0 ? ofForm : plain);
}

export interface Found {
  readonly key: string;
  readonly note: DocumentNote;
}

/** Keys of its other names, as its note has them. */
export const namesOf = (note: DocumentNote | undefined): readonly string[] => [
  ...new Set([...(note?.sameKeys ?? []), note?.sameKey].filter((key) => key !== undefined)),
];

/** The same document by each other name that its source gave it; `isAny`: whatever each of them holds by now. */
export function otherNames(key: string | undefined, known: Known, isAny = false): readonly Found[] {
  const own = documentOf(known, key);
  if (!own || key === undefined) return [];
  return namesOf(own).flatMap((each) => {
    const note = documentOf(known, each);
    return note && namesOf(note).includes(key) && (isAny || note.content === own.content) ? [{ key: each, note }] : [];
  });
}

/** Notes of before names were linked say of each other what people call them: their bytes lead from one to the other. */
const isUnlinked = ({ sameAs, sameKey, sameKeys, content, first }: DocumentNote): boolean =>
  sameAs !== undefined && sameKey === undefined && sameKeys === undefined && content !== undefined && first !== undefined;

/** What is known, with the names of such notes linked. */
export function linked(known: Known, index: BlindIndex): Known {
  return (kind, key) => {
    const value = known(kind, key);
    if (kind !== KINDS.document || !value?.includes('"sameAs"')) return value;
    const own = JSON.parse(value) as DocumentNote;
    if (!isUnlinked(own)) return value;
    const other = mayBeNames(own, known, index).find((each) => {
      const note = each === key ? undefined : documentOf(known, each);
      return note && isUnlinked(note) && note.sameAs === own.id && own.sameAs === note.id && isOfOneSource(own, note);
    });
    return other === undefined ? value : JSON.stringify({ ...own, sameKeys: [other] });
  };
}

/** Of an id as people know it; what is not the same everywhere is one of its site. */
export const keyOfId = (id: string, site: string | undefined, index: BlindIndex): string =>
  worldwideKey(id, index) ?? index.term({ field: 'document', value: `${site}|${id}` });

/** Its id leads to itself; of a number, the bytes of its document lead to the first name that it came by. */
const mayBeNames = ({ sameAs, content, from }: DocumentNote, known: Known, index: BlindIndex): readonly string[] => [
  keyOfId(sameAs!, from[0], index),
  ...(read(known, KINDS.content, contentKeyOf(content!, index)) ?? []),
];

const isOfOneSource = (one: DocumentNote, other: DocumentNote): boolean =>
  one.content === other.content && one.from[0] === other.from[0] && one.patient.some((each) => other.patient.includes(each));

/** The notes of all names of a document. */
export function nameRefs(key: string | undefined, known: Known, index: BlindIndex): readonly NoteRef[] {
  const own = documentOf(known, key);
  if (!own) return [];
  // Of a note that is linked by now too: what linked it is asked for again.
  const isKnownAs = own.sameAs !== undefined && own.content !== undefined;
  const keys = new Set([...namesOf(own), ...(isKnownAs ? mayBeNames(own, known, index) : [])]);
  return [...(isKnownAs ? ref(KINDS.content, contentKeyOf(own.content, index)) : []), ...[...keys].flatMap((each) => ref(KINDS.document, each))];
}

/** What is said of it by one name, noted at the other. `undefined` takes away. */
export const told = ({ to, brought, flags, unheard }: DocumentNote): Partial<DocumentNote> => ({ to, brought, flags, unheard });

/** What was not known at all. */
export const blank = (id: string, patient: readonly string[]): DocumentNote => ({ id, patient, owners: [], from: [], to: [] });

type Brought = NonNullable<DocumentNote['brought']>;

/** What brought it as it is in force. Notes of before this was kept name every message since the content changed, and every site. */
export const broughtOf = ({ brought, current, first, copies = [], to }: DocumentNote): Brought =>
  brought ?? { by: [current ?? first, ...copies].flatMap((act) => act?.message ?? []), to };

/** Once more, by this message. The first is kept for good, and the last ones. */
export function broughtAgain(own: DocumentNote, { message }: Case, to: readonly string[]): Brought {
  const before = broughtOf(own);
  const [first = message.id, ...rest] = before.by;
  const by = before.by.includes(message.id) || before.by.length === 0 ? [first, ...rest] : [first, ...lately(rest, message.id)];
  return { by, to: union(before.to, to) };
}

/** Anew, by this message. */
export const broughtNow = ({ message }: Case, to: readonly string[]): Brought => ({ by: [message.id], to });

/** A message that gives the same documents each time names the same ones; bounded all the same. */
export const paired = (own: DocumentNote | undefined, { pairedWith }: DocumentFacts): Pick<DocumentNote, 'pairedWith'> => {
  const all = new Map([...(own?.pairedWith ?? []), ...pairedWith].map((each: Named) => [each.key, each]));
  return all.size === 0 ? {} : { pairedWith: [...all.values()].slice(-16) };
};

const lineOf = ({ series, beside = [] }: DocumentFacts, own: Line = {}): Line => {
  const all = union(own.beside ?? [], beside);
  return { ...(series !== undefined && { series }), ...(all.length > 0 && { beside: all }) };
};

/** What it is now, and what withdrew it, is what it was before. */
export function outgrownBy(own: DocumentNote): NonNullable<DocumentNote['before']> {
  const { before = [], current, deleted } = own;
  const known = new Set(before.map(({ message }) => message));
  // A mask that came later counts as what brought it: what came before that may be there.
  const more = union(current ? [current.message] : [], broughtOf(own).by).filter((message) => !known.has(message));
  return [...before, ...more.map((message) => ({ message })), ...(deleted ? [{ message: deleted.message, isDeletion: true as const }] : [])].slice(
    -16,
  );
}

/** The document as it came, beside what was known of it. */
export function registered(one: Case, facts: DocumentFacts, before: DocumentNote | undefined, to: readonly string[]): DocumentNote {
  const { id, patient, owners, content, inner, status, set, version, replaces } = facts;
  const { inner: _, forms, ...old } = before ?? blank(id, patient);
  const isSame = old.first !== undefined && old.content !== undefined && old.content === content && old.status === status;
  const left = old.first === undefined || isSame ? (old.before ?? []) : outgrownBy(old);
  const outgrown = old.content !== undefined && old.content !== content ? [old.content, ...(forms ?? [])] : [];
  return {
    ...old,
    id,
    patient: union(old.patient, patient),
    owners: union(old.owners, owners),
    from: union(old.from, [one.event.site]),
    to: union(old.to, to),
    first: old.first ?? actOf(one),
    current: { ...actOf(one), ...sayingOf(one) },
    brought: isSame ? broughtAgain(old, one, to) : broughtNow(one, to),
    ...(left.length > 0 && { before: left }),
    status,
    ...(!facts.hasOwnId && { isNumbered: true }),
    ...(content !== undefined && { content }),
    ...(inner !== undefined && { inner }),
    ...(forms && outgrown.length === 0 && { forms }),
    ...paired(old, facts),
    ...(outgrown.length > 0 && { earlier: [...(old.earlier ?? []), ...outgrown].slice(-16) }),
    ...(set !== undefined && { set }),
    ...(version !== undefined && { version }),
    ...lineOf(facts, old),
    ...(replaces && { replaces: replaces.id }),
  };
}

/** Bounded by what there is: sites of a region, numbers of one patient. Not one may be left out: it was sent there, or is whose it is. */
export const union = (one: readonly string[], other: readonly string[]): readonly string[] => [...new Set([...one, ...other])];

export const deletionsOf = ({ deleted, deletedBefore = [] }: DocumentNote): readonly Deletion[] => [...(deleted ? [deleted] : []), ...deletedBefore];

type Placed = Pick<DocumentNote, 'superseded' | 'set' | 'version' | 'series' | 'beside'>;
export type Successor = NonNullable<DocumentNote['superseded']>;

/** What is known of its place, and what the message that brings it says. */
export const placedBy = (facts: DocumentFacts, own: DocumentNote | undefined): Placed => {
  const { set, version } = facts;
  return { ...own, ...lineOf(facts, own), ...(set !== undefined && version !== undefined && { set, version }) };
};

/** What took its place: by name, or by the number of its set. */
export function newerThan(own: Placed, known: Known): Successor | undefined {
  const { superseded, version } = own;
  const newest = setOf(own, known)?.versions[0];
  return superseded ?? (newest && version !== undefined && newest.version > version ? newest : undefined);
}

/** All that took its place, and the place of that: an original must not follow any of them. */
export function successorsOf(own: Placed, known: Known): readonly Successor[] {
  const found = new Map<string, Successor>();
  const follow = (placed: Placed): void => {
    const { superseded, version = Infinity } = placed;
    const higher = setOf(placed, known)?.versions.filter((one) => one.version > version) ?? [];
    for (const next of [...(superseded ? [superseded] : []), ...higher]) {
      if (found.has(next.key)) continue;
      found.set(next.key, next);
      follow(documentOf(known, next.key) ?? {});
    }
  };
  follow(own);
  return [...found.values()];
}

/** The notes that tell them, as far as is known. */
export const successorRefs = (own: Placed, known: Known): readonly NoteRef[] => [
  ...ref(KINDS.set, own.set),
  ...successorsOf(own, known).flatMap(({ key }) => [...ref(KINDS.document, key), ...ref(KINDS.set, documentOf(known, key)?.set)]),
];

/** Messages (public ids) that brought it. */
export const messagesOf = ({ key, message }: Successor, known: Known): readonly string[] => {
  const note = documentOf(known, key);
  return union([message], note ? broughtOf(note).by : []);
};

/** Of all of them, messages and keys. */
export const broughtBy = (all: readonly Successor[], known: Known): { readonly messages: readonly string[]; readonly keys: readonly string[] } => ({
  messages: all.flatMap((one) => messagesOf(one, known)),
  keys: all.map(({ key }) => key),
});

/** Its place in its set. */
export function setEntry(facts: DocumentFacts, act: Act, known: Known): readonly Note[] {
  const { key, id, set, version, patient } = facts;
  if (set === undefined || version === undefined) return [];
  const before = read(known, KINDS.set, set);
  const others = (before?.versions ?? []).filter((other) => other.key !== key);
  const versions = [...others, { ...act, version, key, id, ...lineOf(facts) }].toSorted((a, b) => b.version - a.version).slice(0, VERSIONS);
  return [note(KINDS.set, set, { patient: union(before?.patient ?? [], patient), versions })];
}

/** Where a document of these bytes is noted. */
export function contentEntry(place: string | undefined, key: string, known: Known): readonly Note[] {
  const others = read(known, KINDS.content, place) ?? [];
  return place === undefined || others.includes(key) ? [] : [note(KINDS.content, place, lately(others, key, 8))];
}

/** Of a number that several documents share from their first message on: which message that is; and how final the last of them were. */
const numberNote = ({ message }: Case, { number = '', patient }: DocumentFacts): DocumentNote => ({
  ...blank(number, patient),
  brought: { by: [message.id], to: [] },
});

/** Everything that a new document changes but its own note: its set, the place of its bytes, and what it replaces. */
export function entries(one: Case, facts: DocumentFacts, known: Known): readonly Note[] {
  const { key, id, content, contentKey, innerKey, replaces, patient } = facts;
  const act = actOf(one);
  const notes: Note[] = [...setEntry(facts, act, known)];
  for (const place of [contentKey, innerKey]) notes.push(...contentEntry(place, key, known));
  const number = documentOf(known, facts.shares);
  const isTold = number?.isShared && (number.first !== undefined || number.status === facts.status);
  if (facts.shares !== undefined && !isTold) {
    const shared = { ...(number ?? numberNote(one, facts)), isShared: true };
    notes.push(note(KINDS.document, facts.shares, number?.first ? shared : { ...shared, status: facts.status }));
  }
  const newest = setOf(facts, known)?.versions[0];
  const lower = newest && newest.version < facts.version! ? newest.key : undefined;
  // By the other name too: of what it replaces by name, by its set, or under its own number.
  const others = [replaces?.key, lower, content === documentOf(known, key)?.content ? undefined : key].flatMap((each) =>
    otherNames(each, known).map((other) => other.key),
  );
  for (const old of new Set([replaces?.key, ...others])) {
    if (old === undefined || old === key) continue;
    const original = documentOf(known, old) ?? blank(replaces?.id ?? id, patient);
    notes.push(note(KINDS.document, old, { ...original, superseded: original.superseded ?? { ...act, key, id } }));
  }
  return notes;
}
