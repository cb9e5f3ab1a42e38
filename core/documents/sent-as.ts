/** By which ids a document left, lane by lane: what is sent after it replaces or withdraws what its receiver knows by them (SAFETY B2 to B5). */
import { isDeepStrictEqual } from 'node:util';
import type { DocumentIds, ErrorData, KnownAs, Note } from '../contract/index.ts';
import { deliveryId, messageId } from '../journal/index.ts';
import { aliasRef, isOfAnother } from './aliases.ts';
import { codeOf, flagsOf, strictest } from './consent.ts';
import type { DocumentEvent, DocumentFacts } from './facts.ts';
import { endOf, sentBy, withSent, type LaneParts } from './lanes.ts';
import { KINDS, MOST_BY, note, type DocumentNote, type SentAs } from './notes.ts';
import {
  chainOf,
  familyOf,
  holds,
  idsOf,
  isNamed,
  isSaid,
  isThis,
  isUnclear,
  lastThere,
  replacedBy,
  type Family,
  type Left,
  type What,
} from './place.ts';
import { union } from './register.ts';
import { stop } from './stops.ts';
import { DELETED, leftOf, type Leaving, type LegEnd, type LegParts } from './there.ts';

/** What a document left as. */
export interface LeftAs {
  readonly ids?: DocumentIds;
  /** SHA-256 (hex) of each part that was made of it. */
  readonly made: readonly string[];
}

/** How its receiver knows it, and what it takes the place of there; or why it waits: another document left with those ids too. */
export async function idsThere(
  parts: LegParts,
  facts: DocumentFacts,
  leaving: Leaving,
  to: LegEnd,
): Promise<KnownAs | { readonly held: ErrorData } | undefined> {
  const { isGone, names, elsewhere, lanes, ...there } = await placeThere(parts, facts, leaving, to);
  if (lanes) return { held: stop('ERR_DOCUMENT_VERSION_CONFLICT', `${lanes.join(', ')}, which are gone, left two versions of it`) };
  const [document, place] = [there.document, there.place].map((each) => (each && !isAsItCame(each, facts) ? each : undefined));
  const aliases = await parts.knowledge.read([document, place].flatMap((ids) => aliasRef(ids, parts.index)));
  if ([document, place].some((ids) => isOfAnother(ids, names, aliases, parts.index))) return { held: idTaken() };
  const taken = elsewhere && place?.id === undefined && { elsewhere: idsOf(elsewhere) };
  if (!document && !place) return taken || undefined;
  // By another number it takes the place of nothing: it leaves under that one.
  const isOtherNumber = !isGone && place?.number !== undefined && place.number !== facts.id;
  return {
    ...taken,
    ...(document && { document: idsOf(document) }),
    ...(place && (facts.hasOwnId || isOtherNumber) && { replaces: idsOf(place) }),
    // Under its own number it takes the place of that by itself.
    ...(place?.id !== undefined && !facts.hasOwnId && { before: idsOf(place), ...(isGone && { isGivenAgain: true }) }),
  };
}

/** Notes of before say so of what left by a number too, which went with that id. */
const isAsItCame = ({ what, id, idExtension }: SentAs, { hasOwnId, id: own, replaces }: DocumentFacts): boolean =>
  hasOwnId && what === undefined && id !== undefined && [own, replaces?.id].includes(idExtension === undefined ? id : `${idExtension}^^${id}`);

interface Place {
  /** What it is there already, with this content; for a deletion, whatever is. */
  readonly document?: SentAs | undefined;
  /** What it takes the place of. */
  readonly place?: SentAs | undefined;
  /** Nothing of that is there, or a deletion left since. */
  readonly isGone?: boolean;
  /** Keys of all that these may be of. */
  readonly names: readonly string[];
  /** What another content of its number left as by another lane. */
  readonly elsewhere?: SentAs | undefined;
  /** Lanes that are gone, where nothing says which of them this one is now. */
  readonly lanes?: readonly string[];
}

export async function placeThere(parts: LegParts, facts: DocumentFacts, leaving: Leaving, to: LegEnd): Promise<Place> {
  const { key, hasOwnId } = facts;
  const { message } = leaving;
  const itself = messageId(parts.journal.tag, message);
  const family = await familyOf(parts, key, itself, to);
  const { own, left } = family;
  const sent = left.find(({ isOwn }) => isOwn)?.sent;
  if (await isUnclear(parts, left)) return { names: family.names, lanes: lanesIn(left) };
  if (leaving.event.type === DELETED) return { document: (await lastThere(parts, left))?.sent ?? sent, names: family.names };
  const what = whatLeaves(parts, leaving, facts, own);
  const replaced = await replacedBy(parts, facts, family, itself, to);
  const names = union(family.names, replaced.names);
  if (await isUnclear(parts, replaced.left)) return { names, lanes: lanesIn(replaced.left) };
  const elsewhere = hasOwnId || !own ? undefined : idElsewhere(own, what);
  const isSame = sent !== undefined && (hasOwnId || isTheSame(own!, sent, what));
  const before = left.filter((each) => !each.isOwn && each.key === key);
  // Of an attempt that is made anew none arrived.
  const isOther = ({ by }: Left): boolean => by !== what.by;
  const replacedThere = replaced.left.filter(isOther);
  const last = await lastThere(parts, [...left.filter(isOther), ...replacedThere]);
  if (!last)
    return { document: isSame ? sent : undefined, place: hasOwnId ? undefined : isSame ? sent.before : sent, isGone: true, names, elsewhere };
  if (hasOwnId && last.key === key) return { document: last.sent, place: (await lastThere(parts, replacedThere))?.sent, names };
  if (isSame && last.isOwn) {
    const place = await lastThere(parts, before);
    return {
      document: sent,
      place: place?.sent ?? sent.before,
      isGone: !place || (await isDeletedThere(parts, key, family, place, to)),
      names,
      elsewhere,
    };
  }
  // By its other name its receiver has this content: by its number it is that. An id of its own takes the place of the other one.
  const isByOther = !last.isOwn && family.others.some((each) => each.key === last.key);
  if (!hasOwnId && isByOther && holds(last, what)) return { document: last.sent, names, elsewhere };
  return { place: last.sent, isGone: await isDeletedThere(parts, key, family, last, to), names, elsewhere };
}

