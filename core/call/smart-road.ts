/** A browser that a care record launched comes back (PROTOCOL section 9): steps 4 to 9. What the record says by FHIR becomes the context of the protocol, and is checked as that. */
import { createHash } from 'node:crypto';
import { PasserelleError, type CallRequest, type CallReturn } from '../contract/index.ts';
import { CALL_TYPE, CALL_VERSION, CALL_LIFETIME_SECONDS, matchingOf, readWireCall } from '../model/index.ts';
import type { Arrival } from '../oidc/index.ts';
import type { CallSettings, CallSite } from './call-settings.ts';
import { checkAudience, checkSite, checkTime, readContext } from './context.ts';
import { patientOf, practitionerId, practitionerOf } from './fhir-context.ts';
import type { KnownCall } from './known-call.ts';
import type { Launcher, SmartIssuers } from './smart-issuers.ts';
import { strictJson } from './strict-json.ts';
import type { Trail } from './trail.ts';

type Json = Readonly<Record<string, unknown>>;

export interface SmartParts {
  readonly settings: CallSettings;
  readonly now: number;
  readonly issuers: SmartIssuers;
  /** Of which care record the browser says to come: nothing is proven yet. */
  readonly named: (keyId: string) => void;
  readonly proven: (site: CallSite, keyId: string) => void;
}

export async function openSmart(request: CallRequest, { settings, now, issuers, named, proven }: SmartParts, trail: Trail): Promise<KnownCall> {
  trail.at('key');
  const { at, secret, answer } = readReturn(request.bytes);
  const launcher = issuers.at(at);
  if (!launcher)
    throw new PasserelleError('ERR_CALL_REFUSED', {
      expected: 'the return address of a care record (contextualCall.profiles.smart)',
      found: 'another one',
    });
  const { site, issuer } = launcher;
  named(at);
  trail.show(() => ({ issuer: at, site: site.site }));
  trail.at('signature');
  const arrival = await issuers.arrive(launcher, secret, answer);
  proven(site, at);
  trail.at('context');
  const flat = await contextOf(arrival, launcher, answer['state'] ?? '', now);
  const { wire, identityError } = readContext(Buffer.from(JSON.stringify(flat)), site, trail);
  trail.at('audience');
  checkAudience(wire, site);
  trail.at('time');
  trail.show(() => ({ issuedAt: wire.context.issuedAt, expiresAt: wire.context.expiresAt, engine: new Date(now).toISOString() }));
  checkTime(wire.context, now, settings);
  trail.at('site');
  checkSite(wire.context.site, site, request.address);
  return {
    site,
    keyId: at,
    context: wire.context,
    nonces: [wire.context.nonce ?? ''],
    mayCreate: issuer.creation,
    ...(identityError && { identityError }),
  };
}

/** The flat context, of what the identity token, the token answer and two resources say. Throws ERR_CALL_CONTEXT, ERR_CALL_FORBIDDEN, ERR_CALL_IDENTITY, ERR_CALL_ISSUER. */
async function contextOf({ claims, said, read }: Arrival, { site, issuer }: Launcher, state: string, now: number): Promise<Json> {
  const { fhir, ippSystems, profile, profileClaim, authentication, target, creation } = issuer;
  const patientId = said['patient'];
  if (typeof patientId !== 'string' || !/^[A-Za-z0-9.-]{1,64}$/.test(patientId))
    throw new PasserelleError('ERR_CALL_CONTEXT', { location: { path: '/patient' }, expected: 'the patient of the launch, in the token answer' });
  const userId = practitionerId(claims['fhirUser'], fhir);
  if (userId === undefined)
    throw new PasserelleError('ERR_CALL_FORBIDDEN', {
      location: { path: '/fhirUser' },
      expected: 'a Practitioner of this care record',
      found: 'another one',
    });
  const resource = async (path: string): Promise<Json> => {
    const value = strictJson(await read(`${fhir}/${path}`));
    if (typeof value === 'object' && value !== null) return value as Json;
    throw new PasserelleError('ERR_CALL_CONTEXT', { location: { path: `/${path.split('/')[0]}` }, expected: 'a resource' });
  };
  const user = practitionerOf(await resource(`Practitioner/${userId}`), userId, site.settings, now);
  const patient = patientOf(await resource(`Patient/${patientId}`), patientId, site.settings, ippSystems, now);
  const ofToken = profileClaim === undefined ? undefined : claims[profileClaim];
  const named = ofToken === undefined ? profile : profileOf(ofToken);
  const { iat, auth_time: since } = claims;
  const flat = {
    version: CALL_VERSION,
    typ: CALL_TYPE,
    iss: `urn:finess:${site.site}`,
    aud: `urn:dcc:${site.environment}`,
    iat: Math.floor(iat),
    exp: Math.floor(iat) + CALL_LIFETIME_SECONDS,
    jti: createHash('sha256').update(state).digest('base64url'),
    // That a token was made now does not say when its user was authenticated.
    user: { login: claims.sub, ...user, profile: named, ...(isTime(since) && { authentication: { method: authentication, time: timeOf(since) } }) },
    action: 'open',
    target,
    ...patient,
  };
  return { ...flat, action: creation && mayCreate(site, named, flat) ? 'open-or-create' : 'open' };
}

/** What the token says stands, or opens nothing: the profile of the settings may have more rights. */
function profileOf(claim: unknown): string {
  const [one, ...more] = [claim].flat();
  if (typeof one === 'string' && one !== '' && more.length === 0) return one;
  throw new PasserelleError('ERR_CALL_FORBIDDEN', {
    location: { path: '/user/profile' },
    expected: 'one text (profileClaim)',
    found: 'something else',
  });
}

/** Seconds since 1970, before the year 10000. */
const isTime = (seconds: unknown): seconds is number => Number.isInteger(seconds) && Number(seconds) > 0 && Number(seconds) < 253_402_300_800;
const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** A launch says no action: a record may be made where the site, the profile and the identity allow it, and is only opened elsewhere. */
function mayCreate({ call, settings }: CallSite, profile: string, flat: Json): boolean {
  const rule = call.users.find((one) => one.profile === profile) ?? call.users.find((one) => one.profile === '*');
  if (!call.creation || !rule?.rights.includes('create')) return false;
  try {
    return matchingOf(readWireCall(flat, settings).context.patient).create;
  } catch {
    // What is wrong with it is said by its own check.
    return false;
  }
}

/** Written by our own page. Throws ERR_CALL_REFUSED. */
function readReturn(bytes: Uint8Array): CallReturn {
  const { at, secret, answer } = (strictJson(bytes) ?? {}) as Partial<CallReturn>;
  if (typeof at === 'string' && typeof secret === 'string' && typeof answer === 'object' && answer !== null) return { at, secret, answer };
  throw new PasserelleError('ERR_CALL_REFUSED', { expected: 'what a browser brings back' });
}
