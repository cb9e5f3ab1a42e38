/**
 * Before a document leaves, and once it has: what was decided may be hours old. A leg that opposition or a mask has closed since does not open, a version does
 * not leave after the one that replaced it (SAFETY B3, B6), nor under a patient on file who is another by now (A4), and an answer finds its document by the control id that left (B8).
 */
import {
  PasserelleError,
  type DeliveryMaterial,
  type DeliverySummary,
  type ErrorData,
  type KnownAs,
  type OutgoingPart,
  type QueuedDelivery,
} from '../contract/index.ts';
import { timeOf } from '../identity/index.ts';
import { deliveryId, messageId } from '../journal/index.ts';
import type { Known, NoteRef } from '../knowledge/index.ts';
import { aliasNotes, aliasRef, isOfAnother } from './aliases.ts';
import { sentKeyOf } from './answers.ts';
import { consentRefs, isOpposed, masksOf, restricted, restrictionsOf, strictest } from './consent.ts';
import { asNew, contentKeyOf, documentData, documentIn, factsOf, type DocumentEvent, type DocumentFacts } from './facts.ts';
import { endOf, sentBy } from './lanes.ts';
import { documentOf, KINDS, note, ref, type DocumentNote } from './notes.ts';
import { pairsOf } from './pairs.ts';
import { hashOf, tokensOf } from './patients.ts';
import {
  broughtOf,
  contentEntry,
  isLessFinal,
  messagesOf,
  namesOf,
  nameRefs,
  rankOf,
  successorRefs,
  successorsOf,
  union,
  type Found,
} from './register.ts';
import { chainOf, isSaid, isThis } from './place.ts';
import { idTaken, idsThere, leftAs, placeThere, whatLeaves, type LeftAs } from './sent-as.ts';
import { stop } from './stops.ts';
import { DELETED, isRefused, leftOf, legsOf, mayHaveArrived, readAll, type Leaving, type LegEnd, type LegParts } from './there.ts';
import { isInDoubt, mergedStop, stoppedBy } from './whose.ts';

/** How a document may leave. */
export interface Leave {
  readonly event: Leaving['event'];
  /** What `event` tells its receiver to obey; absent when it is no document. */
  readonly restrictions?: readonly string[];
  /** The bytes of earlier attempts say less than that. None of them arrived: they are made anew. */
  readonly isTighter?: true;
  /** See `EncodeInput`. */
  readonly knownAs?: KnownAs;
  readonly since?: string;
}

/** Why it does not: it waits; `ends`: or never will, as what cannot be made, or need not be. */
export interface Stays {
  readonly held: ErrorData;
  readonly ends?: 'refuse' | 'discard';
}

export class Legs {
  readonly #parts: LegParts;

  constructor(parts: LegParts) {
    this.#parts = parts;
  }

