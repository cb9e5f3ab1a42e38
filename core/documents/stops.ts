/** Why a document waits or is refused, and who may change one (SAFETY B4). */
import { PasserelleError, type ErrorCode, type ErrorData, type Warning } from '../contract/index.ts';
import { instant, isUnsure } from '../identity/index.ts';
import type { Case } from '../knowledge/index.ts';
import type { Act, Deletion, DocumentNote } from './notes.ts';

export const stop = (code: ErrorCode, found: string): ErrorData => new PasserelleError(code, { found }).toData();

/** Warning: receivers that have the document are not told that it is replaced, masked or withdrawn; a person has to tell them. */
export const STILL_SHOWN = 'still-shown';

/** Of the places it was sent to, those that the record does not tell this. What an establishment says of its document, the record passes on. */
export function stillShown({ to }: Pick<DocumentNote, 'to'>, told: readonly string[], { event, role }: Case): readonly Warning[] {
  const left = role === 'record' ? to.filter((site) => site !== event.site && !told.includes(site)) : [];
  return left.length > 0 ? [{ code: STILL_SHOWN, detail: left.join(', ') }] : [];
}

/** The same message judged again: a replay. */
export const isReplayOf = (act: Act | undefined, { message }: Case): boolean => act?.message === message.id && act.run !== message.run;

/**
 * The establishment it came from, or one that the document itself names as its keeper or author. The endpoint says which establishment speaks; what the
 * other message claims proves nothing: a deletion carries the very document that it deletes.
 */
export const mayChange = (site: string, { from, owners }: Pick<DocumentNote, 'from' | 'owners'>, one?: Case): boolean =>
  from[0] === site || owners.includes(site) || (one?.event.site === site && owners.some((owner) => isSpeaking(one, owner)));

/** By whoever may say it. Of what was known by then, that was asked when it came. */
export const isValid = ({ site, at }: Deletion, own: Pick<DocumentNote, 'first' | 'from' | 'owners'>, one: Case): boolean =>
  (own.first !== undefined && at >= own.first.at) || mayChange(site, own, one);

/** A FINESS of the establishment that speaks: its own, or that of the legal entity for which its settings say it stands. */
export const isSpeaking = ({ event, settings }: Case, finess: string): boolean => finess === event.site || finess === settings.legalEntity;

/** When its sender says that this happened (an instant, or an hour that autumn repeats), and which of its applications says so. */
export const sayingOf = ({ event, draft, settings }: Pick<Case, 'event' | 'draft' | 'settings'>): { readonly said: string; readonly by: string } => ({
  said: instant(draft.time, settings.timeZone) || event.time,
  by: (event.data as { readonly originApplication?: string }).originApplication ?? '',
});

/** By the clock of the application that said both; clocks of two are never compared, and in the hour that autumn repeats it says nothing (SAFETY A2). */
export function orderOf(one: Case, then: { readonly site: string; readonly said?: string; readonly by?: string }): 'before' | 'unsure' | 'after' {
  const { said, by } = sayingOf(one);
  if (then.site !== one.event.site || then.said === undefined || then.by !== by) return 'after';
  if (isUnsure(said, then.said)) return 'unsure';
  return said < then.said ? 'before' : 'after';
}
export const isBefore = (one: Case, then: Parameters<typeof orderOf>[1]): boolean => orderOf(one, then) === 'before';
