/**
 * What a connector is (ARCHITECTURE section 6): four pure functions and a manifest. No I/O, clock, randomness, log; everything
 * it may depend on comes in the arguments, so that the same input gives the same output byte for byte.
 */
import type { DocumentIds, Envelope, OutgoingEnvelope, Warning } from './envelope.ts';
import type { ErrorData } from './errors.ts';
import type { SiteSettings } from './site-settings.ts';

/** ARCHITECTURE section 5. `filtered` = understood, and of no interest here (a movement nobody asked for). */
export type Decision = 'accept' | 'accept-with-warning' | 'quarantine' | 'reject' | 'filtered';

/** A patient as lanes know one: (identity domain, IPP), or (INS OID, number) when no IPP is known. Hashed by the engine, never stored in clear. */
export interface ClearKey {
  readonly domain: string;
  readonly value: string;
}

/** A canonical event before the engine gives it id, source, site and versions. `type` and `data` are those of `passerelle/model`. */
export interface DraftEvent {
  readonly type: string;
  /** When it happened, ISO 8601; local times without offset are of the site's time zone. */
  readonly time?: string;
  readonly data: unknown;
  /** Every patient this event names. A merge names both: it is a barrier on each of them. */
  readonly keys: readonly ClearKey[];
  /**
   * Index of the event of the same message that carries this one whole (the visit event of an A01 carries the identity):
   * a destination that takes that event does not get this one as well.
   */
  readonly within?: number;
  /** Documents only: what names the document for order and idempotency, else absent. `parts` = names of the parts it needs. */
  readonly document?: { readonly id?: string; readonly setId?: string; readonly version?: number; readonly replaces?: string };
  readonly parts?: readonly string[];
  /** Answers only: control id of the message it is about, as `correlationid`. */
  readonly correlation?: string;
  /** FINESS of the establishments it is meant for (SAFETY B6); absent = by routing rule. */
  readonly destinations?: readonly string[];
}

export interface DecodeResult {
  readonly decision: Decision;
  /** With `quarantine`: at most what says whose wishes the message brings, for these are obeyed while it waits (SAFETY B6); nothing else is made of them. */
  readonly events: readonly DraftEvent[];
  readonly warnings: readonly Warning[];
  /** Why, for `reject` and `quarantine`: code of the catalogue, location, expected, found. */
  readonly error?: ErrorData;
  /** What operators search by: goes to the blind index, never in clear. */
  readonly terms?: readonly IndexTerm[];
}

/** SAFETY D4: the only fields that can be searched. */
export interface IndexTerm {
  readonly field: 'ipp' | 'ins' | 'name-birth' | 'document' | 'control-id';
  readonly value: string;
}

export interface ConnectorContext {
  readonly settings: SiteSettings;
  /** ISO 8601 with offset; the time of the decision, given by the engine. */
  readonly now: string;
  /** Deterministic unique ids for this call: the n-th call gives the same id on a replay of the same attempt. At most 20 characters, letters and digits. */
  readonly newId: () => string;
}

/** Identity of the message being encoded, for correlation in the reply. */
export interface EncodeInput {
  /** Canonical event with attributes (CloudEvents) and data. */
  readonly event: CanonicalEventLike;
  /** The parts of the message the event came from: an encoder may place them. */
  readonly parts: readonly EncodablePart[];
  /** Codec of the endpoint it goes to (`manifest.formats` of its transport), for a connector that speaks several; absent = its only one. */
  readonly format?: string;
  /** Ids by which its receiver knows this document, or the one that it replaces: what was sent there before it. */
  readonly knownAs?: KnownAs;
  /** Since when the document is as it is, by its sender (ISO instant): the time of what is written of it, whichever message of it leaves. */
  readonly since?: string;
}

export interface KnownAs {
  /** With this content; for a deletion, as it was sent last. */
  readonly document?: DocumentIds;
  /** What is there of what it replaces, or of itself by another name. */
  readonly replaces?: DocumentIds;
  /** A number of its source stands for one result through its life: what was sent of it before this content, which takes the place of that. */
  readonly before?: DocumentIds;
  /** What another content of its number left as, by another lane: this one has another id. */
  readonly elsewhere?: DocumentIds;
  /** `before` was deleted there since, or refused: this replaces nothing. */
  readonly isGivenAgain?: true;
}

export interface EncodablePart {
  readonly part: string;
  readonly bytes: number;
  readonly mime: string;
  readonly sha256: string;
}

/** Structural view of a CloudEvent; the full type is `CanonicalEvent` in `passerelle/model`. */
export interface CanonicalEventLike {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject?: string;
  readonly time: string;
  readonly site: string;
  readonly data: unknown;
}

/** `hold` keeps the delivery for a condition (patient unknown there); `refuse` makes it dead with its reason. */
export type EncodeResult =
  | { readonly outcome: 'message'; readonly envelope: OutgoingEnvelope; readonly warnings?: readonly Warning[] }
  | { readonly outcome: 'hold' | 'refuse'; readonly error: ErrorData };

/** What became of a received message, for `acknowledge`. */
export interface Reception {
  /** `stored` when the reply is due before decoding. */
  readonly decision: Decision | 'stored' | 'duplicate';
  readonly ack: 'AA' | 'AE' | 'AR';
  readonly error?: ErrorData;
  readonly warnings: readonly Warning[];
  readonly messageId?: string;
}

/**
 * What a counterparty's reply means (its connector's table, MODELS section 9).
 * `delivered`: taken. `later`: surely not taken, send again, a bounded number of times. `unavailable`: nothing is taken there now, this message is
 * not to blame (HTTP 503, a refused token): the lane waits, no attempt is used up. `refused`: never as it is. `unknown-there`: patient not known there, hold.
 * `unreadable`: not an answer to this message; ambiguous.
 */
