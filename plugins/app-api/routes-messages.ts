/** Messages and deliveries: what happened to what, and the decisions of people. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import type { ActRequest, EngineFace, MessageQuery } from '../../core/contract/index.ts';
import * as schema from './schemas.ts';
import type { ApiSettings } from './settings.ts';

/** A message of the largest size, corrected by hand, in Base64; protects memory from an endless body. */
const RESUBMIT_LIMIT_BYTES = 150 * 1024 * 1024;
const DEFAULT_LIMIT = 50;

type Query = Omit<MessageQuery, 'limit'> & { readonly limit?: number };
type Act = Static<typeof schema.Act>;

export function messageRoutes(app: FastifyInstance, engine: EngineFace, settings: ApiSettings): void {
  const tags = ['messages'];
  const query = (given: Query): MessageQuery => ({ ...given, limit: given.limit ?? DEFAULT_LIMIT });
  app.get<{ Querystring: Query }>(
    '/messages',
    {
      schema: {
        summary: 'Lister les messages / List messages',
        tags,
        querystring: schema.MessageList,
        response: { 200: schema.pageOf(schema.MessageAnswer) },
      },
    },
    (request) => engine.messages(query(request.query)),
  );
  app.post<{ Body: Query }>(
    '/messages/search',
    {
      schema: {
        summary: 'Chercher par patient ou document / Search by patient or document',
        description: 'Les identifiants de patient et de document ne vont jamais dans une adresse.',
        tags,
        body: schema.MessageSearch,
        response: { 200: schema.pageOf(schema.MessageAnswer) },
      },
    },
    (request) => engine.messages(query(request.body)),
  );
  app.get<{ Params: { id: string } }>(
    `/messages/${schema.ID}`,
    {
      schema: { summary: 'Un message / One message', tags, params: schema.Id, querystring: schema.Nothing, response: { 200: schema.MessageAnswer } },
    },
    async (request) => (await engine.message(request.params.id)).message,
  );
  app.get<{ Params: { id: string } }>(
    `/messages/${schema.ID}/timeline`,
    {
      schema: {
        summary: 'Son histoire / Its history',
        tags,
        params: schema.Id,
        querystring: schema.Nothing,
        response: { 200: schema.TimelineAnswer },
      },
    },
    (request) => engine.message(request.params.id),
  );
  app.get<{ Params: { id: string }; Querystring: { reason: string } }>(
    `/messages/${schema.ID}/content`,
    {
      schema: {
        summary: 'Octets reçus, avec un motif audité / Received bytes, with an audited reason',
        tags,
        params: schema.Id,
        querystring: schema.Reason,
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await settings.audit({ who: settings.tokenName, message: id, reason: request.query.reason, peer: request.ip });
      const bytes = await engine.content(id);
      return reply.type('application/octet-stream').header('content-disposition', `attachment; filename="${id}"`).send(Buffer.from(bytes));
    },
  );
  app.post<{ Params: { id: string }; Body: Static<typeof schema.Resubmission> }>(
    `/messages/${schema.ID}::resubmit`,
    {
      bodyLimit: RESUBMIT_LIMIT_BYTES,
      schema: {
        summary: 'Soumettre les octets corrigés / Submit corrected bytes',
        tags,
        params: schema.Id,
        body: schema.Resubmission,
        response: { 200: schema.IdsAnswer },
      },
    },
    async ({ params, body }) => ({ ids: [await engine.resubmit(params.id, Buffer.from(body.content, 'base64'), actor(settings, body), body.why)] }),
  );
  app.post<{ Body: Static<typeof schema.Replay> }>(
    '/messages::replay',
    {
      schema: {
        summary: 'Rejouer une page de messages choisis par filtre, les plus anciens d’abord / Replay one page of a filter, oldest first',
        description: 'Répond 503 ERR_BACKPRESSURE tant que les pages précédentes attendent leur traduction : redemander la même page.',
        tags,
        body: schema.Replay,
        response: { 200: schema.ReplayAnswer },
      },
    },
    ({ body: { who, ...body } }) =>
      engine.replay({ ...body, limit: body.limit ?? DEFAULT_LIMIT, who: actor(settings, { ...(who && { who }) }) } as Parameters<
        EngineFace['replay']
      >[0]),
  );
  const acts = { replay: 'Rejouer / Replay', discard: 'Écarter / Discard' } as const;
  for (const [verb, summary] of Object.entries(acts)) actRoute(app, engine, settings, 'messages', verb as ActRequest['verb'], summary);
}

export function deliveryRoutes(app: FastifyInstance, engine: EngineFace, settings: ApiSettings): void {
  app.get<{ Querystring: Static<typeof schema.DeliveryList> }>(
    '/deliveries',
    {
      schema: {
        summary: 'Lister les remises / List deliveries',
        tags: ['deliveries'],
        querystring: schema.DeliveryList,
        response: { 200: schema.pageOf(schema.DeliveryAnswer) },
      },
    },
    (request) => engine.deliveries({ ...request.query, limit: request.query.limit ?? DEFAULT_LIMIT } as Parameters<EngineFace['deliveries']>[0]),
  );
  const acts = { release: 'Libérer / Release', resend: 'Renvoyer / Resend', confirm: 'Confirmer / Confirm', discard: 'Écarter / Discard' } as const;
  for (const [verb, summary] of Object.entries(acts)) actRoute(app, engine, settings, 'deliveries', verb as ActRequest['verb'], summary);
}

function actRoute(
  app: FastifyInstance,
  engine: EngineFace,
  settings: ApiSettings,
  kind: 'messages' | 'deliveries',
  verb: ActRequest['verb'],
  summary: string,
): void {
  app.post<{ Params: { id: string }; Body: Act }>(
    `/${kind}/${schema.ID}::${verb}`,
    { schema: { summary, tags: [kind], params: schema.Id, body: schema.Act, response: { 200: schema.IdsAnswer } } },
    async ({ params, body }) => ({
      ids: await engine.act({ verb, ids: [params.id], who: actor(settings, body), ...(body.why !== undefined && { why: body.why }) }),
    }),
  );
}

/** The token is proven, the person beside it only said. */
export const actor = (settings: ApiSettings, { who }: { readonly who?: string }): string =>
  who ? `${settings.tokenName}/${who}` : settings.tokenName;
