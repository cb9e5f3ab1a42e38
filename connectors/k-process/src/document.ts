/** The document of a message: what the record says of it, its content as a part, and what the content says of itself (SAFETY A8, B1, B7). */
import { PasserelleError, type Envelope, type EnvelopePart, type Warning } from 'passerelle/contract';
import { bodyFault } from 'passerelle/codec/cda';
import { DOCUMENT_TYPES, type DocumentData, type DocumentType, type Visibility } from 'passerelle/model';
import { cdaAuthor, withCda } from './cda-facts.ts';
import { CONTENT_POINTER, said } from './contract.ts';
import { DATE_TIME, type ReadIdentity } from './identities.ts';
import { readParticipants, rppsOf } from './participants.ts';
import type { Reader } from './reader.ts';
import { requireSamePatient } from './same-patient.ts';

/** Flags that a hospital record needs (specs FACTS B), by the codes that warnings name. */
const FLAGS = {
  MASQUE_PS: 'maskedToProfessionals',
  INVISIBLE_PATIENT: 'hiddenFromPatient',
  INVISIBLE_REP_LEGAUX: 'hiddenFromLegalRepresentatives',
  MODIF_CONF_CODE: 'changesConfidentiality',
} as const;

const OID = /^[0-2](\.\d+)+$/;
const CDA_MIME = /^(text|application)\/(xml|cda\+xml|hl7v3\+xml|x-hl7-cda\+xml)$/;

export interface ReadDocument {
  readonly document: DocumentData;
  readonly visibility?: Visibility;
  readonly authorRpps?: string;
  readonly parts: readonly string[];
}

/** Throws ERR_DOCUMENT_*, ERR_PATIENT_MISMATCH, ERR_JSON_FIELD_*. */
export function readDocument(
  from: Reader,
  type: 'dcc.document.received' | 'dcc.document.deleted',
  identity: ReadIdentity,
  envelope: Envelope,
  warnings: Warning[],
): ReadDocument {
  const deleted = type === 'dcc.document.deleted';
  const content = from.object('content');
  // A long text stands in a part like any other content.
  const inPart = envelope.parts.some(({ at }) => at === CONTENT_POINTER);
  const text = content?.text('encoding') === 'text' && !inPart ? content.text('content', { max: 65536 }) : undefined;
  const part = text === undefined && content ? readPart(content, identity, envelope, warnings) : undefined;
  if (!deleted && text === undefined && !part) throw new PasserelleError('ERR_DOCUMENT_MISSING', { location: { path: CONTENT_POINTER } });
  if (!deleted) requireWhole(part);
  const companions = deleted ? [] : from.objects('companions').map(readCompanion);
  const cda = part?.read?.cda;
  const author = rppsOf(from.object('author')?.text('rpps', { pattern: /^\d{11}$/ }), 'author', warnings) ?? cdaAuthor(cda);
  const header = headerOf(from, deleted, warnings);
  const visibility = readVisibility(from.object('visibility'), warnings);
  return {
    document: said({
      ...(cda && !deleted ? withCda(header, cda, CONTENT_POINTER, warnings) : header),
      ...(part ? contentOf(part) : said({ text, mime: text === undefined ? undefined : 'text/plain' })),
      ...(companions.length > 0 && { companions }),
    }),
    ...(visibility && { visibility }),
    ...(author && { authorRpps: author }),
    parts: part ? [part.part] : [],
  };
}

/** The record types its documents itself: its word is the explicit mapping that SAFETY B1 asks for. */
function headerOf(from: Reader, deleted: boolean, warnings: Warning[]): DocumentData {
  const canonicalType = typeOf(from, deleted, warnings);
  const id = deleted && from.text('sourceId') === undefined ? from.needObject('id') : from.object('id');
  const custodian = from.object('custodian');
  const participants = readParticipants(from, warnings);
  return said({
    canonicalType,
    loinc: from.object('code')?.text('code'),
    label: from.object('code')?.text('label'),
    modelOid: from.object('model')?.text('oid', { pattern: OID }),
    modelVersion: from.object('model')?.text('version'),
    id: id?.need('root', { pattern: OID }),
    idExtension: id?.text('extension'),
    setId: from.text('setId'),
    setIdExtension: from.text('setIdExtension'),
    version: from.integer('version'),
    replaces: from.text('replaces'),
    replacesExtension: from.text('replacesExtension'),
    sourceId: from.text('sourceId'),
    action: deleted ? ('delete' as const) : (from.choice('action', ['new', 'replace']) ?? ('new' as const)),
    status: deleted ? ('deleted' as const) : from.choice('status', ['final', 'preliminary', 'corrected']),
    title: from.text('title'),
    date: from.text('date', { pattern: DATE_TIME }),
    createdAt: from.text('createdAt', { pattern: DATE_TIME }),
    confidentiality: from.choice('confidentiality', ['N', 'R', 'V']),
    language: from.text('language'),
    participants: participants.length > 0 ? participants : undefined,
    custodian: custodian && said({ name: custodian.text('name'), finess: custodian.text('finess'), id: custodian.text('id') }),
  });
}

