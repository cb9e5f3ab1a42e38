/** Document events to MDM or ORU (HL7v2-CDA guide 2.1 towards a platform, 1.1 towards care software; specs FACTS A and B). */
import {
  PasserelleError,
  type DocumentIds,
  type EncodablePart,
  type EncodeInput,
  type KnownAs,
  type OutgoingPart,
} from '../../core/contract/index.ts';
import { nationalCodeOf, nationalTypeOf } from '../codec-cda/index.ts';
import type { DocumentData, EventData } from '../../core/model/index.ts';
import { formOfDocument, numberOf, type Formed } from './document-form.ts';
import { GUIDES, isGuideId, type Guide } from './guides.ts';
import { Observations } from './observations.ts';
import { said, toHl7Time } from './values.ts';
import { writePv1 } from './write-adt.ts';
import { writeEvn, writeMsh, textSetting, type SegmentOut, type Writing } from './write-header.ts';
import { writeFlags, writeMailBodies } from './write-metadata.ts';
import { writeParticipants } from './write-participants.ts';
import { ippAt, writePid, writeXcn } from './write-patient.ts';

type DocumentEvent = EventData<'dcc.document.received'>;

/** Segments, and the parts that stand in them. */
export interface WrittenDocument {
  readonly segments: readonly SegmentOut[];
  readonly parts: readonly OutgoingPart[];
  readonly document?: DocumentIds;
}

/** What differs between MDM and ORU, and between the two guides. */
interface Form {
  readonly message: 'MDM' | 'ORU';
  readonly guide: Guide;
  readonly action: NonNullable<DocumentData['action']>;
  /** It follows the guide: a CDA, or what is withdrawn by the id of one. */
  readonly isCda: boolean;
  /** OBX-11 and OBR-25. */
  readonly result: string;
}

const EVENTS = { new: 'T02', replace: 'T10', delete: 'T04' } as const;
const ORDERS = { new: 'NW', replace: 'RO', delete: 'CA' } as const;
const RESULTS = { new: 'F', replace: 'C', delete: 'D' } as const;
/** Table 0271: documented, authenticated by nobody yet. */
const UNSIGNED = 'DO';

/** Throws ERR_ENCODE_UNSUPPORTED, ERR_DOCUMENT_INCOMPLETE, ERR_DOCUMENT_MISSING, ERR_DESTINATION_UNKNOWN_PATIENT, ERR_INS_ENVIRONMENT. */
export function writeDocument(writing: Writing, input: EncodeInput): WrittenDocument {
  const { parts, event } = input;
  const given = (event.data as DocumentEvent).document;
  const code = writeCode(writing, given, event.type === 'dcc.document.deleted' || given.action === 'delete');
  const { data, made } = formOfDocument(writing, input, code);
  const { document } = data;
  const form = formOf(writing, document, event.type === 'dcc.document.deleted' ? 'delete' : (document.action ?? 'new'), input.knownAs);
  if (form.action === 'delete' && !document.id && !document.sourceId)
    throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', {
      location: { path: '/data/document/id' },
      expected: 'the document to delete',
      found: 'none',
    });
  const { guide, isCda } = form;
  const isForCareSoftware = guide.audience === 'care-software';
  const observations = new Observations(form.message);
  // A plain ORU of care software follows no CISIS profile: no participants, and no mail that could be taken for a second document.
  const declares = isCda || data.visibility !== undefined;
  writeContents(observations, form, { document, made }, code, parts, declares ? writeParticipants(writing, data, guide) : []);
  if (isForCareSoftware && form.message === 'MDM') writeMail(writing, observations, data, parts);
  writeFlags(observations, guide, data);
  if (!isForCareSoftware) writeMailBodies(observations, guide, document, parts);
  const visit = isForCareSoftware ? { ...data.visit, class: 'N' } : { ...data.visit };
  const recordedAt = form.message === 'ORU' ? toHl7Time(data.recordedAt) : undefined;
  const order: SegmentOut = ['ORC', { 1: ORDERS[form.action], 2: numberOf(document), 9: recordedAt }];
  const request: SegmentOut = [
    'OBR',
    {
      1: '1',
      2: numberOf(document),
      4: code,
      7: toHl7Time(document.date),
      16: isCda ? undefined : writeXcn(data.authorRpps),
      25: form.message === 'ORU' ? form.result : undefined,
    },
  ];
  const patient = writePid(writing, data.patient, ippAt(data.patient, writing.context.settings), data.visit);
  const stay = writePv1(visit);
  const head = writeMsh(writing, headerOf(form, declares));
  const segments =
    form.message === 'ORU'
      ? [head, patient, stay, order, request]
      : [
          head,
          writeEvn(writing, data.recordedAt),
          patient,
          stay,
          ...(guide.ordersInMdm ? [order, request] : []),
          writeTxa(document, form, code, toHl7Time(document.date ?? document.createdAt)),
        ];
  const { id, idExtension, setId, setIdExtension } = document;
  const isById = id !== undefined && (isCda || form.message === 'MDM');
  return {
    segments: [...segments, ...observations.segments],
    parts: observations.parts,
    document: said(isById ? { id, idExtension, setId, setIdExtension } : { number: numberOf(document) }),
  };
}