const lanesIn = (left: readonly Left[]): readonly string[] => [...new Set(left.flatMap(({ lane }) => lane ?? []))];

/** The id of a number is derived from that alone, wherever it goes: it is that of the first content, and what came after it has another one by each lane (SAFETY B2). */
function idElsewhere(own: DocumentNote, what: What): SentAs | undefined {
  const chains = Object.values(own.sentAs ?? {}).map((sent) => chainOf(sent).filter(({ id }) => id !== undefined));
  for (const chain of chains) {
    const at = chain.findIndex((sent) => isTheSame(own, sent, what));
    // Of one that is as long as any is kept nobody knows that it is the first.
    if (at >= 0 && (at < chain.length - 1 || chain.length <= MOST_BEFORE)) return chain[at + 1];
  }
  return chains.flat()[0];
}

/** Of before this was noted, only what never had another content is known to be the same. */
const isTheSame = (own: DocumentNote, sent: SentAs, what: What): boolean =>
  sent.what === undefined ? !own.earlier?.length : isSaid(what, sent.what) || isThis(sent, what);

/** A deletion left since, by whichever name; one that was refused or discarded hides nothing. */
async function isDeletedThere(parts: LegParts, key: string, { own, names, left }: Family, last: Left, to: LegEnd): Promise<boolean> {
  // Noted of what it stood for then, which is no longer what left last.
  const noted = left.filter((each) => each.key === key).flatMap(({ sent }) => (typeof sent.isDeleted === 'string' ? [sent.isDeleted] : []));
  const deletions = (own?.before ?? []).filter(({ isDeletion }) => isDeletion).map(({ message }) => message);
  const messages = union(deletions, noted);
  const legs = await Promise.all(messages.map((message) => leftOf(parts, { message }, endOf(to, [own], parts), (each) => names.includes(each.key))));
  const isNoted = [left.find(({ isOwn }) => isOwn), last].some((each) => each?.sent.isDeleted === true);
  return isNoted || legs.flat().some((leg) => leg.delivery > last.delivery);
}

/** `own`: what is known of it since it was decided. */
export function whatLeaves(parts: LegParts, leaving: Leaving, facts: DocumentFacts, own?: DocumentNote): What {
  const code = codeOf(strictest(own?.flags ?? {}, flagsOf(leaving.event['data'] as DocumentEvent)));
  const { tag } = parts.journal;
  return { ...facts, code, by: deliveryId(tag, leaving.delivery), message: messageId(tag, leaving.message) };
}

/** What is known of a document, once it left: by which ids, and as which bytes. */
export function leftAs(
  parts: LaneParts,
  own: DocumentNote | undefined,
  facts: DocumentFacts,
  what: What,
  isDeleted: boolean,
  to: LegEnd,
  { ids, made, before }: LeftAs & { readonly before: SentAs | undefined },
): readonly Note[] {
  if (!own) return [];
  const { key, content } = facts;
  const sent = sentBy(own, to, parts);
  const left = isDeleted ? sent && !facts.hasOwnId && { ...sent, isDeleted: what.message } : ids && asSent(sent, what, ids, before);
  // Of what took its place meanwhile, these are no forms.
  const forms = !isDeleted && own.content === content ? union(own.forms ?? [], made) : (own.forms ?? []);
  const now: DocumentNote = {
    ...own,
    ...(left && withSent(own, left, to, parts)),
    ...(forms.length > 0 && { forms }),
  };
  return isDeepStrictEqual(now, own) ? [] : [note(KINDS.document, key, now)];
}

const whatOf = ({ status, content = '', code }: What): string => [status, content, ...(code ? [code] : [])].join(' ');

function asSent(sent: SentAs | undefined, what: What, ids: DocumentIds, place: SentAs | undefined): SentAs {
  const isSame = sent?.what !== undefined && isSaid(what, sent.what);
  // What an id of its own replaces its author names; of it itself all that left may be there.
  const before = what.hasOwnId ? (isSame ? sent.before : sent) : place;
  const said = { what: isSame ? sent.what : whatOf(what), by: union(isSame ? [sent.by ?? []].flat() : [], [what.by]).slice(-MOST_BY) };
  // By whichever name that was deleted: what leaves next, or this made anew, finds it so.
  const isDeleted = isSame ? sent.before?.isDeleted : sent?.isDeleted;
  const kept = before && isNamed(before) && { ...(isDeleted && { isDeleted }), ...upTo(before, MOST_BEFORE) };
  return { ...ids, ...said, ...(kept && { before: kept }) };
}

/** Contents that left under one number before and may be there: the last of them may be refused yet. */
const MOST_BEFORE = 8;
function upTo(sent: SentAs, most: number): SentAs {
  const { before, site: _, after: __, ...own } = sent;
  return { ...own, ...(before && most > 1 && { before: upTo(before, most - 1) }) };
}

export const idTaken = (): ErrorData => stop('ERR_DOCUMENT_ID_TAKEN', 'another document left with the id that this one has there');
