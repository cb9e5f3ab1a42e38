/** The engine as an application plugin (API, console) sees it. Ids are the public ones (`<tag>-<n>`, `<tag>-d<n>`). */
import type { AlertList } from './alerts.ts';
import type { CallSessionsFace } from './call-sessions.ts';
import type { CallsFace } from './calls.ts';
import type { DocumentCode, ErrorData } from './errors.ts';
import type { ExplainedError } from './explained.ts';
import type { IdentityFace } from './identities.ts';
import type { ActRecord, AttemptRecord, Durability, LaneCounts, LaneOrder, MessageSummary, Page, PageRequest, SettingsRevision } from './journal.ts';
import type { ConnectorManifest } from './connector.ts';
import type { DocumentFinding } from './plugin.ts';
import type { DeliveryState, MessageState } from './states.ts';

export interface MessageView extends Omit<MessageSummary, 'message' | 'error'> {
  readonly id: string;
  readonly error?: ExplainedError;
}

export interface DeliveryView {
  readonly id: string;
  readonly message: string;
  readonly lane: string;
  readonly state: DeliveryState;
  readonly eventId: string;
  readonly eventType: string;
  readonly run: number;
  readonly attempts: number;
  readonly queuedAt: string;
  readonly settledAt?: string;
  readonly notBefore?: string;
  readonly controlId?: string;
  readonly ack?: string;
  readonly error?: ExplainedError;
  /** Delivery that has to be over before this one may leave, and its state: what is dead, in review or held waits for a person. */
  readonly behind?: string;
  readonly behindState?: DeliveryState;
  /** Of one that ended without arriving, of a message that is told whole: the document, as people know it, that its receiver shows on, since this was to replace or withdraw that. */
  readonly stillShown?: string;
}

/** What rules and marks say of one document of a message: a diagnosis, made after its delivery unless its site asks for it before. */
export interface DocumentCheck {
  /** Name of the part. */
  readonly part: string;
  /** When it was checked. */
  readonly at: string;
  readonly errors: number;
  readonly warnings: number;
  /** The first of them. */
  readonly findings: readonly DocumentFinding[];
}

export interface MessageTimeline {
  readonly message: MessageView;
  readonly events: readonly { readonly id: string; readonly type: string; readonly time: string; readonly run: number }[];
  readonly deliveries: readonly DeliveryView[];
  /** Everything that happened, in order of time: one line each. */
  readonly timeline: readonly {
    readonly at: string;
    readonly what: string;
    readonly delivery?: string;
    readonly detail?: string;
    readonly error?: ErrorData;
  }[];
  readonly attempts: readonly AttemptRecord[];
  readonly acts: readonly ActRecord[];
  /** Absent when its documents were not checked, or not yet. */
  readonly checks?: readonly DocumentCheck[];
  /** Its documents were delivered and are to be checked: that is to come, or it is not made (too many waited, or too long ago). */
  readonly unchecked?: 'waiting' | 'not-made';
}

/** A message that did something to a document. */
export interface DocumentAct {
  /** Public id. */
  readonly message: string;
  readonly at: string;
  readonly site: string;
}

/** What an answer proves of one delivery; none of them is taken for another (SAFETY B8). */
export interface DocumentProof {
  readonly proof: 'relayed' | 'delivered' | 'delayed' | 'failed' | 'filed' | 'filing-refused' | 'read' | 'refused';
  readonly lane: string;
  /** Public id of our delivery. */
  readonly delivery: string;
  readonly channel?: string;
  /** Mailbox that it is true of. */
  readonly who?: string;
  readonly code?: string;
  /** Of a failure: it will not be tried again. */
  readonly permanent?: boolean;
  readonly at: string;
  /** The message that says so. */
  readonly message: string;
}

/** What is known of one document. */
export interface DocumentState {
  readonly id: string;
  /** `announced`: others speak of it, it has not come. */
  readonly state: 'announced' | 'in-force' | 'superseded' | 'deleted';
  readonly version?: number;
  readonly status?: string;
  /** Another name it came by. */
  readonly sameAs?: string;
  readonly replaces?: string;
  readonly superseded?: DocumentAct & { readonly id: string };
  readonly deleted?: DocumentAct;
  readonly first?: DocumentAct;
  /** The last of them. */
  readonly copies: readonly DocumentAct[];
  /** Messages that brought another content under its name. */
  readonly conflicts: readonly DocumentAct[];
  /** Documents of the same content that came with it, N1 beside N3. */
  readonly pairedWith: readonly string[];
  /** By delivery lane where it left with other ids than those it came with: what its receiver calls it. */
  readonly knownAs: readonly { readonly lane: string; readonly id: string }[];
  /** Sites it came from, and was sent to. */
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Masks and legs, of all copies together; absent = unknown. */
  readonly flags: Readonly<Record<string, boolean | 'held'>>;
  /** Of its set, highest version first. */
  readonly versions: readonly (DocumentAct & { readonly id: string; readonly version: number })[];
}

