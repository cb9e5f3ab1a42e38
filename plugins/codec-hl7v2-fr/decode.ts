/** A received message to canonical events, by a dialect profile. */
import {
  PasserelleError,
  type ConnectorContext,
  type DecodeResult,
  type DraftEvent,
  type Envelope,
  type IndexTerm,
} from '../../core/contract/index.ts';
import { checkEventData } from '../../core/model/index.ts';
import { parseHl7, type Hl7Message } from '../codec-hl7v2/index.ts';
import { decodeAdt, happenedAt, type Decoded } from './adt.ts';
import { decodeAck, decodeZam } from './answers.ts';
import { isOpposed, readConsent } from './consent.ts';
import { decodeDocuments } from './document.ts';
import { isDocumentEvent } from './document-action.ts';
import { onlyPid, readPatient } from './patient.ts';
import type { DialectProfile } from './profile.ts';
import { at, newReading, warn, type Reading } from './reading.ts';

/**
 * Never throws for what a message holds: what is wrong with it is the decision and its error. A code whose disposition is
 * `quarantine` keeps the message for a person; any other refuses it.
 */
export function decodeFr(envelope: Envelope, context: ConnectorContext, profile: DialectProfile): DecodeResult {
  let reading: Reading | undefined;
  try {
    reading = newReading(parseHl7(envelope.text), context, profile);
    const decoded = decodeMessage(reading, envelope);
    // What another event carries whole is looked at there.
    for (const event of decoded.events) if (event.within === undefined) checkLengths(event);
    return {
      decision: decisionOf(decoded, reading.warnings.length + envelope.warnings.length > 0),
      events: decoded.events,
      warnings: reading.warnings,
      terms: distinct([...controlTerm(reading.message), ...(decoded.terms ?? [])]),
    };
  } catch (thrown) {
    const error = PasserelleError.from(thrown);
    // A fault of ours is not the message's: the lane names it so.
    if (error.entry.disposition === 'defect') throw error;
    const waits = error.entry.disposition === 'quarantine';
    return {
      decision: waits ? 'quarantine' : 'reject',
      events: waits ? wishesIn(envelope, context, profile) : [],
      warnings: reading?.warnings ?? [],
      error: error.toData(),
      terms: reading ? controlTerm(reading.message) : [],
    };
  }
}

/** Opposition of a patient who is named without doubt: it counts from now on, whatever else has to be asked about the message. */
function wishesIn(envelope: Envelope, context: ConnectorContext, profile: DialectProfile): readonly DraftEvent[] {
  try {
    const reading = newReading(parseHl7(envelope.text), context, profile);
    const consent = readConsent(reading);
    const { patient, keys } = readPatient(reading, onlyPid(reading));
    const event = { type: 'dcc.identity.updated', ...happenedAt(reading), keys, data: { patient, consent } };
    return isOpposed(consent) && keys.length > 0 && !checkEventData(event.type, event.data) ? [event] : [];
  } catch {
    return [];
  }
}

function decisionOf(decoded: Decoded, isWarned: boolean): DecodeResult['decision'] {
  if (decoded.filtered) return 'filtered';
  return isWarned ? 'accept-with-warning' : 'accept';
}

function controlTerm(message: Hl7Message): IndexTerm[] {
  const value = message.get('MSH-10');
  return value ? [{ field: 'control-id', value }] : [];
}

const distinct = (terms: readonly IndexTerm[]): readonly IndexTerm[] =>
  terms.filter((term, i) => terms.findIndex((other) => other.field === term.field && other.value === term.value) === i);

function decodeMessage(reading: Reading, envelope: Envelope): Decoded {
  const type = at(reading, 'MSH-9.1').toUpperCase();
  const event = eventOf(reading);
  const readAs = reading.dialect.triggers[event] ?? event;
  checkType(type, readAs);
  checkVersion(reading);
  checkProcessingId(reading);
  if (!reading.message.get('MSH-10'))
    throw new PasserelleError('ERR_HL7_CONTROL_ID_MISSING', { location: { hl7: 'MSH-10' }, expected: 'a unique id', found: 'nothing' });
  if (type === 'ADT') return decodeAdt(reading, event, readAs);
  if (type === 'ACK') return decodeAck(reading);
  return type === 'ZAM' ? decodeZam(reading, event) : decodeDocuments(reading, readAs, envelope.parts);
}

/** MSH-9.2; EVN-1 where an old sender leaves it out. */
function eventOf(reading: Reading): string {
  const [event, repeated] = [at(reading, 'MSH-9.2').toUpperCase(), at(reading, 'EVN-1').toUpperCase()];
  if (event && repeated && event !== repeated) warn(reading, 'event-mismatch', undefined, 'EVN-1');
  return event || repeated;
}

const TYPES = new Set(['ADT', 'ORU', 'MDM', 'ACK', 'ZAM']);

/** 200 and 201: not for this endpoint. Orders of tele-radiology (ORM, OMI) and appointments (SIU) are among them. */
function checkType(type: string, event: string): void {
  if (!TYPES.has(type))
    throw new PasserelleError('ERR_HL7_TYPE_UNSUPPORTED', {
      location: { hl7: 'MSH-9.1' },
      expected: 'ADT, ORU, MDM, ACK or ZAM',
      found: type === 'ORM' || type === 'OMI' ? 'an order (tele-radiology is not handled)' : /^[A-Z]{3}$/.test(type) ? type : 'no message type',
    });
  const known = type === 'ORU' ? event === 'R01' : type !== 'MDM' || isDocumentEvent(event);
  if (!known)
    throw new PasserelleError('ERR_HL7_EVENT_UNSUPPORTED', {
      location: { hl7: 'MSH-9.2' },
      expected: type === 'ORU' ? 'R01' : 'T02, T04, T10 or T11',
      found: /^[A-Z]\d\d$/.test(event) ? event : 'no event',
    });
}

function checkVersion(reading: Reading): void {
  const version = at(reading, 'MSH-12.1');
  if (!version) warn(reading, 'version-missing', undefined, 'MSH-12');
  else if (!reading.dialect.versions.includes(version))
    throw new PasserelleError('ERR_HL7_VERSION_UNSUPPORTED', {
      location: { hl7: 'MSH-12' },
      expected: `one of ${reading.dialect.versions.join(', ')}`,
      found: /^[\d.]{1,8}$/.test(version) ? version : 'no version',
    });
}

/** SAFETY A5. D is a test by another name. */
function checkProcessingId(reading: Reading): void {
  const { environment } = reading.settings;
  if (!environment) return;
  const sent = at(reading, 'MSH-11.1').toUpperCase();
  const accepted = environment === 'production' ? ['P'] : ['T', 'D'];
  if (!accepted.includes(sent))
    throw new PasserelleError('ERR_HL7_PROCESSING_ID', {
      location: { hl7: 'MSH-11' },
      expected: accepted.join(' or '),
      found: /^[A-Z]$/.test(sent) ? sent : 'nothing known',
    });
}

/** The schema bounds every value. One that is too long is the sender's fault, and said to the sender; any other breach is ours. */
function checkLengths({ type, data }: DraftEvent): void {
  const problem = checkEventData(type, data);
  if (problem?.rule.startsWith('must NOT have more than'))
    throw new PasserelleError('ERR_HL7_FIELD_INVALID', { location: { path: problem.path }, expected: problem.rule, found: 'a longer value' });
}
