/** A desk of calls over a real journal: a site with its key, a clock that stands still, and contexts of an invented patient. */
import { createHash, createHmac, generateKeyPairSync, randomUUID, type JsonWebKey, type KeyObject } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Calls, callSettings, type CallPorts } from '../../core/call/index.ts';
import { CallRefusal, PasserelleError, type CallRequest, type ErrorCode, type JournalStore, type StorePlugin } from '../../core/contract/index.ts';
import { BlindIndex } from '../../core/journal/index.ts';
import { checkDocuments, parseDocuments, resolveSecrets } from '../../core/settings/index.ts';
import { encrypted, jwkOf, signed, thumbprint, type Profile } from '../../plugins/app-contextual-call/clients/javascript/token.ts';
import { plugin as sqlite } from '../../plugins/store-journal-sqlite/index.ts';
import { catalogue } from '../unit/settings/catalogue.ts';

export const NOW = Date.parse('2026-09-15T08:00:20Z');
export const SITE = '990001018';
export const OTHER_SITE = '990002024';
export const ADDRESS = '192.0.2.7';
export const HMAC_SECRET = createHash('sha256').update('test').digest('hex');

/** RSA keys cost a tenth of a second each: one of each kind for all tests. */
const made = new Map<string, KeyObject>();
export function privateKey(name: string, bits = 2048): KeyObject {
  const known = made.get(name) ?? generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
  made.set(name, known);
  return known;
}

const siteDocument = (site: string, call: string): string => `kind: site
site: "${site}"
name: Centre hospitalier fictif
environment: test
identityAuthorities: [{ namespace: DXCARE, oid: 1.2.250.1.999.10.1, type: PI, domain: dxcare, use: IPP }]
connectors: [{ id: dxcare, version: 0.1.0 }]
contextualCall: ${call}
`;

export const CALL = {
  connector: 'dxcare',
  creation: true,
  profiles: { hmac: { keys: { 'hmac-1': { test: HMAC_SECRET } } }, form: { origins: ['https://dpi.chu.example'] } },
  users: [
    { profile: 'MEDECIN', rights: ['open', 'create'], targets: ['record', 'rcp-preparation'] },
    { profile: 'SECRETAIRE', rights: ['open'], withoutRpps: true },
    { profile: 'STAGIAIRE', rights: ['open'], withoutRpps: true, disabled: true },
  ],
};

const ENGINE = { publicUrl: 'https://dcc.region.example' };

export const settingsOf = (call: object = CALL, other: object = { ...CALL, profiles: {} }, engine: object = ENGINE) => {
  const texts = [
    `kind: engine\ncontextualCall: ${JSON.stringify(engine)}\n`,
    siteDocument(SITE, JSON.stringify(call)),
    siteDocument(OTHER_SITE, JSON.stringify(other)),
  ];
  const { settings, issues } = checkDocuments(parseDocuments(texts.map((text, i) => ({ file: `s${i}.yaml`, text }))), catalogue);
  if (!settings) throw new Error(JSON.stringify(issues));
  return callSettings(settings, (value) => resolveSecrets(value, '/'));
};

