/** What became of a message of the record -> our HTTP answer: 201, 202 or 200 with a receipt, or an RFC 9457 problem (openapi.yaml). */
import { CATALOGUE, type ConnectorContext, type Envelope, type ErrorData, type OutgoingEnvelope, type Reception } from 'passerelle/contract';
import { acknowledgeFr } from 'passerelle/codec/hl7v2-fr';
import { isHl7, K_PROCESS_HL7 } from './hl7.ts';

/** HTTP status of each positive answer: filed on, kept for later, or seen before. */
const POSITIVE: Readonly<Record<string, { readonly http: number; readonly status: string }>> = {
  accept: { http: 201, status: 'accepted' },
  'accept-with-warning': { http: 201, status: 'accepted' },
  filtered: { http: 201, status: 'accepted' },
  stored: { http: 202, status: 'stored' },
  quarantine: { http: 202, status: 'quarantined' },
  duplicate: { http: 200, status: 'duplicate' },
};

export function acknowledge(reception: Reception, envelope: Envelope, context: ConnectorContext): OutgoingEnvelope | null {
  if (isHl7(envelope.format)) return acknowledgeFr(reception, envelope, context, K_PROCESS_HL7);
  const messageId = messageIdOf(envelope);
  const receipt = { ...(messageId && { messageId }), ...(reception.messageId && { receipt: reception.messageId }) };
  const positive = reception.ack === 'AA' ? (POSITIVE[reception.decision] ?? POSITIVE['stored']) : undefined;
  if (positive) {
    const warnings = reception.warnings.map(({ code, detail }) => (detail ? `${code}:${detail}` : code));
    const reason = reception.error && { code: reception.error.code, location: reception.error.location?.path };
    return answer(positive.http, 'application/json', { ...receipt, status: positive.status, warnings, ...(reason && { reason }) });
  }
  const error: ErrorData = reception.error ?? { code: 'ERR_INVARIANT', message: '' };
  return answer(CATALOGUE[error.code].http, 'application/problem+json', { ...problemOf(error), ...receipt });
}

function problemOf(error: ErrorData): Record<string, unknown> {
  const { http, en, err5, fix } = CATALOGUE[error.code] as (typeof CATALOGUE)[keyof typeof CATALOGUE] & { readonly err5?: number };
  const applicationCode = error.applicationCode ?? err5;
  return {
    type: `urn:passerelle:error:${error.code}`,
    title: en,
    status: http,
    code: error.code,
    ...(error.location?.path !== undefined && { location: error.location.path }),
    ...(error.expected !== undefined && { expected: error.expected }),
    ...(error.found !== undefined && { found: error.found }),
    ...(applicationCode !== undefined && { applicationCode }),
    fix: fix.en,
  };
}

function answer(status: number, type: string, body: object): OutgoingEnvelope {
  return { format: 'json', text: JSON.stringify(body), http: { method: '', path: '', status, headers: { 'content-type': type } } };
}

/** From the body, else from the header: an unreadable body is answered too. */
function messageIdOf(envelope: Envelope): string | undefined {
  try {
    const { messageId } = JSON.parse(envelope.text) as { messageId?: unknown };
    if (typeof messageId === 'string' && messageId.length <= 64) return messageId;
  } catch {
    // Not JSON: the header is what is left.
  }
  return envelope.http?.headers?.['idempotency-key'];
}
