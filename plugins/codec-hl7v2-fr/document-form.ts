/**
 * The form in which a document leaves for one recipient (SAFETY B10): as it came, or, where its settings ask for it, a PDF or a text within a
 * CDA N1, and a structured CDA in a version of its model that the recipient takes.
 */
import { PasserelleError, type EncodeInput, type PartSource } from '../../core/contract/index.ts';
import type { DocumentData, EventData } from '../../core/model/index.ts';
import { derivedId, requestOf, rootOnlyId, writeN1, writeN3, type AgreedCda } from '../codec-cda/index.ts';
import type { Writing } from './write-header.ts';

type DocumentEvent = EventData<'dcc.document.received'>;

/** `connector.cda` of the site, checked by its schema (settings.ts). */
interface CdaSettings extends AgreedCda {
  readonly plain?: 'as-is' | 'n1';
  readonly versions?: Readonly<Record<string, readonly [string, ...string[]]>>;
}

export interface Formed {
  readonly data: DocumentEvent;
  /** What stands in the place of the document's own part. */
  readonly made?: { readonly source: PartSource };
}

/** End of a text that the reader of a CDA cut: what was cut cannot be written again. */
const CUT = / \[…\]("|\\n)/;

/** Throws ERR_DOCUMENT_INCOMPLETE with the field that a CDA needs and nobody gives, ERR_ENCODE_UNSUPPORTED, ERR_PATIENT_NO_IDENTIFIER. */
export function formOfDocument(writing: Writing, input: EncodeInput): Formed {
  const settings = writing.context.settings.connector['cda'] as CdaSettings | undefined;
  const data = input.event.data as DocumentEvent;
  const { document } = data;
  const asItCame: Formed = { data: { ...data, document: knownThere(document, input) } };
  if (!settings) return asItCame;
  if (document.format === undefined && !document.modelOid) return settings.plain === 'n1' ? wrapped(writing, settings, data, input) : asItCame;
  const [version] = settings.versions?.[document.canonicalType] ?? [];
  const isTaken =
    version === undefined || document.level !== 'N3' || settings.versions?.[document.canonicalType]?.includes(document.modelVersion ?? '');
  return isTaken ? asItCame : rewritten(writing, settings, data, version, input);
}

const isDeletion = ({ event }: EncodeInput): boolean => event.type === 'dcc.document.deleted';

const NAMES = ['id', 'idExtension', 'setId', 'setIdExtension'] as const;

/** What was agreed may have changed since: a receiver knows what it has by the ids that it was sent with. What is sent again has those of now. */
function knownThere(document: DocumentData, input: EncodeInput): DocumentData {
  const { document: own, replaces } = input.knownAs ?? {};
  const named = own && isDeletion(input) ? { ...without(document, NAMES), ...own } : document;
  if (replaces?.id === undefined || named.replaces === undefined) return named;
  const { id, idExtension } = replaces;
  return { ...without(named, ['replacesExtension']), replaces: id, ...(idExtension !== undefined && { replacesExtension: idExtension }) };
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
  const own = document.id ?? document.sourceId ?? parts.find(({ part }) => part === content?.part)?.sha256;
  if (own === undefined || document.file !== undefined) return { data: { ...data, document: knownThere(document, input) } };
  const ids = {
    id: document.id === undefined ? derivedId(event.site, data.originApplication ?? '', own) : rootOnlyId(document.id, document.idExtension),
    replaces: root(document.replaces, document.replacesExtension),
    setId: root(document.setId, document.setIdExtension),
  };
  const { idExtension: _, replacesExtension: __, setIdExtension: ___, ...rest } = document;
  const made = knownThere(withIds(rest, ids), input);
  if (isDeletion(input)) return { data: { ...data, document: made } };
  const body = content ? { part: content.part, mediaType: content.mime } : { text: document.text ?? '', mediaType: 'text/plain' };
  const source = writeN1({ ...headerOf(writing, settings, data, made), ...body });
  const { text: _text, ...named } = made;
  return {
    data: { ...data, document: { ...named, format: 'CDA-R2-N1', level: 'N1', mime: 'text/xml', embeddedMime: body.mediaType } },
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
  const { idExtension: _, replacesExtension: __, setIdExtension: ___, companions: ____, ...rest } = document;
  const made: DocumentData = { ...knownThere(withIds(rest, ids), input), modelVersion };
  if (isDeletion(input)) return { data: { ...data, document: made } };
  if (CUT.test(JSON.stringify(document.rcp ?? document.pps ?? {})))
    throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', {
      location: { path: '/data/document/modelVersion' },
      expected: `a document that can be written whole in version ${modelVersion}`,
      found: 'one whose texts were too long to be read whole',
    });
  const source = writeN3({ ...headerOf(writing, settings, data, made), modelVersion });
  return { data: { ...data, document: made }, made: { source } };
}

function withIds(document: DocumentData, ids: { readonly [K in 'id' | 'replaces' | 'setId']: string | undefined }): DocumentData {
  const known = Object.entries(ids).filter(([, value]) => value !== undefined);
  return { ...document, ...(Object.fromEntries(known) as Partial<DocumentData>) };
}

const headerOf = ({ context }: Writing, settings: CdaSettings, data: DocumentEvent, document: DocumentData): ReturnType<typeof requestOf> =>
  requestOf(data, document, settings, { now: context.now, timeZone: context.settings.timeZone });
