/**
 * Before a document leaves, and once it has: what was decided may be hours old. A leg that opposition or a mask has closed since does not open, a version does
 * not leave after the one that replaced it (SAFETY B3, B6), nor under a patient on file who is another by now (A4), and an answer finds its document by the control id that left (B8).
 */
import { isDeepStrictEqual } from 'node:util';
import {
  CATALOGUE,
  PasserelleError,
  RELEASED_BY,
  type AttemptRecord,
  type DeliveryMaterial,
  type DeliveryState,
  type DeliverySummary,
  type DocumentIds,
  type ErrorData,
  type JournalStore,
  type KnownAs,
  type MessageHistory,
  type Note,
  type OutgoingPart,
  type QueuedDelivery,
} from '../contract/index.ts';
import {
  ask,
  doubtsOf,
  filingBlocked,
  filingOf,
  identityInDoubt,
  isAgreed,
  PERSON,
  personOf,
  survivorOf,
  TASK,
  taskKey,
  timeOf,
  withFormer,
  type Filed,
  type Doubt,
  type Filing,
  type SendersOf,
} from '../identity/index.ts';
import { deliveryId, messageId, parseId, type BlindIndex } from '../journal/index.ts';
import type { Case, Knowledge, Known, NoteRef } from '../knowledge/index.ts';
import type { Patient } from '../model/index.ts';
import { aliasNotes, aliasRef, isOfAnother } from './aliases.ts';
import { sentKeyOf } from './answers.ts';
import { codeOf, consentRefs, flagsOf, isOpposed, masksOf, restricted, restrictionsOf, strictest } from './consent.ts';
import { asNew, contentKeyOf, documentData, documentIn, factsOf, type DocumentEvent, type DocumentFacts, type StoredDocument } from './facts.ts';
import { documentOf, KINDS, note, ref, type Act, type DocumentNote, type SentAs } from './notes.ts';
import { pairsOf } from './pairs.ts';
import { hashOf, tokensOf } from './patients.ts';
import {
  broughtOf,
  contentEntry,
  isLessFinal,
  linked,
  messagesOf,
  namesOf,
  nameRefs,
  otherNames,
  rankOf,
  successorRefs,
  successorsOf,
  union,
} from './register.ts';
import { stop } from './stops.ts';

export interface LegParts {
  readonly journal: Pick<JournalStore, 'tag' | 'message' | 'material' | 'keep'>;
  readonly knowledge: Knowledge;
  readonly index: BlindIndex;
  readonly sendersOf: SendersOf;
  readonly now: () => number;
}

/** Where it goes: a delivery lane and its site. */
export interface LegEnd {
  readonly name: string;
  readonly site: string;
}

type Leaving = Pick<DeliveryMaterial, 'delivery' | 'message' | 'event' | 'parts' | 'encoded'> & Pick<QueuedDelivery, 'keys'>;

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

