/** A document as the registry sees it: the keys it is known by, what it holds, whose it is, who may withdraw it (SAFETY B2, B4). */
import { hash } from 'node:crypto';
import type { DeliveryMaterial, DocumentIds } from '../contract/index.ts';
import type { BlindIndex } from '../journal/index.ts';
import type { Case } from '../knowledge/index.ts';
import type { EventData } from '../model/index.ts';
import type { Named } from './notes.ts';
import { tokensOf } from './patients.ts';

export type DocumentEvent = EventData<'dcc.document.received'>;

export interface DocumentFacts {
  readonly key: string;
  /** As people know it. */
  readonly id: string;
  /** An id of its own, the same at every site; else the number that its source gave it, which another document of its may share. */
  readonly hasOwnId: boolean;
  /** Key of the bare number, when this is one of several documents of it. */
  readonly shares?: string;
  /** That number. */
  readonly number?: string;
  /** Only its place tells it from them: the keys of the last place of its message, and of the one after. */
  readonly siblings?: { readonly last: string; readonly next: string };
  readonly set?: string;
  readonly version?: number;
  /** See `DocumentNote`. */
  readonly series?: string;
  readonly beside?: readonly string[];
  readonly replaces?: Named;
  /** SHA-256 of what it is; absent when it stands elsewhere (a file), or for a deletion without content. */
  readonly content?: string;
  /** Documents of the same content that its message names beside it. */
  readonly pairedWith: readonly Named[];
  /** SHA-256 of what it wraps, when it is an N1. */
  readonly inner?: string;
  readonly innerKey?: string;
  /** Where a document of these bytes is noted; texts are too short to be recognised by what they say. */
  readonly contentKey?: string;
  readonly patient: readonly string[];
  readonly owners: readonly string[];
  readonly status: string;
}

/** An OID with enough arcs to be somebody's, or a UUID (as one, or as an OID of its arc): what is not one of these is a number of its site. */
const WORLDWIDE = /^([0-2](\.(0|[1-9]\d*)){4,}|2\.25\.[1-9]\d{24,38}|(urn:uuid:)?[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12})$/i;

export const documentData = (one: Pick<Case, 'event'>): DocumentEvent => one.event.data as DocumentEvent;

/** What replaces nothing is new. */
export function asNew(replacing: DocumentEvent['document']): DocumentEvent['document'] {
  const { replaces: _, replacesExtension: __, ...document } = replacing;
  return { ...document, action: 'new', ...(document.status === 'corrected' && { status: 'final' }) };
}

export const contentKeyOf = (sha256: string, index: BlindIndex): string => index.term({ field: 'document', value: `content ${sha256}` });

export const isDeletion = ({ event }: Pick<Case, 'event'>): boolean => event.type === 'dcc.document.deleted';

/** A document, or what withdraws one, as an event of the journal has it. */
export type StoredDocument = Pick<Case, 'event' | 'draft' | 'parts'>;

export function documentIn({ event, parts }: Pick<DeliveryMaterial, 'event' | 'parts'>): StoredDocument | undefined {
  const { type } = event;
  if (type !== 'dcc.document.received' && type !== 'dcc.document.deleted') return undefined;
  return { event: event as unknown as Case['event'], draft: { type, data: event['data'], keys: [] }, parts };
}

/** The key of an id that is the same everywhere. */
export const worldwideKey = (id: string, index: BlindIndex): string | undefined =>
  WORLDWIDE.test(id.slice(id.lastIndexOf('^') + 1)) ? index.term({ field: 'document', value: id }) : undefined;

/** The key of a set whose id is the same everywhere. */
export function setKeyOf({ setId, setIdExtension }: DocumentIds, index: BlindIndex): string | undefined {
  if (setId === undefined || !WORLDWIDE.test(setId)) return undefined;
  return index.term({ field: 'document', value: `set ${setIdExtension === undefined ? setId : `${setIdExtension}^^${setId}`}` });
}

