/** Contextual calls as an application of the engine sees them (plugins/app-contextual-call/PROTOCOL.md): received, looked at, counted, and the keys behind them. */
import type { HttpMeta } from './envelope.ts';
import { PasserelleError, type ErrorDetail } from './errors.ts';
import type { ErrorCode } from './error-catalogue.ts';
import type { ExplainedError } from './explained.ts';
import type { Page, PageRequest } from './journal.ts';

/** How a call comes: our token, the HMAC profile, a browser form that holds a token, a product's own bytes, or a browser that a care record sends (SMART App Launch). */
export type CallKind = 'token' | 'hmac' | 'form' | 'dialect' | 'smart';

export interface CallRequest {
  readonly kind: CallKind;
  /** Body as received; of a form, the token alone; of `smart`, a `CallReturn` as JSON. */
  readonly bytes: Uint8Array;
  /** Header names in lower case. `path` = from the root of the public listener. */
  readonly http: HttpMeta;
  /** IP address of the caller. */
  readonly address: string;
  /** Of a dialect: whose path it came to. */
  readonly connector?: string;
}

/** A care record on the web sends the browser of its user (SMART App Launch). */
export interface CallLaunch {
  /** FINESS, of the launch address. */
  readonly site: string;
  /** As the care record said them. */
  readonly iss: string;
  readonly launch: string;
  /** IP address of the browser. */
  readonly address: string;
}

/** Where a browser goes to prove something, and what it has to come back with. */
export interface CallDeparture {
  /** Of a server that the settings name. */
  readonly url: string;
  /** The last part of the return address: of one server. */
  readonly at: string;
  /** For a cookie of this browser: what it brings back is worth nothing without. */
  readonly secret: string;
}

/** A browser that comes back. */
export interface CallReturn {
  readonly at: string;
  readonly secret: string;
  /** Parameters of the return address, each once. */
  readonly answer: Readonly<Record<string, string>>;
}

/** A one-time way in. */
export interface CallLink {
  /** For the fragment of an address and for nothing else: good once, for 60 seconds. */
  readonly code: string;
  /** The whole address, of the public address that the settings say. */
  readonly link: string;
  /** `AC-XXXXXXXX`: what a person reads out on the telephone. */
  readonly reference: string;
  readonly expiresAt: string;
  readonly warnings: readonly string[];
}

/** What the user of a call may do, by the settings of the site. */
export interface CallRights {
  readonly actions: readonly ('open' | 'create')[];
  readonly targets: readonly ('record' | 'rcp-preparation' | 'pps')[];
}

/** A refused call: what the caller may know is the code's own text, `reference`, and the time of this engine. */
export class CallRefusal extends PasserelleError {
  readonly reference: string;
  /** Seconds, with ERR_CALL_RATE. */
  readonly retryAfter?: number;

  constructor(code: ErrorCode, reference: string, detail: ErrorDetail & { readonly retryAfter?: number } = {}) {
    super(code, detail);
    this.reference = reference;
    if (detail.retryAfter !== undefined) this.retryAfter = detail.retryAfter;
  }
}

/** `opened` and what comes after a link is said by the hand-over to the record. `rotated` is no call: a key signed for its successor. */
export type CallOutcome = 'link' | 'refused' | 'redeemed' | 'opened' | 'created' | 'abandoned' | 'rotated';

/** One call in the ledger: nothing that names a person. */
export interface CallEntry {
  readonly reference: string;
  readonly at: string;
  readonly outcome: CallOutcome;
  readonly kind: CallKind;
  /** Absent when it was refused before its site was proven; of a call that a key signed which is not good (any more), that of the key. */
  readonly site?: string;
  readonly connector?: string;
  readonly connectorVersion?: string;
  /** Without a site: only named by the call. */
  readonly keyId?: string;
  /** Of the user, as the site's settings name it; `-` = none said. */
  readonly profile?: string;
  readonly action?: string;
  readonly target?: string;
  /** How the site says that it authenticated the user; what Pro Santé Connect proved is among the steps. */
  readonly authentication?: string;
  /** Why it was refused: code and, for the site's eyes, the check that failed. */
  readonly error?: ExplainedError;
  readonly check?: string;
  readonly warnings: readonly string[];
  /** From the first byte read to the answer, ms. */
  readonly tookMs: number;
  /** What happened after the link was given, oldest first. */
  readonly steps: readonly { readonly at: string; readonly what: string; readonly code?: ErrorCode }[];
}

export interface CallFilter {
  readonly site?: string;
  readonly outcome?: CallOutcome;
  readonly since?: string;
}

/** Calls of one site, day (UTC), profile of users, way and outcome (MISSION M8). */
export interface CallCount {
  readonly day: string;
  readonly site: string;
  readonly profile: string;
  readonly action: string;
  readonly outcome: CallOutcome;
  readonly calls: number;
}

/** One check of a call, in its order, as the debugger shows it. */
export interface CallCheck {
  /** Its number in PROTOCOL section 3. */
  readonly step: number;
  readonly name: string;
  readonly fr: string;
  readonly result: 'passed' | 'warned' | 'failed' | 'skipped';
  /** Decoded fields, secrets masked. */
  readonly shown?: Readonly<Record<string, unknown>>;
  readonly error?: ExplainedError;
}

