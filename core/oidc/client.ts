/**
 * The code flow of OpenID Connect, by openid-client: PKCE with S256, state, nonce, the `iss` of the answer where the server says it (RFC 9207), and an identity token whose signature is
 * checked by the server's keys although it comes over TLS. No token and nothing that a server said is in an error.
 */
import type * as oidc from 'openid-client';
import { PasserelleError } from '../contract/index.ts';
import { signingKey, type ClientKeys } from './client-keys.ts';
import { boundedFetch, type BoundedFetch, type Reach } from './fetch.ts';

export interface OidcSettings {
  /** Whole address of the document in which the server says what it is. */
  readonly discovery: string;
  /** What it must call itself; absent: what its document says, on an origin within reach. */
  readonly issuer?: string;
  readonly clientId: string;
  /** How we say who we are: by our own keys, by a key (PEM) or a secret that the server gave or took, or by our TLS certificate alone. */
  readonly proof: { readonly keys: Pick<ClientKeys, 'get'> } | { readonly pem: string } | { readonly secret: string } | 'tls';
  readonly reach: Reach;
  /** Of clocks, seconds. */
  readonly toleranceSeconds: number;
  /** For tests of slow servers; ms. */
  readonly deadlineMs?: number;
}

/** What must come back. */
export interface OidcChecks {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** How long ago the person may have authenticated, seconds: the server is asked for it, and must say when that was. Absent: any time, said or not. */
  readonly maxAge?: number;
}

export interface Arrival {
  /** Of the identity token, proven. */
  readonly claims: Readonly<Record<string, unknown>> & { readonly sub: string; readonly iat: number };
  /** What the token endpoint said beside the tokens. */
  readonly said: Readonly<Record<string, unknown>>;
  /** A resource on an origin within reach, with the access token. Throws ERR_CALL_ISSUER. */
  readonly read: (url: string) => Promise<Uint8Array>;
  /** Of the same subject. */
  readonly userinfo: () => Promise<Readonly<Record<string, unknown>>>;
}

export type ServerMetadata = Readonly<Record<string, unknown>>;

/** Of identity tokens. Never `none`, never a shared secret: what everybody may know signs nothing. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'];
const library = (): Promise<typeof oidc> => import('openid-client');
const FRESH_MS = 5 * 60_000;
/** Of one server: what is slow there holds nobody up elsewhere. */
const MOST_AT_ONCE = 20;

export class OidcClient {
  readonly #settings: OidcSettings;
  readonly #fetch: BoundedFetch;
  #known: { readonly until: number; readonly made: Promise<oidc.Configuration> } | undefined;
  #atOnce = 0;

  constructor(settings: OidcSettings) {
    this.#settings = settings;
    this.#fetch = boundedFetch(settings.reach, settings.deadlineMs);
  }

  /** What the server says of itself. Throws ERR_CALL_ISSUER. */
  metadata(): Promise<ServerMetadata> {
    return this.#bounded(async () => ({ ...(await this.#configuration()).serverMetadata() }));
  }

