/** One site document: its schema, then its connectors and endpoints against what the registry offers. */
import type { ConnectorDefinition, IdentityAuthority, SettingsIssue } from '../contract/index.ts';
import { checkCall } from './check-call.ts';
import { eventTypesOf, readEndpoint } from './check-endpoint.ts';
import { checkSchema, unknownField } from './check-schema.ts';
import { pointerTo, type SettingsDocument } from './documents.ts';
import { makeIssue, same, say } from './issue.ts';
import type { Catalogue, ConnectorEntry, Endpoint, SiteEntry } from './region.ts';
import type { RecordCall, SiteCall } from './schema-call.ts';
import { SiteDocument } from './schema-site.ts';
import { findTestSecrets } from './secrets.ts';
import { suggest } from './suggest.ts';

type Offered = Pick<ConnectorDefinition, 'manifest' | 'settingsSchema'>;
interface RawConnector {
  readonly id: string;
  readonly version: string;
  readonly settings: Record<string, unknown>;
  readonly endpoints: readonly Record<string, unknown>[];
}

/** `site` only when the document holds by itself. */
export function readSite(value: unknown, document: SettingsDocument, catalogue: Catalogue): { site?: SiteEntry; issues: readonly SettingsIssue[] } {
  const issues = [...checkSchema(SiteDocument, value, document, '')];
  issues.push(...checkPlace(value as Record<string, unknown>, document), ...checkAuthorities(value, document));
  const raw = (value as { connectors?: unknown }).connectors;
  const connectors: ConnectorEntry[] = [];
  const seen = new Set<string>();
  for (const [index, connector] of (Array.isArray(raw) ? raw : []).entries()) {
    if (!isRawConnector(connector)) continue;
    const base = pointerTo('/connectors', index);
    if (seen.has(connector.id)) {
      const expected = say('un connecteur une seule fois par site', 'a connector once per site');
      issues.push(makeIssue('ERR_CONFIG_DUPLICATE', document.locate(pointerTo(base, 'id')), { expected, found: same(connector.id) }));
    }
    seen.add(connector.id);
    const { environment, role } = value as { environment?: unknown; role?: unknown };
    const of = { testSecrets: environment === 'test', role: role === 'record' ? ('record' as const) : ('establishment' as const) };
    const read = readConnector(connector, document, base, catalogue, of);
    issues.push(...read.issues);
    connectors.push(read.entry);
  }
  issues.push(...checkCall(value as Record<string, unknown>, document, connectors));
  if ((value as { environment?: unknown }).environment !== 'test')
    issues.push(...findTestSecrets((value as { contextualCall?: unknown }).contextualCall, document, '/contextualCall'));
  if (issues.length > 0) return { issues };
  const { contextualCall: call, ...site } = value as Omit<SiteEntry, 'contextualCall'> & { readonly contextualCall?: unknown };
  const calls = call === undefined ? {} : site.role === 'record' ? { recordCall: call as RecordCall } : { contextualCall: call as SiteCall };
  return { issues, site: { ...site, ...calls, connectors } };
}

/** A patient number is known by who gave it, never by its type alone (SAFETY A7). */
function* checkAuthorities(value: unknown, document: SettingsDocument): Generator<SettingsIssue> {
  const { identityAuthorities } = (value ?? {}) as { readonly identityAuthorities?: unknown };
  for (const [i, one] of (Array.isArray(identityAuthorities) ? identityAuthorities : []).entries()) {
    const { use, namespace, oid } = (one ?? {}) as Partial<IdentityAuthority>;
    if (use !== 'IPP' || namespace !== undefined || oid !== undefined) continue;
    yield makeIssue('ERR_CONFIG_INVALID', document.locate(pointerTo('/identityAuthorities', i)), {
      expected: say(
        "un IPP avec l'autorité qui le donne : namespace, oid ou les deux",
        'an IPP with the authority that gives it: namespace, oid or both',
      ),
      found: say('aucune autorité', 'no authority'),
    });
  }
}

/** SAFETY A7: under the name alone, whose number it is cannot be said. Doubtful only: their senders may always send the OID. */
export function authorityWarnings(
  { identityAuthorities }: Pick<SiteEntry, 'identityAuthorities'>,
  document: SettingsDocument,
): readonly SettingsIssue[] {
  const named = identityAuthorities.map((one, i) => ({ ...one, i })).filter(({ use, namespace }) => use === 'IPP' && namespace !== undefined);
  return named.flatMap(({ namespace, domain, type, i }, place): SettingsIssue[] => {
    const other = named
      .slice(0, place)
      .find((one) => one.namespace === namespace && one.domain !== domain && (one.type === undefined || type === undefined || one.type === type));
    if (!other) return [];
    return [
      makeIssue('ERR_CONFIG_INVALID', document.locate(pointerTo('/identityAuthorities', i)), {
        expected: say(
          `un autre nom que celui de l'IPP du domaine ${other.domain}, ou un envoyeur qui donne toujours l'OID : sous ce nom seul, le message attend`,
          `another name than that of the IPP of domain ${other.domain}, or a sender that always gives the OID: under this name alone the message waits`,
        ),
        found: same(namespace!),
      }),
    ];
  });
}

