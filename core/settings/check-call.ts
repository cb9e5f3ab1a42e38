/** Rules of the contextual call that a schema cannot say: of one site, and between sites and the engine's document. */
import { isIP } from 'node:net';
import type { IdentityAuthority, SettingsIssue } from '../contract/index.ts';
import { authorityOf } from '../model/index.ts';
import type { Placed } from './check.ts';
import { checkSchema } from './check-schema.ts';
import { pointerTo, type SettingsDocument } from './documents.ts';
import { makeIssue, same, say } from './issue.ts';
import type { ConnectorEntry, EngineSettings, SiteEntry } from './region.ts';
import { recordNamed, RecordCall, SiteCall, type ProSanteConnect, type SmartIssuer } from './schema-call.ts';
import { findTestSecrets } from './secrets.ts';

const BASE = '/contextualCall';

/** Fills defaults of `contextualCall` in place; the two roles of a site have different fields. */
export function checkCall(raw: Record<string, unknown>, document: SettingsDocument, connectors: readonly ConnectorEntry[]): readonly SettingsIssue[] {
  const call = raw['contextualCall'];
  if (call === undefined) return [...checkDialects(undefined, document, connectors)];
  if (raw['role'] === 'record') {
    const issues = checkSchema(RecordCall, call, document, BASE);
    return issues.length > 0 ? issues : [...checkThrough(call as RecordCall, document, connectors)];
  }
  const issues = checkSchema(SiteCall, call, document, BASE);
  return issues.length > 0
    ? issues
    : [
        ...checkOfSite(call as SiteCall, document, connectors),
        ...checkDialects(call as SiteCall, document, connectors),
        ...checkSmart(call as SiteCall, document, raw),
      ];
}

/** SAFETY C5: a weak signature that the connector takes is refused by the engine, call by call, until the site records its decision. */
function* checkDialects(call: SiteCall | undefined, document: SettingsDocument, connectors: readonly ConnectorEntry[]): Generator<SettingsIssue> {
  for (const [index, { id, settings }] of connectors.entries()) {
    const profile = settings['hmacProfile'];
    if (typeof profile !== 'string' || profile === 'refused' || (call?.connector === id && call.profiles.dialect)) continue;
    yield makeIssue('ERR_CONFIG_INVALID', document.locate(pointerTo('/connectors', index, 'settings', 'hmacProfile')), {
      expected: say(
        `contextualCall avec connector: ${id} et profiles.dialect.decision, ou hmacProfile: refused`,
        `contextualCall with connector: ${id} and profiles.dialect.decision, or hmacProfile: refused`,
      ),
      found: same(profile.slice(0, 60)),
      fix: say(
        'Signature faible : nommer la décision du site dans contextualCall.profiles.dialect.decision ; sans elle, le moteur refuse chaque appel.',
        'A weak signature: name the decision of the site in contextualCall.profiles.dialect.decision; without it the engine refuses every call.',
      ),
    });
  }
}

function* checkThrough({ through }: RecordCall, document: SettingsDocument, connectors: readonly ConnectorEntry[]): Generator<SettingsIssue> {
  const out = connectors.flatMap((c) => c.endpoints).filter((e) => e.direction === 'out' && e.transport === 'https');
  if (out.some(({ name }) => name === through)) return;
  const names = out.map(({ name }) => name).join(', ');
  yield makeIssue('ERR_CONFIG_INVALID', document.locate(`${BASE}/through`), {
    expected: say(
      names ? `un point d'accès sortant https de ce site : ${names}` : "un point d'accès sortant https de ce site",
      names ? `an outbound https endpoint of this site: ${names}` : 'an outbound https endpoint of this site',
    ),
    found: same(through),
  });
}

