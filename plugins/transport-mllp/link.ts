/** One connection to a counterparty: a message goes, exactly one reply comes, then the next. Whatever else happens ends it. */
import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import { PasserelleError, type ErrorCode } from '../../core/contract/index.ts';
import { QUIET_MS } from './connection.ts';
import { Framer, writeFrame, type Framed } from './framer.ts';
import { readPem, type OutSettings } from './settings.ts';

/** A reply is an acknowledgement, not a document: protects memory from an endless one. */
const MAX_REPLY_BYTES = 1024 * 1024;

/** An acknowledgement that comes twice, the second time when another message is on its way: the answer to that one comes as well, so long after it at most. */
const COPY_MS = 50;
/** A copy may be some messages late; longer replies than that are not remembered. */
const LAST_REPLIES = 64;
const REMEMBERED_BYTES = 4096;
const MOST_REPEATS = 3;

/** Some servers give no session ticket: then silence for this long is consent. */
const VERDICT_MS = 250;

/** Some servers refuse our certificate by closing without a word: it looks like a restart, so it is tried again, and said. */
const REFUSED_AFTER_HANDSHAKE = 'closed right after the TLS handshake: our certificate may be refused';

/** A refusal of a certificate, theirs by us or ours by them: nothing was taken, whenever it comes. */
const TLS_FAILURE =
  /^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH|INVALID_PURPOSE)/;

type Waiting = { readonly resolve: (reply: Buffer) => void; readonly reject: (error: PasserelleError) => void };

/** Connects. Throws ERR_CONNECTION_REFUSED (transient), ERR_CERT_UNTRUSTED. */
export async function openLink(settings: OutSettings, withinMs: number): Promise<Link> {
  const host = settings.host.replace(/^\[|\]$/g, '');
  const socket = settings.tls ? secureSocket(settings, host) : net.connect({ host, port: settings.port });
  try {
    const timeout = AbortSignal.timeout(Math.max(1, withinMs));
    await once(socket, settings.tls ? 'secureConnect' : 'connect', { signal: timeout });
    if (socket instanceof tls.TLSSocket && socket.getProtocol() === 'TLSv1.3') await verdict(socket);
    return new Link(socket);
  } catch (error) {
    socket.on('error', () => undefined);
    socket.destroy();
    throw explain(error, 'ERR_CONNECTION_REFUSED');
  }
}

/** Waits for the server's word on our certificate, which under TLS 1.3 comes after the handshake: its session ticket, or its refusal. */
async function verdict(socket: tls.TLSSocket): Promise<void> {
  const heard = new AbortController();
  const closed = once(socket, 'close', heard).then(() =>
    Promise.reject(new PasserelleError('ERR_CONNECTION_REFUSED', { found: REFUSED_AFTER_HANDSHAKE })),
  );
  try {
    await Promise.race([once(socket, 'session', heard), closed, delay(VERDICT_MS, undefined, heard)]);
  } finally {
    heard.abort();
  }
  // Out of the event of the ticket: what is written inside it stays unsent in the TLS layer of Node 24 until something else moves.
  await nextTurn();
}

function secureSocket(settings: OutSettings, host: string): Socket {
  const { ca, cert, key, serverName } = settings.tls ?? {};
  const name = serverName ?? (net.isIP(host) ? undefined : host);
  return tls.connect({
    host,
    port: settings.port,
    ...(name && { servername: name }),
    ...(ca && { ca: readPem(ca) }),
    ...(cert && { cert: readPem(cert) }),
    ...(key && { key: readPem(key) }),
  });
}

function explain(error: unknown, otherwise: ErrorCode): PasserelleError {
  if (error instanceof PasserelleError) return error;
  const { code = 'closed', name } = error as NodeJS.ErrnoException;
  if (name === 'AbortError') return new PasserelleError(otherwise, { found: 'no connection in time' });
  return new PasserelleError(TLS_FAILURE.test(code) ? 'ERR_CERT_UNTRUSTED' : otherwise, { found: code });
}

