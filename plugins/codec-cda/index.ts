/** CDA R2 as the French guides write it: header facts, model recognition, and an N1 around a PDF. */
export {
  LOINC_OID,
  MODELS,
  isPpacTitle,
  nationalCodeOf,
  nationalTypeOf,
  recogniseModel,
  type DocumentModel,
  type NationalType,
  type RecognisedModel,
  type TypeCode,
} from './models.ts';
