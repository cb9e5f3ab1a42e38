/** What a replacement or a deletion names may never have arrived, while what that took the place of did: that is what its receiver shows (SAFETY B3, B4). */
import type { DocumentIds, JournalStore, MessageHistory } from '../contract/index.ts';
import { parseId } from '../journal/index.ts';
import type { Destination } from '../routing/index.ts';
import { documentIn, factsOf, isDeletion, type DocumentFacts } from './facts.ts';
import { endNow, endOf, lastDelivery, sentBy } from './lanes.ts';
import { KINDS, type DocumentNote, type NoteValues, type SetNote } from './notes.ts';
import { areApart, broughtOf, isLessFinal, keyOfId, namesOf, type Found } from './register.ts';
import { DELETED, isRefusedIn, legsOf, type Leg, type LegEnd, type SentParts } from './there.ts';

export interface ShownParts extends SentParts {
  readonly journal: Pick<JournalStore, 'tag' | 'message' | 'notes'>;
  readonly destinations: readonly Destination[];
}
type Parts = SentParts & {
  readonly destinations: readonly Destination[];
  readonly noteOf: (key: string) => Promise<DocumentNote | undefined>;
  readonly setOf: (key: string) => Promise<SetNote | undefined>;
};

/** Its lanes ask for the same messages and notes. */
export function readOnce({ journal, index, destinations }: ShownParts): Parts {
  const reader = <K extends keyof NoteValues>(kind: K): ((key: string) => Promise<NoteValues[K] | undefined>) =>
    once(async (key) => {
      const [value] = await journal.notes(kind, [key]);
      return value === undefined ? undefined : (JSON.parse(value) as NoteValues[K]);
    });
  const message = once((id: number) => journal.message(id));
  return { journal: { tag: journal.tag, message }, index, destinations, noteOf: reader(KINDS.document), setOf: reader(KINDS.set) };
}

function once<K, V>(ask: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => known.get(key) ?? known.set(key, ask(key)).get(key)!;
}

/** By delivery that ended without arriving: the document that its receiver shows on, which that one was to replace or withdraw. */
export async function shownOn(history: MessageHistory, parts: ShownParts): Promise<ReadonlyMap<number, string>> {
  const read = readOnce(parts);
  const shown = new Map<number, string>();
  for (const { delivery, lane, eventId } of history.deliveries.filter((each) => isRefusedIn(history, each.delivery))) {
    const event = history.events.find((each) => each.event.id === eventId)?.event;
    const one = event && documentIn({ event, parts: history.parts });
    const facts = one && factsOf(one, parts.index);
    const note = facts && (await read.noteOf(facts.key));
    const to = note && endNow(note, lane, parts);
    const id = to && (await shownWithout(read, facts, isDeletion(one) ? delivery : undefined, to));
    if (id) shown.set(delivery, id);
  }
  return shown;
}

/** Unless it was said again since, and may have arrived or is on its way. `withdrawal`: the delivery that was to withdraw it. */
async function shownWithout(parts: Parts, facts: DocumentFacts, withdrawal: number | undefined, to: LegEnd): Promise<string | undefined> {
  const { key, content, status } = facts;
  const note = await parts.noteOf(key);
  if (!note?.first) return undefined;
  const own = { key, note };
  const isWithdrawal = withdrawal !== undefined;
  const withdrawn = isWithdrawal && (await withdrawnBy(parts, own, withdrawal, to));
  if (withdrawn && (withdrawn.isTaken || withdrawn.isGivenAgain)) return withdrawn.isThere && !withdrawn.isTaken ? note.id : undefined;
  const legs = await legsThere(parts, own, to);
  const gone = await forgotten(parts, own, to);
  const last = legs.toSorted((a, b) => a.delivery - b.delivery).at(-1);
  // A number may have been given again since.
  const isLastGone = last ? isDeletionOf(last) : gone.at(-1)?.isDeletion === true;
  const isWithdrawn = isLastGone || (await isEndedByAnother(parts, own, [own], to, isDeletionOf));
  if (isWithdrawal && (isWithdrawn || (await mayBeThere(parts, own, to)))) return isWithdrawn ? undefined : note.id;
  // A number stands for its versions one after the other.
  const isOlder = (each: DocumentFacts): boolean => each.content !== content || isLessFinal(each.status, status);
  const isOutgrown = note.superseded !== undefined && namesOf(note).includes(note.superseded.key);
  const isInForce = note.content === content && !isLessFinal(status, note.status) && !isWithdrawn && !isOutgrown;
  const areOlder = gone.every((each) => each.isOlder) && (await legsThere(parts, own, to, isOlder)).length === legs.length;
  if (isInForce && legs.length + gone.length > 0 && areOlder) return note.id;
  return (await shownInstead(parts, key, to))?.note.id;
}

