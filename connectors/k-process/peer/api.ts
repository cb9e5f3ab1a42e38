/** The API of the record: answers, idempotency on messageId, and what answers to its own messages mean. */
import type { PeerDefinition, PeerIncoming, PeerReply, PeerWorld } from 'passerelle/contract';
import { fileDocument, deleteDocument } from './documents.ts';
import { mergeIdentities, updateIdentity } from './identities.ts';
import type { RecordState, WireIdentifier, WirePatient } from './state.ts';

/** A message towards the record, as far as the stand-in looks at it. */
export interface WireMessage {
  readonly messageId: string;
  readonly type: string;
  readonly occurredAt: string;
  readonly site: string;
  readonly patient?: WirePatient;
  readonly merge?: { readonly surviving: WireIdentifier; readonly absorbed: WireIdentifier };
  readonly document?: Readonly<Record<string, unknown>>;
}

/** What happened to a message: filed in a record, or a problem. */
export type Filing = { readonly recordId: string } | { readonly status: number; readonly title: string; readonly applicationCode?: number };

type Taker = (message: WireMessage, state: RecordState, world: PeerWorld) => Filing;
const ROUTES: Readonly<Record<string, Taker>> = {
  '/v1/identities': (message, state, world) =>
    message.type === 'identity.merged' ? mergeIdentities(message, state) : updateIdentity(message, state, world),
  '/v1/visits': (message, state, world) => updateIdentity(message, state, world),
  '/v1/documents': (message, state) => fileDocument(message, state),
  '/v1/documents/deletions': (message, state) => deleteDocument(message, state),
};

export function onMessage(incoming: PeerIncoming, state: RecordState, world: PeerWorld): PeerReply {
  state.received += 1;
  const take = ROUTES[incoming.http?.path ?? ''];
  const message = parse(incoming);
  if (!take) return problem(404, 'no such resource');
  if (!message?.messageId || message.messageId !== incoming.http?.headers?.['idempotency-key']) {
    state.refused += 1;
    return problem(400, 'messageId and Idempotency-Key must be the same');
  }
  const seen = state.answered[message.messageId];
  const digest = digestOf(incoming.bytes);
  if (seen) {
    if (seen.digest !== digest) return problem(422, 'messageId used before for another message');
    state.duplicates += 1;
    return reply(200, seen.body);
  }
  const filing = take(message, state, world);
  if ('status' in filing) {
    state.refused += 1;
    return problem(filing.status, filing.title, {
      messageId: message.messageId,
      ...(filing.applicationCode && { applicationCode: filing.applicationCode }),
    });
  }
  const body = JSON.stringify({ messageId: message.messageId, recordId: filing.recordId, status: 'filed' });
  state.answered[message.messageId] = { digest, body };
  return reply(201, body);
}

export const misanswer: PeerDefinition<RecordState>['misanswer'] = (how, incoming) => {
  if (how === 'refuse') return problem(422, 'refused on demand', { applicationCode: 906 });
  if (how === 'later') return problem(503, 'later');
  return reply(201, JSON.stringify({ messageId: `${parse(incoming)?.messageId}X`, recordId: 'R0', status: 'filed' }));
};

/** 2xx of ours: taken. 429 and 5xx: later. The rest is final, but for an answer to something else. */
export const judge: PeerDefinition<RecordState>['judge'] = (answer, sent) => {
  const status = answer.http?.status ?? 0;
  const body = parse(answer) as (Partial<WireMessage> & { status?: unknown; applicationCode?: unknown; code?: unknown }) | undefined;
  const ack = [status, body?.applicationCode, typeof body?.status === 'string' ? body.status : undefined].filter(Boolean).join(' ');
  if (status >= 200 && status < 300) return { verdict: body?.messageId === sent.controlId ? 'taken' : 'not-mine', ack };
  return { verdict: status === 429 || status >= 500 ? 'later' : 'refused', ack };
};

function parse({ bytes }: { readonly bytes: Uint8Array }): WireMessage | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as WireMessage;
  } catch {
    return undefined;
  }
}

const reply = (status: number, body: string, type = 'application/json'): PeerReply => ({
  bytes: Buffer.from(body),
  http: { method: '', path: '', status, headers: { 'content-type': type } },
});

const problem = (status: number, title: string, more: object = {}): PeerReply =>
  reply(status, JSON.stringify({ type: 'about:blank', title, status, ...more }), 'application/problem+json');

/** Short, stable digest: tells a repeated message from a reused id. */
function digestOf(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${bytes.length}-${(hash >>> 0).toString(16)}`;
}
