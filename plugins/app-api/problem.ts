/** Errors as RFC 9457 problems, with our code, location and fix; nothing of the request is quoted. */
import type { FastifyError, FastifyReply } from 'fastify';
import { CATALOGUE, PasserelleError, SettingsRefused } from '../../core/contract/index.ts';

export function sendProblem(reply: FastifyReply, thrown: unknown): FastifyReply {
  const error = toOurs(thrown);
  const { http, en, fr, fix } = CATALOGUE[error.code];
  // Fastify knows better for its own refusals (415 for a media type).
  const own = (thrown as Partial<FastifyError>).statusCode;
  const status = thrown instanceof PasserelleError || typeof own !== 'number' || own < 400 ? http : own;
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  const { code, location, expected, found } = error.toData();
  return reply
    .code(status)
    .type('application/problem+json')
    .send({
      type: `urn:passerelle:error:${code}`,
      title: en,
      status,
      detail: error.message,
      code,
      fr,
      fix,
      ...(location && { location }),
      ...(expected !== undefined && { expected }),
      ...(found !== undefined && { found }),
      ...(thrown instanceof SettingsRefused && { issues: thrown.issues }),
    });
}

function toOurs(thrown: unknown): PasserelleError {
  if (thrown instanceof PasserelleError) return thrown;
  const { code = '', validation, validationContext } = thrown as Partial<FastifyError>;
  if (validation) {
    const [first] = validation;
    const { missingProperty, additionalProperty } = (first?.params ?? {}) as { missingProperty?: string; additionalProperty?: string };
    const path = [`/${validationContext ?? 'body'}${first?.instancePath ?? ''}`, missingProperty ?? additionalProperty].filter(Boolean).join('/');
    return new PasserelleError('ERR_REQUEST_INVALID', { location: { path: path.slice(0, 200) }, expected: first?.message ?? 'a valid request' });
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new PasserelleError('ERR_HTTP_BODY_TOO_LARGE');
  if (code.startsWith('FST_ERR_')) return new PasserelleError('ERR_REQUEST_INVALID', { found: code });
  // A SyntaxError with a status is Fastify's for a body that is no JSON; its sentence may quote the body.
  if (thrown instanceof SyntaxError && 'statusCode' in thrown) return new PasserelleError('ERR_REQUEST_INVALID', { expected: 'JSON' });
  return PasserelleError.from(thrown);
}