function* checkOfSite(call: SiteCall, document: SettingsDocument, connectors: readonly ConnectorEntry[]): Generator<SettingsIssue> {
  const issue = (pointer: string, expected: ReturnType<typeof say>, found?: string): SettingsIssue =>
    makeIssue('ERR_CONFIG_INVALID', document.locate(pointer), { expected, ...(found !== undefined && { found: same(found) }) });
  if (!connectors.some(({ id }) => id === call.connector)) {
    const ids = connectors.map(({ id }) => id).join(', ') || '-';
    yield issue(`${BASE}/connector`, say(`un connecteur activé de ce site : ${ids}`, `an enabled connector of this site: ${ids}`), call.connector);
  }
  const seen = new Set<string>();
  for (const [index, { profile, rights }] of call.users.entries()) {
    const at = pointerTo(BASE, 'users', index);
    if (seen.has(profile)) yield makeIssue('ERR_CONFIG_DUPLICATE', document.locate(`${at}/profile`), { found: same(profile) });
    seen.add(profile);
    if (rights.includes('create') && !call.creation)
      yield issue(
        `${at}/rights`,
        say('contextualCall.creation: true, pour un profil qui crée', 'contextualCall.creation: true, for a profile that creates'),
      );
  }
  for (const [index, network] of call.egress.entries()) {
    if (isNetwork(network)) continue;
    yield issue(
      pointerTo(BASE, 'egress', index),
      say('une adresse IP ou un réseau, ex. 192.0.2.0/24', 'an IP address or a network, e.g. 192.0.2.0/24'),
      network,
    );
  }
}

/** One name and one address for each DPI; in clear on this very machine, for trials, and then said. */
function* checkSmart(
  { profiles: { smart = [] }, users }: SiteCall,
  document: SettingsDocument,
  { environment, identityAuthorities }: Readonly<Record<string, unknown>>,
): Generator<SettingsIssue> {
  const isTest = environment === 'test';
  const authorities = Array.isArray(identityAuthorities) ? (identityAuthorities as IdentityAuthority[]) : [];
  const seen = new Set<string>();
  for (const [index, issuer] of smart.entries()) {
    const at = (field: keyof SmartIssuer): string => pointerTo(BASE, 'profiles', 'smart', index, field);
    for (const field of ['name', 'fhir'] as const) {
      const said = `${field} ${issuer[field]}`;
      if (seen.has(said)) yield makeIssue('ERR_CONFIG_DUPLICATE', document.locate(at(field)), { found: same(issuer[field]) });
      seen.add(said);
    }
    for (const [system, authority] of Object.entries(issuer.ippSystems))
      if (authorityOf(authority, authorities)?.use !== 'IPP')
        yield makeIssue('ERR_CONFIG_INVALID', document.locate(pointerTo(at('ippSystems'), system)), {
          expected: say('une autorité d’IPP de identityAuthorities', 'an IPP authority of identityAuthorities'),
          found: same(authority),
        });
    yield* checkClear([issuer.fhir, ...issuer.origins], issuer, document, at('fhir'), isTest);
    if (!users.some(({ profile }) => profile === issuer.profile || profile === '*'))
      yield makeIssue('ERR_CONFIG_INVALID', document.locate(at('profile')), {
        expected: say('un profil de contextualCall.users', 'a profile of contextualCall.users'),
        found: same(issuer.profile),
      });
  }
}

/** http is taken for this very machine alone, in test, and it is a private address. */
function* checkClear(
  addresses: readonly string[],
  { privateAddresses }: { readonly privateAddresses: boolean },
  document: SettingsDocument,
  pointer: string,
  isTest: boolean,
): Generator<SettingsIssue> {
  const clear = addresses.find((one) => one.startsWith('http:'));
  if (clear === undefined || (isTest && privateAddresses)) return;
  yield makeIssue('ERR_CONFIG_UNSAFE', document.locate(pointer), {
    expected: say('https ; ou, en test, privateAddresses: true', 'https; or, in test, privateAddresses: true'),
    found: same(clear),
  });
}

