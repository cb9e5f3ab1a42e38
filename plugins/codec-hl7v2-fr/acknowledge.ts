/** Our acknowledgement of a received message (specs FACTS A7), in the words of its sender. */
import {
  CATALOGUE,
  type ConnectorContext,
  type Envelope,
  type ErrorData,
  type Location,
  type OutgoingEnvelope,
  type Reception,
} from '../../core/contract/index.ts';
import { parseHl7, repeat, writeHl7, type Hl7Message, type Hl7Segment, type Hl7Value } from '../codec-hl7v2/index.ts';
import { APPLICATION_ERRORS, applicationCodeOf } from './application-errors.ts';
import { audienceOf, type Audience } from './flags.ts';
import type { DialectProfile } from './profile.ts';
import { localNow } from './write-header.ts';

/**
 * `null` for an ACK, which is never answered. MSH-3/4 and 5/6 change places, MSH-9.2, 11, 12, 17 and 18 stand as received. A message
 * without a readable header is answered too: with what can be read, and an empty MSA-2.
 */
export function acknowledgeFr(reception: Reception, envelope: Envelope, context: ConnectorContext, profile: DialectProfile): OutgoingEnvelope | null {
  const message = readable(envelope.text);
  if (message?.get('MSH-9.1').toUpperCase() === 'ACK') return null;
  const controlId = context.newId();
  const error = reception.ack === 'AA' ? undefined : reception.error;
  const text = writeHl7([
    ['MSH', { ...header(message, context, profile), 10: controlId }],
    ['MSA', { 1: reception.ack, 2: message?.get('MSH-10') }],
    ...(error ? [['ERR', errorFields(reception.ack, error, message)] as const] : []),
  ]);
  const charset = message && keepsCharset(message) ? envelope.charset : profile.writing.charset.encoding;
  return { format: envelope.format, text, charset, controlId };
}

function readable(text: string): Hl7Message | undefined {
  try {
    return parseHl7(text);
  } catch {
    // Answered without its header: that it cannot be read is what the answer says.
    return undefined;
  }
}

function header(message: Hl7Message | undefined, context: ConnectorContext, profile: DialectProfile): Record<number, Hl7Value> {
  const msh = message?.first('MSH');
  const trigger = msh?.get('9.2');
  return {
    3: msh ? whole(msh, 5) : profile.writing.sendingApplication,
    4: msh && whole(msh, 6),
    5: msh && whole(msh, 3),
    6: msh && whole(msh, 4),
    7: localNow(context),
    9: ['ACK', trigger, 'ACK'],
    11: msh ? whole(msh, 11) : context.settings.environment === 'production' ? 'P' : 'T',
    12: msh?.get('12') ? whole(msh, 12) : '2.5',
    // Required by the guides, whatever the message left out.
    17: message && msh && (msh.get('17') || !audienceOf(message)) ? whole(msh, 17) : 'FRA',
    18: message && msh && keepsCharset(message) ? whole(msh, 18) : profile.writing.charset.declared,
  };
}

/** The guides require a charset: where a message of theirs declares none, the answer is in ours and says so. */
const keepsCharset = (message: Hl7Message): boolean => message.get('MSH-18') !== '' || audienceOf(message) === undefined;

/** A field with its components and subcomponents, to be written again. */
function whole(segment: Hl7Segment, field: number): Hl7Value {
  const values = segment.reps(field).map((one) => one.values(4, 3));
  return values.length > 1 ? repeat(...values) : values[0];
}

/** How the guide that the message declares calls tables 0357 and 0533; a message of none gets the names of HL7. */
const TABLES: Readonly<Record<Audience, readonly [string, string]>> = {
  platform: ['messageErrorCondition', 'applicationErrorCondition'],
  'care-software': ['messageErrorCondition', 'applicationErrorCode'],
};

/** ERR-2 where, ERR-3 table 0357, ERR-4, ERR-5 table 0533, ERR-7 our code, ERR-8 what to do about it. */
function errorFields(ack: Reception['ack'], error: ErrorData, message: Hl7Message | undefined): Record<number, Hl7Value> {
  const hasCharset = message === undefined || message.get('MSH-18') !== '';
  const audience = message && audienceOf(message);
  const [hl70357, hl70533] = audience ? TABLES[audience] : ['HL70357', 'HL70533'];
  const entry = CATALOGUE[error.code];
  const code = (entry as { hl7?: number }).hl7 ?? 207;
  const application = applicationCodeOf(error, ack === 'AE' && audience !== undefined);
  return {
    2: errorLocation(error.location),
    3: [code, TABLE_0357[code], hl70357],
    4: 'E',
    5: application === undefined ? undefined : [application, writable(APPLICATION_ERRORS[application]?.label ?? '', hasCharset), hl70533],
    7: error.code,
    8: writable(`${entry.fr}. ${entry.fix.fr}`, hasCharset),
  };
}

/** Old charsets have no typographic apostrophe; a message that declares none is ASCII to its sender. */
function writable(text: string, hasCharset: boolean): string {
  const plain = text.replaceAll('’', "'");
  return hasCharset ? plain : plain.normalize('NFD').replaceAll(/[^\x20-\x7e]/g, '');
}

const TABLE_0357: Readonly<Record<number, string>> = {
  100: 'Segment sequence error',
  101: 'Required field missing',
  102: 'Data type error',
  103: 'Table value not found',
  198: 'Non-Conformant Cardinality',
  199: 'Other HL7 Error',
  200: 'Unsupported message type',
  201: 'Unsupported event code',
  202: 'Unsupported processing id',
  203: 'Unsupported version id',
  207: 'Application error',
};
/** `PID-3.4` -> `PID^1^3^1^4`; `OBX[2]-5.5` -> `OBX^2^5^1^5`; `PID` -> `PID^1`. */
function errorLocation(location: Location | undefined): Hl7Value {
  const match = /^([A-Z][A-Z\d]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+)(?:\.(\d+))?)?)?$/.exec(location?.hl7 ?? '');
  if (!match) return undefined;
  const [, segment, occurrence = '1', field, repetition, component, sub] = match;
  return [segment, occurrence, field, repetition ?? (component ? '1' : undefined), component, sub];
}
