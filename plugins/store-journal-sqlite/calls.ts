/**
 * What crosses between the ingress thread and the worker: calls by name, each answered once. Only strings, numbers and copied
 * bytes cross; records are packed (core/journal-format).
 */
import type {
  Acted,
  DeliveryFilter,
  DeliveryState,
  DeliverySummary,
  ErrorData,
  LaneCounts,
  LaneOrder,
  MessageFilter,
  MessageSummary,
  Note,
  NoteChange,
  OperatorAction,
  Page,
  PageRequest,
  QueuedDelivery,
  ReceiveResult,
  SettingsRevision,
  StoredNote,
} from '../../core/contract/index.ts';
import type {
  PackedAdmission,
  PackedAdmitted,
  PackedDecision,
  PackedHistory,
  PackedMaterial,
  PackedMessage,
  PackedSettlement,
  PackedStart,
  UndecidedMessage,
} from '../../core/journal-format/index.ts';

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
  keep(notes: readonly Note[], at: number): void;
  swap(changes: readonly NoteChange[], at: number): boolean;
  forget(kind: string, before: number, limit: number): number;
  fact(name: string, value: string): string;
  order(order: LaneOrder): void;
  withdraw(lane: string, kind: LaneOrder['kind']): void;
  saveSettings(at: number, who: string, why: string | undefined, documents: string): number;
}

/** Names of the calls that change the journal. */
export const WRITES = {
  receive: true,
  decide: true,
  admit: true,
  begin: true,
  settle: true,
  act: true,
  pause: true,
  keep: true,
  swap: true,
  forget: true,
  fact: true,
  order: true,
  withdraw: true,
  saveSettings: true,
} as const satisfies Record<keyof Writes, true>;

/** Calls that read: run between commits, and see committed rows only. */
export interface Reads {
  undecided(lane: string, after: number, limit: number): UndecidedMessage[];
  raw(message: number, from: number | undefined, to: number | undefined): Uint8Array;
  backlog(lane: string, after: number, limit: number): QueuedDelivery[];
  material(deliveries: readonly number[]): PackedMaterial[];
  states(deliveries: readonly number[]): (DeliveryState | undefined)[];
  messages(filter: MessageFilter, page: PageRequest): Page<MessageSummary>;
  message(message: number): PackedHistory | undefined;
  deliveries(filter: DeliveryFilter, page: PageRequest): Page<DeliverySummary>;
  events(page: PageRequest): Page<{ readonly cursor: string; readonly message: number; readonly json: string }>;
  lanes(): LaneCounts[];
  paused(): string[];
  notes(kind: string, keys: readonly string[]): (string | undefined)[];
  notesOf(kind: string, page: PageRequest): Page<StoredNote>;
  orders(): LaneOrder[];
  settings(revision: number | undefined): (Omit<SettingsRevision, 'documents'> & { readonly documents: string }) | undefined;
  settingsHistory(): Omit<SettingsRevision, 'documents'>[];
}

/** The file as it stands, for a copy (freeze.ts). */
export interface Frozen {
  /** Open for reading in this process as long as the journal is. */
  readonly file: number;
  readonly bytes: number;
  readonly at: number;
}

/** Calls about the file itself: run between commits. */
export interface FileCalls {
  pragmas(): Pragmas;
  /** From now on everything written goes to the log and the file does not change. */
  freeze(): Frozen;
  thaw(): void;
}

/** How SQLite was told to write. */
export interface Pragmas {
  readonly journalMode: string;
  readonly synchronous: number;
}

export type Calls = Writes & Reads & FileCalls;

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
  /** Instead of PATIENCE_MS. */
  readonly patienceMs?: number;
}
