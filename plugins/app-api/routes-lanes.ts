/** Lanes: what waits, who blocks whom, what a person orders of a lane; and the alerts of lanes and of the machine. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import type { EngineFace } from '../../core/contract/index.ts';
import { actor } from './routes-messages.ts';
import * as schema from './schemas.ts';
import type { ApiSettings } from './settings.ts';

const VERBS = {
  pause: 'Suspendre / Pause',
  resume: 'Reprendre / Resume',
  release: "Libérer ce qui attend, sauf l'identité à vérifier (une à une) / Release what is held, but identities to be checked (one by one)",
} as const;

export function laneRoutes(app: FastifyInstance, engine: EngineFace, settings: ApiSettings): void {
  const tags = ['lanes'];
  const one = { tags, params: schema.Name, response: { 200: schema.LaneAnswer } };
  type Named = { readonly name: string };
  app.get(
    '/lanes',
    { schema: { summary: 'Files / Lanes', tags, querystring: schema.Nothing, response: { 200: schema.listOf(schema.LaneAnswer) } } },
    async () => ({
      items: await engine.lanes(),
    }),
  );
  app.get(
    '/alerts',
    {
      schema: {
        summary: 'Ce qui demande une personne / What needs a person',
        tags: ['alerts'],
        querystring: schema.Nothing,
        response: { 200: schema.AlertsAnswer },
      },
    },
    () => engine.alerts(),
  );
  app.get<{ Params: Named }>(
    `/lanes/${schema.NAME}`,
    {
      schema: {
        ...one,
        summary: 'Une file et ce qui la bloque / A lane and what blocks it',
        querystring: schema.Nothing,
        response: { 200: schema.LaneDetailAnswer },
      },
    },
    (request) => engine.laneDetail(request.params.name),
  );
  for (const [verb, summary] of Object.entries(VERBS)) {
    app.post<{ Params: Named }>(`/lanes/${schema.NAME}::${verb}`, { schema: { ...one, summary, body: schema.Act } }, (request) =>
      engine.lane(request.params.name, verb as keyof typeof VERBS),
    );
  }
  app.get<{ Params: Named; Querystring: { capability?: 'ins' } }>(
    `/lanes/${schema.NAME}/withheld`,
    {
      schema: {
        ...one,
        summary: "Ce qu'un destinataire pas encore prêt n'a pas reçu en entier / What a receiver that is not ready was not told in full",
        querystring: schema.CapabilityQuery,
        response: { 200: schema.WithheldAnswer },
      },
    },
    ({ params, query }) => engine.identities.withheld(params.name, query.capability ?? 'ins'),
  );
  const ready = {
    ready: 'Déclarer prêt : libérer en mises à jour ce qui a été gardé / Declare ready: release what was kept as updates',
    'not-ready': 'Arrêter la libération, revenir à l’ancien format / Stop the release, back to the form of before',
  } as const;
  for (const [verb, summary] of Object.entries(ready)) {
    app.post<{ Params: Named; Body: Static<typeof schema.Ready> }>(
      `/lanes/${schema.NAME}::${verb}`,
      { schema: { ...one, summary, body: schema.Ready, response: { 200: schema.WithheldAnswer } } },
      ({ params: { name: lane }, body }) => {
        const { capability = 'ins', perMinute, why } = body;
        const order = { lane, capability, verb: verb as keyof typeof ready, who: actor(settings, body), why };
        return engine.identities.declare({ ...order, ...(perMinute !== undefined && { perMinute }) });
      },
    );
  }
  app.post<{ Params: Named; Body: Static<typeof schema.Downtime> }>(
    `/lanes/${schema.NAME}::downtime`,
    { schema: { ...one, summary: 'Arrêt prévu du destinataire / Planned downtime of the receiver', body: schema.Downtime } },
    ({ params: { name: lane }, body }) => {
      if ('cancel' in body) return engine.withdraw(lane, 'downtime');
      const at = new Date().toISOString();
      const { until, from = at, why } = body;
      return engine.order({ kind: 'downtime', lane, at, who: actor(settings, body), from, until, ...(why && { why }) });
    },
  );
  app.post<{ Params: Named; Body: Static<typeof schema.Rate> }>(
    `/lanes/${schema.NAME}::rate`,
    { schema: { ...one, summary: 'Cadence maximale, null = sans limite / Highest rate, null = none', body: schema.Rate } },
    ({ params: { name: lane }, body }) => {
      const { perMinute, why } = body;
      if (perMinute === null) return engine.withdraw(lane, 'rate');
      return engine.order({ kind: 'rate', lane, at: new Date().toISOString(), who: actor(settings, body), perMinute, ...(why && { why }) });
    },
  );
}
