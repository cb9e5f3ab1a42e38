/**
 * The form in which a document leaves for one recipient (SAFETY B10): as it came, or, where its settings ask for it, a PDF or a text within a
 * CDA N1, and a structured CDA in a version of its model that the recipient takes.
 */
import { PasserelleError, type DocumentIds, type EncodeInput, type PartSource } from '../../core/contract/index.ts';
import { NATIONAL_TIME_ZONE, type DocumentData, type EventData, type Patient } from '../../core/model/index.ts';
import {
  derivedId,
  LOINC_OID,
  nationalTypeOf,
  requestOf,
  rootOnlyId,
  TRE_A05_OID,
  writeN1,
  writeN3,
  type AgreedCda,
  type TypeCode,
} from '../codec-cda/index.ts';
import { said } from './values.ts';
import type { Writing } from './write-header.ts';
import { ippAt, qualifiedIns, unknownThere } from './write-patient.ts';

type DocumentEvent = EventData<'dcc.document.received'>;

/** `connector.cda` of the site, checked by its schema (settings.ts). */
interface CdaSettings extends AgreedCda {
  /** Not a setting: what this document is said to be. */
  readonly type?: TypeCode | undefined;
  readonly plain?: 'as-is' | 'n1';
  readonly versions?: Readonly<Record<string, readonly [string, ...string[]]>>;
}

/** Systems of JDV_J07 in HL7 v2, by their OID in a CDA. */
const SYSTEMS: Readonly<Record<string, string>> = { LN: LOINC_OID, TRE_A05: TRE_A05_OID };

/** A code of a system that has no OID stands in no CDA. */
function typeCodeOf([code, label, system = '']: readonly string[]): TypeCode | undefined {
  const oid = SYSTEMS[system] ?? (/^[0-2](\.\d+)+$/.test(system) ? system : undefined);
  return code && oid ? { code, system: oid, label: label || nationalTypeOf(code)?.label || code } : undefined;
}

export interface Formed {
  readonly data: DocumentEvent;
  /** What stands in the place of the document's own part. */
  readonly made?: { readonly source: PartSource };
}

