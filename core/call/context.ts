/** Steps 6 to 9 for a context of the protocol: what it says, whom it is for, when it was made, and who signed it. */
import { PasserelleError } from '../contract/index.ts';
import { CALL_LIFETIME_SECONDS, readWireCall, type CallContext, type WireCall } from '../model/index.ts';
import type { CallSettings, CallSite } from './call-settings.ts';
import { strictJson } from './strict-json.ts';
import type { Trail } from './trail.ts';

export const CONTEXT_BYTES = 8 * 1024;

export interface ReadContext {
  readonly wire: WireCall;
  readonly identityError?: PasserelleError;
}

/** Step 6. Throws ERR_CALL_CONTEXT. */
export function readContext(bytes: Uint8Array, site: CallSite, trail: Trail): ReadContext {
  if (bytes.length > CONTEXT_BYTES) throw new PasserelleError('ERR_CALL_TOO_LARGE', { expected: `at most ${CONTEXT_BYTES} bytes of context` });
  const value = strictJson(bytes);
  const warnings: { readonly code: string }[] = [];
  try {
    return { wire: readWireCall(value, site.settings, warnings) };
  } catch (thrown) {
    const error = PasserelleError.from(thrown);
    if (!error.code.startsWith('ERR_INS_')) throw error;
    // Its time comes at step 12, when the rest is known to be right.
    const { 'Patient.identifier.value': _, 'Patient.identifier.system': __, ...rest } = value as Record<string, unknown>;
    return { wire: readWireCall(rest, site.settings, warnings), identityError: error };
  } finally {
    trail.warn(...warnings.map(({ code }) => code));
  }
}

/** Step 7. Throws ERR_CALL_FORBIDDEN. */
export function checkAudience({ environment }: WireCall, site: CallSite): void {
  if (environment !== site.environment)
    throw new PasserelleError('ERR_CALL_FORBIDDEN', { location: { path: '/aud' }, expected: `urn:dcc:${site.environment}` });
}

/** Step 8; `longest` in seconds. Throws ERR_CALL_REFUSED. */
export function checkTime(context: CallContext, now: number, { skewMs }: CallSettings, longest = CALL_LIFETIME_SECONDS): void {
  const [from, until] = [Date.parse(context.issuedAt ?? ''), Date.parse(context.expiresAt ?? '')];
  const refused = (expected: string, found: string): never => {
    throw new PasserelleError('ERR_CALL_REFUSED', { location: { path: '/iat' }, expected, found });
  };
  if (Number.isNaN(from) || Number.isNaN(until) || until <= from || until - from > longest * 1000)
    refused(`a life of 1 to ${longest} seconds`, 'another one');
  if (from - now > skewMs) refused('a call made now', `one of ${Math.round((from - now) / 1000)} s ahead`);
  if (now - until > skewMs) refused('a call made now', `one that is over for ${Math.round((now - until) / 1000)} s`);
}

/** Step 9: the site that the body names, and whether it calls at all. Throws ERR_CALL_REFUSED, ERR_CALL_FORBIDDEN. */
export function checkSite(named: string | undefined, site: CallSite, address: string): void {
  if (named !== site.site)
    throw new PasserelleError('ERR_CALL_REFUSED', { location: { path: '/iss' }, expected: 'the site of the key', found: 'another site' });
  if (site.call.disabled)
    throw new PasserelleError('ERR_CALL_FORBIDDEN', { expected: 'a site whose calls are not suspended (contextualCall.disabled)' });
  if (!site.comesFrom(address))
    throw new PasserelleError('ERR_CALL_FORBIDDEN', { expected: 'an address of the site (contextualCall.egress)', found: 'another address' });
}