interface Withdrawn {
  /** It was there, by one of the names that it had then. */
  readonly isThere: boolean;
  /** What came by one of them afterwards took its place. */
  readonly isTaken: boolean;
  /** Its number stands for something else since. */
  readonly isGivenAgain: boolean;
}

/** Of what a delivery was to withdraw. A number that is given again takes the place of what came last by any of its names of now. */
async function withdrawnBy(parts: Parts, { key, note }: Found, by: number, to: LegEnd): Promise<Withdrawn> {
  const before = [...new Set([key, ...namesOf(note), ...(note.formerly ?? [])])];
  const notes = (await Promise.all(before.map(parts.noteOf))).filter((each) => each !== undefined);
  const names = [...new Set([...before, ...notes.flatMap(namesOf)])];
  const all = (await Promise.all(names.map(parts.noteOf))).filter((each) => each !== undefined);
  const messages = [...new Set(all.flatMap(messagesOf))];
  const there = endOf(to, all, parts);
  const arrivedBy = async (each: readonly string[]): Promise<readonly Leg[]> => {
    const legs = await Promise.all(messages.map((message) => legsOf(parts, { message }, there, (facts) => each.includes(facts.key))));
    return legs.flat().filter((leg) => !leg.isRefused());
  };
  const over = (note.before ?? []).filter(({ isDeletion: is }) => is);
  const ended = await Promise.all(over.map((act) => legsOf(parts, act, there, (facts) => facts.key === key)));
  const isGivenAgain = !note.deleted || ended.flat().some(({ delivery }) => delivery === by);
  const left = await Promise.all(before.map(async (each) => ({ each, legs: await arrivedBy([each]) })));
  const isOfThen = ({ each, legs }: (typeof left)[number]): boolean =>
    each === key || !isGivenAgain || (note.formerly?.includes(each) === true && legs.some(({ delivery }) => delivery < by));
  const own = left.filter(isOfThen);
  const ownLegs = own.flatMap(({ legs }) => legs).toSorted((a, b) => a.delivery - b.delivery);
  const others = await arrivedBy(names.filter((name) => !own.some(({ each }) => each === name)));
  const next = ownLegs.find(({ delivery }) => delivery > by);
  const last = ownLegs.findLast(({ delivery }) => delivery < by);
  const isForgotten = last === undefined && (await forgotten(parts, { key, note }, to)).some((each) => each.isOlder && !each.isDeletion);
  const isOther = next !== undefined && others.some(({ delivery }) => delivery < next.delivery && delivery > (last?.delivery ?? 0));
  return { isThere: isForgotten || (last !== undefined && isOf(last)), isTaken: next !== undefined && !isOther, isGivenAgain };
}

/** Where nothing of the document arrived: the nearest of those that it took the place of, one after the other, that may have, and that nothing else took the place of there. */
export async function shownInstead(parts: Parts, key: string, to: LegEnd): Promise<Found | undefined> {
  const first = await parts.noteOf(key);
  if (!first?.first || (await mayBeThere(parts, { key, note: first }, to))) return undefined;
  const seen: Found[] = [{ key, note: first }];
  for (let by = first; ;) {
    const next = await placeOf(parts, seen.at(-1)!);
    const note = next === undefined || keysOf(seen).includes(next) ? undefined : await parts.noteOf(next);
    if (!note?.first || note.deleted) return undefined;
    const found = { key: next!, note };
    if (await mayBeThere(parts, found, to)) {
      const isOver = (await isReplacedThere(parts, found, by, keysOf(seen), to)) || (await isEndedByAnother(parts, found, seen, to, isOf));
      return isOver ? undefined : found;
    }
    seen.push(found);
    by = note;
  }
}

