/** The pages of a peer, for a person's browser: on loopback, under the very name they were opened by, and with what keeps a page to itself. */
import type { PeerIncoming, PeerReply } from '../../core/contract/index.ts';
import { readAll, serve } from './http.ts';
import type { Listening } from './wire.ts';

/** A form of a page is a few fields. */
const MAX_FORM_BYTES = 64 * 1024;
/** Nothing inline, nothing from elsewhere, in nobody's frame. A peer that posts to another address says so itself. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Throws Error when the address is not of this machine. */
export async function listenPages(url: URL, show: (request: PeerIncoming) => Promise<PeerReply>): Promise<Listening> {
  if (!/^(127\.\d+\.\d+\.\d+|localhost)$/.test(url.hostname)) throw new Error('pages are shown on loopback only');
  const listening: Listening = await serve(url.hostname, Number(url.port), async (request, response) => {
    const refuse = (status: number, text: string): void =>
      void response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end(text);
    // A page elsewhere that resolves its own name to this machine still says its own name (DNS rebinding).
    if (`http://${request.headers.host}` !== listening.address) return refuse(421, 'Autre adresse.');
    if (!/^(GET|POST)$/.test(request.method ?? '')) return refuse(405, 'GET, POST');
    const bytes = await readAll(request, MAX_FORM_BYTES);
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
    const [path = '/', query = ''] = (request.url ?? '/').split(/\?(.*)/s);
    const { http, bytes: body } = await show({
      bytes,
      http: { method: request.method ?? '', path, query: Object.fromEntries(new URLSearchParams(query)), headers },
    });
    response.writeHead(http?.status ?? 200, { ...HEADERS, 'content-type': 'text/html; charset=utf-8', ...http?.headers }).end(body);
  });
  return listening;
}
