/** The plainest answer to a form: a problem in JSON (RFC 9457), or stored. */
import { CATALOGUE, type HttpMeta, type PlainAnswer } from '../../core/contract/index.ts';

export function plainReply(_bytes: Uint8Array, { ack, error }: PlainAnswer): { readonly bytes: Uint8Array; readonly http: HttpMeta } {
  const status = ack === 'AA' ? 202 : error ? CATALOGUE[error.code].http : 503;
  const body = ack === 'AA' ? { status: 'stored' } : { status, ...(error && { code: error.code, title: CATALOGUE[error.code].en }) };
  return { bytes: Buffer.from(JSON.stringify(body)), http: { method: 'POST', path: '', status, headers: { 'content-type': 'application/json' } } };
}