/** What a document left as. */
export interface LeftAs {
  readonly ids?: DocumentIds;
  /** SHA-256 (hex) of each part that was made of it. */
  readonly made: readonly string[];
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
      const held = await this.#merged(leaving, to);
      return held ? { held } : { event: leaving.event };
    }
    const { index } = this.#parts;
    const facts = factsOf(one, index);
    const knownAs = facts && (await this.#knownAs(facts, leaving, to));
    if (knownAs && 'held' in knownAs) return knownAs;
    if (leaving.event.type === DELETED) {
      const given = facts && (await this.#givenAgain(facts, to));
      if (given !== undefined) return { held: stop('ERR_DOCUMENT_VERSION_CONFLICT', `${given} brought what it stands for now`) };
      const n1 = knownAs?.document ? undefined : insteadThere(await this.#read(() => ref(KINDS.document, facts?.key)), facts?.key, to);
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
    const known = await this.#read(refsOf);
    const stopped = await this.#stopped(one, leaving, known, refsOf(known), to);
    if (stopped) return { held: stopped };
    const own = documentOf(known, facts?.key);
    if (own && facts) {
      const isOutgrown = facts.content !== own.content || isLessFinal(facts.status, own.status);
      const history = await this.#read((known) => successorRefs(own, known));
      const over = [
        ...successorsOf(own, history).flatMap((one) =>
          messagesOf(one, history).map((message) => ({ message, keys: [one.key, ...namesOf(documentOf(history, one.key))] })),
        ),
        ...[own.deleted, isOutgrown ? own.current : undefined].flatMap((act) =>
          act ? [{ message: act.message, keys: [facts.key, ...namesOf(own)] }] : [],
        ),
      ];
      for (const { message, keys } of over)
        if ((await this.#left({ message }, to, (each) => keys.includes(each.key))).length > 0)
          return { held: stop('ERR_DOCUMENT_VERSION_CONFLICT', `${message}, which took its place, was sent there`) };
    }
    // Of two documents of one content the stricter mask counts for both: neither shows what the other hides (SAFETY B7).
    // What is unknown of it, or held, stays so: nothing but a mask travels.
    const flags = pairsOf(facts?.key ?? '', known).reduce((strict, pair) => strictest(strict, masksOf(pair.note.flags)), own?.flags ?? {});
    const { data } = restricted(documentData(one), flags, isOpposed(patient, known, index));
    const restrictions = restrictionsOf(data);
    // The next version under its number, where it is known by its other name only: that is what it takes the place of there.
    const isNewer =
      facts !== undefined && !facts.replaces && otherNames(facts.key, known, true).some(({ note: { superseded } }) => superseded?.key === facts.key);
    const earlier = isNewer && own?.sentAs?.[to.name] === undefined ? knownAs?.document : undefined;
    const isNext = earlier?.id !== undefined && facts?.content === own?.content;
    const replaced = isNext && {
      action: 'replace' as const,
      replaces: earlier.id,
      ...(earlier.idExtension !== undefined && { replacesExtension: earlier.idExtension }),
    };
    const said = replaced
      ? { ...data, document: { ...data.document, ...replaced } }
      : insteadThere(known, facts?.replaces?.key, to) !== undefined
        ? { ...data, document: asNew(data.document) }
        : data;
    const isInForce = own && own.content === facts?.content && !isLessFinal(facts?.status, own.status);
    const since = timeOf((isInForce && own.current?.said) || '');
    const left = {
      event: said === one.event.data ? leaving.event : { ...leaving.event, data: said },
      restrictions,
      ...(knownAs && { knownAs }),
      ...(since && { since }),
    };
    const twin = own && facts && (await this.#arrivedWith(leaving, own, facts, restrictions, to));
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
    if (isOfAnother(ids, facts.key, known, index)) return taken();
    const before = own?.sentAs?.[to.name];
    const isMade = leaving.event.type !== DELETED && parts?.some(({ from }) => 'pieces' in from) === true;
    const what = this.#what(leaving, facts);
    // What we write of one that has an id of its own has no other: the same with another header would be another content under that id.
    if (isMade && facts.hasOwnId && before?.what !== undefined && !isSaid({ ...what, status: 'preliminary' }, before.what) && !isThis(before, what))
      return stop('ERR_DOCUMENT_VERSION_CONFLICT', 'it left under this id as less confidential');
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
    const known = await this.#read((all) => [...ref(KINDS.document, key), ...pairRefs(key, all)]);
    const isN1 = ({ document: { level } }: DocumentEvent): boolean => level === 'N1';
    for (const pair of pairsOf(key, known)) {
      const messages = pair.note.deleted || pair.note.superseded ? [] : broughtOf(pair.note).by;
      const legs = await Promise.all(messages.map((message) => this.#legs({ message }, to, (each, data) => each.key === pair.key && isN1(data))));
      if (!legs.flat().some(({ state }) => state !== 'dead' && state !== 'discarded')) continue;
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

  /** To be called before it is sent: an attempt that a crash ends has left a trace of its ids. Rejects when that cannot be kept. */
  async sent(leaving: Leaving, to: LegEnd, controlId: string, as: LeftAs = { made: [] }): Promise<void> {
    const { journal, knowledge, index, now } = this.#parts;
    const one = documentIn(leaving);
    const facts = one && factsOf(one, index);
    if (!facts) return;
    const key = sentKeyOf(to.site, controlId, index);
    const { site, controlId: origin } = (await journal.message(leaving.message))?.message ?? {};
    const value = {
      document: facts.key,
      lane: to.name,
      delivery: deliveryId(journal.tag, leaving.delivery),
      ...(site !== undefined && origin !== undefined && { origin: { site, controlId: origin } }),
    };
    const aliases = as.ids && leaving.event.type !== DELETED ? aliasNotes(one, facts, as.ids, index) : [];
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
          ...leftAs(documentOf(known, facts.key), facts, this.#what(leaving, facts), leaving.event.type === DELETED, to, as),
        ];
        return { notes, result: undefined };
      },
      async (notes) => (notes.length > 0 ? journal.keep(notes, new Date(now()).toISOString()) : undefined),
    );
  }

  /** A document that came before its patient, or before what is said of that one now, was held against nothing (SAFETY A2). */
  async #stopped(one: StoredDocument, leaving: Leaving, known: Known, refs: readonly NoteRef[], to: LegEnd): Promise<ErrorData | undefined> {
    const { journal, sendersOf, index } = this.#parts;
    const { patient, originApplication = '' } = documentData(one);
    const filed = {
      keys: namedBy(patient, leaving.keys, index),
      patient,
      source: () => ({ sender: originApplication, at: one.event.time }),
      to: to.name,
    };
    const now = filingOf(filed, known, sendersOf);
    if (!now.question && !now.blocked && !now.doubt) return undefined;
    const history = await journal.message(leaving.message);
    if (!history) throw new PasserelleError('ERR_INVARIANT', { found: 'a delivery of an unknown message' });
    const { run, receivedAt } = history.message;
    const message = { id: messageId(journal.tag, leaving.message), run, receivedAt };
    const { by, blocked, doubt }: Stopped = now.question ? await this.#asked(one, filed, message, refs) : now;
    if (by) return by;
    const isSeen = (since: string): boolean => isReleased(history, leaving.delivery, since);
    if (blocked && !isSeen(blocked.since)) return filingBlocked();
    return doubt && !isSeen(doubt.since) ? identityInDoubt(doubt.tasks) : undefined;
  }

  /** What is said of a number that its receiver still has merged into another one: it would be taken for that one (decision 0034). */
  async #merged({ keys, delivery, message }: Leaving, { name }: LegEnd): Promise<ErrorData | undefined> {
    const doubts = mergedThere(keys, await this.#parts.knowledge.read(keys.map((key) => ({ kind: PERSON, key }))), name);
    const history = doubts.length > 0 ? await this.#parts.journal.message(message) : undefined;
    const isSeen = doubts.every(({ at }) => history && isReleased(history, delivery, at));
    return isSeen ? undefined : identityInDoubt(doubts.map(({ task }) => task));
  }

  /** A person has still to say who their patient is (decision 0033), or that the receiver was called (0034). */
  async isInDoubt({ keys, kind }: Pick<QueuedDelivery, 'keys' | 'kind'>, to: string): Promise<boolean> {
    const refsOf = (known: Known): readonly NoteRef[] =>
      withFormer(
        keys.flatMap((key) => survivorOf(key, known).chain),
        known,
      ).map((key) => ({ kind: PERSON, key }));
    const known = await this.#read(refsOf);
    return (kind === 'document' ? doubtsOf(stillLedTo(keys, known), known, to) : mergedThere(keys, known, to)).length > 0;
  }

  /** A task about the message, which stays as it is; unless a person has answered one already. */
  async #asked({ event }: StoredDocument, filed: Filed, message: Case['message'], refs: readonly NoteRef[]): Promise<Stopped> {
    const { journal, knowledge, sendersOf, now } = this.#parts;
    const at = new Date(now()).toISOString();
    return knowledge.change<Stopped>(
      [...refs.filter(({ kind }) => kind === PERSON), ...ref(TASK, taskKey(message.id))],
      (latest) => {
        const { question, ...rest } = filingOf(filed, latest, sendersOf, (of) => isAgreed({ message }, latest, of));
        if (!question) return { notes: [], result: rest };
        const { quarantine, notes = [] } = ask({ event, message, settings: event, now: at }, latest, question) ?? {};
        return { notes, result: { ...(quarantine && { by: quarantine }) } };
      },
      async (notes) => (notes.length > 0 ? journal.keep(notes, at) : undefined),
    );
  }

  /**
   * A deletion hides what it names: what is said of the patient since closes its way for nothing, and the document's own arrival is no copy of it. But it is not
   * of what its number, cancelled and given again, stands for by now: the message that took that there.
   */
  async #givenAgain({ key }: DocumentFacts, to: LegEnd): Promise<string | undefined> {
    const own = documentOf(await this.#parts.knowledge.read(ref(KINDS.document, key)), key);
    if (!own?.first || own.deleted) return undefined;
    for (const message of broughtOf(own).by) if ((await this.#left({ message }, to, (facts) => facts.key === key)).length > 0) return message;
    return undefined;
  }

  /** The ids of what was sent there, of this document and of what it replaces; or why it waits: another document left with them too. */
  async #knownAs(facts: DocumentFacts, leaving: Leaving, to: LegEnd): Promise<KnownAs | { readonly held: ErrorData } | undefined> {
    const { knowledge, index } = this.#parts;
    const { key, replaces } = facts;
    const known = await knowledge.read([...ref(KINDS.document, key), ...ref(KINDS.document, replaces?.key)]);
    const own = documentOf(known, key);
    const [sent, replaced] = [own, documentOf(known, replaces?.key)].map((each) => each?.sentAs?.[to.name]);
    const last = own && sent && leaving.event.type !== DELETED ? beforeIt(own, sent, this.#what(leaving, facts, own)) : undefined;
    const { before, isRefused } = await this.#arrivedBefore(last);
    const aliases = await knowledge.read([sent, before, replaced].flatMap((ids) => aliasRef(ids, index)));
    const isTaken = [sent, before].some((ids) => isOfAnother(ids, key, aliases, index));
    if (isTaken || (replaces && isOfAnother(replaced, replaces.key, aliases, index))) return { held: taken() };
    const document = sent ? (sent === last ? undefined : idsOf(sent)) : await this.#otherIdsThere(key, leaving.message, to);
    const replacedAs = replaced ? idsOf(replaced) : await this.#otherIdsThere(replaces?.key, leaving.message, to);
    if (!document && !replacedAs && !before) return undefined;
    // A deletion that was refused or discarded hides nothing: what is there is replaced.
    const by = before?.isDeleted;
    const isGivenAgain =
      isRefused || by === true || (by !== undefined && (await this.#left({ message: by }, to, (each) => each.key === key)).length > 0);
    return {
      ...(document && { document }),
      ...(replacedAs && { replaces: replacedAs }),
      ...(before && { before: idsOf(before), ...(isGivenAgain && { isGivenAgain }) }),
    };
  }

  /** Of what left under its number, one after the other, the last that may be there: what was refused (a preliminary one perhaps, decision 0036) is replaced by nothing. */
  async #arrivedBefore(before: SentAs | undefined): Promise<{ readonly before: SentAs | undefined; readonly isRefused: boolean }> {
    if (!before || !(await this.#isRefused(before))) return { before, isRefused: false };
    return before.before?.id === undefined ? { before, isRefused: true } : this.#arrivedBefore(before.before);
  }

  /** Nobody tries it again, and no attempt may have brought it there. */
  async #isRefused({ by }: SentAs): Promise<boolean> {
    const { journal } = this.#parts;
    const parsed = by === undefined ? undefined : parseId(journal.tag, by);
    const [material] = parsed && 'delivery' in parsed ? await journal.material([parsed.delivery]) : [];
    const history = material && (await journal.message(material.message));
    const isIts = ({ delivery }: { readonly delivery: number }): boolean => delivery === material!.delivery;
    const isOver = history?.deliveries.some((leg) => isIts(leg) && (leg.state === 'dead' || leg.state === 'discarded'));
    return isOver === true && !history!.attempts.some((each) => isIts(each) && mayHaveArrived(each));
  }

  /** Of a document with several names, of which this one was not sent there under an id of ours: those of another one, when that was sent there. */
  async #otherIdsThere(key: string | undefined, leaving: number, to: LegEnd): Promise<DocumentIds | undefined> {
    const known = await this.#read((all) => [...ref(KINDS.document, key), ...nameRefs(key, all, this.#parts.index)]);
    const own = documentOf(known, key);
    const others = otherNames(key, known, true);
    if (!own || others.length === 0) return undefined;
    const itself = messageId(this.#parts.journal.tag, leaving);
    const messages = union(
      broughtOf(own).by,
      others.flatMap((other) => broughtOf(other.note).by),
    ).filter((message) => message !== itself);
    const isThere = async (name: string): Promise<boolean> => {
      for (const message of messages) if ((await this.#left({ message }, to, (facts) => facts.key === name)).length > 0) return true;
      return false;
    };
    if (await isThere(key!)) return undefined;
    // What took the place of the others there is what it is there.
    for (const other of others.toSorted((a, b) => Number(a.note.superseded !== undefined) - Number(b.note.superseded !== undefined))) {
      const given = other.note.sentAs?.[to.name];
      if (given) return idsOf(given);
      const ids = (await isThere(other.key)) ? namedIn(other.note) : undefined;
      if (ids) return ids;
    }
    return undefined;
  }

  /** `own`: what is known of it since it was decided. */
  #what(leaving: Leaving, facts: DocumentFacts, own?: DocumentNote): What {
    const code = codeOf(strictest(own?.flags ?? {}, flagsOf(leaving.event['data'] as DocumentEvent)));
    const { tag } = this.#parts.journal;
    return { ...facts, code, by: deliveryId(tag, leaving.delivery), message: messageId(tag, leaving.message) };
  }

  /** Asked until they lead nowhere new: a merge names another number, a version another one. */
  async #read(refsOf: (known: Known) => readonly NoteRef[]): Promise<Known> {
    const { knowledge } = this.#parts;
    for (let refs: readonly NoteRef[] = []; ;) {
      const known = linked(await knowledge.read(refs), this.#parts.index);
      const more = refsOf(known);
      if (more.length === refs.length) return known;
      refs = more;
    }
  }

  /** What of it left by that lane with that message. */
  async #left(act: Pick<Act, 'message'>, to: LegEnd, isIt: (facts: DocumentFacts) => boolean): Promise<readonly DeliverySummary[]> {
    return (await this.#legs(act, to, isIt)).filter(({ state }) => LEFT.has(state));
  }

  /** What of it that message has for that lane. */
  async #legs(
    { message }: Pick<Act, 'message'>,
    { name }: LegEnd,
    isIt: (facts: DocumentFacts, data: DocumentEvent) => boolean,
  ): Promise<readonly DeliverySummary[]> {
    const { journal, index } = this.#parts;
    const parsed = parseId(journal.tag, message);
    const history = 'message' in parsed ? await journal.message(parsed.message) : undefined;
    if (!history) return [];
    const events = history.events.filter(({ event }) => {
      const one = documentIn({ event, parts: history.parts });
      const facts = one && factsOf(one, index);
      return facts !== undefined && isIt(facts, documentData(one!));
    });
    const ids = new Set(events.map(({ event }) => event.id));
    return history.deliveries.filter(({ lane, eventId }) => lane === name && ids.has(eventId));
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
      const legs = await this.#left({ message: other }, to, (each) => isAsMuch(each, facts));
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

/** The ids that it came by. */
function namedIn({ id, isNumbered }: DocumentNote): DocumentIds | undefined {
  // By its bytes it was never named to anybody.
  if (isNumbered && id.startsWith('sha256:')) return undefined;
  const at = isNumbered ? -1 : id.lastIndexOf('^^');
  return at < 0 ? { id } : { id: id.slice(at + 2), idExtension: id.slice(0, at) };
}

const isAsMuch = (one: DocumentFacts, { content, status }: DocumentFacts): boolean => one.content === content && rankOf(one.status) >= rankOf(status);

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

/** What is known of a document, once it left: by which ids, and as which bytes. */
function leftAs(
  own: DocumentNote | undefined,
  facts: DocumentFacts,
  what: What,
  isDeleted: boolean,
  to: LegEnd,
  { ids, made }: LeftAs,
): readonly Note[] {
  if (!own) return [];
  const { key, content } = facts;
  const sent = own.sentAs?.[to.name];
  const as = isDeleted
    ? sent && !facts.hasOwnId && { ...sent, isDeleted: what.message }
    : ids && (facts.hasOwnId && made.length === 0 ? ids : asSent(own, sent, what, ids));
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
function isSaid({ status, content = '', code }: What, before: string): boolean {
  const [word, bytes, told = ''] = before.split(' ');
  return bytes === content && rankOf(word) >= rankOf(status) && told >= code;
}

/** Of one delivery none arrived before, or the attempt would not be made anew. */
const isThis = (sent: SentAs, what: What): boolean => sent.by === what.by && sent.what?.split(' ')[1] === (what.content ?? '');

/** What left under its number before it, with an id: what it takes the place of. What has an id of its own says that itself. */
function beforeIt(own: DocumentNote, sent: SentAs, what: What): SentAs | undefined {
  if (what.hasOwnId) return undefined;
  // Of before this was noted, only what never had another content is known to be the same.
  const isSame = sent.what === undefined ? !own.earlier?.length : isSaid(what, sent.what) || isThis(sent, what);
  return isSame || sent.id === undefined ? sent.before : sent;
}

function asSent(own: DocumentNote, sent: SentAs | undefined, what: What, ids: DocumentIds): SentAs {
  const said = { what: sent?.what !== undefined && isSaid(what, sent.what) ? sent.what : whatOf(what), by: what.by };
  const before = sent && beforeIt(own, sent, what);
  return { ...ids, ...said, ...(before?.id !== undefined && { before: upTo(before, MOST_BEFORE) }) };
}

/** Contents that left under one number before: the last of them may all have been refused. */
const MOST_BEFORE = 8;
const upTo = ({ before, ...sent }: SentAs, most: number): SentAs => ({ ...sent, ...(before && most > 1 && { before: upTo(before, most - 1) }) });

function idsOf(sent: SentAs): DocumentIds {
  const { what: _, by: __, before: ___, isDeleted: ____, ...ids } = sent;
  return ids;
}

const arrived = (by: string): ErrorData => stop('ERR_DOCUMENT_VERSION_CONFLICT', `${by} brought the same there`);
const taken = (): ErrorData => stop('ERR_DOCUMENT_VERSION_CONFLICT', 'another document left with the id that this one has there');

const DELETED = 'dcc.document.deleted';

const LEFT: ReadonlySet<DeliveryState> = new Set(['delivered', 'review', 'sending']);

/** What keeps it here, or what only its own release overcomes. */
interface Stopped extends Pick<Filing, 'blocked' | 'doubt'> {
  readonly by?: ErrorData;
}

/** By the engine, of many at a time. */
const WITHOUT_LOOKING: ReadonlySet<string> = new Set(Object.values(RELEASED_BY));

/** A person let this one go since then. */
const isReleased = ({ acts }: Pick<MessageHistory, 'acts'>, of: number, since: string): boolean =>
  acts.some(({ verb, delivery, who, at }) => verb === 'release' && delivery === of && !WITHOUT_LOOKING.has(who) && at >= since);

const mergedThere = (keys: readonly string[], known: Known, to: string): readonly Doubt[] =>
  keys.flatMap((key) => personOf(known, key)?.doubts?.filter(({ lane }) => lane === to) ?? []);

/**
 * The keys of a delivery are as of its decision, with all that merges led to by then. Of these, those that its patient is named by: where they lead now is for
 * merges to say that stand. All of them, where it cannot be told which it names.
 */
function namedBy({ domain, ipp, insOid, ins, otherIds = [] }: Patient, keys: readonly string[], index: BlindIndex): readonly string[] {
  const numbers = [{ domain, value: ipp }, { domain: insOid, value: ins }, ...otherIds];
  const hashes = numbers.flatMap((one) => (one.domain !== undefined && one.value ? [index.patient({ domain: one.domain, value: one.value })] : []));
  const named = keys.filter((key) => hashes.includes(key));
  return named.length > 0 ? named : keys;
}

/** Without whom a merge led to that was undone since, and whom that one leads to; the first one it names. Too few are asked again as it leaves. */
function stillLedTo([first, ...others]: readonly string[], known: Known): readonly string[] {
  if (first === undefined) return [];
  const undone = [first, ...others].flatMap((key) => personOf(known, key)?.undone ?? []);
  const apart = new Set(undone.flatMap(({ key }) => survivorOf(key, known).chain));
  const { chain } = survivorOf(first, known);
  return [first, ...others.filter((key) => chain.includes(key) || !apart.has(key))];
}

/** An attempt without an answer that says no. One that did not reach the receiver leaves no row, or one that says so. */
export const mayHaveArrived = ({ outcome, error }: AttemptRecord): boolean =>
  outcome === undefined || outcome === 'review' || outcome === 'delivered' || !error || UNSURE.has(CATALOGUE[error.code].disposition);
const UNSURE: ReadonlySet<string> = new Set(['ambiguous', 'defect']);
