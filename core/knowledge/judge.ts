/** Who judges an event by what is known: pure functions from notes to a judgement and new notes. Identities and documents are such judges. */
import type { DraftEvent, ErrorCode, ErrorData, MessageState, Note, RoutedEvent, SiteSettings, Warning } from '../contract/index.ts';
import type { CanonicalEvent, Patient } from '../model/index.ts';

/** An event as a connector made it, before it is routed. */
export interface Case {
  readonly event: CanonicalEvent;
  readonly draft: DraftEvent;
  readonly kind: RoutedEvent['kind'];
  /** Keyed hashes of the patients it names, in the order of the draft. */
  readonly keys: readonly string[];
  readonly role: 'establishment' | 'record';
  readonly settings: SiteSettings;
  /** Every document or large value of the message, by the name that the event's data gives it. */
  readonly parts: readonly { readonly part: string; readonly sha256: string }[];
  /** Sites (FINESS) it goes to when nothing is said of it. */
  readonly targets: readonly string[];
  readonly message: {
    /** Public id. */
    readonly id: string;
    readonly run: number;
    readonly controlId?: string;
    readonly receivedAt: string;
  };
  /** ISO instant of the decision. */
  readonly now: string;
  /** Its document carries INS datamatrices of somebody else: why, in words, and as whom. */
  readonly misnamed?: { readonly reason: string; readonly marked: readonly Patient[] };
  /** What else its message brings; absent = nothing. */
  readonly others?: readonly Pick<Case, 'event' | 'draft' | 'parts'>[];
  /** Its connector puts the message aside for a person: nothing is judged but what is remembered all the same. */
  readonly waits?: true;
}

export type NoteRef = Pick<Note, 'kind' | 'key'>;
/** Value of a note; undefined when nothing is known. */
export type Known = (kind: string, key: string) => string | undefined;

/** Everything is optional: nothing said = the event goes on as it is. */
export interface Judgement {
  /** Takes the place of the event: another type, other data. */
  readonly event?: CanonicalEvent;
  /** Keys that the event has to keep the order of beside those it names. */
  readonly keys?: readonly string[];
  /** See `RoutedEvent`. */
  readonly series?: string;
  /** It is kept and goes nowhere: stale, a duplicate, our own document that came back. */
  readonly isSilent?: boolean;
  /** Of the targets, those it goes to; absent = all. */
  readonly targets?: readonly string[];
  /**
   * It is a copy: messages (public ids) that brought the same before, by the keys of its names, and those of the case's targets that they were sent to. It
   * goes where all that they sent of it died or was discarded; and where all did that was sent of its `successors`, once something took its place.
   */
  readonly copyOf?: {
    readonly messages: readonly string[];
    readonly sites: readonly string[];
    readonly keys: readonly string[];
    readonly successors?: { readonly messages: readonly string[]; readonly keys: readonly string[] };
  };
  /** Key of what it replaces or withdraws, which took the place of something itself: where that did not arrive, its receiver shows this on, whatever it is told. */
  readonly ends?: string;
  /** Dead deliveries that it takes the place of: a copy goes where none arrived. */
  readonly insteadOf?: readonly number[];
  /** Establishments that it is meant for, where only what is known tells them: an answer is for whoever sent what it answers. */
  readonly destinations?: readonly string[];
  /** Its deliveries wait from the start, with this reason. */
  readonly held?: ErrorData;
  /**
   * The whole message waits for a person; nothing else that was judged of it counts, but for the notes of this judgement: as they are made without what
   * earlier events of the message say.
   */
  readonly quarantine?: ErrorData;
  /** The whole message is refused (AE); a quarantine when its sender was told AA before. Notes as above. */
  readonly reject?: ErrorData;
  readonly warnings?: readonly Warning[];
  /** What is known from now on; only of what `needs` asked for. */
  readonly notes?: readonly Note[];
  /** Notes that are kept even when the message waits for a person, unless it waits because nobody knows which patient it names. */
  readonly remembered?: readonly Note[];
}

const PATIENT_UNSURE: ReadonlySet<string> = new Set<ErrorCode>(['ERR_IDENTITY_CONFLICT', 'ERR_IDENTITY_MERGE', 'ERR_DOCUMENT_OTHER_PATIENT']);

/** What is known from now on, of all that was judged of one message, when the message ends in that state. */
export function keptOf(judgements: readonly Judgement[], state: MessageState): readonly Note[] {
  const remembered = judgements.flatMap((judgement) => judgement.remembered ?? []);
  if (state === 'decoded') return [...remembered, ...judgements.flatMap(({ notes = [] }) => notes)];
  const stop = judgements.find(({ quarantine, reject }) => quarantine ?? reject);
  const isSure = state === 'quarantined' && !judgements.some(({ quarantine }) => quarantine && PATIENT_UNSURE.has(quarantine.code));
  return [...(isSure ? remembered : []), ...(stop?.notes ?? [])];
}

export interface Judge {
  /**
   * The notes it must see, and those it may change. Asked again with what was read, until it asks for nothing that is not known: a merged patient leads to
   * the one that absorbed it. It may only look at what it asks for. Pure.
   */
  readonly needs: (one: Case, known: Known) => readonly NoteRef[];
  /** Pure. */
  readonly judge: (one: Case, known: Known) => Judgement;
}
