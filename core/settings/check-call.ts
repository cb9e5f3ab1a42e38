/** Rules of the contextual call that a schema cannot say: of one site, and between sites and the engine's document. */
import { isIP } from 'node:net';
import type { SettingsIssue } from '../contract/index.ts';
import type { Placed } from './check.ts';
import { checkSchema } from './check-schema.ts';
import { pointerTo, type SettingsDocument } from './documents.ts';
import { makeIssue, same, say } from './issue.ts';
import type { ConnectorEntry, EngineSettings, SiteEntry } from './region.ts';
import { RecordCall, SiteCall } from './schema-call.ts';

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
    : [...checkOfSite(call as SiteCall, document, connectors), ...checkDialects(call as SiteCall, document, connectors)];
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

/** `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/48`. */
function isNetwork(text: string): boolean {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
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
  for (const { document } of sites.filter(({ entry }) => entry.recordCall).slice(1))
    yield makeIssue('ERR_CONFIG_DUPLICATE', document.locate(BASE), {
      expected: say('un seul dossier appelé par contexte', 'one record that is called'),
    });
}
