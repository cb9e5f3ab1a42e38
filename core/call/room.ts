/** What the hand-over to the record builds on: a link taken in, and the story of its call. */
import type { CallKind, CallOutcome, CallRights, ErrorCode } from '../contract/index.ts';
import type { CallContext } from '../model/index.ts';

export interface RedeemedCall {
  readonly reference: string;
  readonly site: string;
  readonly connector: string;
  readonly connectorVersion: string;
  readonly context: CallContext;
  readonly rights: CallRights;
  /** Of the user: a keyed hash over site and RPPS (login without one), the same at each call. */
  readonly userKey: string;
  readonly warnings: readonly string[];
  /** How it came, and the key that signed it: what it is judged by once more before it opens anybody. */
  readonly kind: CallKind;
  readonly keyId: string;
}

export interface CallRoom {
  /**
   * Takes the call behind a code, once, whatever the node. Throws CallRefusal: ERR_CALL_LINK (never given, over, or refused to this address),
   * ERR_CALL_LINK_USED (its `reference` is the call whose session is to end).
   */
  readonly redeem: (code: string, address: string) => Promise<RedeemedCall>;
  /** What was stopped since the call was taken: its key, its site, its user or their right (SAFETY C4, C8); undefined = it is still good. */
  readonly stopped: (call: RedeemedCall) => 'key-stopped' | 'site-stopped' | 'user-stopped' | undefined;
  /** Adds to the ledger what became of a call; `outcome` when it is another one now. */
  readonly note: (reference: string, step: { readonly what: string; readonly code?: ErrorCode }, outcome?: CallOutcome) => Promise<void>;
  /** Accepts the terms of use for a user, the first time; answers when they were accepted. */
  readonly acceptTerms: (userKey: string) => Promise<string>;
  /** Undefined = not yet. */
  readonly termsAccepted: (userKey: string) => Promise<string | undefined>;
}
