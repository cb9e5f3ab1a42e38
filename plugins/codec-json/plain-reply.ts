/** The plainest answer over HTTP: stored, or come back later. */
import { CATALOGUE, type PlainAnswer } from '../../core/contract/index.ts';

export function plainReply(
  _bytes: Uint8Array,
  { ack, error }: PlainAnswer,
): { readonly bytes: Uint8Array; readonly http: { method: string; path: string; status: number; headers: Record<string, string> } } {
  const body = ack === 'AA' ? { status: 'stored' } : { status: 'refused', ...(error && { code: error.code, detail: CATALOGUE[error.code].en }) };
  const status = ack === 'AA' ? 202 : error ? CATALOGUE[error.code].http : 503;
  return { bytes: Buffer.from(JSON.stringify(body)), http: { method: 'POST', path: '', status, headers: { 'content-type': 'application/json' } } };
}
