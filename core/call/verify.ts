/** The debugger: what was sent, taken apart by the same checks as production, each shown in order. Nothing is used up and no link is given. */
import { explain, PasserelleError, type CallRequest, type CallVerdict, type VerifyRequest } from '../contract/index.ts';
import { asCapture } from '../dialect/index.ts';
import type { CallSite } from './call-settings.ts';
import { checkAudience, checkSite, checkTime, readContext } from './context.ts';
import type { CallDesk } from './desk.ts';
import { readDialect } from './dialect-road.ts';
import type { KnownCall } from './known-call.ts';
import { Trail } from './trail.ts';

const TOKEN = /^\s*([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){4})\s*$/;
const MAX_BYTES = 64 * 1024;
const HERE = '127.0.0.1';

/** Never throws for what the bytes hold: a refusal is a verdict. Throws ERR_REQUEST_INVALID when nothing in them proves a site and none is said. */
export async function verify(desk: CallDesk, { bytes, site: finess, connector, now: iso }: VerifyRequest): Promise<CallVerdict> {
  const trail = new Trail(true);
  const now = iso === undefined ? desk.ports.now() : Date.parse(iso);
  if (Number.isNaN(now)) throw new PasserelleError('ERR_REQUEST_INVALID', { location: { path: '/now' }, expected: 'an ISO 8601 time' });
  try {
    if (bytes.length > MAX_BYTES) throw new PasserelleError('ERR_CALL_TOO_LARGE', { expected: `at most ${MAX_BYTES} bytes` });
    const known = await open(desk, bytes, { finess, connector, now }, trail);
    const { rights, context } = await desk.judge(known, trail);
    trail.show(() => ({ rights: rights.actions }));
    const checks = trail.checks();
    return {
      decision: trail.warnings.length > 0 ? 'accept-with-warning' : 'accept',
      events: [{ type: 'dcc.context.open', data: { matching: context.matching, ...known.context } }],
      warnings: trail.warnings,
      checks,
    };
  } catch (thrown) {
    const error = PasserelleError.from(thrown);
    if (error.entry.disposition === 'transient' || error.code === 'ERR_INVARIANT' || error instanceof NoSite) throw error;
    const data = error.toData();
    if (error.detail.found === 'signature-missing') trail.warn('signature-missing');
    return {
      decision: 'reject',
      events: [{ type: 'dcc.context.refused', data: { code: error.code } }],
      warnings: trail.warnings,
      checks: trail.checks(data),
      error: explain(data),
    };
  }
}

interface About {
  readonly finess: string | undefined;
  readonly connector: string | undefined;
  readonly now: number;
}

async function open(desk: CallDesk, bytes: Uint8Array, about: About, trail: Trail): Promise<KnownCall> {
  const text = Buffer.from(bytes).toString('latin1');
  const [, token] = TOKEN.exec(text) ?? [];
  if (token !== undefined) return desk.open({ request: request('token', Buffer.from(token)), trail }, about.now, false);
  const captured = asCapture(bytes);
  if (captured) return openCaptured(desk, captured, about, trail);
  trail.at('size');
  const site = siteOf(desk, about);
  if (/"typ"\s*:\s*"contexte-appel"/.test(text)) return openFlat(desk, bytes, site, about.now, trail);
  return readDialect({ ...request('dialect', bytes), connector: site.connector }, site, '', desk.dialectParts(site.connector, about.now), trail);
}

/** Posted to one of our addresses, or to that of a product. */
function openCaptured(desk: CallDesk, { http, body }: NonNullable<ReturnType<typeof asCapture>>, about: About, trail: Trail): Promise<KnownCall> {
  const known = /\/appel-contextuel\/v1\/(calls\/hmac|calls|form)$/.exec(http.path)?.[1];
  const kind = known === 'calls/hmac' ? 'hmac' : known === 'calls' ? 'token' : known === 'form' ? 'form' : 'dialect';
  const content = kind === 'form' ? Buffer.from(new URLSearchParams(Buffer.from(body).toString()).get('token') ?? '') : body;
  if (kind !== 'dialect') return desk.open({ request: { ...request(kind, content), http }, trail }, about.now, false);
  const { connector } = siteOf(desk, about);
  const site = siteOf(desk, about);
  // What the kit of a site reads is not signed: it is shown as the kit would make it, unless it was sent to the engine.
  if (desk.callOf(connector)?.reads === 'kit')
    return readDialect({ ...request('dialect', content), http, connector }, site, '', desk.dialectParts(connector, about.now), trail);
  return desk.open({ request: { ...request('dialect', content), http, connector }, trail }, about.now, false);
}

/** As the engine has it after decryption: no signature to check. */
async function openFlat(desk: CallDesk, bytes: Uint8Array, site: CallSite, now: number, trail: Trail): Promise<KnownCall> {
  trail.at('context');
  const { wire, identityError } = readContext(bytes, site, trail);
  trail.show(() => JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>);
  trail.at('audience');
  checkAudience(wire, site);
  trail.at('time');
  trail.show(() => ({ issuedAt: wire.context.issuedAt, expiresAt: wire.context.expiresAt, engine: new Date(now).toISOString() }));
  checkTime(wire.context, now, desk.settings);
  trail.at('site');
  checkSite(wire.context.site, site, HERE);
  return { site, keyId: '', context: wire.context, nonces: [wire.context.nonce ?? ''], mayCreate: true, ...(identityError && { identityError }) };
}

function siteOf(desk: CallDesk, { finess, connector }: About): CallSite {
  const sites = [...desk.settings.sites.values()].filter(
    (one) => (finess === undefined || one.site === finess) && (connector === undefined || one.connector === connector),
  );
  const [site] = sites;
  if (!site || sites.length > 1) {
    const calling = [...desk.settings.sites.keys()].join(', ') || '-';
    throw new NoSite('ERR_REQUEST_INVALID', { location: { path: '/site' }, expected: `a site of those that call, by --site FINESS: ${calling}` });
  }
  return site;
}

/** A fault of the question, not of the bytes. */
class NoSite extends PasserelleError {}

const request = (kind: CallRequest['kind'], bytes: Uint8Array): CallRequest => ({
  kind,
  bytes,
  http: { method: 'POST', path: '/', headers: { 'content-type': kind === 'hmac' ? 'application/json' : 'application/jose' } },
  address: HERE,
});
