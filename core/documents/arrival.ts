/** A document that comes: the first, a copy, another version, our own come back, or something a person has to look at (SAFETY B2, B3, B5, A8). */
import type { Warning } from '../contract/index.ts';
import type { Case, Judgement, Known } from '../knowledge/index.ts';
import { contradictions, restricted, flagsOf, strictest, withData, type Arriving } from './consent.ts';
import { judgeCopy } from './copies.ts';
import { isMoved, ofNumber, isSharedBefore, shared } from './items.ts';
import { asNew, documentData, type DocumentFacts } from './facts.ts';
import { documentOf, KINDS, lately, note, read, type DocumentNote, type SetNote } from './notes.ts';
import { arePaired } from './pairs.ts';
import { comparePatients } from './patients.ts';
import {
  actOf,
  blank,
  broughtBy,
  deletionsOf,
  entries,
  namesOf,
  newerThan,
  otherNames,
  outgrownBy,
  isLessFinal,
  placedBy,
  rankOf,
  registered,
  setOf,
  successorsOf,
  told,
  union,
  type Found,
} from './register.ts';
import { isBefore, isReplayOf, isValid, mayChange, orderOf, STILL_SHOWN, stop } from './stops.ts';

export function judgeArrival(one: Arriving, facts: DocumentFacts | undefined, before: Known): Judgement {
  if (!facts) return first(one, undefined, before, [{ code: 'document-without-key' }]);
  const noted = documentOf(before, facts.key);
  const own = noted && withoutForeignDeletion(one, facts, noted);
  const known = own && own !== noted ? withNote(before, facts.key, own) : before;
  const set = setOf(facts, known);
  const original = documentOf(known, facts.replaces?.key);
  const others = [facts.key, facts.replaces?.key].flatMap((key) => otherNames(key, known).map((other) => other.note));
  for (const other of [own, original, ...others, set])
    if (other && comparePatients(one, other.patient, facts.patient, known) === 'other')
      return { quarantine: stop('ERR_DOCUMENT_OTHER_PATIENT', 'another number of the same authority') };
  const number = sharedNumber(one, facts, own, known);
  if (number) return number;
  const gone = own?.deleted && !newerThan(own, known) ? own.deleted : undefined;
  if (own && gone && !isBefore(one, gone)) return afterDeletion(one, facts, own, gone) ?? reissued(one, facts, own, set, original, known);
  if (own?.first && !isReplayOf(own.first, one)) {
    const isSame = isSameContent(own, facts);
    const goneSince = isSame ? withdrawnSince(facts, own, known) : undefined;
    if (goneSince && !isReturned(one, own) && !isBefore(one, goneSince)) return { quarantine: withdrawn(goneSince) };
    // The same bytes, final after preliminary, are news: the record would show them as preliminary for ever.
    if (isSame && (isReturned(one, own) || rankOf(facts.status) <= rankOf(own.status))) return judgeCopy(one, facts, facts.key, own, known);
    if (!isSame) {
      const moved = isMoved(one, facts, own, known);
      const order = own.current ? orderOf(one, own.current) : 'after';
      const isOld = facts.content !== undefined && own.earlier?.includes(facts.content) === true;
      const step = progress(one, facts, own);
      if (order === 'before' && (isOld || step === 'older')) return silent(one, facts, own, known, 'document-superseded');
      if (moved) return { quarantine: shared(own.first.message) };
      const isUnsure = order === 'unsure' && rankOf(facts.status) === rankOf(own.status);
      if (step !== 'newer' || isUnsure) return conflict(one, facts.key, own);
    }
  }
  if (own && isReplayOf(own.first, one) && own.current && own.current.message !== one.message.id) {
    // Another message brought what is in force under its number: the same with a more final word, or what took its place.
    if (isSameContent(own, facts) && rankOf(facts.status) < rankOf(own.status)) return judgeCopy(one, facts, facts.key, own, known);
    if (own.content !== facts.content && facts.content !== undefined && own.earlier?.includes(facts.content))
      return silent(one, facts, own, known, 'document-superseded');
  }
  return judgeVersion(one, facts, own, set, original, known);
}

/**
 * A number that stood for several documents and names one now, or the reverse: the same bytes are the same document; which of them a correction is about
 * nobody can tell.
 */
