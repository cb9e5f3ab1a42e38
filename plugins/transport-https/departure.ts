/** Knows whether a request had begun to leave when it failed: before, nothing was taken; after, it may have been. */
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import { PasserelleError } from '../../core/contract/index.ts';

/** Failures of the TLS handshake, by our check of their certificate or by their alert about ours. */
const TLS_FAILURE =
  /^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH|INVALID_PURPOSE)/;

export class Departure {
  /** Given to axios in place of `http` or `https`: the same, watched. */
  readonly transport: { readonly request: (options: RequestOptions, answered: (response: IncomingMessage) => void) => ClientRequest };
  #begun = false;

  constructor(secure: boolean) {
    this.transport = {
      request: (options, answered) => {
        const request = (secure ? https : http).request(options, answered);
        request.once('socket', (socket) => {
          if (!socket.connecting) this.#begun = true;
          else socket.once(secure ? 'secureConnect' : 'connect', () => (this.#begun = true));
        });
        return request;
      },
    };
  }

  /** The failure as the lane understands it: `transient` before departure, `ambiguous` after. */
  explain(error: unknown, timedOut: boolean): PasserelleError {
    if (error instanceof PasserelleError) return error;
    const { code = '', message = '' } = error as { code?: string; message?: string };
    if (TLS_FAILURE.test(code) && (!this.#begun || code.includes('ALERT'))) return new PasserelleError('ERR_CERT_UNTRUSTED', { found: code });
    if (!this.#begun) return new PasserelleError('ERR_CONNECTION_REFUSED', { found: timedOut ? 'no connection in time' : code });
    if (timedOut) return new PasserelleError('ERR_ACK_TIMEOUT');
    if (message.startsWith('maxContentLength')) return new PasserelleError('ERR_ACK_UNREADABLE', { found: 'an answer of more than 1 MB' });
    return new PasserelleError('ERR_CONNECTION_LOST_AFTER_SEND', { found: code });
  }
}
