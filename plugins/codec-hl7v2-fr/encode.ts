/** A canonical event to a message for one destination, by its dialect profile. */
import { PasserelleError, type ConnectorContext, type EncodeInput, type EncodeResult } from '../../core/contract/index.ts';
import { isIdentityUpdate, type EventData } from '../../core/model/index.ts';
import { writeHl7 } from '../codec-hl7v2/index.ts';
import type { DialectProfile } from './profile.ts';
import { writeIdentity, writeVisitEvent } from './write-adt.ts';
import { writeDocument, type WrittenDocument } from './write-document.ts';
import { writeLink, writeMerge, writeReassigned } from './write-relations.ts';
import { isAnswer, writeZam } from './write-zam.ts';
import type { Writing } from './write-header.ts';

/** A patient whom the destination does not know is held (SAFETY B6); what cannot be written is refused with its reason. */
export function encodeFr(input: EncodeInput, context: ConnectorContext, profile: DialectProfile): EncodeResult {
  const writing: Writing = { context, profile, controlId: context.newId() };
  try {
    const { segments, parts, document } = write(writing, input);
    return {
      outcome: 'message',
      envelope: {
        format: 'hl7v2',
        text: writeHl7(segments),
        charset: profile.writing.charset.encoding,
        controlId: writing.controlId,
        ...(parts.length > 0 && { parts }),
        ...(document && { document }),
      },
    };
  } catch (thrown) {
    const error = PasserelleError.from(thrown);
    if (error.entry.disposition === 'defect') throw error;
    return { outcome: error.code === 'ERR_DESTINATION_UNKNOWN_PATIENT' ? 'hold' : 'refuse', error: error.toData() };
  }
}

/** `data` has passed the schema of its type. */
function write(writing: Writing, input: EncodeInput): WrittenDocument {
  const { event } = input;
  const { type, data } = event;
  if (isIdentityUpdate(type)) return { segments: writeIdentity(writing, data as EventData<'dcc.identity.updated'>), parts: [] };
  if (type === 'dcc.identity.merged') return { segments: writeMerge(writing, data as EventData<'dcc.identity.merged'>), parts: [] };
  if (type === 'dcc.identity.linked' || type === 'dcc.identity.unlinked') {
    const trigger = type === 'dcc.identity.linked' ? 'A24' : 'A37';
    return { segments: writeLink(writing, trigger, data as EventData<'dcc.identity.linked'>), parts: [] };
  }
  if (type === 'dcc.visit.reassigned') return { segments: writeReassigned(writing, data as EventData<'dcc.visit.reassigned'>), parts: [] };
  if (type.startsWith('dcc.visit.')) return { segments: writeVisitEvent(writing, type, data as EventData<'dcc.visit.opened'>), parts: [] };
  if (type === 'dcc.document.received' || type === 'dcc.document.deleted') return writeDocument(writing, input);
  if (isAnswer(type) && writing.profile.writing.answers === 'ZAM') return { segments: writeZam(writing, event), parts: [] };
  throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', { expected: 'an identity, a stay, a document, or an answer this product takes', found: type });
}
