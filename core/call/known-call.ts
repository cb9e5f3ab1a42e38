/** What the first nine checks make of a call, whatever the way it came. */
import type { CallContext } from '../model/index.ts';
import type { PasserelleError } from '../contract/index.ts';
import type { CallSite } from './call-settings.ts';

export interface KnownCall {
  readonly site: CallSite;
  readonly keyId: string;
  readonly context: CallContext;
  /** What is used up by it: seen before = a replay. */
  readonly nonces: readonly string[];
  /** Whether this way of calling may make a record. */
  readonly mayCreate: boolean;
  /** The identity cannot be used; said at its own step. */
  readonly identityError?: PasserelleError;
}