function sharedNumber(one: Arriving, facts: DocumentFacts, own: DocumentNote | undefined, known: Known): Judgement | undefined {
  const alone = documentOf(known, facts.shares);
  const isNext = documentData(one).document.action === 'replace' || (alone && rankOf(facts.status) > rankOf(alone.status));
  // The same bytes with a more final word: which of its documents that word is about is as unknown as of other bytes.
  const sameAs = ({ key, note }: Found): Judgement =>
    rankOf(facts.status) > rankOf(note.status) ? { quarantine: shared(note.first!.message) } : judgeCopy(one, facts, key, note, known);
  if (alone?.first && facts.shares !== undefined && !isReplayOf(alone.first, one)) {
    if (isSameContent(alone, facts)) return sameAs({ key: facts.shares, note: alone });
    if (isNext && !own?.first) return { quarantine: shared(alone.first.message) };
  }
  const same = ofNumber(one, facts, known);
  if (alone && !own?.first && isSharedBefore(one, alone)) {
    if (same) return sameAs(same);
    if (isNext) return { quarantine: shared('an earlier message') };
  }
  if (!own?.isShared || (own.first && (isSameContent(own, facts) || isReplayOf(own.first, one)))) return undefined;
  return same ? sameAs(same) : { quarantine: shared('an earlier message') };
}

/** Whether it is what was withdrawn, come again, or something else, a person has to say; unless its source gave the number to another content since. */
function afterDeletion(one: Arriving, facts: DocumentFacts, own: DocumentNote, gone: NonNullable<DocumentNote['deleted']>): Judgement | undefined {
  const contents = [own.content, ...(own.earlier ?? [])];
  const isOther = facts.content !== undefined && own.content !== undefined && !contents.includes(facts.content);
  if (isOther && !facts.hasOwnId && gone.site === one.event.site && orderOf(one, gone) === 'after') return undefined;
  return { quarantine: withdrawn(gone) };
}

/** Whoever withdrew what took its place withdrew the document: what is said of it later is for a person too. */
function withdrawnSince(facts: DocumentFacts, own: DocumentNote, known: Known): DocumentNote['deleted'] {
  const last = successorsOf(placedBy(facts, own), known).flatMap(({ key }) => documentOf(known, key) ?? []);
  return last.filter(({ superseded }) => !superseded).every((note) => note.deleted) ? last.at(-1)?.deleted : undefined;
}

const withdrawn = (gone: NonNullable<DocumentNote['deleted']>): ReturnType<typeof stop> =>
  stop('ERR_DOCUMENT_VERSION_CONFLICT', `${gone.message} withdrew it before this was said`);

/** Names of before that a number remembers, however often it is given again. */
const MOST_FORMERLY = 16;

/** A number that was cancelled and given again: its next document, which nothing withdrew. */
function reissued(
  one: Arriving,
  facts: DocumentFacts,
  own: DocumentNote,
  set: SetNote | undefined,
  original: DocumentNote | undefined,
  known: Known,
): Judgement {
  const { deleted: _, sameAs: __, sameKey: ___, sameKeys: ____, ...left } = own;
  // What brings it leaves nothing of this but what a receiver may show on.
  const formerly = union(own.formerly ?? [], namesOf(own)).slice(-MOST_FORMERLY);
  const rest: DocumentNote = { ...left, before: outgrownBy(own), ...(formerly.length > 0 && { formerly }) };
  const data = documentData(one);
  const isNext = facts.replaces === undefined && data.document.action === 'replace';
  const event = isNext ? { ...one.event, data: { ...data, document: asNew(data.document) } } : one.event;
  const judgement = judgeVersion({ ...one, event }, facts, rest, set, original, withNote(known, facts.key, rest));
  return { ...(isNext && { event }), ...judgement, warnings: [...(judgement.warnings ?? []), { code: 'reissued-after-deletion' }] };
}

/** A deletion by somebody else was none: of those that were told, the latest that its establishment may have said stays. */
function withoutForeignDeletion(one: Case, facts: DocumentFacts, own: DocumentNote): DocumentNote {
  const all = deletionsOf(own);
  const whole = { ...own, ...keepersOf(one, facts, own) };
  const valid = all.find((each) => isValid(each, whole, one));
  if (valid === own.deleted && all.length < 2) return own;
  const { deleted: _, deletedBefore: __, ...rest } = own;
  return { ...rest, ...(valid && { deleted: valid }) };
}

/** What is known, with another note of this document. */
function withNote(known: Known, key: string, own: DocumentNote): Known {
  const value = JSON.stringify(own);
  return (kind, each) => (kind === KINDS.document && each === key ? value : known(kind, each));
}

