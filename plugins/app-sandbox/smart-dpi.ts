/** Stand-in of a care record on the web that launches the engine as SMART App Launch 2 says: its page, its authorization server and its FHIR server (R4, FR Core), on one origin. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { SyntheticPerson } from '../../core/contract/index.ts';
import { serve } from './http.ts';
import { formOf, Grants, json, redirect, type Bend, type Json } from './oidc-stand-in.ts';
import { patientPage } from './patient-page.ts';
import { person } from './people.ts';
import type { Listening } from './wire.ts';

export interface SmartDpiOptions {
  /** `http://127.0.0.1:7204`; port 0 takes a free one. */
  readonly pages: string;
  /** Base address of the engine's contextual call: `http://127.0.0.1:8081/appel-contextuel`. */
  readonly engine: string;
  readonly site: string;
  /** As the settings of the site name this record. */
  readonly name: string;
  readonly clientId: string;
}

export interface SmartDpi extends Listening {
  /** From now on. */
  readonly bend: (bend: Bend) => void;
  /** FHIR base address: `iss`. */
  readonly fhir: string;
  /** A launch as its page makes it: where the browser goes. */
  readonly launch: (patient: string, user: string) => string;
}

/** Persons of the demonstration that are patients here, by their number. */
const PATIENTS = [1, 2, 5, 8];
const USERS = [
  { login: 'm-essai', rpps: '99700700042', family: 'ESSAI', given: 'MAËL', shown: 'ESSAI Maël, médecin' },
  { login: 'i-essai', family: 'ESSAI', given: 'IRIS', shown: 'ESSAI Iris, interne' },
];
const CORE = 'https://hl7.fr/ig/fhir/core/StructureDefinition/';
/** What its IPPs are known by. */
export const IPP_SYSTEM = 'https://dpi-smart.example/ipp';
/** Whom all of them are insured by. */
const INSURED = person(9);
const ippOf = (number: number): string => `K-${String(90_000 + number).padStart(7, '0')}`;
const PROOF_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const FHIR_JSON = 'application/fhir+json';
const GOOD_FOR_MS = 60_000;

