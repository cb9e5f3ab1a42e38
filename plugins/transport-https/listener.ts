/**
 * Listeners shared by endpoints: one server per host and port, opened by the first endpoint and closed with the last. A request goes
 * to the endpoint with the longest base path that matches whole segments.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { PasserelleError } from '../../core/contract/index.ts';
import { respond } from './respond.ts';
import { problem } from './problem.ts';
import { readPem, type InSettings } from './settings.ts';

/** A whole request must come within this time: protects slots and sockets from senders that drip. */
const REQUEST_TIMEOUT_MS = 120_000;
const HEADERS_TIMEOUT_MS = 20_000;
/** Sockets per listener: protects file descriptors. */
const MAX_CONNECTIONS = 512;

/** Takes a request whose path, below the base, is given. */
export type RouteHandler = (request: IncomingMessage, response: ServerResponse, below: string) => void;

export interface Joined {
  /** The address as it is really bound: `http://127.0.0.1:8081/entrant/k-process`. */
  readonly address: string;
  /** Takes the path away; closes the listener with the last one. */
  readonly leave: () => Promise<void>;
}

interface Listener {
  readonly server: Server;
  readonly routes: Map<string, RouteHandler>;
  readonly tls: string;
  readonly opened: Promise<void>;
}

const listeners = new Map<string, Listener>();

/** Throws ERR_PORT_TAKEN, ERR_CONFIG_DUPLICATE (path taken), ERR_CONFIG_INVALID (other TLS settings on the same port), ERR_SECRET_MISSING. */
export async function joinListener(settings: InSettings, handler: RouteHandler): Promise<Joined> {
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

function open(settings: InSettings, tls: string): Listener {
  const routes = new Map<string, RouteHandler>();
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
    server.once('error', reject);
    server.listen(settings.port, settings.host, resolve);
  });
  return { server, routes, tls, opened };
}

/** Dot segments, plain or encoded, match nothing: what a path means is never left to interpretation. */
function findRoute(routes: ReadonlyMap<string, RouteHandler>, url: string): { handler: RouteHandler; below: string } | undefined {
  const path = url.split('?', 1)[0] ?? '';
  if (path.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment))) return undefined;
  for (let base = path; base !== ''; base = base.slice(0, base.lastIndexOf('/'))) {
    const handler = routes.get(base);
    if (handler) return { handler, below: path.slice(base.length) || '/' };
    if (!base.includes('/')) return undefined;
  }
  return undefined;
}
