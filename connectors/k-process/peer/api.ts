/** The API of the record: answers, idempotency on messageId, and what answers to its own messages mean. */
import type { PeerDefinition, PeerIncoming, PeerReply, PeerWorld } from 'passerelle/contract';
import { endContexts, giveTicket, searchRecords } from './contexts.ts';
import { answerDocument, fileDocument, deleteDocument } from './documents.ts';
import { linkIdentities, mergeIdentities, reassignVisit, updateIdentity } from './identities.ts';
import type { ContextUser, RecordState, WireIdentifier, WirePatient } from './state.ts';

/** A message towards the record, as far as the stand-in looks at it. */
export interface WireMessage {
  readonly messageId: string;
  readonly type: string;
  readonly occurredAt: string;
  readonly site: string;
  readonly patient?: WirePatient;
  /** Of a link, or of the end of one. */
  readonly patients?: readonly WirePatient[];
  /** Whose stay it was. */
  readonly from?: WirePatient;
  readonly visit?: { readonly id?: string };
  readonly formerVisitId?: string;
  readonly merge?: { readonly surviving: WireIdentifier; readonly absorbed: WireIdentifier };
  readonly document?: Readonly<Record<string, unknown>>;
  readonly answer?: { readonly about?: string; readonly what?: string };
  readonly allowed?: readonly ('ins' | 'ipp' | 'traits')[];
  readonly tabs?: readonly string[];
  readonly user?: ContextUser;
  readonly target?: string;
  readonly situation?: string;
  readonly contextId?: string;
  readonly choice?: { readonly recordId?: string; readonly create?: boolean };
  readonly contextIds?: readonly string[];
  readonly reason?: string;
}

/** What happened to a message: filed in a record, or a problem. */
export type Filing =
  | { readonly recordId: string }
  /** An answer of its own instead of a receipt. */
  | { readonly http: 200 | 201; readonly body: object }
  | { readonly status: number; readonly title: string; readonly applicationCode?: number };

type Taker = (message: WireMessage, state: RecordState, world: PeerWorld) => Filing;
const byType =
  (others: Taker, named: Readonly<Record<string, Taker>>): Taker =>
  (message, state, world) =>
    (named[message.type] ?? others)(message, state, world);
const ROUTES: Readonly<Record<string, Taker>> = {
  '/v1/identities': byType(updateIdentity, {
    'identity.merged': mergeIdentities,
    'identity.linked': linkIdentities,
    'identity.unlinked': linkIdentities,
  }),
  '/v1/visits': byType(updateIdentity, { 'visit.reassigned': reassignVisit }),
  '/v1/documents': fileDocument,
  '/v1/documents/deletions': deleteDocument,
  '/v1/documents/answers': answerDocument,
  '/v1/context-searches': searchRecords,
  '/v1/context-tickets': giveTicket,
  '/v1/context-endings': endContexts,
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
  const own = 'body' in filing ? filing : { http: 201, body: { recordId: filing.recordId, status: 'filed' } };
  const body = JSON.stringify({ messageId: message.messageId, ...own.body });
  state.answered[message.messageId] = { digest, body };
  return reply(own.http, body);
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
