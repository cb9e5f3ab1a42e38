/** Rules between documents: names, addresses, identity domains and environments of a region as a whole. */
import { isDeepStrictEqual } from 'node:util';
import type { SettingsIssue } from '../contract/index.ts';
import { checkCalls } from './check-call.ts';
import { knowsItsPeers, peersOf } from './check-endpoint.ts';
import type { Placed } from './check.ts';
import { establishmentsOf, ippDomainsOf } from './domains.ts';
import { pointerTo, type SettingsDocument } from './documents.ts';
import { makeIssue, same, say } from './issue.ts';
import { isLoopback } from './loopback.ts';
import type { Endpoint, EngineSettings, SiteEntry } from './region.ts';

/** An address that something listens on. */
interface Claim {
  readonly host: string;
  /** `public` = the engine's public listener. */
  readonly port: number | 'public';
  readonly path?: string;
  readonly transport: string;
  readonly document: SettingsDocument;
  readonly pointer: string;
}

/** `engine.document` is absent only when there is no document at all. */
export function checkRegion(
  sites: readonly Placed<SiteEntry>[],
  engine: { entry: EngineSettings; document?: SettingsDocument | undefined },
): readonly SettingsIssue[] {
  return [
    ...checkNames(sites),
    ...checkUses(sites),
    ...checkAddresses(sites, engine),
    ...checkAuthorities(sites),
    ...checkDomains(sites),
    ...checkEnvironments(sites),
    ...checkAdmin(engine),
    ...checkPublic(sites, engine),
    ...checkCalls(sites, engine),
  ];
}

function* endpointsOf(sites: readonly Placed<SiteEntry>[]): Generator<Placed<Endpoint> & { readonly base: string }> {
  for (const { entry, document } of sites) {
    for (const [c, connector] of entry.connectors.entries()) {
      for (const [e, endpoint] of connector.endpoints.entries())
        yield { entry: endpoint, document, base: pointerTo('/connectors', c, 'endpoints', e) };
    }
  }
}

/** A lane is known by the name of its endpoint, in every command and in the journal: one name, one lane. */
function* checkNames(sites: readonly Placed<SiteEntry>[]): Generator<SettingsIssue> {
  // A document that names a FINESS must mean one site: a legal entity stands at one of its sites only.
  const finess = new Map<string, { readonly document: SettingsDocument; readonly pointer: string }>();
  const numbers = sites.flatMap((one) => [{ ...one, field: 'site' as const }]);
  const entities = sites.flatMap((one) => (one.entry.legalEntity === undefined ? [] : [{ ...one, field: 'legalEntity' as const }]));
  for (const { entry, document, field } of [...numbers, ...entities]) {
    const [number, pointer] = [entry[field]!, pointerTo('', field)];
    const first = finess.get(number);
    if (first) yield duplicate(document, pointer, number, first.document, first.pointer);
    else finess.set(number, { document, pointer });
  }
  const names = new Map<string, { readonly document: SettingsDocument; readonly pointer: string }>();
  for (const { entry, document, base } of endpointsOf(sites)) {
    const pointer = pointerTo(base, 'name');
    const first = names.get(entry.name);
    if (first) yield duplicate(document, pointer, entry.name, first.document, first.pointer);
    else names.set(entry.name, { document, pointer });
  }
}

/** One domain holds numbers of one kind: a stay is nobody's IPP (SAFETY A7). */
function* checkUses(sites: readonly Placed<SiteEntry>[]): Generator<SettingsIssue> {
  const uses = new Map<string, string>();
  for (const { entry, document } of sites)
    for (const [i, { domain, use }] of entry.identityAuthorities.entries()) {
      const first = uses.get(domain) ?? use;
      uses.set(domain, first);
      if (first === use) continue;
      yield makeIssue('ERR_CONFIG_INVALID', document.locate(pointerTo('/identityAuthorities', i, 'domain')), {
        expected: say(`un domaine pour un seul usage ; ${domain} sert à ${first}`, `a domain for one use; ${domain} is used for ${first}`),
        found: same(use),
      });
    }
}