/**
 * What a CDA replaces it names itself, by its id: where its receiver has that by another name only, the number of its source or what we sent of that, nothing takes it
 * away there. As people know it.
 */
export async function shownByAnother(parts: Parts, key: string, to: LegEnd): Promise<string | undefined> {
  const note = await parts.noteOf(key);
  const all = note ? await namesOfAll(parts, { key, note }) : [];
  const isForgotten = note !== undefined && (await forgotten(parts, { key, note }, to)).length > 0;
  const legs = await Promise.all(
    all.map(async (by) => {
      const there = (await legsThere(parts, by, to, (facts) => facts.key === by.key)).filter(isOf).map(({ delivery }) => ({ delivery, by }));
      // What the journal no longer knows is noted.
      const sent = isForgotten ? sentBy(by.note, to, parts) : undefined;
      return there.length === 0 && sent ? [{ delivery: lastDelivery(sent, parts), by }] : there;
    }),
  );
  const by = legs.flat().toSorted((a, b) => b.delivery - a.delivery)[0]?.by;
  const sent = sentBy(by?.note, to, parts);
  const isById = by?.key === key ? sent?.number === undefined : sent !== undefined && idOf(sent) === note?.id;
  return isById || note?.deleted ? undefined : by?.note.id;
}

/** What it takes the place of, by whichever of its names: said so, or as the next version of its set. */
async function placeOf(parts: Parts, own: Found): Promise<string | undefined> {
  for (const { note: by } of await namesOfAll(parts, own)) {
    const named = by.replaces === undefined ? undefined : keyOfId(by.replaces, by.from[0], parts.index);
    // What never came here leads to nothing: its set does.
    if (named !== undefined && (by.set === undefined || (await parts.noteOf(named))?.first)) return named;
    const versions = by.set === undefined ? [] : ((await parts.setOf(by.set))?.versions ?? []);
    const below = versions.find((each) => each.version < by.version! && !areApart(each, by));
    if (below) return below.key;
  }
  return undefined;
}

const idOf = ({ id, idExtension }: DocumentIds): string | undefined => (idExtension === undefined ? id : `${idExtension}^^${id}`);
const keysOf = (all: readonly Found[]): readonly string[] => all.map(({ key }) => key);
const isDeletionOf = ({ eventType }: Leg): boolean => eventType === DELETED;
const isOf = (leg: Leg): boolean => !isDeletionOf(leg);

/** Nothing of it went by this lane, and what was to end it may have arrived by another one of the same site: what that receiver has of it, it has by that one. */
async function isEndedByAnother(parts: Parts, own: Found, by: readonly Found[], to: LegEnd, isIt: (leg: Leg) => boolean): Promise<boolean> {
  if ((await legsOfAll(parts, own, to)).some(isOf)) return false;
  const legs = await Promise.all(besideIt(parts, to).flatMap((lane) => by.map((each) => legsThere(parts, each, lane))));
  return legs.flat().some(isIt);
}

/** The other form of what took its place, or another one of its set, did so as well, and may have arrived. */
async function isReplacedThere(
  parts: Parts,
  { key, note }: Found,
  { pairedWith = [] }: DocumentNote,
  seen: readonly string[],
  to: LegEnd,
): Promise<boolean> {
  const ofSet = note.set === undefined ? undefined : await parts.setOf(note.set);
  for (const { key: other } of [...(note.superseded ? [note.superseded] : []), ...pairedWith, ...(ofSet?.versions ?? [])]) {
    const form = seen.includes(other) ? undefined : await parts.noteOf(other);
    if (!form?.first) continue;
    const isHigher =
      form.replaces === undefined && form.set !== undefined && form.set === note.set && form.version! > note.version! && !areApart(form, note);
    const isNext =
      isHigher || other === note.superseded?.key || (form.replaces !== undefined && keyOfId(form.replaces, form.from[0], parts.index) === key);
    if (isNext && (await mayBeThere(parts, { key: other, note: form }, to))) return true;
  }
  return false;
}

