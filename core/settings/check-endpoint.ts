/** One endpoint: the engine's fields by its direction, the rest by its transport's schema, then safety and duplicates. */
import type { ConnectorManifest, SettingsIssue, TransportPlugin } from '../contract/index.ts';
import { answersTaken, EVENT_DATA, isAnswerType } from '../model/index.ts';
import { checkSchema, unknownField } from './check-schema.ts';
import { pointerTo, type SettingsDocument } from './documents.ts';
import { makeIssue, same, say } from './issue.ts';
import { isLoopback } from './loopback.ts';
import type { Endpoint } from './region.ts';
import { InboundFields, OutboundFields } from './schema-site.ts';

interface Place {
  readonly document: SettingsDocument;
  readonly base: string;
  readonly transports: readonly Pick<TransportPlugin, 'id' | 'settingsSchema'>[];
  /** Absent when the connector is unknown: said elsewhere. */
  readonly manifest?: ConnectorManifest | undefined;
  readonly role: 'establishment' | 'record';
}

/** Takes a copy of the endpoint as written; `endpoint` is absent when its kind cannot be told. */
export function readEndpoint(raw: Record<string, unknown>, place: Place): { endpoint?: Endpoint; issues: readonly SettingsIssue[] } {
  const direction = raw['direction'];
  if (direction !== 'in' && direction !== 'out') return { issues: [] };
  const schema = direction === 'in' ? InboundFields : OutboundFields;
  const names = Object.keys(schema.properties);
  const own = Object.fromEntries(Object.entries(raw).filter(([name]) => names.includes(name)));
  const transportSettings = Object.fromEntries(Object.entries(raw).filter(([name]) => !names.includes(name)));
  const { document, base } = place;
  const issues = [...checkSchema(schema, own, document, base), ...checkTransport(transportSettings, raw, direction, names, place)];
  const endpoint = { ...own, transportSettings } as unknown as Endpoint;
  if (endpoint.direction === 'out') issues.push(...checkOutbound(endpoint, place));
  else issues.push(...checkExposure(endpoint, document, base));
  return { endpoint, issues };
}

function checkTransport(
  settings: Record<string, unknown>,
  raw: Record<string, unknown>,
  direction: 'in' | 'out',
  engineFields: readonly string[],
  { document, base, transports, manifest }: Place,
): readonly SettingsIssue[] {
  const transport = transports.find(({ id }) => id === raw['transport']);
  if (!transport) {
    if (typeof raw['transport'] !== 'string') return [];
    const expected = same(transports.map(({ id }) => id).join(', '));
    return [makeIssue('ERR_CONFIG_INVALID', document.locate(pointerTo(base, 'transport')), { expected, found: same(raw['transport'].slice(0, 60)) })];
  }
  const issues: SettingsIssue[] = [];
  if (manifest && !Object.hasOwn(manifest.formats, transport.id)) {
    const expected = say(
      `un transport de ${manifest.id} : ${Object.keys(manifest.formats).join(', ')}`,
      `a transport of ${manifest.id}: ${Object.keys(manifest.formats).join(', ')}`,
    );
    issues.push(makeIssue('ERR_CONFIG_INVALID', document.locate(pointerTo(base, 'transport')), { expected, found: same(transport.id) }));
  }
  const schema = transport.settingsSchema[direction];
  const known = Object.keys((schema as { properties?: object }).properties ?? {});
  for (const name of Object.keys(settings)) {
    if (!known.includes(name)) issues.push(unknownField(document, base, name, [...engineFields, ...known]));
  }
  return [...issues, ...checkSchema(withoutUnknownRule(schema), settings, document, base)];
}

/** Unknown fields are said above, with the engine's own names among the suggestions. One copy per schema, so that it is compiled once. */
const relaxed = new WeakMap<object, object>();
function withoutUnknownRule(schema: object): object {
  let copy = relaxed.get(schema);
  if (!copy) relaxed.set(schema, (copy = { ...schema, additionalProperties: true }));
  return copy;
}