export interface ReplyOutcome {
  readonly outcome: 'delivered' | 'later' | 'unavailable' | 'refused' | 'unknown-there' | 'unreadable';
  /** `AA`, `AE`, `CE`, `HTTP 409`... as it came. */
  readonly ack?: string;
  readonly hl7Code?: number;
  readonly applicationCode?: number;
  readonly error?: ErrorData;
  /** Of the record, to a contextual call: who it could be, or the way in. */
  readonly call?: RecordAnswer;
}

/** What the record answers to a contextual call: candidates when it was asked who it could be, a ticket once one was chosen. */
export type RecordAnswer =
  | {
      readonly candidates: readonly RecordCandidate[];
      /** Of the tabs that it was told of: those that the person closed. */
      readonly closedTabs?: readonly string[];
    }
  | {
      /** Address of the record that takes the ticket, by POST, from the browser. */
      readonly url: string;
      readonly fields: Readonly<Record<string, string>>;
      readonly recordId: string;
      readonly created: boolean;
    };

/** A record that could be the patient's (SAFETY C9). */
export interface RecordCandidate {
  readonly recordId: string;
  readonly by: 'ins' | 'ipp' | 'traits';
  /** The record holds another qualified INS than the one that was said: never opened (SAFETY A4). */
  readonly insDiffers?: boolean;
  /** The record holds another IPP of the same authority than the one that was said: with nothing but traits it is never opened unasked (SAFETY A6). */
  readonly ippDiffers?: boolean;
  /** The record holds other strict traits. */
  readonly traitsDiffer?: boolean;
  /** What a person tells candidates apart by, when they have to choose. */
  readonly shown: {
    readonly birthName?: string;
    readonly usedName?: string;
    readonly givenNames?: string;
    readonly birthDate?: string;
    readonly sex?: string;
  };
}

export interface Connector {
  readonly decode: (envelope: Envelope, context: ConnectorContext) => DecodeResult;
  readonly encode: (input: EncodeInput, context: ConnectorContext) => EncodeResult;
  /** Our answer to a received message, in the counterparty's dialect; `null` when it is never answered (an ACK, a ZAM file). */
  readonly acknowledge: (reception: Reception, envelope: Envelope, context: ConnectorContext) => OutgoingEnvelope | null;
  readonly interpret: (reply: Envelope, sent: { readonly controlId?: string; readonly type: string }) => ReplyOutcome;
}

export type Stability = 'development' | 'alpha' | 'beta' | 'stable' | 'deprecated' | 'unmaintained';

export interface ConnectorFlow {
  readonly id: string;
  /** Seen from the cancer record: `to-dcc` or `from-dcc`. */
  readonly direction: 'to-dcc' | 'from-dcc';
  readonly events: readonly string[];
  readonly formats: readonly string[];
  readonly transports: readonly string[];
  readonly stability: Stability;
}

/** The contextual call of a product: how its own bytes come, decoded like any message (`dcc.context.open`). */
export interface ConnectorCall {
  /** Who reads them: the kit, on the site (a command line, a local form), or the engine. */
  readonly reads: 'kit' | 'engine';
  /** Codec of its bytes. */
  readonly format: string;
  /** Setting of the connector that says their character set; absent = `charsetFallback` of the site. */
  readonly charsetSetting?: string;
  /** Of the engine's public listener; only when the engine reads. */
  readonly path?: string;
  /** HMAC-SHA256 in hex over the body as received: weak, enabled by a recorded decision of the site (SAFETY C5). Key ids and secrets are settings of the site. */
  readonly signature?: { readonly covers: 'body'; readonly keyHeader: string; readonly signatureHeader: string; readonly prefix?: string };
}

export interface ConnectorManifest {
  readonly id: string;
  readonly displayName: string;
  readonly vendor: string;
  readonly products: readonly { readonly name: string; readonly versions: string }[];
  /** Semantic version; a site pins exactly one. */
  readonly version: string;
  /** Range of engine versions. */
  readonly engine: string;
  readonly since: string;
  readonly owners: { readonly active: readonly string[]; readonly emeritus?: readonly string[] };
  /** Codec of its messages, by transport: `{ "mllp": "hl7v2", "https": "json" }`. */
  readonly formats: Readonly<Record<string, string>>;
  readonly flows: readonly ConnectorFlow[];
  readonly identities: readonly ('IPP' | 'IEP' | 'INS' | 'MOVEMENT')[];
  readonly call?: ConnectorCall;
  readonly unsupported?: readonly { readonly what: string; readonly reason: string }[];
  readonly warnings?: readonly string[];
  readonly breaking?: readonly { readonly version: string; readonly what: string; readonly deadline: string; readonly migration: string }[];
}

export interface ConnectorDefinition extends Connector {
  readonly manifest: ConnectorManifest;
  /** JSON Schema of `connector:` in the site settings; absent = no settings of its own. */
  readonly settingsSchema?: object;
}

/** A known departure of a product from the standard: an entry of `deviations`, which a connector's module may export beside `connector`. */
export interface Deviation {
  readonly id: string;
  readonly what: string;
  /** Versions of the product it was met in. */
  readonly versions: string;
  readonly reference: string;
  /** The case that shows it: a folder below `fixtures/`. */
  readonly case: string;
}

/** Makes `connector`, the export of `connectors/<id>/src/index.ts`. */
export function defineConnector(definition: ConnectorDefinition): ConnectorDefinition {
  return Object.freeze(definition);
}
