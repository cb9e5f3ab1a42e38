/**
 * The kinds of plugin: codec, transport, journal store, application. A plugin is a capability that knows no vendor; the registry
 * loads `plugins/<folder>/index.ts`, whose one export `plugin` says its kind.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ContainerCodec } from './container.ts';
import type { Envelope, DocumentLook, DocumentReading, OutgoingEnvelope, HttpMeta } from './envelope.ts';
import type { DumpBatch, JournalDump } from './dump.ts';
import type { ErrorData } from './errors.ts';
import type { AckCode, JournalStore } from './journal.ts';
import type { EngineFace } from './engine-face.ts';

// ---------------------------------------------------------------------------------------------------------------- codecs

/** Bytes of one part, as the message carried them and decoded. */
export interface PartContent {
  readonly part: string;
  /** Decoded content. */
  readonly content: Uint8Array;
  /** Where the carried text stands in the raw message: `[from, to)` in bytes. With `canonical`, re-encoding `content` gives exactly these bytes. */
  readonly from: number;
  readonly to: number;
  readonly canonical: boolean;
}

/** First look at raw bytes, cheap: what is needed to deduplicate and to answer before any decoding. Never throws. */
export interface Peek {
  /** MSH-10 or the like; absent = none. */
  readonly controlId?: string;
  /** Who says it sends (MSH-3/MSH-4): checked against the endpoint, never trusted. */
  readonly sender?: string;
  /** Message type (`ADT^A01`), for lists. */
  readonly type?: string;
  /** What a retransmission repeats: SHA-256 (hex) of the content with its creation time (MSH-7) left out. */
  readonly fingerprint: string;
}

/** Turns bytes into an envelope and back. Pure, synchronous, engine side. */
export interface MessageCodec {
  readonly id: string;
  /** Several messages in one byte sequence (MLLP capture, batch file, joined messages): a view of each one's. A single message gives one. */
  readonly split: (bytes: Uint8Array) => readonly Uint8Array[];
  readonly peek: (bytes: Uint8Array) => Peek;
  /** Throws PasserelleError (`ERR_HL7_*`, `ERR_CODEC_UNREADABLE`). */
  readonly open: (bytes: Uint8Array, options: OpenOptions) => { readonly envelope: Envelope; readonly parts: readonly PartContent[] };
  /**
   * An answer that needs no connector, for when it is away: said by the engine alone, in the plainest form of the format. `undefined` when
   * the bytes do not even say whom to answer.
   */
  readonly plainReply: (bytes: Uint8Array, answer: PlainAnswer) => { readonly bytes: Uint8Array; readonly http?: HttpMeta } | undefined;
  /**
   * Writes a message, in pieces that follow each other. `part` gives the decoded content of a part of the incoming message; `carried` its
   * canonical Base64, when that is what it came as: then it leaves as it is.
   */
  readonly build: (
    envelope: OutgoingEnvelope,
    part: (name: string) => Uint8Array,
    carried?: (name: string) => Uint8Array | undefined,
  ) => readonly Uint8Array[];
}

export interface PlainAnswer {
  readonly ack: AckCode;
  /** ISO instant of the answer. */
  readonly now: string;
  /** Control id of the answer. */
  readonly id: string;
  /** Why, when `ack` is not AA. */
  readonly error?: ErrorData;
}

export interface OpenOptions {
  readonly charsetFallback: string;
  readonly http?: HttpMeta;
  /** Reads documents inside parts (CDA header, PDF mark); given by the engine from the document codecs. */
  readonly readDocument: (content: Uint8Array, mime: string) => DocumentReading | undefined;
}