function* checkOutbound(endpoint: Extract<Endpoint, { direction: 'out' }>, { document, base, manifest, role }: Place): Generator<SettingsIssue> {
  if (!endpoint.idempotent && endpoint.duplicates === undefined) {
    yield makeIssue('ERR_CONFIG_INVALID', document.locate(pointerTo(base, 'duplicates')), {
      expected: say(
        "duplicates: tolerated ou review, car le destinataire n'est pas idempotent",
        'duplicates: tolerated or review, since the receiver is not idempotent',
      ),
      found: say('rien', 'nothing'),
      fix: say(
        'Demander au destinataire ce qu’il fait d’un document reçu deux fois : tolerated (il le reconnaît ou le tolère) ou review (une personne décide).',
        'Ask the receiver what it does with a document received twice: tolerated (it copes) or review (a person decides).',
      ),
    });
  }
  const sends: unknown = endpoint.sends;
  for (const [index, pattern] of (Array.isArray(sends) ? sends : []).entries()) {
    if (typeof pattern !== 'string') continue;
    const types = eventTypesOf(pattern);
    const issue = (expected: ReturnType<typeof say>): SettingsIssue =>
      makeIssue('ERR_CONFIG_INVALID', document.locate(pointerTo(base, 'sends', index)), { expected, found: same(pattern.slice(0, 60)) });
    if (types.length === 0)
      yield issue(say("un motif d'au moins un type d'événement, ex. dcc.document.*", 'a pattern of at least one event type, e.g. dcc.document.*'));
    // Answers alone, and none that its product has a word for: each would be a delivery that nobody can make.
    else if (manifest && types.every((type) => isAnswerType(type) && !answersTaken(manifest, endpoint.transport, role).includes(type)))
      yield issue(
        say(`une réponse que ${manifest.id} sait recevoir par ${endpoint.transport}`, `an answer that ${manifest.id} takes by ${endpoint.transport}`),
      );
  }
  if (endpoint.retry?.firstMs > endpoint.retry?.maxMs) {
    yield makeIssue('ERR_CONFIG_INVALID', document.locate(pointerTo(base, 'retry', 'maxMs')), {
      expected: say('maxMs ≥ firstMs', 'maxMs >= firstMs'),
    });
  }
}

/** Event types that a `sends` pattern takes: exact, or `*` for any run of characters at its end. */
export function eventTypesOf(pattern: string): readonly string[] {
  const types = Object.keys(EVENT_DATA);
  if (!pattern.endsWith('*')) return types.filter((type) => type === pattern);
  return types.filter((type) => type.startsWith(pattern.slice(0, -1)));
}

/**
 * ARCHITECTURE section 7: beyond loopback a listener knows its peers. MLLP: by certificate or by address; HTTPS: under TLS, by certificate or by token.
 * What the transports say when they open, said before; the public listener: `checkPublic` of the region.
 */
function* checkExposure(endpoint: Extract<Endpoint, { direction: 'in' }>, document: SettingsDocument, base: string): Generator<SettingsIssue> {
  const { host } = endpoint.transportSettings;
  if (typeof host !== 'string' || isLoopback(host) || knowsItsPeers(endpoint)) return;
  yield makeIssue('ERR_CONFIG_UNSAFE', document.locate(pointerTo(base, 'host')), { expected: peersOf(endpoint), found: same(host) });
}

export function knowsItsPeers({ transport, transportSettings }: Endpoint): boolean {
  const { allow, tls, token } = transportSettings as { allow?: unknown; tls?: { clientCa?: unknown }; token?: unknown };
  if (tls?.clientCa) return true;
  return transport === 'https' ? Boolean(tls && token) : Array.isArray(allow) && allow.length > 0;
}

/** What an endpoint needs beyond loopback. */
export const peersOf = ({ transport }: Endpoint): ReturnType<typeof say> =>
  transport === 'https'
    ? say('tls avec token ou tls.clientCa, hors de la machine locale', 'tls with token or tls.clientCa, beyond loopback')
    : say('tls.clientCa ou allow, hors de la machine locale', 'tls.clientCa or allow, beyond loopback');
