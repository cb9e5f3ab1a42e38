/** CDA R2 as the French guides write it: which models there are, what header and content say, and how one is written. `codec-cda-reader` opens them. */
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
export { requestOf, type AgreedCda } from './request.ts';
export { writeN1, type N1Request, type N1Source } from './write-n1.ts';
export { writableVersions, writeN3, type N3Request, type N3Source } from './write/index.ts';
export type { N1Party } from './n1-parties.ts';
export { CDA_LIMIT_BYTES, MARKUP_LIMIT_BYTES, TAG_LIMIT, prepareXml, runOf, unreadable, type PreparedXml } from './prepare.ts';
export { HL7_V3, readTree } from './tag.ts';
export { readHeader } from './header.ts';
export { contentModelOf, readContent } from './content/index.ts';
export { writeEvent } from './write-event.ts';
