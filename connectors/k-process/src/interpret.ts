/**
 * What an answer of the record means (openapi.yaml):
 *
 * | status | meaning |
 * |---|---|
 * | 200, 201, 202 that names our messageId | delivered |
 * | the same to a contextual call, without the candidates or the ticket that it asks for | unreadable |
 * | 2xx that does not | unreadable: somebody else's answer |
 * | 404 with application code 902, to a document | unknown there |
 * | 400, 409, 410, 413, 415, 422 and other 4xx with a problem | refused |
 * | 401, 403, 404 without 902, 3xx | unavailable: the address or the token is wrong, not the message |
 * | 408, 425, 429, 503 | unavailable |
 * | 500, 502, 504 and the rest | unreadable: it may have been taken |
 */
import { PasserelleError, type Envelope, type ErrorCode, type ReplyOutcome } from 'passerelle/contract';
import { interpretFr } from 'passerelle/codec/hl7v2-fr';
import { readRecordAnswer } from './context.ts';
import { isHl7, K_PROCESS_HL7 } from './hl7.ts';

const LATER = new Set([408, 425, 429, 503]);
const WRONG_DOOR = new Set([401, 403, 404, 405]);

export function interpret(reply: Envelope, sent: { readonly controlId?: string; readonly type: string }): ReplyOutcome {
  if (isHl7(reply.format)) return interpretFr(reply, sent, K_PROCESS_HL7);
  const status = reply.http?.status ?? 0;
  const ack = `HTTP ${status}`;
  const body = bodyOf(reply);
  const applicationCode = codeOf(body);
  const failed = (outcome: ReplyOutcome['outcome'], code: ErrorCode): ReplyOutcome => ({
    outcome,
    ack,
    ...(applicationCode !== undefined && { applicationCode }),
    error: new PasserelleError(code, { found: ack, ...(applicationCode !== undefined && { applicationCode }) }).toData(),
  });

  if (status >= 200 && status < 300) {
    const ours = sent.controlId === undefined || body?.['messageId'] === sent.controlId;
    if (!ours || !body) return failed('unreadable', 'ERR_ACK_UNREADABLE');
    if (sent.type !== 'dcc.context.open') return { outcome: 'delivered', ack };
    const call = readRecordAnswer(body);
    return call ? { outcome: 'delivered', ack, call } : failed('unreadable', 'ERR_ACK_UNREADABLE');
  }
  if (status === 404 && applicationCode === 902 && sent.type.startsWith('dcc.document.')) {
    return failed('unknown-there', 'ERR_DESTINATION_UNKNOWN_PATIENT');
  }
  if (LATER.has(status)) return failed('unavailable', 'ERR_ACK_LATER');
  if (status >= 300 && status < 400) return failed('unavailable', 'ERR_HTTP_STATUS');
  if (WRONG_DOOR.has(status) && applicationCode === undefined)
    return failed('unavailable', status < 404 ? 'ERR_HTTP_UNAUTHENTICATED' : 'ERR_HTTP_STATUS');
  if (status >= 400 && status < 500) return failed('refused', 'ERR_ACK_REFUSED');
  return failed('unreadable', 'ERR_ACK_UNREADABLE');
}

function bodyOf(reply: Envelope): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(reply.text);
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Application codes of the French guides, 900 to 906. */
function codeOf(body: Record<string, unknown> | undefined): number | undefined {
  const code = Number(body?.['applicationCode']);
  return code >= 900 && code <= 906 ? code : undefined;
}
