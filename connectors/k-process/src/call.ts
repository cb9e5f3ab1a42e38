/** The flat context of a contextual call (protocol 1.0, section 1), as the engine sees it once decrypted: read for tools; the engine's own checks come before. */
import { PasserelleError, type ConnectorContext, type DecodeResult, type Warning } from 'passerelle/contract';
import { matchingOf, readWireCall } from 'passerelle/model';

export const isCall = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && Object.hasOwn(message, 'typ') && !Object.hasOwn(message, 'contract');

/** Throws ERR_CALL_CONTEXT, ERR_CALL_FORBIDDEN, ERR_INS_*. */
export function decodeCall(message: unknown, { settings }: ConnectorContext, warnings: Warning[]): Pick<DecodeResult, 'events' | 'terms'> {
  const { context, environment } = readWireCall(message, settings, warnings);
  if (settings.environment !== undefined && environment !== settings.environment)
    throw new PasserelleError('ERR_CALL_CONTEXT', { location: { path: '/aud' }, expected: `urn:dcc:${settings.environment}` });
  if (settings.site !== '' && context.site !== settings.site)
    throw new PasserelleError('ERR_CALL_CONTEXT', { location: { path: '/iss' }, expected: 'the establishment of these settings' });
  const possible = matchingOf(context.patient);
  const create = context.action === 'open-or-create';
  if (create && !possible.create)
    throw new PasserelleError('ERR_CALL_CONTEXT', {
      location: { path: '/action' },
      expected: 'an identity that is complete and qualified, to create a record',
    });
  const { ipp, domain, ins, insOid, insStatus } = context.patient;
  const isQualified = ins && insOid && insStatus === 'VALI';
  const keys = ipp && domain ? [{ domain, value: ipp }] : isQualified ? [{ domain: insOid, value: ins }] : [];
  const data = { ...context, matching: { allowed: possible.allowed, create } };
  return {
    events: [{ type: 'dcc.context.open', ...(context.issuedAt && { time: context.issuedAt }), data, keys }],
    terms: [
      ...(ipp && domain ? [{ field: 'ipp', value: `${domain}:${ipp}` } as const] : []),
      ...(ins && insOid ? [{ field: 'ins', value: `${insOid}:${ins}` } as const] : []),
    ],
  };
}
