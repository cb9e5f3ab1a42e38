/** What is taken from a request, and how much of it: everything a stranger can send is bounded in size and in time. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { PasserelleError, type HttpMeta } from '../../core/contract/index.ts';

/** A kit sends at once; who drips holds a socket for no longer than this. */
const BODY_MS = 10_000;
/** What a call may be judged by; cookies and the rest stay out. */
const KEPT_HEADERS = /^(host|origin|content-type|passerelle-[a-z]+|x-[a-z0-9-]+|sec-fetch-[a-z]+)$/;

/** Throws ERR_CALL_TOO_LARGE, ERR_CALL_MEDIA_TYPE (compressed: it could grow without limit), ERR_CALL_REFUSED (cut, or too slow). */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  if (!/^(identity)?$/.test(request.headers['content-encoding'] ?? '')) throw new PasserelleError('ERR_CALL_MEDIA_TYPE');
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw new PasserelleError('ERR_CALL_TOO_LARGE');
  const chunks: Buffer[] = [];
  let size = 0;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = setTimeout(() => reject(new PasserelleError('ERR_CALL_REFUSED', { found: 'a body that does not end' })), BODY_MS);
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else reject(new PasserelleError('ERR_CALL_TOO_LARGE'));
  });
  request.once('end', resolve);
  request.once('error', () => reject(new PasserelleError('ERR_CALL_REFUSED', { found: 'a body that was cut' })));
  await promise.finally(() => clearTimeout(late));
  return Buffer.concat(chunks, size);
}

/** Media type without parameters, in lower case. */
export const mediaType = (request: IncomingMessage): string => (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

/**
 * Who calls. A reverse proxy on this machine says whom it speaks for: the last name of the list is its own word, those before are what
 * it was told. From elsewhere the header is anybody's.
 */
export function addressOf(request: IncomingMessage): string {
  const peer = plain(request.socket.remoteAddress ?? '');
  const forwarded = plain(
    String(request.headers['x-forwarded-for'] ?? '')
      .split(',')
      .at(-1)
      ?.trim() ?? '',
  );
  return /^(127\.|::1$)/.test(peer) && /^[0-9a-fA-F.:]{2,45}$/.test(forwarded) ? forwarded : peer;
}

const plain = (address: string): string => address.replace(/^::ffff:/, '');

export const metaOf = (request: IncomingMessage): HttpMeta => ({
  method: request.method ?? '',
  path: (request.url ?? '').split('?')[0] ?? '',
  headers: Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) => (KEPT_HEADERS.test(name) && typeof value === 'string' ? [[name, value]] : [])),
  ),
});

/** Name of the cookie: bound to this host, to https (or this very machine), and to no path or subdomain. */
export const COOKIE = '__Host-passerelle-appel';

/** What the browser is known by; undefined when it says nothing, or something that we never said. */
export const cookieOf = (request: IncomingMessage): string | undefined => namedCookie(request, COOKIE);

/** A browser that is away brings this back; one for each time it goes, so that two tabs may be away at once. */
const AWAY_SECONDS = 600;
const AWAY = `${COOKIE}-aller-`;
const AWAY_NAME = new RegExp(`^${AWAY}[0-9a-f]{16}$`);
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';
const awayName = (state: string): string => AWAY + createHash('sha256').update(state).digest('hex').slice(0, 16);
const ended = (name: string): string => `${name}=; ${ATTRIBUTES}; Max-Age=0`;

/** Tabs of one browser that may be away at once: more is a page that sends it again and again, until its cookies fill every request. */
const MOST_AWAY = 10;

/** `url`: where it is sent, with its `state`. */
export function awayCookies(request: IncomingMessage, url: string, secret: string): string[] {
  const away = (request.headers.cookie ?? '')
    .split(';')
    .flatMap((pair) => pair.trim().split('=')[0] ?? [])
    .filter((name) => name.startsWith(AWAY));
  const over = away.length < MOST_AWAY ? [] : away.filter((name) => AWAY_NAME.test(name)).map(ended);
  return [...over, `${awayName(new URL(url).searchParams.get('state') ?? '')}=${secret}; ${ATTRIBUTES}; Max-Age=${AWAY_SECONDS}`];
}
export const awayOf = (request: IncomingMessage, state: string): string | undefined => namedCookie(request, awayName(state));
export const backCookie = (state: string): string => ended(awayName(state));

function namedCookie(request: IncomingMessage, wanted: string): string | undefined {
  const found = (request.headers.cookie ?? '').split(';').flatMap((pair) => {
    const [name, value = ''] = pair.trim().split('=');
    return name === wanted && /^[A-Za-z0-9_-]{43}$/.test(value) ? [value] : [];
  });
  // Twice the same name: somebody set one of them, and nobody knows who.
  return found.length === 1 ? found[0] : undefined;
}
