/** Puts the kit of a site together. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { PasserelleError, type ConnectorManifest, type SiteSettings } from '../contract/index.ts';
import { isSecretReference } from '../settings/index.ts';
import { sha256, sumsOf, writeArchive } from './archive.ts';
import type { KitAssets } from './assets.ts';
import { changesText, isNewer } from './changes.ts';
import type { KeptKit, KitGiven } from './keeper.ts';
import { fingerprintOf, KEY_FILE, publicPem, SIGNATURE_FILE, signatureOf, SUMS_FILE } from './signing.ts';
import { filled } from './template.ts';

export interface KitRequest {
  readonly manifest: Pick<ConnectorManifest, 'id' | 'version' | 'displayName' | 'call'>;
  readonly siteName: string;
  /** Secrets of the connector still references. */
  readonly settings: SiteSettings;
  /** `https://HOST[:PORT]` of the engine. */
  readonly publicUrl: string;
  readonly crypto: 'default' | 'legacy';
  readonly engineVersion: string;
  readonly assets: KitAssets;
  readonly key: KeyObject;
  /** Kits of this site and connector that were built, oldest first. */
  readonly history: readonly Pick<KeptKit, 'connectorVersion' | 'kitVersion' | 'given'>[];
}

export interface BuiltKit {
  /** `kit-dxcare-990001018-0.1.0.zip`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly version: string;
  /** Of the key that signed it. */
  readonly fingerprint: string;
  readonly given: KitGiven;
}

/** `kit.json` of a connector. */
interface KitFile {
  readonly version: string;
  readonly protocol: string;
  readonly minimumConnector: string;
  /** Languages, in the order of preference; those that have a client. */
  readonly clients: readonly string[];
  /** Whether a relay of the site signs (SAFETY C1), or the server of the product itself. */
  readonly relay: boolean;
}

