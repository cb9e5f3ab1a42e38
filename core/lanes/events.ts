/** Second half of a translation: drafts of a connector to checked canonical events. */
import { hash } from 'node:crypto';
import { PasserelleError, type DraftEvent, type ErrorData, type RoutedEvent } from '../contract/index.ts';
import type { BlindIndex } from '../journal/index.ts';
import { checkEventData, dataSchemaUri, sourceUri, toInstant, type CanonicalEvent, type Patient } from '../model/index.ts';

export interface EventOrigin {
  /** Public id of the message, or a hash of the bytes in a translation without engine. */
  readonly messageId: string;
  readonly run: number;
  readonly site: string;
  readonly timeZone: string;
  readonly connector: string;
  readonly connectorVersion: string;
  /** ISO instant. */
  readonly receivedAt: string;
}

export const eventId = (messageId: string, ordinal: number, run: number): string =>
  hash('sha256', `${messageId}#${ordinal}#${run}`, 'hex').slice(0, 32);

/** `subject` is the first patient key, hashed by the caller. Throws ERR_EVENT_SCHEMA: a defect of the connector, the message is dead until it is mended. */
export function canonicalEvent(draft: DraftEvent, ordinal: number, origin: EventOrigin, subject: string | undefined): CanonicalEvent {
  const problem = checkEventData(draft.type, draft.data);
  if (problem)
    throw new PasserelleError('ERR_EVENT_SCHEMA', { location: { path: `/events/${ordinal}/data${problem.path}` }, expected: problem.rule });
  const time = (draft.time && toInstant(draft.time, origin.timeZone)) || origin.receivedAt;
  return {
    specversion: '1.0',
    id: eventId(origin.messageId, ordinal, origin.run),
    source: sourceUri(origin.site, origin.connector),
    type: draft.type as CanonicalEvent['type'],
    ...(subject && { subject }),
    time,
    datacontenttype: 'application/json',
    dataschema: dataSchemaUri(draft.type),
    site: origin.site,
    messageid: origin.messageId,
    ...(draft.correlation && { correlationid: draft.correlation }),
    connectorversion: `${origin.connector}@${origin.connectorVersion}`,
    ...(origin.run > 1 && { supersedes: eventId(origin.messageId, ordinal, origin.run - 1) }),
    ...(draft.destinations?.length && { destinations: draft.destinations.join(',') }),
    data: draft.data as CanonicalEvent['data'],
  };
}

/**
 * Everything that a receiver knows a patient by once it is told this identity: its keys, and the INS that it brings, which may be all that a document held
 * as unknown there names (SAFETY B6).
 */
export function keysTold(event: RoutedEvent['event'], keys: readonly string[], index: Pick<BlindIndex, 'patient'>): readonly string[] {
  const { patient } = event['data'] as { readonly patient?: Patient };
  return patient?.insStatus === 'VALI' && patient.ins && patient.insOid
    ? [...keys, index.patient({ domain: patient.insOid, value: patient.ins })]
    : keys;
}

/** All events of a message, or the defect that one of them has. */
export function canonicalEvents(
  drafts: readonly DraftEvent[],
  origin: EventOrigin,
  subjectOf: (draft: DraftEvent) => string | undefined,
): { readonly events: readonly CanonicalEvent[] } | { readonly error: ErrorData } {
  try {
    return { events: drafts.map((draft, ordinal) => canonicalEvent(draft, ordinal, origin, subjectOf(draft))) };
  } catch (error) {
    return { error: PasserelleError.from(error).toData() };
  }
}
