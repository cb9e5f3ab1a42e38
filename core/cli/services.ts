/** What the commands need of the rest of the engine: given by `compose.ts`, faked in tests. The command line itself knows no plugin. */
import type { OfflineParts } from '../call/index.ts';
import type { JournalPlace } from '../backup/index.ts';
import type { DocumentFinding, DocumentWriteOptions, PrintOptions, Sink, SiteSettings } from '../contract/index.ts';
import type { JournalAddress } from '../journal/index.ts';
import type { Translation } from '../lanes/index.ts';
import type { Patient } from '../model/index.ts';
import type { Catalogue } from '../settings/index.ts';
import type { LogLevel } from '../telemetry/index.ts';
import type { ReadContainer } from './read-container.ts';
import type { ReadDocument } from './read-document.ts';

export interface StartOptions {
  /** Folder of settings documents, for an empty journal. */
  readonly config?: string;
  readonly data: string;
  /** Roles of this node in a mesh; absent = all. */
  readonly roles?: readonly string[];
  readonly demo: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: 'text' | 'json';
}

export interface RunningEngine {
  /** One line per listening address. */
  readonly addresses: readonly string[];
  /** Clean stop: listeners, then lanes, then the journal. Legal twice. */
  readonly stop: () => Promise<void>;
  /** Resolves when it ends by itself; rejects when it cannot go on. Absent = never. */
  readonly ended?: Promise<void>;
}

export interface TranslateOptions {
  readonly connectorId: string;
  readonly version?: string;
  readonly settings?: SiteSettings;
  /** ISO 8601 with offset: the time of the decision. */
  readonly now: string;
  /** Whether the time of a contextual call is held against `now`; a file of another day is not. */
  readonly judgeTime?: boolean;
}

export interface Sender {
  readonly sink: Sink;
  /** The messages of a file, by the codec of the transport. */
  readonly split: (bytes: Uint8Array) => readonly Uint8Array[];
}

/** What a line of `translate` is made of; the rest is the event's. */
export type Translated = Pick<Translation, 'decision' | 'error'>;
export type CallParts = Pick<OfflineParts, 'manifest' | 'connector' | 'codec'>;

export interface CliServices {
  /** Installed connectors and transports. */
  readonly catalogue: () => Promise<Catalogue>;
  /** Throws ERR_CONNECTOR_UNKNOWN; what is wrong with a message is in its translation. */
  readonly translate: (bytes: Uint8Array, options: TranslateOptions) => AsyncIterable<Translated> | Iterable<Translated>;
  /** What taking a call apart needs of a connector. Throws ERR_CONNECTOR_UNKNOWN, ERR_CONFIG_INVALID. */
  readonly callParts: (connectorId: string, version?: string) => Promise<CallParts>;
  /** `parts`: content of the parts that the event names. Throws ERR_REQUEST_INVALID for an event that breaks its schema, and what the connector refuses. */
  readonly render: (event: unknown, options: TranslateOptions, parts: Readonly<Record<string, Uint8Array>>) => Promise<Uint8Array>;
  /** `patient`: of the envelope that it came in, to compare. Throws ERR_DOCUMENT_UNREADABLE for a kind that nobody reads, ERR_ARCHIVE_UNREADABLE. */
  readonly readDocument: (bytes: Uint8Array, patient?: Patient) => Promise<ReadDocument | ReadContainer>;
  /** Pages of an event that is a text document. Throws ERR_REQUEST_INVALID for another event, ERR_DOCUMENT_MISSING, ERR_INS_*. */
  readonly printDocument: (event: unknown, options: PrintOptions) => Promise<Uint8Array>;
  /** A CDA of an event. Throws ERR_REQUEST_INVALID for another event, and as `DocumentCodec.write`. */
  readonly writeDocument: (event: unknown, options: DocumentWriteOptions) => Promise<Uint8Array>;
  /** Throws ERR_DOCUMENT_UNREADABLE, ERR_NOT_FOUND when the folder does not hold the rules of this kind of document. */
  readonly validateDocument: (bytes: Uint8Array, rulesFolder: string) => Promise<readonly DocumentFinding[]>;
  /** The way to an address such as `mllp://127.0.0.1:2575`. Throws ERR_REQUEST_INVALID for a scheme that no transport has. */
  readonly sender: (to: URL) => Promise<Sender>;
  /** Opens a stopped journal to see that it can be, and closes it. Answers what it is. Throws ERR_JOURNAL_*. */
  readonly tryJournal: (journal: JournalAddress) => Promise<string>;
  /** The store of an address: a data directory, or `postgres://...`. Throws ERR_CONFIG_INVALID when no store has it. */
  readonly journalAt: (address: string) => JournalPlace;
}