/** Somebody proves who they are by one service: of the environment of the sites, with one way of saying who we are. */
function* checkProSanteConnect(
  service: ProSanteConnect,
  document: SettingsDocument,
  environment: 'test' | 'production' | undefined,
): Generator<SettingsIssue> {
  const base = `${BASE}/proSanteConnect`;
  const isTest = environment === 'test';
  const issue = (field: string, expected: ReturnType<typeof say>, found: string): SettingsIssue =>
    makeIssue('ERR_CONFIG_INVALID', document.locate(field ? `${base}/${field}` : base), { expected, found: same(found) });
  const { secret, key, certificate, issuer } = service;
  const proofs = [secret, key, certificate].filter((one) => one !== undefined).length;
  if (proofs !== 1)
    yield issue('', say('secret, key ou certificate : un seul des trois', 'secret, key or certificate: one of the three'), String(proofs));
  if ((service.service === 'other') !== (issuer !== undefined))
    yield issue('issuer', say('issuer avec service: other, et seulement avec lui', 'issuer with service: other, and with that only'), issuer ?? '-');
  // SAFETY A5: real professionals do not open test records, nor test cards real ones.
  if (environment && service.service === (isTest ? 'production' : 'sandbox'))
    yield makeIssue('ERR_CONFIG_ENVIRONMENT', document.locate(`${base}/service`), {
      expected: same(isTest ? 'sandbox' : 'production'),
      found: same(service.service),
    });
  if (issuer !== undefined) yield* checkClear([issuer], service, document, `${base}/issuer`, isTest);
  if (!isTest) yield* findTestSecrets(service, document, base);
}

/** `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/48`. */
function isNetwork(text: string): boolean {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** SAFETY C4: where two sites are one client of a DPI, whoever has the browser would choose of which site a launch comes. */
function* checkSharedRecords(sites: readonly Placed<SiteEntry>[]): Generator<SettingsIssue> {
  const named = new Map<string, string>();
  for (const { entry, document } of sites)
    for (const [index, issuer] of (entry.contextualCall?.profiles.smart ?? []).entries()) {
      const first = named.get(recordNamed(issuer)) ?? entry.site;
      named.set(recordNamed(issuer), first);
      if (first === entry.site) continue;
      yield makeIssue('ERR_CONFIG_DUPLICATE', document.locate(pointerTo(BASE, 'profiles', 'smart', index, 'clientId')), {
        expected: say(`un autre clientId que celui du site ${first} pour ce DPI`, `another clientId than that of site ${first} for this DPI`),
        found: same(issuer.clientId),
        fix: say(
          'Faire enregistrer dans le DPI une application par site : chacune a son clientId et ses adresses.',
          'Have one application for each site registered in the DPI: each has its clientId and its addresses.',
        ),
      });
    }
}

/** One record is opened, and links have one public address. */
export function* checkCalls(
  sites: readonly Placed<SiteEntry>[],
  engine: { entry: EngineSettings; document?: SettingsDocument | undefined },
): Generator<SettingsIssue> {
  const calling = sites.find(({ entry }) => entry.contextualCall);
  if (calling && engine.entry.contextualCall.publicUrl === undefined) {
    const { locate } = engine.document ?? calling.document;
    yield makeIssue('ERR_CONFIG_INVALID', locate(`${BASE}/publicUrl`), {
      expected: say(
        "l'adresse publique du moteur, ex. https://dcc.region.example",
        'the public address of the engine, e.g. https://dcc.region.example',
      ),
      found: say('rien', 'nothing'),
      fix: say(
        'Ajouter contextualCall.publicUrl au document « kind: engine » : les liens commencent par elle.',
        'Add contextualCall.publicUrl to the document "kind: engine": links begin with it.',
      ),
    });
  }
  const service = engine.entry.contextualCall.proSanteConnect;
  if (service && engine.document) yield* checkProSanteConnect(service, engine.document, sites[0]?.entry.environment);
  for (const { document } of sites.filter(({ entry }) => entry.contextualCall?.proSanteConnect && !service))
    yield makeIssue('ERR_CONFIG_INVALID', document.locate(`${BASE}/proSanteConnect`), {
      expected: say('contextualCall.proSanteConnect du document « kind: engine »', 'contextualCall.proSanteConnect of the document "kind: engine"'),
      found: say('rien', 'nothing'),
    });
  yield* checkSharedRecords(sites);
  for (const { document } of sites.filter(({ entry }) => entry.recordCall).slice(1))
    yield makeIssue('ERR_CONFIG_DUPLICATE', document.locate(BASE), {
      expected: say('un seul dossier appelé par contexte', 'one record that is called'),
    });
}
