/**
 * The contract of a journal store (decisions D2, D3): coarse commands, each atomic and durable (fsync) when its promise resolves.
 * The store groups concurrent commands into one commit. Neither a query builder nor a transaction crosses this line.
 *
 * Ids are integers inside one journal, growing in commit order; people see `<tag>-<id>` (message) and `<tag>-d<id>` (delivery).
 * Times are ISO 8601 UTC strings given by the caller: a store has no clock.
 * Every method may reject with ERR_JOURNAL_UNAVAILABLE: then nothing of that command was stored.
 */
import type { JournalDump } from './dump.ts';
import type { HttpMeta, OutgoingEnvelope, Warning } from './envelope.ts';
import type { ErrorData } from './errors.ts';
import type { DeliveryState, MessageState } from './states.ts';

export interface IncomingMessage {
  /** One that `reserve` gave, for whoever may have to be stored before others that came later; absent = a new one. */
  readonly id?: number;
  /** Inbound endpoint, which is the lane and the identity of the sender. */
  readonly lane: string;
  readonly site: string;
  readonly connector: string;
  readonly connectorVersion: string;
  readonly format: string;
  readonly receivedAt: string;
  readonly peer: string;
  readonly type?: string;
  readonly controlId?: string;
  readonly fingerprint: string;
  readonly http?: HttpMeta;
  readonly raw: Uint8Array;
  /** The same bytes in memory of its own, which the store may take for itself (they are gone then): spares it a copy. */
  readonly spare?: Uint8Array<ArrayBuffer>;
  /** Answer already owed at this commit (`reply: stored`, or a refusal made before decoding). */
  readonly ack?: AckCode;
  /** Message this one was resubmitted from, or that it answers. */
  readonly link?: number;
  /** A refusal decided before decoding: the copy is stored as `rejected` at once. */
  readonly rejected?: ErrorData;
}

/** A message that was decided before it was stored: one commit for both. */
export interface Admission {
  readonly message: IncomingMessage;
  /** Its `message` is an id that `reserve` gave, its `run` is 1. */
  readonly decision: MessageDecision;
}

export interface AdmitResult extends ReceiveResult {
  /** Deliveries made, in order of events and destinations; absent when the decision was not stored (see `admit`). */
  readonly deliveries?: readonly QueuedDelivery[];
}

/** Proof that a write comes from the owner of a lane (ARCHITECTURE section 9). */
export interface LaneLease {
  readonly lane: string;
  /** Fencing token: grows with each new owner. */
  readonly token: number;
}

export interface LeaseRequest {
  /**
   * `NAME/START`: a node, unique among those that run, and which start of it this is. A new start takes the lanes of the one before at once, with new
   * tokens: whoever asks by that name knows that the one before is dead.
   */
  readonly node: string;
  readonly lanes: readonly string[];
  readonly ttlMs: number;
  /** A lane of another node is given only when its lease has been over for this long: the longest a send of the old owner can still be on the wire. */
  readonly graceMs: number;
}

export type AckCode = 'AA' | 'AE' | 'AR';

export interface ReceiveResult {
  readonly message: number;
  /**
   * The same lane, control id and fingerprint were received less than 30 days ago and not refused: nothing new was stored but the
   * count of retransmissions; `message` is the first one, `state` its state now. Without a control id no message is a duplicate.
   */
  readonly duplicate?: { readonly state: MessageState; readonly ack?: AckCode };
  /** The control id was used in these 30 days, in a message that was not refused, with other content: another message, to be warned about. */
  readonly controlIdReused?: boolean;
}

/** Where a part stands in the raw message, kept so that outgoing messages can refer to it. */
export interface PartRef {
  readonly part: string;
  readonly from: number;
  readonly to: number;
  readonly encoding: 'base64' | 'text';
  readonly bytes: number;
  readonly mime: string;
  readonly sha256: string;
  /** Set when what was carried is exactly the Base64 that an encoder writes: it may leave as it came. */
  readonly canonical?: boolean;
}

