/** Writes the CDA of an event by itself, for who has a file and no flow: N3 of its content, else N1 around what it is given. */
import { assemblePart, PasserelleError, sniffMime, type DocumentWriteOptions } from '../../core/contract/index.ts';
import type { EventData } from '../../core/model/index.ts';
import { requestOf } from './request.ts';
import { writeN1 } from './write-n1.ts';
import { writeN3 } from './write/index.ts';

/** Throws ERR_DOCUMENT_INCOMPLETE, ERR_DOCUMENT_MISSING, ERR_PATIENT_NO_IDENTIFIER. */
export function writeEvent(data: EventData<'dcc.document.received'>, { content, agreed, modelVersion, ...when }: DocumentWriteOptions): Uint8Array {
  const { document } = data;
  const request = requestOf(data, document, agreed, when);
  if (!content && (document.rcp ?? document.pps))
    return assemblePart(writeN3({ ...request, ...(modelVersion !== undefined && { modelVersion }) }), () => new Uint8Array());
  if (!content && document.text === undefined)
    throw new PasserelleError('ERR_DOCUMENT_MISSING', { location: { path: '/data/document' }, expected: 'rcp, pps, text, or a file to wrap' });
  const body = content ? { part: 'p1', mediaType: sniffMime(content) } : { text: document.text!, mediaType: 'text/plain' };
  return assemblePart(writeN1({ ...request, ...body }), () => content ?? new Uint8Array());
}
