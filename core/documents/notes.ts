/** What is kept of a document, a set of versions, a patient's opposition: shapes of the notes, read and written. Lists are bounded, the oldest goes first. */
import type { DocumentIds, DocumentProof, Note } from '../contract/index.ts';
import { Recent, type Known, type NoteRef } from '../knowledge/index.ts';
import type { DocumentData } from '../model/index.ts';

export const KINDS = {
  document: 'document',
  set: 'document-set',
  /** By what the bytes are: a document that comes back under another name. */
  content: 'document-content',
  /** By an id that a document of ours left with, or its set: the document, or the set, as it came. */
  alias: 'document-alias',
  /** By the control id of a message of ours: which document an answer is about. */
  sent: 'document-sent',
  consent: 'patient-consent',
  /** By the key of an INS: which numbers it was claimed for. */
  holders: 'ins-holders',
} as const;

/** By age it may be forgotten: an answer that comes later is kept and proves nothing (`answer-unmatched`). */
export const SENT = KINDS.sent;

/** Its confidentiality: `restricted` is R or V, `veryRestricted` is V. */
export const CONFIDENTIALITY = ['restricted', 'veryRestricted'] as const;
/** Masks that a document may carry; absent = unknown, never "no" (SAFETY B7). */
export const MASKS = [
  'maskedToProfessionals',
  'hiddenFromPatient',
  'hiddenFromLegalRepresentatives',
  'secretConnection',
  ...CONFIDENTIALITY,
] as const;
export const LEGS = ['sendToDmp', 'sendToMssPro', 'sendToMssPatient'] as const;
export type Mask = (typeof MASKS)[number];
export type Leg = (typeof LEGS)[number];
export type Flags = { readonly [K in Mask]?: boolean } & { readonly [K in Leg]?: boolean | 'held' };

/** The message that did something to a document. */
export interface Act {
  /** Public id. */
  readonly message: string;
  readonly run: number;
  readonly at: string;
  readonly site: string;
}

/** When its sender says that this happened (`sayingOf`), and which application of that site says so. */
export interface Saying {
  readonly said?: string;
  readonly by?: string;
}

/** With the sites that were told. */
export type Deletion = Act & Saying & { readonly to: readonly string[] };

/** A document by its key, and as people know it. */
export interface Named {
  readonly key: string;
  readonly id: string;
}

export interface DocumentNote {
  /** As people know it. */
  readonly id: string;
  /** `authority#hash` of every identifier its patient was named by. */
  readonly patient: readonly string[];
  /** Establishments that may withdraw or replace it, besides the one it came from. */
  readonly owners: readonly string[];
  /** Sites it came from, the first one first; empty while only others speak of it. */
  readonly from: readonly string[];
  /** Sites it was sent to. */
  readonly to: readonly string[];
  /** What received it first, and later copies. */
  readonly first?: Act;
  readonly copies?: readonly Act[];
  /** What brought it as it is now. */
  readonly current?: Act & Saying;
  /** Messages (public ids) that brought it as it is now, content and masks, and the sites that this was sent to. */
  readonly brought?: { readonly by: readonly string[]; readonly to: readonly string[] };
  /** Same key, other content: each waits in quarantine. */
  readonly conflicts?: readonly Act[];
  /** Of the same number: messages that brought what it was before, or withdrew that, one after the other. */
  readonly before?: readonly { readonly message: string; readonly isDeletion?: true }[];
  /** SHA-256 of what it is now, and was before under the same number. */
  readonly content?: string;
  /** SHA-256 of what it wraps, when it is an N1. */
  readonly inner?: string;
  /** SHA-256 of what was made of it on its way out: it comes back as that. */
  readonly forms?: readonly string[];
  /** By lane: the ids that it left with. */
  readonly sentAs?: Readonly<Record<string, SentAs>>;
  /** By lane: the N1 of the same content that went there instead, when this could not be written whole (decision 0038). */
  readonly instead?: Readonly<Record<string, string>>;
  /** The sites of those lanes. */
  readonly insteadAt?: readonly string[];
  /** Documents of the same content that came with it, N1 beside N3 (decision 0038). */
  readonly pairedWith?: readonly Named[];
  readonly earlier?: readonly string[];
  /** Key of the order in which its versions leave, from its first one on; and those of the other forms of it (decision 0038). */
  readonly series?: string;
  readonly beside?: readonly string[];
  readonly status?: string;
  readonly set?: string;
  readonly version?: number;
  readonly replaces?: string;
  readonly superseded?: Act & { readonly key: string; readonly id: string };
  readonly deleted?: Deletion;
  /** Before it was received others said so too: which of them may, only its arrival tells. */
  readonly deletedBefore?: readonly Deletion[];
  /** Not a document but a number that several documents share. */
  readonly isShared?: boolean;
  /** Known by a number of its source only. */
  readonly isNumbered?: boolean;
  /** Another name that this very document came by. */
  readonly sameAs?: string;
  /** Keys of all names that its source gave it, ids and numbers: what is said of one counts for all, while they hold the same. */
  readonly sameKeys?: readonly string[];
  /** Of a number that was withdrawn and given again: the other names of what it stood for, which may be there yet. */
  readonly formerly?: readonly string[];
  /** The one other name, as notes of before there could be more have it. */
  readonly sameKey?: string;
  readonly flags?: Flags;
  /** Masks among them that nobody said who may change the document: what leaves has them, what is there was not told. */
  readonly unheard?: readonly Mask[];
  readonly proofs?: readonly DocumentProof[];
}

