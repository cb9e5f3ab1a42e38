/** Care records that launch us (SMART App Launch 2), as the settings of their sites name them: nobody else is ever asked anything. */
import { randomBytes } from 'node:crypto';
import { recordNamed, type SmartIssuer } from '../settings/index.ts';
import { PasserelleError } from '../contract/index.ts';
import { OidcClient, type ClientKeys, type Arrival } from '../oidc/index.ts';
import type { CallSettings, CallSite } from './call-settings.ts';
import type { Departures } from './departures.ts';

const SCOPE = 'openid fhirUser launch launch/patient';

export interface Launcher {
  readonly site: CallSite;
  readonly issuer: SmartIssuer;
  /** Its name among all of them: of the return address, and in the ledger. */
  readonly at: string;
}

export interface Departed {
  readonly url: string;
  readonly at: string;
  readonly secret: string;
}

export class SmartIssuers {
  readonly #keys: Pick<ClientKeys, 'get'>;
  readonly #departures: Departures;
  #settings: CallSettings | undefined;
  #clients = new Map<string, OidcClient>();

  constructor(keys: Pick<ClientKeys, 'get'>, departures: Departures) {
    this.#keys = keys;
    this.#departures = departures;
  }

  use(settings: CallSettings): void {
    this.#settings = settings;
    this.#clients = new Map();
  }

  /** By what a launch says: the address of a record that this very site names. */
  launching(finess: string, iss: string): Launcher | undefined {
    return this.#all(finess).find(({ issuer }) => issuer.fhir === iss.replace(/\/$/, ''));
  }

  /** By the return address. */
  at(name: string): Launcher | undefined {
    return this.#all(name.slice(0, 9)).find(({ at }) => at === name);
  }

  /** Throws ERR_CALL_ISSUER. */
  async depart({ issuer, at, site }: Launcher, launch: string): Promise<Departed> {
    const client = this.#client({ issuer, at, site });
    const { capabilities } = await client.metadata();
    const can = [capabilities].flat();
    if (!can.includes('launch-ehr')) throw new PasserelleError('ERR_CALL_ISSUER', { expected: 'the capability launch-ehr', found: 'none' });
    const secret = randomBytes(32).toString('base64url');
    const patient = can.includes('permission-v2') && !can.includes('permission-v1') ? 'patient/Patient.r' : 'patient/Patient.read';
    const url = await client.depart(this.#back(at), this.#departures.begin(at, secret), {
      response_type: 'code',
      scope: `${SCOPE} ${patient}`,
      aud: issuer.fhir,
      launch,
    });
    return { url, at, secret };
  }

  /** Throws ERR_CALL_REFUSED, ERR_CALL_REPLAYED, ERR_CALL_ISSUER, ERR_CALL_AUTHENTICATION. */
  async arrive(launcher: Launcher, secret: string, answer: Readonly<Record<string, string>>): Promise<Arrival> {
    const { at } = launcher;
    const checks = await this.#departures.take(at, secret, answer['state'] ?? '', this.#skewMs);
    return this.#client(launcher).arrive(this.#back(at), answer, checks);
  }

  /** A record that two sites name is nobody's: the browser would say of which of them it comes. */
  #all(finess: string): readonly Launcher[] {
    const { sites = new Map<string, CallSite>() } = this.#settings ?? {};
    const site = sites.get(finess);
    const others = new Set([...sites.values()].filter((one) => one !== site).flatMap(({ call }) => call.profiles.smart?.map(recordNamed) ?? []));
    const own = site?.call.profiles.smart?.filter((issuer) => !others.has(recordNamed(issuer))) ?? [];
    return site ? own.map((issuer) => ({ site, issuer, at: `${finess}-${issuer.name}` })) : [];
  }

  get #skewMs(): number {
    return this.#settings?.skewMs ?? 0;
  }

  #back(at: string): string {
    return `${this.#settings?.publicUrl}/appel-contextuel/retour/${at}`;
  }

  #client({ issuer, at }: Launcher): OidcClient {
    const { fhir, clientId, origins, privateAddresses, ca } = issuer;
    const known = this.#clients.get(at);
    if (known) return known;
    const made = new OidcClient({
      discovery: `${fhir}/.well-known/smart-configuration`,
      clientId,
      proof: { keys: this.#keys },
      reach: { origins: [new URL(fhir).origin, ...origins], privateAddresses, ...(ca !== undefined && { tls: { ca } }) },
      toleranceSeconds: this.#skewMs / 1000,
    });
    this.#clients.set(at, made);
    return made;
  }
}