export type Context = Record<string, unknown>;
/** Of a call that is taken. */
export const context = (over: Context = {}): Context => {
  const iat = Math.floor(NOW / 1000) - 1;
  const all: Context = {
    version: '1.0',
    typ: 'contexte-appel',
    iss: `urn:finess:${SITE}`,
    aud: 'urn:dcc:test',
    iat,
    exp: iat + 60,
    jti: randomUUID(),
    user: { login: 'testcamille', rpps: '99700700018', profile: 'MEDECIN' },
    action: 'open',
    'Patient.identifier.value': '258033399990170',
    'Patient.identifier.system': '1.2.250.1.213.1.4.10',
    'Patient.identityStatus': 'QUAL',
    'Patient.name.family': 'BRÉZOLLET',
    'Patient.name.given': 'MARIE-ANNE LOUISE',
    'Patient.name.firstGiven': 'MARIE-ANNE',
    'Patient.gender': 'F',
    'Patient.birthDate': '1958-03-14',
    'Address.district': '33063',
    PatientID: '0004512387',
    PatientIDIssuer: 'DXCARE&1.2.250.1.999.10.1&ISO',
    ...over,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
};

export class Ground {
  journal!: JournalStore;
  calls!: Calls;
  now = NOW;
  readonly counted: string[] = [];
  readonly #store: StorePlugin;
  readonly #address: string | undefined;
  #folder = '';

  /** Without an address, in a folder of its own. */
  constructor(store: StorePlugin = sqlite, address?: string) {
    this.#store = store;
    this.#address = address;
  }

  async open(bits = 2048): Promise<void> {
    this.#folder = await mkdtemp(path.join(tmpdir(), 'passerelle-calls-'));
    // Making one takes a second.
    const pem = privateKey(`engine-${bits}`, bits).export({ format: 'pem', type: 'pkcs8' });
    await mkdir(path.join(this.#folder, 'call-keys', 'client'), { recursive: true });
    await writeFile(path.join(this.#folder, 'call-keys', '2026-01-01_test.pem'), pem);
    await writeFile(path.join(this.#folder, 'call-keys', 'client', 'RS384.pem'), pem);
    this.now = NOW;
    this.journal = await this.openJournal();
    this.calls = await this.node();
    await this.addKey(SITE, privateKey(`site-${bits}`, bits));
    await this.addKey(OTHER_SITE, privateKey('other-site'));
  }

  /** Once more, where several nodes may have it open. */
  openJournal(): Promise<JournalStore> {
    return this.#store.open(this.#address ?? this.#folder);
  }

  /** Another node, or this one after a restart: the same journal and data directory. */
  async node(call?: object, over: Partial<CallPorts> = {}): Promise<Calls> {
    const calls = new Calls(this.#folder, {
      journal: this.journal,
      index: new BlindIndex(Buffer.alloc(32, 7)),
      connectors: { call: () => Promise.reject(new PasserelleError('ERR_HOST_UNAVAILABLE')) },
      codec: () => {
        throw new PasserelleError('ERR_INVARIANT');
      },
      callOf: () => undefined,
      now: () => this.now,
      count: (outcome, code) => this.counted.push(`${outcome} ${code}`),
      ...over,
    });
    await calls.use(settingsOf(call));
    return calls;
  }

  async restart(): Promise<void> {
    this.calls.stop();
    await this.journal.close();
    this.journal = await this.openJournal();
    this.calls = await this.node();
  }

  /** By the protocol: a code, a request, the fingerprint. */
  async addKey(site: string, key: KeyObject, weak = false): Promise<string> {
    const { face } = this.calls;
    const { code } = await face.invite(site, 'referent', weak);
    const { fingerprint } = await face.enrol(enrolment(code, site, key, this.now), ADDRESS);
    const kid = thumbprint(jwkOf(key));
    await face.confirmKey(kid, fingerprint, 'referent');
    return kid;
  }

  async engineKey(): Promise<JsonWebKey> {
    return (await this.calls.face.jwks()).keys[0]!;
  }

  async token(over: Context = {}, how: { key?: KeyObject; profile?: Profile; text?: string } = {}): Promise<string> {
    const { key = privateKey('site-2048'), profile = 'default', text = JSON.stringify(context(over)) } = how;
    return encrypted(signed('contexte-appel+jws', text, key), await this.engineKey(), profile);
  }

  async close(): Promise<void> {
    this.calls.stop();
    await this.journal.close();
    await rm(this.#folder, { recursive: true });
  }
}

export const enrolment = (code: string, finess: string, key: KeyObject, now: number, over: object = {}): Buffer => {
  const codeHash = createHash('sha256').update(code).digest('hex');
  const request = signed('enrolement+jws', JSON.stringify({ codeHash, jwk: jwkOf(key), iat: Math.floor(now / 1000) }), key);
  return Buffer.from(JSON.stringify({ code, finess, environment: 'test', request, ...over }));
};

export const posted = (token: string, over: Partial<CallRequest> = {}): CallRequest => ({
  kind: 'token',
  bytes: Buffer.from(token),
  http: { method: 'POST', path: '/appel-contextuel/v1/calls', headers: { 'content-type': 'application/jose' } },
  address: ADDRESS,
  ...over,
});

/** The HMAC profile, as a server of the site signs. */
export function hmacPosted(body: string, over: Record<string, string> = {}, host = 'dcc.region.example'): CallRequest {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'passerelle-key': 'hmac-1',
    'passerelle-time': String(Math.floor(NOW / 1000)),
    'passerelle-nonce': randomUUID(),
    ...over,
  };
  const path = '/appel-contextuel/v1/calls/hmac';
  const hash = createHash('sha256').update(body).digest('hex');
  const text = ['v1', headers['passerelle-key'], 'POST', host, path, headers['passerelle-time'], headers['passerelle-nonce'], hash].join('\n');
  const signature = `v1=${createHmac('sha256', Buffer.from(HMAC_SECRET, 'hex')).update(text).digest('hex')}`;
  return {
    kind: 'hmac',
    bytes: Buffer.from(body),
    http: { method: 'POST', path, headers: { 'passerelle-signature': signature, ...headers } },
    address: ADDRESS,
  };
}

/** The code and reference of a call that must be refused. */
export async function refusal(answer: Promise<unknown>): Promise<{ code: ErrorCode; reference: string; error: CallRefusal }> {
  const error = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CallRefusal)) throw new Error(`not refused: ${String(error)}`, { cause: error });
  return { code: error.code, reference: error.reference, error };
}
