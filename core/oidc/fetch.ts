/** One request to a server that the settings name, or that such a server named: to its origins alone, no redirect, no proxy, no more bytes or time than an answer needs. */
import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { AxiosResponse } from 'axios';
import { PasserelleError } from '../contract/index.ts';
import { isPrivateAddress } from './addresses.ts';

/** A discovery document, a key set, a patient: tens of KB at most. */
const MAX_BYTES = 256 * 1024;
/** A person waits, for four answers one after the other. */
const DEADLINE_MS = 6_000;

/** Where requests may go. */
export interface Reach {
  /** Scheme, host and port, letter for letter. */
  readonly origins: readonly string[];
  /** Whether these hosts may have addresses that are not public: a DPI on the network of its hospital. */
  readonly privateAddresses: boolean;
  /** PEM. `cert` and `key`: of us, where the server wants a client certificate. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Of names to addresses; default: the system's. */
  readonly lookup?: Lookup;
}

type Lookup = (
  host: string,
  options: LookupOptions,
  done: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
) => void;

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A redirect is an answer: nobody follows it. Throws ERR_CALL_ISSUER: not to be reached, not there in time, too large, or a server that fails (5xx). */
export type BoundedFetch = (url: string, asked: Asked) => Promise<Response>;

export function boundedFetch({ origins, privateAddresses, tls, lookup = dnsLookup }: Reach, deadlineMs = DEADLINE_MS): BoundedFetch {
  // What is asked is judged where the name becomes an address: asked twice, a name may answer twice.
  const judged: Lookup = (host, options, done) =>
    lookup(host, options, (error, address, family) => {
      const all = typeof address === 'string' ? [address] : (address ?? []).map((one) => one.address);
      if (!error && !privateAddresses && all.some(isPrivateAddress)) return done(new NotPublic(), '', 0);
      done(error, address, family);
    });
  const agents = { httpAgent: new http.Agent({ lookup: judged }), httpsAgent: new https.Agent({ lookup: judged, ...tls }) };

  return async (url, { method = 'GET', headers = {}, body }) => {
    const { origin, hostname, username } = new URL(url);
    if (!origins.includes(origin) || username) throw issuer('an address of the server that the settings name', 'another origin');
    const literal = hostname.replace(/^\[|\]$/g, '');
    if (!privateAddresses && isIP(literal) !== 0 && isPrivateAddress(literal)) throw issuer('a public address', 'a private one');
    // Loaded by the first that asks, as openid-client is: most engines never do.
    const { default: axios } = await import('axios');
    let answer: AxiosResponse<Buffer>;
    try {
      answer = await axios.request({
        url,
        method,
        headers: { ...headers, 'accept-encoding': 'identity' },
        ...((typeof body === 'string' || body instanceof URLSearchParams) && { data: body.toString() }),
        ...agents,
        signal: AbortSignal.timeout(deadlineMs),
        maxRedirects: 0,
        proxy: false,
        decompress: false,
        responseType: 'arraybuffer',
        validateStatus: () => true,
        maxContentLength: MAX_BYTES,
      });
    } catch (thrown) {
      throw issuer('an answer', foundOf(thrown));
    }
    const { status, data, headers: said } = answer;
    if (status >= 500) throw issuer('an answer', `HTTP ${status}`);
    const texts = Object.entries(said).filter((one): one is [string, string] => typeof one[1] === 'string');
    return new Response(data.length > 0 ? new Uint8Array(data) : null, { status, headers: Object.fromEntries(texts) });
  };
}

class NotPublic extends Error {
  readonly code = 'NOT_PUBLIC';
}

/** In words: what axios throws holds the request, and with it our tokens. */
function foundOf(thrown: unknown): string {
  const { code = '', name = '' } = thrown as { readonly code?: string; readonly name?: string };
  if (code === 'NOT_PUBLIC') return 'a private address';
  if (name === 'CanceledError' || name === 'TimeoutError') return 'none in time';
  if (code === 'ERR_BAD_RESPONSE') return `more than ${MAX_BYTES} bytes`;
  return /^[A-Z_]{3,40}$/.test(code) ? code : 'none';
}

const issuer = (expected: string, found: string): PasserelleError => new PasserelleError('ERR_CALL_ISSUER', { expected, found });
