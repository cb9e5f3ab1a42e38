/**
 * What the stand-ins of servers that prove people share: a code that is good once, with PKCE, and an identity token signed by a key of theirs. They keep the rules that real ones
 * keep, so that a client that breaks one is refused; `bend` makes them break their own.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose';
import { readAll } from './http.ts';

export type Json = Readonly<Record<string, unknown>>;

/** What a test makes it do instead; each gets what it would have done. */
export interface Bend {
  readonly configuration?: (document: Json) => Json;
  readonly claims?: (claims: JWTPayload) => JWTPayload;
  /** The identity token, instead of the one that it signed. */
  readonly idToken?: (token: string, claims: JWTPayload) => string | Promise<string>;
  readonly tokens?: (answer: Json) => Json;
  readonly resource?: (resource: Json) => Json;
  /** True = it has answered. */
  readonly instead?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Where it sends the browser back to. */
  readonly back?: (url: URL) => URL;
}

export interface Grant {
  /** Of this person, at this server. */
  readonly sub: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string;
  readonly claims: Json;
  /** Of the stand-in's own: the patient of the launch. */
  readonly about?: string;
}

const KEY_ID = 'stand-in-1';
const GOOD_FOR_MS = 60_000;

export class Grants {
  readonly #issuer: string;
  readonly #clientId: string;
  readonly #bend: () => Bend;
  readonly #codes = new Map<string, { readonly grant: Grant; readonly until: number }>();
  readonly #tokens = new Map<string, Grant>();
  readonly #key: Promise<{ readonly privateKey: CryptoKey; readonly jwk: JWK }>;

  constructor(issuer: string, clientId: string, bend: () => Bend) {
    this.#issuer = issuer;
    this.#clientId = clientId;
    this.#bend = bend;
    this.#key = generateKeyPair('RS256').then(async ({ privateKey, publicKey }) => ({
      privateKey,
      jwk: { ...(await exportJWK(publicKey)), kid: KEY_ID, use: 'sig', alg: 'RS256' },
    }));
  }

  async jwks(): Promise<Json> {
    return { keys: [(await this.#key).jwk] };
  }

  /** Where the browser goes back to. */
  back(query: URLSearchParams, grant: Grant): string {
    const code = randomBytes(24).toString('base64url');
    this.#codes.set(code, { grant, until: Date.now() + GOOD_FOR_MS });
    const url = new URL(grant.redirectUri);
    url.search = new URLSearchParams({ code, state: query.get('state') ?? '', iss: this.#issuer }).toString();
    return (this.#bend().back?.(url) ?? url).href;
  }

  /** What is wrong with a question of a browser; undefined = nothing. */
  wrong(query: URLSearchParams, redirectUri: string): string | undefined {
    if (query.get('client_id') !== this.#clientId) return 'client_id';
    if (query.get('redirect_uri') !== redirectUri) return 'redirect_uri';
    if (query.get('response_type') !== 'code') return 'response_type';
    if (query.get('code_challenge_method') !== 'S256' || !query.get('code_challenge')) return 'code_challenge';
    if (!query.get('state') || !query.get('nonce')) return 'state, nonce';
    return undefined;
  }

  /** The token answer, of a form whose client was proven. `more` comes beside the tokens. */
  async redeem(form: URLSearchParams, more: (grant: Grant) => Json): Promise<{ readonly status: number; readonly body: Json }> {
    const code = form.get('code') ?? '';
    const found = this.#codes.get(code);
    this.#codes.delete(code);
    const { grant } = found ?? {};
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (!grant || Date.now() > (found?.until ?? 0) || grant.challenge !== challenge || grant.redirectUri !== form.get('redirect_uri'))
      return { status: 400, body: { error: 'invalid_grant' } };
    const bend = this.#bend();
    const now = Math.floor(Date.now() / 1000);
    const plain = { iss: this.#issuer, aud: this.#clientId, sub: grant.sub, nonce: grant.nonce, iat: now, exp: now + 300, ...grant.claims };
    const claims = bend.claims?.(plain) ?? plain;
    const signed = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' }).sign((await this.#key).privateKey);
    const accessToken = randomBytes(24).toString('base64url');
    this.#tokens.set(accessToken, grant);
    const idToken = (await bend.idToken?.(signed, claims)) ?? signed;
    const body = { access_token: accessToken, token_type: 'Bearer', expires_in: 300, id_token: idToken, ...more(grant) };
    return { status: 200, body: bend.tokens?.(body) ?? body };
  }

  /** Whose access token this is. */
  bearer(request: IncomingMessage): Grant | undefined {
    return this.#tokens.get(/^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
  }
}

export const json = (response: ServerResponse, status: number, body: Json, type = 'application/json'): void =>
  void response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(JSON.stringify(body));

export const redirect = (response: ServerResponse, to: string): void =>
  void response.writeHead(303, { location: to, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).end();

export const formOf = async (request: IncomingMessage): Promise<URLSearchParams> =>
  new URLSearchParams((await readAll(request, 64 * 1024)).toString('utf8'));
