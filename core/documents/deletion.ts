/** A document is withdrawn: only by its author's organisation (SAFETY B4), of the patient it is of (A8), and of the version in force. */
import type { Case, Judgement, Known } from '../knowledge/index.ts';
import { documentData, type DocumentFacts } from './facts.ts';
import { isMoved, shared } from './items.ts';
import { documentOf, KINDS, lately, note, read, type Deletion, type DocumentNote } from './notes.ts';
import { comparePatients, type Compared } from './patients.ts';
import { actOf, blank, deletionsOf, newerThan, otherNames, union, type Found } from './register.ts';
import { isReplayOf, isSpeaking, isValid, mayChange, orderOf, sayingOf, stillShown, stop } from './stops.ts';

export function judgeDeletion(one: Compared, facts: DocumentFacts | undefined, known: Known): Judgement {
  if (!facts) return { quarantine: stop('ERR_DOCUMENT_NOT_AUTHOR', 'a deletion that names no document') };
  const own = documentOf(known, facts.key);
  const others = otherNames(facts.key, known, true);
  for (const each of [own, ...others.map((other) => other.note), read(known, KINDS.set, facts.set)])
    if (each && comparePatients(one, each.patient, facts.patient, known) === 'other')
      return { quarantine: stop('ERR_DOCUMENT_OTHER_PATIENT', 'another number of the same authority') };
  if (own?.isShared) return { quarantine: stop('ERR_DOCUMENT_VERSION_CONFLICT', 'several documents share this number') };
  if (own && isMoved(one, facts, own, known)) return { quarantine: shared(own.first?.message ?? 'an earlier message') };
  const before = own && saidBefore(one, own);
  if (own && before && !isReplayOf(before, one)) return again(one, facts, own, before, others);
  if (own?.first && !mayChange(one.event.site, own, one))
    return { reject: stop('ERR_DOCUMENT_NOT_AUTHOR', 'a deletion by an organisation that is not its author') };
  // The newer one stays; whether the sender wants it gone too, only a person can ask.
  const placed = facts.set !== undefined && facts.version !== undefined ? { set: facts.set, version: facts.version } : {};
  const newer = newerThan({ ...facts, superseded: own?.superseded, ...own, ...placed }, known);
  if (newer) return { quarantine: stop('ERR_DOCUMENT_VERSION_CONFLICT', `${newer.message} has replaced it`) };
  const order = own?.current ? orderOf(one, own.current) : 'after';
  if (own?.current && order !== 'after')
    return {
      quarantine: stop(
        'ERR_DOCUMENT_VERSION_CONFLICT',
        `${own.current.message} brought what is in force ${order === 'before' ? 'after' : 'in the hour in which'} it was said`,
      ),
    };
  if (!own?.first) return unknown(one, facts, own);
  const warnings = stillShown(own, one.targets, one);
  return { ...(warnings.length > 0 && { warnings }), notes: [deleted(one, facts, own), ...others.map((other) => deleted(one, other, other.note))] };
}

/** By whoever may say it; of what was not received, by this very establishment, or by one that would be told what it said itself. */
function saidBefore(one: Case, own: DocumentNote): Deletion | undefined {
  if (own.first) return own.deleted && isValid(own.deleted, own, one) ? own.deleted : undefined;
  const all = deletionsOf(own);
  return all.find(({ site }) => site === one.event.site) ?? all.find(({ site }) => one.targets.includes(site));
}

/** The latest comes first. What its document has not been received to judge of stays beside it, one of each establishment. */
function deleted(one: Case, { key }: { readonly key: string }, own: DocumentNote): ReturnType<typeof note> {
  const { deletedBefore: _, ...rest } = own;
  const others = own.first ? [] : deletionsOf(own).filter(({ site }) => site !== one.event.site);
  const now = { ...actOf(one), to: one.targets, ...sayingOf(one) };
  return note(KINDS.document, key, { ...rest, deleted: now, ...(others.length > 0 && { deletedBefore: others }) });
}

/** The record tells others of a deletion that it was told of: it goes where it has not been. */
function again(one: Case, { key }: DocumentFacts, own: DocumentNote, before: Deletion, others: readonly Found[]): Judgement {
  const targets = one.targets.filter((target) => !before.to.includes(target) && target !== before.site);
  const told = { ...before, to: union(before.to, targets) };
  const made: DocumentNote = {
    ...own,
    copies: lately(own.copies, actOf(one)),
    ...(own.deleted?.site === before.site
      ? { deleted: told }
      : { deletedBefore: own.deletedBefore!.map((each) => (each.site === before.site ? told : each)) }),
  };
  const messages = [before, ...(own.copies ?? [])].map((act) => act.message);
  const sites = one.targets.filter((target) => before.to.includes(target));
  const what = { code: targets.length > 0 ? 'further-recipient' : 'duplicate', detail: before.message };
  const warnings = [what, ...stillShown(own, [...told.to, before.site], one)];
  return {
    ...(targets.length > 0 ? { targets } : { isSilent: true }),
    copyOf: { messages, sites, keys: [key, ...others.map((other) => other.key)] },
    warnings,
    notes: [
      note(KINDS.document, key, made),
      ...others
        .filter((other) => other.note.deleted?.site === before.site)
        .map((other) => note(KINDS.document, other.key, { ...other.note, deleted: told, ...(made.copies && { copies: made.copies }) })),
    ],
  };
}

/**
 * What is withdrawn must not stay visible for want of a trace here: it is passed on at once, and the receiver, who may know the document from before us,
 * decides. It counts against a late original only when it comes from its author. A document that names another keeper is nobody else's to withdraw unseen.
 */
function unknown(one: Case, facts: DocumentFacts, own: DocumentNote | undefined): Judgement {
  const { custodian, sourceId } = documentData(one).document;
  const keeper = custodian?.finess;
  if (keeper !== undefined && !isSpeaking(one, keeper))
    return { quarantine: stop('ERR_DOCUMENT_NOT_AUTHOR', 'a deletion of an unknown document that names another keeper') };
  // By a number that the record never gave: it was given it by an establishment, whose own document it is there.
  if (one.role === 'record' && !facts.hasOwnId && sourceId !== undefined)
    return { quarantine: stop('ERR_DOCUMENT_NOT_AUTHOR', 'a deletion by a number of which the record sent no document') };
  return { warnings: [{ code: 'original-not-received', detail: facts.id }], notes: [deleted(one, facts, own ?? blank(facts.id, facts.patient))] };
}
