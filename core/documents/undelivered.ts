/**
 * A copy of what never arrived is no copy: it goes where everything that was sent of the document died or was discarded, or nothing ever was (SAFETY B2).
 * An original whose replacement never arrived is not replaced there (B3).
 */
import type { DeliverySummary, MessageHistory, MessageState, Note } from '../contract/index.ts';
import { parseId, type BlindIndex } from '../journal/index.ts';
import type { Case, Judgement } from '../knowledge/index.ts';
import { documentData, documentIn, factsOf, isDeletion, type DocumentFacts } from './facts.ts';
import { readOnce, shownByAnother, shownInstead, type ShownParts } from './in-place.ts';
import { endNow } from './lanes.ts';
import { KINDS, note, type DocumentNote } from './notes.ts';
import { union } from './register.ts';
import { STILL_SHOWN } from './stops.ts';
import type { SentParts } from './there.ts';

interface SentBy {
  readonly id: string;
  /** Absent when the journal no longer knows it. */
  readonly state?: MessageState;
  /** It brought a preliminary word of it only. */
  readonly isOther?: boolean;
  readonly legs: readonly Leg[];
}
type Leg = Pick<DeliverySummary, 'lane' | 'state'> & { readonly delivery?: number };
type Brought = Pick<NonNullable<Judgement['copyOf']>, 'messages' | 'keys'>;

/** The judgement of a copy, now that the journal says what became of the others. Rejects when the journal cannot be read. */
export async function goesWhereNoneArrived(one: Case, judgement: Judgement, parts: ShownParts): Promise<Judgement> {
  const made = await whereNoneArrived(one, judgement, parts);
  const ended = made.isSilent || (made.quarantine ?? made.reject) ? [] : endedBy(one, judgement, parts.index);
  const all = await Promise.all(ended.map((key) => shownStill(one, judgement, key, made.targets ?? one.targets, parts)));
  const shown = [...new Set(all.flat())];
  return shown.length === 0 ? made : { ...made, warnings: [...(made.warnings ?? []), ...shown.map((detail) => ({ code: STILL_SHOWN, detail }))] };
}

/** Documents of which its receiver may show what they took the place of: what it ends, or what it is a copy of by another name, under which it says nothing of that. */
function endedBy(one: Case, { ends, copyOf, event = one.event }: Judgement, index: BlindIndex): readonly string[] {
  if (ends !== undefined) return [ends];
  const mine = factsOf({ ...one, event }, index)?.key;
  return [...new Set(copyOf?.keys)].filter((key) => key !== mine);
}

/** What those places show on, since what took its place never arrived there, or a CDA does not name it: as people know it. */
async function shownStill(one: Case, judgement: Judgement, ends: string, sites: readonly string[], parts: ShownParts): Promise<readonly string[]> {
  const read = readOnce(parts);
  const lanes = parts.destinations.filter(({ site }) => sites.includes(site));
  const isCda = judgement.ends === ends && !isDeletion(one) && documentData(one).document.format !== undefined;
  const shown = await Promise.all(
    lanes.map(async ({ lane, site }) => {
      const to = { name: lane, site };
      return (await shownInstead(read, ends, to))?.note.id ?? (isCda ? await shownByAnother(read, ends, to) : undefined);
    }),
  );
  return [...new Set(shown.filter((each) => each !== undefined))];
}

async function whereNoneArrived(one: Case, judgement: Judgement, parts: ShownParts): Promise<Judgement> {
  const { copyOf, isSilent, ...rest } = judgement;
  if (!copyOf) return withoutArrived(one, judgement, parts);
  if (copyOf.sites.length === 0) return judgement;
  const { successors } = copyOf;
  const own = await sentOf(copyOf, one, parts, factsOf(one, parts.index));
  const next = successors && (await sentOf(successors, one, parts));
  // Of what was replaced its receiver may have either; what the journal no longer knows may have arrived.
  const sites = copyOf.sites.filter((site) => (next ? next.isLost(site) && own.isKnown && own.to(site).every(isOver) : own.isLost(site)));
  if (sites.length === 0) return judgement;
  const targets = [...(isSilent ? [] : (rest.targets ?? [])), ...sites];
  const insteadOf = sites.flatMap((site) =>
    own.to(site).flatMap(({ delivery, state }) => (delivery !== undefined && state === 'dead' ? [delivery] : [])),
  );
  const left = (rest.warnings ?? []).filter(({ code }) => code !== 'duplicate' && !(successors && code === STILL_SHOWN));
  const warnings = [...left, { code: successors ? 'replacement-undelivered' : 'sent-again' }];
  return { ...rest, targets, insteadOf, warnings, ...(successors && { notes: sentTo(one, rest.notes, sites, copyOf.keys) }) };
}

