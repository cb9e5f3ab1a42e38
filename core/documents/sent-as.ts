/** By which ids a document left, lane by lane: what is sent after it replaces or withdraws what its receiver knows by them (SAFETY B2 to B5). */
import { isDeepStrictEqual } from 'node:util';
import type { DocumentIds, ErrorData, KnownAs, Note } from '../contract/index.ts';
import { deliveryId, messageId } from '../journal/index.ts';
import { aliasRef, isOfAnother } from './aliases.ts';
import { codeOf, flagsOf, strictest } from './consent.ts';
import type { DocumentEvent, DocumentFacts } from './facts.ts';
import { documentOf, KINDS, MOST_BY, note, ref, type DocumentNote, type SentAs } from './notes.ts';
import { broughtOf, isLessFinal, nameRefs, namesOf, otherNames, rankOf, union } from './register.ts';
import { stop } from './stops.ts';
import { DELETED, isRefused, leftOf, readAll, type Leaving, type LegEnd, type LegParts } from './there.ts';

/** What a document left as. */
export interface LeftAs {
  readonly ids?: DocumentIds;
  /** SHA-256 (hex) of each part that was made of it. */
  readonly made: readonly string[];
}

/** The ids of what was sent there, of this document and of what it replaces; or why it waits: another document left with them too. */
export async function idsThere(
  parts: LegParts,
  facts: DocumentFacts,
  leaving: Leaving,
  to: LegEnd,
): Promise<KnownAs | { readonly held: ErrorData } | undefined> {
  const { knowledge, index } = parts;
  const { key, replaces } = facts;
  const known = await knowledge.read([...ref(KINDS.document, key), ...ref(KINDS.document, replaces?.key)]);
  const own = documentOf(known, key);
  const [sent, replaced] = [own, documentOf(known, replaces?.key)].map((each) => each?.sentAs?.[to.name]);
  const isDeletion = leaving.event.type === DELETED;
  const what = whatLeaves(parts, leaving, facts, own);
  const there = sent && isDeletion ? (await arrivedOf(parts, sent, key, what.message, to)).sent : sent;
  const other = there ? undefined : await otherThere(parts, key, what.message, to);
  // By its other name its receiver has what this takes the place of: another content is never sent under that one's id.
  const isEarlier = other !== undefined && !isDeletion && isNextOf(facts, other.note);
  const before = isEarlier ? { sent: other.ids, isGone: false } : isDeletion ? undefined : await beforeThere(parts, own, what, key, to);
  const aliases = await knowledge.read([there, before?.sent, replaced].flatMap((ids) => aliasRef(ids, index)));
  const names = [key, ...namesOf(own)];
  const isTaken = [there, before?.sent].some((ids) => isOfAnother(ids, names, aliases, index));
  if (isTaken || (replaces && isOfAnother(replaced, [replaces.key], aliases, index))) return { held: taken() };
  const isOther = own !== undefined && sent !== undefined && !isDeletion && beforeIt(own, sent, what) === sent;
  const document = isOther || isEarlier ? undefined : there ? idsOf(there) : other?.ids;
  const replacedAs = replaced ? idsOf(replaced) : (await otherThere(parts, replaces?.key, what.message, to))?.ids;
  if (!document && !replacedAs && !before) return undefined;
  return {
    ...(document && { document }),
    ...(replacedAs && { replaces: replacedAs }),
    ...(before && { before: idsOf(before.sent), ...(before.isGone && { isGivenAgain: true }) }),
  };
}

/** What it takes the place of there. */
export async function beforeThere(parts: LegParts, own: DocumentNote | undefined, what: What, key: string, to: LegEnd): Promise<Arrived | undefined> {
  const sent = own?.sentAs?.[to.name];
  const before = own && sent && beforeIt(own, sent, what);
  return before && arrivedOf(parts, before, key, what.message, to);
}

interface Arrived {
  readonly sent: SentAs;
  /** Nothing of it is there, or a deletion left since. */
  readonly isGone: boolean;
}

/**
 * Of what left under its number, one after the other, the last that may be there: what was refused (a preliminary one perhaps, decision 0036) is replaced and
 * deleted by nothing; where all was, what is there by another name. So does a deletion that was refused or discarded hide nothing.
 */
async function arrivedOf(parts: LegParts, sent: SentAs, key: string, itself: string, to: LegEnd): Promise<Arrived> {
  const { before, isDeleted: by } = sent;
  const isDeleted = by === true || (by !== undefined && (await leftOf(parts, { message: by }, to, (each) => each.key === key)).length > 0);
  if (!(await isRefused(parts, sent))) return { sent, isGone: isDeleted };
  if (before?.id !== undefined) return arrivedOf(parts, { ...before, ...(isDeleted && { isDeleted: by }) }, key, itself, to);
  const other = await otherThere(parts, key, itself, to);
  return { sent: other?.ids ?? sent, isGone: isDeleted || !other };
}

interface OtherThere {
  readonly ids: DocumentIds;
  readonly note: DocumentNote;
}

/** What its receiver knows by its other name is the version before it. */
const isNextOf = ({ key, replaces, content, status }: DocumentFacts, { superseded, ...before }: DocumentNote): boolean =>
  !replaces && superseded?.key === key && (before.content !== content || isLessFinal(before.status, status));

