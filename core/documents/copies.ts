/**
 * The same document again: by another road, from where we sent it, for one more recipient, or with masks that were not known (SAFETY B2, B5, B7).
 * A recipient that is added makes no new version (HL7v2-CDA guide), so a copy goes where the document has not been, and nowhere else.
 */
import type { Note, Warning } from '../contract/index.ts';
import type { Judgement, Known } from '../knowledge/index.ts';
import { contradictions, flagsOf, restricted, strictest, withData, type Arriving } from './consent.ts';
import { documentData, type DocumentFacts } from './facts.ts';
import { documentOf, KINDS, lately, MASKS, note, type DocumentNote, type Flags } from './notes.ts';
import { comparePatients } from './patients.ts';
import {
  actOf,
  broughtAgain,
  broughtNow,
  broughtOf,
  broughtBy,
  registered,
  namesOf,
  newerThan,
  otherNames,
  isLessFinal,
  paired,
  placedBy,
  setEntry,
  successorsOf,
  told,
  union,
} from './register.ts';
import { mayChange, STILL_SHOWN, stillShown, stop } from './stops.ts';

/** `key`, `own`: the document it is a copy of, which may be known by another name than this one. */
export function judgeCopy(one: Arriving, said: DocumentFacts, key: string, own: DocumentNote, known: Known): Judgement {
  const { series = said.series, beside = said.beside } = own;
  // Who may not change it does not link it either (SAFETY B4).
  const pairedWith = mayChange(one.event.site, own, one) ? said.pairedWith : [];
  const facts = { ...said, pairedWith, ...(series !== undefined && { series }), ...(beside && { beside }) };
  const compared = comparePatients(one, own.patient, facts.patient, known);
  if (compared === 'other') return { quarantine: stop('ERR_DOCUMENT_OTHER_PATIENT', 'another number of the same authority') };
  const { site } = one.event;
  // Who sent it, or was sent it, names its patient by his own numbers. Of somebody else nobody can tell whose document he means.
  const isKnownHere = own.from.includes(site) || own.to.includes(site) || one.role === 'record';
  if (compared === 'unknown' && !isKnownHere)
    return { quarantine: stop('ERR_DOCUMENT_OTHER_PATIENT', 'a copy from another establishment, by numbers that cannot be compared') };
  const data = documentData(one);
  const before = own.flags ?? {};
  const now = flagsOf(data);
  const flags = strictest(before, now);
  const isReturned = own.to.includes(site) && !own.from.includes(site);
  const isOther = (own.isNumbered ?? false) === facts.hasOwnId;
  const isSource = own.from[0] === site && !isReturned && own.content === facts.content && compared === 'same';
  const same = otherNames(key, known);
  // An id beside an id: the same place in the same set. A number beside a number may be one of several documents of it.
  const isJoined = key !== facts.key && (isOther || facts.hasOwnId) && isSource;
  const names = isJoined ? [...new Set([key, facts.key, ...same.map((other) => other.key)])] : [];
  const others = (of: string): readonly string[] => names.filter((name) => name !== of);
  // One document by two names: what was said of one of them before both were known.
  const named = isJoined ? documentOf(known, facts.key) : undefined;
  // What took its place may be what this very one has replaced since.
  const isPast = named !== undefined && successorsOf(named, known).some((next) => next.key === key);
  const early = isPast ? undefined : named?.superseded;
  const withdrawn = own.deleted ?? named?.deleted;
  const next = newerThan(own, known) ?? newerThan(placedBy(facts, undefined), known) ?? early;
  const isOver = withdrawn ?? next;
  // A preliminary word of what is final by now goes nowhere, and stands for nothing that was sent of that.
  const isLess = !isReturned && isLessFinal(facts.status, own.status);
  const isHeard = !isLess && (one.role === 'record' || mayChange(site, own, one));
  const { unheard: untold = [], sameKey, ...rest } = own;
  const masks = MASKS.filter((mask) => now[mask] === true && (before[mask] !== true || untold.includes(mask)));
  const isMasked = isHeard && !isOver && masks.length > 0;
  const unheard = isHeard ? untold.filter((mask) => !masks.includes(mask)) : MASKS.filter((mask) => masks.includes(mask) || untold.includes(mask));
  const remaining = one.targets.filter((target) => !own.from.includes(target) && !broughtOf(own).to.includes(target));
  const targets = isOver || isLess ? [] : isMasked ? one.targets : remaining;
  const left = restricted(data, flags, one.isOpposed);
  const isSilent = targets.length === 0;
  const made: DocumentNote = {
    ...rest,
    ...(!isJoined && sameKey !== undefined && { sameKey }),
    ...(unheard.length > 0 && { unheard }),
    patient: union(own.patient, facts.patient),
    from: isReturned ? own.from : union(own.from, [site]),
    to: union(own.to, targets),
    copies: lately(own.copies, actOf(one)),
    // With masks that were not known it is more than what was brought before.
    brought: isLess ? broughtOf(own) : isMasked ? broughtNow(one, targets) : broughtAgain(own, one, targets),
    ...paired(own, facts),
    ...(isOther && (isJoined || namesOf(own).length === 0) && { sameAs: facts.id }),
    ...(isJoined && { sameKeys: union(namesOf(own), others(key)), ...(withdrawn && { deleted: withdrawn }), ...(next && { superseded: next }) }),
    flags,
  };
  // A copy may be the first to say which version of which set it is.
  const isPlaced = key === facts.key && own.set === undefined && own.first !== undefined && facts.version !== undefined && facts.set !== undefined;
  const placed = isPlaced ? { ...made, set: facts.set, version: facts.version } : made;
  const notes: Note[] = [note(KINDS.document, key, placed), ...(isPlaced ? setEntry(facts, own.first, known) : [])];
  // Who replaces it later may know it by this name only.
  if (key !== facts.key)
    notes.push(
      note(KINDS.document, facts.key, {
        ...registered(one, facts, documentOf(known, facts.key), made.to),
        ...(made.brought && { brought: made.brought }),
        ...(isLess && { status: own.status }),
        sameAs: own.id,
        flags,
        ...(unheard.length > 0 && { unheard }),
        ...(isJoined && { sameKeys: others(facts.key), deleted: withdrawn, superseded: next }),
      }),
    );
  if (isJoined) notes.push(...setEntry(facts, actOf(one), known));
  for (const other of same)
    if (other.key !== facts.key)
      notes.push(
        note(KINDS.document, other.key, {
          ...other.note,
          ...told(placed),
          ...(isJoined && { sameKeys: others(other.key), deleted: withdrawn ?? other.note.deleted, superseded: next ?? other.note.superseded }),
        }),
      );
  const warnings = [
    ...(isLess ? [{ code: 'document-superseded', detail: (own.current ?? own.first)!.message }] : warningsOf(own, isReturned, isMasked, isSilent)),
    ...knownBy(before, now),
    ...(isHeard ? [] : masks.map((detail) => ({ code: 'mask-not-told', detail }))),
    ...(isMasked ? stillShown(own, targets, one) : []),
    ...(own.to.length > 0 && (named?.deleted ?? early) && !own.deleted && !own.superseded ? [{ code: STILL_SHOWN, detail: own.id }] : []),
    ...(isSilent ? [] : left.warnings),
  ];
  const messages = broughtOf(own).by;
  const successors = next ? successorsOf({ ...placedBy(facts, own), superseded: next }, known) : [];
  const isGone = withdrawn !== undefined || successors.some((one) => documentOf(known, one.key)?.deleted);
  const sites = isGone ? [] : one.targets.filter((target) => !own.from.includes(target) && !targets.includes(target));
  return {
    ...(isSilent ? { isSilent } : { targets }),
    ...(series !== undefined && { series }),
    ...(!isLess &&
      (compared === 'same' || own.from[0] === site || one.role === 'record') && {
        copyOf: {
          messages,
          sites,
          keys: [key, facts.key, ...same.map((other) => other.key)],
          // Where that never arrived either, its receiver has neither.
          ...(next && { successors: broughtBy(successors, known) }),
        },
      }),
    ...withData(one, left.data),
    warnings,
    notes,
  };
}

function warningsOf(own: DocumentNote, isReturned: boolean, isMasked: boolean, isSilent: boolean): readonly Warning[] {
  const detail = own.first?.message;
  const about = (code: string): Warning => ({ code, ...(detail !== undefined && { detail }) });
  if (isSilent) return [about(isReturned ? 'document-returned' : 'duplicate')];
  return [about(isMasked ? 'masked-by-copy' : 'further-recipient')];
}

/** What this copy adds to the masks that were known, and where it contradicts them. */
function knownBy(before: Flags, now: Flags): readonly Warning[] {
  return [
    ...contradictions(before, now).map((detail) => ({ code: 'visibility-contradiction', detail })),
    ...MASKS.filter((mask) => before[mask] === undefined && now[mask] !== undefined).map((detail) => ({ code: 'visibility-known', detail })),
  ];
}
