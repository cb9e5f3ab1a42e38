/** Pro Santé Connect as the user's authentication (PROTOCOL section 10): when a site asks for it, and who it says is there. */
import { PasserelleError } from '../contract/index.ts';
import type { CallContext } from '../model/index.ts';
import { OidcClient } from '../oidc/index.ts';
import { durationMs, type ProSanteConnect } from '../settings/index.ts';
import type { CallSettings } from './call-settings.ts';
import type { Departures } from './departures.ts';

/** Name of its return address. */
const AT = 'psc';
/** As the ANS publishes them. */
const SERVICES = {
  production: { issuer: 'https://auth.esw.esante.gouv.fr/auth/realms/esante-wallet', wallet: 'https://wallet.esw.esante.gouv.fr' },
  sandbox: { issuer: 'https://auth.bas.psc.esante.gouv.fr/auth/realms/esante-wallet', wallet: 'https://wallet.bas.psc.esante.gouv.fr' },
} as const;
const DISCOVERY = '.well-known/wallet-openid-configuration';
/** Proofs of a person that the national service gives as well. */
const STRONG = ['cps', 'e-cps', 'pro-sante-connect'];

/** What a site asks for. */
export interface ProofPolicy {
  readonly ask: readonly ('unproven' | 'create' | 'always')[];
  readonly trustedFor: string;
}

/** Does the user have to prove who they are, now? `creates`: a record is about to be made. */
export function asksForProof(policy: ProofPolicy | undefined, { user: { authentication }, issuedAt }: CallContext, creates: boolean): boolean {
  if (!policy) return false;
  const age = Date.parse(issuedAt ?? '') - Date.parse(authentication?.time ?? '');
  // A time that is not said, or of tomorrow, proves nothing.
  const isStrong = STRONG.includes(authentication?.method ?? '') && age > -60_000 && age <= durationMs(policy.trustedFor);
  return policy.ask.includes('always') || (policy.ask.includes('unproven') && !isStrong) || (policy.ask.includes('create') && creates);
}

export interface ProvenUser {
  /** Undefined: somebody without an RPPS number. */
  readonly rpps?: string;
  /** ISO, of the authentication. */
  readonly time: string;
}

export class UserProof {
  readonly #departures: Departures;
  #client: OidcClient | undefined;
  #service: ProSanteConnect | undefined;
  #back = '';
  #skewMs = 0;

  constructor(departures: Departures) {
    this.#departures = departures;
  }

  use({ publicUrl, proSanteConnect: service, skewMs }: CallSettings): void {
    this.#service = service;
    this.#skewMs = skewMs;
    this.#back = `${publicUrl}/appel-contextuel/retour/${AT}`;
    this.#client = service && clientOf(service, skewMs / 1000);
  }

  /** `tab`: what the browser is known by when it comes back. Throws ERR_CALL_ISSUER. */
  depart(tab: string): Promise<string> {
    const { client, service } = this.#there();
    return client.depart(this.#back, this.#departures.begin(AT, tab), { response_type: 'code', scope: service.scope, acr_values: service.acr });
  }

  /** Throws ERR_CALL_REFUSED, ERR_CALL_REPLAYED, ERR_CALL_ISSUER, ERR_CALL_AUTHENTICATION. */
  async arrive(tab: string, answer: Readonly<Record<string, string>>): Promise<ProvenUser> {
    const { client, service } = this.#there();
    const checks = await this.#departures.take(AT, tab, answer['state'] ?? '', this.#skewMs);
    const { claims, userinfo } = await client.arrive(this.#back, answer, checks);
    if (claims['acr'] !== service.acr)
      throw new PasserelleError('ERR_CALL_AUTHENTICATION', { expected: `acr ${service.acr}`, found: 'another level' });
    const { SubjectNameID: id, preferred_username: name = id } = await userinfo();
    if (typeof id !== 'string' || id !== name)
      throw new PasserelleError('ERR_CALL_AUTHENTICATION', { expected: 'one national identifier (SubjectNameID)', found: 'another answer' });
    const [, rpps] = /^8(\d{11})$/.exec(id) ?? [];
    const since = typeof claims['auth_time'] === 'number' ? claims['auth_time'] : claims.iat;
    return { time: new Date(since * 1000).toISOString(), ...(rpps !== undefined && { rpps }) };
  }

  #there(): { readonly client: OidcClient; readonly service: ProSanteConnect } {
    if (this.#client && this.#service) return { client: this.#client, service: this.#service };
    throw new PasserelleError('ERR_CALL_ISSUER', { expected: 'contextualCall.proSanteConnect of the engine', found: 'none' });
  }
}

function clientOf(service: ProSanteConnect, toleranceSeconds: number): OidcClient {
  const { clientId, secret, key, certificate, ca, privateAddresses } = service;
  const { issuer, wallet } = service.service === 'other' ? { issuer: service.issuer ?? '', wallet: undefined } : SERVICES[service.service];
  return new OidcClient({
    discovery: `${issuer}/${DISCOVERY}`,
    issuer,
    clientId,
    proof: secret !== undefined ? { secret } : key !== undefined ? { pem: key } : 'tls',
    reach: {
      origins: [new URL(issuer).origin, ...(wallet === undefined ? [] : [wallet])],
      privateAddresses,
      tls: { ...(ca !== undefined && { ca }), ...certificate },
    },
    toleranceSeconds,
  });
}