export interface SentAs extends DocumentIds {
  /** Status, content (SHA-256) and confidentiality (R, V) that left with these ids, and the deliveries that brought them there; one, in notes of before all were kept. */
  readonly what?: string;
  readonly by?: string | readonly string[];
  /** What left under the same number before, and is replaced by it. */
  readonly before?: SentAs;
  /** Whose lane it is, and lanes that it took the place of: they were gone by then. Notes of before do not say it. */
  readonly site?: string;
  readonly after?: readonly string[];
  /** A deletion of it left, by this message (public id); true in notes of before that was kept. */
  readonly isDeleted?: true | string;
}

export interface SetNote {
  readonly patient: readonly string[];
  /** Highest version first. */
  readonly versions: readonly (Act & { readonly version: number; readonly key: string; readonly id: string } & Pick<
      DocumentNote,
      'series' | 'beside'
    >)[];
}

/** By site: what it said last of the patient's opposition to the national record. */
export type ConsentNote = Readonly<Record<string, { readonly opposed: boolean; readonly at: string }>>;

export interface SentNote {
  readonly document: string;
  readonly lane: string;
  readonly delivery: string;
  /** The message that brought it here: what an answer is about, in the words of whoever sent it. */
  readonly origin?: { readonly site: string; readonly controlId: string };
}

/** What an id stands for that we gave. */
export interface AliasNote {
  /** Key of the document, or of its set. */
  readonly of: string;
  /** As people know it. */
  readonly id: string;
  /** What names it in the words of its source. */
  readonly names: Partial<Pick<DocumentData, 'id' | 'idExtension' | 'setId' | 'setIdExtension' | 'sourceId' | 'sourceItem'>>;
}

/** Deliveries with one id, by replays. Past it the first ones, which may have arrived, are no longer known. */
export const MOST_BY = 16;
/** One sender repeats a document by mistake for days: the first is kept for good, and the last ones. */
const BOUND = 16;
/** Recipients of one document, each with what is proven of it. Past it the first ones stay, and the message that brings another is seen to be left out. */
export const MOST_PROOFS = 2000;
export const lately = <T>(list: readonly T[] | undefined, one: T, bound = BOUND): readonly T[] => [...(list ?? []), one].slice(-bound);

/** What a note of each kind holds. */
export interface NoteValues {
  readonly document: DocumentNote;
  readonly 'document-set': SetNote;
  /** Keys of the documents. */
  readonly 'document-content': readonly string[];
  readonly 'document-alias': AliasNote;
  readonly 'document-sent': SentNote;
  readonly 'patient-consent': ConsentNote;
  /** Keys of the numbers. */
  readonly 'ins-holders': readonly string[];
}

/** A few KB each as a rule, 16 KB of text at most. */
const RECENT = 1000;
const recent = new Recent<unknown>(RECENT);

export function read<K extends keyof NoteValues>(known: Known, kind: K, key: string | undefined): NoteValues[K] | undefined {
  const value = key === undefined ? undefined : known(kind, key);
  return value === undefined ? undefined : (recent.of(`${kind} ${key}`, value, JSON.parse) as NoteValues[K]);
}
export const documentOf = (known: Known, key: string | undefined): DocumentNote | undefined => read(known, KINDS.document, key);

export const ref = (kind: string, key: string | undefined): readonly NoteRef[] => (key === undefined ? [] : [{ kind, key }]);
export const note = <K extends keyof NoteValues>(kind: K, key: string, value: NoteValues[K]): Note => ({ kind, key, value: JSON.stringify(value) });