export interface RoutedEvent {
  /** CloudEvent as JSON, `data` included; sealed at rest. */
  readonly event: { readonly id: string; readonly type: string; readonly time: string } & Record<string, unknown>;
  /** Keyed hashes of the patients it names (lower-case hex, 64 bytes at most, as every hash here; anything else is ERR_INVARIANT). */
  readonly keys: readonly string[];
  /** `identity` blocks its keys when dead; `document` blocks its `series`. */
  readonly kind: 'identity' | 'visit' | 'document' | 'other';
  /** Keyed hash of the setId (or id) of the document's first version, as far as that is known: order and blocking among what is said of it. */
  readonly series?: string;
  /** Delivery lanes it goes to, on a `decoded` message only; a lane named twice is one. `held` makes the delivery wait from the start, with its reason. */
  readonly destinations: readonly { readonly lane: string; readonly held?: ErrorData }[];
}

/**
 * What decisions leave behind for later ones: what is known of a patient, of a document, what waits for a person. One value for each kind and
 * key, replaced whole by the commit of the decision that changes it.
 */
export interface Note {
  /** A word of the engine's: `person`, `document`... Never anything a message says. */
  readonly kind: string;
  /** Keyed hash (lower-case hex) of what it is about. */
  readonly key: string;
  /** JSON, sealed at rest; empty = nothing is known any more. */
  readonly value: string;
}

export interface StoredNote extends Note {
  readonly changedAt: string;
}

/** A note as it shall be, and as its writer knows it. */
export interface NoteChange extends Note {
  /** The value that it replaces; absent = nothing is known. */
  readonly before?: string;
}

export interface MessageDecision {
  readonly message: number;
  /** Decode run, 1 for the first. */
  readonly run: number;
  readonly state: Exclude<MessageState, 'received' | 'discarded'>;
  readonly decidedAt: string;
  readonly decision: string;
  readonly error?: ErrorData;
  readonly warnings: readonly Warning[];
  readonly parts: readonly PartRef[];
  readonly events: readonly RoutedEvent[];
  /** Blind index terms (hex of keyed hashes), patient keys included. */
  readonly terms: readonly string[];
  /** Answer owed for this decision; absent when it was given before, or none is owed. */
  readonly ack?: AckCode;
  /** What is known from now on. Of two of one kind and key the last one stays. */
  readonly notes?: readonly Note[];
}

export interface QueuedDelivery {
  readonly delivery: number;
  readonly message: number;
  readonly lane: string;
  readonly state: DeliveryState;
  readonly kind: RoutedEvent['kind'];
  readonly keys: readonly string[];
  readonly series?: string;
  readonly attempts: number;
  /** Not before this time (ISO), set by a retry. */
  readonly notBefore?: string;
  /** Last error, when there was one. */
  readonly error?: ErrorData;
}

/** What encoding and sending one delivery needs. */
export interface DeliveryMaterial {
  readonly delivery: number;
  readonly message: number;
  /** Codec of the incoming message, to read its parts again; and its control id. */
  readonly format: string;
  readonly controlId?: string;
  readonly event: RoutedEvent['event'];
  readonly parts: readonly PartRef[];
  /** When it was routed: what its encoding takes for now, so that encoding it again after a crash gives the same bytes. */
  readonly queuedAt: string;
  readonly attempts: number;
  /** Present once encoded: a retry sends the same bytes. */
  readonly encoded?: EncodedMessage;
}

export interface EncodedMessage {
  readonly envelope: OutgoingEnvelope;
  readonly controlId?: string;
  /** SHA-256 (hex) of the bytes built from it, documents that leave as they came told by their own: checked at each resend. */
  readonly sha256: string;
  readonly bytes: number;
  readonly connector: string;
  readonly connectorVersion: string;
  /** Of a document: the masks and closed ways that it leaves with (SAFETY B6, B7). One that was said since makes other bytes. */
  readonly restrictions?: readonly string[];
}

export interface AttemptStart {
  readonly delivery: number;
  readonly startedAt: string;
  /** First attempt, or first after a replay: then and only then (ERR_INVARIANT), since a retry sends the same bytes. */
  readonly encoded?: EncodedMessage;
  /** `encoded` takes the place of the bytes of earlier attempts: none of them arrived, and their patient closed a way since. */
  readonly replaces?: true;
}

