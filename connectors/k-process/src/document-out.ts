/** A document as the record takes one: its header, and its content placed by the engine from the parts of the message. */
import { PasserelleError, type DocumentIds, type EncodablePart, type OutgoingPart } from 'passerelle/contract';
import type { DocumentData, EventData, Visibility } from 'passerelle/model';
import { CONTENT_POINTER, said } from './contract.ts';

export function writeDocument(
  { document, visibility, authorRpps, originApplication }: EventData<'dcc.document.received'>,
  available: readonly EncodablePart[],
): { readonly document: object; readonly parts: readonly OutgoingPart[] } {
  const parts: OutgoingPart[] = [];
  const place = (content: DocumentData['content']): object => {
    const part = available.find((each) => each.part === content?.part);
    if (!part || !content) throw new PasserelleError('ERR_DOCUMENT_MISSING', { location: { path: CONTENT_POINTER } });
    parts.push({ at: CONTENT_POINTER, encoding: 'base64', from: { part: part.part } });
    return { mime: content.mime, encoding: 'base64', bytes: part.bytes, sha256: part.sha256, content: '' };
  };
  const { id, idExtension, loinc, nationalCode, label, localCode, localSystem, modelOid, modelVersion, companions, status } = document;
  const code = nationalCode ?? loinc;
  const head = said({
    type: document.canonicalType,
    id: id ? said({ root: id, extension: idExtension }) : undefined,
    setId: document.setId,
    setIdExtension: document.setIdExtension,
    version: document.version,
    replaces: document.replaces,
    replacesExtension: document.replacesExtension,
    sourceId: numberOf(document),
    code: code ? said({ code, system: 'LN', label }) : undefined,
    localCode: localCode ? said({ code: localCode, system: localSystem }) : undefined,
    model: modelOid ? said({ oid: modelOid, version: modelVersion }) : undefined,
    title: document.title ?? label,
    date: document.date,
    createdAt: document.createdAt,
    confidentiality: document.confidentiality,
    language: document.language,
    author: authorRpps ? { rpps: authorRpps } : undefined,
    participants: document.participants,
    custodian: document.custodian,
    visibility: visibility && flagsOf(visibility),
    originApplication,
  });
  if (document.action === 'delete' || status === 'deleted') return { document: head, parts };
  const content =
    document.text !== undefined && !document.content
      ? { mime: document.mime ?? 'text/plain', encoding: 'text', content: document.text }
      : place(document.content);
  return {
    document: said({
      ...head,
      action: document.action ?? 'new',
      status,
      format: document.format,
      embeddedMime: document.embeddedMime,
      pdfaMark: document.pdfaMark,
      content,
      companions: companions?.map(({ id: other, idExtension: extension, format }) => said({ id: other, extension, format })),
    }),
    parts,
  };
}

/** The number is the key of what has no id. */
export function namesOf({ id, idExtension, setId, setIdExtension, ...document }: DocumentData): DocumentIds {
  return said(id === undefined ? { number: numberOf(document as DocumentData) } : { id, idExtension, setId, setIdExtension });
}

/** Two documents of one order are two for the record as well. */
const numberOf = ({ sourceId, sourceItem }: DocumentData): string | undefined => sourceId && [sourceId, sourceItem].filter(Boolean).join('#');

/** What is known, and only that: an unknown flag is absent, and who else is sent the document is no affair of the record. */
function flagsOf(visibility: Visibility): object | undefined {
  const { maskedToProfessionals, hiddenFromPatient, hiddenFromLegalRepresentatives, secretConnection, changesConfidentiality } = visibility;
  const flags = { maskedToProfessionals, hiddenFromPatient, hiddenFromLegalRepresentatives, secretConnection, changesConfidentiality };
  const known = Object.entries(flags).filter(([, value]) => typeof value === 'boolean');
  return known.length > 0 ? Object.fromEntries(known) : undefined;
}
