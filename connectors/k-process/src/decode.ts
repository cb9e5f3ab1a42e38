/** Message of the record -> canonical events (pure). JSON here; HL7 of the first pilots through the French codec. */
import { PasserelleError, type ConnectorContext, type DecodeResult, type DraftEvent, type Envelope, type Warning } from 'passerelle/contract';
import { decodeFr } from 'passerelle/codec/hl7v2-fr';
import { NATIONAL_TIME_ZONE } from 'passerelle/model';
import { decodeCall, isCall } from './call.ts';
import { readAnswer } from './answers.ts';
import { ANSWER, INBOUND_TYPES, pathOf } from './contract.ts';
import { readDocument } from './document.ts';
import { isHl7, K_PROCESS_HL7 } from './hl7.ts';
import { DATE_TIME, readPatient } from './identities.ts';
import { Reader } from './reader.ts';

const FINESS = /^[0-9AB]{9}$/;

export function decode(envelope: Envelope, context: ConnectorContext): DecodeResult {
  if (isHl7(envelope.format)) return decodeFr(envelope, context, K_PROCESS_HL7);
  const warnings: Warning[] = [];
  let call = false;
  try {
    const value = parse(envelope.text);
    call = isCall(value);
    if (call) {
      const { events, terms } = decodeCall(value, context, warnings);
      return {
        decision: warnings.length + envelope.warnings.length > 0 ? 'accept-with-warning' : 'accept',
        events,
        warnings,
        ...(terms && { terms }),
      };
    }
    const { event, terms } = decodeMessage(value, envelope, context, warnings);
    return { decision: warnings.length + envelope.warnings.length > 0 ? 'accept-with-warning' : 'accept', events: [event], warnings, terms };
  } catch (thrown) {
    if (!(thrown instanceof PasserelleError)) throw thrown;
    // Nobody waits for a call that is in doubt.
    return { decision: thrown.entry.disposition === 'quarantine' && !call ? 'quarantine' : 'reject', events: [], warnings, error: thrown.toData() };
  }
}

function decodeMessage(
  value: unknown,
  envelope: Envelope,
  context: ConnectorContext,
  warnings: Warning[],
): { event: DraftEvent; terms: DecodeResult['terms'] } {
  const message = new Reader(value);
  if (!/^1\.\d+$/.test(message.need('contract')))
    throw new PasserelleError('ERR_JSON_VERSION_UNSUPPORTED', { location: { path: '/contract' }, expected: '1.x' });
  checkEnvironment(message, context);
  const messageId = message.need('messageId', { max: 64 });
  checkIdempotencyKey(envelope, messageId);
  const wireType = message.need('type');
  const type = Object.hasOwn(INBOUND_TYPES, wireType) ? INBOUND_TYPES[wireType] : undefined;
  if ((!type && wireType !== ANSWER) || (envelope.http && envelope.http.path !== pathOf(wireType))) {
    const expected = [...Object.keys(INBOUND_TYPES), ANSWER].join(', ');
    throw new PasserelleError('ERR_JSON_TYPE_UNSUPPORTED', { location: { path: '/type' }, expected });
  }
  if (!type) {
    const { event, about } = readAnswer(message);
    return {
      event,
      terms: [
        { field: 'control-id', value: messageId },
        { field: 'control-id', value: about },
      ],
    };
  }
  const identity = readPatient(message, context, warnings);
  const { document, visibility, authorRpps, parts } = readDocument(message.needObject('document'), type, identity, envelope, warnings);
  const occurredAt = message.need('occurredAt', { pattern: DATE_TIME });
  const destinations = message.texts('destinations', FINESS);
  if (destinations?.length === 0)
    throw new PasserelleError('ERR_JSON_FIELD_INVALID', { location: { path: '/destinations' }, expected: 'at least one FINESS' });
  const id = idKey(document.id, document.idExtension);
  const setId = idKey(document.setId, document.setIdExtension);
  const replaces = idKey(document.replaces, document.replacesExtension);
  const { version } = document;
  const { timeZone } = context.settings;
  return {
    event: {
      type,
      time: occurredAt,
      data: {
        patient: identity.patient,
        document,
        ...(visibility && { visibility }),
        ...(authorRpps && { authorRpps }),
        originApplication: 'K-Process',
        trigger: wireType,
        ...(timeZone !== NATIONAL_TIME_ZONE && { timeZone }),
      },
      keys: identity.keys,
      document: { ...(id && { id }), ...(setId && { setId }), ...(version !== undefined && { version }), ...(replaces && { replaces }) },
      parts,
      ...(destinations && { destinations }),
    },
    terms: [
      ...identity.terms,
      { field: 'control-id', value: messageId },
      ...[document.id ?? document.sourceId, document.setId].flatMap((value) => (value ? [{ field: 'document', value } as const] : [])),
    ],
  };
}

/** A key of the engine: documents of one root that differ by extension are different documents. */
const idKey = (root: string | undefined, extension: string | undefined): string | undefined =>
  root !== undefined && extension !== undefined ? `${extension}^^${root}` : root;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text: never kept.
    throw new PasserelleError('ERR_CODEC_UNREADABLE', { expected: 'a JSON object' });
  }
}

function checkEnvironment(message: Reader, { settings }: ConnectorContext): void {
  const environment = settings.environment === undefined ? message.text('environment') : message.need('environment');
  if (settings.environment !== undefined && environment !== settings.environment) {
    throw new PasserelleError('ERR_JSON_ENVIRONMENT', { location: { path: '/environment' }, expected: settings.environment });
  }
}

/** The header that proxies and retries work with, and the body, must say the same. */
function checkIdempotencyKey({ http }: Envelope, messageId: string): void {
  const key = http?.headers?.['idempotency-key'];
  if (key !== undefined && key !== messageId) {
    throw new PasserelleError('ERR_JSON_FIELD_INVALID', { location: { path: '/messageId' }, expected: 'the value of Idempotency-Key' });
  }
}