export class Link {
  readonly #socket: Socket;
  readonly #framer = new Framer(MAX_REPLY_BYTES);
  #waiting: Waiting | undefined;
  #quietTimer: NodeJS.Timeout | undefined;
  /** Of the exchanges before this one. */
  readonly #lastReplies = new Set<string>();
  /** What has come and may be a copy of one of those. */
  #held: { readonly reply: Buffer; readonly timer: NodeJS.Timeout } | undefined;
  /** How many messages in a row it answered with bytes that it had said before: after some it says nothing else. */
  #repeats = 0;
  #failure: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('data', (chunk: Buffer) => this.#take(this.#framer.push(chunk)));
    socket.on('error', (error) => (this.#failure = error));
    socket.once('end', () => this.#take(this.#framer.end()));
    socket.once('close', () => {
      clearTimeout(this.#quietTimer);
      this.#fail(explain(this.#failure ?? {}, 'ERR_CONNECTION_LOST_AFTER_SEND'));
    });
  }

  /** Still good for a message, as far as this side knows. */
  get isOpen(): boolean {
    return this.#socket.writable && !this.#socket.readableEnded && !this.#waiting && !this.#framer.isInside;
  }

  /** Rejects with an ambiguous error: from the first byte on, the message may have been taken. After any failure the link is closed. */
  exchange(pieces: readonly Uint8Array[], deadlineMs: number, written?: () => void): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(new PasserelleError('ERR_ACK_TIMEOUT', { expected: `a reply within ${deadlineMs} ms` })), deadlineMs);
      this.#waiting = {
        resolve: (reply) => {
          clearTimeout(timer);
          resolve(reply);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      writeFrame(this.#socket, pieces, written);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(found: readonly Framed[]): void {
    clearTimeout(this.#quietTimer);
    if (this.#framer.isEnding) this.#quietTimer = setTimeout(() => this.#take(this.#framer.quiet()), QUIET_MS);
    for (const one of found) {
      if (one.kind === 'fault' && !one.fatal) continue;
      const waiting = this.#waiting;
      // A reply nobody waits for would be taken for the answer to the next message.
      if (!waiting) {
        this.#socket.destroy();
        return;
      }
      if (one.kind === 'fault') {
        const code = one.code === 'ERR_MLLP_FRAME_CUT' ? 'ERR_CONNECTION_LOST_AFTER_SEND' : 'ERR_ACK_UNREADABLE';
        this.#fail(new PasserelleError(code, { expected: 'one framed acknowledgement', found: one.code }));
        return;
      }
      const reply = Buffer.concat(one.pieces);
      clearTimeout(this.#held?.timer);
      this.#held = undefined;
      const isSaidAgain = this.#repeats < MOST_REPEATS && this.#lastReplies.has(reply.toString('latin1'));
      if (isSaidAgain) this.#held = { reply, timer: setTimeout(() => this.#reply(reply, true), COPY_MS) };
      else this.#reply(reply);
    }
  }

  #reply(reply: Buffer, isRepeat = false): void {
    const waiting = this.#waiting;
    clearTimeout(this.#held?.timer);
    this.#waiting = this.#held = undefined;
    if (reply.length <= REMEMBERED_BYTES) this.#lastReplies.add(reply.toString('latin1'));
    if (this.#lastReplies.size > LAST_REPLIES) this.#lastReplies.delete(this.#lastReplies.values().next().value!);
    if (this.#repeats < MOST_REPEATS) this.#repeats = isRepeat ? this.#repeats + 1 : 0;
    waiting?.resolve(reply);
  }

  /** The socket goes with the message: its late reply can never reach another one. */
  #fail(error: PasserelleError): void {
    const waiting = this.#waiting;
    this.#socket.destroy();
    // Nothing else came: it was the answer.
    if (this.#held) return this.#reply(this.#held.reply, true);
    this.#waiting = undefined;
    waiting?.reject(error);
  }
}