function* checkAddresses(
  sites: readonly Placed<SiteEntry>[],
  engine: { entry: EngineSettings; document?: SettingsDocument | undefined },
): Generator<SettingsIssue> {
  const claims: Claim[] = [];
  const listeners = engine.document ? (['admin', 'public'] as const) : [];
  for (const name of listeners) {
    const { host, port } = engine.entry[name];
    claims.push({ host, port, transport: 'engine', document: engine.document!, pointer: `/${name}/port` });
  }
  for (const { entry, document, base } of endpointsOf(sites)) if (entry.direction === 'in') claims.push(...claimOf(entry, document, base));
  for (const [index, claim] of claims.entries()) {
    const first = claims.slice(0, index).find((other) => clash(other, claim));
    if (first) yield duplicate(claim.document, claim.pointer, addressOf(claim), first.document, first.pointer);
  }
}

function* claimOf(endpoint: Endpoint, document: SettingsDocument, base: string): Generator<Claim> {
  const { host, port, path } = endpoint.transportSettings;
  if (typeof port !== 'number' && typeof path !== 'string') return;
  const pointer = pointerTo(base, typeof path === 'string' ? 'path' : 'port');
  yield {
    host: typeof host === 'string' ? host : '127.0.0.1',
    port: typeof port === 'number' ? port : 'public',
    ...(typeof path === 'string' && { path: `/${path.replaceAll(/^\/+|\/+$/g, '')}` }),
    transport: endpoint.transport,
    document,
    pointer,
  };
}

/** Same port on overlapping addresses, unless one transport serves two paths there. Port 0 is chosen by the system. */
function clash(a: Claim, b: Claim): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  const everywhere = (host: string): boolean => host === '0.0.0.0' || host === '::';
  if (a.port !== 'public' && a.host !== b.host && !everywhere(a.host) && !everywhere(b.host)) return false;
  // Inbound https endpoints may stand on the public listener (ARCHITECTURE section 7).
  const shared = (one: Claim, other: Claim): boolean => one.pointer === '/public/port' && other.path !== undefined;
  if (shared(a, b) || shared(b, a)) return false;
  return a.path === undefined || b.path === undefined || a.transport !== b.transport || a.path === b.path;
}

const addressOf = ({ host, port, path }: Claim): string => (port === 'public' ? `${path}` : `${host}:${port}${path ?? ''}`);

function duplicate(document: SettingsDocument, pointer: string, what: string, first: SettingsDocument, firstPointer: string): SettingsIssue {
  const { file, line, path } = first.locate(firstPointer);
  const where = [file && line ? `${file}:${line}` : file, path].filter(Boolean).join(' ');
  return makeIssue('ERR_CONFIG_DUPLICATE', document.locate(pointer), {
    expected: say(`autre chose que ${where}`, `something else than ${where}`),
    found: same(what),
  });
}

/**
 * SAFETY A1: two sites that number their patients apart, under one domain, would be one identity for two patients. IPPs of one domain are given by one
 * authority, or each site says that the domain is shared.
 */
function* checkAuthorities(sites: readonly Placed<SiteEntry>[]): Generator<SettingsIssue> {
  const numbers = sites.flatMap(({ entry: { site, identityAuthorities }, document }) =>
    identityAuthorities.flatMap((authority, i) => (authority.use === 'IPP' ? [{ ...authority, site, document, i }] : [])),
  );
  for (const ofDomain of Map.groupBy(numbers, ({ domain }) => domain).values()) {
    const bySite = [...Map.groupBy(ofDomain, ({ site }) => site).values()];
    for (const [place, mine] of bySite.entries()) {
      const other = bySite.slice(0, place).find((theirs) => !areOfOne(mine, theirs))?.[0];
      const [{ document, i, domain, ...found }] = mine as [(typeof mine)[0]];
      if (!other) continue;
      yield makeIssue('ERR_CONFIG_INVALID', document.locate(pointerTo('/identityAuthorities', i)), {
        expected: say(
          `l'autorité du domaine ${domain} au site ${other.site} (${nameOf(other)}), un autre domaine, ou « shared: true » aux deux`,
          `the authority of domain ${domain} at site ${other.site} (${nameOf(other)}), another domain, or "shared: true" at both`,
        ),
        found: same(nameOf(found)),
      });
    }
  }
}

type Authority = SiteEntry['identityAuthorities'][number];
const nameOf = ({ oid, namespace }: Pick<Authority, 'oid' | 'namespace'>): string => [namespace, oid].filter(Boolean).join(' ') || '-';

function areOfOne(mine: readonly Authority[], theirs: typeof mine): boolean {
  const isShared = [mine, theirs].every((all) => all.some(({ shared }) => shared));
  return isShared || mine.some((one) => theirs.some((other) => isSameAuthority(one, other)));
}

