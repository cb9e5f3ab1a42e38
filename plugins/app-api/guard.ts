/** Who may ask: the Host header against DNS rebinding, the bearer token in constant time. No CORS header is ever sent. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { PasserelleError } from '../../core/contract/index.ts';
import type { ApiSettings } from './settings.ts';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** A page of another origin that resolves its own name to 127.0.0.1 still says its own name here. Throws ERR_HOST_REFUSED. */
export function hostGuard(settings: ApiSettings): (request: FastifyRequest) => Promise<void> {
  const known = new Set([...LOOPBACK, settings.host, ...settings.allowedHosts].map((host) => host.toLowerCase()));
  return async (request) => {
    const name = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
    if (!known.has(name)) throw new PasserelleError('ERR_HOST_REFUSED');
  };
}

/** Throws ERR_TOKEN_INVALID, saying no more. */
export function tokenGuard(settings: ApiSettings): (request: FastifyRequest) => Promise<void> {
  const expected = digest(settings.token);
  return async (request) => {
    const [, token = ''] = /^Bearer ([!-~]{1,500})$/i.exec(request.headers.authorization ?? '') ?? [];
    // Digests have one length, so that the comparison tells nothing of the token, not even its length.
    if (!timingSafeEqual(digest(token), expected)) throw new PasserelleError('ERR_TOKEN_INVALID');
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