/** Guide and message: the site's choice, else the product's, where the guide has that message. What is no CDA stands outside the guides. */
function formOf({ context, profile: { writing: how } }: Writing, document: DocumentData, action: Form['action'], knownAs?: KnownAs): Form {
  // An ORU says the id of a document by its content alone, which is a CDA: without that, and without a number, only a TXA can name it, and what it replaces.
  const isById = action === 'delete' && !document.content && numberOf(document) === undefined;
  // So is what its receiver knows by an id.
  const isPlain = document.format === undefined && ((document.id !== undefined && numberOf(document) === undefined) || isKnownById(knownAs));
  const isCda = document.format !== undefined || isById;
  const { documentGuide, documentMessage } = context.settings.connector;
  const guide = GUIDES[isGuideId(documentGuide) ? documentGuide : how.document.guide];
  const chosen = documentMessage === 'MDM' || documentMessage === 'ORU' ? documentMessage : isCda ? how.document.message : how.plainDocument;
  // Said wherever a message can say it (decision 0036).
  const result = action !== 'delete' && document.status === 'preliminary' ? 'P' : RESULTS[action];
  if (isById && guide.only === 'ORU')
    throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', {
      location: { path: '/data/document/content' },
      expected: 'the document to delete, or its number',
      found: 'its id',
    });
  if (isPlain && action !== 'delete' && isKnownById(knownAs) && guide.only === 'ORU')
    throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', {
      location: { path: '/data/document/replaces' },
      expected: 'a document that its receiver knows by its number',
      found: 'one that it knows by its id',
    });
  const message = isById || (isPlain && guide.only !== 'ORU') ? 'MDM' : isCda || guide.only === 'ORU' ? (guide.only ?? chosen) : chosen;
  return { message, guide, action, isCda, result };
}

const isKnownById = ({ document, before, replaces }: KnownAs = {}): boolean => [document, before, replaces].some((each) => each?.id !== undefined);

function headerOf({ message, guide, action }: Form, declares: boolean): Parameters<typeof writeMsh>[1] {
  return {
    type: message === 'ORU' ? ['ORU', 'R01', 'ORU_R01'] : ['MDM', EVENTS[action], 'MDM_T02'],
    version: [message === 'ORU' ? '2.5' : '2.6'],
    ...(declares && { conformance: guide.conformance }),
  };
}

/**
 * The code of the type: national where there is one (a legacy one is replaced), else the local one. A PPAC has no national code: the
 * site agrees one with the receiver (SAFETY B1).
 */
function writeCode(writing: Writing, document: DocumentData, isDeletion: boolean): readonly string[] {
  const agreed = writing.context.settings.connector['ppacCode'] as { code: string; label: string; system?: string } | 'none' | undefined;
  if (document.canonicalType === 'PPAC') {
    if (agreed && agreed !== 'none') return [agreed.code, agreed.label, agreed.system ?? 'LN'];
    if (isDeletion) return [];
    throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', {
      location: { path: '/connector/ppacCode' },
      expected: 'a code agreed with the receiver',
      found: 'none',
    });
  }
  const national = nationalCodeOf(document.canonicalType);
  const carried = document.nationalCode ?? document.loinc;
  const carriedType = carried && nationalTypeOf(carried)?.type;
  // A code of another type than ours would have the document filed as that: the site's map or the model has said otherwise.
  const code = carriedType && carriedType !== document.canonicalType ? national?.code : (carried ?? national?.code);
  if (code)
    return [
      code,
      // The words that came with another code are not those of this one.
      (code === carried ? document.label : undefined) ?? (code === national?.code ? national.label : ''),
      /^\d+-\d$/.test(code) || nationalTypeOf(code) ? 'LN' : 'TRE_A05',
    ];
  if (document.localCode) return [document.localCode, document.label ?? '', document.localSystem ?? ''];
  // Its id says which one is to be withdrawn.
  if (isDeletion) return [];
  throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', { expected: 'a document with a code', found: 'none' });
}