/** Of a document with several names, of which this one was not sent there under an id of ours: those of another one, when that was sent there. */
async function otherThere(parts: LegParts, key: string | undefined, itself: string, to: LegEnd): Promise<OtherThere | undefined> {
  const known = await readAll(parts, (all) => [...ref(KINDS.document, key), ...nameRefs(key, all, parts.index)]);
  const own = documentOf(known, key);
  const others = otherNames(key, known, true);
  if (!own || others.length === 0) return undefined;
  const messages = union(
    broughtOf(own).by,
    others.flatMap((other) => broughtOf(other.note).by),
  ).filter((message) => message !== itself);
  const isThere = async (name: string): Promise<boolean> => {
    for (const message of messages) if ((await leftOf(parts, { message }, to, (facts) => facts.key === name)).length > 0) return true;
    return false;
  };
  if (await isThere(key!)) return undefined;
  // What took the place of the others there is what it is there.
  for (const { key: name, note } of others.toSorted((a, b) => Number(a.note.superseded !== undefined) - Number(b.note.superseded !== undefined))) {
    const given = note.sentAs?.[to.name];
    if (given && !(await isRefused(parts, given))) return { ids: idsOf(given), note };
    const ids = (await isThere(name)) ? namedIn(note) : undefined;
    if (ids) return { ids, note };
  }
  return undefined;
}

/** `own`: what is known of it since it was decided. */
export function whatLeaves(parts: LegParts, leaving: Leaving, facts: DocumentFacts, own?: DocumentNote): What {
  const code = codeOf(strictest(own?.flags ?? {}, flagsOf(leaving.event['data'] as DocumentEvent)));
  const { tag } = parts.journal;
  return { ...facts, code, by: deliveryId(tag, leaving.delivery), message: messageId(tag, leaving.message) };
}

/** The ids that it came by. */
function namedIn({ id, isNumbered }: DocumentNote): DocumentIds | undefined {
  // By its bytes it was never named to anybody.
  if (isNumbered && id.startsWith('sha256:')) return undefined;
  const at = isNumbered ? -1 : id.lastIndexOf('^^');
  return at < 0 ? { id } : { id: id.slice(at + 2), idExtension: id.slice(0, at) };
}

/** What is known of a document, once it left: by which ids, and as which bytes. */
export function leftAs(
  own: DocumentNote | undefined,
  facts: DocumentFacts,
  what: What,
  isDeleted: boolean,
  to: LegEnd,
  { ids, made, before }: LeftAs & { readonly before: SentAs | undefined },
): readonly Note[] {
  if (!own) return [];
  const { key, content } = facts;
  const sent = own.sentAs?.[to.name];
  const as = isDeleted
    ? sent && !facts.hasOwnId && { ...sent, isDeleted: what.message }
    : ids && (facts.hasOwnId && made.length === 0 ? ids : asSent(sent, what, ids, before));
  // Of what took its place meanwhile, these are no forms.
  const forms = !isDeleted && own.content === content ? union(own.forms ?? [], made) : (own.forms ?? []);
  const now: DocumentNote = {
    ...own,
    ...(as && { sentAs: { ...own.sentAs, [to.name]: as } }),
    ...(forms.length > 0 && { forms }),
  };
  return isDeepStrictEqual(now, own) ? [] : [note(KINDS.document, key, now)];
}

/** What leaves: its status and bytes, how confidential it is, and by which delivery of which message. */
type What = Pick<DocumentFacts, 'hasOwnId' | 'status' | 'content'> & { readonly code: string; readonly by: string; readonly message: string };

const whatOf = ({ status, content = '', code }: What): string => [status, content, ...(code ? [code] : [])].join(' ');

/** With as final a word, and told to be as confidential. */
export function isSaid({ status, content = '', code }: What, before: string): boolean {
  const [word, bytes, told = ''] = before.split(' ');
  return bytes === content && rankOf(word) >= rankOf(status) && told >= code;
}

/** Of one delivery none arrived before, or the attempt would not be made anew. */
export const isThis = (sent: SentAs, what: What): boolean => [sent.by].flat().includes(what.by) && sent.what?.split(' ')[1] === (what.content ?? '');

/** What left under its number before it, with an id: what it takes the place of. What has an id of its own says that itself. */
function beforeIt(own: DocumentNote, sent: SentAs, what: What): SentAs | undefined {
  if (what.hasOwnId) return undefined;
  // Of before this was noted, only what never had another content is known to be the same.
  const isSame = sent.what === undefined ? !own.earlier?.length : isSaid(what, sent.what) || isThis(sent, what);
  return isSame || sent.id === undefined ? sent.before : sent;
}

function asSent(sent: SentAs | undefined, what: What, ids: DocumentIds, before: SentAs | undefined): SentAs {
  const isSame = sent?.what !== undefined && isSaid(what, sent.what);
  const said = { what: isSame ? sent.what : whatOf(what), by: union(isSame ? [sent.by ?? []].flat() : [], [what.by]).slice(-MOST_BY) };
  return { ...ids, ...said, ...(before?.id !== undefined && { before: upTo(before, MOST_BEFORE) }) };
}

/** Contents that left under one number before and may be there: the last of them may be refused yet. */
const MOST_BEFORE = 8;
const upTo = ({ before, ...sent }: SentAs, most: number): SentAs => ({ ...sent, ...(before && most > 1 && { before: upTo(before, most - 1) }) });

function idsOf(sent: SentAs): DocumentIds {
  const { what: _, by: __, before: ___, isDeleted: ____, ...ids } = sent;
  return ids;
}

export const taken = (): ErrorData => stop('ERR_DOCUMENT_ID_TAKEN', 'another document left with the id that this one has there');
