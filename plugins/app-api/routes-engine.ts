/** Lanes, events, settings, sites, connectors, health, metrics. */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { SettingsRefused, type EngineFace } from '../../core/contract/index.ts';
import { PROMETHEUS_TYPE, prometheusText } from './prometheus.ts';
import { actor } from './routes-messages.ts';
import * as schema from './schemas.ts';
import type { ApiSettings } from './settings.ts';

/** 2,000 files of a few KB; protects memory from a folder sent by mistake. */
const SETTINGS_LIMIT_BYTES = 16 * 1024 * 1024;
const DEFAULT_LIMIT = 50;

const WELCOME = `Passerelle : administration du moteur, sans page web.
  En ligne de commande : npx passerelle --help (messages, lanes, alerts, where...)
  Par l'API            : /api/v1/openapi.json, avec le jeton de admin.token
  Supervision          : /healthz, /readyz, /metrics

Passerelle: administration of the engine, without web pages.
  Command line: npx passerelle --help. API: /api/v1/openapi.json, with the token in admin.token.
`;

/** Without token: a supervisor has none, and nothing here identifies anybody. */
export function healthRoutes(app: FastifyInstance, engine: EngineFace): void {
  const tags = ['health'];
  // Where a browser arrives that was given the address.
  app.get('/', { schema: { summary: 'Accueil / Welcome', tags } }, async (_, reply) => reply.type('text/plain; charset=utf-8').send(WELCOME));
  app.get('/healthz', { schema: { summary: 'Le processus répond / The process answers', tags } }, async () => ({
    status: 'ok',
    version: engine.version,
  }));
  app.get('/readyz', { schema: { summary: 'Le moteur prend des messages / The engine takes messages', tags } }, async (_, reply) => {
    const health = await engine.health();
    return reply.code(health.ready ? 200 : 503).send(health);
  });
  app.get('/metrics', { schema: { summary: 'Mesures / Metrics (Prometheus)', tags } }, async (_, reply) =>
    reply.type(PROMETHEUS_TYPE).send(prometheusText(engine.metrics())),
  );
}

export function eventRoutes(app: FastifyInstance, engine: EngineFace): void {
  app.get<{ Querystring: Static<typeof schema.EventList> }>(
    '/events',
    {
      schema: {
        summary: 'Flux des événements / Feed of events',
        tags: ['events'],
        querystring: schema.EventList,
        response: { 200: schema.pageOf(schema.Anything) },
      },
    },
    async ({ query }) => {
      const page = await engine.events({ ...query, limit: query.limit ?? DEFAULT_LIMIT });
      // ARCHITECTURE D6: the feed says that something happened; health data is fetched with a right of its own.
      const items = page.items.map(({ cursor, event }) => ({
        cursor,
        event: Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'data')),
      }));
      return { ...page, items };
    },
  );
}

export function settingsRoutes(app: FastifyInstance, engine: EngineFace, settings: ApiSettings): void {
  const tags = ['settings'];
  const options = { bodyLimit: SETTINGS_LIMIT_BYTES };
  type Given = { Body: Static<typeof schema.DocumentsToApply> };
  const answer = { response: { 200: schema.Anything } };
  app.post<Given>(
    '/settings/check',
    { ...options, schema: { summary: 'Vérifier / Check', tags, body: schema.Documents, ...answer } },
    async ({ body }) => ({
      issues: (await engine.settings.plan(body.documents)).issues,
    }),
  );
  app.post<Given>(
    '/settings/plan',
    { ...options, schema: { summary: 'Ce qui changerait / What would change', tags, body: schema.Documents, ...answer } },
    async ({ body }) => {
      const plan = await engine.settings.plan(body.documents);
      // Documents that were refused may hold a secret in clear: no value of theirs is shown.
      return plan.issues.length > 0 ? { ...plan, changes: [] } : plan;
    },
  );
  app.post<Given>(
    '/settings/apply',
    { ...options, schema: { summary: 'Appliquer / Apply', tags, body: schema.DocumentsToApply, ...answer } },
    async ({ body }) => {
      const { issues } = await engine.settings.plan(body.documents);
      if (issues.length > 0) throw new SettingsRefused({ code: 'ERR_CONFIG_INVALID', found: `${issues.length} issues` }, issues);
      return engine.settings.apply(body.documents, actor(settings, body), body.why);
    },
  );
  app.get(
    '/settings/revisions',
    { schema: { summary: 'Historique / History', tags, querystring: schema.Nothing, response: { 200: schema.listOf(schema.Anything) } } },
    async () => ({ items: await engine.settings.history() }),
  );
}