/** Throws ERR_KIT_UNAVAILABLE when the connector has no kit, needs a newer connector, or none of its clients is there. */
export function buildKit(request: KitRequest): BuiltKit {
  const { manifest, assets, key, history } = request;
  const own = assets.connector(manifest.id);
  const kit = kitFile(own.get('kit.json'), manifest);
  const clients = kit.clients.filter((language) => assets.languages.includes(language));
  if (clients.length === 0) throw new PasserelleError('ERR_KIT_UNAVAILABLE', { expected: `a client for ${kit.clients.join(', ')}` });
  const { settings, secrets } = withoutSecrets(request.settings);
  const values = {
    ...valuesOf(request, { ...kit, clients }),
    secrets: secrets.map((name) => `\`${kit.relay ? 'relais' : 'reglages'}/${name}\``).join(', ') || 'aucun',
  };
  const files = new Map<string, Uint8Array>();
  const add = (name: string, content: Uint8Array | string): void => {
    const bytes = Buffer.from(content as string);
    files.set(name, /\.fr\.md$|^exemples\//.test(name) ? Buffer.from(filled(bytes.toString(), values, name)) : bytes);
  };
  const addAll = (folder: string, from: ReadonlyMap<string, Uint8Array>): void => from.forEach((bytes, name) => add(`${folder}${name}`, bytes));
  for (const [name, bytes] of own) if (name !== 'kit.json' && name !== 'CHANGELOG.md') add(name.replace(/^samples\//, 'exemples/'), bytes);
  addAll('', assets.common);
  addAll('', assets.protocol);
  addAll('vecteurs/', assets.vectors);
  addAll('clients/', assets.clientPages);
  for (const language of clients) addAll(`clients/${language}/`, assets.client(language));
  const place = { relay: 'relais', program: 'programme', enrolment: 'enrolement' };
  for (const [name, bytes] of assets.programs)
    // The key of a site is made wherever calls are signed; a relay is for sites that have one, the program for those of a heavy client: it is compiled with the client in C#.
    if (name.startsWith('enrolment/') || (kit.relay && (clients.includes('csharp') || !name.startsWith('program/'))))
      add(
        name.replace(/^\w+/, (folder) => place[folder as keyof typeof place]),
        bytes,
      );
  if (files.has('programme/AppelCtx.cs')) {
    add('programme/appelctx.json', pretty(programSettings(request, '%LOCALAPPDATA%\\AppelDCC\\')));
    add('programme/appelctx.linux.json', pretty(programSettings(request, '%HOME%/.appel-dcc/')));
  }
  if (kit.relay) {
    add('relais/relais.json', pretty(relaySettings(settings, manifest.call?.format === 'http-form')));
    const dialect = assets.dialect(manifest.id);
    if (dialect) {
      add('relais/dialecte.mjs', dialect);
      add('relais/dialecte.json', pretty(settings));
    }
  }
  add(kit.relay ? 'relais/passerelle.json' : 'reglages/passerelle.json', pretty(clientSettings(request)));
  const given = givenOf(request, settings);
  // The last kit that was another one: the same one built again is the same to the byte.
  const before = history.findLast((one) => one.kitVersion !== kit.version || one.connectorVersion !== manifest.version || !isSame(one.given, given));
  const { connectorVersion, kitVersion } = before ?? {};
  const logs = [
    {
      title: `Kit de ${manifest.displayName}`,
      text: Buffer.from(own.get('CHANGELOG.md') ?? '').toString(),
      ...(kitVersion && { since: kitVersion }),
    },
    { title: `Connecteur ${manifest.id}`, text: assets.changelog(manifest.id), ...(connectorVersion && { since: connectorVersion }) },
  ];
  add('CHANGEMENTS.md', changesText(logs, before && { kit: before.kitVersion, connector: before.connectorVersion, given: before.given }, given));
  add('kit.json', pretty({ ...kit, clients, connector: manifest.id, connectorVersion: manifest.version, ...machineValues(request) }));
  const sums = sumsOf(files);
  add(SUMS_FILE, sums);
  add(SIGNATURE_FILE, signatureOf(sums, key));
  add(KEY_FILE, publicPem(key));
  const folder = `kit-${manifest.id}-${request.settings.site}-${kit.version}`;
  const bytes = writeArchive(folder, files);
  return { name: `${folder}.zip`, bytes, sha256: sha256(bytes), version: kit.version, fingerprint: fingerprintOf(createPublicKey(key)), given };
}

function kitFile(bytes: Uint8Array | undefined, { id, version }: Pick<ConnectorManifest, 'id' | 'version'>): KitFile {
  if (!bytes) throw new PasserelleError('ERR_KIT_UNAVAILABLE', { expected: `connectors/${id}/kit/kit.json` });
  const kit = JSON.parse(Buffer.from(bytes).toString()) as KitFile;
  if (isNewer(kit.minimumConnector, version))
    throw new PasserelleError('ERR_KIT_UNAVAILABLE', { expected: `${id}@${kit.minimumConnector} or later`, found: version });
  return kit;
}

const RELAY_PORT = 7443;
const pretty = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
const baseOf = ({ publicUrl }: KitRequest): string => `${publicUrl}/appel-contextuel`;
const environmentOf = ({ settings }: KitRequest): 'test' | 'production' => settings.environment ?? 'test';

/** What the clients and the relay read; the key file is made at the site, and is never in the archive. */
const clientSettings = (request: KitRequest): object => ({
  url: baseOf(request),
  finess: request.settings.site,
  environment: environmentOf(request),
  keyFile: 'cle-du-site.pem',
  profile: request.crypto,
  keysCache: 'cles-du-moteur.json',
  log: 'appels.log',
});

/** On this machine alone, until the site gives it a certificate and an address. */
function relaySettings({ connector }: SiteSettings, isForm: boolean): object {
  const { kit } = connector as { readonly kit?: { readonly origins?: readonly string[] } };
  return {
    listen: { address: '127.0.0.1', port: RELAY_PORT },
    hosts: [`127.0.0.1:${RELAY_PORT}`],
    client: 'passerelle.json',
    accounts: 'comptes.json',
    ...(isForm
      ? { forms: { origins: kit?.origins ?? [], secretFile: 'localSecret.secret', authenticationMethod: 'password' } }
      : { identify: { by: 'session-file', folder: 'sessions' } }),
    perAccountPerMinute: 30,
    log: 'relais.log',
  };
}

/** Of the program, beside a relay as above in test: on one machine both work as shipped. Elsewhere the relay has a certificate, and a name that the site puts here. */
const programSettings = (request: KitRequest, folder: string): object => ({
  environment: environmentOf(request),
  relay: environmentOf(request) === 'test' ? `http://127.0.0.1:${RELAY_PORT}` : `https://RELAIS:${RELAY_PORT}`,
  origin: new URL(request.publicUrl).origin,
  ...(request.settings.connector['commandLine'] === 'legacy' && { commandLine: 'legacy' }),
  sessionFile: `${folder}session.secret`,
  log: `${folder}appels.log`,
});

const machineValues = (request: KitRequest): object => ({
  site: request.settings.site,
  environment: environmentOf(request),
  url: baseOf(request),
  audience: `urn:dcc:${environmentOf(request)}`,
  keysUrl: `${baseOf(request)}/v1/keys`,
  crypto: request.crypto,
  engine: request.engineVersion,
});

const givenOf = (request: KitRequest, settings: SiteSettings): KitGiven => ({
  url: baseOf(request),
  crypto: request.crypto,
  environment: environmentOf(request),
  engine: request.engineVersion,
  settings: sha256(Buffer.from(pretty(settings))),
});

const isSame = (one: KitGiven | undefined, other: KitGiven): boolean => JSON.stringify(one) === JSON.stringify(other);

function valuesOf(request: KitRequest, kit: KitFile): Readonly<Record<string, string>> {
  const { host, hostname, origin, port, protocol } = new URL(request.publicUrl);
  return {
    site: request.settings.site,
    siteName: request.siteName,
    product: request.manifest.displayName,
    connector: request.manifest.id,
    connectorVersion: request.manifest.version,
    kitVersion: kit.version,
    protocolVersion: kit.protocol,
    engineVersion: request.engineVersion,
    environment: environmentOf(request),
    url: baseOf(request),
    audience: `urn:dcc:${environmentOf(request)}`,
    keysUrl: `${baseOf(request)}/v1/keys`,
    host: hostname,
    authority: host,
    origin,
    port: port || (protocol === 'https:' ? '443' : '80'),
    crypto: request.crypto === 'legacy' ? 'ancien (RSA-OAEP, A256CBC-HS512)' : 'courant (RSA-OAEP-256, A256GCM)',
    fingerprint: fingerprintOf(request.key),
    place: kit.relay ? 'relais' : 'reglages',
    clients: kit.clients.map((language) => `\`clients/${language}\``).join(', '),
  };
}

/** A secret is put beside by the site: the archive says the name of its file. */
function withoutSecrets(settings: SiteSettings): { readonly settings: SiteSettings; readonly secrets: readonly string[] } {
  const secrets: string[] = [];
  const clean = (value: unknown, name: string): unknown => {
    if (isSecretReference(value)) {
      secrets.push(`${name}.secret`);
      return { file: `${name}.secret` };
    }
    if (Array.isArray(value)) return value.map((one: unknown, index) => clean(one, `${name}-${index}`));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]: [string, unknown]) => [key, clean(one, key)]));
  };
  return {
    settings: { ...settings, senders: [], documentTypes: [], connector: clean(settings.connector, 'connector') as SiteSettings['connector'] },
    secrets,
  };
}