export interface DocumentWhere {
  readonly documents: readonly DocumentState[];
  /** Every delivery of it, with why it waits and what is proven of it. */
  readonly legs: readonly (DeliveryView & { readonly proofs: readonly DocumentProof[] })[];
  /** Messages that carried it or spoke of it, newest first, 50 at most. */
  readonly messages: readonly MessageTimeline[];
}

/** A document that waits to be typed; without a code it can only be discarded, or corrected and submitted again. */
export interface UntypedDocument extends Partial<DocumentCode> {
  readonly message: MessageView;
}

export interface TypeDecision {
  /** Public id of the message. */
  readonly id: string;
  /** Canonical type. */
  readonly type: string;
  /** For every document of this site with this code, those that wait and those to come. */
  readonly remember?: boolean;
  readonly who: string;
  readonly why?: string;
}

/** What a person decided of a code. */
export interface LearnedType extends DocumentCode {
  readonly site: string;
  readonly type: string;
  readonly who: string;
  readonly why?: string;
  readonly at: string;
  /** Taken back: it counts no more. */
  readonly revoked?: { readonly who: string; readonly why: string; readonly at: string };
}

export interface LaneView extends LaneCounts {
  readonly direction: 'in' | 'out';
  readonly site: string;
  readonly role: 'establishment' | 'record';
  readonly address: string;
  /**
   * `open`: works; `paused` by a person; `downtime`: planned by a person, over by itself; `tripped`: the counterparty cannot be reached, tried
   * again by itself.
   */
  readonly status: 'open' | 'paused' | 'downtime' | 'tripped' | 'elsewhere';
  readonly error?: ErrorData;
  /** The downtime that is now or to come. */
  readonly downtime?: { readonly from: string; readonly until: string; readonly why?: string };
  /** Ordered rate. */
  readonly perMinute?: number;
  /** Deliveries that stand before others and do not leave by themselves now, and how many wait behind them; of what is in memory. */
  readonly blocked?: { readonly heads: number; readonly waiting: number };
}

/** A delivery that stands before others and does not leave by itself now. */
export interface BlockedHead {
  readonly delivery: DeliveryView;
  readonly since: string;
  /** Deliveries that share a patient or a document with it and came after it. */
  readonly directly: number;
  /** Those, and all that stand behind them. */
  readonly inAll: number;
}

export interface LaneDetail extends LaneView {
  /** Those with most behind them first, 20 at most. */
  readonly heads: readonly BlockedHead[];
  /** Only a part of the backlog is in memory: numbers behind heads are lower bounds. */
  readonly partial: boolean;
}

export interface MessageQuery extends PageRequest {
  readonly state?: readonly MessageState[];
  readonly site?: string;
  readonly lane?: string;
  readonly controlId?: string;
  readonly type?: string;
  readonly since?: string;
  readonly until?: string;
  /** Clear values, hashed by the engine before the search: `domain:value` for an IPP, `oid:number` for an INS, an id for a document. */
  readonly ipp?: string;
  readonly ins?: string;
  readonly document?: string;
  /** `oldest`: in the order of ids. Default newest first. */
  readonly order?: 'newest' | 'oldest';
}

/** One page of a replay by filter; without `state` every state that can be replayed. */
export interface ReplayRequest extends Omit<MessageQuery, 'order'> {
  readonly who: string;
  /** Without it, a message whose replay would overtake newer ones of its patient or document is passed over. */
  readonly why?: string;
  /** Only says which messages. */
  readonly dryRun?: boolean;
}

export interface ReplayPage {
  /** Replayed, or to be replayed, oldest first; as they were before. */
  readonly messages: readonly MessageView[];
  readonly refused: readonly { readonly id: string; readonly error: ExplainedError }[];
  readonly next?: string;
}

export interface ActRequest {
  readonly verb: 'replay' | 'discard' | 'release' | 'resend' | 'confirm';
  /** Public ids of messages or deliveries. */
  readonly ids: readonly string[];
  readonly who: string;
  readonly why?: string;
}

export interface SettingsIssue extends ErrorData {
  readonly fr: string;
  readonly fix: { readonly fr: string; readonly en: string };
}

export interface SettingsPlan {
  readonly issues: readonly SettingsIssue[];
  /** What applying would change, one line each. */
  readonly changes: readonly { readonly action: 'add' | 'change' | 'remove'; readonly what: string; readonly path?: string }[];
  /** Revision the plan was made against. */
  readonly base: number;
}