  /** Where the browser goes. Throws ERR_CALL_ISSUER. */
  depart(redirectUri: string, { state, nonce, verifier, maxAge }: OidcChecks, parameters: Readonly<Record<string, string>>): Promise<string> {
    return this.#bounded(async () => {
      const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await library();
      const challenge = await calculatePKCECodeChallenge(verifier);
      return buildAuthorizationUrl(await this.#configuration(), {
        ...parameters,
        redirect_uri: redirectUri,
        state,
        nonce,
        code_challenge: challenge,
        code_challenge_method: 'S256',
        ...(maxAge !== undefined && { max_age: String(maxAge) }),
      }).href;
    });
  }

  /**
   * What the browser brought back, made into somebody who is proven. `answer`: parameters of the redirect address. Throws ERR_CALL_ISSUER (the server does not answer),
   * ERR_CALL_AUTHENTICATION (it does, and it is not what it must be).
   */
  arrive(redirectUri: string, answer: Readonly<Record<string, string>>, { state, nonce, verifier, maxAge }: OidcChecks): Promise<Arrival> {
    return this.#bounded(async () => {
      const configuration = await this.#configuration();
      const url = new URL(redirectUri);
      url.search = new URLSearchParams(answer).toString();
      const { authorizationCodeGrant, fetchUserInfo } = await library();
      const tokens = await authorizationCodeGrant(configuration, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
        ...(maxAge !== undefined && { maxAge }),
      });
      const claims = tokens.claims();
      if (!claims) throw wrong('an identity token');
      const { access_token: accessToken, refresh_token: _, id_token: __, ...said } = tokens;
      return {
        claims,
        said,
        read: (address) => this.#bounded(() => this.#read(address, accessToken)),
        userinfo: () => this.#bounded(() => fetchUserInfo(configuration, accessToken, claims.sub)),
      };
    });
  }

  async #read(address: string, accessToken: string): Promise<Uint8Array> {
    const headers = { accept: 'application/fhir+json, application/json', authorization: `Bearer ${accessToken}` };
    const answer = await this.#fetch(address, { headers });
    if (answer.status !== 200) throw silent('a resource', `HTTP ${answer.status}`);
    return answer.bytes();
  }

  #configuration(): Promise<oidc.Configuration> {
    if (this.#known && Date.now() < this.#known.until) return this.#known.made;
    const made = this.#discover();
    this.#known = { until: Date.now() + FRESH_MS, made };
    made.catch(() => (this.#known = undefined));
    return made;
  }

  async #discover(): Promise<oidc.Configuration> {
    const { discovery, issuer, clientId, reach, toleranceSeconds } = this.#settings;
    const answer = await this.#fetch(discovery, { headers: { accept: 'application/json' } });
    if (answer.status !== 200) throw silent('what the server says of itself', `HTTP ${answer.status}`);
    const metadata = (await answer.json().catch(() => undefined)) as ServerMetadata | undefined;
    if (typeof metadata !== 'object' || metadata === null) throw silent('what the server says of itself', 'no JSON');
    if (issuer !== undefined && metadata['issuer'] !== issuer) throw silent('the issuer of the settings', 'another one');
    for (const name of ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri'])
      if (!reach.origins.includes(URL.parse(String(metadata[name]))?.origin ?? ''))
        throw silent(`${name} on an origin of the settings`, 'another one');
    if (![metadata['code_challenge_methods_supported']].flat().includes('S256')) throw silent('PKCE with S256', 'none');
    const server = {
      ...metadata,
      issuer: String(metadata['issuer']),
      // What identity tokens may be signed by is not the server's to say alone.
      id_token_signing_alg_values_supported: ALGORITHMS,
    };
    const oidc = await library();
    const client = { [oidc.clockTolerance]: toleranceSeconds };
    const configuration = new oidc.Configuration(server, clientId, client, await this.#proof(metadata));
    configuration[oidc.customFetch] = (url, asked) => this.#fetch(url, asked);
    oidc.enableNonRepudiationChecks(configuration);
    // The settings say which origins are http: this very machine, for trials.
    if (reach.origins.some((origin) => origin.startsWith('http:'))) oidc.allowInsecureRequests(configuration);
    return configuration;
  }

  async #proof(metadata: ServerMetadata): Promise<oidc.ClientAuth> {
    const { proof } = this.#settings;
    const oidc = await library();
    if (proof === 'tls') return oidc.TlsClientAuth();
    if ('secret' in proof) return oidc.ClientSecretPost(proof.secret);
    const said = [metadata['token_endpoint_auth_signing_alg_values_supported']].flat();
    const pem = 'pem' in proof ? proof.pem : undefined;
    const { key, kid } =
      'keys' in proof
        ? await proof.keys.get(said.includes('ES384') && !said.includes('RS384') ? 'ES384' : 'RS384')
        : await signingKey(pem ?? '', 'RS384').catch(() => signingKey(pem ?? '', 'ES384'));
    return oidc.PrivateKeyJwt(
      { key, kid },
      {
        [oidc.modifyAssertion]: (header, payload) => {
          header['typ'] = 'JWT';
          // As SMART App Launch has it; a server of OpenID Connect takes it as well.
          payload['aud'] = metadata['token_endpoint'] as string;
        },
      },
    );
  }

  async #bounded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#atOnce >= MOST_AT_ONCE) throw silent('an answer', `more than ${MOST_AT_ONCE} questions at once`);
    this.#atOnce += 1;
    try {
      return await work();
    } catch (thrown) {
      throw explained(thrown);
    } finally {
      this.#atOnce -= 1;
    }
  }
}

/** The library's errors hold answers, and with them tokens: only what kind they are goes on. */
function explained(thrown: unknown): PasserelleError {
  for (let one: unknown = thrown; one instanceof Error; one = one.cause) if (one instanceof PasserelleError) return one;
  const { code, error } = thrown as { readonly code?: unknown; readonly error?: unknown };
  const found = [error, code].find((one): one is string => typeof one === 'string' && /^[A-Za-z_]{3,60}$/.test(one)) ?? 'something else';
  return wrong('a proof of who it is', found);
}

const silent = (expected: string, found: string): PasserelleError => new PasserelleError('ERR_CALL_ISSUER', { expected, found });
const wrong = (expected: string, found?: string): PasserelleError =>
  new PasserelleError('ERR_CALL_AUTHENTICATION', { expected, ...(found !== undefined && { found }) });