const isOver = ({ state }: Leg): boolean => state === 'dead' || state === 'discarded';

/** What was sent of it to each place, and whether nothing arrived there. `mine`: it as it comes; absent for what took its place. */
async function sentOf(
  { messages, keys }: Brought,
  one: Case,
  parts: ShownParts,
  mine?: DocumentFacts,
): Promise<{ readonly to: (site: string) => readonly Leg[]; readonly isKnown: boolean; readonly isLost: (site: string) => boolean }> {
  const ids = [...new Set(messages)].filter((id) => id !== one.message.id || one.message.run > 1);
  const sent = await Promise.all(ids.map((id) => sentBy(id, one, keys, parts, mine)));
  const others = sent.filter(({ id, isOther }) => id !== one.message.id && !isOther);
  const isNoneDecided = others.length > 0 && others.every(({ state }) => state === 'quarantined' || state === 'discarded');
  const notes = await Promise.all(keys.map(readOnce(parts).noteOf));
  const siteOf = (lane: string): readonly string[] => [
    ...parts.destinations.flatMap((each) => (each.lane === lane ? [each.site] : [])),
    // By a lane of before its site has it as well.
    ...notes.flatMap((note) => (note && endNow(note, lane, parts)?.site) ?? []),
  ];
  const to = (site: string): readonly Leg[] => sent.flatMap(({ legs }) => legs.filter(({ lane }) => siteOf(lane).includes(site)));
  return {
    to,
    isKnown: sent.every(({ state }) => state !== undefined),
    isLost: (site) => (to(site).length > 0 ? to(site).every(isOver) : isNoneDecided),
  };
}

/** What became of deliveries counts: it is a copy, it ends what took the place of another one, or it is one document of several of a message that a person replays. */
export const dependsOnDeliveries = (one: Case, { copyOf, ends }: Judgement): boolean => (copyOf ?? ends) !== undefined || isReplayOfSeveral(one);

const isReplayOfSeveral = ({ kind, message, others = [] }: Case): boolean => kind === 'document' && message.run > 1 && others.length > 0;

/**
 * A replay sends again what it brings; of several documents, while one of them did not arrive somewhere, only those that did not: each is delivered by itself
 * (decision 0038). What became of it last counts, wherever it was to go: where all arrived at last, all are sent again.
 */
async function withoutArrived(one: Case, judgement: Judgement, { journal, destinations, index }: ShownParts): Promise<Judgement> {
  const parsed = parseId(journal.tag, one.message.id);
  const isGoing = isReplayOfSeveral(one) && !(judgement.isSilent || judgement.quarantine || judgement.reject);
  const history = isGoing && 'message' in parsed ? await journal.message(parsed.message) : undefined;
  const mine = factsOf({ ...one, ...(judgement.event && { event: judgement.event }) }, index);
  if (!history || !mine) return judgement;
  const nameOf = ({ key, status }: DocumentFacts): string => `${key} ${status}`;
  const names = new Map(documentsOf(history, one, index).map(({ event, facts }) => [event, nameOf(facts)]));
  // Of each of them by each lane; a replay of before left what had not arrived to this one, or to one that came after it.
  const last = new Map<string, { readonly name: string; readonly leg: DeliverySummary }>();
  for (const leg of history.deliveries.toSorted((a, b) => a.delivery - b.delivery)) {
    const name = names.get(leg.eventId);
    if (name !== undefined) last.set(`${name} ${leg.lane}`, { name, leg });
  }
  const isLeftOut = (site: string): boolean => {
    const lanes = destinations.filter((destination) => destination.site === site).map(({ lane }) => lane);
    const there = [...last.values()].filter(({ leg }) => lanes.includes(leg.lane));
    const [own, others] = [true, false].map((isMine) => there.filter(({ name }) => (name === nameOf(mine)) === isMine).map(({ leg }) => leg));
    return own!.length > 0 && own!.every(({ state }) => state === 'delivered') && others!.some((leg) => isLacking(leg, history));
  };
  const before = judgement.targets ?? one.targets;
  const targets = before.filter((site) => !isLeftOut(site));
  if (targets.length === before.length) return judgement;
  const warnings = [...(judgement.warnings ?? []), { code: 'duplicate', detail: one.message.id }];
  return { ...judgement, ...(targets.length > 0 ? { targets } : { isSilent: true }), warnings };
}

