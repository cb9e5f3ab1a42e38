/**
 * One document in two contents, each with an id of its own (N1 beside N3): what is said of either is said of the document. One of them alone is a copy of that
 * part, and never stands for both (SAFETY B2 to B5).
 */
import type { ErrorData, Note } from '../contract/index.ts';
import type { Case, Known, NoteRef } from '../knowledge/index.ts';
import { wordsOf } from './aliases.ts';
import type { DocumentFacts } from './facts.ts';
import { documentOf, KINDS, note, ref, type Companion, type DocumentNote } from './notes.ts';
import { comparePatients, type Compared } from './patients.ts';
import { besideIn, blank, contentEntry, successorRefs, union, type Successor } from './register.ts';
import { mayChange, stop } from './stops.ts';

interface Named {
  readonly key: string;
  readonly id: string;
  readonly companion: Companion;
  readonly note: DocumentNote | undefined;
}

const namedOf = ({ beside = [] }: DocumentFacts, known: Known): readonly Named[] =>
  beside.flatMap((companion) =>
    companion.key === undefined ? [] : [{ key: companion.key, id: companion.id ?? '', companion, note: documentOf(known, companion.key) }],
  );

/** What has to be known of the contents beside it, and of what this is a content of. */
export const companionRefs = (facts: DocumentFacts, known: Known): readonly NoteRef[] => [
  ...(facts.places ?? []).flatMap((place) => ref(KINDS.content, place)),
  ...[facts.key, ...namedOf(facts, known).map(({ key }) => key)].flatMap((key) => [
    ...ref(KINDS.document, key),
    ...ref(KINDS.document, documentOf(known, key)?.companionOf?.of),
    // What took the place of one of them before the document came took the place of that.
    ...successorRefs(documentOf(known, key) ?? {}, known),
  ]),
];

/** The document that has this as another of its contents. */
export function wholeOf({ key }: DocumentFacts, known: Known): { readonly key: string; readonly note: DocumentNote } | undefined {
  const of = documentOf(known, key)?.companionOf?.of;
  const note = documentOf(known, of);
  return of !== undefined && note ? { key: of, note } : undefined;
}

/** Whether these bytes are, or wrap, or are wrapped by, one of its contents beside the first. */
export const isBeside = (own: DocumentNote, facts: DocumentFacts): boolean => besideIn(own, facts).length > 0;

/** What took the place of a content that it brings beside the first. */
export const outdatedIn = (facts: DocumentFacts, known: Known): Successor | undefined =>
  namedOf(facts, known)
    .map(({ note: each }) => each?.superseded)
    .find((each) => each && each.key !== facts.key);

export const outdatedBy = ({ message }: Successor): ErrorData => stop('ERR_DOCUMENT_VERSION_CONFLICT', `${message} has replaced one of its contents`);

/** Contents beside it by all copies. */
export const besideBoth = ({ beside = [] }: DocumentNote, others: readonly Companion[]): readonly Companion[] => [
  ...beside,
  ...others.filter(({ content }) => !beside.some((one) => one.content === content)),
];

/** It brings a content that was not beside it before. */
export const bringsMore = (known: DocumentNote, { content, companions }: DocumentFacts): boolean =>
  content !== undefined && known.content === content && known.companions === undefined && companions !== undefined;

/** Why these contents cannot be of one document: by what is known of their ids. */
export function notBeside(one: Compared, facts: DocumentFacts, known: Known): ErrorData | undefined {
  for (const { companion, note: own } of namedOf(facts, known)) {
    if (!own) continue;
    if (comparePatients(one, own.patient, facts.patient, known) === 'other')
      return stop('ERR_DOCUMENT_OTHER_PATIENT', 'another number of the same authority');
    if (own.content !== undefined && own.content !== companion.content)
      return stop('ERR_DOCUMENT_VERSION_CONFLICT', `${own.first?.message ?? 'another message'} brought what is beside it with another content`);
    const other = own.companionOf && own.companionOf.of !== facts.key ? documentOf(known, own.companionOf.of) : undefined;
    const isNext = own.companionOf?.of === facts.replaces?.key || (facts.set !== undefined && other?.set === facts.set);
    if (other && !isNext)
      return stop('ERR_DOCUMENT_VERSION_CONFLICT', `${other.first?.message ?? 'another message'} brought it beside another document`);
  }
  return undefined;
}

/** What is known of the document, with what was said of the ids of its other contents before it came. */
export function withCompanions(one: Case, facts: DocumentFacts, own: DocumentNote | undefined, known: Known): DocumentNote | undefined {
  const early = namedOf(facts, known).flatMap(({ note: each }) => (each && !each.companionOf && isOfItsAuthor(each, one) ? [each] : []));
  return early.reduce<DocumentNote | undefined>((all, { deleted, deletedBefore, first, to }) => {
    if (!deleted && !first) return all;
    return {
      ...(all ?? blank(facts.id, facts.patient)),
      ...(deleted && { deleted: all?.deleted ?? deleted, deletedBefore: [...(all?.deletedBefore ?? []), ...(deletedBefore ?? [])] }),
      to: union(all?.to ?? [], to),
    };
  }, own);
}

/** One that came alone from somebody else stays a document of its own. */
const isOfItsAuthor = (own: DocumentNote, one: Case): boolean => own.first === undefined || mayChange(one.event.site, own, one);

/** From the ids and the bytes of its other contents to the document. */
export function companionNotes(one: Case, facts: DocumentFacts, known: Known): readonly Note[] {
  const of = { of: facts.key, id: facts.id, names: wordsOf(one) };
  const named = namedOf(facts, known).filter(({ note: own }) => !own || isOfItsAuthor(own, one));
  return [
    ...(facts.places ?? []).flatMap((place) => contentEntry(place, facts.key, known)),
    ...named.map(({ key, id, companion: { content, inner }, note: own }) =>
      note(KINDS.document, key, {
        ...(own ?? blank(id, facts.patient)),
        patient: union(own?.patient ?? [], facts.patient),
        content,
        ...(inner !== undefined && { inner }),
        companionOf: of,
      }),
    ),
  ];
}