/** An OID is the authority, a namespace only what it is called. */
function isSameAuthority(one: Authority, other: Authority): boolean {
  if (one.oid !== undefined && other.oid !== undefined) return one.oid === other.oid;
  return one.namespace !== undefined && one.namespace === other.namespace;
}

/** SAFETY A2: what is known of a person does not depend on which of the sites of its domain speaks. */
function* checkDomains(sites: readonly Placed<SiteEntry>[]): Generator<SettingsIssue> {
  const placed = sites.map(({ entry, document }) => ({ ...entry, document }));
  for (const domain of new Set(placed.flatMap(ippDomainsOf))) {
    const [first, ...others] = establishmentsOf(placed, domain);
    for (const { senders, document } of others) {
      if (isDeepStrictEqual(senders, first!.senders)) continue;
      yield makeIssue('ERR_CONFIG_INVALID', document.locate('/senders'), {
        expected: say(
          `les émetteurs du site ${first!.site}, dans le même ordre : le domaine ${domain} est à tous deux`,
          `the senders of site ${first!.site}, in the same order: domain ${domain} is theirs both`,
        ),
        found: same(senders.map(({ application }) => application).join(', ') || '-'),
      });
    }
  }
}

/** SAFETY A5: an engine that holds both would let a test identity meet a real record. */
function* checkEnvironments(sites: readonly Placed<SiteEntry>[]): Generator<SettingsIssue> {
  const first = sites[0]?.entry;
  for (const { entry, document } of sites.slice(1)) {
    if (entry.environment === first!.environment) continue;
    const expected = say(`${first!.environment}, comme le site ${first!.site}`, `${first!.environment}, like site ${first!.site}`);
    yield makeIssue('ERR_CONFIG_ENVIRONMENT', document.locate('/environment'), { expected, found: same(entry.environment) });
  }
}

/** Beyond loopback, the Host names of the console must be said: the check against DNS rebinding has nothing else to go by. */
function* checkAdmin(engine: { entry: EngineSettings; document?: SettingsDocument | undefined }): Generator<SettingsIssue> {
  const { host, allowedHosts } = engine.entry.admin;
  if (isLoopback(host) || allowedHosts.length > 0 || !engine.document) return;
  yield makeIssue('ERR_CONFIG_UNSAFE', engine.document.locate('/admin/host'), {
    expected: say('admin.allowedHosts, hors de la machine locale', 'admin.allowedHosts, beyond loopback'),
    found: same(host),
    fix: say("Nommer les hôtes par lesquels on joint l'administration.", 'Name the hosts by which the admin listener is reached.'),
  });
}

/** The public listener beyond loopback: each endpoint on it knows its peers, and the contextual call stands there under the TLS of one of them only. */
function* checkPublic(
  sites: readonly Placed<SiteEntry>[],
  engine: { entry: EngineSettings; document?: SettingsDocument | undefined },
): Generator<SettingsIssue> {
  const { host, port } = engine.entry.public;
  const calls = engine.entry.contextualCall.publicUrl !== undefined;
  let encrypted = false;
  for (const { entry, document, base } of endpointsOf(sites)) {
    const own = entry.transportSettings;
    if (entry.direction !== 'in' || typeof own['path'] !== 'string') continue;
    const tls = (own['host'] ?? host) === host && (own['port'] ?? port) === port ? own['tls'] : undefined;
    encrypted ||= tls !== undefined;
    // It would be asked of each browser that opens a link.
    if (calls && (tls as { clientCa?: unknown } | undefined)?.clientCa !== undefined)
      yield makeIssue('ERR_CONFIG_INVALID', document.locate(pointerTo(base, 'tls', 'clientCa')), {
        expected: say(
          "un autre port que celui de l'appel contextuel, pour un certificat client",
          'another port than that of the contextual call, for client certificates',
        ),
      });
    if (own['host'] === undefined && !isLoopback(host) && !knowsItsPeers(entry))
      yield makeIssue('ERR_CONFIG_UNSAFE', document.locate(pointerTo(base, 'path')), { expected: peersOf(entry), found: same(host) });
  }
  if (!calls || encrypted || isLoopback(host) || !engine.document) return;
  yield makeIssue('ERR_CONFIG_UNSAFE', engine.document.locate('/public/host'), {
    expected: say(
      "la machine locale derrière un frontal, ou le tls d'un point d'accès https sur la même écoute",
      'loopback behind a reverse proxy, or the tls of an https endpoint on the same listener',
    ),
    found: same(host),
  });
}
