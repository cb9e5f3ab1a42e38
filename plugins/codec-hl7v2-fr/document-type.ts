/** Which canonical type a document has: model, site map, PPAC title, national code, in this order; never a guess (SAFETY B1). */
import { PasserelleError, type CdaHeader, type DocumentTypeRule } from '../../core/contract/index.ts';
import { DOCUMENT_TYPES, type DocumentData, type DocumentType } from '../../core/model/index.ts';
import { isPpacTitle, LOINC_OID, nationalCodeOf, nationalTypeOf, recogniseModel } from '../codec-cda/index.ts';
import type { Hl7Segment } from '../codec-hl7v2/index.ts';
import { warn, type Reading } from './reading.ts';
import { clean, said } from './values.ts';

/** A code as sent, with its coding system. */
export interface SentCode {
  readonly code: string;
  readonly system: string;
  readonly label: string;
  readonly at: string;
}

export type TypeReading = Pick<
  DocumentData,
  'canonicalType' | 'loinc' | 'nationalCode' | 'localCode' | 'localSystem' | 'label' | 'modelOid' | 'modelVersion'
>;

const LOINC_SYSTEMS = new Set(['LN', 'LOINC', 'http://loinc.org', LOINC_OID]);
/** Said to be LOINC, or without a system and of its shape (version 1.2 of the guide leaves it out). */
const isLoinc = ({ code, system }: SentCode): boolean =>
  LOINC_SYSTEMS.has(system) || LOINC_SYSTEMS.has(system.toUpperCase()) || (system === '' && /^\d{3,6}-\d$/.test(code));

/** Code and alternate code of a CE field: `code^label^system^code^label^system`. */
export function readCodes(segment: Hl7Segment | undefined, field: number): readonly SentCode[] {
  const value = segment?.reps(field)[0];
  if (!value) return [];
  return [1, 4]
    .map((from) => ({ code: clean(value.get(from)), label: clean(value.get(from + 1)), system: clean(value.get(from + 2)), at: value.at }))
    .filter((one) => one.code !== '' || one.label !== '');
}

/**
 * Throws ERR_DOCUMENT_TYPE_UNKNOWN, which waits for a line in the site's map. `codes`: the most precise first (OBX-3, OBR-4, TXA-2). A deletion names
 * its document by id: it waits for nobody to type it, and says `OTHER` with the code as sent. `cda`: of the form of the same content that says most, which types
 * all of them; `itself`: its own.
 */
export function routeType(
  reading: Reading,
  codes: readonly SentCode[],
  cda: CdaHeader | undefined,
  isDeletion: boolean,
  itself: CdaHeader | undefined,
): TypeReading {
  const own = cda?.code && [{ code: cda.code.code, system: cda.code.system ?? '', label: cda.code.label ?? '', at: 'OBX-5' }];
  const all = [...codes, ...(own ?? [])];
  const model = itself && recogniseModel(itself);
  if (model && !model.versionKnown) warn(reading, 'document-model-version-unknown', model.version);
  const loinc = (own ?? []).find(isLoinc) ?? codes.find(isLoinc);
  const national = nationalType(reading, all);
  const { documentTypes } = reading.settings;
  const written = documentTypes.filter((rule) => !isLearnedOfShared(rule));
  const canonicalType = (cda && recogniseModel(cda)?.type) ?? mapped(written, all) ?? ppac(all, cda) ?? mapped(documentTypes, all) ?? national?.type;
  if (!canonicalType && !isDeletion) throw unknownType(all, loinc);
  if (!canonicalType) warn(reading, 'deletion-type-unknown', undefined, all[0]?.at);
  const local = codes.find((one) => one.code !== '' && !isLoinc(one));
  const legacy = loinc && nationalTypeOf(loinc.code)?.nationalCode;
  if (legacy) warn(reading, 'legacy-document-code', loinc.code, loinc.at);
  if (national?.type && canonicalType && national.type !== canonicalType) warn(reading, 'document-code-mismatch', undefined, loinc?.at);
  return {
    canonicalType: canonicalType ?? 'OTHER',
    ...said({
      loinc: loinc?.code ?? (canonicalType && nationalCodeOf(canonicalType)?.code),
      nationalCode: legacy,
      localCode: local?.code,
      localSystem: local?.system,
      label: (codes[0]?.label || loinc?.label) ?? '',
      modelOid: model?.oid,
      modelVersion: model?.version,
    }),
  };
}