const keepersOf = ({ event }: Case, facts: DocumentFacts, own: DocumentNote | undefined): Pick<DocumentNote, 'from' | 'owners'> => ({
  from: own?.from[0] === undefined ? [event.site] : own.from,
  owners: union(own?.owners ?? [], facts.owners),
});

const isReturned = ({ event }: Case, { from, to }: DocumentNote): boolean => to.includes(event.site) && !from.includes(event.site);

/**
 * The same in another wrapping: as it left us, or what one of them wraps and the other one is. Two that wrap the same in headers that differ are
 * two contents.
 */
const isSameWrapped = (known: DocumentNote, { content, inner }: DocumentFacts): boolean =>
  content !== undefined &&
  known.content !== undefined &&
  (known.forms?.includes(content) === true || known.inner === content || (inner !== undefined && inner === known.content));

/** Of what has no content of its own nobody can say that it is the same. */
const isSameContent = (known: DocumentNote, facts: DocumentFacts): boolean =>
  known.content !== undefined && (isSameWrapped(known, facts) || known.content === facts.content);

/**
 * Other content under the same key. A number of the source stands for one result through its life: a correction, and a final one after a
 * preliminary one, are its next versions. An id of its own never changes content.
 */
function progress({ event }: Case, facts: DocumentFacts, own: DocumentNote): 'newer' | 'older' | 'conflict' {
  const [before, now] = [rankOf(own.status), rankOf(facts.status)];
  if (facts.hasOwnId || own.from[0] !== event.site) return 'conflict';
  if (now < before) return 'older';
  return now > before || documentData({ event }).document.action === 'replace' ? 'newer' : 'conflict';
}

function conflict(one: Case, key: string, own: DocumentNote, by = own.first?.message): Judgement {
  return {
    quarantine: stop('ERR_DOCUMENT_VERSION_CONFLICT', `${by ?? 'another message'} brought it with another content`),
    notes: [note(KINDS.document, key, { ...own, conflicts: lately(own.conflicts, actOf(one)) })],
  };
}

function judgeVersion(
  one: Arriving,
  facts: DocumentFacts,
  own: DocumentNote | undefined,
  set: SetNote | undefined,
  original: DocumentNote | undefined,
  known: Known,
): Judgement {
  const isTwin = ({ version, key }: SetNote['versions'][number]): boolean =>
    version === facts.version && key !== facts.key && !arePaired(facts, key, known);
  const twin = set?.versions.find(isTwin);
  const twinNote = documentOf(known, twin?.key);
  if (twin && twinNote) return isSameContent(twinNote, facts) ? judgeCopy(one, facts, twin.key, twinNote, known) : conflict(one, twin.key, twinNote);
  const returned = ofSameBytes(one, facts, known);
  const draft = returned && isFinalOf(one, facts, returned) ? returned : undefined;
  if (returned && !draft && !isNews(facts, returned, original)) return judgeCopy(one, facts, returned.key, returned.note, known);
  const newest = set?.versions[0];
  const above = newest && facts.version !== undefined && newest.version > facts.version ? newest : undefined;
  const newer = own?.superseded ?? above;
  const whole = keepersOf(one, facts, own);
  if (newer && !mayChange(newer.site, whole, one))
    return { quarantine: stop('ERR_DOCUMENT_NOT_AUTHOR', `${newer.message} of another organisation replaced it`) };
  // A number alone proves nothing against its sender's clock, nor against the name of what it replaces.
  const isLate = own?.superseded ?? (above && isBefore(one, documentOf(known, above.key)?.current ?? above));
  if (newer && (!isLate || isBelow(facts, original)))
    return { quarantine: stop('ERR_DOCUMENT_VERSION_CONFLICT', `${newer.message} has a higher number in its set, and was not said later`) };
  // Nothing names a number but itself: it was replaced by the other name of its document, and whether this is what did so nobody can tell.
  if (own?.superseded && own.isNumbered && own.content !== facts.content)
    return { quarantine: stop('ERR_DOCUMENT_VERSION_CONFLICT', `${own.superseded.message} has replaced it by its other name`) };
  if (newer) return silent(one, facts, own, known, 'document-superseded');
  if (own?.deleted) return silent(one, facts, own, known, 'document-deleted');
  const before = newest && newest.key !== facts.key ? documentOf(known, newest.key) : undefined;
  return draft ? judgeFinal(one, facts, draft, original, before, known) : judgeReplacement(one, facts, original, before, known);
}

