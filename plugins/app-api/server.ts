/** The admin listener: one Fastify server, guarded, every request checked by a schema. */
import { Ajv, type ValidateFunction } from 'ajv';
import ajvFormats from 'ajv-formats';
import fastify, { type FastifyInstance } from 'fastify';
import { PasserelleError, type EngineFace } from '../../core/contract/index.ts';
import { hostGuard, tokenGuard } from './guard.ts';
import { IdempotencyMemory } from './idempotency.ts';
import { openApi, recordsOf, type RouteRecord } from './openapi.ts';
import { sendProblem } from './problem.ts';
import { documentRoutes } from './routes-documents.ts';
import { eventRoutes, healthRoutes, journalRoutes, kitRoutes, registryRoutes, settingsRoutes } from './routes-engine.ts';
import { callRoutes } from './routes-calls.ts';
import { identityRoutes } from './routes-identities.ts';
import { laneRoutes } from './routes-lanes.ts';
import { deliveryRoutes, messageRoutes } from './routes-messages.ts';
import { Nothing } from './schemas.ts';
import type { ApiSettings } from './settings.ts';

/** Bodies of acts are a sentence; the routes that take more say so. */
const BODY_LIMIT_BYTES = 64 * 1024;
/** A slow client holds one connection for this long at most, and there are this many. */
const REQUEST_TIMEOUT_MS = 60_000;
const MAX_CONNECTIONS = 256;

export function buildServer(engine: EngineFace, settings: ApiSettings): FastifyInstance {
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  checkWith(app);
  const routes: RouteRecord[] = [];
  app.addHook('onRoute', (route) => void routes.push(...recordsOf(route)));
  app.addHook('onRequest', hostGuard(settings));
  app.addHook('onSend', async (_, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox" });
  });
  app.setErrorHandler((error, _, reply) => sendProblem(reply, error));
  app.setNotFoundHandler((_, reply) => sendProblem(reply, new PasserelleError('ERR_NOT_FOUND')));
  healthRoutes(app, engine);
  // Guards hang on this scope, not on the text of the address: `/%61pi/...` is routed here and guarded as well.
  app.register(async (api) => addApi(api, engine, settings, routes), { prefix: '/api/v1' });
  return app;
}

function addApi(api: FastifyInstance, engine: EngineFace, settings: ApiSettings, routes: readonly RouteRecord[]): void {
  const memory = new IdempotencyMemory();
  api.addHook('onRequest', tokenGuard(settings));
  // An act without a body is an act without a reason.
  api.addHook('preValidation', async (request) => {
    if (request.method === 'POST') request.body ??= {};
  });
  api.addHook('preHandler', (request, reply) => memory.before(request, reply));
  api.addHook('onSend', (request, reply, payload) => memory.after(request, reply, payload));
  messageRoutes(api, engine, settings);
  deliveryRoutes(api, engine, settings);
  documentRoutes(api, engine, settings);
  laneRoutes(api, engine, settings);
  identityRoutes(api, engine, settings);
  callRoutes(api, engine, settings);
  eventRoutes(api, engine);
  settingsRoutes(api, engine, settings);
  registryRoutes(api, engine);
  kitRoutes(api, engine, settings);
  journalRoutes(api, engine, settings);
  api.get('/openapi.json', { schema: { summary: 'Cette description / This description', tags: ['openapi'], querystring: Nothing } }, async () =>
    openApi(routes, engine.version),
  );
}

/** Texts of an address are converted (`limit=10`, one `state`); a body is taken as it is. Unknown fields are refused, never dropped. */
function checkWith(app: FastifyInstance): void {
  // Schemas of our own: to check them too would double what a start costs here.
  const own = { useDefaults: true, strict: false, validateSchema: false, meta: false } as const;
  const address = new Ajv({ ...own, coerceTypes: 'array' });
  const body = new Ajv(own);
  for (const ajv of [address, body]) ajvFormats.default(ajv);
  app.setValidatorCompiler(({ schema, httpPart }) => {
    const ajv = httpPart === 'body' ? body : address;
    // When it is first asked for: all of them at once are a twentieth of a start.
    let check: ValidateFunction | undefined;
    return (value: unknown) => {
      check ??= ajv.compile(schema as object);
      return check(value) || { error: check.errors ?? [] };
    };
  });
}