/** What the debugger says. A token is opened for it without being used up: no link is given, and its `jti` is not kept. */
export interface CallVerdict {
  readonly decision: 'accept' | 'accept-with-warning' | 'reject';
  readonly events: readonly { readonly type: string; readonly data: unknown }[];
  readonly warnings: readonly string[];
  readonly checks: readonly CallCheck[];
  readonly error?: ExplainedError;
}

export interface VerifyRequest {
  /** A token, a captured HTTP request, a command line, or a flat context: recognised by its bytes. */
  readonly bytes: Uint8Array;
  /** Site it is of, when nothing in it proves one. */
  readonly site?: string;
  readonly connector?: string;
  /** ISO time to judge it by; absent = now. */
  readonly now?: string;
}

/** A public key of a site, or the wish for one (SAFETY C8). */
export interface CallKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly site: string;
  readonly environment: 'test' | 'production';
  readonly state: 'requested' | 'active' | 'revoked';
  /** Eight groups of four: what the contact reads to the referent. */
  readonly fingerprint: string;
  readonly bits: number;
  readonly requestedAt: string;
  /** Past it, the key is as if it were not: its successor has taken over. */
  readonly notAfter?: string;
  readonly confirmed?: { readonly at: string; readonly who: string };
  readonly revoked?: { readonly at: string; readonly who: string; readonly why: string };
  /** Of one workstation, without a relay (SAFETY C1): its calls create nothing. */
  readonly weak?: true;
  /** The key that signed for it, of a rotation. */
  readonly follows?: string;
}

export interface EnrolmentCode {
  /** Shown once: only its hash is kept. For the contact, by another channel than the kit. */
  readonly code: string;
  readonly site: string;
  readonly expiresAt: string;
}

export interface CallsFace {
  /**
   * Throws CallRefusal: ERR_CALL_REFUSED (before the signature is proven, whatever was wrong), ERR_CALL_FORBIDDEN, ERR_CALL_REPLAYED, ERR_CALL_TOO_LARGE,
   * ERR_CALL_MEDIA_TYPE, ERR_CALL_CONTEXT, ERR_CALL_IDENTITY, ERR_CALL_RATE; of `smart` also ERR_CALL_ISSUER, ERR_CALL_AUTHENTICATION; ERR_JOURNAL_UNAVAILABLE.
   */
  readonly receive: (request: CallRequest) => Promise<CallLink>;
  /** Throws CallRefusal: ERR_CALL_REFUSED (no such care record at this site, whatever was wrong), ERR_CALL_RATE, ERR_CALL_ISSUER. */
  readonly launch: (launch: CallLaunch) => Promise<CallDeparture>;
  /** Keys by which this engine says who it is to care records that launch it, as a JWK set. */
  readonly clientKeys: () => Promise<{ readonly keys: readonly Record<string, unknown>[] }>;
  /** Addresses that connectors declare for the calls of their product, of the sites that use them. */
  readonly dialects: () => readonly { readonly path: string; readonly connector: string }[];
  /** Encryption keys of this engine, as a JWK set. */
  readonly jwks: () => Promise<{ readonly keys: readonly Record<string, unknown>[] }>;
  /** Section 8 of the protocol: answers the fingerprint to read out. Throws CallRefusal: ERR_CALL_ENROLMENT, ERR_CALL_KEY, ERR_CALL_RATE. */
  readonly enrol: (body: Uint8Array, address: string) => Promise<{ readonly fingerprint: string }>;
  readonly rotate: (body: Uint8Array, address: string) => Promise<{ readonly fingerprint: string }>;

  readonly verify: (request: VerifyRequest) => Promise<CallVerdict>;
  readonly ledger: (filter: CallFilter, page: PageRequest) => Promise<Page<CallEntry>>;
  /** Throws ERR_CALL_NOT_FOUND. */
  readonly entry: (reference: string) => Promise<CallEntry>;
  readonly counts: (since: string) => Promise<readonly CallCount[]>;

  readonly keys: (site?: string) => Promise<readonly CallKey[]>;
  /** A code for the contact of a site; `weak`: for the key of one workstation. Throws ERR_NOT_FOUND for a site that makes no calls. */
  readonly invite: (site: string, who: string, weak?: boolean) => Promise<EnrolmentCode>;
  /** The referent heard this fingerprint. Throws ERR_NOT_FOUND; ERR_CALL_FINGERPRINT when it is another one, ERR_TRANSITION when the key does not wait for it. */
  readonly confirmKey: (kid: string, fingerprint: string, who: string) => Promise<CallKey>;
  /**
   * With the keys that it signed for, and those that these signed for: whoever stole it may have made them. `stillActive`: of the same site, among them the one that
   * signed for it, which whoever took the server has as well. Safe to repeat.
   */
  readonly revokeKey: (
    kid: string,
    who: string,
    why: string,
  ) => Promise<CallKey & { readonly alsoRevoked: readonly string[]; readonly stillActive: readonly CallKey[] }>;
  /** A new encryption key of the engine; the ones before are still understood. */
  readonly rotateEngineKey: () => ReturnType<CallsFace['jwks']>;
}