export async function startSmartDpi({ pages, engine, site, name, clientId }: SmartDpiOptions): Promise<SmartDpi> {
  let bend: Bend = {};
  const launches = new Map<string, { readonly patient: string; readonly user: string; readonly until: number }>();
  const seen = new Set<string>();
  const redirectUri = `${engine}/retour/${site}-${name}`;
  const keys = createRemoteJWKSet(new URL(`${engine}/v1/client-keys`));
  const { hostname, port } = new URL(pages);
  const listening = await serve(hostname, Number(port), async (request, response) => {
    if (bend.instead?.(request, response)) return;
    const url = new URL(request.url ?? '/', origin);
    await answer(`${request.method} ${url.pathname}`, url, request, response);
  });
  const origin = listening.address;
  const fhir = `${origin}/fhir`;
  const token = `${origin}/auth/token`;
  const grants = new Grants(`${origin}/auth`, clientId, () => bend);

  const launch = (patient: string, user: string): string => {
    const id = randomBytes(16).toString('base64url');
    launches.set(id, { patient, user, until: Date.now() + GOOD_FOR_MS });
    return `${engine}/smart/${site}/lancer?${new URLSearchParams({ iss: fhir, launch: id }).toString()}`;
  };

  async function answer(road: string, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (road === 'GET /') return page(response);
    if (road === 'POST /appel') {
      const form = await formOf(request);
      return page(response, launch(form.get('patient') ?? '', form.get('user') ?? ''));
    }
    if (road === 'GET /fhir/.well-known/smart-configuration') return json(response, 200, said());
    if (road === 'GET /auth/jwks') return json(response, 200, await grants.jwks());
    if (road === 'GET /auth/authorize') return authorize(url.searchParams, response);
    if (road === 'POST /auth/token') return give(await formOf(request), response);
    const [, type, id = ''] = /^GET \/fhir\/(Patient|Practitioner)\/([A-Za-z0-9.-]+)$/.exec(road) ?? [];
    const grant = grants.bearer(request);
    const isTheirs = type === 'Patient' ? grant?.about === id : grant?.sub === id;
    if (!type || !isTheirs) return json(response, type ? 403 : 404, { resourceType: 'OperationOutcome' }, FHIR_JSON);
    const resource = type === 'Patient' ? patientOf(id) : practitionerOf(id);
    return json(response, 200, bend.resource?.(resource) ?? resource, FHIR_JSON);
  }

  function page(response: ServerResponse, link?: string): void {
    const patients = PATIENTS.map((number) => {
      const { birthName, firstGivenName, birthDate, sex } = person(number);
      return { id: ippOf(number), name: `${birthName} ${firstGivenName}`, birthDate, sex };
    });
    const shown = patientPage({ product: 'DPI SMART', users: USERS, patients, creates: false, ...(link !== undefined && { answer: { link } }) });
    response.writeHead(200, { ...shown.http?.headers, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).end(shown.bytes);
  }

  const configuration = (): Json => ({
    issuer: `${origin}/auth`,
    jwks_uri: `${origin}/auth/jwks`,
    authorization_endpoint: `${origin}/auth/authorize`,
    token_endpoint: token,
    grant_types_supported: ['authorization_code'],
    response_types_supported: ['code'],
    scopes_supported: ['openid', 'fhirUser', 'launch', 'launch/patient', 'patient/Patient.read'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    authorization_response_iss_parameter_supported: true,
    capabilities: [
      'launch-ehr',
      'sso-openid-connect',
      'client-confidential-asymmetric',
      'context-ehr-patient',
      'permission-patient',
      'permission-v1',
    ],
  });

  const said = (): Json => bend.configuration?.(configuration()) ?? configuration();

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const id = query.get('launch') ?? '';
    const launched = launches.get(id);
    launches.delete(id);
    const wrong = grants.wrong(query, redirectUri) ?? (query.get('aud') !== fhir ? 'aud' : undefined);
    if (wrong || !launched || Date.now() > launched.until)
      return json(response, 400, { error: 'invalid_request', error_description: wrong ?? 'launch' });
    const { patient, user } = launched;
    redirect(
      response,
      grants.back(query, {
        sub: user,
        redirectUri,
        challenge: query.get('code_challenge') ?? '',
        nonce: query.get('nonce') ?? '',
        claims: { fhirUser: `${fhir}/Practitioner/${user}`, auth_time: Math.floor(Date.now() / 1000) - 600 },
        about: patient,
      }),
    );
  }

  async function give(form: URLSearchParams, response: ServerResponse): Promise<void> {
    try {
      if (form.get('client_assertion_type') !== PROOF_TYPE) throw new Error('no assertion');
      const { payload } = await jwtVerify(form.get('client_assertion') ?? '', keys, {
        algorithms: said()['token_endpoint_auth_signing_alg_values_supported'] as string[],
        audience: token,
        issuer: clientId,
        subject: clientId,
        requiredClaims: ['exp', 'jti'],
      });
      if (seen.has(payload.jti ?? '') || (payload.exp ?? 0) > Date.now() / 1000 + 301) throw new Error('used, or for too long');
      seen.add(payload.jti ?? '');
    } catch {
      return json(response, 401, { error: 'invalid_client' });
    }
    const { status, body } = await grants.redeem(form, ({ about }) => ({
      patient: about,
      scope: 'openid fhirUser launch launch/patient patient/Patient.read',
    }));
    json(response, status, body);
  }

  return { ...listening, fhir, launch, bend: (next) => void (bend = next) };
}

function patientOf(id: string): Json {
  const number = PATIENTS.find((one) => ippOf(one) === id);
  if (number === undefined) return { resourceType: 'OperationOutcome' };
  return resourceOf(id, person(number));
}

const resourceOf = (
  id: string,
  { ins, insOid, birthName, usedName, givenNames, firstGivenName, sex, birthDate, birthPlaceCog }: SyntheticPerson,
): Json => ({
  resourceType: 'Patient',
  id,
  active: true,
  extension: [
    { url: `${CORE}fr-core-identity-reliability`, extension: [{ url: 'identityStatus', valueCoding: { code: 'VALI' } }] },
    {
      url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
      valueAddress: { extension: [{ url: `${CORE}fr-core-address-insee-code`, valueCoding: { code: birthPlaceCog } }] },
    },
  ],
  identifier: [
    { use: 'official', type: { coding: [{ code: 'INS-NIR-TEST' }] }, system: `urn:oid:${insOid}`, value: ins },
    { use: 'usual', type: { coding: [{ code: 'PI' }] }, system: IPP_SYSTEM, value: id },
    // What the stay is billed to: of the insured, who may be a parent, in the system of the INS (FR Core).
    { use: 'official', type: { coding: [{ code: 'NH' }] }, system: `urn:oid:${insOid}`, value: INSURED.ins },
  ],
  name: [
    {
      use: 'official',
      family: birthName,
      given: [firstGivenName],
      extension: [{ url: `${CORE}fr-core-patient-birth-list-given-name`, valueString: givenNames }],
    },
    { use: 'usual', family: usedName, given: [firstGivenName] },
  ],
  gender: sex === 'F' ? 'female' : 'male',
  birthDate,
});

function practitionerOf(id: string): Json {
  const { rpps, family, given } = USERS.find(({ login }) => login === id) ?? {};
  const identifier = rpps === undefined ? [] : [{ system: 'https://rpps.esante.gouv.fr', value: rpps, type: { coding: [{ code: 'RPPS' }] } }];
  return { resourceType: 'Practitioner', id, active: true, identifier, name: [{ family, given: [given] }] };
}
