/** What the engine gives the API when it creates it: where to listen, the token, who writes the audit trail. */
import { PasserelleError } from '../../core/contract/index.ts';

/** One reading of health data by a person (SAFETY D6): written before the data leaves. */
export interface ContentReading {
  readonly who: string;
  readonly message: string;
  readonly reason: string;
  readonly peer: string;
}

export interface ApiSettings {
  /** Default `127.0.0.1`. */
  readonly host: string;
  /** Default 8080; 0 = chosen by the system. */
  readonly port: number;
  /** At least 32 characters. */
  readonly token: string;
  /** Name under which acts are recorded; default `admin`. */
  readonly tokenName: string;
  /** Host names taken besides the loopback ones. */
  readonly allowedHosts: readonly string[];
  /** Rejects = the content is not shown. */
  readonly audit: (reading: ContentReading) => Promise<void>;
}

const MIN_TOKEN_LENGTH = 32;

/** Throws ERR_CONFIG_INVALID: a token that is too short, no audit. */
export function readApiSettings(given: Readonly<Record<string, unknown>>): ApiSettings {
  const { host = '127.0.0.1', port = 8080, token, tokenName = 'admin', allowedHosts = [], audit } = given as Partial<ApiSettings>;
  if (typeof token !== 'string' || token.length < MIN_TOKEN_LENGTH) {
    throw new PasserelleError('ERR_CONFIG_INVALID', { location: { path: '/token' }, expected: `a token of at least ${MIN_TOKEN_LENGTH} characters` });
  }
  if (typeof audit !== 'function') throw new PasserelleError('ERR_CONFIG_INVALID', { location: { path: '/audit' }, expected: 'a function' });
  return { host, port, token, tokenName, allowedHosts, audit };
}