/** End of an attempt, or of the wish to make one. Every field but `delivery`, `to` and `at` explains it. */
export interface Settlement {
  readonly delivery: number;
  readonly to: Exclude<DeliveryState, 'sending'>;
  readonly at: string;
  /** `sending` for the end of an attempt; `queued` when it could not be encoded, or when the attempt was not begun by itself. */
  readonly from: 'queued' | 'sending';
  /** With `from: queued`: begin and end of an attempt in one commit, for receivers that recognise what they get twice. */
  readonly begun?: Omit<AttemptStart, 'delivery'>;
  readonly ack?: string;
  readonly error?: ErrorData;
  readonly notBefore?: string;
  /** False when nothing reached the counterparty: not counted as an attempt, and the next attempt takes its ordinal and its record. */
  readonly counted: boolean;
}

export type OperatorVerb = 'replay' | 'discard' | 'release' | 'resend' | 'confirm';

export interface OperatorAction {
  readonly verb: OperatorVerb;
  /** One of the two; `replay` takes a message, `release` `resend` `confirm` a delivery, `discard` either. */
  readonly message?: number;
  readonly delivery?: number;
  readonly who: string;
  readonly why?: string;
  readonly at: string;
}

/** Who releases without having looked at that one delivery: the order to a whole lane, and an identity that came. */
export const RELEASED_BY = { lane: 'lane release', identity: 'passerelle' } as const;

/** What an action changed, so that lanes follow without reading it back. */
export interface Acted {
  readonly message: number;
  /** As they are now: the delivery acted upon, or those that a replay discarded. */
  readonly deliveries: readonly QueuedDelivery[];
  /** Of a replay: its lane has to decide the message again. */
  readonly again?: Pick<MessageSummary, 'lane' | 'run' | 'receivedAt' | 'bytes' | 'controlId'>;
}

/**
 * What a person ordered of a delivery lane beside a pause; one of each kind a lane. `downtime`: nothing is sent from `from` until `until` (ISO).
 * `rate`: at most so many sends a minute.
 */
export type LaneOrder = { readonly lane: string; readonly at: string; readonly who: string; readonly why?: string } & (
  | { readonly kind: 'downtime'; readonly from: string; readonly until: string }
  | { readonly kind: 'rate'; readonly perMinute: number }
);

export interface Page<T> {
  /** Newest first, but the feed of events. A store may stop a page short, even empty, when a filter makes it look at too much. */
  readonly items: readonly T[];
  /** Opaque; absent on the last page. A cursor of another journal or reading is ERR_REQUEST_INVALID. */
  readonly next?: string;
}

export interface PageRequest {
  readonly limit: number;
  readonly after?: string;
}

export interface MessageFilter {
  readonly states?: readonly MessageState[];
  readonly site?: string;
  readonly lane?: string;
  readonly controlId?: string;
  readonly type?: string;
  readonly since?: string;
  readonly until?: string;
  /** Has one of these blind index terms. */
  readonly terms?: readonly string[];
  /** In the order of ids instead of newest first: what a replay needs, and what a cursor can go on from while states change. */
  readonly oldestFirst?: boolean;
}

export interface MessageSummary {
  readonly message: number;
  readonly lane: string;
  readonly site: string;
  readonly connector: string;
  readonly connectorVersion: string;
  readonly receivedAt: string;
  readonly peer: string;
  readonly type?: string;
  readonly controlId?: string;
  readonly bytes: number;
  readonly state: MessageState;
  readonly decision?: string;
  readonly error?: ErrorData;
  readonly warnings: readonly Warning[];
  readonly ack?: AckCode;
  readonly run: number;
  readonly retransmissions: number;
}

export interface DeliveryFilter {
  readonly states?: readonly DeliveryState[];
  readonly lane?: string;
  readonly message?: number;
}

export interface DeliverySummary extends QueuedDelivery {
  readonly eventId: string;
  readonly eventType: string;
  readonly run: number;
  readonly queuedAt: string;
  /** When it left the queue: delivered, put aside (review, held), dead or discarded. */
  readonly settledAt?: string;
  readonly controlId?: string;
  readonly ack?: string;
}

export interface AttemptRecord {
  readonly delivery: number;
  readonly ordinal: number;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly outcome?: DeliveryState;
  readonly ack?: string;
  readonly error?: ErrorData;
}

export interface ActRecord {
  readonly verb: string;
  readonly message?: number;
  readonly delivery?: number;
  readonly who: string;
  readonly why?: string;
  readonly at: string;
}

