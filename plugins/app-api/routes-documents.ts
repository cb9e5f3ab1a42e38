/** Documents: where one is, and those that wait for a person to say what they are. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import type { EngineFace } from '../../core/contract/index.ts';
import { actor } from './routes-messages.ts';
import * as schema from './schemas.ts';
import type { ApiSettings } from './settings.ts';

export function documentRoutes(app: FastifyInstance, engine: EngineFace, settings: ApiSettings): void {
  const tags = ['documents'];
  const where = { summary: 'Où est ce document / Where is this document', tags, response: { 200: schema.DocumentAnswer } };
  app.get<{ Params: { id: string } }>('/documents/:id', { schema: { ...where, params: schema.DocumentId, querystring: schema.Nothing } }, (request) =>
    engine.document(request.params.id),
  );
  app.post<{ Body: Static<typeof schema.DocumentSearch> }>('/documents/search', { schema: { ...where, body: schema.DocumentSearch } }, (request) =>
    engine.document(request.body.document),
  );
  app.get<{ Querystring: Static<typeof schema.EventList> }>(
    '/documents/untyped',
    {
      schema: {
        summary: 'Documents à typer / Documents to be typed',
        tags,
        querystring: schema.EventList,
        response: { 200: schema.pageOf(schema.UntypedAnswer) },
      },
    },
    ({ query: { limit = 50, after } }) => engine.untyped({ limit, ...(after !== undefined && { after }) }),
  );
  app.post<{ Params: { id: string }; Body: Static<typeof schema.TypeChoice> }>(
    `/documents/untyped/${schema.ID}::type`,
    {
      schema: {
        summary: 'Dire ce qu’est un document, et tous ceux de son code / Say what a document is, and all of its code',
        description: 'Les messages débloqués sont décidés de nouveau : leur décision se lit dans leur histoire.',
        tags,
        params: schema.Id,
        body: schema.TypeChoice,
        response: { 200: schema.IdsAnswer },
      },
    },
    async ({ params, body: { type, remember, why, ...body } }) => ({
      ids: await engine.typeDocument({
        id: params.id,
        type,
        who: actor(settings, body),
        ...(remember !== undefined && { remember }),
        ...(why !== undefined && { why }),
      }),
    }),
  );
  app.get(
    '/documents/types',
    {
      schema: {
        summary: 'Types retenus par code / Types kept for codes',
        tags,
        querystring: schema.Nothing,
        response: { 200: schema.listOf(schema.TypedAnswer) },
      },
    },
    async () => ({ items: await engine.learnedTypes() }),
  );
  app.post<{ Body: Static<typeof schema.TypedCode> }>(
    '/documents/types::forget',
    {
      schema: {
        summary: 'Revenir sur un type retenu / Take back a type',
        tags,
        body: schema.TypedCode,
        response: { 200: schema.listOf(schema.TypedAnswer) },
      },
    },
    async ({ body: { site, system, code, why, ...body } }) => {
      await engine.forgetType({ site, system, code }, actor(settings, body), why);
      return { items: await engine.learnedTypes() };
    },
  );
}
