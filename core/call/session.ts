/**
 * What is kept of calls after their link: one note per call, one per browser. A browser is known by the hash of its cookie, a call by the hash of its
 * code: what the journal holds opens nothing. Names of patients are kept only while a call waits or is open.
 */
import { createHash } from 'node:crypto';
import type { JournalStore, NoteChange, PersonShown, RecordCandidate } from '../contract/index.ts';
import type { EndedContext, Patient } from '../model/index.ts';
import type { RedeemedCall } from './room.ts';

export const SESSION = 'call-session';
export const BROWSER = 'call-browser';
/** Ends of tabs that the record was not told yet, by hash of the tab. */
export const ENDING = 'call-ending';

/** `asked`: on its way, or waiting for the person. `opening`: a ticket was asked for. */
export type SessionState = 'asked' | 'opening' | 'open' | 'refused' | 'abandoned' | 'ended';

export interface Session {
  readonly state: SessionState;
  readonly reference: string;
  readonly site: string;
  /** Key of the browser that it is bound to. */
  readonly browser: string;
  /** ISO, of the last change. */
  readonly at: string;
  /** While it is on its way. */
  readonly call?: RedeemedCall;
  /** What the person was asked last: only that is answered. */
  readonly waits?: 'authenticate' | 'terms' | 'choose' | 'confirm';
  /** Pro Santé Connect said that it is the user of the call. */
  readonly proven?: true;
  /** What the record found, while the person chooses. */
  readonly candidates?: readonly RecordCandidate[];
  readonly chosen?: { readonly recordId: string } | { readonly create: true };
  /** Records whose closing the person agreed to. */
  readonly closes?: readonly string[];
  /** Somebody else has something open in `browser`, which is theirs until the person agrees that it ends (SAFETY C6). */
  readonly takesOver?: true;
  /** What the record knows the tab by; a secret. */
  readonly contextId?: string;
  readonly recordId?: string;
  /** For a page that has to name who is open. */
  readonly shown?: PersonShown;
}

export interface Browser {
  /** Of the person at work in it. */
  readonly userKey: string;
  /** Calls that are opening or open, and ended ones of which the record was not told yet. */
  readonly sessions: readonly string[];
  /** Somebody else came: what this browser is known by since. */
  readonly next?: string;
}

export interface Ending {
  readonly contextId: string;
  readonly reason: EndedContext['reason'];
  readonly site: string;
  readonly reference: string;
}

/** SHA-256: what goes in has 256 random bits. */
export const keyOf = (secret: string): string => createHash('sha256').update(`passerelle call ${secret}`).digest('hex');

/** As the call says it. */
export function shownOf({ birthName, usedName, birthGivenNames, firstGivenName, birthDate, sex }: Patient): PersonShown {
  const givenNames = birthGivenNames ?? firstGivenName;
  return {
    ...(birthName && { birthName }),
    ...(usedName && { usedName }),
    ...(givenNames && { givenNames }),
    ...(birthDate && { birthDate }),
    ...(sex && { sex }),
  };
}

/** A note as read: what a change of it replaces. */
export interface Held<T> {
  readonly key: string;
  readonly text: string | undefined;
  readonly value: T | undefined;
}

type Notes = Pick<JournalStore, 'notes'>;
export const readSession = (journal: Notes, key: string): Promise<Held<Session>> => read(journal, SESSION, key);
export const readBrowser = (journal: Notes, key: string): Promise<Held<Browser>> => read(journal, BROWSER, key);

/** All of them with one question. */
export async function readSessions(journal: Notes, keys: readonly string[]): Promise<readonly Held<Session>[]> {
  const texts = keys.length === 0 ? [] : await journal.notes(SESSION, keys);
  return keys.map((key, i) => ({ key, text: texts[i] || undefined, value: texts[i] ? (JSON.parse(texts[i]) as Session) : undefined }));
}

async function read<T>(journal: Notes, kind: string, key: string): Promise<Held<T>> {
  const [text] = await journal.notes(kind, [key]);
  return { key, text: text || undefined, value: text ? (JSON.parse(text) as T) : undefined };
}

export const change = <T>(kind: string, { key, text }: Pick<Held<T>, 'key' | 'text'>, value: T): NoteChange => ({
  kind,
  key,
  value: JSON.stringify(value),
  ...(text !== undefined && { before: text }),
});