/** A decision that a replay took the place of. */
export interface EarlierDecision {
  readonly run: number;
  readonly state: MessageState;
  readonly decidedAt?: string;
  readonly decision?: string;
  readonly error?: ErrorData;
  readonly warnings: readonly Warning[];
}

/** One message and everything that happened to it: its rows, in order. */
export interface MessageHistory {
  readonly message: MessageSummary;
  readonly decidedAt?: string;
  readonly parts: readonly PartRef[];
  readonly events: readonly { readonly event: RoutedEvent['event']; readonly run: number }[];
  readonly deliveries: readonly DeliverySummary[];
  readonly attempts: readonly AttemptRecord[];
  readonly acts: readonly ActRecord[];
  /** Oldest run first; absent when it was never replayed. */
  readonly earlier?: readonly EarlierDecision[];
}

export interface StoredEvent {
  readonly cursor: string;
  readonly message: number;
  readonly event: RoutedEvent['event'];
}

export interface LaneCounts {
  readonly lane: string;
  readonly counts: Readonly<Partial<Record<MessageState | DeliveryState, number>>>;
  /** Oldest queued delivery or undecided message. */
  readonly oldest?: string;
}

export interface SettingsRevision {
  readonly revision: number;
  readonly at: string;
  readonly who: string;
  readonly why?: string;
  /** The documents, as parsed JSON. */
  readonly documents: readonly unknown[];
}

/** What a commit survives, for people. */
export interface Durability {
  /** False when a power cut, or the loss of what the store was told to count on, may lose what was acknowledged. */
  readonly safe: boolean;
  readonly fr: string;
  readonly en: string;
}

export interface JournalStore {
  /** Four letters that make ids unique among journals. */
  readonly tag: string;
  /** What holds it, for people: `SQLite passerelle-data/journal.sqlite`. */
  readonly description: string;

  // --- the path of a message
  readonly receive: (batch: readonly IncomingMessage[]) => Promise<readonly ReceiveResult[]>;
  /** Ids for messages that will be admitted, in growing order. One that is not used leaves a gap. */
  readonly reserve: (count: number) => Promise<readonly number[]>;
  /**
   * `receive` and `decide` of new messages in one commit, each under its reserved id. Of a duplicate nothing is stored. The decision is left out, and
   * the message waits as `received` for its lane to decide it, when its control id was reused (its decision has to say so), when an older
   * message of the lane is undecided (it goes first), or when one before it in the batch, of its lane, was not stored with its decision (which it may have
   * been judged by). Throws as `decide` does.
   */
  readonly admit: (batch: readonly Admission[], lease?: LaneLease) => Promise<readonly AdmitResult[]>;
  /** Messages of an inbound lane in state `received` and above `after`, oldest first. */
  readonly undecided: (
    lane: string,
    after: number,
    limit: number,
  ) => Promise<readonly (MessageSummary & { readonly format: string; readonly http?: HttpMeta })[]>;
  /** Raw bytes of a message, or a range of them. Throws ERR_NOT_FOUND. */
  readonly raw: (message: number, from?: number, to?: number) => Promise<Uint8Array>;
  /**
   * Writes decision, events, deliveries, index terms. Answers the deliveries it made, in order. Throws ERR_TRANSITION when a message is not
   * `received` in that run, ERR_NOT_FOUND when there is none: then nothing of the batch was stored.
   */
  readonly decide: (batch: readonly MessageDecision[], lease?: LaneLease) => Promise<readonly (readonly QueuedDelivery[])[]>;
  /** Deliveries of a lane that still matter to order (queued, sending, review, held, dead) above `after`, in order. */
  readonly backlog: (lane: string, after: number, limit: number) => Promise<readonly QueuedDelivery[]>;
  readonly material: (deliveries: readonly number[]) => Promise<readonly DeliveryMaterial[]>;
  /** State of each of these deliveries, in their order; `undefined` for one that is not here. As many at once as `material`. */
  readonly states: (deliveries: readonly number[]) => Promise<readonly (DeliveryState | undefined)[]>;
  /** queued -> sending. */
  readonly begin: (batch: readonly AttemptStart[], lease?: LaneLease) => Promise<void>;
  readonly settle: (batch: readonly Settlement[], lease?: LaneLease) => Promise<void>;

