/** The way in: a listener whose connections each take one message at a time. */
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import tls, { TLSSocket } from 'node:tls';
import { PasserelleError, type ProtocolFault, type Receive, type Source } from '../../core/contract/index.ts';
import { Connection } from './connection.ts';
import type { Budget } from './framer.ts';
import { readPem, type InSettings } from './settings.ts';

/** Wait for replies in flight when the endpoint closes; a sender without its reply sends again, and is recognised. */
const STOP_WAIT_MS = 5000;
/** TLS handshake: protects from clients that connect and say nothing. */
const HANDSHAKE_MS = 10_000;
/** Unfinished frames of all connections together, in largest frames: what slow senders can make us hold. */
const BUDGET_FRAMES = 3;

export function openSource(settings: InSettings, face: { readonly receive: Receive; readonly fault: ProtocolFault }): Source {
  const connections = new Set<Connection>();
  const budget = sharedBudget(settings.maxFrameBytes * BUDGET_FRAMES);
  /** All sockets, those in their TLS handshake among them: they must not keep a stopped listener waiting. */
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let address: Promise<string> | undefined;

  const refuse = (socket: Socket, code: 'ERR_PEER_NOT_ALLOWED' | 'ERR_CERT_UNTRUSTED' | 'ERR_BACKPRESSURE'): void => {
    const peer = peerOf(socket);
    socket.on('error', () => socket.destroy());
    socket.destroy();
    // Said to be counted; the connection is refused whatever becomes of the count.
    face.fault({ code, peer }).catch(() => undefined);
  };

  const accept = (socket: Socket): void => {
    if (settings.allow && !settings.allow.includes(addressOf(socket))) return refuse(socket, 'ERR_PEER_NOT_ALLOWED');
    if (connections.size >= settings.maxConnections) return refuse(socket, 'ERR_BACKPRESSURE');
    const connection = new Connection(socket, peerOf(socket), face, settings, budget);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  };

  return {
    start: () => {
      if (address) return address;
      server = create(settings, accept, (socket) => refuse(socket, 'ERR_CERT_UNTRUSTED'));
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
      });
      return (address = listen(server, settings));
    },
    stop: async () => {
      const closing = server;
      server = address = undefined;
      if (!closing) return;
      const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
      await Promise.all([...connections].map((connection) => connection.leave(STOP_WAIT_MS)));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function create(settings: InSettings, accept: (socket: Socket) => void, untrusted: (socket: Socket) => void): Server {
  if (!settings.tls) return net.createServer({ allowHalfOpen: true }, accept);
  const { cert, key, clientCa } = settings.tls;
  const server = tls.createServer(
    {
      cert: readPem(cert),
      key: readPem(key),
      ...(clientCa && { ca: readPem(clientCa), requestCert: true, rejectUnauthorized: true }),
      handshakeTimeout: HANDSHAKE_MS,
      allowHalfOpen: true,
    },
    accept,
  );
  server.on('tlsClientError', (_, socket) => untrusted(socket));
  return server;
}

function listen(server: Server, settings: InSettings): Promise<string> {
  return new Promise((resolve, reject) => {
    // Once it listens it may be told of connections that could not be accepted: they are lost, it goes on.
    server.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'ERR_PORT_TAKEN' : 'ERR_CONFIG_INVALID';
      reject(
        new PasserelleError(code, {
          location: { path: error.code === 'EADDRNOTAVAIL' ? '/host' : '/port' },
          found: `${settings.host}:${settings.port}, ${error.code ?? error.name}`,
          cause: error,
        }),
      );
    });
    server.listen({ host: settings.host.replace(/^\[|\]$/g, ''), port: settings.port }, () => {
      const bound = server.address() as AddressInfo;
      const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
      resolve(`${settings.tls ? 'mllps' : 'mllp'}://${host}:${bound.port}`);
    });
  });
}

function sharedBudget(limit: number): Budget {
  let used = 0;
  return {
    take: (bytes) => {
      if (used + bytes > limit) return false;
      used += bytes;
      return true;
    },
    give: (bytes) => {
      used -= bytes;
    },
  };
}

const addressOf = (socket: Socket): string => (socket.remoteAddress ?? '').replace(/^::ffff:/, '');

function peerOf(socket: Socket): string {
  const subject = socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject?.CN : undefined;
  return `${addressOf(socket)}:${socket.remotePort ?? 0}${subject ? ` CN=${String(subject)}` : ''}`;
}
