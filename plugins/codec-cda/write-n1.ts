/**
 * Writes a CDA R2 N1 around a PDF (specs FACTS G0; IHE XDS-SD; header checked against CI-SIS Structuration minimale 2.41). The PDF is
 * not touched: the result names its part, and the engine places its Base64 when it builds the message.
 */
import { PasserelleError, type PartSource } from '../../core/contract/index.ts';
import type { DocumentData, Patient, Visit } from '../../core/model/index.ts';
import { isRootOnly } from './derived-id.ts';
import { hl7Time } from './hl7-time.ts';
import { nationalCodeOf, nationalTypeOf, LOINC_OID, TRE_A05_OID, type TypeCode } from './models.ts';
import { custodian, encounter, informationRecipients, patientIds, patientPerson, person, service, type N1Party } from './n1-parties.ts';
import { element, escapeXml, textElement } from './xml-text.ts';

/** What the header needs and canonical data may lack. Nothing here has a default that would say more than is known. */
export interface N1Request {
  readonly patient: Patient;
  readonly document: DocumentData;
  readonly visit?: Visit;
  /** Part of the incoming message that holds the PDF (or text, image: then `mediaType`); without one, `text` is the body. */
  readonly part?: string;
  readonly text?: string;
  readonly mediaType?: string;
  /** ISO 8601 with offset: written as the time of the document when it has none of its own. */
  readonly now: string;
  /** Of the site: local times of canonical data are in it. */
  readonly timeZone: string;
  /** Default: the document's code, else the national code of its type. Required for a type that has none (PPAC, SAFETY B1). */
  readonly type?: TypeCode;
  /** Root-only ids, when the document's own have an extension or are not OIDs (the DMP takes no other: specs FACTS A2). */
  readonly ids?: { readonly id?: string; readonly setId?: string; readonly replaces?: string };
  /** `N`, `R` or `V`, when the document does not say: agreed in the settings of the site, never assumed. */
  readonly confidentiality?: string;
  /** OID of the identity domain of the IPP, when the patient's `ippAuthority` is not one. */
  readonly ippOid?: string;
  /** Default: the first participant `author`. None = an author that is not known. */
  readonly author?: N1Party;
  /** Who answers for the document; none = not known. Never taken from the author without being told to. */
  readonly legalAuthenticator?: N1Party;
  /** Default: the document's custodian. None = not known. */
  readonly custodian?: { readonly name?: string; readonly finess?: string };
  /** healthCareFacility/code, from JDV_J02: `{ code: 'SA01', system: '1.2.250.1.71.4.2.4', label }`. */
  readonly facilityType?: TypeCode;
  /** standardIndustryClassCode of the performer, from JDV_J04: without it the act names no performer. */
  readonly practiceSetting?: TypeCode;
}

export type N1Source = Extract<PartSource, { readonly pieces: unknown }>;

/**
 * Throws ERR_PATIENT_NO_IDENTIFIER when the patient would have no id (an INS is written only when qualified, an IPP only with the OID
 * of its domain), ERR_DOCUMENT_INCOMPLETE with the field when one without which there is no document is missing.
 */
export function writeN1(request: N1Request): N1Source {
  const { document, part, text, mediaType = 'application/pdf' } = request;
  const body = `<component><nonXMLBody><text mediaType="${escapeXml(mediaType)}" representation="B64">`;
  return {
    pieces: [
      `<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3">${headerOf(request, document)}${body}`,
      part === undefined ? Buffer.from(text ?? required('/part')).toString('base64') : { part, encoding: 'base64' },
      '</text></nonXMLBody></component></ClinicalDocument>',
    ],
    mime: 'text/xml',
  };
}

/** What a structured document has in the place of what an N1 has. */
export interface HeaderParts {
  readonly model: { readonly oid: string; readonly version: string };
  readonly participants: string;
  readonly services?: string;
  readonly encounter?: string;
}
export type HeaderRequest = Omit<N1Request, 'part' | 'text' | 'mediaType'>;

