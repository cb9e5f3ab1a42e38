/** The address that opens a patient in Mediboard: written for the browser, and read back by tools. An IPP at most, towards the intranet only. */
import {
  PasserelleError,
  type ConnectorContext,
  type DecodeResult,
  type EncodeInput,
  type EncodeResult,
  type Envelope,
  type Warning,
} from 'passerelle/contract';
import type { ReturnContext } from 'passerelle/model';
import { isIntranet } from './intranet.ts';

const WARNING: Warning = { code: 'identity-in-url' };
const SCREEN = { m: 'context', a: 'call' };
const VIEWS = ['patient', 'soins', 'labo'];
/** Letters, digits and marks that mean nothing in an address. */
const IPP = /^[A-Za-z0-9._-]{1,40}$/;

const forbidden = (path: string, expected: string): PasserelleError => new PasserelleError('ERR_CALL_FORBIDDEN', { location: { path }, expected });
const invalid = (path: string, expected: string): PasserelleError => new PasserelleError('ERR_CALL_CONTEXT', { location: { path }, expected });

export function encode({ event }: EncodeInput, { settings }: ConnectorContext): EncodeResult {
  try {
    if (event.type !== 'dcc.context.return') throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', { expected: 'dcc.context.return' });
    const { view, ipp } = checked(event.data as ReturnContext, settings.connector);
    const { baseUrl = 'http://localhost/mediboard' } = settings.connector as { readonly baseUrl?: string };
    const [, host = '', base = ''] = /^https?:\/\/([^/]+)(.*?)\/?$/.exec(baseUrl) ?? [];
    if (!isIntranet(host.replace(/:\d+$/, ''))) throw forbidden('/connector/baseUrl', 'a host of the intranet');
    const query = { ...SCREEN, view, ipp, dialog: '1' };
    return {
      outcome: 'message',
      envelope: { format: 'http-form', text: '', http: { method: 'GET', path: `${base}/index.php`, query, headers: { host } } },
      warnings: [WARNING],
    };
  } catch (thrown) {
    if (!(thrown instanceof PasserelleError)) throw thrown;
    return { outcome: 'refuse', error: thrown.toData() };
  }
}

export function decodeReturn({ text, http }: Envelope, { settings }: ConnectorContext): DecodeResult {
  try {
    const { m, a, dialog, view = '', ipp = '', ...more } = JSON.parse(text) as Record<string, string>;
    if (http?.method !== 'GET' || m !== SCREEN.m || a !== SCREEN.a || (dialog ?? '1') !== '1') throw invalid('/', 'GET of the call screen');
    if (Object.keys(more).length > 0) throw forbidden('/', 'view and ipp alone: no name, birth date or stay in an address');
    const data: ReturnContext = checked({ view, ipp }, settings.connector);
    const rules = settings.identityAuthorities.filter(({ use, type = 'PI' }) => use === 'IPP' && type === 'PI');
    const [rule] = rules;
    const keys = rule && rules.every(({ domain }) => domain === rule.domain) ? [{ domain: rule.domain, value: ipp }] : [];
    return { decision: 'accept-with-warning', events: [{ type: 'dcc.context.return', data, keys }], warnings: [WARNING] };
  } catch (thrown) {
    if (!(thrown instanceof PasserelleError)) throw thrown;
    return { decision: 'reject', events: [], warnings: [WARNING], error: thrown.toData() };
  }
}

function checked({ view, ipp }: ReturnContext, connector: Readonly<Record<string, unknown>>): { readonly view: string; readonly ipp: string } {
  if (connector['identityInUrl'] !== true) throw forbidden('/connector/identityInUrl', 'true, by a decision of the site (identity-in-url)');
  if (!VIEWS.includes(view)) throw invalid('/view', VIEWS.join(', '));
  if (ipp === undefined || !IPP.test(ipp)) throw invalid('/ipp', 'an IPP of letters, digits, dots and dashes');
  return { view, ipp };
}