/** The same bytes, final after preliminary, by the other road: nothing else would take the preliminary one away. */
const isFinalOf = (one: Case, facts: DocumentFacts, { note }: Found): boolean =>
  note.status === 'preliminary' &&
  rankOf(facts.status) > rankOf(note.status) &&
  !isReturned(one, note) &&
  !note.deleted &&
  (note.superseded?.key ?? facts.key) === facts.key;

/**
 * It takes the place of the preliminary one by the name that this has. An id that it replaces and that never came is what its source calls the one that it had
 * only numbered.
 */
function judgeFinal(
  one: Arriving,
  facts: DocumentFacts,
  draft: Found,
  original: DocumentNote | undefined,
  before: DocumentNote | undefined,
  known: Known,
): Judgement {
  const { key, replaces } = facts;
  const isIt = replaces !== undefined && [draft.key, ...namesOf(draft.note)].includes(replaces.key);
  if (isIt) return judgeReplacement(one, facts, original, before, known);
  if (replaces && (original?.first || !draft.note.isNumbered))
    return { quarantine: stop('ERR_DOCUMENT_VERSION_CONFLICT', `${draft.note.first!.message} brought the same as preliminary, by another name`) };
  const name = replaces ?? { key, id: facts.id };
  const { isNumbered: _, sentAs: __, ...told } = draft.note;
  const left = documentOf(known, name.key) ?? blank(name.id, facts.patient);
  const named: DocumentNote = replaces ? { ...left, ...told } : { ...left, ...(told.flags && { flags: told.flags }) };
  const joined = withNote(known, name.key, { ...named, id: name.id, sameAs: draft.note.id, sameKeys: [draft.key] });
  const taken: DocumentNote = { ...draft.note, sameAs: name.id, sameKeys: [name.key] };
  const { series = facts.series } = draft.note;
  const lined = { ...facts, ...(series !== undefined && { series }) };
  const judgement = judgeReplacement(one, lined, taken, before, withNote(joined, draft.key, taken));
  if (judgement.quarantine) return judgement;
  const gone = note(KINDS.document, draft.key, { ...taken, superseded: { ...actOf(one), key, id: facts.id } });
  return {
    ...judgement,
    ...(series !== undefined && { series }),
    notes: [...(judgement.notes ?? []).filter((each) => each.kind !== gone.kind || each.key !== gone.key), gone],
  };
}

/** The bytes are known, but not that they take the place of what it names: neither the very document, nor one that it has replaced itself. */
function isNews({ replaces }: DocumentFacts, { key, note }: Found, original: DocumentNote | undefined): boolean {
  const isIt = (other: string | undefined): boolean => other !== undefined && [key, ...namesOf(note)].includes(other);
  if (!replaces || isIt(replaces.key) || isIt(original?.superseded?.key)) return false;
  return original?.set === undefined || original.set !== note.set;
}

/** It replaces by name what its set says is newer. */
const isBelow = ({ set, version = Infinity }: DocumentFacts, original: DocumentNote | undefined): boolean =>
  original?.version !== undefined && original.set !== undefined && original.set === set && original.version > version;

/** `before`: the newest of its set, which it takes the place of without naming it. */
function judgeReplacement(
  one: Arriving,
  facts: DocumentFacts,
  original: DocumentNote | undefined,
  before: DocumentNote | undefined,
  known: Known,
): Judgement {
  const { replaces } = facts;
  if ([original, before].some((other) => other?.first && !mayChange(one.event.site, other, one)))
    return { quarantine: stop('ERR_DOCUMENT_NOT_AUTHOR', 'a replacement by an organisation that is not its author') };
  const other = original?.superseded;
  // Two that replace the same one: only their numbers in one set could tell which is newer.
  const isOrdered = other && facts.set !== undefined && documentOf(known, other.key)?.set === facts.set;
  if (other && other.key !== facts.key && !isOrdered && !arePaired(facts, other.key, known))
    return { quarantine: stop('ERR_DOCUMENT_VERSION_CONFLICT', `${other.message} has replaced the same document`) };
  const warnings: Warning[] = [];
  if (replaces && !original?.first) warnings.push({ code: 'original-not-received', detail: replaces.id });
  if (replaces && original?.deleted) warnings.push({ code: 'original-deleted', detail: replaces.id });
  return first(one, facts, known, warnings);
}

