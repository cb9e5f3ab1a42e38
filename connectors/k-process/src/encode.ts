/** Canonical event -> message of our contract (pure). */
import {
  PasserelleError,
  type ConnectorContext,
  type DocumentIds,
  type EncodeInput,
  type EncodeResult,
  type OutgoingPart,
} from 'passerelle/contract';
import { encodeFr, knownThere } from 'passerelle/codec/hl7v2-fr';
import type { CallContext, EventData, Patient } from 'passerelle/model';
import { isAnswer, writeAnswer } from './answers.ts';
import { ANSWER, CONTRACT_VERSION, WIRE_TYPES, authorityOf, pathOf, said } from './contract.ts';
import { isSearch, writeContext } from './context.ts';
import { namesOf, writeDocument } from './document-out.ts';
import { isHl7, K_PROCESS_HL7 } from './hl7.ts';
import { writePatient } from './identities-out.ts';

export function encode(input: EncodeInput, context: ConnectorContext): EncodeResult {
  if (isHl7(input.format)) return encodeFr(input, context, K_PROCESS_HL7);
  const { event } = input;
  const type = isSearch(event) ? 'context.search' : isAnswer(event.type) ? ANSWER : WIRE_TYPES[event.type];
  const refuse = (error: PasserelleError): EncodeResult => ({ outcome: 'refuse', error: error.toData() });
  if (!type) return refuse(new PasserelleError('ERR_ENCODE_UNSUPPORTED', { expected: Object.keys(WIRE_TYPES).join(', ') }));
  try {
    const { body, parts, names } = writeBody(type, input, context);
    const messageId = context.newId();
    const message = said({
      contract: CONTRACT_VERSION,
      messageId,
      type,
      occurredAt: event.time,
      environment: context.settings.environment,
      site: event.site,
      event: { id: event.id, source: event.source },
      ...body,
    });
    return {
      outcome: 'message',
      envelope: {
        format: 'json',
        text: JSON.stringify(message),
        ...(parts.length > 0 && { parts }),
        controlId: messageId,
        ...(names && { document: names }),
        http: { method: 'POST', path: pathOf(type), headers: { 'content-type': 'application/json', 'idempotency-key': messageId } },
      },
    };
  } catch (thrown) {
    if (thrown instanceof PasserelleError) return refuse(thrown);
    throw thrown;
  }
}

interface Written {
  readonly body: object;
  readonly parts: readonly OutgoingPart[];
  /** What the record knows a document by. */
  readonly names?: DocumentIds;
}

function writeBody(type: string, input: EncodeInput, context: ConnectorContext): Written {
  const { event, parts } = input;
  const patient = (from: Patient): object => writePatient(from, context.settings.connector['sendContactDetails'] !== 'never');
  if (type === 'context.ended') return { body: event.data as EventData<'dcc.context.ended'>, parts: [] };
  if (type.startsWith('context.')) return { body: writeContext(event.data as CallContext), parts: [] };
  if (type === 'identity.merged') {
    const { surviving, absorbed, authority, kind, patient: about } = event.data as EventData<'dcc.identity.merged'>;
    const identifier = (value: string): object => ({ value, ...(authority && { authority: authorityOf(authority) }) });
    const merge = { surviving: identifier(surviving), absorbed: identifier(absorbed), kind: kind ?? 'merge' };
    return { body: { ...(about && { patient: patient(about) }), merge }, parts: [] };
  }
  if (type === 'identity.linked' || type === 'identity.unlinked')
    return { body: { patients: (event.data as EventData<'dcc.identity.linked'>).patients.map(patient) }, parts: [] };
  if (type === 'visit.reassigned') {
    const { from, patient: owner, visit, formerVisitId } = event.data as EventData<'dcc.visit.reassigned'>;
    return { body: said({ patient: patient(owner), from: patient(from), visit, formerVisitId }), parts: [] };
  }
  if (type === ANSWER) return { body: { answer: writeAnswer(event.type, event.data as EventData<'dcc.delivery.mss.failed'>) }, parts: [] };
  if (type.startsWith('document.')) {
    const given = event.data as EventData<'dcc.document.received'>;
    const data = { ...given, document: knownThere(given.document, input, given.document.format === undefined) };
    const written = writeDocument(data, parts);
    return {
      body: said({ patient: patient(data.patient), visit: data.visit, consent: data.consent, document: written.document }),
      parts: written.parts,
      names: namesOf(data.document),
    };
  }
  const data = event.data as Partial<EventData<'dcc.visit.opened'>> & EventData<'dcc.identity.updated'>;
  return { body: said({ patient: patient(data.patient), visit: data.visit, consent: data.consent }), parts: [] };
}
