/** A product's own call, signed in its own way (SAFETY C5: weak, enabled by a recorded decision of the site): steps 4 to 9, decoded by its connector. */
import { PasserelleError, type CallRequest, type ConnectorCall, type DecodeResult, type MessageCodec } from '../contract/index.ts';
import { checkSignature, checkTime, skewOf } from '../dialect/index.ts';
import type { ConnectorCaller } from '../lanes/index.ts';
import { checkEventData, type CallContext } from '../model/index.ts';
import type { CallSettings, CallSite } from './call-settings.ts';
import { checkSite } from './context.ts';
import type { KnownCall } from './known-call.ts';
import type { Trail } from './trail.ts';

export interface DialectParts {
  readonly settings: CallSettings;
  readonly now: number;
  readonly call: ConnectorCall | undefined;
  readonly connectors: ConnectorCaller;
  readonly codec: (format: string) => MessageCodec;
  readonly proven: (site: CallSite, keyId: string) => void;
}

export async function openDialect(request: CallRequest, parts: DialectParts, trail: Trail): Promise<KnownCall> {
  trail.at('key');
  const { site, keyId } = verifySigned(request, parts, trail);
  parts.proven(site, keyId);
  return readDialect(request, site, keyId, parts, trail);
}

/** Steps 6 to 9. */
export async function readDialect(request: CallRequest, site: CallSite, keyId: string, parts: DialectParts, trail: Trail): Promise<KnownCall> {
  trail.at('context');
  const context = await decode(request, site, parts, trail);
  trail.show(() => ({ ...context }));
  // A dialect says no audience: its key is of one environment.
  trail.at('audience');
  trail.at('time');
  trail.show(() => ({ issuedAt: context.issuedAt, expiresAt: context.expiresAt, engine: new Date(parts.now).toISOString() }));
  checkTime(context, new Date(parts.now).toISOString(), skewOf(site.settings.connector));
  trail.at('site');
  checkSite(context.site ?? site.site, site, request.address);
  return {
    site,
    keyId,
    context,
    nonces: context.nonce ? [context.nonce] : [],
    mayCreate: site.call.profiles.dialect?.creation === true,
  };
}

/** Over the bytes as received, before anything is parsed; an unknown key takes as long as a wrong signature. */
function verifySigned({ bytes, http, connector }: CallRequest, { settings, call }: DialectParts, trail: Trail): { site: CallSite; keyId: string } {
  const signature = call?.signature;
  if (!signature)
    throw new PasserelleError('ERR_CALL_REFUSED', { expected: 'a signed call: this dialect is read by the kit only', found: 'signature-missing' });
  const keyId = http.headers?.[signature.keyHeader.toLowerCase()] ?? '';
  const found = [...settings.sites.values()].filter((one) => {
    const keys = one.settings.connector['keys'];
    return one.connector === connector && one.call.profiles.dialect && typeof keys === 'object' && keys !== null && Object.hasOwn(keys, keyId);
  });
  const site = found.length === 1 ? found[0] : undefined;
  trail.show(() => ({ key: site ? keyId : 'unknown', ...(site && { site: site.site }) }));
  checkSignature(bytes, http, signature, site?.settings ?? { ...NOBODY, connector: { hmacProfile: signature.covers } });
  if (!site)
    throw new PasserelleError('ERR_CALL_REFUSED', { expected: 'a key of one site that enabled this dialect (contextualCall.profiles.dialect)' });
  trail.at('signature');
  return { site, keyId };
}

async function decode(
  { bytes, http }: CallRequest,
  site: CallSite,
  { call, codec, connectors, now }: DialectParts,
  trail: Trail,
): Promise<CallContext> {
  const { settings } = site;
  const said = call?.charsetSetting === undefined ? undefined : settings.connector[call.charsetSetting];
  const charsetFallback = typeof said === 'string' ? said : settings.charsetFallback;
  const { envelope } = codec(call?.format ?? '').open(bytes, { charsetFallback, http, readDocument: () => undefined });
  const { result } = await connectors.call<{ readonly result: DecodeResult }>(site.connector, site.connectorVersion, {
    operation: 'decode',
    envelope,
    settings,
    now: new Date(now).toISOString(),
    seed: 'call',
  });
  trail.warn(...[...envelope.warnings, ...result.warnings].map(({ code }) => code));
  if (result.error) throw PasserelleError.fromData(result.error);
  const event = result.events.find(({ type }) => type === 'dcc.context.open');
  const problem = event ? checkEventData(event.type, event.data) : undefined;
  if (!event || problem)
    throw new PasserelleError('ERR_CALL_CONTEXT', problem ? { location: { path: problem.path }, expected: problem.rule } : { expected: 'a call' });
  return event.data as CallContext;
}

const NOBODY = { site: '', timeZone: 'Europe/Paris', identityAuthorities: [], senders: [], documentTypes: [], charsetFallback: 'utf-8' };
