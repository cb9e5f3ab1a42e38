/** Writes a reply of the lane as an HTTP response. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reply } from '../../core/contract/index.ts';

/** After a refusal the rest of the body is thrown away for this long, so that the sender reads our answer before it meets a reset. */
const LINGER_MS = 2000;

/** Never throws: a client that went away keeps its message, and asks again. */
export function respond(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = reply.bytes ?? new Uint8Array();
  response.statusCode = reply.http?.status ?? (bytes.length > 0 ? 200 : 204);
  response.setHeader('cache-control', 'no-store');
  for (const [name, value] of Object.entries(reply.http?.headers ?? {})) response.setHeader(name, value);
  if (response.statusCode !== 204) response.setHeader('content-length', bytes.length);
  const unread = !request.complete && hasBody(request);
  if (reply.close && !unread) response.setHeader('connection', 'close');
  response.end(request.method === 'HEAD' || response.statusCode === 204 ? undefined : bytes);
  if (!unread) return;
  const cut = setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  request
    .once('end', () => clearTimeout(cut))
    .once('error', () => clearTimeout(cut))
    .resume();
}

export const hasBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
