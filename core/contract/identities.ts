/** Identities as people see them: what is known of a person and from whom, and what waits for identity vigilance (SAFETY A). */
import type { Page, PageRequest } from './journal.ts';

/** One number of one identity domain. */
export interface IdentityNumber {
  readonly domain: string;
  readonly ipp: string;
}

/** Only an undo of what was said before, or a rejection, answers these. */
export const NEVER_ACCEPTED: ReadonlySet<string> = new Set(['merge-cycle', 'merge-elsewhere', 'merge-changed']);

/** What waits, without anything of a patient. */
export interface IdentityTask {
  /** Public id of the message that waits; of a contextual call, its reference; of a document that is filed already, that of its message, `-datamatrix-` and its part. */
  readonly id: string;
  readonly kind:
    | 'traits'
    | 'number-again'
    | 'numbers'
    | 'ins'
    | 'order'
    | 'document'
    | 'merge-ins'
    | 'merge-elsewhere'
    | 'merge-changed'
    | 'merge-undone'
    | 'number-taken'
    | 'merge-foreign'
    | 'merge-cycle'
    | 'link'
    | 'merge-told'
    | 'datamatrix'
    | 'call';
  readonly state: 'open' | 'accepted' | 'rejected';
  readonly site: string;
  /** Delivery lane of the receiver that was told of a merge which a person undid. */
  readonly receiver?: string;
  readonly eventType: string;
  /** Application that sent it. */
  readonly sender: string;
  readonly receivedAt: string;
  readonly askedAt: string;
  /** Names of the attributes that differ. */
  readonly attributes: readonly string[];
  /** What a person said last; an open task that has one is being followed, or could not be: it may be answered again. */
  readonly answered?: { readonly verdict: 'accepted' | 'rejected'; readonly at: string; readonly who: string; readonly why: string };
  readonly closed?: { readonly at: string; readonly who: string; readonly why: string };
}

export interface IdentityStatement {
  readonly value: unknown;
  readonly source?: string;
  readonly at?: string;
}

/** All that a decision needs. */
export interface IdentityTaskDetail extends IdentityTask {
  /** Names what is asked now: whoever accepts says it. Absent where nothing waits but an answer. */
  readonly question?: string;
  /** Other messages that do the same and ask the same of the same persons: the answer is for them too. */
  readonly alike: readonly string[];
  readonly candidates: readonly (IdentityNumber & { readonly as: 'on file' | 'received'; readonly patient: Readonly<Record<string, unknown>> })[];
  readonly differences: readonly { readonly attribute: string; readonly onFile: IdentityStatement; readonly received: IdentityStatement }[];
}

export interface IdentityRelation extends IdentityNumber {
  readonly kind: 'merge' | 'change-id';
  /** When its sender says it happened; absent when it does not say. */
  readonly at?: string;
  readonly message: string;
  /** Who accepted it, where it asked a person. */
  readonly accepted?: { readonly at: string; readonly who: string; readonly why: string };
}

export interface IdentityView extends IdentityNumber {
  /** Attribute by attribute: the value that counts, who said it and when. */
  readonly attributes: Readonly<Record<string, IdentityStatement>>;
  readonly ins?: { readonly number: string; readonly oid: string; readonly source: string; readonly standing: 'claimed' | 'contract' };
  /** What each application says last of each attribute. */
  readonly senders: Readonly<Record<string, Readonly<Record<string, IdentityStatement>>>>;
  readonly into?: IdentityRelation;
  readonly absorbed: readonly IdentityRelation[];
  readonly undone: readonly (IdentityRelation & { readonly who: string; readonly why: string; readonly undoneAt: string })[];
  readonly links: readonly IdentityNumber[];
  /** Open tasks. */
  readonly tasks: readonly string[];
  readonly history: readonly { readonly at: string; readonly message: string; readonly what: string; readonly sender: string }[];
}

/** What became of the message of a merge that was undone. */
export interface Unmerged {
  /** Its deliveries that had not left: they do not leave any more. */
  readonly discarded: readonly string[];
  /** Delivery lanes that were told of the merge, or may have been: only a person can tell them that it is undone. */
  readonly told: readonly string[];
  /** One for each of these: what names the number does not leave for there until it is answered. */
  readonly tasks: readonly string[];
  /** Numbers of the patient in other domains that the same message merged too: those merges stand, each until it is undone itself. */
  readonly alsoMerged: readonly IdentityNumber[];
}

/** What a destination that is not capable yet was not told in full. */
export interface WithheldView {
  readonly lane: string;
  readonly capability: 'ins';
  readonly state: 'withholding' | 'releasing' | 'ready';
  /** Updates to be sent: one a patient, of what is known of it then. */
  readonly patients: number;
  /** Messages they stand for. */
  readonly messages: number;
  /** Messages that a later one of the same patient took the place of. */
  readonly superseded: number;
  /** When the first one was kept; the oldest goes first. */
  readonly oldest?: string;
  readonly perMinute?: number;
}

export interface ReadyOrder {
  readonly lane: string;
  readonly capability: 'ins';
  readonly verb: 'ready' | 'not-ready';
  /** Updates a minute; absent = as fast as the destination takes them. */
  readonly perMinute?: number;
  readonly who: string;
  readonly why: string;
}

export interface TaskAnswer {
  readonly id: string;
  readonly verdict: 'accept' | 'reject';
  /** Of the task as it was read; an acceptance has it wherever the task has. */
  readonly question?: string;
  readonly who: string;
  readonly why: string;
}

export interface IdentityFace {
  /** The last changed first. A page may hold fewer, even none, when only some states are asked for. */
  readonly tasks: (query: PageRequest & { readonly state?: readonly IdentityTask['state'][] }) => Promise<Page<IdentityTask>>;
  /** Shows a patient: the caller has audited why. Throws ERR_NOT_FOUND. */
  readonly task: (id: string) => Promise<IdentityTaskDetail>;
  /** Shows a patient: the caller has audited why. Throws ERR_NOT_FOUND. */
  readonly find: (number: IdentityNumber) => Promise<IdentityView>;
  /**
   * Of this message, and of all that do and ask the same of the same persons (`alike`), the oldest first. Accepted: what the message says counts, and it is decided again; the task is closed by that decision, and stays open when it asks again. Rejected: it is discarded, and nothing is changed. Throws ERR_NOT_FOUND,
   * ERR_TASK_CHANGED (accepted: the task has another question), ERR_TRANSITION (closed already; a circle of merges cannot be accepted; rejected while it is being decided again: it stays quarantined), ERR_REASON_MISSING.
   */
  readonly answer: (answer: TaskAnswer) => Promise<IdentityTask>;
  /** Throws ERR_NOT_FOUND when the settings of the lane say nothing of the capability. */
  readonly withheld: (lane: string, capability: WithheldView['capability']) => Promise<WithheldView>;
  /** Throws as `withheld`; ERR_TRANSITION, ERR_REASON_MISSING. */
  readonly declare: (order: ReadyOrder) => Promise<WithheldView>;
  /**
   * The absorbed number stands for itself again, as it was. Of one that does already, what its undo left to be done. Throws ERR_NOT_FOUND (it never was absorbed),
   * ERR_REASON_MISSING.
   */
  readonly unmerge: (number: IdentityNumber, by: { readonly who: string; readonly why: string }) => Promise<Unmerged>;
}