/** It goes to its targets, and is known from now on. */
function first(one: Arriving, facts: DocumentFacts | undefined, known: Known, warnings: readonly Warning[]): Judgement {
  const own = documentOf(known, facts?.key);
  const data = documentData(one);
  const [before, said] = [own?.flags ?? {}, flagsOf(data)];
  // Only copies are joined (B7): of another content, under a number that its source gives to corrections, the author says anew who may see it, as the
  // replacement of a document with an id of its own does. What it does not say stays as it was; that it unmasks is seen.
  const isNext = own?.first !== undefined && facts?.content !== undefined && own.content !== facts.content;
  const flags = isNext ? { ...before, ...said } : strictest(said, before);
  const contradicted = contradictions(before, said).map((detail) => ({ code: 'visibility-contradiction', detail }));
  const left = restricted(data, flags, one.isOpposed);
  const made = facts && { ...registered(one, facts, own, one.targets), flags };
  const others = made && own?.content === made.content ? otherNames(facts.key, known) : [];
  const notes =
    facts && made
      ? [
          note(KINDS.document, facts.key, made),
          ...others.map((other) => note(KINDS.document, other.key, { ...other.note, ...told(made), status: made.status, current: made.current })),
          ...entries(one, facts, known),
        ]
      : [];
  return { ...withData(one, left.data), warnings: [...warnings, ...contradicted, ...left.warnings], notes };
}

/** Kept, known, and delivered nowhere. */
function silent(one: Case, facts: DocumentFacts, own: DocumentNote | undefined, known: Known, code: string): Judgement {
  const newest = setOf(facts, known)?.versions[0];
  const by = own?.superseded ?? (newest && newest.key !== facts.key ? newest : undefined);
  const isLess = own?.content !== undefined && (own.content !== facts.content || isLessFinal(facts.status, own.status));
  // What is older, or less final, under the same number leaves the content that is in force alone.
  const made = isLess ? { ...own, copies: lately(own.copies, actOf(one)) } : registered(one, facts, own, []);
  const document: DocumentNote = by && !isLess ? { ...made, superseded: by } : made;
  const others = isLess ? [] : entries(one, facts, known);
  const notes = [note(KINDS.document, facts.key, document), ...others];
  const successors = by && !isLess && !own?.deleted ? successorsOf(placedBy(facts, own), known) : [];
  // Whoever withdrew what took its place withdrew the document.
  const isGone = successors.some(({ key }) => documentOf(known, key)?.deleted);
  const copyOf = { messages: [], sites: one.targets, keys: [facts.key], successors: broughtBy(successors, known) };
  const warnings: Warning[] = [{ code, ...(by && { detail: by.message }) }];
  // Nothing that goes there says that it was replaced: what its replacement names is this one, which does not go.
  const { replaces } = facts;
  const original = documentOf(known, replaces?.key);
  const isShown = original?.first && original.to.length > 0 && !original.deleted && (original.superseded?.key ?? facts.key) === facts.key;
  if (replaces && isShown) warnings.push({ code: STILL_SHOWN, detail: replaces.id });
  return { isSilent: true, warnings, notes, ...(successors.length > 0 && !isGone && { copyOf }) };
}

/**
 * The bytes are known under another name (SAFETY B5): sent to this very site and come back, or the same document by a road that names it and by one
 * that only numbers it.
 */
function ofSameBytes(one: Arriving, facts: DocumentFacts, known: Known): Found | undefined {
  const { site } = one.event;
  const places = [facts.contentKey, facts.innerKey].flatMap((place) => read(known, KINDS.content, place) ?? []);
  for (const key of new Set(places)) {
    const other = key === facts.key ? undefined : documentOf(known, key);
    const isExact = other?.content === facts.content;
    const isAlike = isExact || (other && (isSameWrapped(other, facts) || (facts.inner !== undefined && other.inner === facts.inner)));
    if (!other?.first || !isAlike || isReplayOf(other.first, one) || comparePatients(one, other.patient, facts.patient, known) !== 'same') continue;
    const isKnownSo = namesOf(other).some(
      (name) => facts.replaces?.key === name || (name === facts.key && isReplayOf(documentOf(known, facts.key)?.first, one)),
    );
    // A name of what its number stood for before is none of what it stands for now.
    const isOutgrown = namesOf(other).length > 0 && otherNames(key, known).length === 0;
    const isFree = other.sameAs === undefined || isKnownSo || isOutgrown;
    const isOtherRoad = isExact && other.from.includes(site) && isFree && (other.isNumbered ?? false) === facts.hasOwnId;
    if (isReturned(one, other) || isOtherRoad) return { key, note: other };
  }
  return undefined;
}
