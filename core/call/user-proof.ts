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

/** Of clocks. */
const TOLERANCE_MS = 60_000;

/** What a site asks for. */
export interface ProofPolicy {
  readonly ask: readonly ('unproven' | 'create' | 'always')[];
  /** How long ago an authentication may be: one that the call says, and one of Pro Santé Connect, whose session may be of this morning. */
  readonly trustedFor: string;
}

/** Does the user have to prove who they are, now? `creates`: a record is about to be made. */
export function asksForProof(policy: ProofPolicy | undefined, { user: { authentication }, issuedAt }: CallContext, creates: boolean): boolean {
  if (!policy) return false;
  const isStrong =
    STRONG.includes(authentication?.method ?? '') && isRecent(authentication?.time, Date.parse(issuedAt ?? ''), durationMs(policy.trustedFor));
  return policy.ask.includes('always') || (policy.ask.includes('unproven') && !isStrong) || (policy.ask.includes('create') && creates);
}

/** Is what was proven at `time` good at `now`, ms? The way back from the service takes its time, and its clock is another one. */
export const isProofGood = ({ trustedFor }: ProofPolicy, time: string, now: number): boolean =>
  isRecent(time, now, durationMs(trustedFor) + TOLERANCE_MS);

/** A time that is not said, or of tomorrow, proves nothing. */
function isRecent(time: string | undefined, now: number, forMs: number): boolean {
  const age = now - Date.parse(time ?? '');
  return age > -TOLERANCE_MS && age <= forMs;
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
  depart(tab: string, policy: ProofPolicy): Promise<string> {
    const { client, service } = this.#there();
    const checks = { ...this.#departures.begin(AT, tab), maxAge: maxAgeOf(policy) };
    return client.depart(this.#back, checks, { response_type: 'code', scope: service.scope, acr_values: service.acr });
  }

  /** What the policy says now is what counts. Throws ERR_CALL_REFUSED, ERR_CALL_REPLAYED, ERR_CALL_ISSUER, ERR_CALL_AUTHENTICATION. */
  async arrive(tab: string, answer: Readonly<Record<string, string>>, policy: ProofPolicy): Promise<ProvenUser> {
    const { client, service } = this.#there();
    const checks = await this.#departures.take(AT, tab, answer['state'] ?? '', this.#skewMs);
    const { claims, userinfo } = await client.arrive(this.#back, answer, { ...checks, maxAge: maxAgeOf(policy) });
    if (claims['acr'] !== service.acr)
      throw new PasserelleError('ERR_CALL_AUTHENTICATION', { expected: `acr ${service.acr}`, found: 'another level' });
    const { SubjectNameID: id, preferred_username: name = id } = await userinfo();
    if (typeof id !== 'string' || id !== name)
      throw new PasserelleError('ERR_CALL_AUTHENTICATION', { expected: 'one national identifier (SubjectNameID)', found: 'another answer' });
    const [, rpps] = /^8(\d{11})$/.exec(id) ?? [];
    // Never the time of the token: a session of yesterday gets one today.
    const time = new Date(Number(claims['auth_time']) * 1000);
    if (Number.isNaN(time.getTime()))
      throw new PasserelleError('ERR_CALL_AUTHENTICATION', { expected: 'when the user authenticated (auth_time)', found: 'no time' });
    return { time: time.toISOString(), ...(rpps !== undefined && { rpps }) };
  }

  #there(): { readonly client: OidcClient; readonly service: ProSanteConnect } {
    if (this.#client && this.#service) return { client: this.#client, service: this.#service };
    throw new PasserelleError('ERR_CALL_ISSUER', { expected: 'contextualCall.proSanteConnect of the engine', found: 'none' });
  }
}

/** As `max_age` wants it: whole seconds. */
const maxAgeOf = ({ trustedFor }: ProofPolicy): number => Math.floor(durationMs(trustedFor) / 1000);

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
