/** The canonical event: CloudEvents 1.0 with our extensions (ARCHITECTURE section 5). */
import type { EventData, EventType } from './event-data.ts';

export interface CanonicalEvent<T extends EventType = EventType> {
  readonly specversion: '1.0';
  /** hash(message id, ordinal, decode run). */
  readonly id: string;
  /** `/sites/<finess>/connectors/<id>`. */
  readonly source: string;
  readonly type: T;
  /** The patient key (keyed hash), never an identifier in clear. */
  readonly subject?: string;
  /** When it happened; the time of reception when the message does not say. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  readonly site: string;
  /** Public id of the message it comes from; absent in a translation without engine. */
  readonly messageid?: string;
  /** Messages of the same business act: of an answer, the control id of the message that it is about. */
  readonly correlationid?: string;
  readonly connectorversion: string;
  /** Id of the event of the run before, on a replay. */
  readonly supersedes?: string;
  /** FINESS of the establishments it is meant for, comma-separated (CloudEvents attributes are scalars). */
  readonly destinations?: string;
  readonly data: EventData<T>;
}

export const dataSchemaUri = (type: string): string => `urn:passerelle:schema:${type}:1`;
export const sourceUri = (site: string, connector: string): string => `/sites/${site || 'unknown'}/connectors/${connector}`;

export type EventKind = 'identity' | 'visit' | 'document' | 'other';
/** What a delivery of this event blocks while it cannot go on. Whose stay it is, is a fact of identity: documents follow the stay. */
export function kindOf(type: string): EventKind {
  if (type.startsWith('dcc.identity.') || type === 'dcc.visit.reassigned') return 'identity';
  if (type.startsWith('dcc.visit.')) return 'visit';
  return type === 'dcc.document.received' || type === 'dcc.document.deleted' ? 'document' : 'other';
}

const TOLD_AS_UPDATE: ReadonlySet<string> = new Set([
  'dcc.identity.updated',
  'dcc.identity.created',
  'dcc.identity.qualified',
  'dcc.identity.dequalified',
]);
/** The whole identity as it is now, whatever changed of it: counterparties are told it as one update. */
export const isIdentityUpdate = (type: string): boolean => TOLD_AS_UPDATE.has(type);