/** Time zone and charset: names that only the platform knows. */
export function checkPlace(value: Record<string, unknown>, document: SettingsDocument): readonly SettingsIssue[] {
  const issues: SettingsIssue[] = [];
  const known = (field: string, make: (name: string) => unknown, example: string): void => {
    const name = value[field];
    if (typeof name !== 'string' || name === '') return;
    try {
      make(name);
    } catch {
      issues.push(
        makeIssue('ERR_CONFIG_INVALID', document.locate(`/${field}`), {
          expected: say(`un nom connu, ex. ${example}`, `a known name, e.g. ${example}`),
          found: same(name.slice(0, 60)),
        }),
      );
    }
  };
  known('timeZone', (name) => new Intl.DateTimeFormat('fr', { timeZone: name }), 'Europe/Paris');
  known('charsetFallback', (name) => new TextDecoder(name), 'windows-1252');
  return issues;
}

function isRawConnector(value: unknown): value is RawConnector {
  const { id, version, settings, endpoints } = (value ?? {}) as Partial<Record<keyof RawConnector, unknown>>;
  return typeof id === 'string' && typeof version === 'string' && typeof settings === 'object' && settings !== null && Array.isArray(endpoints);
}

function readConnector(
  raw: RawConnector,
  document: SettingsDocument,
  base: string,
  catalogue: Catalogue,
  { testSecrets, role }: { readonly testSecrets: boolean; readonly role: SiteEntry['role'] },
) {
  const issues: SettingsIssue[] = [];
  const named = catalogue.connectors.filter(({ manifest }) => manifest.id === raw.id);
  const offered = named.find(({ manifest }) => manifest.version === raw.version);
  if (!offered) issues.push(unknownConnector(raw, document, base, catalogue, named));
  else issues.push(...checkConnectorSettings(offered, raw.settings, document, pointerTo(base, 'settings')));
  if (!testSecrets) issues.push(...findTestSecrets(raw, document, base));
  const endpoints = raw.endpoints.flatMap((endpoint, index) => {
    if (typeof endpoint !== 'object' || endpoint === null) return [];
    const read = readEndpoint(endpoint, {
      document,
      base: pointerTo(base, 'endpoints', index),
      transports: catalogue.transports,
      manifest: offered?.manifest,
      role,
    });
    issues.push(...read.issues);
    return read.endpoint ? [read.endpoint] : [];
  });
  if (offered?.settingsSchema)
    issues.push(...missingAgreements(offered.settingsSchema, raw.settings, endpoints, document, pointerTo(base, 'settings')));
  return { issues, entry: { ...raw, endpoints } satisfies ConnectorEntry };
}

/** Settings that have to be agreed with a receiver before events of a type go there: their schema says so (`neededFor`). */
function missingAgreements(
  schema: object,
  settings: Record<string, unknown>,
  endpoints: readonly Endpoint[],
  document: SettingsDocument,
  base: string,
): readonly SettingsIssue[] {
  const sent = new Set(endpoints.flatMap((one) => (one.direction === 'out' && Array.isArray(one.sends) ? one.sends.flatMap(eventTypesOf) : [])));
  const properties = Object.entries((schema as { properties?: Record<string, { neededFor?: readonly string[]; title?: string }> }).properties ?? {});
  return properties.flatMap(([name, { neededFor = [], title = name }]) =>
    settings[name] === undefined && neededFor.some((type) => sent.has(type))
      ? [makeIssue('ERR_CONFIG_INVALID', document.locate(base), { expected: same(`${name} (${title})`), found: say('rien', 'nothing') })]
      : [],
  );
}

/** The connector's own settings against its schema; without a schema it has none. Used for the flat file as well. */
export function checkConnectorSettings(
  offered: Offered,
  settings: Record<string, unknown>,
  document: SettingsDocument,
  base: string,
  options: { readonly clearSecrets?: boolean } = {},
): readonly SettingsIssue[] {
  if (offered.settingsSchema) return checkSchema(offered.settingsSchema, settings, document, base, options);
  return Object.keys(settings).map((name) => unknownField(document, base, name, []));
}

function unknownConnector(
  raw: RawConnector,
  document: SettingsDocument,
  base: string,
  catalogue: Catalogue,
  named: readonly Offered[],
): SettingsIssue {
  if (named.length > 0) {
    const versions = named.map(({ manifest }) => manifest.version).join(', ');
    return makeIssue('ERR_CONNECTOR_UNKNOWN', document.locate(pointerTo(base, 'version')), {
      expected: same(versions),
      found: same(raw.version.slice(0, 60)),
    });
  }
  const ids = [...new Set(catalogue.connectors.map(({ manifest }) => manifest.id))];
  const near = suggest(raw.id, ids);
  const expected = near ? say(`« ${near} » ?`, `did you mean "${near}"?`) : same(ids.join(', ') || '-');
  return makeIssue('ERR_CONNECTOR_UNKNOWN', document.locate(pointerTo(base, 'id')), { expected, found: same(raw.id.slice(0, 60)) });
}
