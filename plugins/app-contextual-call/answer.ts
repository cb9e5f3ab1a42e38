/** How this application answers: nothing cached, framed, sniffed or referred; problems of RFC 9457 in words that a clinician may read. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CallRefusal, CATALOGUE, PasserelleError } from '../../core/contract/index.ts';

/** After a refusal the rest of a body is thrown away for this long, so that the sender reads our answer before it meets a reset. */
const LINGER_MS = 2000;

type Headers = Readonly<Record<string, string | string[]>>;

/** @param origins of the record, where a page may post to. */
export const pageHeaders = (origins: readonly string[]): Readonly<Record<string, string>> => ({
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    `form-action ${["'self'", ...origins].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
});

export function send(
  request: IncomingMessage,
  response: ServerResponse,
  {
    status,
    type,
    body,
    headers = {},
  }: { readonly status: number; readonly type: string; readonly body: string | Uint8Array; readonly headers?: Headers },
): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = Buffer.from(body);
  const { 'transfer-encoding': chunked, 'content-length': length = '0' } = request.headers;
  const isUnread = !request.complete && (chunked !== undefined || Number(length) > 0);
  response.writeHead(status, {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    'x-robots-tag': 'noindex',
    ...headers,
    'content-type': type,
    'content-length': bytes.length,
    ...(isUnread && { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
  if (!isUnread) return;
  const cut = setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  request.once('end', () => clearTimeout(cut)).resume();
}

export const sendJson = (request: IncomingMessage, response: ServerResponse, status: number, body: object, headers?: Headers): void =>
  send(request, response, { status, type: 'application/json', body: JSON.stringify(body), ...(headers && { headers }) });

/** `detail` is what a clinician is shown, with the reference; where it is and what was found stays in the ledger, but for a fault of the kit. */
export function sendProblem(request: IncomingMessage, response: ServerResponse, thrown: unknown, status?: number): void {
  const error = PasserelleError.from(thrown);
  const { http, en, fr, fix } = CATALOGUE[error.code];
  const { reference, retryAfter } = thrown instanceof CallRefusal ? thrown : {};
  const path = error.code === 'ERR_CALL_CONTEXT' ? error.detail.location?.path : undefined;
  send(request, response, {
    status: status ?? http,
    type: 'application/problem+json',
    body: JSON.stringify({
      type: `urn:passerelle:error:${error.code}`,
      title: en,
      status: status ?? http,
      code: error.code,
      detail: fr,
      fix,
      ...(path !== undefined && { location: path, ...(error.detail.expected !== undefined && { expected: error.detail.expected }) }),
      ...(reference && { reference }),
      serverTime: new Date().toISOString(),
    }),
    ...(retryAfter !== undefined && { headers: { 'retry-after': String(Math.ceil(retryAfter)) } }),
  });
}
