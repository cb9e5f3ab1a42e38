/** What an mllp endpoint may say, each way: schemas, defaults and bounds, and the rule that nothing unsafe is opened. */
import { readFileSync } from 'node:fs';
import { PasserelleError } from '../../core/contract/index.ts';

/** ARCHITECTURE section 7. */
const DEFAULT_PORT = 2575;
/** 110 MB: an 80 MB document in Base64, with room; protects memory from an endless frame. */
const DEFAULT_MAX_FRAME_BYTES = 110 * 1024 * 1024;
/** A relay opens one connection for each of its flows; protects descriptors and memory. */
const DEFAULT_MAX_CONNECTIONS = 64;
/** Relays keep connections open all day between messages; a dead one is closed within the hour. */
const DEFAULT_IDLE_TIMEOUT_MS = 60 * 60 * 1000;
/** From the first byte of a frame to its last: 110 MB at 1 MB/s; protects from a sender that drips. */
const DEFAULT_FRAME_TIMEOUT_MS = 120 * 1000;
const DEFAULT_CONNECT_TIMEOUT_MS = 10 * 1000;

const pem = (title: string, en: string, secret = false) => ({
  title,
  en,
  type: secret ? ['string', 'object'] : 'string',
  description: 'PEM text, or path of a PEM file.',
  ...(secret && { writeOnly: true }),
});
const port = { title: 'Port', en: 'Port', type: 'integer', minimum: 0, maximum: 65535, default: DEFAULT_PORT } as const;
const time = (title: string, en: string, byDefault: number) =>
  ({ title: `${title} (ms)`, en: `${en} (ms)`, type: 'integer', minimum: 100, default: byDefault }) as const;

export const IN_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    host: {
      title: "Adresse d'écoute",
      en: 'Listening address',
      type: 'string',
      default: '127.0.0.1',
      description: 'Beyond loopback, client certificates (tls.clientCa) or allowed addresses are required.',
    },
    port,
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
    allow: {
      title: 'Adresses admises des partenaires',
      en: 'Allowed peer addresses',
      type: 'array',
      items: { type: 'string' },
      maxItems: 100,
      examples: [['10.1.2.3']],
    },
    maxFrameBytes: { title: 'Plus grande trame', en: 'Largest frame', type: 'integer', minimum: 1024, default: DEFAULT_MAX_FRAME_BYTES },
    maxConnections: {
      title: 'Connexions à la fois',
      en: 'Connections at once',
      type: 'integer',
      minimum: 1,
      maximum: 1024,
      default: DEFAULT_MAX_CONNECTIONS,
    },
    idleTimeoutMs: time('Silence après lequel une connexion est fermée', 'Silence after which a connection is closed', DEFAULT_IDLE_TIMEOUT_MS),
    frameTimeoutMs: time("Durée la plus longue d'arrivée d'une trame", 'Longest time for one frame to arrive', DEFAULT_FRAME_TIMEOUT_MS),
  },
} as const;

export const OUT_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['host'],
  properties: {
    host: { title: 'Adresse du partenaire', en: "Counterparty's address", type: 'string', minLength: 1, examples: ['dpi.chx.example'] },
    port,
    connections: {
      title: 'Connexions à la fois',
      en: 'Connections at once',
      type: 'integer',
      minimum: 1,
      maximum: 64,
      default: 1,
      description: 'One message at a time on each. Many receivers take only one connection.',
    },
    tls: {
      title: 'TLS',
      en: 'TLS',
      type: 'object',
      additionalProperties: false,
      properties: {
        ca: pem('Autorité du partenaire', "Counterparty's authority"),
        cert: pem('Notre certificat', 'Our certificate'),
        key: pem('Notre clé privée', 'Our private key', true),
        serverName: {
          title: "Nom dans son certificat, quand ce n'est pas l'hôte",
          en: 'Name in their certificate, when it is not the host',
          type: 'string',
        },
      },
    },
    connectTimeoutMs: time("Attente la plus longue d'une connexion", 'Longest wait for a connection', DEFAULT_CONNECT_TIMEOUT_MS),
  },
} as const;

export interface InSettings {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  readonly allow?: readonly string[];
  readonly maxFrameBytes: number;
  readonly maxConnections: number;
  readonly idleTimeoutMs: number;
  readonly frameTimeoutMs: number;
}

export interface OutSettings {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly serverName?: string };
  readonly connectTimeoutMs: number;
}

/** Throws ERR_SECRET_MISSING for an unresolved secret, ERR_CONFIG_UNSAFE for a listener open to peers that nothing tells apart. */
export function readInSettings(settings: Record<string, unknown>): InSettings {
  const given = settings as Partial<InSettings>;
  const host = given.host ?? '127.0.0.1';
  needStrings(given.tls?.cert, given.tls?.key, given.tls?.clientCa);
  if (!isLoopback(host) && !given.tls?.clientCa && !given.allow?.length)
    throw new PasserelleError('ERR_CONFIG_UNSAFE', { location: { path: '/host' }, expected: 'tls.clientCa or allow beyond loopback' });
  return {
    ...given,
    host,
    port: given.port ?? DEFAULT_PORT,
    maxFrameBytes: given.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
    maxConnections: given.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    idleTimeoutMs: given.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
    frameTimeoutMs: given.frameTimeoutMs ?? DEFAULT_FRAME_TIMEOUT_MS,
  };
}

/** Throws ERR_CONFIG_INVALID without a host, ERR_SECRET_MISSING. In clear is allowed: establishments reach each other through VPNs. */
export function readOutSettings(settings: Record<string, unknown>): OutSettings {
  const given = settings as Partial<OutSettings>;
  needStrings(given.tls?.ca, given.tls?.cert, given.tls?.key);
  if (!given.host) throw new PasserelleError('ERR_CONFIG_INVALID', { location: { path: '/host' }, expected: 'the address of the counterparty' });
  return {
    ...given,
    host: given.host,
    port: given.port ?? DEFAULT_PORT,
    connections: given.connections ?? 1,
    connectTimeoutMs: given.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
  };
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
const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);

function needStrings(...values: readonly unknown[]): void {
  if (values.some((value) => value !== undefined && (typeof value !== 'string' || value === '')))
    throw new PasserelleError('ERR_SECRET_MISSING', { expected: 'a resolved secret or certificate' });
}
