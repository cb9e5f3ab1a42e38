/** Identities: what is known of a person, what waits for identity vigilance, and its decisions. Numbers of patients travel in bodies only. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import type { EngineFace, IdentityTask } from '../../core/contract/index.ts';
import { actor } from './routes-messages.ts';
import * as schema from './schemas.ts';
import type { ApiSettings } from './settings.ts';

const DEFAULT_LIMIT = 50;
const VERBS = {
  accept:
    'Accepter ce que dit le message, et ceux qui demandent la même chose (alike) / Accept what the message says, and those that ask the same (alike)',
  reject: 'Rejeter le message, et ceux qui demandent la même chose (alike) / Reject the message, and those that ask the same (alike)',
} as const;

export function identityRoutes(app: FastifyInstance, engine: EngineFace, settings: ApiSettings): void {
  const tags = ['identities'];
  app.get<{ Querystring: { state?: IdentityTask['state'][]; limit?: number; after?: string } }>(
    '/identities/tasks',
    {
      schema: {
        summary: "Ce qui attend la cellule d'identitovigilance / What waits for identity vigilance",
        tags,
        querystring: schema.IdentityTaskList,
        response: { 200: schema.pageOf(schema.IdentityTaskAnswer) },
      },
    },
    ({ query }) => engine.identities.tasks({ ...query, limit: query.limit ?? DEFAULT_LIMIT }),
  );
  app.get<{ Params: { id: string }; Querystring: { reason: string } }>(
    `/identities/tasks/${schema.ID}`,
    {
      schema: {
        summary: 'De quoi décider, avec un motif audité / What a decision needs, with an audited reason',
        tags,
        params: schema.Id,
        querystring: schema.Reason,
        response: { 200: schema.IdentityTaskAnswer },
      },
    },
    async ({ params, query, ip }) => {
      await settings.audit({ who: settings.tokenName, message: params.id, reason: query.reason, peer: ip });
      return engine.identities.task(params.id);
    },
  );
  app.post<{ Body: Static<typeof schema.IdentitySearch> }>(
    '/identities/search',
    {
      schema: {
        summary: "L'identité connue et ses sources, avec un motif audité / The identity on file and its sources, with an audited reason",
        description: 'Les numéros de patient ne vont jamais dans une adresse.',
        tags,
        body: schema.IdentitySearch,
        response: { 200: schema.IdentityAnswer },
      },
    },
    async ({ body: { domain, ipp, reason, ...said }, ip }) => {
      // A refusal to say who exists is not needed: who asks is written down first.
      await settings.audit({ who: actor(settings, said), message: `identity ${domain}`, reason, peer: ip });
      return engine.identities.find({ domain, ipp });
    },
  );
  for (const [verb, summary] of Object.entries(VERBS)) {
    const decision = verb === 'accept' ? schema.Acceptance : schema.Decision;
    app.post<{ Params: { id: string }; Body: Static<typeof schema.Acceptance> }>(
      `/identities/tasks/${schema.ID}::${verb}`,
      { schema: { summary, tags, params: schema.Id, body: decision, response: { 200: schema.IdentityTaskAnswer } } },
      ({ params, body: { question, why, ...said } }) =>
        engine.identities.answer({
          id: params.id,
          verdict: verb as keyof typeof VERBS,
          ...(question !== undefined && { question }),
          who: actor(settings, said),
          why,
        }),
    );
  }
  app.post<{ Body: Static<typeof schema.Unmerge> }>(
    '/identities::unmerge',
    {
      schema: {
        summary: 'Défaire une fusion : le numéro fusionné revaut pour lui-même / Undo a merge: the absorbed number stands for itself again',
        tags,
        body: schema.Unmerge,
        response: { 200: schema.Unmerged },
      },
    },
    ({ body: { domain, ipp, why, ...said } }) => engine.identities.unmerge({ domain, ipp }, { who: actor(settings, said), why }),
  );
}
