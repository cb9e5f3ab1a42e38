/** The way in: proves who calls, bounds what is read, hands whole requests to the lane in the order in which they became whole. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { HttpMeta, ProtocolFault, Receive, Reply, Source } from '../../core/contract/index.ts';
import { BodyError, readBody } from './body.ts';
import { joinListener, type Joined } from './listener.ts';
import { problem } from './problem.ts';
import { respond } from './respond.ts';
import { Slots } from './slots.ts';
import type { InSettings } from './settings.ts';

/** Requests that wait, unread, for a slot; more are told to come back: protects sockets and answers instead of hanging. */
const MAX_WAITING = 64;
const KEPT_HEADERS = /^(content-type|idempotency-key|if-match|x-[a-z0-9-]+)$/;

export function openSource(settings: InSettings, face: { readonly receive: Receive; readonly fault: ProtocolFault }): Source {
  let slots = new Slots(settings.maxConcurrent, MAX_WAITING);
  let joined: Promise<Joined> | undefined;
  /** Last request of each connection: pipelined ones are taken one at a time. */
  const turns = new WeakMap<Socket, Promise<unknown>>();

  const refuse = async (request: IncomingMessage, response: ServerResponse, reply: Reply, code?: string): Promise<void> => {
    const answer = code ? await face.fault({ code, peer: peerOf(request) }) : undefined;
    respond(request, response, answer?.bytes ? { ...reply, bytes: answer.bytes } : reply);
  };

  const take = async (request: IncomingMessage, response: ServerResponse, below: string): Promise<void> => {
    if (settings.allow && !settings.allow.includes(addressOf(request))) {
      return refuse(request, response, problem('ERR_HTTP_UNAUTHENTICATED', { status: 403, close: true }), 'ERR_HTTP_UNAUTHENTICATED');
    }
    if (settings.token && !isToken(request.headers.authorization, settings.token)) {
      const challenge = { headers: { 'www-authenticate': 'Bearer' }, close: true };
      return refuse(request, response, problem('ERR_HTTP_UNAUTHENTICATED', challenge), 'ERR_HTTP_UNAUTHENTICATED');
    }
    // A program has no Origin: this is a page in somebody's browser.
    if (request.headers.origin !== undefined) return refuse(request, response, problem('ERR_HTTP_UNAUTHENTICATED', { status: 403, close: true }));
    if (request.method === 'GET' || request.method === 'HEAD') return respond(request, response, { bytes: null });
    if (!/^(POST|PUT|PATCH|DELETE)$/.test(request.method ?? '')) return refuse(request, response, problem('ERR_REQUEST_INVALID', { status: 405 }));
    // A compressed body could grow without limit.
    if (!/^(identity)?$/.test(request.headers['content-encoding'] ?? '')) {
      return refuse(request, response, problem('ERR_REQUEST_INVALID', { status: 415 }));
    }
    if (Number(request.headers['content-length'] ?? 0) > settings.maxBodyBytes) {
      return refuse(request, response, problem('ERR_HTTP_BODY_TOO_LARGE', { close: true }), 'ERR_HTTP_BODY_TOO_LARGE');
    }
    const mine = slots;
    const granted = await mine.enter(request);
    if (granted !== 'granted') {
      if (granted === 'full') respond(request, response, problem('ERR_BACKPRESSURE', { headers: { 'retry-after': '2' }, close: true }));
      return;
    }
    try {
      if (/^100-continue$/i.test(request.headers.expect ?? '')) response.writeContinue();
      const bytes = await readBody(request, settings.maxBodyBytes);
      respond(request, response, await face.receive({ bytes, peer: peerOf(request), http: metaOf(request, below) }));
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      const reply = problem(error.code, { close: true });
      await refuse(request, response, reply, error.code);
    } finally {
      mine.leave();
    }
  };

  return {
    start: async () => {
      if (joined) return (await joined).address;
      slots = new Slots(settings.maxConcurrent, MAX_WAITING);
      // A lane never rejects (contract); should it, the sender must not read a success.
      joined = joinListener(settings, (request, response, below) => {
        const turn = (turns.get(request.socket) ?? Promise.resolve())
          .then(() => take(request, response, below))
          .catch(() => respond(request, response, problem('ERR_INVARIANT', { close: true })));
        turns.set(request.socket, turn);
      });
      try {
        return (await joined).address;
      } catch (error) {
        joined = undefined;
        throw error;
      }
    },
    stop: async () => {
      const leaving = joined;
      joined = undefined;
      // Until the last reply has gone, new requests are told to come back: a 404 would read as a refusal.
      await slots.close();
      await leaving?.then(({ leave }) => leave());
    },
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares digests in constant time: neither content nor length of the token shows in the time taken. */
function isToken(header: string | undefined, token: string): boolean {
  const presented = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(presented), digest(token));
}

const addressOf = (request: IncomingMessage): string => (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');

function peerOf(request: IncomingMessage): string {
  const { socket } = request;
  const subject = socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject?.CN : undefined;
  return `${addressOf(request)}:${socket.remotePort ?? 0}${subject ? ` CN=${String(subject)}` : ''}`;
}

function metaOf(request: IncomingMessage, below: string): HttpMeta {
  const search = new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    KEPT_HEADERS.test(name) && typeof value === 'string' ? [[name, value]] : [],
  );
  return { method: request.method ?? '', path: below, query: Object.fromEntries(search), headers: Object.fromEntries(headers) };
}