async function mayBeThere(parts: Parts, own: Found, to: LegEnd): Promise<boolean> {
  if (own.note.from.includes(to.site)) return true;
  const legs = (await legsOfAll(parts, own, to)).filter(isOf);
  if (legs.some((leg) => !leg.isRefused())) return true;
  if (!own.note.to.includes(to.site)) return false;
  // By another lane of its site it may have gone, and may have been refused there too.
  const beside = legs.length > 0 ? [] : (await Promise.all(besideIt(parts, to).map((lane) => legsOfAll(parts, own, lane)))).flat().filter(isOf);
  if (legs.length + beside.length === 0 || beside.some((leg) => !leg.isRefused())) return true;
  return (await forgotten(parts, own, to)).some(({ isDeletion: is }) => !is);
}

/** The other lanes of its site. */
const besideIt = ({ destinations }: Parts, to: LegEnd): readonly LegEnd[] =>
  destinations.flatMap(({ site, lane }) => (site === to.site && lane !== to.name ? [{ name: lane, site }] : []));

/** What may have arrived there of it, withdrawals too. */
const legsThere = async (...of: Parameters<typeof legsOfAll>): Promise<readonly Leg[]> => (await legsOfAll(...of)).filter((leg) => !leg.isRefused());

async function legsOfAll(parts: Parts, own: Found, to: LegEnd, isIt: (facts: DocumentFacts) => boolean = () => true): Promise<readonly Leg[]> {
  const all = await namesOfAll(parts, own);
  const keys = keysOf(all);
  const messages = [...new Set(all.flatMap(({ note }) => messagesOf(note)))];
  const there = endOf(
    to,
    all.map(({ note }) => note),
    parts,
  );
  return (await Promise.all(messages.map((message) => legsOf(parts, { message }, there, (each) => keys.includes(each.key) && isIt(each))))).flat();
}

/** It, by each of its names; a number by those of what it stood for before it was given again too. */
async function namesOfAll(parts: Parts, own: Found): Promise<readonly Found[]> {
  const others = await Promise.all([...namesOf(own.note), ...(own.note.formerly ?? [])].map(async (key) => ({ key, note: await parts.noteOf(key) })));
  return [own, ...others.flatMap(({ key, note }) => (note && namesOf(note).includes(own.key) ? [{ key, note }] : []))];
}

/** A mask or a more final word that came later may have been refused where the document itself arrived. */
const messagesOf = (note: DocumentNote): readonly string[] => {
  const { first, current, copies = [], deleted, before = [] } = note;
  return [...[first, current, deleted, ...copies, ...before].flatMap((act) => act?.message ?? []), ...broughtOf(note).by];
};

interface Forgotten {
  readonly isDeletion: boolean;
  readonly isOlder: boolean;
}

/** The last one last. What the journal no longer knows may have arrived wherever the document was sent. */
async function forgotten(parts: Parts, { key, note }: Found, to: LegEnd): Promise<readonly Forgotten[]> {
  if (!note.to.includes(to.site)) return [];
  const messages = [...new Set((await namesOfAll(parts, { key, note })).flatMap((each) => messagesOf(each.note)))];
  const asked = messages.flatMap((message) => {
    const parsed = parseId(parts.journal.tag, message);
    return 'message' in parsed ? [{ message, id: parsed.message }] : [];
  });
  const isKnown = await Promise.all(asked.map(({ id }) => parts.journal.message(id)));
  const { by } = broughtOf(note);
  const deletions = [note.deleted, ...(note.before ?? []).filter(({ isDeletion: is }) => is)].flatMap((act) => act?.message ?? []);
  return asked
    .filter((_, i) => !isKnown[i])
    .toSorted((a, b) => a.id - b.id)
    .map(({ message }) => ({ isDeletion: deletions.includes(message), isOlder: !by.includes(message) && note.current?.message !== message }));
}
