/** Our own token, posted by a kit or by a form that a browser posts: steps 3 to 9 (PROTOCOL sections 2 and 3, SAFETY C4, C6). */
import { PasserelleError, type CallRequest } from '../contract/index.ts';
import { callText } from '../model/index.ts';
import type { CallSettings, CallSite } from './call-settings.ts';
import { checkAudience, checkSite, checkTime, readContext } from './context.ts';
import type { EngineKeys } from './engine-keys.ts';
import { contentKey, decryptContent, JWS_TYPES, readJwe, readJws, type CryptoProfile } from './jose.ts';
import type { KnownCall } from './known-call.ts';
import { isSignedBy, nobody, unwrap } from './rsa.ts';
import { isActive, type SiteKeys, type StoredKey } from './site-keys.ts';
import type { Trail } from './trail.ts';

export interface TokenParts {
  readonly keys: Pick<EngineKeys, 'get'>;
  readonly siteKeys: Pick<SiteKeys, 'get'>;
  readonly settings: CallSettings;
  readonly now: number;
  /** Said of a site as soon as a signature proves it. */
  readonly proven: (site: CallSite, keyId: string) => void;
  /** The key that it names; `site`: of the key, when it did sign but is not good. */
  readonly named: (keyId: string, site?: CallSite) => void;
}

export async function openToken(request: CallRequest, parts: TokenParts, trail: Trail): Promise<KnownCall> {
  const { keys, settings, now, proven } = parts;
  trail.at('decryption');
  const jwe = readJwe(Buffer.from(request.bytes).toString('latin1'));
  trail.show(() => ({ profile: jwe.profile, kid: jwe.kid }));
  const engineKey = await keys.get(jwe.kid);
  if (!engineKey) throw new PasserelleError('ERR_CALL_REFUSED', { expected: 'a token encrypted to a key of this engine', found: 'another key id' });
  const inner = decryptContent(jwe, contentKey(await unwrap(jwe, engineKey), jwe));
  const { site, keyId, payload, isWeak } = await verifySigned(inner, parts, trail);
  proven(site, keyId);
  trail.at('context');
  const { wire, identityError } = readContext(payload, site, trail);
  trail.show(() => JSON.parse(payload.toString()) as Record<string, unknown>);
  trail.at('audience');
  checkAudience(wire, site);
  trail.at('time');
  trail.show(() => ({ issuedAt: wire.context.issuedAt, expiresAt: wire.context.expiresAt, engine: new Date(now).toISOString() }));
  checkTime(wire.context, now, settings);
  trail.at('site');
  checkSite(wire.context.site, site, request.address);
  checkProfile(jwe.profile, request, site);
  return {
    site,
    keyId,
    context: wire.context,
    nonces: [wire.context.nonce ?? ''],
    mayCreate: !isWeak,
    ...(identityError && { identityError }),
  };
}

/** Steps 4 and 5. An unknown key takes as long as a wrong signature. */
async function verifySigned(
  inner: string,
  { siteKeys, settings, now, named }: TokenParts,
  trail: Trail,
): Promise<{ site: CallSite; keyId: string; payload: Buffer; isWeak: boolean }> {
  trail.at('key');
  const jws = readJws(inner, JWS_TYPES.context);
  const found = siteKeys.get(jws.kid);
  const site = found && settings.sites.get(found.key.site);
  trail.show(() => ({ kid: jws.kid, ...(found && { site: found.key.site }) }));
  const isRight = await isSignedBy(jws, await (found?.verify ?? nobody));
  const isGood = found !== undefined && isActive(found.key, now);
  // For the ledger: its caller is answered the same whatever it is.
  named(jws.kid, isRight && !isGood ? site : undefined);
  if (!isGood || !site || found.key.environment !== site.environment)
    throw new PasserelleError('ERR_CALL_REFUSED', {
      expected: 'an active key of a site that calls',
      found: isGood ? 'a key of another site' : whatIs(found?.key, isRight),
    });
  trail.at('signature');
  if (!isRight) throw new PasserelleError('ERR_CALL_REFUSED', { expected: 'a signature by the key of the site' });
  if (found.key.weak) trail.warn('key-weak');
  return { site, keyId: jws.kid, payload: jws.payload, isWeak: found.key.weak === true };
}

/** Of a key that is not good: who signed with it is its holder, else it is only named. */
function whatIs(key: StoredKey | undefined, isRight: boolean): string {
  if (!key) return 'an unknown key';
  if (!isRight) return 'a signature by another key than the one it names';
  if (key.state === 'requested') return `a key that waits for its confirmation since ${timeOf(key.requestedAt)}`;
  if (key.revoked) return `a key that was revoked on ${timeOf(key.revoked.at)}`;
  return `a key that its successor replaced on ${timeOf(key.notAfter ?? '')}`;
}

const timeOf = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

/** The ways that the site's settings allow. Throws ERR_CALL_FORBIDDEN. */
function checkProfile(profile: CryptoProfile, { kind, http }: CallRequest, { call }: CallSite): void {
  if (profile === 'legacy' && call.profiles.crypto !== 'legacy')
    throw new PasserelleError('ERR_CALL_FORBIDDEN', { expected: 'the default encryption (contextualCall.profiles.crypto)', found: 'the legacy one' });
  if (kind !== 'form') return;
  const origin = http.headers?.['origin'] ?? '';
  if (!call.profiles.form?.origins.includes(origin))
    throw new PasserelleError('ERR_CALL_FORBIDDEN', {
      expected: 'an origin of the site (contextualCall.profiles.form.origins)',
      found: callTextOr(origin),
    });
}

/** An origin is no health data; anything odd is not repeated. */
function callTextOr(origin: string): string {
  try {
    return callText(origin, 'origin', 100);
  } catch {
    return 'none';
  }
}
