/**
 * What a connector returned, checked before the engine relies on it: a connector is somebody else's code, and over the mesh somebody else's
 * process. Nonsense is a defect of the connector (ERR_CONNECTOR_FAILED): it costs the message it was said of, never the lane.
 */
import { CATALOGUE, PasserelleError, type DecodeResult, type EncodeResult, type ErrorData, type ReplyOutcome } from '../contract/index.ts';

type Fields = Readonly<Record<string, unknown>>;
const DECISIONS: readonly unknown[] = ['accept', 'accept-with-warning', 'quarantine', 'reject', 'filtered'];
const OUTCOMES: readonly unknown[] = ['delivered', 'later', 'unavailable', 'refused', 'unknown-there', 'unreadable'];

/** Throws ERR_CONNECTOR_FAILED. */
export function checkDecoded(value: unknown): DecodeResult {
  const result = fieldsOf(value, 'a decode result');
  need(DECISIONS.includes(result['decision']), `a decision among ${DECISIONS.join(', ')}`);
  for (const event of listOf(result['events'], 'events')) {
    const { type, keys, destinations, correlation } = fieldsOf(event, 'an event');
    need(typeof type === 'string', 'an event type');
    need(correlation === undefined || typeof correlation === 'string', 'the control id that an event is about');
    for (const key of listOf(keys, 'patient keys of an event')) needTexts(key, ['domain', 'value']);
    if (destinations !== undefined) for (const site of listOf(destinations, 'destinations')) need(typeof site === 'string', 'a FINESS');
  }
  for (const warning of listOf(result['warnings'], 'warnings')) needTexts(warning, ['code']);
  for (const term of listOf(result['terms'] ?? [], 'terms')) needTexts(term, ['field', 'value']);
  needError(result['error']);
  return value as DecodeResult;
}

/** Throws ERR_CONNECTOR_FAILED. */
export function checkEncoded(value: unknown): EncodeResult {
  const result = fieldsOf(value, 'an encode result');
  const { outcome } = result;
  if (outcome === 'message') needTexts(result['envelope'], ['format', 'text']);
  else need(outcome === 'hold' || outcome === 'refuse', 'an outcome among message, hold, refuse');
  if (outcome !== 'message') fieldsOf(result['error'], 'the error of a delivery that is held or refused');
  needError(result['error']);
  return value as EncodeResult;
}

/** Throws ERR_CONNECTOR_FAILED: the reply is there and nobody can say what it means. */
export function checkInterpreted(value: unknown): ReplyOutcome {
  const result = fieldsOf(value, 'the meaning of a reply');
  need(OUTCOMES.includes(result['outcome']), `an outcome among ${OUTCOMES.join(', ')}`);
  need(result['ack'] === undefined || typeof result['ack'] === 'string', 'an acknowledgement code');
  needError(result['error']);
  return value as ReplyOutcome;
}

function need(holds: boolean, expected: string): asserts holds {
  if (!holds) throw new PasserelleError('ERR_CONNECTOR_FAILED', { expected });
}

function fieldsOf(value: unknown, expected: string): Fields {
  need(typeof value === 'object' && value !== null && !Array.isArray(value), expected);
  return value as Fields;
}

function listOf(value: unknown, expected: string): readonly unknown[] {
  need(Array.isArray(value), expected);
  return value as readonly unknown[];
}

function needTexts(value: unknown, names: readonly string[]): void {
  const fields = fieldsOf(value, names.join(' and '));
  for (const name of names) need(typeof fields[name] === 'string', `text in ${name}`);
}

/** People are shown the words of the catalogue: a code that is not in it has none. */
function needError(error: unknown): void {
  if (error === undefined) return;
  const { code } = fieldsOf(error, 'an error') as unknown as ErrorData;
  need(Object.hasOwn(CATALOGUE, code), 'an error code of the catalogue');
}