/** `undefined` when nothing names it, not even its bytes: nothing can be known of it. */
export function factsOf(one: Pick<Case, 'event' | 'draft' | 'parts'>, index: BlindIndex): DocumentFacts | undefined {
  const data = documentData(one);
  const { document } = data;
  const { site } = one.event;
  const name = (root: string | undefined, extension: string | undefined): { id: string; scoped: string } | undefined => {
    if (root === undefined) return undefined;
    const id = extension === undefined ? root : `${extension}^^${root}`;
    return { id, scoped: WORLDWIDE.test(root) ? id : `${site}|${id}` };
  };
  const keyOf = (scoped: string): string => index.term({ field: 'document', value: scoped });
  const content = contentOf(one);
  const own = name(document.id, document.idExtension);
  const source = document.sourceId ?? (content && `sha256:${content}`);
  const numbered = (number: string | undefined): { id: string; scoped: string } | undefined =>
    number === undefined ? undefined : { id: number, scoped: `${site}|${data.originApplication ?? ''}/${number}` };
  const item =
    own || document.sourceItem === undefined || document.sourceId === undefined ? undefined : `${document.sourceId}#${document.sourceItem}`;
  const identity = own ?? numbered(item ?? source);
  if (!identity) return undefined;
  const set = name(document.setId, document.setIdExtension);
  const replaces = document.action === 'delete' ? undefined : name(document.replaces, document.replacesExtension);
  const { noted } = document;
  return {
    key: noted?.document ?? keyOf(identity.scoped),
    id: identity.id,
    hasOwnId: own !== undefined,
    ...(item !== undefined && noted?.document === undefined && sharedBy(document, (number) => keyOf(numbered(number)!.scoped))),
    ...(set && document.version !== undefined && { set: noted?.set ?? keyOf(`set ${set.scoped}`), version: document.version }),
    ...(replaces && replaces.id !== identity.id && { replaces: { key: noted?.replaces ?? keyOf(replaces.scoped), id: replaces.id } }),
    ...(content !== undefined && { content }),
    ...(content !== undefined && document.content && { contentKey: contentKeyOf(content, index) }),
    ...(document.embeddedSha256 !== undefined && { inner: document.embeddedSha256, innerKey: contentKeyOf(document.embeddedSha256, index) }),
    pairedWith: (document.companions ?? []).flatMap((link) => {
      const named = name(link.id, link.idExtension);
      return named && named.id !== identity.id ? [{ key: keyOf(named.scoped), id: named.id }] : [];
    }),
    patient: tokensOf(one, index),
    owners: ownersOf(data),
    status: document.status ?? 'final',
  };
}

function sharedBy(
  { sourceId = '', sourcePlaces: count }: DocumentEvent['document'],
  keyOf: (number: string) => string,
): Pick<DocumentFacts, 'shares' | 'number' | 'siblings'> {
  const siblings = count === undefined ? undefined : { last: keyOf(`${sourceId}#${count}`), next: keyOf(`${sourceId}#${count + 1}`) };
  return { shares: keyOf(sourceId), number: sourceId, ...(siblings && { siblings }) };
}

function contentOf(one: Pick<Case, 'event' | 'parts'>): string | undefined {
  const { document } = documentData(one);
  if (document.content) return one.parts.find(({ part }) => part === document.content?.part)?.sha256;
  // A document that stands elsewhere (RP) is known by the name of its file: another file is another content.
  const said = document.text ?? (document.file === undefined ? undefined : `file ${document.file}`);
  return said === undefined ? undefined : hash('sha256', said, 'hex');
}

/** The organisations that the document itself names as its keeper and its authors. */
function ownersOf({ document }: DocumentEvent): readonly string[] {
  const authors = (document.participants ?? [])
    .filter(({ role }) => role === 'author' || role === 'sender')
    .map(({ organization }) => organization?.finess);
  return [...new Set([document.custodian?.finess, ...authors])].filter((finess) => finess !== undefined).slice(0, 8);
}
