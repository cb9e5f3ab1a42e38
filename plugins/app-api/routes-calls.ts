/** Contextual calls: the ledger, the debugger, the keys of sites. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Type } from '../../core/model/index.ts';
import type { EngineFace } from '../../core/contract/index.ts';
import { actor } from './routes-messages.ts';
import * as schema from './schemas.ts';
import type { ApiSettings } from './settings.ts';

const strict = { additionalProperties: false };
const DAY_MS = 86_400_000;
const finess = Type.String({ pattern: '^[0-9][0-9AB][0-9]{7}$' });
const CallList = Type.Object(
  {
    site: Type.Optional(finess),
    outcome: Type.Optional(Type.Enum(['link', 'refused', 'redeemed', 'opened', 'created', 'abandoned', 'rotated'])),
    since: Type.Optional(Type.String({ format: 'date-time' })),
    ...schema.EventList.properties,
  },
  strict,
);
const Since = Type.Object({ since: Type.Optional(Type.String({ format: 'date-time' })) }, strict);
const Verify = Type.Object(
  {
    bytes: Type.String({ maxLength: 100_000, description: 'Base64 de ce qui a été envoyé / of what was sent', contentEncoding: 'base64' }),
    site: Type.Optional(finess),
    connector: Type.Optional(Type.String({ maxLength: 60 })),
    now: Type.Optional(Type.String({ format: 'date-time' })),
  },
  strict,
);
const who = schema.Act.properties.who;
const Invite = Type.Object(
  { site: finess, weak: Type.Optional(Type.Boolean({ description: 'Clé d’un seul poste, sans relais / of one workstation' })), who },
  strict,
);
const Confirm = Type.Object({ kid: Type.String({ maxLength: 60 }), fingerprint: Type.String({ maxLength: 60 }), who }, strict);
const Revoke = Type.Object({ kid: Type.String({ maxLength: 60 }), why: Type.String({ minLength: 1, maxLength: 500 }), who }, strict);
const OfSite = Type.Object({ site: Type.Optional(finess) }, strict);
const Acting = Type.Object({ who }, strict);
const Answer = Type.Unsafe<object>({ type: 'object', additionalProperties: true });

export function callRoutes(app: FastifyInstance, { calls }: EngineFace, settings: ApiSettings): void {
  const about = (summary: string, more: object) => ({ schema: { summary, tags: ['calls'], response: { 200: Answer }, ...more } });
  const page = { response: { 200: schema.pageOf(Answer) } };
  app.get<{ Querystring: Static<typeof CallList> }>(
    '/calls',
    about('Registre des appels / Ledger of calls', { querystring: CallList, ...page }),
    ({ query: { limit = 50, after, ...filter } }) => calls.ledger(filter, { limit, ...(after !== undefined && { after }) }),
  );
  app.get<{ Params: { reference: string } }>(
    '/calls/:reference(AC-[A-Z0-9]{8})',
    about('Un appel, par sa référence / One call by its reference', { querystring: schema.Nothing }),
    ({ params }) => calls.entry(params.reference),
  );
  app.get<{ Querystring: Static<typeof Since> }>(
    '/calls/counts',
    about('Appels par site, jour, profil, voie et issue / Calls by site, day, profile, action and outcome', { querystring: Since }),
    async ({ query }) => ({ items: await calls.counts(query.since ?? new Date(Date.now() - 30 * DAY_MS).toISOString()) }),
  );
  app.post<{ Body: Static<typeof Verify> }>(
    '/calls/verify',
    about('Montre chaque contrôle d’un appel, sans le consommer / Shows each check of a call without using it up', { body: Verify }),
    ({ body: { bytes, ...rest } }) => calls.verify({ ...rest, bytes: Buffer.from(bytes, 'base64') }),
  );
  app.get<{ Querystring: Static<typeof OfSite> }>(
    '/calls/keys',
    about('Clés des sites / Keys of sites', { querystring: OfSite }),
    async ({ query }) => ({ items: await calls.keys(query.site) }),
  );
  app.post<{ Body: Static<typeof Invite> }>(
    '/calls/keys::invite',
    about("Code d'enrôlement, montré une fois / Enrolment code, shown once", { body: Invite }),
    ({ body }) => calls.invite(body.site, actor(settings, body), body.weak),
  );
  app.post<{ Body: Static<typeof Confirm> }>(
    '/calls/keys::confirm',
    about('Confirmer une clé, empreinte relue / Confirm a key whose fingerprint was read out', { body: Confirm }),
    ({ body }) => calls.confirmKey(body.kid, body.fingerprint, actor(settings, body)),
  );
  app.post<{ Body: Static<typeof Revoke> }>('/calls/keys::revoke', about('Révoquer une clé / Revoke a key', { body: Revoke }), ({ body }) =>
    calls.revokeKey(body.kid, actor(settings, body), body.why),
  );
  app.post<{ Body: Static<typeof Acting> }>(
    '/calls/keys::rotate-engine',
    about('Nouvelle clé de chiffrement du moteur / New encryption key of the engine', { body: Acting }),
    () => calls.rotateEngineKey(),
  );
}