/** Reads what a document says of itself. Never throws: what cannot be read is said in `unreadable`. */
export interface DocumentCodec {
  readonly id: string;
  readonly recognises: (mime: string, content: Uint8Array) => boolean;
  readonly read: (content: Uint8Array) => DocumentReading;
  /** The document that it wraps, decoded; `undefined` when it wraps none. Never throws. */
  readonly wrapped?: (content: Uint8Array) => Uint8Array | undefined;
  /**
   * Writes a document of this kind from `data` of a `dcc.document.received`, checked. Throws ERR_DOCUMENT_INCOMPLETE with the field that it must have,
   * ERR_DOCUMENT_MISSING, ERR_PATIENT_NO_IDENTIFIER.
   */
  readonly write?: (data: unknown, options: DocumentWriteOptions) => Uint8Array;
  /** Holds a document to official rules that stand in a folder; nothing found = valid. A diagnosis for people, never a condition of delivery (SAFETY B9). */
  readonly validate?: (content: Uint8Array, rulesFolder: string, options?: { readonly schemaOnly?: boolean }) => Promise<readonly DocumentFinding[]>;
}

export interface DocumentWriteOptions {
  /** ISO 8601 instant, for a document that does not say when it was made. */
  readonly now: string;
  readonly timeZone: string;
  /** What it is to wrap: a PDF, an image. */
  readonly content?: Uint8Array;
  /** What is agreed with its receiver, as in the settings of a connector. */
  readonly agreed: Readonly<Record<string, unknown>>;
  readonly modelVersion?: string;
}

/** Looks at a document as a person does: pages drawn, codes read. Takes seconds, in a thread of its own: never on the way of a message. */
export interface DocumentViewer {
  readonly recognises: (mime: string, content: Uint8Array) => boolean;
  /** Never rejects: what cannot be drawn is said in `unreadable`. */
  readonly look: (content: Uint8Array) => Promise<DocumentLook>;
}

/** Makes a document that a person reads out of one that came as text alone. */
export interface DocumentPrinter {
  /** `data`: of a `dcc.document.received`, checked. Throws ERR_DOCUMENT_MISSING when there is no text, ERR_INS_* for an INS that must not be printed. */
  readonly print: (data: unknown, options: PrintOptions) => Promise<Uint8Array>;
}

export interface PrintOptions {
  /** Of the reader: no test INS in production, and the reverse (SAFETY A5). */
  readonly environment: 'test' | 'production';
  /** ISO 8601 instant, for a document that does not say when it was made. */
  readonly now: string;
}

export interface DocumentFinding {
  readonly severity: 'error' | 'warning';
  /** What the rule says, element and attribute names included, values left out. */
  readonly message: string;
  /** 1-based line of the document, exact as long as no body of Base64 stands before it. */
  readonly line?: number;
  /** Where in the document, by names and positions of elements: `/ClinicalDocument/author[1]`. */
  readonly at?: string;
  /** What says so: `XSD`, or the file of rules. */
  readonly rules?: string;
}

// ------------------------------------------------------------------------------------------------------------ transports

/** One message as a transport received it. */
export interface Received {
  readonly bytes: Uint8Array;
  /** Address of the peer, and its certificate subject under mutual TLS: for the timeline. */
  readonly peer: string;
  readonly http?: HttpMeta;
}

/** What the lane answers: bytes to send back, or `none`; `close` asks the transport to end the connection after it. */
export interface Reply {
  readonly bytes: Uint8Array | null;
  readonly http?: HttpMeta;
  readonly close?: boolean;
}

/**
 * Given to a source: called once per message, in order of arrival per connection; resolves with the reply. While it has not
 * resolved the transport reads no further from that connection (back-pressure).
 * It never rejects: a failure is a reply. The bytes are then not the transport's any more.
 */
export type Receive = (received: Received) => Promise<Reply>;

/** Said by a transport about broken framing: counted, shown, and answered when `reply` gives bytes. */
export type ProtocolFault = (fault: { readonly code: string; readonly peer: string; readonly head?: Uint8Array }) => Promise<Reply>;

export interface Source {
  /** Opens the listener; resolves with the printed address (`mllp://127.0.0.1:2575`). Throws ERR_PORT_TAKEN. */
  readonly start: () => Promise<string>;
  /** Stops accepting, waits for replies in flight, closes. Legal before start and twice. */
  readonly stop: () => Promise<void>;
}

export interface SendResult {
  readonly bytes: Uint8Array;
  readonly http?: HttpMeta;
}