/** End of a text that the reader of a CDA cut: what was cut cannot be written again. */
const CUT = / \[…\]("|\\n)/;

/**
 * `code`: code, label and system that the envelope has: a document within says the same of itself (SAFETY B1). Throws ERR_DOCUMENT_INCOMPLETE with the
 * field that a CDA needs and nobody gives, ERR_DOCUMENT_REWRITE, ERR_DESTINATION_UNKNOWN_PATIENT.
 */
export function formOfDocument(writing: Writing, input: EncodeInput, code: readonly string[]): Formed {
  const agreed = writing.context.settings.connector['cda'] as CdaSettings | undefined;
  const settings = agreed && { ...agreed, type: typeCodeOf(code) };
  const data = input.event.data as DocumentEvent;
  const { document } = data;
  const isPlain = document.format === undefined && !document.modelOid;
  const asItCame: Formed = { data: { ...data, document: knownThere(document, input, isPlain) } };
  if (!settings) return asItCame;
  if (isPlain) return settings.plain === 'n1' ? wrapped(writing, settings, data, input) : asItCame;
  const [version] = settings.versions?.[document.canonicalType] ?? [];
  const isTaken =
    version === undefined || document.level !== 'N3' || settings.versions?.[document.canonicalType]?.includes(document.modelVersion ?? '');
  return isTaken ? asItCame : rewritten(writing, settings, data, version, input);
}

/** Two documents of one order are two for their receiver as well. */
export const numberOf = ({ sourceId, sourceItem }: DocumentData): string | undefined => sourceId && [sourceId, sourceItem].filter(Boolean).join('#');

const isDeletion = ({ event }: Pick<EncodeInput, 'event'>): boolean => event.type === 'dcc.document.deleted';

const NAMES = ['id', 'idExtension', 'setId', 'setIdExtension'] as const;

/**
 * What was agreed may have changed since: a receiver knows what it has by what it was sent as. A CDA says its id itself, and is written with those of now; what is plain
 * is named as its receiver knows it, and by a number it is the next version of what that number stands for.
 */
export function knownThere(document: DocumentData, input: Pick<EncodeInput, 'event' | 'knownAs'>, isPlain = false): DocumentData {
  const { document: own, replaces } = input.knownAs ?? {};
  if (isDeletion(input)) return own ? namedAs(document, own) : document;
  const named = own && isPlain ? namedAs(document, own) : document;
  if (replaces?.number !== undefined) {
    const { number: sourceId } = replaces;
    const next: DocumentData = { ...without(named, ['sourceItem']), action: 'replace', sourceId };
    return isPlain ? without(next, [...NAMES, 'replaces', 'replacesExtension']) : next;
  }
  if (replaces?.id === undefined || named.replaces === undefined) return named;
  const { id, idExtension } = replaces;
  return { ...without(named, ['replacesExtension']), replaces: id, ...(idExtension !== undefined && { replacesExtension: idExtension }) };
}

/** By its number alone, or by its id: where that is not its own, the number would be one that nobody knows there. */
function namedAs(document: DocumentData, { number, ...ids }: DocumentIds): DocumentData {
  if (number !== undefined) return { ...without(document, [...NAMES, 'sourceItem']), sourceId: number };
  return { ...without(document, document.id === undefined ? [...NAMES, 'sourceId', 'sourceItem'] : NAMES), ...ids };
}

const without = (document: DocumentData, names: readonly (keyof DocumentData)[]): DocumentData =>
  Object.fromEntries(Object.entries(document).filter(([name]) => !(names as readonly string[]).includes(name))) as DocumentData;

/** A PDF, an image or a text, whole, within a CDA of its id. A number of its source is one of its site: elsewhere it is another document (SAFETY B2). */
function wrapped(writing: Writing, settings: CdaSettings, data: DocumentEvent, input: EncodeInput): Formed {
  const { document } = data;
  const { parts, event } = input;
  const { content } = document;
  const root = (id: string | undefined, extension: string | undefined): string | undefined =>
    id === undefined ? undefined : rootOnlyId(id, extension);
  const sha256 = parts.find(({ part }) => part === content?.part)?.sha256;
  const own = document.id ?? numberOf(document) ?? sha256;
  if (own === undefined || document.file !== undefined) return { data: { ...data, document: knownThere(document, input) } };
  const { document: now, before, elsewhere, isGivenAgain } = (document.id === undefined && input.knownAs) || {};
  // Of one number, each content that leaves is a document of its own there, and names the one before it (SAFETY B3).
  const last = before?.id ?? elsewhere?.id;
  const next = last === undefined ? undefined : derivedId(last, document.status ?? '', sha256 ?? document.text ?? '');
  const { noted } = document;
  // Whoever gave it that number knows it by that alone: of the site that speaks the same number is another document.
  if (isDeletion(input) && document.id === undefined && noted?.document !== undefined && now?.id === undefined && next === undefined)
    return { data: { ...data, document: knownThere(document, input) } };
  const numbered = now?.id ?? next ?? derivedId(noted?.document ?? event.site, data.originApplication ?? '', own);
  const ids = {
    id: document.id === undefined ? numbered : rootOnlyId(document.id, document.idExtension),
    replaces: root(document.replaces, document.replacesExtension),
    setId: root(document.setId, document.setIdExtension),
  };
  const { idExtension: _, replacesExtension: __, setIdExtension: ___, ...rest } = document;
  const named = knownThere(withIds(rest, ids), input);
  if (isDeletion(input)) return { data: { ...data, document: named } };
  const { id: replaces, idExtension: replacesExtension } = before ?? {};
  const made: DocumentData =
    replaces === undefined || isGivenAgain
      ? named
      : { ...without(named, ['replacesExtension']), action: 'replace', replaces, ...(replacesExtension !== undefined && { replacesExtension }) };
  const body = content ? { part: content.part, mediaType: content.mime } : { text: document.text ?? '', mediaType: 'text/plain' };
  const source = writeN1({ ...headerOf(writing, settings, data, made, input), ...body });
  const { text: _text, ...kept } = made;
  return {
    data: { ...data, document: { ...kept, format: 'CDA-R2-N1', level: 'N1', mime: 'text/xml', embeddedMime: body.mediaType } },
    made: { source },
  };
}

/**
 * The same content by another version of the model. It is another document, with an id of its own; what it replaces and what deletes it have ids
 * derived in the same way. Its header cannot name the first one: CI-SIS takes no relation but RPLC.
 */
function rewritten(writing: Writing, settings: CdaSettings, data: DocumentEvent, modelVersion: string, input: EncodeInput): Formed {
  const { document } = data;
  const own = (id: string | undefined, extension: string | undefined): string | undefined =>
    id === undefined ? undefined : derivedId(id, extension ?? '', modelVersion);
  const ids = {
    id: own(document.id, document.idExtension),
    replaces: own(document.replaces, document.replacesExtension),
    setId: own(document.setId, document.setIdExtension),
  };
  const { idExtension: _, replacesExtension: __, setIdExtension: ___, ...rest } = document;
  const made: DocumentData = { ...knownThere(withIds(rest, ids), input), modelVersion };
  if (isDeletion(input)) return { data: { ...data, document: made } };
  const isCut = CUT.test(JSON.stringify(document.rcp ?? document.pps ?? {}));
  const lost = [...(document.unread ?? []), ...(isCut ? ['text'] : [])];
  if (lost.length > 0) {
    throw new PasserelleError('ERR_DOCUMENT_REWRITE', {
      location: { path: '/data/document/modelVersion' },
      expected: `a document that can be written whole in version ${modelVersion}`,
      found: `more than was read: ${lost.join(', ')}`,
    });
  }
  const source = writeN3({ ...headerOf(writing, settings, data, made, input), modelVersion });
  return { data: { ...data, document: made }, made: { source } };
}

function withIds(document: DocumentData, ids: { readonly [K in 'id' | 'replaces' | 'setId']: string | undefined }): DocumentData {
  const known = Object.entries(ids).filter(([, value]) => value !== undefined);
  return { ...document, ...(Object.fromEntries(known) as Partial<DocumentData>) };
}

/** One that says no time of its own has that of what it says, never that of the message that leaves: written again, it is the same bytes. */
function headerOf(
  writing: Writing,
  settings: CdaSettings,
  data: DocumentEvent,
  document: DocumentData,
  { event, since: now = event.time }: EncodeInput,
): ReturnType<typeof requestOf> {
  // An hour without an offset is one of its source, wherever it leaves for.
  const { timeZone = NATIONAL_TIME_ZONE } = data;
  const request = requestOf({ ...data, patient: asInEnvelope(writing, data.patient) }, document, settings, { now, timeZone });
  return { ...request, ...(settings.type && { type: settings.type }) };
}

/** The numbers that the PID of the same message has (SAFETY A4, A8): an INS that is withheld there, or an IPP of another domain, is not said within. */
function asInEnvelope(writing: Writing, { ins, insOid, insStatus, ipp: own, ippAuthority, ...patient }: Patient): Patient {
  const all: Patient = { ...patient, ...said({ ins, insOid, insStatus, ipp: own, ippAuthority }) };
  const ipp = ippAt(all, writing.context.settings);
  const isSaid = qualifiedIns(all, writing) !== undefined;
  if (!ipp && !isSaid) throw unknownThere();
  const authority = ipp?.authority.oid ?? (ipp?.value === own ? ippAuthority : undefined);
  return { ...patient, ...(isSaid && said({ ins, insOid, insStatus })), ...said({ ipp: ipp?.value, ippAuthority: authority }) };
}