function writeTxa(document: DocumentData, { guide, result }: Form, code: readonly string[], when: string): SegmentOut {
  return [
    'TXA',
    {
      1: '1',
      2: code[0],
      3: 'TEXT',
      4: when,
      // Without an order nothing else says the number.
      12: entityId(document.id, document.idExtension) ?? (guide.ordersInMdm ? undefined : numberOf(document)),
      13: entityId(document.replaces, document.replacesExtension),
      17: result === 'P' ? UNSIGNED : guide.signed,
      // Remembered, it may be stricter than what the document says of itself (SAFETY B7).
      18: /^[RV]$/.test(document.confidentiality ?? '') ? document.confidentiality : undefined,
    },
  ];
}

const entityId = (root: string | undefined, extension: string | undefined): string | readonly (string | undefined)[] | undefined =>
  root && extension ? [extension, undefined, root, 'ISO'] : root;

function writeContents(
  observations: Observations,
  form: Form,
  { document, made }: { readonly document: DocumentData; readonly made: Formed['made'] },
  code: readonly string[],
  parts: readonly EncodablePart[],
  participants: readonly SegmentOut[],
): void {
  const { result } = form;
  const word = form.message === 'ORU' ? 'TEXT' : 'text';
  const { content } = document;
  if (made) observations.add('ED', code, [undefined, word, 'XML', 'Base64'], result, made.source);
  else if (content) {
    if (!parts.some(({ part }) => part === content.part))
      throw new PasserelleError('ERR_DOCUMENT_MISSING', { expected: 'the part that holds the document', found: 'none' });
    const [type, subtype] = document.format === undefined ? content.mime.split('/') : [word, 'XML'];
    observations.add('ED', code, [undefined, type, subtype, 'Base64'], result, { part: content.part });
  } else if (document.text !== undefined) observations.add('FT', code, document.text, result);
  else if (form.action === 'delete') observations.add('ED', code, undefined, result);
  else
    throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', {
      expected: 'a document with its content',
      found: document.file ? 'a file elsewhere' : 'none',
    });
  observations.segments.push(...participants);
}

/**
 * The mail that brought the document, which the guide towards care software requires (specs FACTS B): the one it came by, else one
 * that announces it.
 */
function writeMail(writing: Writing, observations: Observations, data: DocumentEvent, parts: readonly EncodablePart[]): void {
  const { document } = data;
  const known = document.mailBody && parts.some(({ part }) => part === document.mailBody?.part) ? document.mailBody.part : undefined;
  const id = document.mailMessageId ?? `${writing.controlId}@${textSetting(writing, 'mailDomain') ?? 'passerelle.invalid'}`;
  const subject = document.mailSubject ?? mailSubject(data);
  const text = known ? undefined : Buffer.from(ANNOUNCEMENT, 'utf8').toString('base64');
  observations.add('ED', [id, subject], [undefined, 'text', undefined, 'Base64', text], 'F', known === undefined ? undefined : { part: known });
}

const ANNOUNCEMENT = 'Bonjour, veuillez trouver ci-joint le document du dossier communicant de cancérologie.';

/** `XDM/1.0/DDM+<label> <NAME> <first name> <birth date>` (specs FACTS E1). */
function mailSubject({ document, patient }: DocumentEvent): string {
  const label = document.label ?? nationalCodeOf(document.canonicalType)?.label ?? document.title ?? 'Document';
  const birth = /^(\d{4})-(\d{2})-(\d{2})$/.exec(patient.birthDate ?? '');
  const { name } = said({ name: patient.usedName ?? patient.birthName ?? patient.nameAsSent });
  return ['XDM/1.0/DDM+' + label, name, patient.firstGivenName, birth && `${birth[3]}/${birth[2]}/${birth[1]}`].filter(Boolean).join(' ');
}
