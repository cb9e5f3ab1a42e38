/** Words of the HTTP contract, version 1 (openapi.yaml): types of messages against canonical events, and where each is posted. */

export const CONTRACT_VERSION = '1.0';

/** Wire type of each canonical event. */
export const WIRE_TYPES: Readonly<Record<string, string>> = {
  'dcc.identity.updated': 'identity.updated',
  'dcc.identity.created': 'identity.updated',
  'dcc.identity.qualified': 'identity.updated',
  'dcc.identity.dequalified': 'identity.updated',
  'dcc.identity.merged': 'identity.merged',
  'dcc.identity.linked': 'identity.linked',
  'dcc.identity.unlinked': 'identity.unlinked',
  'dcc.visit.planned': 'visit.planned',
  'dcc.visit.opened': 'visit.opened',
  'dcc.visit.updated': 'visit.updated',
  'dcc.visit.moved': 'visit.moved',
  'dcc.visit.closed': 'visit.closed',
  'dcc.visit.cancelled': 'visit.cancelled',
  'dcc.visit.reassigned': 'visit.reassigned',
  'dcc.document.received': 'document.published',
  'dcc.document.deleted': 'document.deleted',
  'dcc.context.open': 'context.ticket',
  'dcc.context.ended': 'context.ended',
};

/** Of what became of a document, in both directions. */
export const ANSWER = 'document.answer';

/** What the record sends us. Identities and visits are the hospital's own: the record never writes them there. */
export const INBOUND_TYPES: Readonly<Record<string, 'dcc.document.received' | 'dcc.document.deleted'>> = {
  'document.published': 'dcc.document.received',
  'document.deleted': 'dcc.document.deleted',
};

/** Social security numbers and old INS under any of their names: never an identifier, in either direction. */
export const NATIONAL_NUMBER = /^(INS.*|NH|NIR|SS|SNS|NNFRA)$/;

/** Path of a wire type, below the base address of either side. */
export function pathOf(wireType: string): string {
  if (wireType.startsWith('identity.')) return '/v1/identities';
  if (wireType.startsWith('visit.')) return '/v1/visits';
  if (wireType.startsWith('context.'))
    return { 'context.search': '/v1/context-searches', 'context.ticket': '/v1/context-tickets' }[wireType] ?? '/v1/context-endings';
  return { 'document.deleted': '/v1/documents/deletions', [ANSWER]: '/v1/documents/answers' }[wireType] ?? '/v1/documents';
}

/** Where the content of a document stands in a message. */
export const CONTENT_POINTER = '/document/content/content';

/** Leaves out what is not said, so that absence has one form. */
export function said<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}

/** An authority as canonical data keeps it: the OID sent, else the namespace. */
export const authorityOf = (authority: string): { oid: string } | { namespace: string } =>
  /^[0-2](\.\d+)+$/.test(authority) ? { oid: authority } : { namespace: authority };