/** A deletion names its document by its id or its number: it waits for nobody to type it. */
function typeOf(from: Reader, deleted: boolean, warnings: Warning[]): DocumentType {
  const stated = deleted ? from.text('type') : from.need('type');
  const known = DOCUMENT_TYPES.find((type) => type === stated);
  if (known) return known;
  const location = { path: from.at('type') };
  if (!deleted) throw new PasserelleError('ERR_DOCUMENT_TYPE_UNKNOWN', { location });
  warnings.push({ code: 'deletion-type-unknown', location });
  return 'OTHER';
}

/** The part that the codec took out, checked against what the message says of it. */
function readPart(content: Reader, identity: ReadIdentity, envelope: Envelope, warnings: Warning[]): EnvelopePart {
  const location = { path: CONTENT_POINTER };
  const part = envelope.parts.find(({ at }) => at === CONTENT_POINTER);
  if (!part || part.bytes === 0) throw new PasserelleError('ERR_DOCUMENT_MISSING', { location });
  if (part.damage === 'invalid') throw new PasserelleError('ERR_DOCUMENT_BASE64', { location });
  const size = content.integer('bytes');
  const sha256 = content.text('sha256', { pattern: /^[0-9a-f]{64}$/ });
  if ((size !== undefined && size !== part.bytes) || (sha256 !== undefined && sha256 !== part.sha256)) {
    throw new PasserelleError('ERR_DOCUMENT_UNREADABLE', { location, expected: 'the size and sha256 announced' });
  }
  if (part.read?.unreadable) throw new PasserelleError('ERR_DOCUMENT_UNREADABLE', { location, found: `a ${part.read.kind} that cannot be read` });
  const mime = content.need('mime');
  if (CDA_MIME.test(mime) && part.read?.kind !== 'cda') throw new PasserelleError('ERR_DOCUMENT_PLACEHOLDER', { location });
  if (!sameKind(mime, part)) warnings.push({ code: 'mime-mismatch', detail: part.mime, location });
  if (part.read?.cda) requireSamePatient(identity, part.read.cda.patient, CONTENT_POINTER);
  return part;
}

/** A CDA around nothing, or around half a PDF, is no better than that alone. */
function requireWhole(part: EnvelopePart | undefined): void {
  const fault = part?.read?.cda && bodyFault(part.read.cda);
  if (!fault) return;
  const code = fault === 'missing' ? 'ERR_DOCUMENT_MISSING' : 'ERR_DOCUMENT_UNREADABLE';
  throw new PasserelleError(code, { location: { path: CONTENT_POINTER }, expected: 'a CDA around a whole document' });
}

const sameKind = (mime: string, { mime: found, read }: EnvelopePart): boolean =>
  mime === found || found === 'application/octet-stream' || (CDA_MIME.test(mime) && read?.kind === 'cda');

function contentOf(part: EnvelopePart): Partial<DocumentData> {
  const cda = part.read?.cda;
  return said({
    mime: part.mime,
    bytes: part.bytes,
    content: { part: part.part, bytes: part.bytes, mime: part.mime },
    format: cda && (`CDA-R2-${cda.level}` as const),
    level: cda?.level,
    embeddedMime: cda?.body?.mediaType,
    embeddedSha256: cda?.body?.sha256,
    pdfaMark: part.read?.pdfaMark ?? cda?.body?.pdfaMark,
  });
}

/** The id of another form of the same content, which is a document of its own, by a message of its own: one that stands here would be lost. */
function readCompanion(item: Reader): NonNullable<DocumentData['companions']>[number] {
  if (item.has('content')) throw new PasserelleError('ERR_DOCUMENT_COMPANION', { location: { path: item.at('content') } });
  return said({
    id: item.need('id', { pattern: OID }),
    idExtension: item.text('extension'),
    format: item.choice('format', ['CDA-R2-N1', 'CDA-R2-N3']),
  });
}

/** A flag that is not there is unknown, never false (B7); it is missed only where the record speaks of visibility at all. */
function readVisibility(from: Reader | undefined, warnings: Warning[]): Visibility | undefined {
  if (!from) return undefined;
  const visibility: Record<string, boolean> = {};
  for (const [code, name] of Object.entries(FLAGS)) {
    const value = from.boolean(name);
    if (value === undefined) warnings.push({ code: 'flag-missing', detail: code, location: { path: from.at(name) } });
    else visibility[name] = value;
  }
  return visibility;
}
