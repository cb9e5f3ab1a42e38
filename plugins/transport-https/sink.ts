/** The way out: one request per message over kept-alive connections. Any HTTP status is a reply; what it means is the connector's table. */
import http from 'node:http';
import https from 'node:https';
import { setImmediate } from 'node:timers/promises';
import type { AxiosResponse } from 'axios';
import { PasserelleError, joined, type HttpMeta, type SendResult, type Sink } from '../../core/contract/index.ts';
import { Departure } from './departure.ts';
import { readPem, type OutSettings } from './settings.ts';

/** An answer is an acknowledgement, not a document: protects memory from an endless reply. */
const MAX_REPLY_BYTES = 1024 * 1024;
const PROBE_DEADLINE_MS = 10_000;
/** Headers a connector may set; authentication, length and host are ours. */
const SENT_HEADERS = /^(accept|content-type|idempotency-key|if-match|x-[a-z0-9-]+)$/;
const READ_HEADERS = /^(content-type|etag|location|retry-after|x-[a-z0-9-]+)$/;
const POST: HttpMeta = { method: 'POST', path: '/', headers: { 'content-type': 'application/json' } };

export function openSink(settings: OutSettings): Sink {
  const secure = settings.baseUrl.protocol === 'https:';
  let agent: http.Agent | undefined;
  const open = (): http.Agent => {
    const options = { keepAlive: true, maxSockets: settings.connections };
    const { ca, cert, key } = settings.tls ?? {};
    return secure
      ? new https.Agent({ ...options, ...(ca && { ca: readPem(ca) }), ...(cert && { cert: readPem(cert) }), ...(key && { key: readPem(key) }) })
      : new http.Agent(options);
  };

  const request = async (
    method: string,
    meta: HttpMeta,
    body: Uint8Array | undefined,
    deadlineMs: number,
    mayBegin?: () => void,
  ): Promise<SendResult> => {
    agent ??= open();
    // Loaded by the first that sends: most engines have no such endpoint.
    const { default: axios } = await import('axios');
    await noticeClosed();
    mayBegin?.();
    const departure = new Departure(secure);
    const waited = AbortSignal.timeout(deadlineMs);
    try {
      const response: AxiosResponse<Buffer> = await axios.request({
        url: addressOf(settings.baseUrl, meta),
        method,
        headers: { ...sentHeaders(meta), 'accept-encoding': 'identity', ...(settings.token && { authorization: `Bearer ${settings.token}` }) },
        ...(body && { data: Buffer.from(body.buffer, body.byteOffset, body.byteLength) }),
        ...(secure ? { httpsAgent: agent } : { httpAgent: agent }),
        transport: departure.transport,
        signal: waited,
        // The address in the settings is the address: no redirect, no proxy taken from the environment.
        maxRedirects: 0,
        proxy: false,
        decompress: false,
        responseType: 'arraybuffer',
        validateStatus: () => true,
        maxContentLength: MAX_REPLY_BYTES,
        maxBodyLength: Number.POSITIVE_INFINITY,
      });
      return { bytes: response.data, http: { ...meta, method, status: response.status, headers: readHeaders(response.headers) } };
    } catch (error) {
      throw departure.explain(error, waited.aborted);
    }
  };

  return {
    concurrency: settings.connections,
    send: (message, { http = POST, deadlineMs, mayBegin }) =>
      request(http.method, http, message instanceof Uint8Array ? message : joined(message), deadlineMs, mayBegin),
    probe: async () => {
      const { http: answer } = await request('HEAD', { method: 'HEAD', path: '/' }, undefined, PROBE_DEADLINE_MS);
      if (answer?.status === 401 || answer?.status === 403) throw new PasserelleError('ERR_HTTP_UNAUTHENTICATED', { found: `HTTP ${answer.status}` });
    },
    stop: async () => {
      agent?.destroy();
      agent = undefined;
    },
  };
}

/**
 * Two turns of the event loop, so that a kept connection which the counterparty has closed is known to be closed: a message written
 * into it would come to nothing, and be ambiguous for no reason.
 */
async function noticeClosed(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

/** The connector's path stays under the base address. */
function addressOf(base: URL, meta: HttpMeta): string {
  const url = new URL(base);
  const root = base.pathname.replace(/\/$/, '');
  url.pathname = meta.path === '/' ? root || '/' : `${root}${meta.path}`;
  if (!meta.path.startsWith('/') || !`${url.pathname}/`.startsWith(`${root}/`) || /[?#]|\/\//.test(meta.path)) {
    throw new PasserelleError('ERR_CONNECTOR_FAILED', { location: { path: '/http/path' }, expected: 'a path below the base address' });
  }
  url.search = new URLSearchParams(meta.query ?? {}).toString();
  return url.href;
}

function sentHeaders(meta: HttpMeta): Record<string, string> {
  return Object.fromEntries(
    Object.entries(meta.headers ?? {})
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => SENT_HEADERS.test(name)),
  );
}

const readHeaders = (headers: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (READ_HEADERS.test(name.toLowerCase()) ? [[name.toLowerCase(), String(value)]] : [])),
  );
