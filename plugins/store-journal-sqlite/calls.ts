/**
 * What crosses between the ingress thread and the worker: calls by name, each answered once. Only strings, numbers and copied
 * bytes cross; JSON that the worker merely stores or hands back stays text, so that neither side parses it for nothing.
 */
import type {
  AckCode,
  Acted,
  DeliveryFilter,
  DeliveryState,
  DeliverySummary,
  ErrorData,
  HttpMeta,
  LaneCounts,
  LaneOrder,
  MessageFilter,
  MessageHistory,
  MessageState,
  MessageSummary,
  OperatorAction,
  Page,
  PageRequest,
  PartRef,
  QueuedDelivery,
  ReceiveResult,
  RoutedEvent,
  SettingsRevision,
} from '../../core/contract/index.ts';

export interface PackedMessage {
  readonly id: number;
  readonly lane: string;
  readonly site: string;
  readonly connector: string;
  readonly version: string;
  readonly format: string;
  readonly at: number;
  readonly type: string | undefined;
  readonly controlId: string | undefined;
  readonly fingerprint: string;
  readonly ack: AckCode | undefined;
  readonly link: number | undefined;
  readonly raw: Uint8Array;
  /** JSON: `{peer, type?, controlId?, http?}`. */
  readonly head: string;
  /** JSON outcome of a message refused before decoding. */
  readonly outcome: string | undefined;
}

export interface PackedEvent {
  readonly uid: string;
  readonly type: string;
  readonly kind: RoutedEvent['kind'];
  readonly keys: readonly string[];
  readonly series: string | undefined;
  /** The CloudEvent as JSON. */
  readonly json: string;
  /** Each lane once. */
  readonly destinations: readonly { readonly lane: string; readonly held: string | undefined }[];
}

export interface PackedDecision {
  readonly message: number;
  readonly run: number;
  readonly state: MessageState;
  readonly at: number;
  readonly ack: AckCode | undefined;
  readonly terms: readonly string[];
  readonly events: readonly PackedEvent[];
  /** JSON: `{decision, error?, warnings?, parts?}`. */
  readonly outcome: string;
}

export interface PackedAdmission {
  readonly message: PackedMessage;
  readonly decision: PackedDecision;
}

/** First delivery of a message that was admitted with its decision (0 without any), or what became of it instead. */
export type PackedAdmitted = number | ReceiveResult;

export interface PackedStart {
  readonly delivery: number;
  readonly at: number;
  readonly controlId: string | undefined;
  /** `EncodedMessage` as JSON. */
  readonly encoded: string | undefined;
}

export interface PackedSettlement {
  readonly delivery: number;
  readonly from: DeliveryState;
  readonly to: DeliveryState;
  readonly at: number;
  readonly counted: boolean;
  readonly ack: string | undefined;
  readonly notBefore: number | undefined;
  readonly error: string | undefined;
  /** Begin of the attempt that ends, when it was not begun by itself. */
  readonly begun: PackedStart | undefined;
}

export interface PackedMaterial {
  readonly format: string;
  readonly delivery: number;
  readonly message: number;
  readonly attempts: number;
  readonly event: string;
  readonly parts: readonly PartRef[];
  readonly encoded: string | undefined;
}

export type PackedHistory = Omit<MessageHistory, 'events'> & { readonly events: readonly { readonly json: string; readonly run: number }[] };
export type UndecidedMessage = MessageSummary & { readonly format: string; readonly http?: HttpMeta };

/** Calls that change the journal: grouped into commits. */
export interface Writes {
  /** A new message with nothing to say is its number alone. */
  receive(batch: readonly PackedMessage[]): (number | ReceiveResult)[];
  /** Of each decision, the first delivery made; the others follow it, in order of events and destinations. */
  decide(batch: readonly PackedDecision[]): number[];
  admit(batch: readonly PackedAdmission[]): PackedAdmitted[];
  begin(batch: readonly PackedStart[]): void;
  settle(batch: readonly PackedSettlement[]): void;
  act(actions: readonly OperatorAction[]): Acted[];
  pause(lane: string, paused: boolean, at: number): void;
  order(order: LaneOrder): void;
  withdraw(lane: string, kind: LaneOrder['kind']): void;
  saveSettings(at: number, who: string, why: string | undefined, documents: string): number;
}

/** Calls that read: run between commits, and see committed rows only. */
export interface Reads {
  undecided(lane: string, after: number, limit: number): UndecidedMessage[];
  raw(message: number, from: number | undefined, to: number | undefined): Uint8Array;
  backlog(lane: string, after: number, limit: number): QueuedDelivery[];
  material(deliveries: readonly number[]): PackedMaterial[];
  messages(filter: MessageFilter, page: PageRequest): Page<MessageSummary>;
  message(message: number): PackedHistory | undefined;
  deliveries(filter: DeliveryFilter, page: PageRequest): Page<DeliverySummary>;
  events(page: PageRequest): Page<{ readonly cursor: string; readonly message: number; readonly json: string }>;
  lanes(): LaneCounts[];
  paused(): string[];
  orders(): LaneOrder[];
  settings(revision: number | undefined): (Omit<SettingsRevision, 'documents'> & { readonly documents: string }) | undefined;
  settingsHistory(): Omit<SettingsRevision, 'documents'>[];
}

export type Calls = Writes & Reads;

export interface Command {
  readonly id: number;
  readonly name: keyof Calls | 'close';
  readonly args: readonly unknown[];
  /** Items and payload bytes, for cutting groups. */
  readonly items: number;
  readonly bytes: number;
}

export type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: ErrorData };

/** First thing the worker says. */
export type Opened = { readonly tag: string; readonly lastMessage: number } | { readonly failed: ErrorData };

/** What tests and benches may ask for; the engine never does. */
export interface OpenOptions {
  /** Items of one commit; 1 = no grouping, the baseline of the bench. */
  readonly groupItems?: number;
  /** Shared cell holding the most pages that the file may have, 0 for no limit: a disk that fills up and gets space again. */
  readonly pageLimit?: Int32Array;
}