  // --- owners of lanes. A write that names a lease which is no longer current throws ERR_LANE_LOST, and nothing of it is stored.
  /** Takes or renews, for `ttlMs` by the journal's clock, every lane that is free or ours; answers those that are ours now. One that ran out comes back with a new token. */
  readonly lease: (request: LeaseRequest) => Promise<readonly LaneLease[]>;
  /** Gives lanes back at once. */
  readonly release: (leases: readonly LaneLease[]) => Promise<void>;
  /**
   * Calls back when another node stored something for a lane (a message to decide, deliveries to make) or decided a message of it that this node
   * received. Absent when no other node can. May call once for several changes, and for none; answers how to stop.
   */
  readonly watch?: (listener: (lane: string) => void) => () => void;

  // --- decisions of people. All or nothing; throws ERR_NOT_FOUND, ERR_TRANSITION, ERR_REPLAY_STALE (replay without `why` when newer
  // deliveries share a patient key or series). A replay puts the message back to `received` with run + 1 and discards its open deliveries.
  /** Answers what each action changed, in their order. */
  readonly act: (actions: readonly OperatorAction[]) => Promise<readonly Acted[]>;

  /** A person pauses a delivery lane, or lets it go on: it stays so over restarts, on every node. */
  readonly pause: (lane: string, paused: boolean, at: string) => Promise<void>;
  /** What a person decided, or the engine by itself, without a message. Of two of one kind and key the last one stays. */
  readonly keep: (notes: readonly Note[], at: string, lease?: LaneLease) => Promise<void>;
  /** All or none, and only when the value of each one is still what its writer knows. False = somebody was faster: nothing was stored. */
  readonly swap: (changes: readonly NoteChange[], at: string) => Promise<boolean>;
  /** Drops notes of a kind that have had their time: last changed before this, oldest first, at most `limit`. Answers how many. */
  readonly forget: (kind: string, changedBefore: string, limit: number) => Promise<number>;
  /** Replaces the order of that kind; it holds over restarts, on every node, until it is withdrawn. */
  readonly order: (order: LaneOrder) => Promise<void>;
  /** Harmless when there is none. */
  readonly withdraw: (lane: string, kind: LaneOrder['kind']) => Promise<void>;

  // --- reading
  /** Values of one kind in the order of `keys`; undefined where nothing is known. */
  readonly notes: (kind: string, keys: readonly string[]) => Promise<readonly (string | undefined)[]>;
  /** All of one kind about which something is known, the last changed first. */
  readonly notesOf: (kind: string, page: PageRequest) => Promise<Page<StoredNote>>;
  /** Delivery lanes that a person paused. */
  readonly paused: () => Promise<readonly string[]>;
  /** By lane, then kind. Those of a lane that is gone, and a downtime that is over, stay until they are withdrawn. */
  readonly orders: () => Promise<readonly LaneOrder[]>;
  readonly messages: (filter: MessageFilter, page: PageRequest) => Promise<Page<MessageSummary>>;
  readonly message: (message: number) => Promise<MessageHistory | undefined>;
  readonly deliveries: (filter: DeliveryFilter, page: PageRequest) => Promise<Page<DeliverySummary>>;
  /** Feed of events; never shows a position before every lower one is committed. */
  readonly events: (page: PageRequest) => Promise<Page<StoredEvent>>;
  readonly lanes: () => Promise<readonly LaneCounts[]>;

  // --- settings revisions (D10): append only
  readonly saveSettings: (revision: Omit<SettingsRevision, 'revision'>) => Promise<number>;
  readonly settings: (revision?: number) => Promise<SettingsRevision | undefined>;
  readonly settingsHistory: () => Promise<readonly Omit<SettingsRevision, 'documents'>[]>;

  /** Keeps a short value under a name, the first time; answers what is kept. What all nodes and restarts must agree on. */
  readonly fact: (name: string, value: string) => Promise<string>;

  readonly durability: () => Promise<Durability>;
  /** Everything as it is now, while work goes on: one point of consistency. One at a time, else ERR_BACKUP_RUNS; ERR_BACKUP_UNWRITABLE without room for it. */
  readonly snapshot: () => Promise<JournalDump>;

  /** Resolves when the store can do nothing more without being asked to close (its worker died): the engine ends, and is started again. */
  readonly failed?: Promise<void>;
  readonly close: () => Promise<void>;
}