/** The interop kit of a site. */
export interface SiteKit {
  /** `kit-dxcare-990001018-1.0.0.zip`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly kitVersion: string;
  readonly connectorVersion: string;
  /** Of the engine's key that signed it: read out to the site. */
  readonly fingerprint: string;
}

export interface EngineFace {
  readonly version: string;
  readonly health: () => Promise<{ readonly ready: boolean; readonly problems: readonly string[] }>;
  readonly messages: (query: MessageQuery) => Promise<Page<MessageView>>;
  readonly message: (id: string) => Promise<MessageTimeline>;
  /** Where a document is, by its id or that of its set. Throws ERR_NOT_FOUND when nothing is known of it. */
  readonly document: (id: string) => Promise<DocumentWhere>;
  readonly untyped: (page: PageRequest) => Promise<Page<UntypedDocument>>;
  /** Answers the messages that are decided again. Throws ERR_TRANSITION when it does not wait, ERR_REQUEST_INVALID without a code. */
  readonly typeDocument: (decision: TypeDecision) => Promise<readonly string[]>;
  readonly learnedTypes: () => Promise<readonly LearnedType[]>;
  /** Throws ERR_NOT_FOUND. */
  readonly forgetType: (code: Pick<LearnedType, 'site' | 'system' | 'code'>, who: string, why: string) => Promise<void>;
  /** Raw bytes as received; the caller has audited why. */
  readonly content: (id: string) => Promise<Uint8Array>;
  readonly deliveries: (
    query: PageRequest & { readonly state?: readonly DeliveryState[]; readonly lane?: string; readonly message?: string },
  ) => Promise<Page<DeliveryView>>;
  readonly events: (page: PageRequest) => Promise<Page<{ readonly cursor: string; readonly event: Record<string, unknown> }>>;
  readonly lanes: () => Promise<readonly LaneView[]>;
  /** Throws ERR_NOT_FOUND. */
  readonly laneDetail: (name: string) => Promise<LaneDetail>;
  readonly lane: (name: string, verb: 'pause' | 'resume' | 'release') => Promise<LaneView>;
  /** Throws ERR_NOT_FOUND when there is no such delivery lane, ERR_REQUEST_INVALID for a downtime that is over or a rate that is not one. */
  readonly order: (order: LaneOrder) => Promise<LaneView>;
  readonly withdraw: (lane: string, kind: LaneOrder['kind']) => Promise<LaneView>;
  /** Looked at now. */
  readonly alerts: () => Promise<AlertList>;
  readonly act: (request: ActRequest) => Promise<readonly string[]>;
  /** Throws ERR_BACKPRESSURE while earlier pages wait to be decided: to be asked again. */
  readonly replay: (request: ReplayRequest) => Promise<ReplayPage>;
  /** Corrected bytes for a message: a new message, linked to it. */
  readonly resubmit: (id: string, bytes: Uint8Array, who: string, why: string) => Promise<string>;
  readonly identities: IdentityFace;
  readonly calls: CallsFace;
  readonly callSessions: CallSessionsFace;
  readonly connectors: () => readonly ConnectorManifest[];
  readonly journal: () => Promise<{ readonly tag: string; readonly description: string; readonly durability: Durability }>;
  /** A backup as one stream (core/backup), which holds everything: the caller has audited why. Throws ERR_BACKUP_RUNS, ERR_BACKUP_UNWRITABLE. */
  readonly backup: () => Promise<AsyncIterable<Uint8Array>>;
  readonly settings: {
    readonly active: () => Promise<SettingsRevision | undefined>;
    readonly history: () => Promise<readonly Omit<SettingsRevision, 'documents'>[]>;
    readonly plan: (documents: readonly { readonly file: string; readonly text: string }[]) => Promise<SettingsPlan>;
    readonly apply: (
      documents: readonly { readonly file: string; readonly text: string }[],
      who: string,
      why?: string,
    ) => Promise<{ readonly revision: number; readonly plan: SettingsPlan }>;
  };
  readonly kits: {
    /** Throws ERR_KIT_UNAVAILABLE. */
    readonly build: (request: { readonly connector: string; readonly site: string; readonly who: string }) => Promise<SiteKit>;
    /** Those that were built, oldest first. */
    readonly list: () => Promise<readonly Omit<SiteKit, 'bytes' | 'name' | 'fingerprint'>[]>;
  };
  /** Counters and gauges for /metrics, already without identifying labels. */
  readonly metrics: () => readonly {
    readonly name: string;
    readonly help: string;
    readonly type: 'counter' | 'gauge';
    readonly values: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
  }[];
}
