/** Stand-in of Pro Santé Connect: its wallet page, where a test professional is chosen instead of a card, and the claims that the national service gives. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHash } from 'node:crypto';
import { serve } from './http.ts';
import { formOf, Grants, json, redirect, type Bend, type Json } from './oidc-stand-in.ts';
import type { Listening } from './wire.ts';

export interface PscOptions {
  /** `http://127.0.0.1:7205`; port 0 takes a free one. */
  readonly pages: string;
  /** Base address of the engine's contextual call. */
  readonly engine: string;
  readonly clientId: string;
  /** Of the client; of trials, worth nothing elsewhere. */
  readonly secret: string;
}

export interface Psc extends Listening {
  readonly issuer: string;
  readonly bend: (bend: Bend) => void;
}

const REALM = '/auth/realms/esante-wallet';
const PEOPLE = [
  { id: '899700700042', family: 'ESSAI', given: 'MAËL' },
  { id: '899700700018', family: 'TESTMED', given: 'CAMILLE' },
  { id: 'ANS20210107161422', family: 'OIDC', given: 'PAUL' },
];
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const safe = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');
const STYLE = `:root { font: 16px/1.5 system-ui, sans-serif; } main { max-width: 40rem; margin: 2rem auto; } button { font: inherit; padding: .5rem 1rem; margin: .25rem 0; }`;

export async function startPsc({ pages, engine, clientId, secret }: PscOptions): Promise<Psc> {
  let bend: Bend = {};
  const redirectUri = `${engine}/retour/psc`;
  const { hostname, port } = new URL(pages);
  const listening = await serve(hostname, Number(port), async (request, response) => {
    if (bend.instead?.(request, response)) return;
    const url = new URL(request.url ?? '/', listening.address);
    await answer(`${request.method} ${url.pathname}`, url.searchParams, request, response);
  });
  const origin = listening.address;
  const issuer = `${origin}${REALM}`;
  const grants = new Grants(issuer, clientId, () => bend);
  const endpoint = (name: string): string => `${REALM}/protocol/openid-connect/${name}`;

  async function answer(road: string, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (road === `GET ${REALM}/.well-known/wallet-openid-configuration`) {
      const document = configuration();
      return json(response, 200, bend.configuration?.(document) ?? document);
    }
    if (road === `GET ${endpoint('certs')}`) return json(response, 200, await grants.jwks());
    if (road === 'GET /auth' || road === 'POST /auth') return wallet(query, request, response);
    if (road === `POST ${endpoint('token')}`) {
      const form = await formOf(request);
      if (form.get('client_id') !== clientId || form.get('client_secret') !== secret) return json(response, 401, { error: 'unauthorized_client' });
      const { status, body } = await grants.redeem(form, () => ({ scope: 'openid scope_all' }));
      return json(response, status, body);
    }
    if (road === `GET ${endpoint('userinfo')}`) {
      const grant = grants.bearer(request);
      const known = PEOPLE.find(({ id }) => `f:stand-in:${id}` === grant?.sub);
      if (!grant || !known) return json(response, 401, { error: 'invalid_token' });
      const said = { sub: grant.sub, SubjectNameID: known.id, preferred_username: known.id, family_name: known.family, given_name: known.given };
      return json(response, 200, bend.resource?.(said) ?? said);
    }
    json(response, 404, {});
  }

  const configuration = (): Json => ({
    issuer,
    authorization_endpoint: `${origin}/auth`,
    token_endpoint: `${origin}${endpoint('token')}`,
    userinfo_endpoint: `${origin}${endpoint('userinfo')}`,
    jwks_uri: `${origin}${endpoint('certs')}`,
    response_types_supported: ['code'],
    acr_values_supported: ['eidas1'],
    code_challenge_methods_supported: ['plain', 'S256'],
    authorization_response_iss_parameter_supported: true,
  });

  async function wallet(query: URLSearchParams, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const maxAge = query.get('max_age');
    const wrong =
      grants.wrong(query, redirectUri) ??
      (query.get('acr_values') !== 'eidas1' ? 'acr_values' : undefined) ??
      (/^(0|[1-9]\d*)$/.test(maxAge ?? '0') ? undefined : 'max_age');
    if (wrong) return json(response, 400, { error: 'invalid_request', error_description: wrong });
    const chosen = request.method === 'POST' ? ((await formOf(request)).get('person') ?? '') : undefined;
    if (chosen === undefined) return page(response);
    if (!PEOPLE.some(({ id }) => id === chosen)) {
      const refused = new URL(redirectUri);
      refused.search = new URLSearchParams({ error: 'access_denied', state: query.get('state') ?? '', iss: issuer }).toString();
      return redirect(response, refused.href);
    }
    const now = Math.floor(Date.now() / 1000);
    redirect(
      response,
      grants.back(query, {
        sub: `f:stand-in:${chosen}`,
        redirectUri,
        challenge: query.get('code_challenge') ?? '',
        nonce: query.get('nonce') ?? '',
        // When it was is said to whoever asks for a greatest age, and to nobody else (OpenID Connect Core 2): a client that does not ask has no proof.
        claims: { acr: 'eidas1', ...(maxAge !== null && { auth_time: now }), preferred_username: chosen },
      }),
    );
  }

  return { ...listening, issuer, bend: (next) => void (bend = next) };
}

/** Its form posts to the address that it was opened by, and is answered by a redirect to the client. */
function page(response: ServerResponse): void {
  const buttons = PEOPLE.map(
    ({ id, family, given }) =>
      `<p><button name="person" value="${safe(id)}">S’authentifier : ${safe(family)} ${safe(given)} (${safe(id)})</button></p>`,
  ).join('');
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`;
  response
    .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy, 'cache-control': 'no-store' })
    .end(
      `<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Pro Santé Connect (simulateur)</title><style>${STYLE}</style></head>` +
        `<body><main><h1>Pro Santé Connect (simulateur)</h1><p>Professionnels fictifs.</p><form method="post">${buttons}` +
        `<p><button name="person" value="">Abandonner</button></p></form></main></body></html>`,
    );
}
