/** Which data each canonical event carries (ARCHITECTURE section 5). */
import type { Static, TSchema } from 'typebox';
import { CallContext, EndedContext, RefusedContext, ReturnContext } from './call.ts';
import { AnswerData, DocumentEventData, IdentityData, LinkData, MergeData, ReassignedVisitData, VisitEventData } from './schemas.ts';

/** Schema of `data` for each event type. A translation says `updated`; what that means for the person is decided by core/identity. */
export const EVENT_DATA = {
  'dcc.identity.updated': IdentityData,
  'dcc.identity.created': IdentityData,
  'dcc.identity.qualified': IdentityData,
  'dcc.identity.dequalified': IdentityData,
  'dcc.identity.stale-ignored': IdentityData,
  'dcc.identity.merged': MergeData,
  'dcc.identity.linked': LinkData,
  'dcc.identity.unlinked': LinkData,
  'dcc.visit.planned': VisitEventData,
  'dcc.visit.opened': VisitEventData,
  'dcc.visit.updated': VisitEventData,
  'dcc.visit.moved': VisitEventData,
  'dcc.visit.closed': VisitEventData,
  'dcc.visit.cancelled': VisitEventData,
  'dcc.visit.reassigned': ReassignedVisitData,
  'dcc.document.received': DocumentEventData,
  'dcc.document.deleted': DocumentEventData,
  'dcc.document.delivered': AnswerData,
  'dcc.document.refused': AnswerData,
  'dcc.delivery.dmp.accepted': AnswerData,
  'dcc.delivery.dmp.refused': AnswerData,
  'dcc.delivery.mss.relayed': AnswerData,
  'dcc.delivery.mss.delivered': AnswerData,
  'dcc.delivery.mss.delayed': AnswerData,
  'dcc.delivery.mss.failed': AnswerData,
  'dcc.delivery.mss.read': AnswerData,
  'dcc.delivery.mss.integration-failed': AnswerData,
  'dcc.context.open': CallContext,
  'dcc.context.ended': EndedContext,
  'dcc.context.return': ReturnContext,
  'dcc.context.refused': RefusedContext,
} as const satisfies Record<string, TSchema>;

export type EventType = keyof typeof EVENT_DATA;
export type EventData<T extends EventType> = Static<(typeof EVENT_DATA)[T]>;
