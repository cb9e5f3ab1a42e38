/** Refusals of the transport itself, as RFC 9457 problems. */
import { CATALOGUE, type ErrorCode, type Reply } from '../../core/contract/index.ts';

/** Says the code and the remedy, nothing of the request. `status` when the transport is more precise than the catalogue. */
export function problem(
  code: ErrorCode,
  options: { readonly status?: number; readonly headers?: Record<string, string>; readonly close?: boolean } = {},
): Reply {
  const { http, en, fix } = CATALOGUE[code];
  const status = options.status ?? http;
  return {
    bytes: Buffer.from(JSON.stringify({ type: `urn:passerelle:error:${code}`, title: en, status, code, fix: fix.en })),
    http: { method: '', path: '', status, headers: { 'content-type': 'application/problem+json', ...options.headers } },
    ...(options.close && { close: true }),
  };
}