/**
 * The way out. `send` resolves with the reply of the counterparty to *this* message, or throws a PasserelleError whose
 * disposition is `transient` (surely not taken: never written whole) or `ambiguous` (may have been taken).
 * `mayBegin` is called in the turn that writes the first byte: what it throws is thrown, and nothing is sent.
 * `written` is called at most once, when all of the message has left: its memory is not read any more.
 * A message may come in pieces that follow each other. At most `concurrency` sends run at once; the lane guarantees it.
 */
export interface Sink {
  readonly concurrency: number;
  readonly send: (
    message: Uint8Array | readonly Uint8Array[],
    options: { readonly deadlineMs: number; readonly http?: HttpMeta; readonly mayBegin?: () => void; readonly written?: () => void },
  ) => Promise<SendResult>;
  /** Connects and says hello without sending a message; throws what stands in the way. */
  readonly probe: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface TransportPlugin {
  readonly kind: 'transport';
  readonly id: string;
  /** JSON Schema of the transport's own fields of an endpoint, per direction. */
  readonly settingsSchema: { readonly in: object; readonly out: object };
  /** Construction checks settings and opens nothing. `settings` have passed the schema; secrets are resolved. */
  readonly source: (settings: Record<string, unknown>, face: { readonly receive: Receive; readonly fault: ProtocolFault }) => Source;
  readonly sink: (settings: Record<string, unknown>) => Sink;
  /**
   * A path of the listener that inbound endpoints share, for an application. Throws ERR_PORT_TAKEN, ERR_CONFIG_DUPLICATE (path taken),
   * ERR_CONFIG_UNSAFE, ERR_CONFIG_INVALID.
   */
  readonly listen?: (place: { readonly host: string; readonly port: number; readonly path: string }, handler: HttpHandler) => Promise<HttpDoor>;
}

/** Takes a request whose path, below the base, is given. It answers, and it bounds what it reads. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse, below: string) => void;

export interface HttpDoor {
  /** The address as it is really bound: `http://127.0.0.1:8081/entrant/k-process`. */
  readonly address: string;
  /** Takes the path away; closes the listener with the last one. */
  readonly leave: () => Promise<void>;
}

// ------------------------------------------------------------------------------------------------------------------ rest

export interface CodecPlugin {
  readonly kind: 'codec';
  readonly id: string;
  readonly message?: MessageCodec;
  readonly document?: DocumentCodec;
  readonly viewer?: DocumentViewer;
  readonly printer?: DocumentPrinter;
  readonly containers?: readonly ContainerCodec[];
}

export interface StorePlugin {
  readonly kind: 'store';
  readonly id: string;
  /** Opens (and migrates) the journal that this address names: a folder, or a URL. Throws ERR_JOURNAL_*. */
  readonly open: (address: string) => Promise<JournalStore>;
  /** Everything that a stopped journal holds; it is locked until the dump is closed. Throws as `open`, ERR_NOT_FOUND when there is none. */
  readonly dump: (address: string) => Promise<JournalDump>;
  /**
   * Makes a journal of these rows, whole or not at all, tag included. `check` is given what was stored, before it counts: it throws to undo
   * everything, and answers the delivery lanes to pause. Throws ERR_NOT_EMPTY when a journal is there, ERR_JOURNAL_VERSION for a newer format.
   */
  readonly load: (address: string, dump: JournalDump, check: LoadCheck) => Promise<void>;
  /**
   * Puts a journal that moved out of the way, so that no engine starts on it again, nor on an empty one at its address: `open` throws ERR_JOURNAL_MOVED
   * there, and says where it is now (`to`, for people, without a password). Answers where the old one is kept.
   */
  readonly retire: (address: string, to: string) => Promise<string>;
}

export type LoadCheck = (stored: AsyncIterable<DumpBatch>) => Promise<{ readonly paused: readonly string[]; readonly at: string }>;

/** An application of the engine: API, console, contextual call. It sees the engine through `EngineFace` only. */
export interface AppPlugin {
  readonly kind: 'app';
  readonly id: string;
  readonly create: (
    engine: EngineFace,
    settings: Record<string, unknown>,
  ) => { readonly start: () => Promise<readonly string[]>; readonly stop: () => Promise<void> };
}

export type Plugin = CodecPlugin | TransportPlugin | StorePlugin | AppPlugin;
