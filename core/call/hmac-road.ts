/** The HMAC profile, server to server (PROTOCOL section 7, SAFETY C5): steps 4 to 9. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { PasserelleError, type CallRequest } from '../contract/index.ts';
import type { CallSettings, CallSite } from './call-settings.ts';
import { checkAudience, checkSite, checkTime, readContext } from './context.ts';
import type { KnownCall } from './known-call.ts';
import type { Trail } from './trail.ts';

const SECRET = /^[0-9a-f]{64}$/i;
/** Of nobody: an unknown key takes as long as a wrong signature. */
const NOBODY = randomBytes(32);

export interface HmacParts {
  readonly settings: CallSettings;
  readonly now: number;
  readonly proven: (site: CallSite, keyId: string) => void;
}

export function openHmac(request: CallRequest, { settings, now, proven }: HmacParts, trail: Trail): KnownCall {
  const { bytes, http } = request;
  const header = (name: string): string => http.headers?.[name] ?? '';
  trail.at('key');
  const [keyId, time, nonce] = [header('passerelle-key'), header('passerelle-time'), header('passerelle-nonce')];
  const found = secretOf(keyId, settings);
  trail.show(() => ({ key: found ? keyId : 'unknown' }));
  // The host that this engine is known by, whatever the request says: a signature for another engine is wrong here.
  const host = settings.publicUrl === undefined ? '' : new URL(settings.publicUrl).host;
  const signed = ['v1', keyId, http.method, host, http.path, time, nonce, createHash('sha256').update(bytes).digest('hex')].join('\n');
  const expected = createHmac('sha256', found?.secret ?? NOBODY)
    .update(signed)
    .digest();
  const given = /^v1=([0-9a-f]{64})$/.exec(header('passerelle-signature'))?.[1] ?? '';
  const isRight = timingSafeEqual(expected, Buffer.from(given.padEnd(64, '0'), 'hex')) && given !== '';
  if (!found) throw new PasserelleError('ERR_CALL_REFUSED', { expected: 'a key of a site with the HMAC profile' });
  trail.at('signature');
  if (!isRight)
    throw new PasserelleError('ERR_CALL_REFUSED', {
      expected: 'v1=HMAC-SHA256 over version, key, method, host, path, time, nonce, hash of the body',
    });
  const { site } = found;
  proven(site, keyId);
  trail.at('context');
  if (!/^[A-Za-z0-9_-]{16,64}$/.test(nonce) || !/^\d{1,12}$/.test(time))
    throw new PasserelleError('ERR_CALL_CONTEXT', { expected: 'Passerelle-Time in seconds, Passerelle-Nonce of 16 to 64 characters' });
  const { wire, identityError } = readContext(bytes, site, trail);
  trail.show(() => JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>);
  trail.at('audience');
  checkAudience(wire, site);
  trail.at('time');
  const at = Number(time) * 1000;
  checkTime({ ...wire.context, issuedAt: new Date(at).toISOString(), expiresAt: new Date(at + 1000).toISOString() }, now, settings);
  checkTime(wire.context, now, settings);
  trail.at('site');
  checkSite(wire.context.site, site, request.address);
  return {
    site,
    keyId,
    context: wire.context,
    nonces: [wire.context.nonce ?? '', `hmac ${nonce}`],
    mayCreate: site.call.profiles.hmac?.creation === true,
    ...(identityError && { identityError }),
  };
}

/** Key ids are of one site: one that two sites have is nobody's. */
function secretOf(keyId: string, { sites }: CallSettings): { readonly site: CallSite; readonly secret: Buffer } | undefined {
  const found = [...sites.values()].flatMap((site) => {
    const keys: Readonly<Record<string, string>> = site.call.profiles.hmac?.keys ?? {};
    const secret = Object.hasOwn(keys, keyId) ? (keys[keyId] ?? '') : '';
    return SECRET.test(secret) ? [{ site, secret: Buffer.from(secret, 'hex') }] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}