  /** The event as it may leave now, or why it does not. */
  async before(leaving: Leaving, to: LegEnd): Promise<Leave | Stays> {
    const one = documentIn(leaving);
    if (!one) {
      const held = await mergedStop(this.#parts, leaving, to);
      return held ? { held } : { event: leaving.event };
    }
    const { index } = this.#parts;
    const facts = factsOf(one, index);
    const knownAs = facts && (await idsThere(this.#parts, facts, leaving, to));
    if (knownAs && 'held' in knownAs) return knownAs;
    if (leaving.event.type === DELETED) {
      const given = facts && (await this.#givenAgain(facts, to));
      if (given !== undefined) return { held: stop('ERR_DOCUMENT_VERSION_CONFLICT', `${given} brought what it stands for now`) };
      const n1 = knownAs?.document ? undefined : insteadThere(await readAll(this.#parts, () => ref(KINDS.document, facts?.key)), facts?.key, to);
      return n1 === undefined ? { event: leaving.event, ...(knownAs && { knownAs }) } : { held: n1Instead(n1), ends: 'discard' };
    }
    const lost = contentLeftOut(leaving);
    if (lost) return { held: lost, ends: 'refuse' };
    // Its numbers stand with the delivery; the INS is told from its data.
    const patient = [...tokensOf(one, index).map(hashOf), ...leaving.keys];
    const refsOf = (all: Known): readonly NoteRef[] => [
      ...ref(KINDS.document, facts?.key),
      ...ref(KINDS.document, facts?.replaces?.key),
      ...pairRefs(facts?.key, all),
      ...nameRefs(facts?.key, all, index),
      ...consentRefs(patient, all, index),
    ];
    const known = await readAll(this.#parts, refsOf);
    const stopped = await stoppedBy(this.#parts, one, leaving, known, refsOf(known), to);
    if (stopped) return { held: stopped };
    const own = documentOf(known, facts?.key);
    const there = endOf(to, [own], this.#parts);
    if (own && facts) {
      const isOutgrown = facts.content !== own.content || isLessFinal(facts.status, own.status);
      const history = await readAll(this.#parts, (known) => successorRefs(own, known));
      const over = [
        ...successorsOf(own, history).flatMap((one) =>
          messagesOf(one, history).map((message) => ({ message, keys: [one.key, ...namesOf(documentOf(history, one.key))] })),
        ),
        ...[own.deleted, isOutgrown ? own.current : undefined].flatMap((act) =>
          act ? [{ message: act.message, keys: [facts.key, ...namesOf(own)] }] : [],
        ),
      ];
      for (const { message, keys } of over)
        if ((await leftOf(this.#parts, { message }, there, (each) => keys.includes(each.key))).length > 0)
          return { held: stop('ERR_DOCUMENT_VERSION_CONFLICT', `${message}, which took its place, was sent there`) };
    }
    // Of two documents of one content the stricter mask counts for both: neither shows what the other hides (SAFETY B7).
    // What is unknown of it, or held, stays so: nothing but a mask travels.
    const flags = pairsOf(facts?.key ?? '', known).reduce((strict, pair) => strictest(strict, masksOf(pair.note.flags)), own?.flags ?? {});
    const { data } = restricted(documentData(one), flags, isOpposed(patient, known, index));
    const restrictions = restrictionsOf(data);
    // It takes the place of what its receiver has by another name: that is what it says.
    const place =
      knownAs?.isGivenAgain || facts?.content !== own?.content ? undefined : (knownAs?.before ?? (facts?.replaces ? undefined : knownAs?.replaces));
    const replaced = place && {
      action: 'replace' as const,
      ...(place.id !== undefined && { replaces: place.id }),
      ...(place.idExtension !== undefined && { replacesExtension: place.idExtension }),
    };
    const said = replaced
      ? { ...data, document: { ...data.document, ...replaced } }
      : insteadThere(known, facts?.replaces?.key, to) !== undefined
        ? { ...data, document: asNew(data.document) }
        : knownAs?.isGivenAgain && data.document.replaces === undefined
          ? { ...data, document: { ...data.document, action: 'new' as const } }
          : data;
    const isInForce = own && own.content === facts?.content && !isLessFinal(facts?.status, own.status);
    const since = timeOf((isInForce && own.current?.said) || '');
    const left = {
      event: said === one.event.data ? leaving.event : { ...leaving.event, data: said },
      restrictions,
      ...(knownAs && { knownAs }),
      ...(since && { since }),
    };
    const twin = own && facts && (await this.#arrivedWith(leaving, own, facts, restrictions, there));
    if (twin) return { held: arrived(twin) };
    const { encoded } = leaving;
    const obeyed = obeyedBy(leaving);
    if (!encoded || restrictions.every((each) => obeyed.includes(each))) return left;
    const attempts = (await this.#parts.journal.message(leaving.message))?.attempts ?? [];
    return attempts.some((each) => each.delivery === leaving.delivery && mayHaveArrived(each))
      ? { held: new PasserelleError('ERR_DOCUMENT_RESTRICTED_SINCE').toData() }
      : { ...left, isTighter: true };
  }

  /**
   * Why it may not leave as this: another document left with its ids, and whoever has both would take the one for the other; or what was written of it with
   * that id was less confidential (SAFETY B2). `parts`: what stands in its message.
   */
  async with(
    leaving: Leaving,
    to: LegEnd,
    { ids, parts }: Pick<LeftAs, 'ids'> & { readonly parts?: readonly OutgoingPart[] },
  ): Promise<ErrorData | undefined> {
    const { knowledge, index } = this.#parts;
    const one = documentIn(leaving);
    const facts = one && factsOf(one, index);
    if (!facts) return undefined;
    const known = await knowledge.read([...aliasRef(ids, index), ...ref(KINDS.document, facts.key)]);
    const own = documentOf(known, facts.key);
    if (isOfAnother(ids, [facts.key, ...namesOf(own)], known, index)) return idTaken();
    const before = sentBy(own, to, this.#parts);
    const isMade = leaving.event.type !== DELETED && parts?.some(({ from }) => 'pieces' in from) === true;
    const what = whatLeaves(this.#parts, leaving, facts);
    const isOther = before?.what !== undefined && !isSaid({ ...what, status: 'preliminary' }, before.what) && !isThis(before, what);
    // What we write of one that has an id of its own has no other: the same with another header would be another content under that id, where that is.
    const mayBeThere = async (): Promise<boolean> => (await Promise.all(chainOf(before).map((each) => isRefused(this.#parts, each)))).includes(false);
    if (isMade && facts.hasOwnId && isOther && (await mayBeThere()))
      return stop('ERR_DOCUMENT_ID_TAKEN', 'it left under this id as less confidential');
    return undefined;
  }

  /**
   * The N1 of the same content that goes there by itself, or did, when this could not be written whole (decision 0038): why this does not leave. Noted, since what is
   * said of this later finds nothing of it there.
   */
  async instead(leaving: Leaving, to: LegEnd): Promise<ErrorData | undefined> {
    const { knowledge, journal, index, now } = this.#parts;
    const one = documentIn(leaving);
    const key = one && factsOf(one, index)?.key;
    if (key === undefined) return undefined;
    const known = await readAll(this.#parts, (all) => [...ref(KINDS.document, key), ...pairRefs(key, all)]);
    for (const pair of pairsOf(key, known)) {
      const legs = pair.note.deleted || pair.note.superseded ? [] : await this.#legsOf(pair, to, isN1);
      if (!legs.some(({ state }) => state !== 'dead' && state !== 'discarded')) continue;
      await knowledge.change(
        ref(KINDS.document, key),
        (latest) => {
          const own = documentOf(latest, key)!;
          const instead = { ...own.instead, [to.name]: pair.note.id };
          return { notes: [note(KINDS.document, key, { ...own, instead, insteadAt: union(own.insteadAt ?? [], [to.site]) })], result: undefined };
        },
        (notes) => journal.keep(notes, new Date(now()).toISOString()),
      );
      return n1Instead(pair.note.id);
    }
    return undefined;
  }

  /** Deliveries there of what died beside this N1 before it came, for want of a form that says all of it: tried again, they end with `instead`. */
  async diedBeside(leaving: Leaving, to: LegEnd): Promise<readonly number[]> {
    const one = leaving.event.type === DELETED ? undefined : documentIn(leaving);
    const key = one && isN1(documentData(one)) ? factsOf(one, this.#parts.index)?.key : undefined;
    if (key === undefined) return [];
    const known = await readAll(this.#parts, (all) => [...ref(KINDS.document, key), ...pairRefs(key, all)]);
    const legs = await Promise.all(pairsOf(key, known).map((pair) => this.#legsOf(pair, to)));
    return legs.flat().flatMap(({ state, error, delivery }) => (state === 'dead' && error?.code === 'ERR_DOCUMENT_REWRITE' ? [delivery] : []));
  }

  async #legsOf({ key, note: own }: Found, to: LegEnd, isIt: (data: DocumentEvent) => boolean = () => true): Promise<readonly DeliverySummary[]> {
    const legs = broughtOf(own).by.map((message) => legsOf(this.#parts, { message }, to, (each, data) => each.key === key && isIt(data)));
    return (await Promise.all(legs)).flat();
  }

  /** To be called before it is sent: an attempt that a crash ends has left a trace of its ids. Rejects when that cannot be kept. */
  async sent(leaving: Leaving, to: LegEnd, controlId: string, as: LeftAs = { made: [] }): Promise<void> {
    const { journal, knowledge, index, now } = this.#parts;
    const one = documentIn(leaving);
    const facts = one && factsOf(one, index);
    if (!facts) return;
    const key = sentKeyOf(to.site, controlId, index);
    const value = {
      document: facts.key,
      lane: to.name,
      delivery: deliveryId(journal.tag, leaving.delivery),
      ...(leaving.controlId !== undefined && { origin: { site: one.event.site, controlId: leaving.controlId } }),
    };
    const isDeletion = leaving.event.type === DELETED;
    const aliases = as.ids && !isDeletion ? aliasNotes(one, facts, as.ids, index) : [];
    const what = whatLeaves(this.#parts, leaving, facts);
    const before = isDeletion ? undefined : (await placeThere(this.#parts, facts, leaving, to)).place;
    const places = as.made.map((sha256) => contentKeyOf(sha256, index));
    const refs = [
      { kind: KINDS.sent, key },
      { kind: KINDS.document, key: facts.key },
      ...places.map((place) => ({ kind: KINDS.content, key: place })),
    ];
    await knowledge.change(
      [...refs, ...aliases.map((alias) => ({ kind: alias.kind, key: alias.key }))],
      (known) => {
        const notes = [
          ...(known(KINDS.sent, key) === undefined ? [note(KINDS.sent, key, value)] : []),
          ...aliases.filter((alias) => known(alias.kind, alias.key) === undefined),
          ...places.flatMap((place) => contentEntry(place, facts.key, known)),
          ...leftAs(this.#parts, documentOf(known, facts.key), facts, what, isDeletion, to, { ...as, before }),
        ];
        return { notes, result: undefined };
      },
      async (notes) => (notes.length > 0 ? journal.keep(notes, new Date(now()).toISOString()) : undefined),
    );
  }

  /** A person has still to say who their patient is (decision 0033), or that the receiver was called (0034). */
  isInDoubt(item: Pick<QueuedDelivery, 'keys' | 'kind'>, to: string): Promise<boolean> {
    return isInDoubt(this.#parts, item, to);
  }

  /**
   * A deletion hides what it names: what is said of the patient since closes its way for nothing, and the document's own arrival is no copy of it. But it is not
   * of what its number, cancelled and given again, stands for by now: the message that took that there.
   */
  async #givenAgain({ key }: DocumentFacts, to: LegEnd): Promise<string | undefined> {
    const own = documentOf(await this.#parts.knowledge.read(ref(KINDS.document, key)), key);
    if (!own?.first || own.deleted) return undefined;
    for (const message of broughtOf(own).by)
      if ((await leftOf(this.#parts, { message }, endOf(to, [own], this.#parts), (facts) => facts.key === key)).length > 0) return message;
    return undefined;
  }

  /** The message that brought the same there, by another try of its sender, when its receiver was told to obey as much. */
  async #arrivedWith(
    leaving: Leaving,
    own: DocumentNote,
    facts: DocumentFacts,
    restrictions: readonly string[],
    to: LegEnd,
  ): Promise<string | undefined> {
    const { journal } = this.#parts;
    const itself = messageId(journal.tag, leaving.message);
    for (const other of broughtOf(own).by.filter((message) => message !== itself)) {
      const legs = await leftOf(this.#parts, { message: other }, to, (each) => isAsMuch(each, facts));
      const sent = legs.length > 0 ? await journal.material(legs.map(({ delivery }) => delivery)) : [];
      if (sent.some((one) => one.encoded?.restrictions && restrictions.every((each) => obeyedBy(one).includes(each)))) return other;
    }
    return undefined;
  }
}

/** What its receiver was told to obey: at least what its event says. */
function obeyedBy(left: Pick<DeliveryMaterial, 'event' | 'parts' | 'encoded'>): readonly string[] {
  const one = documentIn(left);
  return [...(left.encoded?.restrictions ?? []), ...(one ? restrictionsOf(documentData(one)) : [])];
}

const isAsMuch = (one: DocumentFacts, { content, status }: DocumentFacts): boolean => one.content === content && rankOf(one.status) >= rankOf(status);

const isN1 = ({ document: { level } }: DocumentEvent): boolean => level === 'N1';

const pairRefs = (key: string | undefined, known: Known): readonly NoteRef[] =>
  (documentOf(known, key)?.pairedWith ?? []).flatMap((pair) => ref(KINDS.document, pair.key));

/** The N1 that went there in its place, if nothing of it ever left for there. */
function insteadThere(known: Known, key: string | undefined, { name }: LegEnd): string | undefined {
  const own = documentOf(known, key);
  return own?.sentAs?.[name] ? undefined : own?.instead?.[name];
}

const n1Instead = (id: string): ErrorData => stop('ERR_DOCUMENT_N1_INSTEAD', `its N1 ${id}`);

/** Events of before had a second content beside the first. Nothing writes it any more, so that only what was written already carries it. */
function contentLeftOut({ event, encoded }: Leaving): ErrorData | undefined {
  const { companions = [] } = (event['data'] as DocumentEvent).document;
  const left = companions.findIndex((one) => {
    const { content } = one as { readonly content?: { readonly part: string } };
    return content && !encoded?.envelope.parts?.some(({ from }) => 'part' in from && from.part === content.part);
  });
  if (left < 0) return undefined;
  return new PasserelleError('ERR_DOCUMENT_COMPANION', { location: { path: `/data/document/companions/${left}/content` } }).toData();
}

const arrived = (by: string): ErrorData => stop('ERR_DOCUMENT_VERSION_CONFLICT', `${by} brought the same there`);
