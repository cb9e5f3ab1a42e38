/** CDA R2 as the French guides write it: header facts, model recognition, and an N1 around a PDF. */
import type { CodecPlugin } from '../../core/contract/index.ts';
import type { EventData } from '../../core/model/index.ts';
import { cda } from './read.ts';
import { wrapped } from './wrapped.ts';
import { writeEvent } from './write-event.ts';

export {
  LOINC_OID,
  MODELS,
  TRE_A05_OID,
  isPpacTitle,
  nationalCodeOf,
  nationalTypeOf,
  recogniseModel,
  type DocumentModel,
  type NationalType,
  type RecognisedModel,
  type TypeCode,
} from './models.ts';
export { bodyFault } from './body.ts';
export { derivedId, rootOnlyId } from './derived-id.ts';
export { isoTime } from './hl7-time.ts';
export { validate, type ValidateOptions } from './rules/index.ts';
export { requestOf, type AgreedCda } from './request.ts';
export { writeN1, type N1Request, type N1Source } from './write-n1.ts';
export { writableVersions, writeN3, type N3Request, type N3Source } from './write/index.ts';
export type { N1Party } from './n1-parties.ts';
export { CDA_LIMIT_BYTES, MARKUP_LIMIT_BYTES, TAG_LIMIT, prepareXml } from './prepare.ts';
export { withDocument } from './tree.ts';

export const plugin: CodecPlugin = {
  kind: 'codec',
  id: 'cda',
  document: { ...cda, wrapped, write: (data, options) => writeEvent(data as EventData<'dcc.document.received'>, options) },
};
