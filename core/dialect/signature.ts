/** The signature of a dialect that signs its body only (SAFETY C5): weak, and good only where a recorded decision of the site enables it. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { PasserelleError, type ConnectorCall, type HttpMeta, type SiteSettings } from '../contract/index.ts';

/** Compared instead of a key that nobody has, so that an unknown key takes as long as a wrong signature. */
const NO_KEY = 'no such key';

/** Over the bytes as received, before they are parsed. Throws ERR_CALL_FORBIDDEN when the site did not enable it, ERR_CALL_REFUSED. */
export function checkSignature(
  body: Uint8Array,
  http: HttpMeta | undefined,
  signature: NonNullable<ConnectorCall['signature']>,
  { connector }: SiteSettings,
): void {
  if (connector['hmacProfile'] !== signature.covers)
    throw new PasserelleError('ERR_CALL_FORBIDDEN', { location: { path: '/connector/hmacProfile' }, expected: signature.covers });
  const header = (name: string): string => http?.headers?.[name.toLowerCase()] ?? '';
  const keys = (connector['keys'] ?? {}) as Readonly<Record<string, string>>;
  const id = header(signature.keyHeader);
  const secret = Object.hasOwn(keys, id) ? keys[id] : undefined;
  const given = header(signature.signatureHeader);
  const prefix = signature.prefix ?? '';
  const hex = given.startsWith(prefix) ? given.slice(prefix.length) : '';
  const right = createHmac('sha256', secret ?? NO_KEY)
    .update(body)
    .digest();
  const equal = /^[0-9a-f]{64}$/i.test(hex) && timingSafeEqual(Buffer.from(hex, 'hex'), right);
  if (!equal || !secret) throw new PasserelleError('ERR_CALL_REFUSED', { expected: 'HMAC-SHA256 of the body, by a key of the site' });
}

/** Nothing was signed at all: said apart, since it is what a kit that is not set up does. */
export const isUnsigned = (http: HttpMeta | undefined, { signatureHeader }: NonNullable<ConnectorCall['signature']>): boolean =>
  !http?.headers?.[signatureHeader.toLowerCase()];