/** Everything that the journal holds, at once: read with a reason, as any content is. */
export function journalRoutes(app: FastifyInstance, engine: EngineFace, settings: ApiSettings): void {
  const tags = ['journal'];
  app.get(
    '/journal',
    {
      schema: {
        summary: 'Où et comment le journal est gardé / Where and how the journal is kept',
        tags,
        querystring: schema.Nothing,
        response: { 200: schema.Anything },
      },
    },
    () => engine.journal(),
  );
  app.post<{ Body: Static<typeof schema.BackupReason> }>(
    '/backups',
    {
      schema: {
        summary: 'Sauvegarde, en un flux, avec un motif audité / Backup as a stream, with an audited reason',
        tags,
        body: schema.BackupReason,
      },
    },
    async ({ body, ip }, reply) => {
      await settings.audit({ who: actor(settings, body), message: 'backup', reason: body.why, peer: ip });
      return reply.type('application/octet-stream').send(Readable.from(await engine.backup(), { objectMode: false }));
    },
  );
}

export function kitRoutes(app: FastifyInstance, engine: EngineFace, settings: ApiSettings): void {
  const tags = ['kits'];
  app.post<{ Body: Static<typeof schema.KitWanted> }>(
    '/kits',
    { schema: { summary: "Kit d'un site, signé / Signed kit of a site", tags, body: schema.KitWanted, response: { 200: schema.Anything } } },
    async ({ body, ip }) => {
      const who = actor(settings, body);
      const { bytes, ...kit } = await engine.kits.build({ connector: body.connector, site: body.site, who });
      await settings.audit({ who, message: `kit ${kit.name}`, reason: kit.sha256, peer: ip });
      return { ...kit, content: Buffer.from(bytes).toString('base64') };
    },
  );
  app.get(
    '/kits',
    { schema: { summary: 'Kits faits / Kits built', tags, querystring: schema.Nothing, response: { 200: schema.listOf(schema.Anything) } } },
    async () => ({ items: await engine.kits.list() }),
  );
}

export function registryRoutes(app: FastifyInstance, engine: EngineFace): void {
  const response = { 200: schema.listOf(schema.Anything) };
  app.get(
    '/connectors',
    { schema: { summary: 'Connecteurs / Connectors', tags: ['connectors'], querystring: schema.Nothing, response } },
    async () => ({ items: engine.connectors() }),
  );
  app.get('/sites', { schema: { summary: 'Sites', tags: ['sites'], querystring: schema.Nothing, response } }, async () => ({
    items: ((await engine.settings.active())?.documents ?? []).flatMap(siteSummary),
  }));
}

/** Names and versions only: a document may hold references to secrets. */
function siteSummary(document: unknown): object[] {
  const { kind, site, name, role = 'establishment', environment, connectors = [] } = document as Record<string, unknown>;
  if (kind !== 'site') return [];
  const pins = connectors as { readonly id: string; readonly version: string; readonly endpoints?: readonly Record<string, unknown>[] }[];
  return [
    {
      site,
      name,
      role,
      environment,
      connectors: pins.map(({ id, version, endpoints = [] }) => ({
        id,
        version,
        endpoints: endpoints.map((endpoint) => ({ name: endpoint['name'], direction: endpoint['direction'], transport: endpoint['transport'] })),
      })),
    },
  ];
}
