/** The debugger without an engine: the same desk over an empty journal, with the keys that it is given. Rights are those of nobody in particular: all. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  PasserelleError,
  type CallVerdict,
  type Connector,
  type ConnectorManifest,
  type MessageCodec,
  type SiteSettings,
  type StoredNote,
  type VerifyRequest,
} from '../contract/index.ts';
import { CALL_TARGETS } from '../model/index.ts';
import type { HostCall } from '../registry/index.ts';
import type { CallSettings } from './call-settings.ts';
import { CallDesk, type CallPorts } from './desk.ts';
import { thumbprint, type RsaJwk } from './jose.ts';
import { unwrapKeyOf, type UnwrapKey } from './rsa.ts';
import { KEY, changeOf } from './site-keys.ts';
import { verify } from './verify.ts';

export interface OfflineParts {
  readonly settings: SiteSettings;
  readonly manifest: ConnectorManifest;
  readonly connector: Pick<Connector, 'decode'>;
  readonly codec: (format: string) => MessageCodec;
  /** PEM: private keys of the engine, to decrypt; keys of the site, public or private, to verify. */
  readonly keys: readonly string[];
}

const SKEW_MS = 60_000;

/** Throws ERR_REQUEST_INVALID for a key that is none. */
export async function verifyOffline(request: VerifyRequest, { settings, manifest, connector, codec, keys }: OfflineParts): Promise<CallVerdict> {
  const now = request.now ?? new Date().toISOString();
  const { site, environment = 'test' } = settings;
  const read = await Promise.all(keys.map((pem) => readKey(pem, site, environment)));
  const unwraps = new Map(read.flatMap(({ kid, unwrap }): [string, UnwrapKey][] => (unwrap ? [[kid, unwrap]] : [])));
  const notes = read.map(({ note }) => note);
  const desk = new CallDesk({
    journal: {
      notes: async (_, asked) => asked.map(() => undefined),
      notesOf: async (kind) => ({ items: kind === KEY ? notes : [] }),
      swap: async () => true,
      keep: async () => undefined,
      forget: async () => 0,
    },
    index: { call: (what, value) => `${what} ${value}` },
    engineKeys: { get: async (kid) => unwraps.get(kid), jwks: () => ({ keys: [] }) },
    // Nobody is asked anything.
    clientKeys: { get: () => Promise.reject(new PasserelleError('ERR_INVARIANT')), jwks: async () => ({ keys: [] }) },
    connectors: { call: async <T>(_: string, __: string, call: HostCall) => decoded(connector, call) as T },
    codec,
    callOf: () => manifest.call,
    now: () => Date.parse(now),
    count: () => undefined,
  } satisfies CallPorts);
  await desk.use(everythingAllowed(settings, manifest, environment));
  return withoutRights(await verify(desk, { ...request, now }));
}

/** What was let through for want of settings was not judged. */
function withoutRights(verdict: CallVerdict): CallVerdict {
  const checks = verdict.checks.map(({ shown, ...check }) => {
    const { rights: _, ...more } = shown ?? {};
    if (check.name === 'rights' && check.result === 'passed')
      return { ...check, result: 'skipped' as const, shown: { 'non jugé / not judged': 'passerelle call verify --engine' } };
    return { ...check, ...(shown && { shown: more }) };
  });
  return { ...verdict, checks };
}

function decoded(connector: Pick<Connector, 'decode'>, call: HostCall): unknown {
  if (call.operation !== 'decode') throw new PasserelleError('ERR_INVARIANT', { found: call.operation });
  let count = 0;
  return { result: connector.decode(call.envelope, { settings: call.settings, now: call.now, newId: () => `CALL${(count += 1)}` }) };
}

/** A flat settings file says nothing of users: every right is given, so that it is the call that is judged. */
function everythingAllowed(settings: SiteSettings, { id, version }: ConnectorManifest, environment: 'test' | 'production'): CallSettings {
  const call = {
    connector: id,
    disabled: false,
    profiles: { crypto: 'legacy' as const, dialect: { decision: 'passerelle call verify', creation: true } },
    ambiguous: 'choice' as const,
    egress: [],
    creation: true,
    users: [{ profile: '*', rights: ['open', 'create'] as ('open' | 'create')[], targets: [...CALL_TARGETS], withoutRpps: true, disabled: false }],
    disabledUsers: [],
  };
  const site = { site: settings.site, environment, call, settings, connector: id, connectorVersion: version, comesFrom: () => true };
  return { skewMs: SKEW_MS, perAddressPerMinute: 1, perSitePerMinute: 1, environment, sites: new Map([[settings.site, site]]) };
}

async function readKey(pem: string, site: string, environment: 'test' | 'production') {
  try {
    const isPrivate = pem.includes('PRIVATE KEY');
    const { n = '', e = '' } = createPublicKey(pem).export({ format: 'jwk' });
    const jwk: RsaJwk = { kty: 'RSA', n, e };
    const requestedAt = new Date(0).toISOString();
    const stored = { jwk, kid: thumbprint(jwk), site, environment, state: 'active' as const, fingerprint: '', bits: 0, requestedAt };
    const note: StoredNote = { ...changeOf(stored), changedAt: requestedAt };
    return { kid: stored.kid, note, ...(isPrivate && { unwrap: await unwrapKeyOf(createPrivateKey(pem)) }) };
  } catch (cause) {
    throw new PasserelleError('ERR_REQUEST_INVALID', { location: { path: '--key' }, expected: 'an RSA key in PEM', cause });
  }
}