/**
 * Neither arrived nor was given up: by a person, for what was sent in its place, or since its N1 is there. Nor did another message bring it, or what took its place. A replay
 * discards what waits without a word.
 */
const isLacking = ({ state, delivery, error }: DeliverySummary, { acts }: MessageHistory): boolean =>
  state !== 'delivered' &&
  error?.code !== 'ERR_DOCUMENT_VERSION_CONFLICT' &&
  !(state === 'discarded' && (error?.code === 'ERR_DOCUMENT_N1_INSTEAD' || acts.some((act) => act.verb === 'discard' && act.delivery === delivery)));

/** Documents that a message brings, or withdraws where this one withdraws one. */
const documentsOf = (
  { events, parts }: MessageHistory,
  one: Case,
  index: BlindIndex,
): readonly { readonly event: string; readonly facts: DocumentFacts }[] =>
  events.flatMap(({ event }) => {
    const found = event.type === one.event.type ? documentIn({ event, parts }) : undefined;
    const facts = found && factsOf(found, index);
    return facts ? [{ event: event.id, facts }] : [];
  });

/** Its own notes, with the places that it goes to after all. */
function sentTo(one: Case, notes: readonly Note[] = [], sites: readonly string[], keys: readonly string[]): readonly Note[] {
  return notes.map((each) => {
    if (each.kind !== KINDS.document || !keys.includes(each.key)) return each;
    const { to, brought, ...own } = JSON.parse(each.value) as DocumentNote;
    const all = (list: readonly string[] = []): readonly string[] => union(list, sites);
    return note(KINDS.document, each.key, { ...own, to: all(to), brought: { by: brought?.by ?? [one.message.id], to: all(brought?.to) } });
  });
}

/**
 * Deliveries of the document by that message, which may carry others; of another that is decided again, nothing is known to be lost. Of this very one,
 * replayed, what waited is discarded, and only what arrived counts.
 */
async function sentBy(id: string, one: Case, keys: readonly string[], { journal, index }: SentParts, mine?: DocumentFacts): Promise<SentBy> {
  const parsed = parseId(journal.tag, id);
  const history = 'message' in parsed ? await journal.message(parsed.message) : undefined;
  if (!history) return { id, legs: [] };
  const { state } = history.message;
  const { content } = mine ?? {};
  const documents = documentsOf(history, one, index);
  const named = documents.filter(({ facts }) => keys.includes(facts.key));
  // By a name that is not known of it: its bytes tell.
  const own = named.length > 0 ? named : documents.filter(({ facts }) => content !== undefined && facts.content === content);
  // A preliminary word of what is final is not it.
  const isIt = ({ status }: DocumentFacts): boolean => status !== 'preliminary' || mine === undefined || mine.status === status;
  const events = new Set(own.filter(({ facts }) => isIt(facts)).map(({ event }) => event));
  const legs = history.deliveries.filter(({ eventId }) => events.has(eventId));
  const isBeingDecided = state === 'received' && id !== one.message.id;
  return {
    id,
    state,
    isOther: own.length > 0 && events.size === 0,
    legs: isBeingDecided ? legs.map(({ lane }) => ({ lane, state: 'queued' })) : legs,
  };
}