export function headerOf(request: HeaderRequest, document: DocumentData, parts?: HeaderParts): string {
  const { timeZone, patient, visit } = request;
  const type = typeOf(request, document);
  const created = hl7Time(document.createdAt?.includes('T') ? document.createdAt : request.now, timeZone) ?? required('/now');
  const written = document.participants?.find(({ role }) => role === 'author');
  const author = request.author ?? written;
  const keeper = request.custodian ?? document.custodian;
  return [
    identification(request, document, type, created, parts?.model),
    element('recordTarget', {}, element('patientRole', {}, ...patientIds(patient, request.ippOid), patientPerson(patient))),
    element('author', {}, element('time', { value: created }), person('assignedAuthor', author)),
    custodian(keeper),
    informationRecipients(document.participants ?? []),
    element(
      'legalAuthenticator',
      {},
      element('time', request.legalAuthenticator ? { value: created } : { nullFlavor: 'UNK' }),
      element('signatureCode', { code: 'S' }),
      person('assignedEntity', request.legalAuthenticator),
    ),
    parts?.participants,
    parts?.services ?? service(hl7Time(document.date, timeZone), author, request.practiceSetting),
    related(request, document),
    parts?.encounter ?? encounter(visit, timeZone, request.facilityType),
  ].join('');
}

function identification(request: HeaderRequest, document: DocumentData, type: TypeCode, created: string, model?: HeaderParts['model']): string {
  const setId = rootOnly(request.ids?.setId ?? document.setId, undefined, '/document/setId');
  const id = rootOnly(request.ids?.id ?? document.id, request.ids?.id ? undefined : document.idExtension, '/document/id') ?? required('/document/id');
  const confidentiality = document.confidentiality ?? request.confidentiality;
  if (confidentiality === undefined || !/^[NRV]$/.test(confidentiality)) required('/document/confidentiality', 'N, R or V');
  return [
    element('realmCode', { code: 'FR' }),
    element('typeId', { root: '2.16.840.1.113883.1.3', extension: 'POCD_HD000040' }),
    // HL7 France, CI-SIS, and the model; XDS-SD stands for that of an N1.
    ...['2.16.840.1.113883.2.8.2.1', '1.2.250.1.213.1.1.1.1'].map((root) => element('templateId', { root })),
    element('templateId', model ? { root: model.oid, extension: model.version } : { root: '1.3.6.1.4.1.19376.1.2.20' }),
    element('id', { root: id }),
    element('code', {
      code: type.code,
      codeSystem: type.system,
      ...(type.system === LOINC_OID && { codeSystemName: 'LOINC' }),
      displayName: type.label,
    }),
    textElement('title', document.title ?? type.label),
    element('effectiveTime', { value: created }),
    element('confidentialityCode', { code: confidentiality, codeSystem: '2.16.840.1.113883.5.25', displayName: CONFIDENTIALITY[confidentiality] }),
    element('languageCode', { code: document.language ?? 'fr-FR' }),
    setId && element('setId', { root: setId }),
    setId && element('versionNumber', { value: String(document.version ?? 1) }),
  ].join('');
}

const CONFIDENTIALITY: Readonly<Record<string, string>> = { N: 'Normal', R: 'Restreint', V: 'Très restreint' };

function typeOf({ type }: HeaderRequest, document: DocumentData): TypeCode {
  const code = document.nationalCode ?? document.loinc;
  const national = code === undefined ? undefined : nationalTypeOf(code);
  if (type) return type;
  // A code of another type than ours would have the document filed as that; a PPAC has none of its own.
  const isOther = document.canonicalType === 'PPAC' || (national?.type !== undefined && national.type !== document.canonicalType);
  if (isOther) return nationalCodeOf(document.canonicalType) ?? required('/document/loinc', 'a type code agreed with the receiver');
  if (national) return { code: national.code, system: LOINC_OID, label: national.label };
  if (code !== undefined && document.label) return { code, system: /^\d+-\d$/.test(code) ? LOINC_OID : TRE_A05_OID, label: document.label };
  return nationalCodeOf(document.canonicalType) ?? required('/document/loinc', 'a type code agreed with the receiver');
}

function related(request: HeaderRequest, document: DocumentData): string | undefined {
  const parent = rootOnly(request.ids?.replaces ?? document.replaces, undefined, '/document/replaces');
  return parent && element('relatedDocument', { typeCode: 'RPLC' }, element('parentDocument', {}, element('id', { root: parent })));
}

function rootOnly(value: string | undefined, extension: string | undefined, path: string): string | undefined {
  if (value === undefined) return undefined;
  return isRootOnly(value, extension) ? value : required(path, 'an OID without extension');
}

function required(path: string, expected = 'a value'): never {
  throw new PasserelleError('ERR_DOCUMENT_INCOMPLETE', { location: { path }, expected });
}