/**
 * What national codes say: the most precise one, unless another one of a known type contradicts it (envelope against document).
 * A code that types nothing beside it (OBR-4 of a laboratory names the examination) contradicts nothing.
 */
function nationalType(reading: Reading, all: readonly SentCode[]): { type?: DocumentType } | undefined {
  const [first, ...others] = all.filter(isLoinc).map((one) => nationalTypeOf(one.code));
  const contradicts = others.some((one) => one && one.type !== first?.type);
  if (contradicts) warn(reading, 'document-code-mismatch', undefined, all[0]?.at);
  return contradicts ? undefined : first;
}

/** What a person said of one document of a shared code is no answer for one whose title says what it is. */
const isLearnedOfShared = ({ isLearned, system, code }: DocumentTypeRule): boolean =>
  isLearned === true && LOINC_SYSTEMS.has(system) && nationalTypeOf(code) !== undefined && !nationalTypeOf(code)?.type;

/** A line for the code itself, of any of the codes sent, before a line for a whole system. */
function mapped(rules: readonly DocumentTypeRule[], all: readonly SentCode[]): DocumentType | undefined {
  const own = (rule: DocumentTypeRule, sent: SentCode): boolean => rule.code === (rule.system === 'text' ? sent.label : sent.code);
  const known = rules.filter(({ type }) => (DOCUMENT_TYPES as readonly string[]).includes(type));
  for (const matches of [own, (rule: DocumentTypeRule): boolean => rule.code === '*'])
    for (const sent of all) {
      const rule = known.find((one) => sameSystem(one.system, sent) && matches(one, sent));
      if (rule) return rule.type as DocumentType;
    }
  return undefined;
}

const sameSystem = (wanted: string, sent: SentCode): boolean =>
  wanted === 'text' ? sent.code === '' : wanted === sent.system || (LOINC_SYSTEMS.has(wanted) && isLoinc(sent));

function ppac(all: readonly SentCode[], cda: CdaHeader | undefined): DocumentType | undefined {
  const titles = cda?.title === undefined ? all.map((one) => one.label) : [cda.title];
  return titles.some(isPpacTitle) ? 'PPAC' : undefined;
}

function unknownType(all: readonly SentCode[], loinc: SentCode | undefined): PasserelleError {
  const shared = loinc && nationalTypeOf(loinc.code) && !nationalTypeOf(loinc.code)?.type;
  const [first] = all;
  const local = first?.code ? { system: first.system, code: first.code } : first?.label ? { system: 'text', code: first.label } : undefined;
  // National codes that contradict each other are for their sender to mend: no decision of this site is to stand above them.
  const isNational = all.some((one) => isLoinc(one) && nationalTypeOf(one.code)?.type);
  const documentCode = isNational ? undefined : shared ? { system: 'LN', code: loinc.code } : local;
  return new PasserelleError('ERR_DOCUMENT_TYPE_UNKNOWN', {
    ...(documentCode && { documentCode }),
    location: { hl7: all[0]?.at ?? 'OBX-3' },
    expected: 'a model, a line of documentTypes, or a national code of one type',
    // A code of a document type tells nothing of the patient: the operator needs it to write the line.
    found: shared
      ? `the shared code ${loinc.code}`
      : `code ${all[0]?.code.slice(0, 40) || 'absent'} of system ${all[0]?.system.slice(0, 40) || 'unsaid'}`,
  });
}
