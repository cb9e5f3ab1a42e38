/**
 * Ids that we gave (SAFETY B5, B10): a document that was written anew for a recipient has another id there. What that recipient says of it is said of the
 * document as it came, and is passed on in the words of its source.
 */
import type { DocumentIds, JournalStore, Note } from '../contract/index.ts';
import type { BlindIndex } from '../journal/index.ts';
import type { Case, Known, NoteRef } from '../knowledge/index.ts';
import type { DocumentData } from '../model/index.ts';
import { documentData, setKeyOf, worldwideKey, type DocumentFacts } from './facts.ts';
import { sentNow } from './lanes.ts';
import { documentOf, KINDS, note, read, ref, type AliasNote } from './notes.ts';

/** What has to be known before `asItCame` can tell. */
export const aliasRefs = ({ key, replaces, set }: DocumentFacts): readonly NoteRef[] =>
  [key, replaces?.key, set].flatMap((each) => ref(KINDS.alias, each));

/** Facts with the names that its source knows, and the case in those words. The same objects when nothing was renamed. */
export function asItCame<C extends Case>(one: C, facts: DocumentFacts, known: Known): { readonly one: C; readonly facts: DocumentFacts } {
  // What came by this name itself is what it is.
  const ofName = (key: string | undefined): AliasNote | undefined =>
    documentOf(known, key)?.first === undefined ? read(known, KINDS.alias, key) : undefined;
  const own = ofName(facts.key);
  const replaced = ofName(facts.replaces?.key);
  const set = read(known, KINDS.alias, facts.set);
  if (!own && !replaced && !set) return { one, facts };
  const { document } = documentData(one);
  const named: DocumentData = {
    ...(own ? { ...without(document, ['id', 'idExtension', 'sourceId', 'sourceItem', 'companions']), ...own.names } : document),
    ...(replaced?.names.id !== undefined && { replaces: replaced.names.id, replacesExtension: replaced.names.idExtension }),
    ...(set && set.names),
    noted: { ...(own && { document: own.of }), ...(replaced && { replaces: replaced.of }), ...(set && { set: set.of }) },
  };
  const data = { ...documentData(one), document: said(named) };
  return {
    one: { ...one, event: { ...one.event, data } },
    facts: {
      ...facts,
      // What it is beside is said there in other ids too.
      ...(own && { key: own.of, id: own.id, hasOwnId: own.names.id !== undefined, pairedWith: [] }),
      ...(replaced && { replaces: { key: replaced.of, id: replaced.id } }),
      ...(set && { set: set.of }),
    },
  };
}

const without = (document: DocumentData, names: readonly (keyof DocumentData)[]): DocumentData =>
  Object.fromEntries(Object.entries(document).filter(([name]) => !(names as readonly string[]).includes(name))) as DocumentData;
const said = (document: DocumentData): DocumentData =>
  Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined)) as DocumentData;

/** The id that its source gave it, of one that we gave, or of its set; the id itself when it is none of ours. */
export async function idAsItCame(
  id: string,
  { journal, index }: { readonly journal: Pick<JournalStore, 'notes'>; readonly index: BlindIndex },
): Promise<string> {
  const keys = [worldwideKey(id, index), setKeyOf({ setId: id }, index)].filter((key) => key !== undefined);
  const values = keys.length > 0 ? await journal.notes(KINDS.alias, keys) : [];
  const found = values.find((value) => value !== undefined);
  return found === undefined ? id : (JSON.parse(found) as AliasNote).id;
}

/** Notes of the ids that it leaves with, where they are others than those that it came by. */
export function aliasNotes(one: Pick<Case, 'event'>, { key, id, set }: DocumentFacts, as: DocumentIds, index: BlindIndex): readonly Note[] {
  const { setId, setIdExtension } = documentData(one).document;
  const alias = (place: string | undefined, of: string, value: Omit<AliasNote, 'of'>): readonly Note[] =>
    place === undefined || place === of ? [] : [note(KINDS.alias, place, { of, ...value })];
  return [
    ...alias(placeOf(as, index), key, { id, names: wordsOf(one) }),
    ...(set === undefined ? [] : alias(setKeyOf(as, index), set, { id: setId ?? '', names: saidOf({ setId, setIdExtension }) })),
  ];
}

/** Where it is noted what an id that we gave stands for. */
const placeOf = ({ id, idExtension }: DocumentIds, index: BlindIndex): string | undefined =>
  id === undefined ? undefined : worldwideKey(idExtension === undefined ? id : `${idExtension}^^${id}`, index);

export const aliasRef = (ids: DocumentIds | undefined, index: BlindIndex): readonly NoteRef[] => (ids ? ref(KINDS.alias, placeOf(ids, index)) : []);

/** Whether we gave this id to another document than the one of these names: what is said by it would be said of that. */
export function isOfAnother(ids: DocumentIds | undefined, names: readonly string[], known: Known, index: BlindIndex): boolean {
  const alias = ids && read(known, KINDS.alias, placeOf(ids, index));
  return alias !== undefined && !names.includes(alias.of);
}

/** Whether we gave this id to what its source numbers, and have sent something else under that number since, everywhere, with another id. */
export function isOutdated({ key }: DocumentFacts, known: Known, index: BlindIndex): boolean {
  const alias = documentOf(known, key)?.first ? undefined : read(known, KINDS.alias, key);
  const sent = alias?.names.id === undefined ? sentNow(documentOf(known, alias?.of) ?? {}) : [];
  return sent.length > 0 && !sent.some((ids) => placeOf(ids, index) === key);
}

/** What names it in the words of its source. */
export function wordsOf(one: Pick<Case, 'event'>): AliasNote['names'] {
  const { id, idExtension, sourceId, sourceItem } = documentData(one).document;
  return saidOf(id === undefined ? { sourceId, sourceItem } : { id, idExtension });
}

const saidOf = (names: Readonly<Record<string, string | undefined>>): AliasNote['names'] =>
  Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined));
