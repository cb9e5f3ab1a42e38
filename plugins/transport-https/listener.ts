/**
 * Listeners shared by endpoints: one server per host and port, opened by the first endpoint and closed with the last. A request goes
 * to the endpoint with the longest base path that matches whole segments.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { PasserelleError, type HttpDoor, type HttpHandler } from '../../core/contract/index.ts';
import { respond } from './respond.ts';
import { problem } from './problem.ts';
import { isLoopback, readPem, type InSettings } from './settings.ts';

/** A whole request must come within this time: protects slots and sockets from senders that drip. */
const REQUEST_TIMEOUT_MS = 120_000;
const HEADERS_TIMEOUT_MS = 20_000;
/** Sockets per listener: protects file descriptors. */
const MAX_CONNECTIONS = 512;

export type Joined = HttpDoor;

interface Listener {
  readonly server: Server;
  readonly routes: Map<string, HttpHandler>;
  readonly tls: string;
  readonly settings: InSettings['tls'];
  readonly opened: Promise<void>;
}

type Place = Pick<InSettings, 'host' | 'port' | 'path' | 'tls'>;

const listeners = new Map<string, Listener>();

/** Throws ERR_PORT_TAKEN, ERR_CONFIG_DUPLICATE (path taken), ERR_CONFIG_INVALID (other TLS settings on the same port), ERR_SECRET_MISSING. */
export async function joinListener(settings: Place, handler: HttpHandler): Promise<Joined> {
  const key = `${settings.host}:${settings.port}`;
  const tls = JSON.stringify(settings.tls ?? null);
  const existing = settings.port === 0 ? undefined : listeners.get(key);
  if (existing && existing.tls !== tls) {
    throw new PasserelleError('ERR_CONFIG_INVALID', { location: { path: '/tls' }, expected: 'the same TLS settings for every endpoint of a port' });
  }
  if (existing?.routes.has(settings.path)) throw new PasserelleError('ERR_CONFIG_DUPLICATE', { location: { path: '/path' } });
  const listener = existing ?? open(settings, tls);
  listeners.set(key, listener);
  listener.routes.set(settings.path, handler);
  try {
    await listener.opened;
  } catch (cause) {
    if (listeners.get(key) === listener) listeners.delete(key);
    throw new PasserelleError('ERR_PORT_TAKEN', { location: { path: '/port' }, found: `${settings.host}:${settings.port}`, cause });
  }
  const { port } = listener.server.address() as AddressInfo;
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return {
    address: `${settings.tls ? 'https' : 'http'}://${host}:${port}${settings.path}`,
    leave: async () => {
      listener.routes.delete(settings.path);
      if (listener.routes.size > 0) return;
      if (listeners.get(key) === listener) listeners.delete(key);
      await new Promise<void>((resolve) => {
        listener.server.close(() => resolve());
        listener.server.closeAllConnections();
      });
    },
  };
}

/**
 * For an application: it proves by itself who calls. Over the TLS of the endpoints of that port, if they have any; without, on loopback only,
 * where a reverse proxy speaks TLS for it. Throws as `joinListener`, ERR_CONFIG_UNSAFE for a listener open to others in clear,
 * ERR_CONFIG_INVALID for one that asks each browser for a certificate.
 */
export async function listen(
  place: { readonly host: string; readonly port: number; readonly path: string },
  handler: HttpHandler,
): Promise<HttpDoor> {
  const tls = listeners.get(`${place.host}:${place.port}`)?.settings;
  if (!tls && !isLoopback(place.host))
    throw new PasserelleError('ERR_CONFIG_UNSAFE', { location: { path: '/public/host' }, expected: 'loopback behind a reverse proxy, or TLS' });
  if (tls?.clientCa)
    throw new PasserelleError('ERR_CONFIG_INVALID', {
      location: { path: '/tls/clientCa' },
      expected: 'another port for endpoints with client certificates',
    });
  return joinListener({ ...place, ...(tls && { tls }) }, handler);
}

function open(settings: Place, tls: string): Listener {
  const routes = new Map<string, HttpHandler>();
  const dispatch: RequestListener = (request, response) => {
    const route = findRoute(routes, request.url ?? '');
    if (route) route.handler(request, response, route.below);
    else respond(request, response, problem('ERR_NOT_FOUND', { close: true }));
  };
  const server = settings.tls
    ? createTlsServer(
        {
          cert: readPem(settings.tls.cert),
          key: readPem(settings.tls.key),
          ...(settings.tls.clientCa && { ca: readPem(settings.tls.clientCa), requestCert: true, rejectUnauthorized: true }),
        },
        dispatch,
      )
    : createServer(dispatch);
  // The handler says "100 Continue" itself, once it wants the body.
  server.on('checkContinue', dispatch);
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  const opened = new Promise<void>((resolve, reject) => {
    // Once it listens it may be told of connections that could not be accepted: they are lost, it goes on.
    server.on('error', reject);
    server.listen(settings.port, settings.host, resolve);
  });
  return { server, routes, tls, settings: settings.tls, opened };
}

/** Dot segments, plain or encoded, match nothing: what a path means is never left to interpretation. */
function findRoute(routes: ReadonlyMap<string, HttpHandler>, url: string): { handler: HttpHandler; below: string } | undefined {
  const path = url.split('?', 1)[0] ?? '';
  if (path.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment))) return undefined;
  for (let base = path; base !== ''; base = base.slice(0, base.lastIndexOf('/'))) {
    const handler = routes.get(base);
    if (handler) return { handler, below: path.slice(base.length) || '/' };
    if (!base.includes('/')) return undefined;
  }
  return undefined;
}
