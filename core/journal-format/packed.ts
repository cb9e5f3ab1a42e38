/**
 * Records of the contract in the form in which every store writes them: times in ms, and JSON that is merely stored or handed back
 * kept as text, so that nobody parses it for nothing.
 */
import type {
  AckCode,
  DeliveryState,
  HttpMeta,
  MessageHistory,
  MessageState,
  MessageSummary,
  Note,
  PartRef,
  ReceiveResult,
  RoutedEvent,
} from '../contract/index.ts';

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
  readonly notes: readonly Note[];
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
  /** It takes the place of an earlier one. */
  readonly replaces: boolean;
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
  readonly queuedAt: string;
  readonly format: string;
  readonly controlId: string | undefined;
  readonly delivery: number;
  readonly message: number;
  readonly attempts: number;
  readonly event: string;
  readonly parts: readonly PartRef[];
  readonly encoded: string | undefined;
}

export type PackedHistory = Omit<MessageHistory, 'events'> & { readonly events: readonly { readonly json: string; readonly run: number }[] };
export type UndecidedMessage = MessageSummary & { readonly format: string; readonly http?: HttpMeta };
