/** What an https endpoint may say, each way: schemas, defaults and bounds, and the rule that nothing unsafe is opened. */
import { readFileSync } from 'node:fs';
import { PasserelleError } from '../../core/contract/index.ts';

/** 110 MB: a 64 MB document in Base64 inside JSON, with room; protects the memory of the engine from an endless body. */
const DEFAULT_MAX_BODY_BYTES = 110 * 1024 * 1024;
/** Bodies held in memory at once per endpoint: with the bound above, what one sender can make us hold. */
const DEFAULT_MAX_CONCURRENT = 4;

/** PEM text, or the path of a file that holds it; read when the endpoint opens. */
const pem = (title: string, en: string, secret = false) => ({
  title,
  en,
  type: secret ? ['string', 'object'] : 'string',
  description: 'PEM text, or path of a PEM file.',
  ...(secret && { writeOnly: true }),
});
/** Before resolution a secret is a reference (`{ file }`, `{ env }`, `{ test }`), after it a string. */
const token = {
  title: 'Jeton (Authorization: Bearer)',
  en: 'Bearer token',
  type: ['string', 'object'],
  description: 'Shared secret of the endpoint, presented as `Authorization: Bearer`.',
  writeOnly: true,
};

export const IN_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['path'],
  properties: {
    // No default here: an endpoint that says nothing stands on the engine's public listener, which its document may move.
    host: { title: "Adresse d'écoute", en: 'Listening address', type: 'string' },
    port: {
      title: 'Port',
      en: 'Port',
      type: 'integer',
      minimum: 0,
      maximum: 65535,
      description: 'Endpoints of one host and port share a listener; absent = the public listener (8081).',
    },
    path: {
      title: 'Chemin de base',
      en: 'Base path',
      type: 'string',
      pattern: '^(/[A-Za-z0-9._~-]+)+$',
      maxLength: 200,
      description: 'The longest base path that matches takes the request.',
      examples: ['/entrant/k-process'],
    },
    token,
    tls: {
      title: 'TLS',
      en: 'TLS',
      type: 'object',
      additionalProperties: false,
      required: ['cert', 'key'],
      properties: {
        cert: pem('Chaîne de certificats', 'Certificate chain'),
        key: pem('Clé privée', 'Private key', true),
        clientCa: pem('Autorité des certificats clients (TLS mutuel)', 'Authority of client certificates (mutual TLS)'),
      },
    },
    allow: { title: 'Adresses admises des partenaires', en: 'Allowed peer addresses', type: 'array', items: { type: 'string' }, maxItems: 100 },
    maxBodyBytes: { title: 'Plus grand corps de requête', en: 'Largest body', type: 'integer', minimum: 1024, default: DEFAULT_MAX_BODY_BYTES },
    maxConcurrent: {
      title: 'Requêtes traitées à la fois',
      en: 'Requests in work at once',
      type: 'integer',
      minimum: 1,
      maximum: 256,
      default: DEFAULT_MAX_CONCURRENT,
    },
  },
} as const;

export const OUT_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['baseUrl'],
  properties: {
    baseUrl: {
      title: 'Adresse de base du partenaire',
      en: 'Base address of the counterparty',
      type: 'string',
      pattern: '^https?://[^?#@]+$',
      examples: ['https://dcc.example.test/interop'],
    },
    token,
    tls: {
      title: 'TLS',
      en: 'TLS',
      type: 'object',
      additionalProperties: false,
      properties: {
        ca: pem('Autorité du partenaire', "Counterparty's authority"),
        cert: pem('Notre certificat', 'Our certificate'),
        key: pem('Notre clé privée', 'Our private key', true),
      },
    },
    connections: { title: 'Requêtes à la fois', en: 'Requests at once', type: 'integer', minimum: 1, maximum: 64, default: 4 },
  },
} as const;

export interface InSettings {
  readonly host: string;
  readonly port: number;
  /** Without trailing slash. */
  readonly path: string;
  readonly token?: string;
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  readonly allow?: readonly string[];
  readonly maxBodyBytes: number;
  readonly maxConcurrent: number;
}

export interface OutSettings {
  readonly baseUrl: URL;
  readonly token?: string;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly connections: number;
}

/** Throws ERR_SECRET_MISSING for an unresolved secret, ERR_CONFIG_UNSAFE for a listener open to others without TLS and a proof of who calls. */
export function readInSettings(settings: Record<string, unknown>): InSettings {
  const given = settings as Partial<InSettings> & { readonly path: string };
  const host = given.host ?? '127.0.0.1';
  needStrings(given.token, given.tls?.cert, given.tls?.key, given.tls?.clientCa);
  if (!isLoopback(host) && !(given.tls && (given.token || given.tls.clientCa))) {
    throw new PasserelleError('ERR_CONFIG_UNSAFE', { location: { path: '/host' }, expected: 'TLS with a token or client certificates' });
  }
  return {
    ...given,
    host,
    port: given.port ?? 8081,
    path: given.path,
    maxBodyBytes: given.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    maxConcurrent: given.maxConcurrent ?? DEFAULT_MAX_CONCURRENT,
  };
}

/** Throws ERR_SECRET_MISSING, ERR_CONFIG_INVALID, and ERR_CONFIG_UNSAFE for a remote address in clear or without proof of who we are. */
export function readOutSettings(settings: Record<string, unknown>): OutSettings {
  const given = settings as unknown as Omit<Partial<OutSettings>, 'baseUrl'> & { readonly baseUrl: string };
  needStrings(given.token, given.tls?.ca, given.tls?.cert, given.tls?.key);
  const baseUrl = URL.parse(given.baseUrl);
  if (!baseUrl || !/^https?:$/.test(baseUrl.protocol) || baseUrl.username || baseUrl.search || baseUrl.hash) {
    throw new PasserelleError('ERR_CONFIG_INVALID', {
      location: { path: '/baseUrl' },
      expected: 'an http or https address without user, query or fragment',
    });
  }
  if (!isLoopback(baseUrl.hostname) && !(baseUrl.protocol === 'https:' && (given.token || given.tls?.cert))) {
    throw new PasserelleError('ERR_CONFIG_UNSAFE', { location: { path: '/baseUrl' }, expected: 'https with a token or a client certificate' });
  }
  return { ...given, baseUrl, connections: given.connections ?? 4 };
}

/** PEM text as it is, else the file of that name. Throws ERR_SECRET_MISSING. */
export function readPem(value: string): string {
  if (value.includes('-----BEGIN')) return value;
  try {
    return readFileSync(value, 'utf8');
  } catch (cause) {
    throw new PasserelleError('ERR_SECRET_MISSING', { location: { file: value }, expected: 'a PEM file', cause });
  }
}

/** Names are not resolved: only what is surely this machine counts. */
export const isLoopback = (host: string): boolean => host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host) || host === '::1' || host === '[::1]';

function needStrings(...values: readonly unknown[]): void {
  if (values.some((value) => value !== undefined && (typeof value !== 'string' || value === ''))) {
    throw new PasserelleError('ERR_SECRET_MISSING', { expected: 'a resolved secret or certificate' });
  }
}
