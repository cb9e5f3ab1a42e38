/** OpenAPI 3.1 from the schemas that the routes are checked with: there is no second description. */
import type { FastifySchema, RouteOptions } from 'fastify';

declare module 'fastify' {
  interface FastifySchema {
    /** French, then English. */
    readonly summary?: string;
    readonly description?: string;
    readonly tags?: readonly string[];
  }
}
interface ObjectSchema {
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
}

export interface RouteRecord {
  readonly method: string;
  readonly url: string;
  readonly schema: FastifySchema;
}

/** What `onRoute` gives, one record per method; routes without a summary are not part of the API. */
export function recordsOf(route: RouteOptions): readonly RouteRecord[] {
  const schema = route.schema ?? {};
  return schema.summary ? [route.method].flat().map((method) => ({ method, url: route.url, schema })) : [];
}

export function openApi(routes: readonly RouteRecord[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) (paths[pathOf(route.url)] ??= {})[route.method.toLowerCase()] = operation(route);
  return {
    openapi: '3.1.0',
    info: { title: 'Passerelle', version, description: "Interface d'administration du moteur / Administration of the engine" },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      responses: { Problem: { description: 'RFC 9457', content: { 'application/problem+json': { schema: PROBLEM } } } },
    },
  };
}

/** `/messages/:id([a-z]+)::replay` -> `/messages/{id}:replay`. */
export const pathOf = (url: string): string => url.replaceAll(/:(\w+)\([^)]*\)/g, '{$1}').replaceAll('::', ':');

function operation({ method, url, schema }: RouteRecord): object {
  const open = !url.startsWith('/api/');
  const ok = (schema.response as Record<string, object> | undefined)?.['200'];
  return {
    operationId: `${method.toLowerCase()}${pathOf(url).replaceAll(/[^A-Za-z0-9]+(\w?)/g, (_, next: string) => next.toUpperCase())}`,
    summary: schema.summary,
    ...(schema.description && { description: schema.description }),
    ...(schema.tags && { tags: schema.tags }),
    ...(open && { security: [] }),
    parameters: [
      ...parameters('path', schema.params as ObjectSchema | undefined),
      ...parameters('query', schema.querystring as ObjectSchema | undefined),
      ...(method === 'POST' ? [{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string', maxLength: 200 } }] : []),
    ],
    ...(schema.body ? { requestBody: { content: { 'application/json': { schema: schema.body } } } } : {}),
    responses: {
      200: { description: 'OK', ...(ok && { content: { 'application/json': { schema: ok } } }) },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function parameters(where: 'path' | 'query', schema: ObjectSchema | undefined): object[] {
  const required = schema?.required ?? [];
  return Object.entries(schema?.properties ?? {}).map(([name, inner]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: inner,
  }));
}

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'fix'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    fr: { type: 'string' },
    fix: { type: 'object', properties: { fr: { type: 'string' }, en: { type: 'string' } } },
    location: { type: 'object' },
    issues: { type: 'array', items: { type: 'object' } },
  },
} as const;
